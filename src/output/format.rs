//! The formats that results are written in.

use std::path::Path;
use std::str::FromStr;

/// A format for results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values under a header.
    Csv,
    /// For people to read.
    Terminal,
}

/// A format or a file ending that is none of those known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFormat {
    #[error("unknown format `{0}`: expected jsonl, csv or table")]
    Name(String),
    #[error("{0}: the ending says no known format; use .jsonl, .csv or .txt, or give --format")]
    Ending(String),
}

impl FromStr for OutputFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "jsonl" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "table" => Ok(Self::Terminal),
            _ => Err(UnknownFormat::Name(name.to_owned())),
        }
    }
}

impl OutputFormat {
    /// The format that a file's ending says.
    ///
    /// # Errors
    /// [`UnknownFormat::Ending`].
    pub fn of(path: &Path) -> Result<Self, UnknownFormat> {
        let ending = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        match ending.as_str() {
            "jsonl" | "ndjson" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "txt" => Ok(Self::Terminal),
            _ => Err(UnknownFormat::Ending(path.display().to_string())),
        }
    }
}
