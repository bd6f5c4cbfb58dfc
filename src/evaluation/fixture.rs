//! Labelled fixtures: statements with the stance that a careful reader gave them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::sample_record::{RecordError, SampleRecord, RECORD_FIELD};
use crate::stance::Stance;
use crate::table::{self, first_reason, text_of, RejectedRow, Row, TableError};

/// A statement, its gold label, and what else its fixture says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledStatement {
    /// Its row in the file: see [`Row::number`].
    pub number: u64,
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
    /// How many statements of the population it stands for: by the record of its sample, its `weight`,
    /// or the inverse of its `sampling_probability`; else 1. Greater than 0.
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
    /// The numbers of the rows that nobody has labelled yet.
    pub unlabelled: Vec<u64>,
    /// How the statements were drawn, where the file is a coding sheet of ours.
    pub record: Option<SampleRecord>,
    record_path: Option<PathBuf>,
    /// How many rows were not UTF-8 and were read as Windows-1252.
    pub windows_1252: usize,
}

/// Why a fixture cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("{path}: nothing in it is labelled yet: `label` is empty in all {rows} rows")]
    NothingLabelledYet { path: String, rows: usize },
    #[error("{path}: no line has a text and one of the four labels{}", first_reason(.first))]
    NothingLabelled {
        path: String,
        first: Option<RejectedRow>,
    },
}

impl Fixture {
    /// Reads a JSONL, CSV or Parquet file with the fields `text` and `label`, and optionally `id`,
    /// `sure`, `rule`, `tags`, `source`, `article`, `weight` or `sampling_probability`, or a coding sheet.
    ///
    /// # Errors
    /// A file that cannot be read, one in which no row is usable, or a sheet whose record is missing.
    pub fn read(path: &Path) -> Result<Self, FixtureError> {
        let mut reading = Reading::default();
        let windows_1252 = table::read_file(path, &["text", "label"], &mut |row| {
            if let Err(row) = row.and_then(|row| reading.push(&row)) {
                reading.rejected.push(row);
            }
        })?;
        reading.reject_unweighted();
        let (record_path, record) = match &reading.record {
            Some(name) => {
                let (path, record) = SampleRecord::beside(path, name)?;
                (Some(path), Some(record))
            }
            None => (None, None),
        };
        let Reading {
            rows,
            mut rejected,
            unlabelled,
            ..
        } = reading;
        let mut statements: Vec<LabelledStatement> = rows.into_iter().map(|row| row.statement).collect();
        if let Some(record) = &record {
            rejected.extend(weigh(&mut statements, record));
        }
        let path_name = || path.display().to_string();
        rejected.sort_by_key(|row| row.number);
        match statements.is_empty() {
            true if rejected.is_empty() && !unlabelled.is_empty() => Err(FixtureError::NothingLabelledYet {
                path: path_name(),
                rows: unlabelled.len(),
            }),
            true => Err(FixtureError::NothingLabelled {
                path: path_name(),
                first: rejected.into_iter().next(),
            }),
            false => Ok(Self {
                path: path.to_owned(),
                statements,
                rejected,
                unlabelled,
                record,
                record_path,
                windows_1252,
            }),
        }
    }

    /// Rejects statements whose id another has before them: what is counted should count once. Training
    /// keeps them, for two labels of one statement say how sure it is.
    pub fn reject_repeated(&mut self) {
        let mut seen = HashSet::new();
        let rejected = &mut self.rejected;
        self.statements.retain(|statement| {
            let Some(key) = &statement.key else {
                return true;
            };
            let is_new = seen.insert(key.clone());
            if !is_new {
                rejected.push(RejectedRow::repeated(statement.number, key));
            }
            is_new
        });
        rejected.sort_by_key(|row| row.number);
    }

    /// The files that it is made of: itself, and the record of its sample.
    pub fn files(&self) -> Vec<&Path> {
        let record = self.record_path.as_deref();
        std::iter::once(self.path.as_path()).chain(record).collect()
    }

    /// The statements' texts, in order.
    pub fn texts(&self) -> Vec<&str> {
        self.statements
            .iter()
            .map(|statement| statement.text.as_str())
            .collect()
    }
}

/// Gives each statement the weight of its stratum. Those that the record does not know are taken out and
/// rejected: nothing tells how likely they were drawn.
fn weigh(statements: &mut Vec<LabelledStatement>, record: &SampleRecord) -> Vec<RejectedRow> {
    let mut rejected = Vec::new();
    statements.retain_mut(
        |statement| match statement.key.as_deref().and_then(|id| record.stratum_of(id)) {
            Some((number, stratum)) => {
                statement.weight = 1.0 / stratum.probability();
                statement.stratum = Some(number.to_string());
                true
            }
            None => {
                rejected.push(RejectedRow::new(
                    statement.number,
                    "its id is not in the record of the sample",
                ));
                false
            }
        },
    );
    rejected
}

/// A fixture as it is read.
#[derive(Default)]
struct Reading {
    rows: Vec<ReadRow>,
    rejected: Vec<RejectedRow>,
    unlabelled: Vec<u64>,
    record: Option<String>,
}

struct ReadRow {
    statement: LabelledStatement,
    has_weight: bool,
}

impl Reading {
    fn push(&mut self, row: &Row) -> Result<(), RejectedRow> {
        let rejected = |reason: String| row.rejected(reason);
        if let Some(record) = row.text(RECORD_FIELD) {
            if *self.record.get_or_insert_with(|| record.clone()) != record {
                return Err(row.rejected(format!("is of another sample ({record}) than the rows before it")));
            }
        }
        let weight = weight_of(row).map_err(rejected)?;
        let statement = LabelledStatement::of(row, weight.unwrap_or(1.0)).map_err(rejected)?;
        let Some(statement) = statement else {
            self.unlabelled.push(row.number);
            return Ok(());
        };
        self.rows.push(ReadRow {
            statement,
            has_weight: weight.is_some(),
        });
        Ok(())
    }

    /// Where some rows say what they weigh, one that does not is no statement of weight 1.
    fn reject_unweighted(&mut self) {
        if self.rows.iter().all(|row| !row.has_weight) {
            return;
        }
        let (weighted, others): (Vec<ReadRow>, Vec<ReadRow>) =
            self.rows.drain(..).partition(|row| row.has_weight);
        self.rows = weighted;
        self.rejected.extend(others.into_iter().map(|row| {
            RejectedRow::new(
                row.statement.number,
                "has no weight or sampling probability, as other rows have",
            )
        }));
    }
}

impl LabelledStatement {
    /// The labelled statement in a row; `None` where its label is empty.
    ///
    /// # Errors
    /// The reason why there is none.
    fn of(row: &Row, weight: f64) -> Result<Option<Self>, String> {
        let text = match row.fields.get("text") {
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            Some(Value::String(_)) => return Err("`text` is empty".to_owned()),
            Some(_) => return Err("`text` is not a string".to_owned()),
            None => return Err("no field `text`".to_owned()),
        };
        Ok(label_of(row, "label")?.map(|label| Self {
            number: row.number,
            key: row.key(),
            text,
            label,
            sure: !is_false(row.text("sure").as_deref()),
            rule: row.text("rule"),
            tags: row.fields.get("tags").map(tags_of).unwrap_or_default(),
            source: row.text("source"),
            article: row.text("article"),
            weight,
            stratum: row.text("stratum"),
        }))
    }
}

/// The stance in a row's field `name`; `None` where it is null or empty. People's spelling is
/// forgiven: `Anti-intervention` is `anti_intervention`.
///
/// # Errors
/// The reason: no such field, or something else than one of the four stances in it.
pub(super) fn label_of(row: &Row, name: &str) -> Result<Option<Stance>, String> {
    match row.fields.get(name) {
        Some(Value::String(label)) if !label.trim().is_empty() => {
            let stance = Stance::from_spelling(label).map_err(|error| error.to_string())?;
            Ok(Some(stance))
        }
        Some(Value::String(_) | Value::Null) => Ok(None),
        Some(_) => Err(format!("`{name}` is not a string")),
        None => Err(format!("no field `{name}`")),
    }
}

/// False as JSON, Python, R and spreadsheets write it.
fn is_false(text: Option<&str>) -> bool {
    text.is_some_and(|text| ["false", "f", "no", "0"].contains(&text.trim().to_lowercase().as_str()))
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

/// How much a row says that it weighs.
///
/// # Errors
/// The reason: it is no number, or not one that a weight or a probability can be.
fn weight_of(row: &Row) -> Result<Option<f64>, String> {
    if let Some(weight) = row.number("weight")? {
        return if weight > 0.0 {
            Ok(Some(weight))
        } else {
            Err(format!("`weight` is {weight}: it must be greater than 0"))
        };
    }
    match row.number("sampling_probability")? {
        Some(probability) if probability > f64::MIN_POSITIVE && probability <= 1.0 => {
            Ok(Some(1.0 / probability))
        }
        Some(other) => Err(format!(
            "`sampling_probability` is {other}: it must be greater than 0 (rounded away?) and at most 1"
        )),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Stratum;
    use serde_json::json;

    fn row(fields: serde_json::Value) -> Row {
        Row {
            number: 1,
            fields: fields.as_object().unwrap().clone(),
        }
    }

    fn read(name: &str, contents: &str) -> Result<Fixture, FixtureError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, contents).unwrap();
        Fixture::read(&path)
    }

    #[test]
    fn what_a_fixture_may_say_is_read_from_json_and_from_text() {
        let from_json = row(json!({
            "id": 7, "text": "No.", "label": "none", "sure": false, "rule": 3, "tags": ["irony", "quote"],
            "sampling_probability": 0.25
        }));
        let from_csv = row(json!({
            "id": "7", "text": "No.", "label": " None", "sure": "FALSE", "rule": "3", "tags": "irony; quote",
            "sampling_probability": "0,25"
        }));
        let statement = |row: &Row| LabelledStatement::of(row, weight_of(row).unwrap().unwrap()).unwrap();
        assert_eq!(statement(&from_json), statement(&from_csv));
        let statement = statement(&from_csv).unwrap();
        assert_eq!(statement.weight, 4.0);
        assert_eq!(statement.tags, ["irony", "quote"]);
        assert!(!statement.sure);
    }

    #[test]
    fn labels_are_forgiven_their_spelling_and_nothing_more() {
        let label = |label: &str| label_of(&row(json!({"label": label})), "label");
        assert_eq!(label("Anti-Intervention "), Ok(Some(Stance::AntiIntervention)));
        assert_eq!(label("pro intervention"), Ok(Some(Stance::ProIntervention)));
        assert_eq!(label(" "), Ok(None));
        assert!(label("anti").unwrap_err().contains("`anti`"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (fields, reason) in [
            (json!({"text": "x"}), "no field `label`"),
            (
                json!({"text": "x", "label": "neutral"}),
                "unknown stance `neutral`",
            ),
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
            let error = Reading::default().push(&row(fields)).unwrap_err();
            assert!(error.reason.contains(reason), "{error:?}");
        }
    }

    #[test]
    fn rows_without_label_weight_or_an_id_of_their_own_are_no_statements() {
        let rows = "id,text,label,weight\n1,a,none,2\n1,b,none,2\n2,c,,2\n3,d,none,\n4,e,none,3\n";
        let mut fixture = read("a.csv", rows).unwrap();
        assert_eq!(fixture.statements.len(), 3);
        fixture.reject_repeated();
        let texts = fixture.texts();
        assert_eq!(texts, ["a", "e"]);
        assert_eq!(fixture.unlabelled, [4]);
        let numbers: Vec<u64> = fixture.rejected.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [3, 5]);
        assert!(matches!(
            read("a.csv", "id,text,label\n1,a,\n"),
            Err(FixtureError::NothingLabelledYet { rows: 1, .. })
        ));
    }

    #[test]
    fn a_sheet_is_weighed_by_its_record_and_useless_without() {
        let folder = tempfile::tempdir().unwrap();
        let sheet = folder.path().join("renamed.csv");
        let rows = "id,text,label,sample_record\n1,a,none,s.csv.record.json\n2,b,none,s.csv.record.json\n\
                    3,c,none,s.csv.record.json\n1,d,none,t.csv.record.json\n";
        std::fs::write(&sheet, rows).unwrap();
        let error = Fixture::read(&sheet).unwrap_err().to_string();
        assert!(error.contains("s.csv.record.json"), "{error}");
        let stratum = |statements| Stratum {
            value: None,
            statements,
            drawn: 1,
        };
        let record = SampleRecord {
            demarche: String::new(),
            predictions: String::new(),
            predictions_sha256: String::new(),
            seed: 0,
            size: 2,
            stratified_by: None,
            allocation: None,
            strata: vec![stratum(10), stratum(4)],
            statements: [("1".to_owned(), 1), ("2".to_owned(), 0)].into(),
        };
        let json = serde_json::to_string(&record).unwrap();
        std::fs::write(folder.path().join("s.csv.record.json"), json).unwrap();
        let fixture = Fixture::read(&sheet).unwrap();
        let weights: Vec<f64> = fixture
            .statements
            .iter()
            .map(|statement| statement.weight)
            .collect();
        assert_eq!(weights, [4.0, 10.0]);
        assert_eq!(fixture.record, Some(record));
        let rejected: Vec<u64> = fixture.rejected.iter().map(|row| row.number).collect();
        assert_eq!(rejected, [4, 5]);
        assert_eq!(fixture.files().len(), 2);
    }
}
