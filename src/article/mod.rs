//! Articles: where they come from, and how each format becomes text.

mod decode;
mod inputs;
mod plain_text;

use std::io::Read;

pub use decode::Encoding;
pub use inputs::{find_inputs, Input, InputError};
pub use plain_text::PlainText;

/// One article as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// The path it was read from, or the id that its file gave.
    pub id: String,
    pub title: Option<String>,
    pub date: Option<String>,
    pub outlet: Option<String>,
    /// The whole text, title included, exactly as decoded: every offset counts from here.
    pub text: String,
    /// Where the body begins in `text`, in bytes: after the title, if the text opens with one.
    pub body_start: usize,
    /// What the bytes were decoded from.
    pub encoding: Encoding,
}

/// Why an article cannot be read; the others are not affected.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{id}: cannot be read: {source}")]
    Io { id: String, source: std::io::Error },
    #[error("{id}: is empty")]
    Empty { id: String },
    #[error("{id}: is not text (a NUL byte at byte {at}); Demarche reads plain text")]
    Binary { id: String, at: usize },
    #[error("{id}: a .{ending} file is not read as an article yet; {hint}")]
    OtherFormat {
        id: String,
        ending: String,
        hint: &'static str,
    },
    #[error("{id}: is larger than {limit} bytes, the most one article may have; raise --max-article-bytes if it really is one")]
    TooLarge { id: String, limit: u64 },
}

/// A file format that articles come in.
///
/// A reader takes a stream and gives articles one after another, so that a file of a million
/// articles is never held whole.
pub trait ArticleFormat: Sync {
    /// The file name endings that say this format, without the dot.
    fn endings(&self) -> &'static [&'static str];

    /// The articles of one file; `id` names it in the articles and in errors.
    fn read<'a>(
        &self,
        input: Box<dyn Read + 'a>,
        id: &str,
        max_article_bytes: u64,
    ) -> Box<dyn Iterator<Item = Result<Article, ReadError>> + 'a>;
}

/// Every format that Demarche reads.
pub const FORMATS: [&dyn ArticleFormat; 1] = [&PlainText];

/// Opens one input and reads its articles.
pub fn read_articles(
    input: &Input,
    max_article_bytes: u64,
) -> Box<dyn Iterator<Item = Result<Article, ReadError>>> {
    if let Some(error) = refuse_other_format(input) {
        return Box::new(std::iter::once(Err(error)));
    }
    // A file of an ending that says nothing ("notes", "story.2024") is taken for plain text.
    let format = FORMATS
        .into_iter()
        .find(|format| format.endings().contains(&input.ending().as_str()))
        .unwrap_or(&PlainText);
    let id = input.id();
    match input.open() {
        Ok(stream) => format.read(stream, &id, max_article_bytes),
        Err(source) => Box::new(std::iter::once(Err(ReadError::Io { id, source }))),
    }
}

/// Endings of files whose text is not an article's as it stands.
const OTHER_ENDINGS: [&str; 18] = [
    "jsonl", "ndjson", "json", "csv", "tsv", "parquet", "html", "htm", "xml", "pdf", "doc", "docx", "rtf",
    "odt", "warc", "gz", "zst", "zip",
];

fn refuse_other_format(input: &Input) -> Option<ReadError> {
    let ending = input.ending();
    let is_list = matches!(ending.as_str(), "jsonl" | "ndjson" | "csv");
    OTHER_ENDINGS
        .contains(&ending.as_str())
        .then(|| ReadError::OtherFormat {
            id: input.id(),
            hint: if is_list {
                "give --statements if it lists statements"
            } else {
                "convert it to plain text"
            },
            ending,
        })
}
