//! Numbers and statements as the readable reports have them.

use std::fmt;

use crate::evaluation::{ConfidentError, Estimate, Guess};
use crate::output::printable;

/// How wide a column with an interval is.
pub(crate) const COLUMN: usize = 20;

/// How wide statements are set.
const WIDTH: usize = 100;

/// An estimate with its interval: `0.761 [0.730, 0.790]`.
pub(crate) fn shown(estimate: &Estimate) -> String {
    with_interval(estimate, |value| format!("{value:.3}"))
}

/// A share with its interval, in percent: `12.3% [10.0, 14.8]`.
pub(crate) fn shown_percent(estimate: &Estimate) -> String {
    if estimate.value.is_nan() {
        return "undefined".to_owned();
    }
    let value = format!("{:.1}%", 100.0 * estimate.value);
    match estimate.interval {
        Some(interval) => format!(
            "{value} [{:.1}, {:.1}]",
            100.0 * interval.low,
            100.0 * interval.high
        ),
        None => value,
    }
}

/// An estimate with its sign: `+0.021 [-0.004, +0.046]`.
pub(super) fn shown_signed(estimate: &Estimate) -> String {
    // What rounds to nothing has no sign.
    with_interval(estimate, |value| {
        format!("{value:+.3}").replace("-0.000", "+0.000")
    })
}

fn with_interval(estimate: &Estimate, number: impl Fn(f64) -> String) -> String {
    if estimate.value.is_nan() {
        return "undefined".to_owned();
    }
    match estimate.interval {
        Some(interval) => format!(
            "{} [{}, {}]",
            number(estimate.value),
            number(interval.low),
            number(interval.high)
        ),
        None => number(estimate.value),
    }
}

/// An estimate, the low end of its interval and the high one, as cells of a table; empty where there is none.
pub(crate) fn estimate_cells(estimate: Option<&Estimate>) -> [String; 3] {
    let interval = estimate.and_then(|estimate| estimate.interval);
    [
        number_cell(estimate.map(|estimate| estimate.value)),
        number_cell(interval.map(|interval| interval.low)),
        number_cell(interval.map(|interval| interval.high)),
    ]
}

/// A number as a cell of a table; empty where there is none.
pub(crate) fn number_cell(number: Option<f64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// A weight: whole numbers without decimals.
pub(crate) fn plain(weight: f64) -> String {
    if weight.fract() == 0.0 {
        format!("{weight}")
    } else {
        format!("{weight:.1}")
    }
}

/// A prediction and how sure it was: `anti_intervention 0.97`.
pub(super) fn guessed(guess: &Guess) -> String {
    match guess.confidence() {
        Some(confidence) => format!("{} {confidence:.2}", guess.stance),
        None => guess.stance.to_string(),
    }
}

/// A statement under its heading, indented and wrapped.
pub(super) fn write_statement(
    out: &mut fmt::Formatter<'_>,
    heading: &str,
    id: Option<&str>,
    text: &str,
) -> fmt::Result {
    let id = id.map(|id| format!("  ({})", printable(id))).unwrap_or_default();
    writeln!(out, "  {heading}{id}")?;
    for line in textwrap::wrap(&printable(text), WIDTH - 4) {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

/// A wrong prediction: what it said, what was right, and the statement.
pub(super) fn write_error(out: &mut fmt::Formatter<'_>, error: &ConfidentError) -> fmt::Result {
    let heading = format!("{} for {}", guessed(&error.guess), error.gold);
    write_statement(out, &heading, error.id.as_deref(), &error.text)
}
