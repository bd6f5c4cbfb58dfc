//! `demarche shares`: stance shares of a corpus, as predicted and corrected.

use std::path::PathBuf;

use clap::Args;

use super::gold::read_fixtures;
use super::results::{write_file, ResultOptions};
use super::{tell, tell_rejected, tell_windows_1252, CommandError, Completion};
use crate::estimation::{Shares, SharesOptions, SharesReport, SLACK};

const EXAMPLES: &str = "Examples:
  demarche shares stances.jsonl --gold sample.csv
  demarche shares stances.jsonl --gold sample.csv --by outlet
  demarche shares stances.parquet --gold sample.csv --by month --json

The gold statements must be a random sample of these predictions, labelled by hand without sight of
them: demarche sample draws one. 200 are the least, 600 are enough for intervals to be relied on.";

/// Estimate stance shares, corrected for the model's errors
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Predictions of the whole corpus: JSONL, CSV or Parquet, as demarche classify writes them
    predictions: PathBuf,

    /// The random sample of them that was labelled by hand
    #[arg(long, value_name = "FIXTURE")]
    gold: PathBuf,

    /// Shares for each value of a field: outlet, holder, month or year (of date), or any other
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,

    /// Correct even by a sample that is too small, or seems not to be a whole random one of these
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    results: ResultOptions,

    /// Write the shares as a table too: a row for each part and stance
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let (fixtures, unusable) = read_fixtures(std::slice::from_ref(&arguments.gold))?;
    let gold = &fixtures[0];
    let mut inputs = gold.files();
    inputs.push(&arguments.predictions);
    arguments
        .results
        .refuse_inputs(&inputs, arguments.csv.as_deref())?;
    let options = SharesOptions {
        by: arguments.by.clone(),
        force: arguments.force,
    };
    let shares = Shares::of(&arguments.predictions, gold, &options)?;
    for line in &shares.rejected {
        tell_rejected(&arguments.predictions, line);
    }
    tell_windows_1252(&arguments.predictions, shares.windows_1252);
    let rejected = unusable + shares.rejected.len();
    for warning in warnings(&shares, gold.unlabelled.len(), options.least_gold_of_group()) {
        tell(&warning);
    }
    let report = SharesReport {
        predictions: arguments.predictions.display().to_string(),
        gold: arguments.gold.display().to_string(),
        by: arguments.by.clone(),
        shares,
    };
    if let Some(path) = &arguments.csv {
        write_file(path, &report.to_csv()?)?;
    }
    arguments.results.write(&report, &report.to_json())?;
    Ok(Completion::after(rejected))
}

fn warnings(shares: &Shares, unlabelled: usize, least_of_part: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |is_due: bool, warning: String| {
        if is_due {
            warnings.push(warning);
        }
    };
    let worth = shares.effective_gold;
    let in_worth = match worth < SLACK * shares.whole.gold as f64 {
        true => format!(", drawn unequally, are worth {worth:.0} drawn alike, and"),
        false => String::new(),
    };
    warn(
        worth < SLACK * Shares::ENOUGH_GOLD as f64,
        format!(
            "{} gold statements{in_worth} are few: from {} on intervals can be relied on",
            shares.whole.gold,
            Shares::ENOUGH_GOLD
        ),
    );
    warn(
        unlabelled > 0,
        format!(
            "{unlabelled} statements of the sample have no label yet: shares hold only if those are no different \
             from the rest"
        ),
    );
    warn(
        shares.unmatched > 0,
        format!(
            "{} gold statements have no prediction; they are left out",
            shares.unmatched
        ),
    );
    warn(
        shares.texts_differ > 0,
        format!(
            "{} gold statements have another text than the prediction with their id",
            shares.texts_differ
        ),
    );
    warn(
        shares.drawn_from_another,
        "the predictions are not the file that the sample was drawn from (its SHA-256 differs): shares hold only \
         if they are of the same statements"
            .to_owned(),
    );
    warn(
        shares.abstained > 0,
        format!(
            "{} predictions have no stance; they are in no share",
            shares.abstained
        ),
    );
    let without = shares
        .groups
        .iter()
        .filter(|group| group.lambda.is_none())
        .count();
    warn(
        without > 0,
        format!(
            "{without} of {} parts have fewer than {least_of_part} gold statements; they are not corrected",
            shares.groups.len()
        ),
    );
    warnings
}
