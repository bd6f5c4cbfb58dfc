//! CSV with a column `text`.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::{decoded, too_long, ListError, ListedStatement, RejectedLine, StatementList, MAX_LINE_BYTES};

/// Reads every row; one that is no statement is rejected by itself.
pub(super) fn read(input: impl Read, name: &str) -> Result<StatementList, ListError> {
    let quotes = Rc::new(Cell::new(0));
    let input = QuoteCounter {
        input,
        quotes: Rc::clone(&quotes),
    };
    let mut reader = ::csv::ReaderBuilder::new().from_reader(input);
    let header = reader.byte_headers().map_err(|error| ListError::Header {
        path: name.to_owned(),
        reason: error.to_string(),
    })?;
    let columns: Vec<String> = header
        .iter()
        .map(|column| decoded(column).0.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    if let Some(twice) = (1..columns.len()).find(|&column| columns[..column].contains(&columns[column])) {
        return Err(ListError::DuplicateColumn {
            path: name.to_owned(),
            column: columns[twice].clone(),
        });
    }
    let Some(text_column) = columns.iter().position(|column| column == "text") else {
        return Err(ListError::NoTextColumn {
            path: name.to_owned(),
            found: columns.join(", "),
        });
    };
    let mut list = StatementList::default();
    let mut record = ::csv::ByteRecord::new();
    let mut last = 0;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                last = record.position().map_or(0, ::csv::Position::line);
                match statement_of_row(&record, &columns, text_column, last) {
                    Ok((statement, is_utf8)) => {
                        list.windows_1252 += usize::from(!is_utf8);
                        list.statements.push(statement);
                    }
                    Err(reason) => list.rejected.push(RejectedLine { number: last, reason }),
                }
            }
            Err(error) if error.is_io_error() => {
                return Err(ListError::Unreadable {
                    path: name.to_owned(),
                    source: std::io::Error::other(error),
                })
            }
            Err(error) => list.rejected.push(RejectedLine {
                number: error.position().map_or(0, ::csv::Position::line),
                reason: error.to_string(),
            }),
        }
    }
    if quotes.get() % 2 == 1 {
        // The last record has swallowed whatever followed it.
        list.statements.retain(|statement| statement.number != last);
        list.rejected.retain(|line| line.number != last);
        list.rejected.push(RejectedLine {
            number: last,
            reason: "a quotation mark is never closed; nothing from here on can be read".to_owned(),
        });
    }
    Ok(list)
}

fn statement_of_row(
    record: &::csv::ByteRecord,
    columns: &[String],
    text_column: usize,
    number: u64,
) -> Result<(ListedStatement, bool), String> {
    let (text, mut is_utf8) = decoded(&record[text_column]);
    if text.len() as u64 > MAX_LINE_BYTES {
        return Err(too_long(text.len()));
    }
    if text.contains('\0') {
        return Err("not text (a NUL byte)".to_owned());
    }
    if text.trim().is_empty() {
        return Err("`text` is empty".to_owned());
    }
    let mut fields = Map::new();
    for (column, bytes) in record
        .iter()
        .enumerate()
        .filter(|(column, _)| *column != text_column)
    {
        let (value, value_is_utf8) = decoded(bytes);
        is_utf8 &= value_is_utf8;
        fields.insert(columns[column].clone(), Value::from(value));
    }
    let statement = ListedStatement {
        number,
        text: text.into_owned(),
        fields,
    };
    Ok((statement, is_utf8))
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
