//! The report as one HTML page: nothing is loaded from anywhere, light and dark.

use maud::{html, Markup, PreEscaped, DOCTYPE};

use super::text::{guessed, plain, shown, shown_percent};
use super::{charts, EvaluationReport};
use crate::evaluation::{Brief, Estimate, Evaluation, Threshold};
use crate::stance::Stance;

const STYLE: &str = include_str!("page.css");

/// One page with every report on it, in order.
pub fn page(reports: &[EvaluationReport]) -> String {
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "demarche " (env!("CARGO_PKG_VERSION")) };
                title { "Evaluation: " (reports.iter().map(|report| report.name.as_str()).collect::<Vec<_>>().join(", ")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @for report in reports { (section(report)) }
            }
        }
    };
    html.into_string()
}

fn section(report: &EvaluationReport) -> Markup {
    let evaluation = &report.evaluation;
    html! {
        section {
            h1 { (report.name) }
            p { (report.scope()) }
            (headline(report))
            h2 { "Confusion matrix" }
            (charts::confusion_matrix(&evaluation.scores.matrix))
            h2 { "By stance" }
            (classes(evaluation))
            @if let Some(calibration) = &evaluation.scores.calibration {
                h2 { "Calibration and risk" }
                div .charts {
                    figure {
                        (charts::reliability(&calibration.table()))
                        figcaption { "On the dashed line, confidence is accuracy. Dots grow with the statements in them." }
                    }
                    @if let Some(curve) = &evaluation.risk_coverage {
                        figure {
                            (charts::risk_coverage(curve))
                            figcaption { "Area under the curve " (format!("{:.3}", curve.area)) "; less is better." }
                        }
                    }
                }
                (thresholds(evaluation))
            }
            h2 { "Without a model" }
            (briefs("baseline", evaluation.baselines.iter().map(|baseline| {
                (baseline.name.as_str(), evaluation.statements, &baseline.scores)
            })))
            @for grouping in &evaluation.groupings {
                h2 { "By " (grouping.by) }
                (briefs(grouping.by, grouping.groups.iter().map(|group| {
                    (group.value.as_str(), group.statements, &group.scores)
                })))
            }
            @if !evaluation.errors.is_empty() {
                h2 { "The surest errors" }
                (errors(evaluation))
            }
            @for note in report.notes() { p .note { (note) } }
        }
    }
}

fn headline(report: &EvaluationReport) -> Markup {
    html! {
        table {
            @for (figure, estimate) in &report.evaluation.headline.figures {
                tr {
                    th scope="row" { (figure.title()) }
                    td { (report.shown_figure(*figure, estimate)) }
                }
            }
        }
    }
}

fn classes(evaluation: &Evaluation) -> Markup {
    html! {
        table {
            (header(&["stance", "precision", "recall", "F1", "support"]))
            @for (stance, class) in Stance::ALL.into_iter().zip(&evaluation.headline.classes) {
                tr {
                    th scope="row" { (stance) }
                    td { (shown(&class.precision)) }
                    td { (shown(&class.recall)) }
                    td { (shown(&class.f1)) }
                    td { (plain(class.support)) }
                }
            }
        }
    }
}

fn thresholds(evaluation: &Evaluation) -> Markup {
    html! {
        h2 { "Thresholds for precision " (evaluation.target_precision) }
        table {
            (header(&["stance", "confidence at least", "precision here", "coverage", "statements"]))
            @for Threshold { stance, found } in &evaluation.thresholds {
                tr {
                    th scope="row" { (stance.map_or("all stances", Stance::name)) }
                    @if let Some(found) = found {
                        td { (format!("{:.6}", found.threshold)) }
                        td { (shown(&Estimate { value: found.precision, interval: Some(found.interval) })) }
                        td { (format!("{:.1}%", 100.0 * found.coverage)) }
                        td { (found.kept) }
                    } @else {
                        td colspan="4" { "not reached at any confidence" }
                    }
                }
            }
        }
    }
}

fn briefs<'a>(first: &str, rows: impl Iterator<Item = (&'a str, usize, &'a Brief)>) -> Markup {
    html! {
        table {
            (header(&[first, "statements", "accuracy", "macro-F1", "pro and anti confused"]))
            @for (name, statements, brief) in rows {
                tr {
                    th scope="row" { (name) }
                    td { (statements) }
                    td { (shown(&brief.accuracy)) }
                    td { (shown(&brief.macro_f1)) }
                    td { (shown_percent(&brief.opposite_confusions)) }
                }
            }
        }
    }
}

fn errors(evaluation: &Evaluation) -> Markup {
    html! {
        table .statements {
            (header(&["predicted", "gold", "statement", "id"]))
            @for error in &evaluation.errors {
                tr {
                    td { (guessed(&error.guess)) }
                    td { (error.gold) }
                    td { (error.text) }
                    td { (error.id.as_deref().unwrap_or("")) }
                }
            }
        }
    }
}

fn header(columns: &[&str]) -> Markup {
    html! {
        tr { @for column in columns { th scope="col" { (column) } } }
    }
}
