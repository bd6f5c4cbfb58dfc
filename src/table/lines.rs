//! A record a line: bare text, or JSON objects.

use std::borrow::Cow;
use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::{shown, too_long, RejectedRow, Row, RowSink, TableError};

type Fields = Map<String, Value>;

/// A line of bare text.
pub(super) fn text_of_line(line: &str) -> Result<Fields, String> {
    Ok(Map::from_iter([("text".to_owned(), line.trim().into())]))
}

/// A line of JSONL.
pub(super) fn object_of_line(line: &str) -> Result<Fields, String> {
    serde_json::from_str(line).map_err(|error| format!("not a JSON object: {error}"))
}

/// Reads every line; blank ones are passed over. Returns how many were read as Windows-1252.
pub(super) fn read(
    mut input: impl BufRead,
    name: &str,
    max_row_bytes: u64,
    parse: impl Fn(&str) -> Result<Fields, String>,
    sink: RowSink<'_>,
) -> Result<usize, TableError> {
    let mut windows_1252 = 0;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length =
            read_line(&mut input, &mut line, max_row_bytes).map_err(|source| TableError::Unreadable {
                path: name.to_owned(),
                source,
            })?;
        if length == 0 {
            break;
        }
        let parsed = if length > max_row_bytes {
            Err(too_long(length, max_row_bytes))
        } else {
            let (text, is_utf8) = decoded(&line);
            windows_1252 += usize::from(!is_utf8);
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            if text.trim().is_empty() {
                continue;
            }
            if text.contains('\0') {
                Err("not text (a NUL byte)".to_owned())
            } else {
                parse(text)
            }
        };
        let row = match parsed {
            Ok(fields) => Ok(Row { number, fields }),
            Err(reason) => Err(RejectedRow {
                number,
                reason,
                record: shown(&line),
            }),
        };
        if let ControlFlow::Break(()) = sink(row) {
            break;
        }
    }
    Ok(windows_1252)
}

/// Reads a line into `line`, at most `max` bytes of it; returns its whole length.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>, max: u64) -> std::io::Result<u64> {
    let length = input.take(max).read_until(b'\n', line)? as u64;
    if length == max && line.last() != Some(&b'\n') {
        return Ok(length + input.skip_until(b'\n')? as u64);
    }
    Ok(length)
}

/// Text of one line or field, and whether it was UTF-8; if not, it is taken for Windows-1252.
pub(super) fn decoded(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), true),
        Err(_) => (
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
            false,
        ),
    }
}
