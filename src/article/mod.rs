//! Articles: where they come from, and how each format becomes text.
//!
//! An [input](crate::input) is opened by the [`reader`], which takes off its compression, looks into
//! [archives](archive) and tells its [format]. [Documents](documents) are read whole, one after another; web archives
//! and tables as streams. A row of a table becomes an article by the names of its [fields].

mod archive;
mod decode;
mod documents;
mod fields;
mod format;
mod reader;
mod rejected;
mod warc;

use std::ops::ControlFlow;
use std::sync::atomic::AtomicU64;

pub use decode::Encoding;
pub use fields::FieldNames;
pub use format::{ArticleFormat, UnknownArticleFormat};
pub use reader::{read_from, read_input, InputRead, ReadOptions};
pub use rejected::{Reason, Rejected};

use crate::input::Input;
use crate::table::{RejectedRow, Row};

/// One article as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// The path it was read from, or the id that its file gave.
    pub id: String,
    pub title: Option<String>,
    pub date: Option<String>,
    pub outlet: Option<String>,
    /// The whole text: of plain text exactly as decoded, title included; of other formats without marks and
    /// furniture, paragraphs parted by a blank line. Every offset counts from here.
    pub text: String,
    /// Where the body begins in `text`, in bytes: after the title, if the text opens with one.
    pub body_start: usize,
    /// What the bytes were decoded from.
    pub encoding: Encoding,
}

impl Article {
    /// An article of plain text; its first line is the title where it looks like one.
    ///
    /// ```
    /// let article = demarche::Article::from_text("a", "Envoys meet\n\nThey met in Accra.");
    /// assert_eq!(article.title.as_deref(), Some("Envoys meet"));
    /// ```
    pub fn from_text(id: &str, text: &str) -> Self {
        documents::plain_text::article(id, text.to_owned(), Encoding::Utf8)
    }
}

/// What an input holds.
#[derive(Clone, Debug)]
pub enum Item {
    Document(Article),
    /// A row of the table `place`: an article, or a statement, as whoever reads it knows.
    Row {
        place: String,
        row: Row,
    },
}

impl Item {
    /// The article, where a row is one.
    ///
    /// # Errors
    /// The row rejected, where it has no text.
    pub fn into_article(self, fields: &FieldNames) -> Result<Article, Rejected> {
        match self {
            Item::Document(article) => Ok(article),
            Item::Row { place, row } => fields
                .article(&place, &row)
                .map_err(|row: RejectedRow| Rejected::row(&place, row)),
        }
    }
}

/// What receives the items of an input, usable and rejected, in order, until it has seen enough.
pub type ItemSink<'a> = &'a mut dyn FnMut(Result<Item, Rejected>) -> ControlFlow<()>;

/// The one article of a file.
///
/// # Errors
/// Where there is none.
pub fn read_article(input: &Input, options: &ReadOptions) -> Result<Article, Rejected> {
    let mut first = None;
    read_input(input, options, &AtomicU64::new(0), &mut |item| {
        first = Some(item.and_then(|item| item.into_article(&options.fields)));
        ControlFlow::Break(())
    });
    first.unwrap_or_else(|| Err(Rejected::whole(&input.id(), Reason::Empty)))
}
