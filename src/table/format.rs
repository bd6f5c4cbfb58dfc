//! The formats of tables, and how a file tells its own.

use std::path::Path;

use crate::input::ending_of;

/// What a table is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// One statement a line: rows with the field `text` alone.
    Lines,
    /// One JSON object a line.
    Jsonl,
    /// An array of JSON objects, or objects over many lines.
    Json,
    /// Values under a header, parted by commas, or by semicolons or tabs where the header is.
    Csv,
    /// Values under a header, parted by tabs whatever is in it.
    Tsv,
    /// Apache Parquet.
    Parquet,
}

impl TableFormat {
    /// The format that a file's name says, without the ending of a compression; `None` where its ending is
    /// none of `.jsonl`, `.ndjson`, `.csv`, `.tsv` and `.parquet`. (What is in a `.json` file, its beginning
    /// tells.)
    pub fn of(path: &Path) -> Option<Self> {
        match ending_of(path).as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// The format of a stream without a name: Parquet by its first four bytes, JSON where it begins with a
    /// bracket, JSONL where it begins with a brace (JSON where that is alone on its line), CSV where its first
    /// line has the `required` columns, else lines.
    pub fn sniff(beginning: &[u8], required: &[&str]) -> Self {
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let first_line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let delimiter = delimiter(text);
        let has_column = |column: &&str| {
            first_line
                .split(|&byte| byte == delimiter)
                .any(|cell| unquoted(cell) == column.as_bytes())
        };
        // Prose may begin with a bracket: "[Applause]".
        let marks = text.trim_ascii_start();
        let second = marks.get(1..).unwrap_or_default().trim_ascii_start().first();
        match (marks.first(), second) {
            _ if beginning.starts_with(b"PAR1") => Self::Parquet,
            (Some(b'['), Some(b'{' | b'[' | b']' | b'"')) => Self::Json,
            (Some(b'{'), Some(b'"' | b'}')) => Self::of_objects(text),
            _ if required.iter().all(has_column) => Self::Csv,
            _ => Self::Lines,
        }
    }

    /// Whether objects stand one a line, as far as the beginning of a stream tells.
    fn of_objects(beginning: &[u8]) -> Self {
        let mut lines = beginning.trim_ascii_start().split(|&byte| byte == b'\n');
        let first = lines.next().unwrap_or_default().trim_ascii_end();
        let next = lines.find_map(|line| line.trim_ascii_start().first());
        // A line of its own begins with a brace; one that goes on with the last, hardly ever. What is all one line
        // may be an object that wraps others.
        match next {
            Some(b'{') if first != b"{" => Self::Jsonl,
            _ => Self::Json,
        }
    }
}

/// A cell of a header without blanks and quotation marks around it.
fn unquoted(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    let inner = cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\""));
    inner.unwrap_or(cell)
}

/// What parts the columns of a CSV file: whichever of comma, semicolon (spreadsheets of half of Europe)
/// and tab its header has most of.
pub(super) fn delimiter(beginning: &[u8]) -> u8 {
    let mut lines = beginning.split(|&byte| byte == b'\n');
    let header = lines
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    let count = |delimiter: u8| header.iter().filter(|&&byte| byte == delimiter).count();
    [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(|&delimiter| count(delimiter))
        .unwrap_or(b',')
}

/// Why a file is no table, by its first bytes.
pub(super) fn not_a_table(beginning: &[u8]) -> Option<&'static str> {
    match beginning {
        [b'P', b'K', 3, 4, ..] => {
            Some("is an Excel workbook or a zip archive; save the table as CSV (UTF-8)")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("is UTF-16; save it as UTF-8"),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => {
            Some("is an Arrow file, which is not read; write Parquet instead")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_tell_their_format_by_their_beginning() {
        let sniff = |beginning: &[u8]| TableFormat::sniff(beginning, &["text"]);
        assert_eq!(sniff(b" {\"text\": 1}"), TableFormat::Json);
        assert_eq!(sniff(b"{\"text\": 1}\n\n{\"text\": 2}"), TableFormat::Jsonl);
        assert_eq!(sniff(b"{\n  \"text\": 1\n}"), TableFormat::Json);
        assert_eq!(sniff(b"{\"text\": 1,\n  \"id\": 1}"), TableFormat::Json);
        assert_eq!(sniff(b"[{\"text\": 1}]"), TableFormat::Json);
        assert_eq!(sniff(b"[Applause] They met."), TableFormat::Lines);
        assert_eq!(sniff(b"\"id\",\"text\"\n1,x"), TableFormat::Csv);
        assert_eq!(sniff(b"id,text\r\n1,x"), TableFormat::Csv);
        assert_eq!(sniff(b"PAR1\x15\x04"), TableFormat::Parquet);
        assert_eq!(sniff(b"id;text;label\n"), TableFormat::Csv);
        assert_eq!(sniff(b"The text, said the envoy, is lost."), TableFormat::Lines);
    }

    #[test]
    fn the_header_tells_what_parts_columns() {
        assert_eq!(delimiter(b"id,text\n1;2;3;4"), b',');
        assert_eq!(delimiter(b"id;text;label\n1,5;b"), b';');
        assert_eq!(delimiter(b"id\ttext\n"), b'\t');
        assert_eq!(delimiter(b"text\n"), b',');
    }

    #[test]
    fn workbooks_and_utf_16_are_told_from_tables() {
        assert!(not_a_table(b"PK\x03\x04...").unwrap().contains("Excel"));
        assert!(not_a_table(b"\xff\xfei\0d\0").unwrap().contains("UTF-16"));
        assert!(not_a_table(b"id,text").is_none());
    }
}
