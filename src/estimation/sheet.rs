//! A sample as coders get it, and the record of how it was drawn.

use std::path::Path;

use serde_json::{json, Map, Value};

use super::{Sample, SampleOptions};
use crate::evaluation::{SampleRecord, RECORD_FIELD};
use crate::input::digest_of;
use crate::output::{csv_text, OutputError, OutputFormat};
use crate::table::TableError;

/// A sample with an empty column for the labels, the statement before each, and nothing of what the
/// model said: a coder who sees the prediction is swayed by it.
#[derive(Clone, Copy, Debug)]
pub struct CodingSheet<'a>(pub &'a Sample);

/// What of a statement's row a coder may see, beside its id and its text.
const CONTEXT: [&str; 4] = ["article", "title", "date", "outlet"];

impl CodingSheet<'_> {
    /// The sheet as JSONL or CSV; each row names the file `record`, beside it, that says how it was drawn.
    ///
    /// # Errors
    /// Where CSV cannot be written.
    pub fn written_as(&self, format: OutputFormat, record: &str) -> Result<String, OutputError> {
        let statements = &self.0.statements;
        let context: Vec<&str> = CONTEXT
            .into_iter()
            .filter(|field| {
                statements
                    .iter()
                    .any(|statement| statement.row.text(field).is_some())
            })
            .collect();
        let has_before = statements.iter().any(|statement| statement.before.is_some());
        let rows = statements.iter().map(|statement| {
            let mut row = vec![("id", Some(statement.id.clone()))];
            if has_before {
                row.push(("before", statement.before.clone()));
            }
            row.push(("text", statement.row.text("text")));
            row.push(("label", None));
            row.extend(context.iter().map(|&field| (field, statement.row.text(field))));
            row.push((RECORD_FIELD, Some(record.to_owned())));
            row
        });
        match format {
            OutputFormat::Csv => {
                let rows: Vec<Vec<(&str, Option<String>)>> = rows.collect();
                let header: Vec<&str> = rows.iter().take(1).flatten().map(|(field, _)| *field).collect();
                let cells = rows
                    .into_iter()
                    .map(|row| row.into_iter().map(|(_, cell)| cell.unwrap_or_default()));
                csv_text(&header, cells)
            }
            _ => Ok(rows.map(json_line).collect()),
        }
    }
}

fn json_line(row: Vec<(&str, Option<String>)>) -> String {
    let fields = row
        .into_iter()
        .map(|(field, cell)| (field.to_owned(), json!(cell)));
    Value::from(fields.collect::<Map<_, _>>()).to_string() + "\n"
}

/// The record of a sample that was drawn from the file `predictions`.
///
/// # Errors
/// Where the file can no longer be read.
pub fn record_of(
    sample: &Sample,
    options: &SampleOptions,
    predictions: &Path,
) -> Result<SampleRecord, TableError> {
    let statements = sample
        .statements
        .iter()
        .map(|statement| (statement.id.clone(), statement.stratum));
    Ok(SampleRecord {
        demarche: env!("CARGO_PKG_VERSION").to_owned(),
        predictions: predictions.display().to_string(),
        predictions_sha256: sha256_of(predictions)?,
        seed: options.seed,
        size: options.size,
        stratified_by: options.stratify.clone(),
        allocation: options.stratify.as_ref().map(|_| options.allocation.to_string()),
        strata: sample.strata.clone(),
        statements: statements.collect(),
    })
}

/// The SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn sha256_of(path: &Path) -> Result<String, TableError> {
    match digest_of(path) {
        Ok(digest) => Ok(digest.sha256),
        Err(source) => Err(TableError::Unreadable {
            path: path.display().to_string(),
            source,
        }),
    }
}
