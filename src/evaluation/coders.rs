//! The labels that several coders gave, read from their files and joined by the statements' ids.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::fixture::label_of;
use crate::stance::Stance;
use crate::table::{self, first_reason, RejectedRow, TableError};

/// Where a file has a coder's labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelField {
    /// What a person wrote.
    Label,
    /// What a model said.
    Stance,
}

impl LabelField {
    /// The field's name.
    pub const fn name(self) -> &'static str {
        match self {
            LabelField::Label => "label",
            LabelField::Stance => "stance",
        }
    }
}

/// The labels that one coder gave, by the statements' ids.
#[derive(Clone, Debug)]
pub struct CoderFile {
    pub name: String,
    /// In the order of the file; `None` where the coder left the label empty.
    labels: Vec<CodedRow>,
    pub rejected: Vec<RejectedRow>,
    /// How many rows were not UTF-8 and were read as Windows-1252.
    pub windows_1252: usize,
}

/// What a coder said of one statement.
#[derive(Clone, Debug)]
struct CodedRow {
    id: String,
    label: Option<Stance>,
    text: Option<String>,
    article: Option<String>,
}

/// One statement and what each coder said.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemRatings {
    pub id: String,
    pub text: Option<String>,
    /// The article that it stands in.
    pub article: Option<String>,
    /// One for each coder; `None` where that coder gave no label.
    pub labels: Vec<Option<Stance>>,
}

impl ItemRatings {
    /// How many coders labelled it.
    pub fn given(&self) -> usize {
        self.labels.iter().flatten().count()
    }
}

/// Why coders' labels cannot be set beside each other.
#[derive(Debug, thiserror::Error)]
pub enum CoderError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error("{path}: has both `label` and `stance`; say which is meant, with {path}:label or {path}:stance")]
    WhichField { path: String },
    #[error("{path}: no line has an id and one of the four labels{}", first_reason(.first))]
    NothingLabelled {
        path: String,
        first: Option<RejectedRow>,
    },
    #[error("no two coders labelled the same statement; are their ids the same? The first file has ids like `{first}`, the second like `{second}`")]
    NothingShared { first: String, second: String },
}

impl CoderFile {
    /// Reads a JSONL, CSV or Parquet file with the fields `id` (or `article` and `statement`) and
    /// `label`, or `stance` where a model is the coder; `field` says which where it has both. An empty
    /// label is a missing one.
    ///
    /// # Errors
    /// A file that cannot be read, has both fields where none was named, or no label in it.
    pub fn read(path: &Path, field: Option<LabelField>) -> Result<Self, CoderError> {
        let mut coder = Self {
            name: path.display().to_string(),
            labels: Vec::new(),
            rejected: Vec::new(),
            windows_1252: 0,
        };
        let mut seen = HashSet::new();
        let mut has_both = false;
        coder.windows_1252 = table::read_file(path, &[], &mut |row| {
            let item = row.and_then(|row| {
                let has = |field: LabelField| row.fields.contains_key(field.name());
                has_both |= has(LabelField::Label) && has(LabelField::Stance);
                let field = match field {
                    Some(field) => field,
                    None if has(LabelField::Label) => LabelField::Label,
                    None if has(LabelField::Stance) => LabelField::Stance,
                    None => return Err(row.rejected("no field `label` and no field `stance`")),
                };
                let key = row.required_key()?;
                if !seen.insert(key.clone()) {
                    return Err(RejectedRow::repeated(row.number, &key));
                }
                let label = label_of(&row, field.name()).map_err(|reason| row.rejected(reason))?;
                Ok(CodedRow {
                    id: key,
                    label,
                    text: row.text("text"),
                    article: row.text("article"),
                })
            });
            match item {
                Ok(item) => coder.labels.push(item),
                Err(rejected) => coder.rejected.push(rejected),
            }
        })?;
        if has_both && field.is_none() {
            return Err(CoderError::WhichField { path: coder.name });
        }
        if coder.labelled() == 0 {
            return Err(CoderError::NothingLabelled {
                path: coder.name,
                first: coder.rejected.into_iter().next(),
            });
        }
        Ok(coder)
    }

    /// How many statements it labels.
    pub fn labelled(&self) -> usize {
        self.labels.iter().filter(|row| row.label.is_some()).count()
    }

    /// How many it leaves without a label.
    pub fn unlabelled(&self) -> usize {
        self.labels.len() - self.labelled()
    }
}

/// Joins the coders' files by the statements' ids, in the order of the first file that has each.
///
/// # Errors
/// Where no two coders labelled the same statement.
pub fn join(coders: &[CoderFile]) -> Result<Vec<ItemRatings>, CoderError> {
    let mut items: Vec<ItemRatings> = Vec::new();
    let mut place: HashMap<&str, usize> = HashMap::new();
    for (number, coder) in coders.iter().enumerate() {
        for row in &coder.labels {
            let index = *place.entry(&row.id).or_insert_with(|| {
                items.push(ItemRatings {
                    id: row.id.clone(),
                    text: None,
                    article: None,
                    labels: vec![None; coders.len()],
                });
                items.len() - 1
            });
            let item = &mut items[index];
            item.labels[number] = row.label;
            if item.text.is_none() {
                item.text.clone_from(&row.text);
            }
            if item.article.is_none() {
                item.article.clone_from(&row.article);
            }
        }
    }
    if items.iter().all(|item| item.given() < 2) {
        let an_id = |coder: usize| {
            let labels = coders.get(coder).map_or(&[][..], |coder| &coder.labels);
            labels.first().map(|row| row.id.clone()).unwrap_or_default()
        };
        return Err(CoderError::NothingShared {
            first: an_id(0),
            second: an_id(1),
        });
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Stance::{AntiIntervention as Anti, ProIntervention as Pro};

    fn coder(name: &str, contents: &str) -> Result<CoderFile, CoderError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, contents).unwrap();
        CoderFile::read(&path, None)
    }

    #[test]
    fn files_of_people_and_of_models_are_joined_by_id() {
        let person = coder("a.csv", "id,label\n1,pro_intervention\n2,\n3,anti_intervention\n").unwrap();
        let model = coder(
            "b.jsonl",
            "{\"id\": 3, \"stance\": \"anti_intervention\", \"text\": \"No.\"}",
        )
        .unwrap();
        let items = join(&[person, model]).unwrap();
        let labels: Vec<_> = items
            .iter()
            .map(|item| (item.id.as_str(), item.labels.clone()))
            .collect();
        assert_eq!(
            labels,
            [
                ("1", vec![Some(Pro), None]),
                ("2", vec![None, None]),
                ("3", vec![Some(Anti), Some(Anti)])
            ]
        );
        assert_eq!(items[2].text.as_deref(), Some("No."));
    }

    #[test]
    fn predictions_for_labelled_statements_are_not_taken_for_their_labels() {
        let both = "id,label,stance\n1,none,cooperative\n";
        let error = coder("a.csv", both).unwrap_err().to_string();
        assert!(error.contains("a.csv:stance"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, both).unwrap();
        let model = CoderFile::read(&path, Some(LabelField::Stance)).unwrap();
        assert_eq!(model.labels[0].label, Some(Stance::Cooperative));
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let repeated = coder("a.csv", "id,label\n1,none\n1,none\n,none\n4,neutral\n").unwrap();
        let reasons: Vec<&str> = repeated.rejected.iter().map(|row| row.reason.as_str()).collect();
        assert!(reasons[0].contains("stands twice"), "{reasons:?}");
        assert!(reasons[1].contains("no `id`"), "{reasons:?}");
        assert!(reasons[2].contains("unknown stance"), "{reasons:?}");
        assert!(matches!(
            coder("a.csv", "id,label\n1,\n"),
            Err(CoderError::NothingLabelled { .. })
        ));
        let other = coder("b.csv", "id,label\nx1,none\n").unwrap();
        let error = join(&[repeated, other]).unwrap_err().to_string();
        assert!(error.contains("`1`") && error.contains("`x1`"), "{error}");
    }
}
