//! The formats that results are written in.

use std::path::Path;
use std::str::FromStr;

/// A format for results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values under a header.
    Csv,
    /// Tab-separated values under a header.
    Tsv,
    /// Apache Parquet.
    Parquet,
    /// An Arrow IPC file (Feather, version 2).
    Arrow,
    /// For people to read.
    Terminal,
}

/// A format or a file ending that is none of those known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFormat {
    #[error("unknown format `{0}`: expected jsonl, csv, tsv, parquet, arrow or table")]
    Name(String),
    #[error("{0}: the ending says no known format; use .jsonl, .csv, .tsv, .parquet, .arrow or .txt, or give --format")]
    Ending(String),
}

impl FromStr for OutputFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "jsonl" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "tsv" => Ok(Self::Tsv),
            "parquet" => Ok(Self::Parquet),
            "arrow" => Ok(Self::Arrow),
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
            "tsv" => Ok(Self::Tsv),
            "parquet" => Ok(Self::Parquet),
            "arrow" | "feather" => Ok(Self::Arrow),
            "txt" => Ok(Self::Terminal),
            _ => Err(UnknownFormat::Ending(path.display().to_string())),
        }
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Terminal => "txt",
        }
    }

    /// What parts the values of a row, where the format has rows of text.
    pub fn delimiter(self) -> Option<u8> {
        match self {
            Self::Csv => Some(b','),
            Self::Tsv => Some(b'\t'),
            _ => None,
        }
    }
}
