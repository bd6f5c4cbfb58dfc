//! A record a line: bare text, or JSON objects.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use serde_json::{Map, Value};

use super::{too_long, RejectedRow, Row, Sink, TableError, MAX_LINE_BYTES};

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
    parse: impl Fn(&str) -> Result<Fields, String>,
    sink: Sink<'_>,
) -> Result<usize, TableError> {
    let mut windows_1252 = 0;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = read_line(&mut input, &mut line).map_err(|source| TableError::Unreadable {
            path: name.to_owned(),
            source,
        })?;
        if length == 0 {
            break;
        }
        let parsed = if length as u64 > MAX_LINE_BYTES {
            Err(too_long(length))
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
        sink(match parsed {
            Ok(fields) => Ok(Row { number, fields }),
            Err(reason) => Err(RejectedRow { number, reason }),
        });
    }
    Ok(windows_1252)
}

/// Reads a line into `line`, at most [`MAX_LINE_BYTES`] of it; returns its whole length.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<usize> {
    let length = input.take(MAX_LINE_BYTES).read_until(b'\n', line)?;
    if length as u64 == MAX_LINE_BYTES && line.last() != Some(&b'\n') {
        return Ok(length + input.skip_until(b'\n')?);
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
