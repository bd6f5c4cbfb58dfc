//! `demarche evaluate`: a model's scores on labelled statements.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::options::ModelOptions;
use super::{tell, tell_rejected, CommandError, Completion};
use crate::evaluation::{ConfusionMatrix, Fixture, Report};
use crate::output::OutputError;

const EXAMPLES: &str = "Examples:
  demarche evaluate labelled.jsonl
  demarche evaluate real.jsonl written.csv --model models/mine
  demarche evaluate labelled.jsonl --json | jq .[0].macro_f1

A fixture is JSONL or CSV with the fields text and label (one of the four stances).";

/// Score a model on statements that you labelled
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Labelled statements, JSONL or CSV
    #[arg(required = true, value_name = "FIXTURE")]
    fixtures: Vec<PathBuf>,

    /// Print the scores as JSON: an array with one object for each fixture, and one for all
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    model: ModelOptions,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let mut rejected = 0;
    let mut fixtures = Vec::new();
    for path in &arguments.fixtures {
        match Fixture::read(path) {
            Ok(fixture) => fixtures.push(fixture),
            Err(error) => {
                rejected += 1;
                tell(&error);
            }
        }
    }
    if fixtures.is_empty() {
        return Err(CommandError::NoFixture);
    }
    let classifier = arguments.model.classifier()?;
    let mut reports = Vec::new();
    for fixture in &fixtures {
        rejected += fixture.rejected.len();
        for line in &fixture.rejected {
            tell_rejected(&fixture.path, line);
        }
        let (matrix, predictions) = fixture.evaluate(&classifier)?;
        let truncated = predictions
            .iter()
            .filter(|prediction| prediction.truncated)
            .count();
        if truncated > 0 {
            tell(&format_args!(
                "{}: {truncated} statements were longer than the model reads",
                fixture.path.display()
            ));
        }
        reports.push(Report {
            name: fixture.path.display().to_string(),
            matrix,
            rejected: fixture.rejected.len(),
        });
    }
    if reports.len() > 1 {
        reports.push(Report {
            name: "all together".to_owned(),
            matrix: reports
                .iter()
                .map(|report| &report.matrix)
                .sum::<ConfusionMatrix>(),
            rejected: reports.iter().map(|report| report.rejected).sum(),
        });
    }
    print(&reports, arguments.json).map_err(OutputError::from)?;
    Ok(Completion::after(rejected))
}

fn print(reports: &[Report], json: bool) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    if json {
        let values: Vec<_> = reports.iter().map(Report::to_json).collect();
        return writeln!(stdout, "{:#}", serde_json::Value::from(values));
    }
    for (index, report) in reports.iter().enumerate() {
        if index > 0 {
            writeln!(stdout)?;
        }
        write!(stdout, "{report}")?;
    }
    Ok(())
}
