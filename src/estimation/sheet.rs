//! A sample as coders get it, and the record of how it was drawn.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{json, Map, Value};
use sha2::{Digest, Sha256};

use super::{Sample, SampleError, SampleOptions, Stratum};
use crate::output::{OutputError, OutputFormat};
use crate::table::TableError;

/// A sample with an empty column for the labels and without what the model said: a coder who sees the
/// prediction is swayed by it.
#[derive(Clone, Copy, Debug)]
pub struct CodingSheet<'a>(pub &'a Sample);

/// What of a statement's row a coder may see, beside its id and its text.
const CONTEXT: [&str; 4] = ["article", "title", "date", "outlet"];

impl CodingSheet<'_> {
    /// The sheet as JSONL or CSV. Strata are numbered, not named.
    ///
    /// # Errors
    /// Where CSV cannot be written.
    pub fn written_as(&self, format: OutputFormat) -> Result<String, OutputError> {
        let context: Vec<&str> = CONTEXT
            .into_iter()
            .filter(|field| {
                let statements = &self.0.statements;
                statements
                    .iter()
                    .any(|statement| statement.row.text(field).is_some())
            })
            .collect();
        let rows = self.0.statements.iter().map(|statement| {
            let mut row = Map::new();
            row.insert("id".to_owned(), json!(statement.id));
            row.insert("text".to_owned(), json!(statement.row.text("text")));
            row.insert("label".to_owned(), Value::Null);
            for &field in &context {
                row.insert(field.to_owned(), json!(statement.row.text(field)));
            }
            row.insert("stratum".to_owned(), json!(statement.stratum + 1));
            row.insert(
                "sampling_probability".to_owned(),
                json!(self.0.probability(statement)),
            );
            row
        });
        match format {
            OutputFormat::Csv => csv_of(rows),
            _ => Ok(rows.map(|row| Value::from(row).to_string() + "\n").collect()),
        }
    }
}

fn csv_of(rows: impl Iterator<Item = Map<String, Value>>) -> Result<String, OutputError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut has_header = false;
    for row in rows {
        if !has_header {
            writer.write_record(row.keys()).map_err(std::io::Error::other)?;
            has_header = true;
        }
        let cells = row.values().map(|value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        writer.write_record(cells).map_err(std::io::Error::other)?;
    }
    let bytes = writer.into_inner().map_err(|failed| failed.into_error())?;
    Ok(String::from_utf8(bytes).map_err(std::io::Error::other)?)
}

/// How a sample was drawn: enough to draw it again, and to weigh its statements.
#[derive(Clone, Debug)]
pub struct SampleRecord {
    predictions: String,
    sha256: String,
    options: SampleOptions,
    strata: Vec<Stratum>,
    rejected: usize,
}

impl SampleRecord {
    /// The record of a sample that was drawn from the file `predictions`.
    ///
    /// # Errors
    /// Where the file can no longer be read.
    pub fn of(sample: &Sample, options: &SampleOptions, predictions: &Path) -> Result<Self, SampleError> {
        let path = predictions.display().to_string();
        let sha256 = sha256_of(predictions).map_err(|source| TableError::Unreadable {
            path: path.clone(),
            source,
        })?;
        Ok(Self {
            predictions: path,
            sha256,
            options: options.clone(),
            strata: sample.strata.clone(),
            rejected: sample.rejected.len(),
        })
    }

    /// The record as a JSON object.
    pub fn to_json(&self) -> Value {
        let strata: Vec<Value> = (1..)
            .zip(&self.strata)
            .map(|(number, stratum)| {
                json!({
                    "stratum": number,
                    "value": stratum.value,
                    "statements": stratum.statements,
                    "drawn": stratum.drawn,
                    "sampling_probability": stratum.probability(),
                })
            })
            .collect();
        json!({
            "demarche": env!("CARGO_PKG_VERSION"),
            "predictions": self.predictions,
            "predictions_sha256": self.sha256,
            "seed": self.options.seed,
            "size": self.options.size,
            "stratified_by": self.options.stratify,
            "allocation": self.options.stratify.as_ref().map(|_| self.options.allocation.to_string()),
            "rejected_lines": self.rejected,
            "strata": strata,
        })
    }
}

fn sha256_of(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            length => digest.update(&buffer[..length]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
