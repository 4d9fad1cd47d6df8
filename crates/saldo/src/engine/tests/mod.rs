//! Proofs that the engine holds: whatever fails, and wherever a process ends, the books are the
//! same.

mod bookkeeper;
mod deaths;
mod doubles;
mod explained;
mod proofs;
mod settled;
mod stage;
mod tripwire;
mod unfolding;
mod worlds;
