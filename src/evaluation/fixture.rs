//! Labelled fixtures: statements with the stance that a careful reader gave them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::stance::Stance;
use crate::table::{self, text_of, RejectedRow, Row, TableError};

/// A statement, its gold label, and what else its fixture says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledStatement {
    /// What joins it with its row in other files: see [`Row::key`].
    pub key: Option<String>,
    pub text: String,
    pub label: Stance,
    /// False where the coder marked the label as one that another careful reader may not share.
    pub sure: bool,
    /// The codebook rule that decides it.
    pub rule: Option<String>,
    pub tags: Vec<String>,
    /// Where it was taken from.
    pub source: Option<String>,
    /// The article that it stands in: statements of one article are not independent.
    pub article: Option<String>,
    /// How many statements of the population it stands for: its `weight`, or the inverse of its
    /// `sampling_probability`, else 1. Greater than 0.
    pub weight: f64,
    /// The part of the population that a sample drew it from.
    pub stratum: Option<String>,
}

/// The labelled statements of one file.
#[derive(Clone, Debug)]
pub struct Fixture {
    pub path: PathBuf,
    pub statements: Vec<LabelledStatement>,
    /// Rows that could not be used, with the reason; the others are not affected.
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
        .map(|row| format!(" (line {}: {})", row.number, row.reason))
        .unwrap_or_default()
}

impl Fixture {
    /// Reads a JSONL, CSV or Parquet file with the fields `text` and `label`, and optionally `id`,
    /// `sure`, `rule`, `tags`, `source`, `article`, `weight` or `sampling_probability`.
    ///
    /// # Errors
    /// A file that cannot be read, or one in which no row is usable.
    pub fn read(path: &Path) -> Result<Self, FixtureError> {
        let mut statements = Vec::new();
        let mut rejected = Vec::new();
        table::read_file(path, &["text", "label"], &mut |row| match row
            .and_then(|row| LabelledStatement::of(&row).map_err(|reason| row.rejected(reason)))
        {
            Ok(statement) => statements.push(statement),
            Err(row) => rejected.push(row),
        })?;
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

    /// The statements' texts, in order.
    pub fn texts(&self) -> Vec<&str> {
        self.statements
            .iter()
            .map(|statement| statement.text.as_str())
            .collect()
    }
}

impl LabelledStatement {
    /// The labelled statement in a row.
    ///
    /// # Errors
    /// The reason why there is none.
    fn of(row: &Row) -> Result<Self, String> {
        let text = match row.fields.get("text") {
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            Some(Value::String(_)) => return Err("`text` is empty".to_owned()),
            Some(_) => return Err("`text` is not a string".to_owned()),
            None => return Err("no field `text`".to_owned()),
        };
        Ok(Self {
            key: row.key(),
            text,
            label: label_of(row, "label")?.ok_or("`label` is empty")?,
            sure: row.text("sure").as_deref() != Some("false"),
            rule: row.text("rule"),
            tags: row.fields.get("tags").map(tags_of).unwrap_or_default(),
            source: row.text("source"),
            article: row.text("article"),
            weight: weight_of(row)?,
            stratum: row.text("stratum"),
        })
    }
}

/// The stance in a row's field `name`; `None` where it is null or empty.
///
/// # Errors
/// The reason: no such field, or something else than one of the four stances in it.
pub(super) fn label_of(row: &Row, name: &str) -> Result<Option<Stance>, String> {
    match row.fields.get(name) {
        Some(Value::String(label)) if !label.trim().is_empty() => match label.trim().parse() {
            Ok(stance) => Ok(Some(stance)),
            Err(error) => Err(format!("{error}")),
        },
        Some(Value::String(_) | Value::Null) => Ok(None),
        Some(_) => Err(format!("`{name}` is not a string")),
        None => Err(format!("no field `{name}`")),
    }
}

/// Tags as JSON and Parquet list them, or parted by `;` or `,` in one text.
fn tags_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(tags) => tags.iter().filter_map(text_of).collect(),
        other => text_of(other)
            .iter()
            .flat_map(|tags| tags.split([';', ',']))
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty())
            .collect(),
    }
}

fn weight_of(row: &Row) -> Result<f64, String> {
    if let Some(weight) = row.number("weight")? {
        return if weight > 0.0 {
            Ok(weight)
        } else {
            Err(format!("`weight` is {weight}: it must be greater than 0"))
        };
    }
    Ok(sampling_probability_of(row)?.map_or(1.0, |probability| 1.0 / probability))
}

/// The probability with which a sample drew this row, where it says.
///
/// # Errors
/// The reason: it is no number, or not in (0, 1].
fn sampling_probability_of(row: &Row) -> Result<Option<f64>, String> {
    match row.number("sampling_probability")? {
        Some(probability) if probability > 0.0 && probability <= 1.0 => Ok(Some(probability)),
        Some(other) => Err(format!(
            "`sampling_probability` is {other}: it must be greater than 0 and at most 1"
        )),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(fields: serde_json::Value) -> Row {
        Row {
            number: 1,
            fields: fields.as_object().unwrap().clone(),
        }
    }

    #[test]
    fn what_a_fixture_may_say_is_read_from_json_and_from_text() {
        let from_json = row(json!({
            "id": 7, "text": "No.", "label": "none", "sure": false, "rule": 3, "tags": ["irony", "quote"],
            "sampling_probability": 0.25
        }));
        let from_csv = row(json!({
            "id": "7", "text": "No.", "label": "none", "sure": "false", "rule": "3", "tags": "irony; quote",
            "sampling_probability": "0.25"
        }));
        let statement = LabelledStatement::of(&from_json).unwrap();
        assert_eq!(statement, LabelledStatement::of(&from_csv).unwrap());
        assert_eq!(statement.weight, 4.0);
        assert_eq!(statement.tags, ["irony", "quote"]);
        assert!(!statement.sure);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (fields, reason) in [
            (json!({"text": "x"}), "no field `label`"),
            (
                json!({"text": "x", "label": "neutral"}),
                "unknown stance `neutral`",
            ),
            (json!({"text": "x", "label": ""}), "`label` is empty"),
            (
                json!({"text": "x", "label": "none", "weight": 0}),
                "must be greater than 0",
            ),
            (
                json!({"text": "x", "label": "none", "sampling_probability": 1.5}),
                "at most 1",
            ),
            (
                json!({"text": "x", "label": "none", "weight": "many"}),
                "no number: many",
            ),
        ] {
            let error = LabelledStatement::of(&row(fields)).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
