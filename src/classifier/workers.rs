//! The threads that encode batches.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use super::ClassifyError;

/// Worker threads, each a rayon pool of its own.
///
/// A batch is one task, single-threaded inside. `rten-gemm` would split each of its products over the
/// pool that it runs in, for threads that are busy with batches of their own: in a pool of one there
/// is nobody to split it for.
pub(super) struct Workers(Vec<rayon::ThreadPool>);

impl Workers {
    pub(super) fn new(threads: NonZeroUsize) -> Result<Self, ClassifyError> {
        let threads = threads.get();
        (0..threads)
            .map(|number| {
                rayon::ThreadPoolBuilder::new()
                    .num_threads(1)
                    .thread_name(move |_| format!("classify-{number}"))
                    .build()
                    .map_err(|source| ClassifyError::Threads { threads, source })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// `work` on each item, whichever worker is free taking the next. Results come in the items' order.
    pub(super) fn map<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(items.len()));
        let run = || {
            let mut own = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { break };
                own.push((index, work(item)));
            }
            // A worker that panicked poisons nothing but its own results: the panic is passed on.
            done.lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .append(&mut own);
        };
        run_on_each(&self.0[..self.0.len().min(items.len())], &run);
        let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        done.sort_unstable_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

/// Runs `work` once in each pool, at the same time, and waits for all.
fn run_on_each(pools: &[rayon::ThreadPool], work: &(impl Fn() + Sync)) {
    if let [first, rest @ ..] = pools {
        first.in_place_scope(|scope| {
            scope.spawn(|_| work());
            run_on_each(rest, work);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_every_worker_is_alone_in_its_pool() {
        for threads in [1, 2, 5] {
            let workers = Workers::new(NonZeroUsize::new(threads).unwrap()).unwrap();
            for count in [0, 1, 3, 1000] {
                let items: Vec<usize> = (0..count).collect();
                let found = workers.map(&items, |&item| (item * 2, rayon::current_num_threads()));
                let expected: Vec<_> = items.iter().map(|item| (item * 2, 1)).collect();
                assert_eq!(found, expected, "{threads} threads");
            }
        }
    }
}
