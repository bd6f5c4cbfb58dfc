//! Labelled fixtures: statements with the stance that a careful reader gave them.

use std::path::{Path, PathBuf};

use super::ConfusionMatrix;
use crate::classifier::{Classifier, ClassifyError};
use crate::stance::{Prediction, Stance};
use crate::statement::listed::{self, ListedStatement};
use crate::table::{RejectedRow, TableError};

/// A statement and its gold label.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledStatement {
    pub id: Option<String>,
    pub text: String,
    pub label: Stance,
    /// False where the coder marked the label as one that another careful reader may not share.
    pub sure: bool,
}

/// The labelled statements of one file.
#[derive(Clone, Debug)]
pub struct Fixture {
    pub path: PathBuf,
    pub statements: Vec<LabelledStatement>,
    /// Lines that could not be used, with the reason; the others are not affected.
    pub rejected: Vec<RejectedRow>,
}

/// Why a fixture cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error("{path}: no line has a text and one of the four labels{}", first_reason(.first))]
    NothingLabelled {
        path: String,
        first: Option<RejectedRow>,
    },
}

fn first_reason(first: &Option<RejectedRow>) -> String {
    first
        .as_ref()
        .map(|line| format!(" (line {}: {})", line.number, line.reason))
        .unwrap_or_default()
}

impl Fixture {
    /// Classifies every statement: how often each gold stance was predicted as each, and the
    /// predictions in the order of the statements.
    ///
    /// # Errors
    /// The classifier's.
    pub fn evaluate(
        &self,
        classifier: &Classifier,
    ) -> Result<(ConfusionMatrix, Vec<Prediction>), ClassifyError> {
        let texts: Vec<&str> = self
            .statements
            .iter()
            .map(|statement| statement.text.as_str())
            .collect();
        let predictions = classifier.classify(&texts)?;
        let gold = self.statements.iter().map(|statement| statement.label);
        let predicted = predictions.iter().map(|prediction| prediction.stance);
        Ok((ConfusionMatrix::from_pairs(gold.zip(predicted)), predictions))
    }

    /// Reads a JSONL or CSV file with the fields `text` and `label`, and optionally `id`, `sure`.
    ///
    /// # Errors
    /// A file that cannot be read, or one in which no line is usable.
    pub fn read(path: &Path) -> Result<Self, FixtureError> {
        let list = listed::read_file(path)?;
        let mut rejected = list.rejected;
        let mut statements = Vec::with_capacity(list.statements.len());
        for statement in list.statements {
            match labelled(&statement) {
                Ok(labelled) => statements.push(labelled),
                Err(reason) => rejected.push(RejectedRow {
                    number: statement.number,
                    reason,
                }),
            }
        }
        rejected.sort_by_key(|line| line.number);
        if statements.is_empty() {
            return Err(FixtureError::NothingLabelled {
                path: path.display().to_string(),
                first: rejected.into_iter().next(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            statements,
            rejected,
        })
    }
}

fn labelled(statement: &ListedStatement) -> Result<LabelledStatement, String> {
    let label = match statement.fields.get("label") {
        Some(serde_json::Value::String(name)) => name.parse::<Stance>().map_err(|error| error.to_string())?,
        Some(_) => return Err("`label` is not a string".to_owned()),
        None => return Err("no field `label`".to_owned()),
    };
    let sure = match statement.fields.get("sure") {
        Some(serde_json::Value::Bool(sure)) => *sure,
        Some(serde_json::Value::String(sure)) => sure != "false",
        _ => true,
    };
    let id = statement.fields.get("id").map(|id| match id {
        serde_json::Value::String(id) => id.clone(),
        other => other.to_string(),
    });
    Ok(LabelledStatement {
        id,
        text: statement.text.clone(),
        label,
        sure,
    })
}
