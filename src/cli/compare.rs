//! `demarche compare`: two models, or two sets of predictions, on the same labelled statements.

use std::path::{Path, PathBuf};

use clap::Args;

use super::gold::{cases, read_fixtures, Predictor};
use super::hub::HubOptions;
use super::options::{LabelOptions, MachineOptions};
use super::results::{BootstrapOptions, ResultOptions};
use super::{CommandError, Completion};
use crate::evaluation::report::ComparisonReport;
use crate::evaluation::{Case, Comparison, Fixture, Guess};

const EXAMPLES: &str = "Examples:
  demarche compare default models/mine --gold labelled.jsonl
  demarche compare before.jsonl after.jsonl --gold real.jsonl --gold written.jsonl
  demarche compare default gpt.csv --gold labelled.jsonl --json

Differences are B minus A. Predictions are joined with the gold statements by id. --label-map and
--zero-shot are for those of A and B whose labels are not stances by name.";

/// Set two models, or two sets of predictions, beside each other
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// default (the model inside), a model folder, org/name[@revision] of the Hub, or a file of predictions
    a: PathBuf,

    /// The same, to be set beside A
    b: PathBuf,

    /// Labelled statements: JSONL, CSV or Parquet; may be given several times
    #[arg(long, required = true, value_name = "FIXTURE")]
    gold: Vec<PathBuf>,

    #[command(flatten)]
    results: ResultOptions,

    /// How many statements to show of those that one alone has right, each way
    #[arg(long, value_name = "N", default_value_t = 5)]
    examples: usize,

    #[command(flatten)]
    bootstrap: BootstrapOptions,

    #[command(flatten)]
    machine: MachineOptions,

    #[command(flatten)]
    hub: HubOptions,

    #[command(flatten)]
    labels: LabelOptions,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let (fixtures, mut rejected) = read_fixtures(&arguments.gold)?;
    let mut inputs: Vec<&Path> = fixtures.iter().flat_map(Fixture::files).collect();
    inputs.extend([arguments.a.as_path(), &arguments.b]);
    inputs.extend(arguments.gold.iter().map(PathBuf::as_path));
    arguments.results.refuse_inputs(&inputs, None)?;
    let mut named = |name: &Path| {
        let Arguments {
            machine, hub, labels, ..
        } = arguments;
        Predictor::named(name, machine, hub, labels, &mut rejected)
    };
    let (a, b) = (named(&arguments.a)?, named(&arguments.b)?);
    let mut pairs: [Vec<Case<'_>>; 2] = Default::default();
    let mut labelled = 0;
    for (number, fixture) in fixtures.iter().enumerate() {
        let (a, b) = both(a.predict(fixture)?, b.predict(fixture)?);
        labelled += fixture.statements.len();
        pairs[0].extend(cases(fixture, number, &a));
        pairs[1].extend(cases(fixture, number, &b));
    }
    let [a, b] = &pairs;
    if a.is_empty() {
        return Err(CommandError::NothingShared);
    }
    let bootstrap = arguments.bootstrap.bootstrap()?;
    let report = ComparisonReport {
        a: arguments.a.display().to_string(),
        b: arguments.b.display().to_string(),
        comparison: Comparison::of(a, b, &bootstrap, arguments.examples),
        unpredicted: labelled - a.len(),
    };
    arguments.results.write(&report, &report.to_json())?;
    Ok(Completion::after(rejected))
}

type Guesses = Vec<Option<Guess>>;

/// The predictions for the statements that both predicted.
fn both(a: Guesses, b: Guesses) -> (Guesses, Guesses) {
    a.into_iter().zip(b).map(|(a, b)| (b.and(a), a.and(b))).unzip()
}
