//! The recipe: everything needed to train the same model again, saved beside its weights.

use std::path::Path;
use std::time::Duration;

use serde_json::{json, Value};

use super::data::Fixtures;
use super::teacher::Teacher;
use super::{EpochScores, TrainError, TrainingOptions};
use crate::evaluation::{ConfusionMatrix, Fixture};
use crate::input::sha256_hex;
use crate::model::ModelFiles;

/// The file that holds it.
pub(super) const RECIPE_FILE: &str = "recipe.json";

/// What the run has shown so far.
pub(super) struct Run<'a> {
    pub(super) inputs: &'a Value,
    pub(super) options: &'a TrainingOptions,
    pub(super) epochs: &'a [EpochScores],
    pub(super) elapsed: Duration,
    pub(super) threads: usize,
}

/// The inputs by name, size and SHA-256: their paths are this machine's own business.
pub(super) fn inputs(base: &ModelFiles, fixtures: &Fixtures) -> Result<Value, TrainError> {
    Ok(json!({
        "base": { "name": base.title(), "sha256": base.sha256()? },
        "train": described(&fixtures.train)?,
        "teacher": fixtures.teachers.iter().map(taught).collect::<Result<Vec<_>, _>>()?,
        "dev": described(&fixtures.dev)?,
    }))
}

/// The recipe as far as the run has come.
pub(super) fn recipe(run: &Run<'_>) -> Value {
    let epochs: Vec<Value> = run
        .epochs
        .iter()
        .map(|scores| {
            json!({
                "epoch": scores.epoch,
                "training_loss": rounded(scores.loss),
                "dev_macro_f1": rounded(scores.macro_f1()),
                "dev": scores.dev.iter().map(|(path, matrix)| dev_scores(path, matrix)).collect::<Vec<_>>(),
                "temperature": scores.temperature,
                "dev_log_loss": rounded(scores.log_loss.0),
                "dev_log_loss_calibrated": rounded(scores.log_loss.1),
                "best": scores.best,
            })
        })
        .collect();
    json!({
        "made_by": concat!("demarche ", env!("CARGO_PKG_VERSION"), " train"),
        "inputs": run.inputs,
        "options": run.options,
        "epochs": epochs,
        "seconds": run.elapsed.as_secs(),
        "threads": run.threads,
    })
}

fn described(fixtures: &[Fixture]) -> Result<Vec<Value>, TrainError> {
    fixtures
        .iter()
        .map(|fixture| {
            Ok(json!({
                "file": file_name(&fixture.path),
                "statements": fixture.statements.len(),
                "rejected_lines": fixture.rejected.len(),
                "sha256": file_sha256(&fixture.path)?,
            }))
        })
        .collect()
}

fn taught(teacher: &Teacher) -> Result<Value, TrainError> {
    Ok(json!({
        "file": file_name(&teacher.path),
        "statements": teacher.statements.len(),
        "rejected_lines": teacher.rejected.len(),
        "sha256": file_sha256(&teacher.path)?,
    }))
}

fn file_sha256(path: &Path) -> Result<String, TrainError> {
    let bytes = std::fs::read(path).map_err(|source| TrainError::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(sha256_hex(&bytes))
}

fn dev_scores(path: &Path, matrix: &ConfusionMatrix) -> Value {
    json!({
        "file": file_name(path),
        "macro_f1": rounded(matrix.macro_f1()),
        "accuracy": rounded(matrix.accuracy()),
        "pro_anti_confusions": rounded(matrix.opposite_confusions()),
    })
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
