//! The report of a comparison, for people.

use std::fmt;

use super::text::{guessed, shown_signed, write_statement};
use crate::evaluation::{Comparison, Figure, Flip};
use crate::output::counted;

/// A comparison and the names of what was compared.
#[derive(Clone, Debug)]
pub struct ComparisonReport {
    pub a: String,
    pub b: String,
    pub comparison: Comparison,
    /// Labelled statements that either has no prediction for.
    pub unpredicted: usize,
}

impl fmt::Display for ComparisonReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let comparison = &self.comparison;
        writeln!(out, "A: {}\nB: {}", self.a, self.b)?;
        write!(out, "{}", counted(comparison.statements, "statement"))?;
        if let Some(articles) = comparison.articles {
            write!(out, " in {articles} articles")?;
        }
        if self.unpredicted > 0 {
            write!(
                out,
                " ({} without a prediction of both, left out)",
                self.unpredicted
            )?;
        }
        writeln!(out, "\n\n{:24} {:>8} {:>8}   B − A", "", "A", "B")?;
        for paired in &comparison.figures {
            let better = match paired.figure.is_error() {
                true => "  (less is better)",
                false => "",
            };
            writeln!(
                out,
                "{:24} {:>8.3} {:>8.3}   {}{better}",
                paired.figure.title(),
                paired.a,
                paired.b,
                shown_signed(&paired.difference)
            )?;
        }
        let mcnemar = &comparison.mcnemar;
        writeln!(
            out,
            "\nboth right {}, both wrong {}, A alone right {}, B alone right {}; different stances {}",
            comparison.both_right,
            comparison.both_wrong,
            mcnemar.a_alone,
            mcnemar.b_alone,
            comparison.different
        )?;
        writeln!(out, "McNemar's exact test: p = {}", p_value(mcnemar.p_value()))?;
        write_flips(out, "B right, A wrong:", "A", "B", &comparison.gained)?;
        write_flips(out, "A right, B wrong:", "B", "A", &comparison.lost)?;
        writeln!(out, "\n{}", self.notes())
    }
}

impl ComparisonReport {
    /// What a reader must know of how the figures were made.
    pub(super) fn notes(&self) -> String {
        let unit = match self.comparison.articles {
            Some(_) => "articles",
            None => "statements",
        };
        let mut notes =
            format!("Brackets: 95% intervals of the difference, by resampling {unit} for both alike.");
        if self.comparison.articles.is_some() {
            notes +=
                "\nMcNemar's test takes statements as independent; within an article they are not quite.";
        }
        if self.comparison.weighted {
            notes += "\nFigures count statements by their sampling weights; counts and McNemar's test take each alike.";
        }
        if !self.has(Figure::CalibrationError) {
            notes += "\nNot both have probabilities: nothing is said of calibration.";
        }
        notes
    }

    fn has(&self, figure: Figure) -> bool {
        self.comparison
            .figures
            .iter()
            .any(|paired| paired.figure == figure)
    }
}

fn p_value(p: f64) -> String {
    if p < 0.0001 {
        "less than 0.0001".to_owned()
    } else {
        format!("{p:.4}")
    }
}

fn write_flips(
    out: &mut fmt::Formatter<'_>,
    heading: &str,
    wrong: &str,
    right: &str,
    flips: &[Flip],
) -> fmt::Result {
    if flips.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    for flip in flips {
        let heading = format!(
            "{wrong}: {}, {right}: {}",
            guessed(&flip.wrong.guess),
            guessed(&flip.right)
        );
        write_statement(out, &heading, flip.wrong.id.as_deref(), &flip.wrong.text)?;
    }
    Ok(())
}
