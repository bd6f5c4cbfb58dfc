//! Tests through the binary and the public face, as a user would.

mod bad_input;
mod bench;
mod classify;
mod compare;
mod determinism;
mod evaluate;
mod holders;
mod parity;
mod shares;
mod splitting;
mod summarize;
mod support;
mod train;
