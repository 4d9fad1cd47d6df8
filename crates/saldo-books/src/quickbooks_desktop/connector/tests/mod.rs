//! The codec and the session against what the vendor gives out.

mod files;
mod orders;
mod shapes;
