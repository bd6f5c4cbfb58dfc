//! Tests through the binary and the public face, as a user would.

mod bad_input;
mod bench;
mod checkpoints;
mod classify;
mod compare;
#[cfg(feature = "cuda")]
mod cuda;
mod datasets;
mod determinism;
mod device;
mod evaluate;
mod export;
mod formats;
mod holders;
mod hostile;
mod hub;
mod long_run;
mod mutation;
mod parity;
mod shares;
mod splitting;
mod summarize;
mod support;
mod train;
mod zero_shot;
