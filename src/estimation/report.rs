//! Shares, for people and for programs.

use std::fmt;

use serde_json::{json, Map, Value};

use super::{GroupShares, Shares, StanceShare};
use crate::evaluation::report::{estimate_cells, estimate_json, number_cell, shown_percent, COLUMN};
use crate::output::{csv_text, printable, OutputError};

/// Shares, and the name of what parts the corpus.
#[derive(Clone, Debug)]
pub struct SharesReport {
    pub predictions: String,
    pub gold: String,
    pub by: Option<String>,
    pub shares: Shares,
}

/// How many parts are shown to people.
const GROUPS_SHOWN: usize = 40;

impl fmt::Display for SharesReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}, corrected by {}", self.predictions, self.gold)?;
        write_group(out, "all statements", &self.shares.whole)?;
        let by = self.by.as_deref().unwrap_or_default();
        for group in self.shares.groups.iter().take(GROUPS_SHOWN) {
            let value = match &group.value {
                Some(value) => format!("{by} {}", printable(value)),
                None => format!("without {by}"),
            };
            write_group(out, &value, group)?;
        }
        match self.shares.groups.len().saturating_sub(GROUPS_SHOWN) {
            0 => {}
            more => writeln!(out, "\n… and {more} more parts, in --csv and --json")?,
        }
        writeln!(
            out,
            "\nBrackets: 95% intervals. Those of corrected shares hold if the gold statements are a random sample of\n\
             these predictions (demarche sample draws one) and their labels are right. Predicted shares err with\n\
             the model, and their intervals know nothing of it: report corrected ones."
        )
    }
}

fn write_group(out: &mut fmt::Formatter<'_>, name: &str, group: &GroupShares) -> fmt::Result {
    writeln!(
        out,
        "\n{name}: {} statements, {} of them gold{}",
        group.statements,
        group.gold,
        group
            .lambda
            .map(|lambda| format!(" (λ {lambda:.2})"))
            .unwrap_or_default()
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
    /// The shares as CSV: a row for each part of the corpus (an empty `by` is the whole) and stance.
    ///
    /// # Errors
    /// Where CSV cannot be written.
    pub fn to_csv(&self) -> Result<String, OutputError> {
        let by = self.by.as_deref().unwrap_or_default();
        let whole = std::iter::once(("", &self.shares.whole));
        let groups = whole.chain(self.shares.groups.iter().map(|group| (by, group)));
        let rows =
            groups.flat_map(|(by, group)| group.shares.iter().map(move |share| csv_row(by, group, share)));
        csv_text(&CSV_COLUMNS, rows)
    }

    /// The shares as a JSON object.
    pub fn to_json(&self) -> Value {
        let shares = &self.shares;
        json!({
            "demarche": env!("CARGO_PKG_VERSION"),
            "predictions": self.predictions,
            "gold": self.gold,
            "by": self.by,
            "all": group_json(&shares.whole),
            "groups": shares.groups.iter().map(group_json).collect::<Vec<_>>(),
            "effective_gold": shares.effective_gold,
            "abstained": shares.abstained,
            "gold_without_prediction": shares.unmatched,
            "gold_with_another_text": shares.texts_differ,
            "drawn_from_another_file": shares.drawn_from_another,
            "rejected_lines": shares.rejected.len(),
        })
    }
}

const CSV_COLUMNS: [&str; 12] = [
    "by",
    "part",
    "stance",
    "statements",
    "gold",
    "predicted",
    "predicted_low",
    "predicted_high",
    "corrected",
    "corrected_low",
    "corrected_high",
    "lambda",
];

fn csv_row(by: &str, group: &GroupShares, share: &StanceShare) -> Vec<String> {
    let mut row = vec![
        by.to_owned(),
        group.value.clone().unwrap_or_default(),
        share.stance.to_string(),
        group.statements.to_string(),
        group.gold.to_string(),
    ];
    row.extend(estimate_cells(Some(&share.naive)));
    row.extend(estimate_cells(share.corrected.as_ref()));
    row.push(number_cell(group.lambda));
    row
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
