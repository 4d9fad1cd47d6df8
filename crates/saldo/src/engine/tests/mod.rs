//! Proofs that the engine holds: whatever fails, and wherever a process ends, the books are the
//! same.

mod deaths;
mod desk;
mod doubles;
mod explained;
mod refused;
mod settled;
mod stage;
mod standings;
mod tripwire;
mod unfolding;
mod unreadable;
mod worlds;
