//! The formats of articles, and how a file tells its own.

use std::path::Path;
use std::str::FromStr;

use crate::input::ending_of;
use crate::table::TableFormat;

/// What articles are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArticleFormat {
    /// One article a file.
    Text,
    Markdown,
    Html,
    /// A Word document: one article, or the many of a Nexis export.
    Docx,
    /// Web ARChive (ISO 28500): the HTML pages in it, as Common Crawl News has them.
    Warc,
    /// An article a row.
    Table(TableFormat),
}

/// A name that stands for no format of articles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`: expected {names}", names = ArticleFormat::names())]
pub struct UnknownArticleFormat(String);

impl ArticleFormat {
    const NAMED: [(&'static str, Self); 10] = [
        ("text", Self::Text),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
        ("jsonl", Self::Table(TableFormat::Jsonl)),
        ("json", Self::Table(TableFormat::Json)),
        ("csv", Self::Table(TableFormat::Csv)),
        ("tsv", Self::Table(TableFormat::Tsv)),
        ("parquet", Self::Table(TableFormat::Parquet)),
        ("docx", Self::Docx),
        ("warc", Self::Warc),
    ];

    /// The endings of files that are taken from folders and archives, those of a compression aside.
    pub const ENDINGS: [&'static str; 17] = [
        "txt", "text", "md", "markdown", "html", "htm", "xhtml", "jsonl", "ndjson", "json", "csv", "tsv",
        "parquet", "docx", "warc", "zip", "tar",
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        let named = Self::NAMED.iter().find(|(_, format)| *format == self);
        named.map_or("text", |(name, _)| name)
    }

    fn names() -> String {
        Self::NAMED.map(|(name, _)| name).join(", ")
    }

    /// What the name of a file says of its format, a compression aside; `None` where that is nothing, or only
    /// its beginning can tell (`.json`).
    pub fn of_name(name: &str) -> Option<Self> {
        let path = Path::new(name);
        Some(match ending_of(path).as_str() {
            "txt" | "text" => Self::Text,
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "docx" => Self::Docx,
            "warc" => Self::Warc,
            _ => Self::Table(TableFormat::of(path)?),
        })
    }

    /// What the beginning of a file without a telling name says: WARC, HTML, JSON, Parquet, CSV (a header with one
    /// of the `columns`), else text.
    pub fn sniff(beginning: &[u8], columns: &[&str]) -> Self {
        let start = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let lower = start.trim_ascii_start()[..].to_ascii_lowercase();
        if start.starts_with(b"WARC/1.") {
            return Self::Warc;
        }
        if [&b"<!doctype html"[..], b"<html", b"<head", b"<body", b"<!--"]
            .iter()
            .any(|opening| lower.starts_with(opening))
        {
            return Self::Html;
        }
        let is_table = |format: &TableFormat| !matches!(format, TableFormat::Lines | TableFormat::Csv);
        let sniffed = TableFormat::sniff(start, &[]);
        if is_table(&sniffed) {
            return Self::Table(sniffed);
        }
        let has_header = columns
            .iter()
            .any(|column| TableFormat::sniff(&lower, &[column]) == TableFormat::Csv);
        // A one-word line "text" is a column of a table; "Body, soul and Geneva" is a title.
        match has_header {
            true => Self::Table(TableFormat::Csv),
            false => Self::Text,
        }
    }
}

impl FromStr for ArticleFormat {
    type Err = UnknownArticleFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::NAMED
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, format)| format)
            .ok_or_else(|| UnknownArticleFormat(name.to_owned()))
    }
}

/// Endings of files whose text is not an article's as it stands, and what to do with them.
pub(super) fn other_format(name: &str) -> Option<(String, &'static str)> {
    let ending = ending_of(Path::new(name));
    let hint = match ending.as_str() {
        "doc" | "rtf" | "odt" => "save it as .docx or plain text",
        "pdf" => "convert it to plain text, with pdftotext for example",
        "xls" | "xlsx" => "save the table as CSV (UTF-8)",
        "xml" => "convert it to JSONL or plain text",
        "bz2" | "xz" | "7z" | "rar" | "lz4" => "unpack it, or compress it with gzip or zstd",
        _ => return None,
    };
    Some((ending, hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats_whatever_compresses_them() {
        let of = |name: &str| ArticleFormat::of_name(name);
        assert_eq!(of("a/b.HTM"), Some(ArticleFormat::Html));
        assert_eq!(of("cc.warc.gz"), Some(ArticleFormat::Warc));
        assert_eq!(of("a.jsonl.zst"), Some(ArticleFormat::Table(TableFormat::Jsonl)));
        assert_eq!(of("story.2024"), None);
        assert_eq!(of("a.json"), None);
        assert!("warc".parse::<ArticleFormat>().is_ok());
        assert!("pdf"
            .parse::<ArticleFormat>()
            .unwrap_err()
            .to_string()
            .contains("docx"));
    }

    #[test]
    fn beginnings_tell_formats() {
        let sniff = |text: &str| ArticleFormat::sniff(text.as_bytes(), &["text", "body"]);
        assert_eq!(sniff("\u{feff} <!DOCTYPE HTML><p>"), ArticleFormat::Html);
        assert_eq!(sniff("WARC/1.0\r\n"), ArticleFormat::Warc);
        assert_eq!(sniff("[{}]"), ArticleFormat::Table(TableFormat::Json));
        let lines = "{\"a\": 1}\n{\"a\": 2}\n";
        assert_eq!(sniff(lines), ArticleFormat::Table(TableFormat::Jsonl));
        assert_eq!(sniff("id,Body\n1,x"), ArticleFormat::Table(TableFormat::Csv));
        assert_eq!(sniff("Envoys meet, again\n\nThey met."), ArticleFormat::Text);
    }
}
