//! Documents: files of text that hold one article, or many in order.

mod docx;
pub(super) mod html;
mod markdown;
mod nexis;
pub(super) mod plain_text;
mod tags;

use std::io::Read;

use super::{Article, ArticleFormat, Reason};

/// The articles of a document of any format but WARC and tables.
///
/// # Errors
/// Why it is none; it is then rejected as a whole.
pub(super) fn read(
    format: ArticleFormat,
    input: &mut dyn Read,
    id: &str,
    max_article_bytes: u64,
) -> Result<Vec<Article>, Reason> {
    let bytes = read_whole(input, max_article_bytes)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Reason::Empty);
    }
    match format {
        ArticleFormat::Html => Ok(vec![html::read(&bytes, id, None)?]),
        ArticleFormat::Markdown => Ok(vec![markdown::read(bytes, id)?]),
        ArticleFormat::Docx => docx::read(&bytes, id, max_article_bytes),
        _ => Ok(vec![plain_text::read(bytes, id)?]),
    }
}

/// All bytes of a stream, which may not be more than `limit`.
fn read_whole(input: &mut dyn Read, limit: u64) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    input.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(Reason::TooLarge { limit }),
        false => Ok(bytes),
    }
}

/// Text as paragraphs, each on one line and parted from the next by a blank one.
#[derive(Default)]
struct Paragraphs {
    text: String,
    paragraph: String,
}

impl Paragraphs {
    /// Adds text to the paragraph; runs of blanks count as one.
    fn push(&mut self, text: &str) {
        for character in text.chars() {
            if !character.is_whitespace() {
                self.paragraph.push(character);
            } else if !self.paragraph.is_empty() && !self.paragraph.ends_with(' ') {
                self.paragraph.push(' ');
            }
        }
    }

    /// Ends the paragraph.
    fn end(&mut self) {
        let paragraph = self.paragraph.trim_end();
        if !paragraph.is_empty() {
            if !self.text.is_empty() {
                self.text.push_str("\n\n");
            }
            self.text.push_str(paragraph);
        }
        self.paragraph.clear();
    }

    fn finish(mut self) -> String {
        self.end();
        self.text
    }
}
