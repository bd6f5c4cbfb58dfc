//! How a sample was drawn: the record that `demarche sample` writes beside a coding sheet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The field of a coding sheet that names its record, a file in the same folder.
pub const RECORD_FIELD: &str = "sample_record";

/// A sample's design: enough to draw it again, and to weigh its statements.
///
/// It is kept apart from the sheet: strata and probabilities would show a coder what the model said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleRecord {
    /// The version that drew it.
    pub demarche: String,
    /// The file that it was drawn from.
    pub predictions: String,
    pub predictions_sha256: String,
    pub seed: u64,
    pub size: usize,
    pub stratified_by: Option<String>,
    pub allocation: Option<String>,
    pub strata: Vec<Stratum>,
    /// The stratum of each statement, by its id: its place in `strata`.
    pub statements: BTreeMap<String, usize>,
}

/// A part of the corpus that was drawn from by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// The value of the field that the corpus was stratified by; null where nothing was, or where
    /// statements have none.
    pub value: Option<String>,
    /// How many statements the corpus has in it.
    pub statements: usize,
    /// How many of them were drawn.
    pub drawn: usize,
}

/// Why a record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error(
        "{sheet}: says that {record} tells how it was drawn, but that cannot be read beside it: {source}"
    )]
    Unreadable {
        sheet: String,
        record: String,
        source: std::io::Error,
    },
    #[error("{record}: was changed: statements are in strata that nothing was drawn from")]
    Impossible { record: String },
    #[error("{record}: is no record of a sample: {source}")]
    Malformed {
        record: String,
        source: serde_json::Error,
    },
}

impl Stratum {
    /// The probability with which each of its statements was drawn.
    pub fn probability(&self) -> f64 {
        self.drawn as f64 / self.statements as f64
    }
}

impl SampleRecord {
    /// Where the record of a coding sheet is written: `sample.csv` → `sample.csv.record.json`.
    pub fn path_for(sheet: &Path) -> PathBuf {
        let mut name = sheet.as_os_str().to_owned();
        name.push(".record.json");
        name.into()
    }

    /// Reads the record `name` that lies beside `sheet`, and says where that is.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn beside(sheet: &Path, name: &str) -> Result<(PathBuf, Self), RecordError> {
        // The name alone: a sheet has no say in which folders are read.
        let file_name = Path::new(name).file_name().unwrap_or_default();
        let path = sheet.with_file_name(file_name);
        let bytes = std::fs::read(&path).map_err(|source| RecordError::Unreadable {
            sheet: sheet.display().to_string(),
            record: name.to_owned(),
            source,
        })?;
        let record: Self = serde_json::from_slice(&bytes).map_err(|source| RecordError::Malformed {
            record: path.display().to_string(),
            source,
        })?;
        let is_possible = |stratum: &Stratum| stratum.drawn > 0 && stratum.drawn <= stratum.statements;
        let mut numbers = record.statements.values();
        if !numbers.all(|&number| record.strata.get(number).is_some_and(is_possible)) {
            return Err(RecordError::Impossible {
                record: path.display().to_string(),
            });
        }
        Ok((path, record))
    }

    /// The stratum of a statement of the sample.
    pub fn stratum_of(&self, id: &str) -> Option<(usize, &Stratum)> {
        let number = *self.statements.get(id)?;
        Some((number, self.strata.get(number)?))
    }
}
