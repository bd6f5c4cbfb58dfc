//! Ctrl-C: the first ends the run in good order, the second at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::{tell, INTERRUPTED};

static STOP: AtomicBool = AtomicBool::new(false);

/// A flag that Ctrl-C raises, where a run is worth ending in good order.
pub(super) fn watched(is_long: bool) -> &'static AtomicBool {
    if is_long {
        let installed = ctrlc::set_handler(|| {
            if STOP.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(INTERRUPTED));
            }
            tell(&"stopping after the batches in flight; Ctrl-C again to stop at once");
        });
        if let Err(error) = installed {
            tell(&format_args!("Ctrl-C will end the run at once: {error}"));
        }
    }
    &STOP
}
