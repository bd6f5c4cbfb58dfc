//! Why a record or a file gives no article; the others are not affected.

use crate::input::InputError;
use crate::table::{RejectedRow, TableError};

/// Something that cannot be read as an article or as a statement.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {}{reason}", line_of(.number))]
pub struct Rejected {
    /// The file, or the part of an archive, that it stands in.
    pub place: String,
    /// The line or record in it, from 1; `None` where all of it is rejected.
    pub number: Option<u64>,
    pub reason: Reason,
    /// What stood there, or its beginning; empty where it is not at hand.
    pub record: String,
}

fn line_of(number: &Option<u64>) -> String {
    number
        .map(|number| format!("line {number}: "))
        .unwrap_or_default()
}

/// Why it is rejected.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("is empty")]
    Empty,
    #[error(
        "is not text (a NUL byte at byte {at}); give --input-format if it is a format that Demarche reads"
    )]
    Binary { at: usize },
    #[error("a .{ending} file is not read; {hint}")]
    OtherFormat { ending: String, hint: &'static str },
    #[error("is larger than {limit} bytes, the most one article may have; raise --max-article-bytes if it really is one")]
    TooLarge { limit: u64 },
    #[error("no article was found in the page")]
    NoArticle,
    #[error("holds no articles")]
    NothingInIt,
    #[error("is no {format} that can be read: {reason}")]
    Damaged { format: &'static str, reason: String },
    #[error("lies in an archive within an archive within an archive; unpack it first")]
    NestedArchive,
    #[error("is a link in the archive, not a file")]
    Link,
    #[error("{0}")]
    Row(String),
    #[error("{0}")]
    Table(String),
    #[error("{0}")]
    Input(String),
}

impl Rejected {
    /// A whole file, or part of an archive.
    pub fn whole(place: &str, reason: Reason) -> Self {
        Self {
            place: place.to_owned(),
            number: None,
            reason,
            record: String::new(),
        }
    }

    /// One row of a table.
    pub fn row(place: &str, row: RejectedRow) -> Self {
        Self {
            place: place.to_owned(),
            number: Some(row.number),
            reason: Reason::Row(row.reason),
            record: row.record,
        }
    }

    /// A table that cannot be read, or only in part.
    pub fn table(place: &str, error: TableError) -> Self {
        Self::whole(place, Reason::Table(error.reason()))
    }

    /// True for what [`Rejected::input`] made.
    pub fn is_of_the_command_line(&self) -> bool {
        matches!(self.reason, Reason::Input(_))
    }

    /// Something that the user named.
    pub fn input(error: &InputError) -> Self {
        Self::whole(error.argument(), Reason::Input(error.reason()))
    }
}
