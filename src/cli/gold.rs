//! Labelled statements, and predictions for them from a model or a file.

use std::path::{Path, PathBuf};

use super::hub::HubOptions;
use super::options::{tell_device, LabelOptions, MachineOptions};
use super::{is_same_file, tell, tell_rejected, tell_windows_1252, CommandError};
use crate::classifier::Classifier;
use crate::evaluation::{Case, Fixture, Guess, Predictions};
use crate::table::TableFormat;

/// Reads fixtures; what cannot be read is told of and counted.
///
/// # Errors
/// Where none can be read.
pub(super) fn read_fixtures(paths: &[PathBuf]) -> Result<(Vec<Fixture>, usize), CommandError> {
    let mut rejected = 0;
    let mut fixtures = Vec::new();
    for path in paths {
        match Fixture::read(path) {
            Ok(fixture) if is_repeated(&fixture, &fixtures) => {
                rejected += 1;
                tell(&format_args!(
                    "{}: was given twice; it counts once",
                    path.display()
                ));
            }
            Ok(mut fixture) => {
                fixture.reject_repeated();
                tell_windows_1252(path, fixture.windows_1252);
                if !fixture.unlabelled.is_empty() {
                    tell(&format_args!(
                        "{}: {} rows have no label yet; they are left out",
                        path.display(),
                        fixture.unlabelled.len()
                    ));
                }
                rejected += fixture.rejected.len();
                for line in &fixture.rejected {
                    tell_rejected(&fixture.path, line);
                }
                fixtures.push(fixture);
            }
            Err(error) => {
                rejected += 1;
                tell(&error);
            }
        }
    }
    if fixtures.is_empty() {
        return Err(CommandError::NoFixture);
    }
    Ok((fixtures, rejected))
}

fn is_repeated(fixture: &Fixture, others: &[Fixture]) -> bool {
    others
        .iter()
        .any(|other| is_same_file(&other.path, &fixture.path))
}

/// Whatever predicts the stance of labelled statements.
pub(super) enum Predictor {
    Model(Box<Classifier>),
    File(Predictions),
}

impl Predictor {
    /// The predictions in a file; rows that cannot be used are told of, and how many is added to `rejected`.
    pub(super) fn file(path: &Path, rejected: &mut usize) -> Result<Self, CommandError> {
        let predictions = Predictions::read(path)?;
        tell_windows_1252(path, predictions.windows_1252);
        *rejected += predictions.rejected.len();
        for line in &predictions.rejected {
            tell_rejected(path, line);
        }
        if predictions.abstained > 0 {
            tell(&format_args!(
                "{}: {} predictions have no stance; they are left out",
                path.display(),
                predictions.abstained
            ));
        }
        Ok(Self::File(predictions))
    }

    /// What a name stands for: a file of predictions, or a model as `--model` has it.
    pub(super) fn named(
        name: &Path,
        machine: &MachineOptions,
        hub: &HubOptions,
        labels: &LabelOptions,
        rejected: &mut usize,
    ) -> Result<Self, CommandError> {
        if name.is_file() || TableFormat::of(name).is_some() {
            return Self::file(name, rejected);
        }
        let files = labels.apply_where_needed(hub.files(name.as_os_str())?)?;
        let classifier = Classifier::new(&files, machine.classifier_options())?;
        tell_device(&classifier);
        Ok(Self::Model(Box::new(classifier)))
    }

    /// The prediction for each statement of a fixture, in order; `None` where there is none.
    pub(super) fn predict(&self, fixture: &Fixture) -> Result<Vec<Option<Guess>>, CommandError> {
        let name = fixture.path.display();
        match self {
            Self::Model(classifier) => {
                let predictions = classifier.classify(&fixture.texts())?;
                let truncated = predictions
                    .iter()
                    .filter(|prediction| prediction.truncated)
                    .count();
                if truncated > 0 {
                    tell(&format_args!(
                        "{name}: {truncated} statements were longer than the model reads"
                    ));
                }
                Ok(predictions
                    .into_iter()
                    .map(|prediction| Some(prediction.into()))
                    .collect())
            }
            Self::File(predictions) => {
                let joined = predictions.join(&fixture.path, &fixture.statements)?;
                let missing = joined.guesses.iter().filter(|guess| guess.is_none()).count();
                if missing > 0 {
                    tell(&format_args!(
                        "{name}: {missing} statements have no prediction in {}; they are left out",
                        predictions.path.display()
                    ));
                }
                if joined.texts_differ > 0 {
                    tell(&format_args!(
                        "{name}: {} statements have another text under their id in {}",
                        joined.texts_differ,
                        predictions.path.display()
                    ));
                }
                Ok(joined.guesses)
            }
        }
    }
}

/// The statements of a fixture that have a prediction, with it.
pub(super) fn cases<'a>(fixture: &'a Fixture, number: usize, guesses: &[Option<Guess>]) -> Vec<Case<'a>> {
    fixture
        .statements
        .iter()
        .zip(guesses)
        .filter_map(|(statement, guess)| {
            Some(Case {
                statement,
                guess: (*guess)?,
                fixture: number,
            })
        })
        .collect()
}
