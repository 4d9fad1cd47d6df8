//! Proofs that the engine holds: whatever fails, and wherever a process ends, the books are the
//! same.

mod deaths;
mod doubles;
mod explained;
mod outage;
mod settled;
mod stage;
mod taken_over;
mod tripwire;
mod unfolding;
mod worlds;
