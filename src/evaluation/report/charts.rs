//! The figures of the HTML report, drawn as SVG. Their colours are the page's variables.

use std::fmt::Write;

use maud::{html, Markup};

use super::text::plain;
use crate::evaluation::{ConfusionMatrix, ReliabilityRow, RiskCoverage};
use crate::stance::Stance;

/// The size of a plot without its margins, in pixels.
const PLOT: f64 = 300.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 48.0;
const RIGHT: f64 = 16.0;

/// A cell of the confusion matrix.
const CELL_WIDTH: f64 = 124.0;
const CELL_HEIGHT: f64 = 48.0;
const LABELS: f64 = 136.0;
const HEADER: f64 = 44.0;

/// More points than this on a curve are not to be seen apart.
const CURVE_POINTS: usize = 400;

/// The confusion matrix: a row for each gold stance, each cell as dark as its share of the row.
pub(super) fn confusion_matrix(matrix: &ConfusionMatrix) -> Markup {
    let width = LABELS + CELL_WIDTH * Stance::COUNT as f64;
    let height = HEADER + CELL_HEIGHT * Stance::COUNT as f64;
    html! {
        svg viewBox={ "0 0 " (width) " " (height) } width=(width) role="img" {
            title { "Confusion matrix: gold stances in rows, predicted ones in columns" }
            text .axis x=(LABELS + 2.0 * CELL_WIDTH) y="14" text-anchor="middle" { "predicted" }
            text .axis x="0" y="36" { "gold" }
            @for (column, predicted) in (0..).zip(Stance::ALL) {
                text x=(LABELS + CELL_WIDTH * (f64::from(column) + 0.5)) y="36" text-anchor="middle" { (predicted) }
            }
            @for (row, gold) in (0..).zip(Stance::ALL) {
                @let y = HEADER + CELL_HEIGHT * f64::from(row);
                @let support = matrix.scores(gold).support;
                text x="0" y=(y + CELL_HEIGHT / 2.0 + 5.0) { (gold) }
                @for (column, predicted) in (0..).zip(Stance::ALL) {
                    @let x = LABELS + CELL_WIDTH * f64::from(column);
                    @let weight = matrix.weight(gold, predicted);
                    @let share = if support > 0.0 { weight / support } else { 0.0 };
                    rect .cell x=(x) y=(y) width=(CELL_WIDTH - 2.0) height=(CELL_HEIGHT - 2.0) rx="3" {}
                    rect .heat x=(x) y=(y) width=(CELL_WIDTH - 2.0) height=(CELL_HEIGHT - 2.0) rx="3"
                        fill-opacity=(format!("{:.3}", 0.8 * share)) {}
                    text x=(x + CELL_WIDTH / 2.0) y=(y + 22.0) text-anchor="middle" { (plain(weight)) }
                    text .share x=(x + CELL_WIDTH / 2.0) y=(y + 38.0) text-anchor="middle" {
                        (format!("{:.0}%", 100.0 * share))
                    }
                }
            }
        }
    }
}

/// The reliability diagram: how often predictions of each confidence are right, with Wilson's intervals.
pub(super) fn reliability(table: &[ReliabilityRow]) -> Markup {
    let total: f64 = table.iter().map(|row| row.weight).sum();
    let points: Vec<(f64, f64)> = table.iter().map(|row| (row.confidence, row.accuracy)).collect();
    plot(
        "Reliability diagram: confidence and accuracy",
        "confidence",
        "accuracy",
        1.0,
        html! {
            line .guide x1=(x_at(0.0)) y1=(y_at(0.0, 1.0)) x2=(x_at(1.0)) y2=(y_at(1.0, 1.0)) {}
            path .curve d=(path_through(&points, 1.0)) {}
            @for row in table {
                line .whisker x1=(x_at(row.confidence)) x2=(x_at(row.confidence))
                y1=(y_at(row.interval.low, 1.0)) y2=(y_at(row.interval.high, 1.0)) {}
                circle .dot cx=(x_at(row.confidence)) cy=(y_at(row.accuracy, 1.0))
                    r=(format!("{:.1}", 3.0 + 12.0 * (row.weight / total).sqrt())) {
                    title {
                        (plain(row.weight)) " statements, mean confidence "
                        (format!("{:.3}, accuracy {:.3}", row.confidence, row.accuracy))
                    }
                }
            }
        },
    )
}

/// The risk–coverage curve: the share of wrong predictions among the surest ones.
pub(super) fn risk_coverage(curve: &RiskCoverage) -> Markup {
    let highest = curve.points.iter().map(|point| point.risk).fold(0.0, f64::max);
    let top = (10.0 * highest).ceil().max(1.0) / 10.0;
    let step = curve.points.len().div_ceil(CURVE_POINTS).max(1);
    let mut points: Vec<(f64, f64)> = curve
        .points
        .iter()
        .step_by(step)
        .map(|point| (point.coverage, point.risk))
        .collect();
    points.extend(curve.points.last().map(|last| (last.coverage, last.risk)));
    plot(
        "Risk–coverage curve",
        "share of statements kept, surest first",
        "share of those wrong",
        top,
        html! {
            path .curve d=(path_through(&points, top)) {}
        },
    )
}

/// A square plot of shares, x from 0 to 1 and y from 0 to `top`.
fn plot(title: &str, x_title: &str, y_title: &str, top: f64, content: Markup) -> Markup {
    let (width, height) = (LEFT + PLOT + RIGHT, TOP + PLOT + BOTTOM);
    html! {
        svg viewBox={ "0 0 " (width) " " (height) } width=(width) role="img" {
            title { (title) }
            rect .cell x=(LEFT) y=(TOP) width=(PLOT) height=(PLOT) {}
            @for tick in 0..=5 {
                @let share = f64::from(tick) / 5.0;
                line .grid x1=(x_at(share)) x2=(x_at(share)) y1=(TOP) y2=(TOP + PLOT) {}
                line .grid x1=(LEFT) x2=(LEFT + PLOT) y1=(y_at(share, 1.0)) y2=(y_at(share, 1.0)) {}
                text .small x=(x_at(share)) y=(TOP + PLOT + 16.0) text-anchor="middle" { (format!("{share:.1}")) }
                text .small x=(LEFT - 6.0) y=(TOP + PLOT * (1.0 - share) + 4.0) text-anchor="end" {
                    (format!("{:.2}", share * top))
                }
            }
            text .axis x=(LEFT + PLOT / 2.0) y=(height - 8.0) text-anchor="middle" { (x_title) }
            text .axis transform={ "translate(12 " (TOP + PLOT / 2.0) ") rotate(-90)" } text-anchor="middle" {
                (y_title)
            }
            (content)
        }
    }
}

fn x_at(share: f64) -> String {
    format!("{:.1}", LEFT + PLOT * share)
}

fn y_at(value: f64, top: f64) -> String {
    format!("{:.1}", TOP + PLOT * (1.0 - value / top))
}

fn path_through(points: &[(f64, f64)], top: f64) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let verb = if index == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{verb}{} {}", x_at(*x), y_at(*y, top));
    }
    path
}
