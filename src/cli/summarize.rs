//! `demarche summarize`: stances by holder, outlet, time or article.

use std::path::{Path, PathBuf};

use clap::Args;

use super::results::ResultOptions;
use super::{is_same_file, tell, tell_rejected, tell_windows_1252, CommandError, Completion};
use crate::output::{counted, Destination, OutputFile};
use crate::summary::{Merge, Summary, SummaryOptions, SummaryReport};

const EXAMPLES: &str = "Examples:
  demarche summarize stances.jsonl
  demarche summarize stances.jsonl --by outlet,month --csv series.csv
  demarche summarize stances.jsonl --by holder --merge names.csv --least 10
  demarche summarize 2024.parquet 2025.parquet --by year --json

What somebody says in an article is counted apart from what the article says itself.";

/// Summarise predictions by holder, outlet, time or article
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Predictions: JSONL, CSV or Parquet, as demarche classify writes them
    #[arg(required = true)]
    predictions: Vec<PathBuf>,

    /// A group for each value of a field: holder, outlet, article, month or year (of date), or any other;
    /// or for each pair of two fields
    #[arg(long, value_name = "FIELD[,FIELD]", value_delimiter = ',')]
    by: Vec<String>,

    /// Join holders by a table of aliases: JSONL, CSV or Parquet with alias, holder and, if need be, outlet
    #[arg(long, value_name = "FILE")]
    merge: Option<PathBuf>,

    /// Do not join a bare surname with the one full name of its outlet that ends in it
    #[arg(long)]
    no_surnames: bool,

    /// Leave out groups with fewer statements
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    least: u64,

    /// Groups in the readable table; files have all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,

    #[command(flatten)]
    results: ResultOptions,

    /// Write a table too: a row for each group, voice and stance
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let inputs: Vec<&Path> = arguments
        .predictions
        .iter()
        .chain(&arguments.merge)
        .map(PathBuf::as_path)
        .collect();
    arguments
        .results
        .refuse_inputs(&inputs, arguments.csv.as_deref())?;
    let mut rejected = 0;
    let predictions = each_once(&arguments.predictions, &mut rejected);
    let merge = match &arguments.merge {
        Some(path) => Some(read_aliases(path, &mut rejected)?),
        None => None,
    };
    let options = SummaryOptions {
        by: arguments.by.clone(),
        merge,
        surnames: !arguments.no_surnames,
        least: arguments.least,
    };
    let summary = Summary::of(&predictions, options)?;
    rejected += tell_unusable(&summary);
    warnings(&summary, &arguments.by)
        .iter()
        .for_each(|warning| tell(warning));
    let report = SummaryReport {
        predictions,
        by: arguments.by.clone(),
        limit: arguments.limit,
        summary,
    };
    if let Some(path) = &arguments.csv {
        let mut file = OutputFile::create(path)?;
        report.write_csv(&mut file)?;
        file.commit()?;
    }
    arguments.results.write(&report, &report)?;
    Ok(Completion::after(rejected))
}

/// The files without those that were named before.
fn each_once(paths: &[PathBuf], rejected: &mut usize) -> Vec<PathBuf> {
    let mut once: Vec<PathBuf> = Vec::new();
    for path in paths {
        if once.iter().any(|other| is_same_file(other, path)) {
            *rejected += 1;
            tell(&format_args!(
                "{}: was given twice; it counts once",
                path.display()
            ));
        } else {
            once.push(path.clone());
        }
    }
    once
}

fn read_aliases(path: &Path, rejected: &mut usize) -> Result<Merge, CommandError> {
    let merge = Merge::read(path)?;
    for line in &merge.rejected {
        tell_rejected(path, line);
    }
    tell_windows_1252(path, merge.windows_1252);
    *rejected += merge.rejected.len();
    Ok(merge)
}

/// Names what could not be used, and counts it.
fn tell_unusable(summary: &Summary) -> usize {
    for error in &summary.unreadable {
        tell(error);
    }
    for (path, line) in &summary.rejected {
        tell_rejected(path, line);
    }
    for (path, rows) in &summary.windows_1252 {
        tell_windows_1252(path, *rows);
    }
    summary.unreadable.len() + summary.rejected.len()
}

fn warnings(summary: &Summary, by: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |is_due: bool, warning: String| {
        if is_due {
            warnings.push(warning);
        }
    };
    let abstained = summary.abstained();
    warn(
        abstained > 0,
        format!(
            "{} without a stance; in no share",
            counted(abstained as usize, "prediction")
        ),
    );
    warn(
        !summary.has_holders(),
        "no prediction has a holder: if nobody looked for holders, reported words are counted as the outlet's own"
            .to_owned(),
    );
    let (joined, ambiguous) = (&summary.surnames.joined, &summary.surnames.ambiguous);
    warn(
        !joined.is_empty() || !ambiguous.is_empty(),
        format!(
            "{} joined with the full name in the same outlet (--json lists them; --no-surnames keeps them apart), {} left \
             apart as several persons share them",
            counted(joined.len(), "bare surname"),
            ambiguous.len()
        ),
    );
    warn(
        summary.unmatched_aliases > 0,
        format!(
            "{} never matched a holder",
            match summary.unmatched_aliases {
                1 => "1 alias".to_owned(),
                aliases => format!("{aliases} aliases"),
            }
        ),
    );
    let few = summary.groups.is_empty() && !by.is_empty();
    warn(
        few,
        "every group has fewer statements than --least; there is none to show".to_owned(),
    );
    warnings
}
