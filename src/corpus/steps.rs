//! The threads of a long run, each of which does one step for blocks and hands them on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::Scope;

use super::CorpusError;

/// Starts threads that each do a step for blocks, and send on what comes of them in order, until an error or until
/// the run is stopped.
pub(super) struct Steps<'scope, 'env> {
    pub(super) scope: &'scope Scope<'scope, 'env>,
    pub(super) stop: &'scope AtomicBool,
    /// So many blocks at most are taken at a time, if they wait; at least 1.
    pub(super) together: usize,
}

impl<'scope> Steps<'scope, '_> {
    /// Starts a thread that does `step`.
    ///
    /// # Errors
    /// [`CorpusError::Thread`].
    pub(super) fn spawn<From: Send + 'scope, To: Send + 'scope>(
        &self,
        name: &str,
        blocks: Receiver<Result<From, CorpusError>>,
        next: SyncSender<Result<To, CorpusError>>,
        mut step: impl FnMut(Vec<From>) -> Result<Vec<To>, CorpusError> + Send + 'scope,
    ) -> Result<(), CorpusError> {
        let (stop, together) = (self.stop, self.together);
        let steps = move || {
            while let Ok(first) = blocks.recv() {
                let (mut waiting, mut error) = (Vec::new(), None);
                let others = blocks.try_iter().take(together - 1);
                for block in std::iter::once(first).chain(others) {
                    match block {
                        Ok(block) => waiting.push(block),
                        Err(found) => error = Some(found),
                    }
                }
                if stop.load(Ordering::Relaxed) {
                    // What is not begun is left for the run that goes on with this one. An error that waits is not:
                    // the run would pass for one that was merely stopped.
                    if let Some(error) = error.or_else(|| blocks.iter().find_map(Result::err)) {
                        let _ = next.send(Err(error));
                    }
                    return;
                }
                let results: Vec<Result<To, CorpusError>> = match step(waiting) {
                    Ok(done) => done.into_iter().map(Ok).chain(error.map(Err)).collect(),
                    Err(error) => vec![Err(error)],
                };
                for result in results {
                    let is_over = result.is_err();
                    // Where nobody takes blocks any more, the run has failed already.
                    if next.send(result).is_err() || is_over {
                        return;
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread
            .spawn_scoped(self.scope, steps)
            .map_err(CorpusError::Thread)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    fn failure() -> CorpusError {
        CorpusError::Strict("on purpose".to_owned())
    }

    /// What comes of these blocks, through a step that doubles them, and how many were taken at a time.
    fn through(
        blocks: Vec<Result<u32, CorpusError>>,
        together: usize,
        stop: &AtomicBool,
        step: impl Fn(u32) -> Result<u32, CorpusError> + Sync,
    ) -> (Vec<Result<u32, String>>, Vec<usize>) {
        let (to_step, waiting) = sync_channel(blocks.len());
        for block in blocks {
            to_step.send(block).unwrap();
        }
        drop(to_step);
        let (to_end, done) = sync_channel(100);
        let (to_counts, counts) = sync_channel(100);
        std::thread::scope(|scope| {
            let steps = Steps {
                scope,
                stop,
                together,
            };
            let step = &step;
            let spawned = steps.spawn("double", waiting, to_end, move |blocks: Vec<u32>| {
                to_counts.send(blocks.len()).unwrap();
                blocks.into_iter().map(step).collect()
            });
            spawned.unwrap();
        });
        let results = done
            .into_iter()
            .map(|result| result.map_err(|error| error.to_string()));
        (results.collect(), counts.into_iter().collect())
    }

    fn double(block: u32) -> Result<u32, CorpusError> {
        Ok(2 * block)
    }

    #[test]
    fn blocks_stay_in_order_however_many_are_taken_together() {
        for (together, expected) in [(1, vec![1; 5]), (4, vec![4, 1]), (9, vec![5])] {
            let stop = AtomicBool::new(false);
            let (results, counts) = through((0..5).map(Ok).collect(), together, &stop, double);
            assert_eq!(results, (0..5).map(|block| Ok(2 * block)).collect::<Vec<_>>());
            assert_eq!(counts, expected);
        }
    }

    #[test]
    fn an_error_comes_after_the_blocks_before_it_and_ends_the_step() {
        let said = Err(failure().to_string());
        for together in [1, 4] {
            let stop = AtomicBool::new(false);
            let (results, _) = through(vec![Ok(1), Ok(2), Err(failure())], together, &stop, double);
            assert_eq!(results, [Ok(2), Ok(4), said.clone()]);
            let refuse = |block| match block {
                2 => Err(failure()),
                other => Ok(other),
            };
            let (results, _) = through(vec![Ok(2), Ok(3)], together, &stop, refuse);
            assert_eq!(results.last(), Some(&said));
            assert_eq!(results.len(), 1);
        }
    }

    #[test]
    fn a_stopped_run_leaves_blocks_and_passes_on_errors() {
        let stop = AtomicBool::new(true);
        for together in [1, 2, 4] {
            let (results, counts) = through(vec![Ok(1), Ok(2), Ok(3)], together, &stop, double);
            assert!(results.is_empty() && counts.is_empty());
            let (results, counts) = through(vec![Ok(1), Ok(2), Err(failure())], together, &stop, double);
            assert_eq!(results, [Err(failure().to_string())]);
            assert!(counts.is_empty());
        }
    }
}
