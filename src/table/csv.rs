//! CSV under a header.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Read;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::lines::decoded;
use super::{missing_column, too_long, RejectedRow, Row, Sink, TableError, MAX_LINE_BYTES};

/// Reads every row. Returns how many were read as Windows-1252.
pub(super) fn read(
    input: impl Read,
    delimiter: u8,
    name: &str,
    required: &[&str],
    sink: Sink<'_>,
) -> Result<usize, TableError> {
    let seen = Rc::new(RefCell::new(Seen::new(delimiter)));
    let input = Watcher {
        input,
        seen: Rc::clone(&seen),
    };
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(input);
    let columns = columns(&mut reader, name)?;
    if let Some(error) = missing_column(name, &columns, required) {
        return Err(error);
    }
    // The header's; the reader's own count is behind after CRLF and blank lines.
    seen.borrow_mut().record_lines.pop_front();
    let next_line = || seen.borrow_mut().record_lines.pop_front().unwrap_or(0);
    let mut windows_1252 = 0;
    let mut record = ::csv::ByteRecord::new();
    // Each row waits for the next: the last one may turn out to have swallowed the rest of the file.
    let mut waiting: Option<Result<Row, RejectedRow>> = None;
    loop {
        let row = match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let number = next_line();
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
                number: next_line(),
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
        let is_open = seen.borrow().place == Place::Quoted;
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

/// What the CSV reader does not tell of the bytes that it reads.
struct Seen {
    delimiter: u8,
    place: Place,
    line: u64,
    /// True where the next byte that ends no line begins a record.
    is_between: bool,
    /// The first lines of the records that the reader has not handed over yet.
    record_lines: VecDeque<u64>,
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

impl Seen {
    fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            place: Place::default(),
            line: 1,
            is_between: true,
            record_lines: VecDeque::new(),
        }
    }

    fn byte(&mut self, byte: u8) {
        let ends_line = matches!(byte, b'\n' | b'\r');
        if self.is_between && !ends_line {
            self.record_lines.push_back(self.line);
            self.is_between = false;
        }
        self.place = match (self.place, byte) {
            (Place::Quoted, b'"') => Place::AfterQuote,
            (Place::Quoted, _) => Place::Quoted,
            (Place::FieldStart | Place::AfterQuote, b'"') => Place::Quoted,
            _ if ends_line => Place::FieldStart,
            (_, byte) if byte == self.delimiter => Place::FieldStart,
            _ => Place::Bare,
        };
        self.is_between |= ends_line && self.place != Place::Quoted;
        self.line += u64::from(byte == b'\n');
    }
}

/// Watches bytes on their way to the CSV reader.
struct Watcher<R> {
    input: R,
    seen: Rc<RefCell<Seen>>,
}

impl<R: Read> Read for Watcher<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.input.read(buffer)?;
        let mut seen = self.seen.borrow_mut();
        buffer[..length].iter().for_each(|&byte| seen.byte(byte));
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the usable rows, and of the rejected ones.
    fn numbers(csv: &str) -> (Vec<u64>, Vec<u64>) {
        let (mut usable, mut rejected) = (Vec::new(), Vec::new());
        read(csv.as_bytes(), b',', "a.csv", &[], &mut |row| match row {
            Ok(row) => usable.push(row.number),
            Err(row) => rejected.push(row.number),
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
}
