//! Predictions made before, read from a file and joined with labelled statements by their ids.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::fixture::label_of;
use super::{Guess, LabelledStatement};
use crate::stance::{Probabilities, Stance};
use crate::table::{self, first_reason, RejectedRow, Row, TableError};

/// The predictions of one file.
#[derive(Clone, Debug)]
pub struct Predictions {
    pub path: PathBuf,
    by_key: HashMap<String, Predicted>,
    /// Rows that could not be used, with the reason.
    pub rejected: Vec<RejectedRow>,
    /// Rows without a stance: the model abstained.
    pub abstained: usize,
    /// How many rows were not UTF-8 and were read as Windows-1252.
    pub windows_1252: usize,
}

#[derive(Clone, Debug)]
struct Predicted {
    guess: Guess,
    text: Option<String>,
}

/// Labelled statements with the predictions that were found for them.
#[derive(Clone, Debug)]
pub struct Joined {
    /// One for each statement, in order; `None` where there is no prediction for it.
    pub guesses: Vec<Option<Guess>>,
    /// How many pairs have different texts under one id.
    pub texts_differ: usize,
}

/// Why a file of predictions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PredictionsError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error("{path}: no line has an id and a stance{}", first_reason(.first))]
    NothingPredicted {
        path: String,
        first: Option<RejectedRow>,
    },
    #[error("{path}: no prediction has the id of a labelled statement; its ids are like `{predicted}`, those of the statements like `{labelled}`")]
    NothingJoined {
        path: String,
        predicted: String,
        labelled: String,
    },
    #[error("{path}: its statements have no ids to be joined with predictions by; give each a field `id`")]
    NoIds { path: String },
}

impl Predictions {
    /// Reads a JSONL, CSV or Parquet file with the field `stance` and either `id` or `article` and
    /// `statement`, as `demarche classify` writes them, and the four `p_` fields where it has them.
    ///
    /// # Errors
    /// A file that cannot be read, or one without any prediction.
    pub fn read(path: &Path) -> Result<Self, PredictionsError> {
        let mut predictions = Self {
            path: path.to_owned(),
            by_key: HashMap::new(),
            rejected: Vec::new(),
            abstained: 0,
            windows_1252: 0,
        };
        predictions.windows_1252 = table::read_file(path, &["stance"], &mut |row| {
            if let Err(rejected) = row.and_then(|row| predictions.push(&row)) {
                predictions.rejected.push(rejected);
            }
        })?;
        if predictions.by_key.is_empty() {
            return Err(PredictionsError::NothingPredicted {
                path: path.display().to_string(),
                first: predictions.rejected.into_iter().next(),
            });
        }
        Ok(predictions)
    }

    fn push(&mut self, row: &Row) -> Result<(), RejectedRow> {
        let rejected = |reason: String| row.rejected(reason);
        let key = row.required_key()?;
        let Some(guess) = guess_of(row).map_err(rejected)? else {
            self.abstained += 1;
            return Ok(());
        };
        if self.by_key.contains_key(&key) {
            return Err(RejectedRow::repeated(row.number, &key));
        }
        let text = row.text("text");
        self.by_key.insert(key, Predicted { guess, text });
        Ok(())
    }

    /// Finds the prediction of each statement of the file `fixture`.
    ///
    /// # Errors
    /// Where no statement has an id, or none is found: the wrong file was surely named.
    pub fn join(&self, fixture: &Path, statements: &[LabelledStatement]) -> Result<Joined, PredictionsError> {
        let Some(labelled) = statements.iter().find_map(|statement| statement.key.clone()) else {
            return Err(PredictionsError::NoIds {
                path: fixture.display().to_string(),
            });
        };
        let mut texts_differ = 0;
        let guesses: Vec<Option<Guess>> = statements
            .iter()
            .map(|statement| {
                let predicted = self.by_key.get(statement.key.as_ref()?)?;
                let differs = predicted
                    .text
                    .as_ref()
                    .is_some_and(|text| *text != statement.text);
                texts_differ += usize::from(differs);
                Some(predicted.guess)
            })
            .collect();
        if guesses.iter().all(Option::is_none) {
            return Err(PredictionsError::NothingJoined {
                path: self.path.display().to_string(),
                predicted: self.by_key.keys().min().cloned().unwrap_or_default(),
                labelled,
            });
        }
        Ok(Joined {
            guesses,
            texts_differ,
        })
    }
}

/// The stance of a row and, where it has all four, their probabilities; `None` where the stance is
/// null: the model abstained.
///
/// # Errors
/// The reason why there is no prediction in it.
pub(crate) fn guess_of(row: &Row) -> Result<Option<Guess>, String> {
    let Some(stance) = label_of(row, "stance")? else {
        return Ok(None);
    };
    Ok(Some(Guess {
        stance,
        probabilities: probabilities_of(row)?,
    }))
}

/// The probabilities of a row's four `p_` fields; `None` where it has none of them.
///
/// # Errors
/// The reason why what it has is no distribution: some are missing, or they do not sum to 1.
pub(crate) fn probabilities_of(row: &Row) -> Result<Option<Probabilities>, String> {
    let mut probabilities = [0.0; Stance::COUNT];
    let mut missing = Vec::new();
    for (stance, place) in Stance::ALL.into_iter().zip(&mut probabilities) {
        let field = format!("p_{stance}");
        match row.number(&field)? {
            Some(probability) => *place = probability as f32,
            None => missing.push(field),
        }
    }
    match missing.as_slice() {
        [] => Ok(Some(
            Probabilities::new(probabilities).map_err(|error| error.to_string())?,
        )),
        all if all.len() == Stance::COUNT => Ok(None),
        some => Err(format!(
            "has {} of the four probabilities: no field `{}`",
            Stance::COUNT - some.len(),
            some.join("`, `")
        )),
    }
}
