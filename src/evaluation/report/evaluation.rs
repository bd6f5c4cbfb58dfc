//! The report of one evaluation, for people.

use std::fmt;

use super::text::{plain, shown, shown_percent, write_error, COLUMN};
use crate::evaluation::{Brief, Estimate, Evaluation, Figure, Grouping, RiskCoverage, Threshold};
use crate::output::{counted, printable};
use crate::stance::Stance;

/// An evaluation and what it does not speak of.
#[derive(Clone, Debug)]
pub struct EvaluationReport {
    /// What was evaluated: a file's path, or a name for several together.
    pub name: String,
    pub evaluation: Evaluation,
    /// Rows of the fixture that could not be used.
    pub rejected: usize,
    /// Labelled statements without a prediction.
    pub unpredicted: usize,
    /// What predicted, and how intervals were made, for whoever would repeat it.
    pub made_by: String,
}

/// How many groups of one grouping are shown to people; JSON and HTML have all.
const GROUPS_SHOWN: usize = 25;

/// The shares of statements that the risk–coverage table shows.
pub(super) const COVERAGES: [f64; 6] = [0.1, 0.25, 0.5, 0.75, 0.9, 1.0];

impl fmt::Display for EvaluationReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let evaluation = &self.evaluation;
        writeln!(out, "{}: {}", self.name, self.scope())?;
        writeln!(out)?;
        for (figure, estimate) in &evaluation.headline.figures {
            writeln!(
                out,
                "{:24} {}",
                figure.title(),
                self.shown_figure(*figure, estimate)
            )?;
        }
        writeln!(out)?;
        write_classes(out, evaluation)?;
        writeln!(out)?;
        write_matrix(out, evaluation)?;
        write_baselines(out, evaluation)?;
        write_calibration(out, evaluation)?;
        write_selection(out, evaluation)?;
        for grouping in &evaluation.groupings {
            write_grouping(out, grouping)?;
        }
        if !evaluation.errors.is_empty() {
            writeln!(out, "\nThe surest errors:")?;
            for error in &evaluation.errors {
                write_error(out, error)?;
            }
        }
        writeln!(out, "\n{}", self.notes().join("\n"))
    }
}

impl EvaluationReport {
    /// A headline figure, beside what chance gives where that is not nothing.
    pub(super) fn shown_figure(&self, figure: Figure, estimate: &Estimate) -> String {
        match (figure, self.evaluation.chance_calibration_error) {
            (Figure::OppositeConfusions, _) => shown_percent(estimate),
            (Figure::CalibrationError, Some(chance)) => {
                format!(
                    "{}  (perfectly calibrated, it would be {chance:.3})",
                    shown(estimate)
                )
            }
            _ => shown(estimate),
        }
    }

    /// How much was evaluated, in one line.
    pub(super) fn scope(&self) -> String {
        let mut scope = counted(self.evaluation.statements, "statement");
        if let Some(articles) = self.evaluation.articles {
            scope += &format!(" in {articles} articles");
        }
        match self.rejected {
            0 => {}
            rejected => scope += &format!(" ({} rejected)", counted(rejected, "line")),
        }
        if self.unpredicted > 0 {
            scope += &format!(" ({} without a prediction, left out)", self.unpredicted);
        }
        scope
    }

    /// What a reader must know of how the figures were made.
    pub(super) fn notes(&self) -> Vec<String> {
        let unit = match self.evaluation.articles {
            Some(_) => "articles",
            None => "statements",
        };
        let mut notes = vec![format!(
            "Brackets: 95% intervals, by resampling {unit} (percentile bootstrap; the calibration error's \
             turned round its value; Wilson's of shares where resamples show no spread)."
        )];
        if self.evaluation.few_articles {
            notes.push(
                "The articles are too few to resample: statements of one article are taken as independent, and \
                 intervals are too narrow."
                    .to_owned(),
            );
        }
        if self.evaluation.weighted {
            notes.push("Statements count by their sampling weights.".to_owned());
        }
        let without = self.evaluation.without_probabilities;
        if without > 0 {
            notes.push(format!(
                "{without} of {} predictions have no probabilities: nothing is said of calibration and thresholds.",
                self.evaluation.statements
            ));
        }
        notes.push(format!("Made by {}.", self.made_by));
        notes
    }
}

fn write_classes(out: &mut fmt::Formatter<'_>, evaluation: &Evaluation) -> fmt::Result {
    writeln!(
        out,
        "{:18} {:>COLUMN$}  {:>COLUMN$}  {:>COLUMN$} {:>8}",
        "stance", "precision", "recall", "F1", "support"
    )?;
    for (stance, class) in Stance::ALL.into_iter().zip(&evaluation.headline.classes) {
        writeln!(
            out,
            "{stance:18} {:>COLUMN$}  {:>COLUMN$}  {:>COLUMN$} {:>8}",
            shown(&class.precision),
            shown(&class.recall),
            shown(&class.f1),
            plain(class.support)
        )?;
    }
    Ok(())
}

fn write_matrix(out: &mut fmt::Formatter<'_>, evaluation: &Evaluation) -> fmt::Result {
    write!(out, "{:18}", "gold \\ predicted")?;
    for predicted in Stance::ALL {
        write!(out, " {predicted:>17}")?;
    }
    writeln!(out)?;
    for gold in Stance::ALL {
        write!(out, "{gold:18}")?;
        for predicted in Stance::ALL {
            write!(
                out,
                " {:>17}",
                plain(evaluation.scores.matrix.weight(gold, predicted))
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_brief_header(out: &mut fmt::Formatter<'_>, first: &str) -> fmt::Result {
    writeln!(
        out,
        "\n{first:26} {:>10} {:>COLUMN$}  {:>COLUMN$}  {:>COLUMN$}",
        "statements", "accuracy", "macro-F1", "pro–anti confused"
    )
}

fn write_brief(out: &mut fmt::Formatter<'_>, name: &str, statements: usize, brief: &Brief) -> fmt::Result {
    writeln!(
        out,
        "{:26} {statements:>10} {:>COLUMN$}  {:>COLUMN$}  {:>COLUMN$}",
        printable(name),
        shown(&brief.accuracy),
        shown(&brief.macro_f1),
        shown_percent(&brief.opposite_confusions)
    )
}

fn write_baselines(out: &mut fmt::Formatter<'_>, evaluation: &Evaluation) -> fmt::Result {
    write_brief_header(out, "without a model")?;
    for baseline in &evaluation.baselines {
        write_brief(out, &baseline.name, evaluation.statements, &baseline.scores)?;
    }
    Ok(())
}

fn write_grouping(out: &mut fmt::Formatter<'_>, grouping: &Grouping) -> fmt::Result {
    write_brief_header(out, &format!("by {}", grouping.by))?;
    for group in grouping.groups.iter().take(GROUPS_SHOWN) {
        write_brief(out, &group.value, group.statements, &group.scores)?;
    }
    match grouping.groups.len().saturating_sub(GROUPS_SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "… and {more} more, in --json and --html"),
    }
}

fn write_calibration(out: &mut fmt::Formatter<'_>, evaluation: &Evaluation) -> fmt::Result {
    let Some(calibration) = &evaluation.scores.calibration else {
        return Ok(());
    };
    writeln!(
        out,
        "\n{:18} {:>10} {:>15} {:>9}",
        "confidence", "statements", "mean confidence", "accuracy"
    )?;
    for row in calibration.table() {
        writeln!(
            out,
            "{:18} {:>10} {:>15.3} {:>9.3}",
            format!("{:.1} to {:.1}", row.from, row.to),
            plain(row.weight),
            row.confidence,
            row.accuracy
        )?;
    }
    Ok(())
}

fn write_selection(out: &mut fmt::Formatter<'_>, evaluation: &Evaluation) -> fmt::Result {
    let Some(curve) = &evaluation.risk_coverage else {
        return Ok(());
    };
    writeln!(
        out,
        "\n{:18} {:>9} {:>14}",
        "the surest kept", "accuracy", "confidence ≥"
    )?;
    for (coverage, point) in at_coverages(curve) {
        writeln!(
            out,
            "{:18} {:>9.3} {:>14.3}",
            format!("{:.0}%", 100.0 * coverage),
            1.0 - point.risk,
            point.threshold
        )?;
    }
    writeln!(out, "area under the risk–coverage curve {:.3}", curve.area)?;
    writeln!(
        out,
        "\n{:18} {:>14} {:>COLUMN$} {:>9} {:>10}",
        format!("for precision {}", evaluation.target_precision),
        "confidence ≥",
        "precision here",
        "coverage",
        "statements"
    )?;
    for threshold in &evaluation.thresholds {
        write_threshold(out, threshold)?;
    }
    Ok(())
}

/// The first point of the curve that keeps at least each share of [`COVERAGES`].
pub(super) fn at_coverages(
    curve: &RiskCoverage,
) -> impl Iterator<Item = (f64, &crate::evaluation::SelectionPoint)> {
    COVERAGES.into_iter().filter_map(|coverage| {
        let point = curve
            .points
            .iter()
            .find(|point| point.coverage >= coverage - 1e-9)?;
        Some((coverage, point))
    })
}

fn write_threshold(out: &mut fmt::Formatter<'_>, threshold: &Threshold) -> fmt::Result {
    let name = threshold.stance.map_or("all stances", Stance::name);
    let Some(found) = threshold.found else {
        return writeln!(out, "{name:18} not reached at any confidence");
    };
    let precision = Estimate {
        value: found.precision,
        interval: Some(found.interval),
    };
    writeln!(
        out,
        "{name:18} {:>14.6} {:>COLUMN$} {:>8.1}% {:>10}",
        found.threshold,
        shown(&precision),
        100.0 * found.coverage,
        found.kept
    )
}
