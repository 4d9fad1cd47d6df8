//! Proofs that the engine holds: whatever fails, and wherever a process ends, the books are the
//! same.

mod deaths;
mod doubles;
mod modes;
mod settled;
mod stage;
mod tripwire;
mod unfolding;
mod worlds;
