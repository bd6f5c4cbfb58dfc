//! `demarche shares`: stance shares of a corpus, as predicted and corrected.

use std::path::PathBuf;

use clap::Args;

use super::gold::read_fixtures;
use super::results::ResultOptions;
use super::{tell, tell_rejected, CommandError, Completion};
use crate::estimation::{Shares, SharesOptions, SharesReport};

const EXAMPLES: &str = "Examples:
  demarche shares stances.jsonl --gold sample.csv
  demarche shares stances.jsonl --gold sample.csv --by outlet
  demarche shares stances.parquet --gold sample.csv --by month --json

The gold statements must be a random sample of these predictions, labelled by hand without sight of them:
demarche sample draws one. 200 are the least, 600 are enough for intervals to be relied on.";

/// Estimate stance shares, corrected for the model's errors
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Predictions of the whole corpus: JSONL, CSV or Parquet, as demarche classify writes them
    predictions: PathBuf,

    /// The random sample of them that was labelled by hand
    #[arg(long, value_name = "FIXTURE")]
    gold: PathBuf,

    /// Shares for each value of a field: outlet, holder, article, month (from date), …
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,

    /// Correct even with fewer gold statements than is safe
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    results: ResultOptions,
}

/// How far the sample's weights may be from the corpus's size before something must be wrong.
const WEIGHTS_TOLERANCE: f64 = 0.05;

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let (fixtures, unlabelled) = read_fixtures(std::slice::from_ref(&arguments.gold))?;
    let options = SharesOptions {
        by: arguments.by.clone(),
        force: arguments.force,
    };
    let shares = Shares::of(&arguments.predictions, &fixtures[0], &options)?;
    for line in &shares.rejected {
        tell_rejected(&arguments.predictions, line);
    }
    let rejected = unlabelled + shares.rejected.len();
    for warning in warnings(&shares, unlabelled) {
        tell(&warning);
    }
    let report = SharesReport {
        predictions: arguments.predictions.display().to_string(),
        gold: arguments.gold.display().to_string(),
        by: arguments.by.clone(),
        shares,
    };
    arguments.results.write(&report, &report.to_json())?;
    Ok(Completion::after(rejected))
}

fn warnings(shares: &Shares, unlabelled: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    let gold = shares.whole.gold;
    if gold < Shares::ENOUGH_GOLD {
        warnings.push(format!(
            "{gold} gold statements are few: from {} on intervals can be relied on",
            Shares::ENOUGH_GOLD
        ));
    }
    if unlabelled > 0 {
        warnings.push(format!(
            "{unlabelled} rows of the sample have no label: shares hold only if those are no different from the rest"
        ));
    }
    if shares.unmatched > 0 {
        warnings.push(format!(
            "{} gold statements have no prediction; they are left out",
            shares.unmatched
        ));
    }
    if shares.abstained > 0 {
        warnings.push(format!(
            "{} predictions have no stance; they are in no share",
            shares.abstained
        ));
    }
    let corpus = shares.whole.statements as f64;
    if let Some(drawn_from) = shares
        .drawn_from
        .filter(|sum| (sum / corpus - 1.0).abs() > WEIGHTS_TOLERANCE)
    {
        warnings.push(format!(
            "the gold statements stand for {drawn_from:.0} statements by their sampling probabilities, but there are \
             {corpus:.0} predictions: was the sample drawn from these, and labelled whole?"
        ));
    }
    let without = shares
        .groups
        .iter()
        .filter(|group| group.lambda.is_none())
        .count();
    if without > 0 {
        warnings.push(format!(
            "{without} of {} parts have fewer than {} gold statements; they are not corrected",
            shares.groups.len(),
            Shares::LEAST_GOLD_OF_GROUP
        ));
    }
    warnings
}
