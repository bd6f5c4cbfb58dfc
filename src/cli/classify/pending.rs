//! Statements waiting to be classified together, whatever article they are from.
//!
//! Reading, splitting and writing stay on the calling thread; classifying goes on beside them.

use std::sync::mpsc::{channel, sync_channel, Receiver, SyncSender};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::attribution::Attribution;
use crate::classifier::{Classifier, ClassifyError};
use crate::cli::CommandError;
use crate::output::{Record, RecordWriter, Source};
use crate::stance::Prediction;
use crate::statement::Statement;

/// So many statements are pooled before they are classified: enough to fill batches of like
/// length on many cores, few enough that memory stays flat however large the corpus.
const POOL: usize = 4096;
/// The same for texts without full stops, whose statements are as long as articles.
const POOL_BYTES: usize = 4 << 20;
/// So many pools may wait to be classified, beside the one that is and the one that fills.
const WAITING: usize = 1;

/// A record that lacks its prediction.
pub(super) struct PendingRecord {
    pub(super) source: Arc<Source>,
    /// The statement's number in its source, from 0.
    pub(super) number: usize,
    pub(super) statement: Statement,
    /// Who holds it; `None` where the article around it is not known.
    pub(super) attribution: Option<Attribution>,
    pub(super) carried: Map<String, Value>,
}

type Pool = Vec<PendingRecord>;
type ClassifiedPool = (Pool, Vec<Prediction>);

/// The pools between splitting and writing.
pub(super) struct Pending<'a> {
    writer: &'a mut dyn RecordWriter,
    filling: Pool,
    bytes: usize,
    waiting: SyncSender<Pool>,
    classified: Receiver<Result<ClassifiedPool, ClassifyError>>,
    written: Written,
}

/// What has been written.
#[derive(Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) statements: usize,
    pub(super) truncated: usize,
}

/// Classifies and writes the records that `fill` pushes, in their order.
pub(super) fn classify_pending(
    classifier: &Classifier,
    writer: &mut dyn RecordWriter,
    fill: impl FnOnce(&mut Pending<'_>) -> Result<(), CommandError>,
) -> Result<Written, CommandError> {
    std::thread::scope(|scope| {
        let (waiting, pools) = sync_channel::<Pool>(WAITING);
        let (done, classified) = channel();
        scope.spawn(move || {
            for pool in pools {
                let result = classify(classifier, pool);
                // Where nobody waits for results any more, the command has failed already.
                if done.send(result).is_err() {
                    break;
                }
            }
        });
        let mut pending = Pending {
            writer,
            filling: Vec::with_capacity(POOL),
            bytes: 0,
            waiting,
            classified,
            written: Written::default(),
        };
        fill(&mut pending)?;
        pending.finish()
    })
}

fn classify(classifier: &Classifier, pool: Pool) -> Result<ClassifiedPool, ClassifyError> {
    let texts: Vec<&str> = pool.iter().map(|record| record.statement.text.as_str()).collect();
    let predictions = classifier.classify(&texts)?;
    Ok((pool, predictions))
}

impl Pending<'_> {
    /// Adds a record; a full pool goes on to be classified.
    pub(super) fn push(&mut self, record: PendingRecord) -> Result<(), CommandError> {
        self.bytes += record.statement.text.len();
        self.filling.push(record);
        if self.filling.len() >= POOL || self.bytes >= POOL_BYTES {
            self.send()?;
        }
        Ok(())
    }

    /// Hands the pool over, and writes what has been classified meanwhile.
    fn send(&mut self) -> Result<(), CommandError> {
        self.bytes = 0;
        let full = std::mem::replace(&mut self.filling, Vec::with_capacity(POOL));
        // Fails where classifying has ended with an error, which is then among the results.
        let _ = self.waiting.send(full);
        while let Ok(result) = self.classified.try_recv() {
            self.write(result?)?;
        }
        Ok(())
    }

    /// Classifies and writes what is left.
    fn finish(mut self) -> Result<Written, CommandError> {
        self.send()?;
        let Self {
            waiting, classified, ..
        } = &mut self;
        // No more pools will come: the results then end too.
        drop(std::mem::replace(waiting, sync_channel(0).0));
        let rest: Vec<_> = classified.iter().collect();
        for result in rest {
            self.write(result?)?;
        }
        Ok(self.written)
    }

    fn write(&mut self, (pool, predictions): ClassifiedPool) -> Result<(), CommandError> {
        for (record, prediction) in pool.into_iter().zip(predictions) {
            self.written.statements += 1;
            self.written.truncated += usize::from(prediction.truncated);
            self.writer.write(&Record {
                source: record.source,
                statement: record.number,
                start: record.statement.start,
                end: record.statement.end,
                text: record.statement.text,
                attribution: record.attribution,
                prediction,
                carried: record.carried,
            })?;
        }
        Ok(())
    }
}
