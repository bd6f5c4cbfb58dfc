//! CSV under a header.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::lines::decoded;
use super::{missing_column, too_long, RejectedRow, Row, Sink, TableError, MAX_LINE_BYTES};

/// Reads every row. Returns how many were read as Windows-1252.
pub(super) fn read(
    input: impl Read,
    name: &str,
    required: &[&str],
    sink: Sink<'_>,
) -> Result<usize, TableError> {
    let quotes = Rc::new(Cell::new(0));
    let input = QuoteCounter {
        input,
        quotes: Rc::clone(&quotes),
    };
    let mut reader = ::csv::ReaderBuilder::new().from_reader(input);
    let columns = columns(&mut reader, name)?;
    if let Some(error) = missing_column(name, &columns, required) {
        return Err(error);
    }
    let mut windows_1252 = 0;
    let mut record = ::csv::ByteRecord::new();
    // Each row waits for the next: the last one may turn out to have swallowed the rest of the file.
    let mut waiting: Option<Result<Row, RejectedRow>> = None;
    loop {
        let row = match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let number = record.position().map_or(0, ::csv::Position::line);
                match fields_of(&record, &columns) {
                    Ok((fields, is_utf8)) => {
                        windows_1252 += usize::from(!is_utf8);
                        Ok(Row { number, fields })
                    }
                    Err(reason) => Err(RejectedRow { number, reason }),
                }
            }
            Err(error) if error.is_io_error() => {
                return Err(TableError::Unreadable {
                    path: name.to_owned(),
                    source: std::io::Error::other(error),
                })
            }
            Err(error) => Err(RejectedRow {
                number: error.position().map_or(0, ::csv::Position::line),
                reason: error.to_string(),
            }),
        };
        if let Some(before) = waiting.replace(row) {
            sink(before);
        }
    }
    if let Some(last) = waiting {
        let number = match &last {
            Ok(row) => row.number,
            Err(rejected) => rejected.number,
        };
        let is_open = quotes.get() % 2 == 1;
        sink(if is_open {
            Err(RejectedRow {
                number,
                reason: "a quotation mark is never closed; nothing from here on can be read".to_owned(),
            })
        } else {
            last
        });
    }
    Ok(windows_1252)
}

fn columns<R: Read>(reader: &mut ::csv::Reader<R>, name: &str) -> Result<Vec<String>, TableError> {
    let header = reader.byte_headers().map_err(|error| TableError::Header {
        path: name.to_owned(),
        reason: error.to_string(),
    })?;
    let columns: Vec<String> = header
        .iter()
        .map(|column| decoded(column).0.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    match (1..columns.len()).find(|&column| columns[..column].contains(&columns[column])) {
        Some(twice) => Err(TableError::DuplicateColumn {
            path: name.to_owned(),
            column: columns[twice].clone(),
        }),
        None => Ok(columns),
    }
}

fn fields_of(record: &::csv::ByteRecord, columns: &[String]) -> Result<(Map<String, Value>, bool), String> {
    let mut is_utf8 = true;
    let mut fields = Map::new();
    for (column, bytes) in columns.iter().zip(record) {
        if bytes.len() as u64 > MAX_LINE_BYTES {
            return Err(too_long(bytes.len()));
        }
        let (value, value_is_utf8) = decoded(bytes);
        if value.contains('\0') {
            return Err("not text (a NUL byte)".to_owned());
        }
        is_utf8 &= value_is_utf8;
        fields.insert(column.clone(), Value::from(value));
    }
    Ok((fields, is_utf8))
}

/// Counts quotation marks on their way to the CSV reader, which does not say when a file ends
/// inside a quotation.
struct QuoteCounter<R> {
    input: R,
    quotes: Rc<Cell<usize>>,
}

impl<R: Read> Read for QuoteCounter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.input.read(buffer)?;
        let quotes = buffer[..length].iter().filter(|&&byte| byte == b'"').count();
        self.quotes.set(self.quotes.get() + quotes);
        Ok(length)
    }
}
