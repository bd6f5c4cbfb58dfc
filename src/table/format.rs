//! The formats of tables, and how a file tells its own.

use std::path::Path;

/// What a table is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// One statement a line: rows with the field `text` alone.
    Lines,
    /// One JSON object a line.
    Jsonl,
    /// Values under a header, parted by commas, or by semicolons or tabs where the header is.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl TableFormat {
    /// The format that a file's name says; `None` where its ending is none of `.jsonl`, `.ndjson`,
    /// `.csv`, `.tsv` and `.parquet`.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        match ending.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" | "tsv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// The format of a stream without a name: Parquet by its first four bytes, JSONL where it begins
    /// with a brace, CSV where its first line has the `required` columns, else lines.
    pub fn sniff(beginning: &[u8], required: &[&str]) -> Self {
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let first_line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let delimiter = delimiter(text);
        let has_column = |column: &&str| {
            first_line
                .split(|&byte| byte == delimiter)
                .any(|cell| cell.trim_ascii() == column.as_bytes())
        };
        match text.trim_ascii_start().first() {
            _ if beginning.starts_with(b"PAR1") => Self::Parquet,
            Some(b'{') => Self::Jsonl,
            _ if required.iter().all(has_column) => Self::Csv,
            _ => Self::Lines,
        }
    }
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
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("is UTF-16; save it as CSV (UTF-8)"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_tell_their_format_by_their_beginning() {
        let sniff = |beginning: &[u8]| TableFormat::sniff(beginning, &["text"]);
        assert_eq!(sniff(b" {\"text\": 1}"), TableFormat::Jsonl);
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
