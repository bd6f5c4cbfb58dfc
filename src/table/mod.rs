//! Files of records, read row by row: JSONL, JSON, CSV and Parquet, and text with a record a line; compressed or
//! not.
//!
//! Labelled fixtures, predictions and lists of statements are all such files. A row that cannot be
//! read is handed over as rejected, with its number and the reason, and the next one follows.

use std::fs::File;
use std::io::{BufRead, Read, Seek};
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Map, Value};

use crate::input::{decompressed, spooled, Compression};

mod csv;
mod format;
mod json;
mod lines;
mod parquet;
mod part;

pub(crate) use part::{is_of_time, part_hint};

pub use format::TableFormat;

/// One record of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The line (text and JSONL), the record's first line (CSV) or the row (Parquet), from 1.
    pub number: u64,
    /// Its fields, in the order of the file. CSV gives strings alone.
    pub fields: Map<String, Value>,
}

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// See [`Row::number`].
    pub number: u64,
    pub reason: String,
    /// What stood there, or its beginning; empty where it is not at hand.
    pub record: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("{path}: {reason}")]
    NoTable { path: String, reason: &'static str },
    #[error("{path}: there is no column `{column}`; there are {found}{}", stance_hint(.column, .found))]
    NoColumn {
        path: String,
        column: String,
        found: String,
    },
    #[error("{path}: the CSV header has the column `{column}` twice")]
    DuplicateColumn { path: String, column: String },
    #[error("{path}: the CSV header cannot be read: {reason}")]
    Header { path: String, reason: String },
    #[error("{path}: is no Parquet file that can be read: {reason}")]
    Parquet { path: String, reason: String },
}

impl TableError {
    /// What is wrong, without the file's name.
    pub fn reason(&self) -> String {
        let (Self::Unreadable { path, .. }
        | Self::NoTable { path, .. }
        | Self::NoColumn { path, .. }
        | Self::DuplicateColumn { path, .. }
        | Self::Header { path, .. }
        | Self::Parquet { path, .. }) = self;
        let message = self.to_string();
        match message.strip_prefix(&format!("{path}: ")) {
            Some(reason) => reason.to_owned(),
            None => message,
        }
    }
}

/// Labels that people gave are `label`, what a model said is `stance`.
fn stance_hint(column: &str, found: &str) -> &'static str {
    let has_stance = found.split(", ").any(|found| found == "stance");
    match (column, has_stance) {
        ("label", true) => {
            ". If `stance` holds what people labelled, rename it; if what a model said, this file goes where \
             predictions go"
        }
        ("stance", false) if found.split(", ").any(|found| found == "label") => {
            ". This file has labels, not predictions: are two files in each other's place?"
        }
        _ => "",
    }
}

/// A longer row is no statement: it is read past, never held in memory.
pub const MAX_STATEMENT_BYTES: u64 = 1 << 20;

/// What a table must have, and how long its rows may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// Columns that CSV and Parquet files must have; the fields of JSON are for the sink to check.
    pub required: &'a [&'a str],
    /// Columns one of which they must have, upper case or lower, where any are named.
    pub any_of: &'a [&'a str],
    /// A longer row is rejected, and never held in memory.
    pub max_row_bytes: u64,
}

impl<'a> Limits<'a> {
    /// The limits of rows that hold a statement each.
    pub fn of_statements(required: &'a [&'a str]) -> Self {
        Self {
            required,
            any_of: &[],
            max_row_bytes: MAX_STATEMENT_BYTES,
        }
    }
}

/// What receives the rows of a file, usable and rejected, in order.
pub type Sink<'a> = &'a mut dyn FnMut(Result<Row, RejectedRow>);

/// A [`Sink`] that may have seen enough.
pub type RowSink<'a> = &'a mut dyn FnMut(Result<Row, RejectedRow>) -> ControlFlow<()>;

/// Reads the file at `path`, whose rows hold a statement each, in the format that its name says, or else its
/// beginning.
///
/// CSV and Parquet files must have the columns `required`; the fields of JSON are for the sink to check, row by
/// row. Returns how many rows were not UTF-8 and were read as Windows-1252.
///
/// # Errors
/// [`TableError`]; a single row that cannot be read goes to the sink.
pub fn read_file(path: &Path, required: &[&str], sink: Sink<'_>) -> Result<usize, TableError> {
    let name = path.display().to_string();
    let unreadable = |source| TableError::Unreadable {
        path: name.clone(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    let limits = Limits::of_statements(required);
    let sink: RowSink<'_> = &mut |row| {
        sink(row);
        ControlFlow::Continue(())
    };
    let format = TableFormat::of(path);
    if format == Some(TableFormat::Parquet) {
        let mut beginning = [0; 4];
        let is_compressed = file.read_exact(&mut beginning).is_ok() && Compression::of(&beginning).is_some();
        file.rewind().map_err(unreadable)?;
        if !is_compressed {
            return read_parquet(file, &name, limits, sink);
        }
    }
    let stream = decompressed(file).map_err(unreadable)?;
    read(stream, format, &name, limits, sink)
}

/// Reads a stream; `name` is what errors call it. Where no format is given, its beginning tells.
///
/// # Errors
/// As [`read_file`].
pub fn read(
    mut input: impl BufRead,
    format: Option<TableFormat>,
    name: &str,
    limits: Limits<'_>,
    sink: RowSink<'_>,
) -> Result<usize, TableError> {
    let unreadable = |source| TableError::Unreadable {
        path: name.to_owned(),
        source,
    };
    let beginning = input.fill_buf().map_err(unreadable)?;
    if let Some(reason) = format::not_a_table(beginning) {
        return Err(TableError::NoTable {
            path: name.to_owned(),
            reason,
        });
    }
    let max = limits.max_row_bytes;
    match format.unwrap_or_else(|| TableFormat::sniff(beginning, limits.required)) {
        TableFormat::Lines => lines::read(input, name, max, lines::text_of_line, sink),
        TableFormat::Jsonl => lines::read(input, name, max, lines::object_of_line, sink),
        TableFormat::Json => json::read(input, name, limits, sink),
        TableFormat::Csv => {
            let delimiter = format::delimiter(input.fill_buf().map_err(unreadable)?);
            csv::read(input, delimiter, name, limits, sink)
        }
        TableFormat::Tsv => csv::read(input, b'\t', name, limits, sink),
        TableFormat::Parquet => {
            // Its table of contents stands at the end: it cannot be read as a stream.
            let spooled = spooled(&mut input).map_err(unreadable)?;
            read_parquet(spooled, name, limits, sink)
        }
    }
}

/// Reads a Parquet file that lies on disk as it is.
///
/// # Errors
/// As [`read_file`].
pub fn read_parquet(
    file: File,
    name: &str,
    limits: Limits<'_>,
    sink: RowSink<'_>,
) -> Result<usize, TableError> {
    parquet::read(file, name, limits, sink)
}

impl Row {
    /// A field as text: null and empty are `None`, numbers and flags as JSON writes them.
    pub fn text(&self, field: &str) -> Option<String> {
        text_of(self.fields.get(field)?)
    }

    /// A field as a number, whether the file has it as one or as text; `None` where it is missing.
    ///
    /// # Errors
    /// A reason, where it is there and is no finite number.
    pub fn number(&self, field: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.text(field) else {
            return Ok(None);
        };
        // Half of Europe's spreadsheets write a comma.
        match text.trim().replacen(',', ".", 1).parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(format!("`{field}` is no number: {text}")),
        }
    }

    /// What joins a statement's rows in several files: its `id`, or else its `article` and its
    /// `statement` there, as `article#statement`.
    pub fn key(&self) -> Option<String> {
        self.text("id")
            .or_else(|| Some(format!("{}#{}", self.text("article")?, self.text("statement")?)))
    }

    /// [`Row::key`], or this row rejected for having none.
    ///
    /// # Errors
    /// The rejected row.
    pub fn required_key(&self) -> Result<String, RejectedRow> {
        self.key()
            .ok_or_else(|| self.rejected("no `id`, and no `article` and `statement`"))
    }

    /// Rejects this row for a reason.
    pub fn rejected(&self, reason: impl Into<String>) -> RejectedRow {
        RejectedRow {
            number: self.number,
            reason: reason.into(),
            record: shown(Value::from(self.fields.clone()).to_string().as_bytes()),
        }
    }
}

impl RejectedRow {
    /// A row that is rejected for a reason, and is not at hand to be shown.
    pub fn new(number: u64, reason: impl Into<String>) -> Self {
        Self {
            number,
            reason: reason.into(),
            record: String::new(),
        }
    }

    /// A row whose id another has before it.
    pub fn repeated(number: u64, id: &str) -> Self {
        Self::new(number, format!("the id `{id}` stands twice; the first is kept"))
    }
}

/// A value as text: null and empty are `None`.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The first required column that is not there.
fn missing_column(name: &str, columns: &[String], limits: Limits<'_>) -> Option<TableError> {
    let has = |column: &&str| columns.iter().any(|found| found == column);
    let has_some = |column: &&str| columns.iter().any(|found| found.eq_ignore_ascii_case(column));
    let missing = match limits.required.iter().find(|column| !has(column)) {
        Some(column) => (*column).to_owned(),
        None if limits.any_of.is_empty() || limits.any_of.iter().any(has_some) => return None,
        None => limits.any_of.join("`, `"),
    };
    Some(TableError::NoColumn {
        path: name.to_owned(),
        column: missing,
        found: columns.join(", "),
    })
}

/// Why the first row was rejected, for the error that no row is left.
pub(crate) fn first_reason(first: &Option<RejectedRow>) -> String {
    first
        .as_ref()
        .map(|row| format!(" (line {}: {})", row.number, row.reason))
        .unwrap_or_default()
}

fn too_long(bytes: u64, max: u64) -> String {
    format!("{bytes} bytes are more than one record may have ({max})")
}

/// So much of a rejected row is shown.
const SHOWN_BYTES: usize = 4096;

/// The beginning of what stood in a rejected row, as text.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(SHOWN_BYTES)];
    let text = String::from_utf8_lossy(cut);
    let text = text.trim_end_matches(['\n', '\r', '\u{fffd}']);
    if bytes.len() > SHOWN_BYTES {
        format!("{text}…")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(file: &str) -> Vec<Row> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/tables")
            .join(file);
        let mut rows = Vec::new();
        let windows_1252 = read_file(&path, &["text", "label"], &mut |row| rows.push(row.unwrap())).unwrap();
        assert_eq!(windows_1252, 0);
        rows
    }

    /// `scripts/reference_tables.py` wrote them.
    #[test]
    fn parquet_by_pandas_and_by_duckdb_is_read_alike() {
        for file in ["pandas.parquet", "duckdb.parquet"] {
            let rows = rows(file);
            assert_eq!(rows.len(), 3, "{file}");
            let fields = &rows[0].fields;
            assert_eq!(fields["id"], 1, "{file}");
            assert_eq!(fields["label"], "anti_intervention", "{file}");
            assert_eq!(fields["sure"], true, "{file}");
            assert_eq!(fields["tags"], json!(["quote", "irony"]), "{file}");
            assert_eq!(rows[0].text("date").unwrap(), "2024-03-01", "{file}");
            assert_eq!(
                rows[0].number("sampling_probability").unwrap(),
                Some(0.25),
                "{file}"
            );
            assert_eq!(
                rows[1].text("text").unwrap(),
                "The council meets on Thursday — in Geneva."
            );
            assert_eq!(rows[1].text("rule"), None, "{file}");
            assert_eq!(rows[2].number, 3, "{file}");
        }
    }

    #[test]
    fn a_parquet_stream_needs_no_name_and_a_damaged_one_is_refused() {
        let bytes =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables/duckdb.parquet"))
                .unwrap();
        let mut count = 0;
        let limits = Limits::of_statements(&["text"]);
        let mut sink = |_| {
            count += 1;
            ControlFlow::Continue(())
        };
        read(bytes.as_slice(), None, "stdin", limits, &mut sink).unwrap();
        assert_eq!(count, 3);
        for length in [0, 4, 100, bytes.len() - 9] {
            let cut = read(
                &bytes[..length],
                Some(TableFormat::Parquet),
                "cut",
                Limits::of_statements(&[]),
                &mut |_| ControlFlow::Continue(()),
            );
            assert!(matches!(cut, Err(TableError::Parquet { .. })), "{length}");
        }
        let limits = Limits::of_statements(&["body"]);
        let missing = read(bytes.as_slice(), None, "stdin", limits, &mut |_| {
            ControlFlow::Continue(())
        });
        let error = missing.unwrap_err().to_string();
        assert!(
            error.contains("no column `body`; there are id, text, label"),
            "{error}"
        );
    }

    #[test]
    fn rows_are_joined_by_id_or_by_their_place_in_an_article() {
        let row = |fields: Value| Row {
            number: 1,
            fields: fields.as_object().unwrap().clone(),
        };
        assert_eq!(
            row(json!({"id": 7, "article": "a", "statement": 0}))
                .key()
                .unwrap(),
            "7"
        );
        assert_eq!(row(json!({"article": "a", "statement": 0})).key().unwrap(), "a#0");
        assert_eq!(row(json!({"article": "a"})).key(), None);
        assert_eq!(row(json!({"p": "0.5"})).number("p"), Ok(Some(0.5)));
        assert!(row(json!({"p": "NaN"})).number("p").is_err());
    }
}
