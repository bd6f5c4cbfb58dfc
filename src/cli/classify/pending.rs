//! Statements waiting to be classified together, whatever article they are from.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::classifier::Classifier;
use crate::cli::CommandError;
use crate::output::{Record, RecordWriter, Source};
use crate::statement::Statement;

/// So many statements are pooled before they are classified: enough to fill batches of like
/// length on many cores, few enough that memory stays flat however large the corpus.
const POOL: usize = 4096;
/// The same for texts without full stops, whose statements are as long as articles.
const POOL_BYTES: usize = 16 << 20;

/// A record that lacks its prediction.
pub(super) struct PendingRecord {
    pub(super) source: Arc<Source>,
    /// The statement's number in its source, from 0.
    pub(super) number: usize,
    pub(super) statement: Statement,
    pub(super) carried: Map<String, Value>,
}

/// The pool between splitting and writing.
pub(super) struct Pending<'a> {
    classifier: &'a Classifier,
    writer: &'a mut dyn RecordWriter,
    records: Vec<PendingRecord>,
    bytes: usize,
    written: usize,
    truncated: usize,
}

impl<'a> Pending<'a> {
    pub(super) fn new(classifier: &'a Classifier, writer: &'a mut dyn RecordWriter) -> Self {
        Self {
            classifier,
            writer,
            records: Vec::with_capacity(POOL),
            bytes: 0,
            written: 0,
            truncated: 0,
        }
    }

    /// Adds a record; a full pool is classified and written.
    pub(super) fn push(&mut self, record: PendingRecord) -> Result<(), CommandError> {
        self.bytes += record.statement.text.len();
        self.records.push(record);
        if self.records.len() >= POOL || self.bytes >= POOL_BYTES {
            self.drain()?;
        }
        Ok(())
    }

    /// Writes what is left. Returns how many statements were written, and how many truncated.
    pub(super) fn finish(mut self) -> Result<(usize, usize), CommandError> {
        self.drain()?;
        Ok((self.written, self.truncated))
    }

    fn drain(&mut self) -> Result<(), CommandError> {
        let texts: Vec<&str> = self
            .records
            .iter()
            .map(|record| record.statement.text.as_str())
            .collect();
        let predictions = self.classifier.classify(&texts)?;
        self.bytes = 0;
        for (record, prediction) in self.records.drain(..).zip(predictions) {
            self.written += 1;
            self.truncated += usize::from(prediction.truncated);
            self.writer.write(&Record {
                source: record.source,
                statement: record.number,
                start: record.statement.start,
                end: record.statement.end,
                text: record.statement.text,
                holder: None,
                quote: None,
                prediction,
                carried: record.carried,
            })?;
        }
        Ok(())
    }
}
