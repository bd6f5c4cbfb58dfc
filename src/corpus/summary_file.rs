//! Counts per article, as a file beside the records.

use std::path::Path;

use serde_json::{json, Map, Value};

use super::stage::DoneArticle;
use crate::output::{into_io, Destination, GrowingFile, OutputError, OutputFormat};
use crate::stance::Stance;
use crate::table::text_of;

/// The columns of a row.
const COLUMNS: [&str; 12] = [
    "article",
    "title",
    "date",
    "outlet",
    "duplicate_of",
    "statements",
    "pro_intervention",
    "anti_intervention",
    "cooperative",
    "none",
    "abstained",
    "truncated",
];

/// Writes one row for each article, as JSONL, CSV or TSV.
pub(super) struct SummaryFile {
    file: GrowingFile,
    format: OutputFormat,
}

impl SummaryFile {
    /// The format of a summary, by its ending; `None` where that is none a summary has.
    pub(super) fn format_of(path: &Path) -> Option<OutputFormat> {
        let format = OutputFormat::of(path).ok()?;
        let is_rows = matches!(
            format,
            OutputFormat::Csv | OutputFormat::Tsv | OutputFormat::Jsonl
        );
        is_rows.then_some(format)
    }

    /// Begins the file, or goes on with it after `length` bytes.
    pub(super) fn open(path: &Path, length: u64) -> Result<Self, OutputError> {
        let format = Self::format_of(path).unwrap_or(OutputFormat::Jsonl);
        let mut summary = Self {
            file: GrowingFile::open(path, format.ending(), length)?,
            format,
        };
        if length == 0 && format != OutputFormat::Jsonl {
            summary.row(COLUMNS.map(str::to_owned))?;
        }
        Ok(summary)
    }

    pub(super) fn write(&mut self, article: &DoneArticle) -> Result<(), OutputError> {
        let count = |stance: Option<Stance>| {
            let of_it = article.records.iter().filter(|record| record.stance == stance);
            of_it.count()
        };
        let truncated = article
            .records
            .iter()
            .filter(|record| record.prediction.truncated);
        let source = &article.source;
        let values = [
            json!(source.article),
            json!(source.title),
            json!(source.date),
            json!(source.outlet),
            json!(source.duplicate_of),
            json!(article.records.len()),
            json!(count(Some(Stance::ProIntervention))),
            json!(count(Some(Stance::AntiIntervention))),
            json!(count(Some(Stance::Cooperative))),
            json!(count(Some(Stance::None))),
            json!(count(None)),
            json!(truncated.count()),
        ];
        match self.format {
            OutputFormat::Jsonl => {
                let row: Map<String, Value> = COLUMNS.map(str::to_owned).into_iter().zip(values).collect();
                serde_json::to_writer(&mut self.file, &row).map_err(std::io::Error::from)?;
                Ok(std::io::Write::write_all(&mut self.file, b"\n")?)
            }
            _ => self.row(values.map(|value| text_of(&value).unwrap_or_default())),
        }
    }

    fn row(&mut self, cells: [String; COLUMNS.len()]) -> Result<(), OutputError> {
        let delimiter = self.format.delimiter().unwrap_or(b',');
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .from_writer(&mut self.file);
        writer.write_record(cells).map_err(into_io)?;
        Ok(writer.flush()?)
    }

    pub(super) fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.file.checkpoint()
    }

    pub(super) fn discard(self) -> Result<(), OutputError> {
        self.file.discard()
    }

    pub(super) fn commit(self) -> Result<(), OutputError> {
        self.file.commit()
    }
}
