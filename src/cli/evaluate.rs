//! `demarche evaluate`: what predictions are worth on labelled statements.

mod articles;

use std::path::{Path, PathBuf};

use clap::Args;

use super::gold::{cases, read_fixtures, Predictor};
use super::options::{share, ModelOptions};
use super::results::{write_file, BootstrapOptions, ResultOptions};
use super::{tell, CommandError, Completion};
use crate::evaluation::report::{page, EvaluationReport};
use crate::evaluation::{Case, Evaluation, EvaluationOptions, Fixture};

const EXAMPLES: &str = "Examples:
  demarche evaluate labelled.jsonl
  demarche evaluate real.jsonl written.csv --model models/mine --html report.html
  demarche evaluate labelled.jsonl --predictions stances.jsonl
  demarche evaluate labelled.jsonl --json | jq .[0].macro_f1

A fixture is a table of labelled statements: JSONL, CSV or Parquet with the fields text and label (one
of the four stances). It may have id, rule, tags, source, article, and weight or sampling_probability.
Predictions have id (or article and statement) and stance, and may have the four p_ fields, as
demarche classify writes them.";

/// Score a model, or predictions, on statements that you labelled
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Labelled statements: JSONL, CSV or Parquet
    #[arg(required_unless_present = "articles", value_name = "FIXTURE")]
    fixtures: Vec<PathBuf>,

    /// Score sentences, quotations, holders and stances in a folder of annotated articles instead
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["fixtures", "predictions", "html"])]
    articles: Option<PathBuf>,

    /// Score these predictions, joined by id, instead of a model
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    predictions: Option<PathBuf>,

    #[command(flatten)]
    results: ResultOptions,

    /// Write the report with its figures as one HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Find the confidence at which predictions are this precise
    #[arg(long, value_name = "SHARE", default_value_t = EvaluationOptions::default().target_precision,
          value_parser = share)]
    target_precision: f64,

    /// How many of the surest errors to show
    #[arg(long, value_name = "N", default_value_t = EvaluationOptions::default().errors)]
    errors: usize,

    #[command(flatten)]
    bootstrap: BootstrapOptions,

    #[command(flatten)]
    model: ModelOptions,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    if let Some(folder) = &arguments.articles {
        return articles::run(arguments, folder);
    }
    let (fixtures, mut rejected) = read_fixtures(&arguments.fixtures)?;
    let mut inputs: Vec<&Path> = fixtures.iter().flat_map(Fixture::files).collect();
    inputs.extend(arguments.fixtures.iter().map(PathBuf::as_path));
    inputs.extend(arguments.predictions.as_deref());
    arguments
        .results
        .refuse_inputs(&inputs, arguments.html.as_deref())?;
    let predictor = match &arguments.predictions {
        Some(path) => Predictor::file(path, &mut rejected)?,
        None => Predictor::Model(Box::new(arguments.model.classifier()?)),
    };
    let predicted_by = predicted_by(arguments, &predictor);
    let bootstrap = arguments.bootstrap.bootstrap()?;
    let options = EvaluationOptions {
        target_precision: arguments.target_precision,
        errors: arguments.errors,
    };
    let report = |name: String, cases: &[Case<'_>], labelled: usize, rejected: usize| EvaluationReport {
        name,
        evaluation: Evaluation::of(cases, &bootstrap, &options),
        rejected,
        unpredicted: labelled - cases.len(),
        made_by: format!(
            "demarche {}, predictions by {}; {} resamples from seed {}",
            env!("CARGO_PKG_VERSION"),
            predicted_by,
            bootstrap.replicates(),
            bootstrap.seed()
        ),
    };
    let mut reports = Vec::new();
    let mut all: Vec<Case<'_>> = Vec::new();
    let mut labelled = 0;
    for (number, fixture) in fixtures.iter().enumerate() {
        let guesses = match predictor.predict(fixture) {
            Ok(guesses) => guesses,
            Err(CommandError::Predictions(error)) => {
                rejected += 1;
                tell(&error);
                continue;
            }
            Err(error) => return Err(error),
        };
        let cases = cases(fixture, number, &guesses);
        let name = fixture.path.display().to_string();
        reports.push(report(
            name,
            &cases,
            fixture.statements.len(),
            fixture.rejected.len(),
        ));
        labelled += fixture.statements.len();
        all.extend(cases);
    }
    if reports.is_empty() {
        return Err(CommandError::NoFixture);
    }
    if reports.len() > 1 {
        let rejected = reports.iter().map(|report| report.rejected).sum();
        reports.push(report("all together".to_owned(), &all, labelled, rejected));
    }
    if let Some(path) = &arguments.html {
        write_file(path, &page(&reports))?;
    }
    let text: Vec<String> = reports.iter().map(EvaluationReport::to_string).collect();
    let json: serde_json::Value = reports.iter().map(EvaluationReport::to_json).collect();
    arguments.results.write(&text.join("\n\n"), &json)?;
    Ok(Completion::after(rejected))
}

fn predicted_by(arguments: &Arguments, predictor: &Predictor) -> String {
    match (predictor, &arguments.predictions) {
        (Predictor::Model(classifier), _) => arguments.model.description(classifier),
        (_, path) => path.as_deref().unwrap_or(Path::new("")).display().to_string(),
    }
}
