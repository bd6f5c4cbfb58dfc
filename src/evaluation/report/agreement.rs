//! The report of coders' agreement, for people.

use std::fmt;

use super::text::{shown, shown_percent, write_statement};
use crate::evaluation::{Agreement, ItemRatings};
use crate::output::counted;

/// The agreement of coders, and their names.
#[derive(Clone, Debug)]
pub struct AgreementReport {
    pub coders: Vec<String>,
    /// How many statements each coder labelled, and how many each left without a label.
    pub labelled: Vec<[usize; 2]>,
    pub agreement: Agreement,
}

impl fmt::Display for AgreementReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let agreement = &self.agreement;
        for (number, (coder, [labelled, empty])) in (1..).zip(self.coders.iter().zip(&self.labelled)) {
            write!(out, "coder {number}: {coder}, {}", counted(*labelled, "label"))?;
            match empty {
                0 => writeln!(out)?,
                empty => writeln!(out, " and {empty} left empty")?,
            }
        }
        writeln!(
            out,
            "{}: {} labelled by two coders or more, {} by all {}\n",
            counted(agreement.statements, "statement"),
            agreement.paired,
            agreement.complete,
            self.coders.len()
        )?;
        writeln!(
            out,
            "{:24} {}",
            "agreement of pairs",
            shown_percent(&agreement.percent)
        )?;
        writeln!(out, "{:24} {}", "Krippendorff's alpha", shown(&agreement.alpha))?;
        writeln!(out, "{:24} {}", "Fleiss' kappa", shown(&agreement.fleiss))?;
        for pair in &agreement.cohen {
            let name = match self.coders.len() {
                2 => "Cohen's kappa".to_owned(),
                _ => format!("Cohen's kappa, {} and {}", pair.coders[0] + 1, pair.coders[1] + 1),
            };
            writeln!(
                out,
                "{name:24} {}  ({})",
                shown(&pair.kappa),
                counted(pair.statements, "statement")
            )?;
        }
        writeln!(out, "\n{:18} {:>11}  the others agree", "label", "times given")?;
        for label in &agreement.labels {
            writeln!(
                out,
                "{:18} {:>11}  {}",
                label.label,
                label.given,
                shown(&label.agreement)
            )?;
        }
        if agreement.disputed > 0 {
            writeln!(
                out,
                "\n{} labelled differently; the first {}:",
                counted(agreement.disputed, "statement"),
                agreement.disagreements.len()
            )?;
        }
        for item in &agreement.disagreements {
            let heading = labels(item).join(" / ");
            write_statement(out, &heading, Some(&item.id), item.text.as_deref().unwrap_or(""))?;
        }
        writeln!(
            out,
            "\nBrackets: 95% intervals, by resampling {} (percentile bootstrap). Sampling weights are not heeded.",
            agreement.articles.map_or("statements", |_| "articles")
        )?;
        if agreement.alpha.value.is_nan() {
            writeln!(
                out,
                "Where all labels are the same, chance-corrected agreement is undefined."
            )?;
        }
        Ok(())
    }
}

/// Each coder's label; a dash where there is none.
fn labels(item: &ItemRatings) -> Vec<&str> {
    item.labels
        .iter()
        .map(|label| label.map_or("–", |label| label.name()))
        .collect()
}
