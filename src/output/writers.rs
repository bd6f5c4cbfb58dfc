//! Records as JSONL and as CSV.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use serde_json::Value;

use super::record::{rounded, Field};
use super::{Destination, OutputError, Record};
use crate::table::text_of;

/// Something that records are written to, one after another.
pub trait RecordWriter {
    /// Writes one record.
    ///
    /// # Errors
    /// The stream's.
    fn write(&mut self, record: &Record) -> Result<(), OutputError>;

    /// Makes last what has been written so far; returns the length of the destination in bytes, which a writer
    /// that goes on from there is to be given.
    ///
    /// # Errors
    /// The stream's.
    fn checkpoint(&mut self) -> Result<u64, OutputError>;

    /// Writes whatever follows the last record, and commits the destination.
    ///
    /// # Errors
    /// The stream's.
    fn finish(self: Box<Self>) -> Result<(), OutputError>;
}

/// One JSON object a line.
pub struct JsonlWriter<W: Destination>(W);

impl<W: Destination> JsonlWriter<W> {
    pub fn new(stream: W) -> Self {
        Self(stream)
    }
}

impl<W: Destination> RecordWriter for JsonlWriter<W> {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        serde_json::to_writer(&mut self.0, record).map_err(std::io::Error::from)?;
        Ok(self.0.write_all(b"\n")?)
    }

    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.0.checkpoint()
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        self.0.commit()
    }
}

/// Comma-separated values under a header, or tab-separated ones; null is an empty field.
pub struct CsvWriter<W: Destination> {
    writer: csv::Writer<Shared<W>>,
    stream: Rc<RefCell<W>>,
    carried: Vec<String>,
    row: Vec<String>,
}

impl<W: Destination> CsvWriter<W> {
    /// A writer whose rows have the record's own columns and then those of `carried`.
    ///
    /// # Errors
    /// The stream's, on writing the header.
    pub fn new(stream: W, delimiter: u8, carried: Vec<String>) -> Result<Self, OutputError> {
        let mut writer = Self::resumed(stream, delimiter, carried);
        let header = Record::FIELDS
            .into_iter()
            .chain(writer.carried.iter().map(String::as_str));
        writer.writer.write_record(header).map_err(into_io)?;
        Ok(writer)
    }

    /// A writer that goes on after a header and rows that an earlier one has written.
    pub fn resumed(stream: W, delimiter: u8, carried: Vec<String>) -> Self {
        let stream = Rc::new(RefCell::new(stream));
        let shared = Shared(Rc::clone(&stream));
        Self {
            writer: csv::WriterBuilder::new().delimiter(delimiter).from_writer(shared),
            stream,
            carried,
            row: Vec::new(),
        }
    }
}

impl<W: Destination> RecordWriter for CsvWriter<W> {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        self.row.clear();
        self.row.extend(record.values().map(|value| match value {
            Field::Null => String::new(),
            Field::Text(text) => text.to_owned(),
            Field::Count(count) => count.to_string(),
            Field::Flag(flag) => flag.to_string(),
            Field::Probability(probability) => rounded(probability).to_string(),
        }));
        self.row
            .extend(self.carried.iter().map(|name| cell_of(record.carried.get(name))));
        Ok(self.writer.write_record(&self.row).map_err(into_io)?)
    }

    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.writer.flush()?;
        self.stream.borrow_mut().checkpoint()
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        let Self {
            mut writer, stream, ..
        } = *self;
        writer.flush()?;
        drop(writer);
        match Rc::try_unwrap(stream) {
            Ok(stream) => stream.into_inner().commit(),
            Err(_) => unreachable!("the CSV writer held the only other handle"),
        }
    }
}

/// A stream that the CSV writer has, and that is still at hand: it gives out its own only at the end.
struct Shared<W>(Rc<RefCell<W>>);

impl<W: Write> Write for Shared<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

/// A JSON value as a cell: null is empty.
pub(super) fn cell_of(value: Option<&Value>) -> String {
    value.and_then(text_of).unwrap_or_default()
}

/// A whole table as CSV.
///
/// # Errors
/// Rows of different lengths.
pub(crate) fn csv_text<R>(header: &[&str], rows: impl Iterator<Item = R>) -> Result<String, OutputError>
where
    R: IntoIterator,
    R::Item: AsRef<[u8]>,
{
    let mut bytes = Vec::new();
    write_csv(&mut bytes, header, rows)?;
    Ok(String::from_utf8(bytes).map_err(std::io::Error::other)?)
}

/// Writes a table as CSV, row by row.
///
/// # Errors
/// The stream's, and rows of different lengths.
pub(crate) fn write_csv<R>(
    stream: impl Write,
    header: &[&str],
    rows: impl Iterator<Item = R>,
) -> Result<(), OutputError>
where
    R: IntoIterator,
    R::Item: AsRef<[u8]>,
{
    let mut writer = csv::Writer::from_writer(stream);
    writer.write_record(header).map_err(into_io)?;
    for row in rows {
        writer.write_record(row).map_err(into_io)?;
    }
    Ok(writer.flush()?)
}

pub(crate) fn into_io(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Source;
    use crate::stance::{Prediction, Probabilities, Stance};
    use std::sync::Arc;

    fn record() -> Record {
        Record {
            source: Arc::new(Source {
                article: "a.txt".into(),
                title: Some("A, \"title\"".into()),
                ..Source::default()
            }),
            statement: 3,
            start: 10,
            end: 14,
            text: "No.\n".into(),
            attribution: None,
            prediction: Prediction {
                stance: Stance::AntiIntervention,
                probabilities: Probabilities::from_logits([0.0, 2.0, 0.0, 0.0]),
                truncated: false,
            },
            stance: Some(Stance::AntiIntervention),
            carried: serde_json::json!({"id": 7}).as_object().unwrap().clone(),
        }
    }

    #[test]
    fn jsonl_has_every_field_in_order() {
        let mut bytes = Vec::new();
        JsonlWriter::new(&mut bytes).write(&record()).unwrap();
        let line = String::from_utf8(bytes).unwrap();
        let value: serde_json::Map<String, Value> = serde_json::from_str(&line).unwrap();
        let names: Vec<&str> = value.keys().map(String::as_str).collect();
        assert_eq!(names[..18], Record::FIELDS);
        assert_eq!(names[18], "id");
        assert_eq!(value["holder"], Value::Null);
        assert_eq!(value["stance"], "anti_intervention");
        let sum: f64 = Record::FIELDS
            .iter()
            .filter(|name| name.starts_with("p_"))
            .map(|&name| value[name].as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 5e-6);
    }

    #[test]
    fn csv_quotes_what_needs_it_and_leaves_null_empty() {
        let mut bytes = Vec::new();
        let mut writer =
            Box::new(CsvWriter::new(&mut bytes, b',', vec!["id".into(), "other".into()]).unwrap());
        writer.write(&record()).unwrap();
        writer.finish().unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap().len(), 20);
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!(&row[1], "A, \"title\"");
        assert_eq!(&row[8], "No.\n");
        assert_eq!((&row[9], &row[18], &row[19]), ("", "7", ""));
    }
}
