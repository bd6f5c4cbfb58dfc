//! Annotated articles: what a reader found in them, sentence by sentence.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fixture::label_of;
use crate::article::{read_article, Article, ReadOptions, Rejected};
use crate::attribution::Quote;
use crate::input::Input;
use crate::stance::Stance;
use crate::table::{self, first_reason, text_of, RejectedRow, Row, TableError};

/// The most bytes that an annotated article may have.
const MOST_BYTES: u64 = 64 << 20;

/// An article and its annotation.
#[derive(Clone, Debug)]
pub struct AnnotatedArticle {
    pub article: Article,
    /// In the order of the text.
    pub sentences: Vec<AnnotatedSentence>,
    /// Lines of the annotation that could not be used, with the reason.
    pub rejected: Vec<RejectedRow>,
}

/// A sentence as annotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotatedSentence {
    /// Its place in the article's text, in Unicode characters, end exclusive.
    pub start: usize,
    pub end: usize,
    pub text: String,
    pub stance: Stance,
    pub quote: Quote,
    /// Who holds it, by every name that is right; empty for nobody.
    pub holders: Vec<String>,
}

/// Why annotated articles cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnnotatedError {
    #[error("{folder}: cannot be read: {source}")]
    Folder { folder: String, source: std::io::Error },
    #[error(
        "{folder}: has no annotated articles: an article is NAME.txt, its annotation NAME.jsonl beside it"
    )]
    Nothing { folder: String },
    #[error(transparent)]
    Article(#[from] Rejected),
    #[error(transparent)]
    Annotation(#[from] TableError),
    #[error("{path}: no line could be used{}", first_reason(.first))]
    NothingUsable {
        path: String,
        first: Option<RejectedRow>,
    },
}

/// The annotations in a folder, by name: each `NAME.jsonl` that has a `NAME.txt` beside it.
///
/// # Errors
/// A folder that cannot be read, or has none.
pub fn annotations_in(folder: &Path) -> Result<Vec<PathBuf>, AnnotatedError> {
    let name = folder.display().to_string();
    let unreadable = |source| AnnotatedError::Folder {
        folder: name.clone(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "jsonl") && path.with_extension("txt").is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(AnnotatedError::Nothing { folder: name });
    }
    found.sort();
    Ok(found)
}

impl AnnotatedArticle {
    /// Reads `NAME.jsonl`, one object for each sentence in order, and the article `NAME.txt` beside it.
    ///
    /// `text` slices the article exactly; `label`, `quote` and `holder` (null for nobody) say what it is;
    /// `aliases` on any line lists further names of that line's holder, right wherever the holder is.
    ///
    /// # Errors
    /// A file that cannot be read, or an annotation without a usable line.
    pub fn read(annotation: &Path) -> Result<Self, AnnotatedError> {
        let input = Input::File(annotation.with_extension("txt"));
        let options = ReadOptions {
            max_article_bytes: MOST_BYTES,
            ..ReadOptions::default()
        };
        let article = read_article(&input, &options)?;
        let mut reading = Reading {
            text: &article.text,
            byte: 0,
            character: 0,
            sentences: Vec::new(),
            aliases: Vec::new(),
        };
        let mut rejected = Vec::new();
        table::read_file(annotation, &["text", "label"], &mut |row| {
            if let Err(row) = row.and_then(|row| reading.push(&row).map_err(|reason| row.rejected(reason))) {
                rejected.push(row);
            }
        })?;
        let mut sentences = reading.sentences;
        if sentences.is_empty() {
            return Err(AnnotatedError::NothingUsable {
                path: annotation.display().to_string(),
                first: rejected.into_iter().next(),
            });
        }
        for sentence in &mut sentences {
            let Some(holder) = sentence.holders.first().cloned() else {
                continue;
            };
            let others = reading.aliases.iter().filter(|(of, _)| *of == holder);
            sentence.holders.extend(others.map(|(_, alias)| alias.clone()));
        }
        Ok(Self {
            article,
            sentences,
            rejected,
        })
    }
}

struct Reading<'a> {
    text: &'a str,
    /// How far the text has been read, in bytes and in characters.
    byte: usize,
    character: usize,
    sentences: Vec<AnnotatedSentence>,
    /// Holders and other names of theirs.
    aliases: Vec<(String, String)>,
}

impl Reading<'_> {
    fn push(&mut self, row: &Row) -> Result<(), String> {
        let text = row.text("text").ok_or("no field `text`")?;
        let stance = label_of(row, "label")?.ok_or("has no label")?;
        let quote = row.text("quote").ok_or("no field `quote`")?;
        let quote = Quote::ALL
            .into_iter()
            .find(|known| known.name() == quote)
            .ok_or_else(|| {
                format!("unknown quote `{quote}`; one of direct, indirect, mixed, none is expected")
            })?;
        let holder = row.text("holder").filter(|holder| !holder.trim().is_empty());
        let found = self.text[self.byte..]
            .find(&text)
            .ok_or("its text does not stand in the article, after the sentence before it")?;
        let start_byte = self.byte + found;
        let start = self.character + self.text[self.byte..start_byte].chars().count();
        let end = start + text.chars().count();
        (self.byte, self.character) = (start_byte + text.len(), end);
        if let (Some(holder), Some(Value::Array(aliases))) = (&holder, row.fields.get("aliases")) {
            let aliases = aliases.iter().filter_map(text_of);
            self.aliases.extend(aliases.map(|alias| (holder.clone(), alias)));
        }
        self.sentences.push(AnnotatedSentence {
            start,
            end,
            text,
            stance,
            quote,
            holders: holder.into_iter().collect(),
        });
        Ok(())
    }
}
