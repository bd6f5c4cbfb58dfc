//! What a teacher, a larger model, says of statements: soft targets to learn from.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::TrainError;
use crate::evaluation::probabilities_of;
use crate::stance::Probabilities;
use crate::table::{self, first_reason, RejectedRow, Row};

/// The predictions of one file.
pub(super) struct Teacher {
    pub(super) path: PathBuf,
    /// Texts in the file's order, each once, with their probabilities.
    pub(super) statements: Vec<(String, Probabilities)>,
    /// Rows that could not be used, with the reason.
    pub(super) rejected: Vec<RejectedRow>,
}

impl Teacher {
    /// Reads a JSONL, CSV or Parquet file with the fields `text`, `p_pro_intervention`, `p_anti_intervention`,
    /// `p_cooperative` and `p_none`, as `demarche classify` writes them.
    ///
    /// # Errors
    /// A file that cannot be read, or one without any usable row.
    pub(super) fn read(path: &Path) -> Result<Self, TrainError> {
        let mut statements = Vec::new();
        let mut rejected = Vec::new();
        let mut seen = HashMap::new();
        table::read_file(path, &["text"], &mut |row| {
            let taught = row.and_then(|row| {
                let taught = taught(&row).map_err(|reason| row.rejected(reason))?;
                match seen.insert(taught.0.clone(), row.number) {
                    None => Ok(taught),
                    Some(first) => Err(row.rejected(format!("has the text of row {first}"))),
                }
            });
            match taught {
                Ok(taught) => statements.push(taught),
                Err(row) => rejected.push(row),
            }
        })
        .map_err(TrainError::Teacher)?;
        if statements.is_empty() {
            return Err(TrainError::NothingTaught {
                path: path.to_owned(),
                reason: first_reason(&rejected.into_iter().next()),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            statements,
            rejected,
        })
    }
}

fn taught(row: &Row) -> Result<(String, Probabilities), String> {
    let text = row.text("text").filter(|text| !text.trim().is_empty());
    let text = text.ok_or("no field `text`, or it is empty")?;
    let probabilities = probabilities_of(row)?.ok_or("none of the four fields `p_…`")?;
    Ok((text, probabilities))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::Stance;

    fn read(contents: &str) -> Result<Teacher, TrainError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("teacher.csv");
        std::fs::write(&path, contents).unwrap();
        Teacher::read(&path)
    }

    #[test]
    fn what_classify_writes_is_read_and_the_rest_rejected() {
        let header = "text,p_pro_intervention,p_anti_intervention,p_cooperative,p_none\n";
        let rows = "No.,0.1,0.7,0.1,0.1\nYes.,0.9,0.9,0,0\nNo.,0.25,0.25,0.25,0.25\n,1,0,0,0\nOh.,1,0,0,\n";
        let teacher = read(&format!("{header}{rows}")).unwrap();
        assert_eq!(teacher.statements.len(), 1);
        assert!((teacher.statements[0].1.of(Stance::AntiIntervention) - 0.7).abs() < 1e-6);
        let reasons: Vec<&str> = teacher.rejected.iter().map(|row| row.reason.as_str()).collect();
        assert!(reasons[0].contains("sum to 1.8"), "{reasons:?}");
        assert!(reasons[1].contains("text of row"), "{reasons:?}");
        assert!(reasons[2].contains("`text`"), "{reasons:?}");
        assert!(reasons[3].contains("`p_none`"), "{reasons:?}");
        let error = read(&format!("{header},1,0,0,0\n")).err().unwrap().to_string();
        assert!(error.contains("teacher.csv"), "{error}");
    }
}
