//! For how long a GPU has had work.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts the time in which a GPU has had at least one batch, of whichever lane.
#[derive(Default)]
pub(super) struct BusyTime(Mutex<State>);

#[derive(Default)]
struct State {
    batches: usize,
    since: Option<Instant>,
    total: Duration,
}

/// A batch on the GPU, until this is dropped.
pub(super) struct BatchInWork<'a>(&'a BusyTime);

impl BusyTime {
    /// A batch begins.
    pub(super) fn begin(&self) -> BatchInWork<'_> {
        let mut state = self.state();
        state.batches += 1;
        state.since.get_or_insert_with(Instant::now);
        BatchInWork(self)
    }

    /// All time so far, up to now where a batch is in work.
    pub(super) fn total(&self) -> Duration {
        let state = self.state();
        state.total + state.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BatchInWork<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.batches -= 1;
        if state.batches == 0 {
            let since = state.since.take();
            state.total += since.map_or(Duration::ZERO, |since| since.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(20);

    #[test]
    fn batches_at_the_same_time_count_once() {
        let busy = BusyTime::default();
        let begun = Instant::now();
        let (first, second) = (busy.begin(), busy.begin());
        std::thread::sleep(MOMENT);
        drop(first);
        assert!(busy.total() >= MOMENT, "the second is still in work");
        drop(second);
        let total = busy.total();
        assert!(total >= MOMENT && total <= begun.elapsed(), "{total:?}");
        std::thread::sleep(MOMENT);
        assert_eq!(busy.total(), total);
    }

    #[test]
    fn a_panic_ends_its_batch() {
        let busy = BusyTime::default();
        let panicked = std::thread::scope(|scope| {
            let batch = scope.spawn(|| {
                let _batch = busy.begin();
                panic!("on purpose");
            });
            batch.join().is_err()
        });
        assert!(panicked);
        let total = busy.total();
        std::thread::sleep(MOMENT);
        assert_eq!(busy.total(), total);
    }
}
