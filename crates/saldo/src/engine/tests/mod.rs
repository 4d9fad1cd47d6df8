//! Proofs that the engine holds: whatever fails, and wherever a process ends, the books are the
//! same.

mod batches;
mod deaths;
mod doubles;
mod parted;
mod settled;
mod stage;
mod tripwire;
mod unfolding;
mod worlds;
