//! CSV under a header.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::io::Read;
use std::ops::ControlFlow;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::lines::decoded;
use super::{missing_column, shown, too_long, Limits, RejectedRow, Row, RowSink, TableError};

/// Reads every row. Returns how many were read as Windows-1252.
pub(super) fn read(
    input: impl Read,
    delimiter: u8,
    name: &str,
    limits: Limits<'_>,
    sink: RowSink<'_>,
) -> Result<usize, TableError> {
    let seen = Rc::new(RefCell::new(Seen::new(delimiter, limits.max_row_bytes)));
    let input = Watcher {
        input,
        buffer: vec![0; 1 << 15],
        seen: Rc::clone(&seen),
    };
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(input);
    let columns = columns(&mut reader, name)?;
    if let Some(error) = missing_column(name, &columns, limits) {
        return Err(error);
    }
    // The header's; the reader's own count is behind after CRLF and blank lines.
    seen.borrow_mut().records.pop_front();
    let next_record = || seen.borrow_mut().records.pop_front().unwrap_or_default();
    let mut windows_1252 = 0;
    let mut record = ::csv::ByteRecord::new();
    // Each row waits for the next: the last one may turn out to have swallowed the rest of the file.
    let mut waiting: Option<Result<Row, RejectedRow>> = None;
    loop {
        let rejected = |number, reason, record| {
            Err(RejectedRow {
                number,
                reason,
                record,
            })
        };
        let row = match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let SeenRecord { line: number, length } = next_record();
                if length > limits.max_row_bytes {
                    let reason = too_long(length, limits.max_row_bytes);
                    rejected(number, reason, shown(record.as_slice()))
                } else {
                    match fields_of(&record, &columns) {
                        Ok((fields, is_utf8)) => {
                            windows_1252 += usize::from(!is_utf8);
                            Ok(Row { number, fields })
                        }
                        Err(reason) => rejected(number, reason, shown(record.as_slice())),
                    }
                }
            }
            Err(error) if error.is_io_error() => {
                return Err(TableError::Unreadable {
                    path: name.to_owned(),
                    source: io_error(error),
                })
            }
            Err(error) => {
                let SeenRecord { line, length } = next_record();
                let reason = if length > limits.max_row_bytes {
                    too_long(length, limits.max_row_bytes)
                } else {
                    error.to_string()
                };
                rejected(line, reason, shown(record.as_slice()))
            }
        };
        if let Some(before) = waiting.replace(row) {
            if let ControlFlow::Break(()) = sink(before) {
                return Ok(windows_1252);
            }
        }
    }
    if let Some(last) = waiting {
        let is_open = seen.borrow().place == Place::Quoted;
        let _ = sink(if is_open {
            let number = match &last {
                Ok(row) => row.number,
                Err(rejected) => rejected.number,
            };
            Err(RejectedRow {
                number,
                reason: "a quotation mark is never closed; nothing from here on can be read".to_owned(),
                record: shown(record.as_slice()),
            })
        } else {
            last
        });
    }
    Ok(windows_1252)
}

/// The stream's own error, as it was before the CSV reader wrapped it.
fn io_error(error: ::csv::Error) -> std::io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(source) => source,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

fn columns<R: Read>(reader: &mut ::csv::Reader<R>, name: &str) -> Result<Vec<String>, TableError> {
    let header = match reader.byte_headers() {
        Ok(header) => header,
        Err(error) if error.is_io_error() => {
            return Err(TableError::Unreadable {
                path: name.to_owned(),
                source: io_error(error),
            })
        }
        Err(error) => {
            return Err(TableError::Header {
                path: name.to_owned(),
                reason: error.to_string(),
            })
        }
    };
    let columns: Vec<String> = header
        .iter()
        .map(|column| decoded(column).0.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    let mut seen = HashSet::new();
    match columns.iter().find(|&column| !seen.insert(column)) {
        Some(twice) => Err(TableError::DuplicateColumn {
            path: name.to_owned(),
            column: twice.clone(),
        }),
        None => Ok(columns),
    }
}

fn fields_of(record: &::csv::ByteRecord, columns: &[String]) -> Result<(Map<String, Value>, bool), String> {
    let mut is_utf8 = true;
    let mut fields = Map::new();
    for (column, bytes) in columns.iter().zip(record) {
        let (value, value_is_utf8) = decoded(bytes);
        if value.contains('\0') {
            return Err("not text (a NUL byte)".to_owned());
        }
        is_utf8 &= value_is_utf8;
        fields.insert(column.clone(), Value::from(value));
    }
    Ok((fields, is_utf8))
}

/// What the CSV reader does not tell of the bytes that it reads.
struct Seen {
    delimiter: u8,
    max_row_bytes: u64,
    place: Place,
    /// Where the CSV reader is: behind `place` while a record that is too long is kept from it.
    passed: Place,
    line: u64,
    /// True where the next byte that ends no line begins a record.
    is_between: bool,
    /// The records that the reader has not handed over yet; the last one may not be complete.
    records: VecDeque<SeenRecord>,
}

/// A record's first line, and its length in bytes.
#[derive(Clone, Copy, Default)]
struct SeenRecord {
    line: u64,
    length: u64,
}

/// Where in a record a byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    FieldStart,
    Bare,
    Quoted,
    /// After a quotation mark in a quoted field: its end, or the first of two.
    AfterQuote,
}

impl Place {
    fn after(self, byte: u8, delimiter: u8) -> Self {
        match (self, byte) {
            (Place::Quoted, b'"') => Place::AfterQuote,
            (Place::Quoted, _) => Place::Quoted,
            (Place::FieldStart | Place::AfterQuote, b'"') => Place::Quoted,
            (_, b'\n' | b'\r') => Place::FieldStart,
            (_, byte) if byte == delimiter => Place::FieldStart,
            _ => Place::Bare,
        }
    }
}

impl Seen {
    fn new(delimiter: u8, max_row_bytes: u64) -> Self {
        Self {
            delimiter,
            max_row_bytes,
            place: Place::default(),
            passed: Place::default(),
            line: 1,
            is_between: true,
            records: VecDeque::new(),
        }
    }

    /// Follows a byte, and passes it on to `kept` unless its record is too long already.
    fn byte(&mut self, byte: u8, kept: &mut impl FnMut(u8)) {
        let ends_line = matches!(byte, b'\n' | b'\r');
        if self.is_between && !ends_line {
            self.records.push_back(SeenRecord {
                line: self.line,
                length: 0,
            });
            self.is_between = false;
        }
        self.place = self.place.after(byte, self.delimiter);
        let ends_record = ends_line && self.place != Place::Quoted;
        self.is_between |= ends_record;
        self.line += u64::from(byte == b'\n');
        let is_too_long = match self.records.back_mut() {
            Some(record) if !self.is_between => {
                record.length += 1;
                record.length > self.max_row_bytes
            }
            _ => false,
        };
        if is_too_long {
            return;
        }
        // The reader saw a quotation mark open whose end was kept from it.
        if ends_record && self.passed == Place::Quoted {
            kept(b'"');
            self.passed = Place::AfterQuote;
        }
        kept(byte);
        self.passed = self.passed.after(byte, self.delimiter);
    }
}

/// Watches bytes on their way to the CSV reader, and holds back what no record may be as long as.
struct Watcher<R> {
    input: R,
    buffer: Vec<u8>,
    seen: Rc<RefCell<Seen>>,
}

impl<R: Read> Read for Watcher<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        // At most one byte is added, with the one that ends a record.
        let most = (buffer.len() / 2).clamp(1, self.buffer.len());
        loop {
            let length = self.input.read(&mut self.buffer[..most])?;
            let mut seen = self.seen.borrow_mut();
            let mut kept = 0;
            for &byte in &self.buffer[..length] {
                seen.byte(byte, &mut |byte| {
                    buffer[kept] = byte;
                    kept += 1;
                });
            }
            if kept > 0 || length == 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the usable rows, and of the rejected ones.
    fn numbers(csv: &str) -> (Vec<u64>, Vec<u64>) {
        let (mut usable, mut rejected) = (Vec::new(), Vec::new());
        let limits = Limits {
            required: &[],
            any_of: &[],
            max_row_bytes: 100,
        };
        read(csv.as_bytes(), b',', "a.csv", limits, &mut |row| {
            match row {
                Ok(row) => usable.push(row.number),
                Err(row) => rejected.push(row.number),
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        (usable, rejected)
    }

    #[test]
    fn a_quotation_mark_within_a_field_is_a_mark() {
        assert_eq!(numbers("id,text\n1,a 5\" gun\n2,b\n"), (vec![2, 3], vec![]));
        assert_eq!(numbers("id,text\n1,\"a \"\"b\"\"\"\n2,c\n"), (vec![2, 3], vec![]));
    }

    #[test]
    fn whatever_an_unclosed_quotation_swallows_is_rejected_with_it() {
        assert_eq!(
            numbers("id,text\n1,a 5\" gun\n2,\"c\n3,d\n4,e\n"),
            (vec![2], vec![3])
        );
    }

    #[test]
    fn lines_are_counted_alike_whatever_ends_them() {
        for end in ["\n", "\r\n"] {
            let csv = ["", "id,text", "1,\"a\nb\"", "2,c,d", "", "3,e"].join(end);
            assert_eq!(numbers(&csv), (vec![3, 7], vec![5]), "{end:?}");
        }
    }

    #[test]
    fn records_that_are_too_long_cost_no_other() {
        let long = "x".repeat(200_000);
        for field in [
            long.clone(),
            format!("\"{long}\n{long}\""),
            "\"\"".repeat(100_000),
            ",".repeat(200_000),
        ] {
            let csv = format!("id,text\n1,a\n2,{field}\n3,b\n");
            let (usable, rejected) = numbers(&csv);
            assert_eq!((usable.len(), rejected), (2, vec![3]), "{:.20}", field);
        }
        assert_eq!(
            numbers(&format!("id,text\n1,a\n2,\"{long}\n3,b\n")),
            (vec![2], vec![3])
        );
    }
}
