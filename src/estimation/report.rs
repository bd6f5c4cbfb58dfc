//! Shares, for people and for programs.

use std::fmt;

use serde_json::{json, Map, Value};

use super::{GroupShares, Shares};
use crate::evaluation::report::{estimate_json, shown_percent, COLUMN};

/// Shares, and the name of what parts the corpus.
#[derive(Clone, Debug)]
pub struct SharesReport {
    pub predictions: String,
    pub gold: String,
    pub by: Option<String>,
    pub shares: Shares,
}

impl fmt::Display for SharesReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}, corrected by {}", self.predictions, self.gold)?;
        write_group(out, "all statements", &self.shares.whole)?;
        let by = self.by.as_deref().unwrap_or_default();
        for group in &self.shares.groups {
            let value = match &group.value {
                Some(value) => format!("{by} {}", crate::output::printable(value)),
                None => format!("without {by}"),
            };
            write_group(out, &value, group)?;
        }
        writeln!(
            out,
            "\nBrackets: 95% intervals. They hold if the gold statements are a random sample of these predictions\n\
             (demarche sample draws one) and their labels are right. Predicted shares err with the model: report\n\
             corrected ones."
        )
    }
}

fn write_group(out: &mut fmt::Formatter<'_>, name: &str, group: &GroupShares) -> fmt::Result {
    writeln!(
        out,
        "\n{name}: {} statements, {} of them gold",
        group.statements, group.gold
    )?;
    writeln!(
        out,
        "{:18} {:>COLUMN$}  {:>COLUMN$}",
        "stance", "predicted", "corrected"
    )?;
    for share in &group.shares {
        let corrected = match &share.corrected {
            Some(corrected) => shown_percent(corrected),
            None => "too little gold".to_owned(),
        };
        writeln!(
            out,
            "{:18} {:>COLUMN$}  {corrected:>COLUMN$}",
            share.stance,
            shown_percent(&share.naive)
        )?;
    }
    Ok(())
}

impl SharesReport {
    /// The shares as a JSON object.
    pub fn to_json(&self) -> Value {
        let shares = &self.shares;
        json!({
            "predictions": self.predictions,
            "gold": self.gold,
            "by": self.by,
            "all": group_json(&shares.whole),
            "groups": shares.groups.iter().map(group_json).collect::<Vec<_>>(),
            "abstained": shares.abstained,
            "gold_without_prediction": shares.unmatched,
            "rejected_lines": shares.rejected.len(),
        })
    }
}

fn group_json(group: &GroupShares) -> Value {
    let shares: Map<String, Value> = group
        .shares
        .iter()
        .map(|share| {
            let value = json!({
                "predicted": estimate_json(&share.naive),
                "corrected": share.corrected.as_ref().map(estimate_json),
            });
            (share.stance.name().to_owned(), value)
        })
        .collect();
    json!({
        "value": group.value,
        "statements": group.statements,
        "gold": group.gold,
        "lambda": group.lambda,
        "shares": shares,
    })
}
