//! A readable report of a classifier's scores on a fixture.

use std::fmt;

use serde_json::json;

use super::ConfusionMatrix;
use crate::stance::Stance;

/// The scores of one fixture, or of several together.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was evaluated: a file's path, or a name for several together.
    pub name: String,
    pub matrix: ConfusionMatrix,
    /// Lines of the fixture that could not be used: the scores say nothing of them.
    pub rejected: usize,
}

impl Report {
    /// The same figures as the text, for programs.
    pub fn to_json(&self) -> serde_json::Value {
        let per_class: serde_json::Map<_, _> = Stance::ALL
            .iter()
            .map(|&stance| (stance.name().to_owned(), json!(self.matrix.scores(stance))))
            .collect();
        let confusion: serde_json::Map<_, _> = Stance::ALL
            .iter()
            .map(|&gold| {
                let row: serde_json::Map<_, _> = Stance::ALL
                    .iter()
                    .map(|&predicted| {
                        (
                            predicted.name().to_owned(),
                            json!(self.matrix.count(gold, predicted)),
                        )
                    })
                    .collect();
                (gold.name().to_owned(), row.into())
            })
            .collect();
        json!({
            "fixture": self.name,
            "statements": self.matrix.total(),
            "rejected_lines": self.rejected,
            "accuracy": self.matrix.accuracy(),
            "macro_f1": self.matrix.macro_f1(),
            "pro_anti_confusions": self.matrix.opposite_confusions(),
            "per_class": per_class,
            "confusion_gold_by_predicted": confusion,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matrix = &self.matrix;
        write!(out, "{}: {} statements", self.name, matrix.total())?;
        match self.rejected {
            0 => writeln!(out)?,
            rejected => writeln!(out, " ({rejected} lines rejected)")?,
        }
        writeln!(
            out,
            "accuracy {:.3}   macro-F1 {:.3}   pro and anti confused {:.1}%",
            matrix.accuracy(),
            matrix.macro_f1(),
            100.0 * matrix.opposite_confusions()
        )?;
        writeln!(out)?;
        writeln!(
            out,
            "{:18} {:>9} {:>9} {:>9} {:>9}",
            "stance", "precision", "recall", "F1", "support"
        )?;
        for stance in Stance::ALL {
            let scores = matrix.scores(stance);
            writeln!(
                out,
                "{stance:18} {:>9.3} {:>9.3} {:>9.3} {:>9}",
                scores.precision, scores.recall, scores.f1, scores.support
            )?;
        }
        writeln!(out)?;
        write!(out, "{:18}", "gold \\ predicted")?;
        for predicted in Stance::ALL {
            write!(out, " {predicted:>17}")?;
        }
        writeln!(out)?;
        for gold in Stance::ALL {
            write!(out, "{gold:18}")?;
            for predicted in Stance::ALL {
                write!(out, " {:>17}", matrix.count(gold, predicted))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}
