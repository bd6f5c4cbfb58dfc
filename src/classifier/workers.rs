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
    /// So many threads, named `name` and a number.
    pub(super) fn new(threads: NonZeroUsize, name: &'static str) -> Result<Self, ClassifyError> {
        let threads = threads.get();
        (0..threads)
            .map(|number| {
                rayon::ThreadPoolBuilder::new()
                    .num_threads(1)
                    .thread_name(move |_| format!("{name}-{number}"))
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
        self.map_by_worker(items, |_, item| work(item))
    }

    /// As [`Workers::map`], where `work` is told which worker does it, from 0.
    pub(super) fn map_by_worker<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(usize, &T) -> R + Sync,
    ) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(items.len()));
        let run = |worker: usize| {
            let mut own = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { break };
                own.push((index, work(worker, item)));
            }
            // A worker that panicked poisons nothing but its own results: the panic is passed on.
            done.lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .append(&mut own);
        };
        run_on_each(&self.0[..self.0.len().min(items.len())], 0, &run);
        let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        done.sort_unstable_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

/// Runs `work` once in each pool, at the same time, and waits for all; it is told the pools' numbers, from `number`.
fn run_on_each(pools: &[rayon::ThreadPool], number: usize, work: &(impl Fn(usize) + Sync)) {
    if let [first, rest @ ..] = pools {
        first.in_place_scope(|scope| {
            scope.spawn(|_| work(number));
            run_on_each(rest, number + 1, work);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_every_worker_is_alone_in_its_pool() {
        for threads in [1, 2, 5] {
            let workers = Workers::new(NonZeroUsize::new(threads).unwrap(), "test").unwrap();
            for count in [0, 1, 3, 1000] {
                let items: Vec<usize> = (0..count).collect();
                let found = workers.map(&items, |&item| (item * 2, rayon::current_num_threads()));
                let expected: Vec<_> = items.iter().map(|item| (item * 2, 1)).collect();
                assert_eq!(found, expected, "{threads} threads");
                let names = workers.map_by_worker(&items, |worker, _| {
                    (worker, std::thread::current().name().map(str::to_owned))
                });
                let is_own =
                    |(worker, name): &(usize, Option<String>)| *name == Some(format!("test-{worker}"));
                assert!(names.iter().all(is_own), "{names:?}");
            }
        }
    }
}
