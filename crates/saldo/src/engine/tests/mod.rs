//! Proofs that the engine holds: whatever fails, and wherever a process ends, the books are the
//! same.

mod batches;
mod bookkeeper;
mod bulk;
mod deaths;
mod desk;
mod doubles;
mod explained;
mod late;
mod modes;
mod named;
mod noted;
mod outage;
mod parted;
mod proofs;
mod refused;
mod settled;
mod stage;
mod standings;
mod taken_over;
mod throttled;
mod tripwire;
mod unfolding;
mod unreadable;
mod unwanted;
mod worlds;
