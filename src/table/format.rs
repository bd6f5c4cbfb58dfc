//! The formats of tables, and how a file tells its own.

use std::path::Path;

/// What a table is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// One statement a line: rows with the field `text` alone.
    Lines,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values under a header.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl TableFormat {
    /// The format that a file's name says; `None` where its ending is none of `.jsonl`, `.ndjson`,
    /// `.csv` and `.parquet`.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        match ending.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// The format of a stream without a name: Parquet by its first four bytes, JSONL where it begins
    /// with a brace, CSV where its first line has the `required` columns, else lines.
    pub fn sniff(beginning: &[u8], required: &[&str]) -> Self {
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let first_line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let has_column = |column: &&str| {
            first_line
                .split(|&byte| byte == b',')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_tell_their_format_by_their_beginning() {
        let sniff = |beginning: &[u8]| TableFormat::sniff(beginning, &["text"]);
        assert_eq!(sniff(b" {\"text\": 1}"), TableFormat::Jsonl);
        assert_eq!(sniff(b"id,text\r\n1,x"), TableFormat::Csv);
        assert_eq!(sniff(b"PAR1\x15\x04"), TableFormat::Parquet);
        assert_eq!(sniff(b"The text, said the envoy, is lost."), TableFormat::Lines);
    }
}
