//! Statements given one by one: a text file with one a line, JSONL or CSV with a `text` field.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value};

mod csv;

/// A statement of a list, not split further.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedStatement {
    /// The line (text and JSONL) or the record's first line (CSV) in its file, from 1.
    pub number: u64,
    pub text: String,
    /// Every field beside `text`, in the order of the file.
    pub fields: Map<String, Value>,
}

/// A line that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedLine {
    /// From 1.
    pub number: u64,
    pub reason: String,
}

/// The statements of one list.
#[derive(Clone, Debug, Default)]
pub struct StatementList {
    pub statements: Vec<ListedStatement>,
    pub rejected: Vec<RejectedLine>,
    /// How many lines were not UTF-8 and were read as Windows-1252.
    pub windows_1252: usize,
}

/// Why a list cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("{path}: the CSV header has no column `text`; it has {found} (columns are parted by commas)")]
    NoTextColumn { path: String, found: String },
    #[error("{path}: the CSV header has the column `{column}` twice")]
    DuplicateColumn { path: String, column: String },
    #[error("{path}: the CSV header cannot be read: {reason}")]
    Header { path: String, reason: String },
}

/// What a list is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    /// One statement a line.
    Lines,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values under a header.
    Csv,
}

impl ListFormat {
    /// The format that a file's name says: `.jsonl`, `.ndjson` or `.csv`; `None` for any other.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        match ending.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The format of a stream without a name: JSONL where it begins with a brace, CSV where its
    /// first line has a column `text`, else lines.
    pub fn sniff(beginning: &[u8]) -> Self {
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let first_line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let has_text_column = || {
            first_line
                .split(|&byte| byte == b',')
                .any(|cell| cell.trim_ascii() == b"text")
        };
        match text.trim_ascii_start().first() {
            Some(b'{') => Self::Jsonl,
            _ if has_text_column() => Self::Csv,
            _ => Self::Lines,
        }
    }
}

/// A longer line holds no statement. It is read past, never held in memory.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// Reads the list in a file, in the format that its name says, or else its beginning.
///
/// # Errors
/// [`ListError`]; a single line that is no statement is rejected by itself.
pub fn read_file(path: &Path) -> Result<StatementList, ListError> {
    let name = path.display().to_string();
    let unreadable = |source| ListError::Unreadable {
        path: name.clone(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    read(BufReader::new(file), ListFormat::of(path), &name)
}

/// Reads a list; `name` is what errors call it. Where no format is given, its beginning tells.
///
/// # Errors
/// As [`read_file`].
pub fn read(
    mut input: impl BufRead,
    format: Option<ListFormat>,
    name: &str,
) -> Result<StatementList, ListError> {
    let format = match format {
        Some(format) => format,
        None => ListFormat::sniff(input.fill_buf().map_err(|source| ListError::Unreadable {
            path: name.to_owned(),
            source,
        })?),
    };
    match format {
        ListFormat::Lines => read_lines(input, name, |line| Ok((line.trim().to_owned(), Map::new()))),
        ListFormat::Jsonl => read_lines(input, name, parse_json_line),
        ListFormat::Csv => csv::read(input, name),
    }
}

fn read_lines(
    mut input: impl BufRead,
    name: &str,
    parse: impl Fn(&str) -> Result<(String, Map<String, Value>), String>,
) -> Result<StatementList, ListError> {
    let mut list = StatementList::default();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = (&mut input)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .and_then(|length| {
                if length as u64 == MAX_LINE_BYTES && line.last() != Some(&b'\n') {
                    input.skip_until(b'\n').map(|skipped| length + skipped)
                } else {
                    Ok(length)
                }
            })
            .map_err(|source| ListError::Unreadable {
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
            list.windows_1252 += usize::from(!is_utf8);
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            if text.contains('\0') {
                Err("not text (a NUL byte)".to_owned())
            } else if text.trim().is_empty() {
                Ok(None)
            } else {
                parse(text).map(Some)
            }
        };
        match parsed {
            Ok(Some((text, fields))) => list.statements.push(ListedStatement { number, text, fields }),
            Ok(None) => {}
            Err(reason) => list.rejected.push(RejectedLine { number, reason }),
        }
    }
    Ok(list)
}

fn too_long(bytes: usize) -> String {
    format!("{bytes} bytes are no statement (at most {MAX_LINE_BYTES})")
}

fn parse_json_line(line: &str) -> Result<(String, Map<String, Value>), String> {
    let mut fields: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("not a JSON object: {error}"))?;
    // `shift_remove` keeps the order of the other fields.
    match fields.shift_remove("text") {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok((text, fields)),
        Some(Value::String(_)) => Err("`text` is empty".to_owned()),
        Some(_) => Err("`text` is not a string".to_owned()),
        None => Err("no field `text`".to_owned()),
    }
}

/// Text of one line or field, and whether it was UTF-8; if not, it is taken for Windows-1252.
fn decoded(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), true),
        Err(_) => (
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
            false,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &StatementList) -> Vec<&str> {
        list.statements
            .iter()
            .map(|statement| statement.text.as_str())
            .collect()
    }

    fn read_bytes(bytes: &[u8], format: ListFormat) -> StatementList {
        read(bytes, Some(format), "list").unwrap()
    }

    #[test]
    fn lines_skip_blanks_and_keep_numbers() {
        let list = read_bytes("\u{feff}One.\r\n\n  Two. \n".as_bytes(), ListFormat::Lines);
        assert_eq!(texts(&list), ["One.", "Two."]);
        assert_eq!(list.statements[1].number, 3);
        assert!(list.rejected.is_empty());
    }

    #[test]
    fn a_bad_line_is_rejected_alone() {
        let bytes = b"{\"text\": \"A\", \"id\": 7}\n{\"text\": \n{\"txt\": \"B\"}\n\xff\n{\"text\": \"C\"}";
        let list = read_bytes(bytes, ListFormat::Jsonl);
        assert_eq!(texts(&list), ["A", "C"]);
        assert_eq!(list.statements[0].fields["id"], 7);
        let numbers: Vec<u64> = list.rejected.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [2, 3, 4]);
    }

    #[test]
    fn an_endless_line_is_read_past() {
        let mut bytes = vec![b'x'; 3 * MAX_LINE_BYTES as usize];
        bytes.extend_from_slice(b"\nShort.\n");
        let list = read_bytes(&bytes, ListFormat::Lines);
        assert_eq!(texts(&list), ["Short."]);
        assert_eq!(list.rejected[0].number, 1);
        assert!(list.rejected[0].reason.contains("3145729 bytes"));
    }

    #[test]
    fn csv_carries_every_other_column() {
        let list = read_bytes(
            b"id,text,label\n1,\"Two\nlines, one record\",none\n2,,none\n3,C,none,extra\n4,D,none\n",
            ListFormat::Csv,
        );
        assert_eq!(texts(&list), ["Two\nlines, one record", "D"]);
        assert_eq!(list.statements[0].fields["id"], "1");
        assert_eq!(list.statements[0].fields["label"], "none");
        let rejected: Vec<u64> = list.rejected.iter().map(|line| line.number).collect();
        assert_eq!(rejected, [4, 5]);
    }

    #[test]
    fn csv_without_a_text_column_is_refused() {
        let error = read(&b"id,body\n1,x\n"[..], Some(ListFormat::Csv), "a.csv").unwrap_err();
        assert!(error.to_string().contains("id, body"), "{error}");
    }

    #[test]
    fn lines_that_are_not_utf8_are_read_as_windows_1252() {
        let list = read_bytes(b"Se\xf1al.\nPlain.\n", ListFormat::Lines);
        assert_eq!(texts(&list), ["Señal.", "Plain."]);
        assert_eq!(list.windows_1252, 1);
        let list = read_bytes(b"text,pa\xeds\nSe\xf1al.,Per\xfa\n", ListFormat::Csv);
        assert_eq!((texts(&list), list.windows_1252), (vec!["Señal."], 1));
        assert_eq!(list.statements[0].fields["país"], "Perú");
    }

    #[test]
    fn an_unclosed_quotation_mark_is_told_of() {
        let list = read_bytes(b"id,text\n1,One.\n2,\"He left\n3,They came\n", ListFormat::Csv);
        assert_eq!(texts(&list), ["One."]);
        assert_eq!(list.rejected[0].number, 3);
        assert!(list.rejected[0].reason.contains("never closed"));
    }

    #[test]
    fn a_column_that_stands_twice_is_refused() {
        let error = read(&b"id,text,id\n1,x,2"[..], Some(ListFormat::Csv), "a.csv").unwrap_err();
        assert!(error.to_string().contains("`id` twice"), "{error}");
    }

    #[test]
    fn streams_tell_their_format_by_their_beginning() {
        assert_eq!(ListFormat::sniff(b" {\"text\": 1}"), ListFormat::Jsonl);
        assert_eq!(ListFormat::sniff(b"id,text\r\n1,x"), ListFormat::Csv);
        assert_eq!(
            ListFormat::sniff(b"The text, said the envoy, is lost."),
            ListFormat::Lines
        );
    }
}
