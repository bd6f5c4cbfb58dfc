//! `demarche sample`: a random sample of predicted statements for coders to label.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;

use super::results::write_file;
use super::{tell, tell_rejected, CommandError, Completion};
use crate::estimation::{Allocation, CodingSheet, Sample, SampleOptions, SampleRecord};
use crate::output::{OutputFormat, UnknownFormat};

const EXAMPLES: &str = "Examples:
  demarche sample stances.jsonl --size 600 -o sample.csv
  demarche sample stances.jsonl --size 600 --stratify outlet -o sample.csv
  demarche sample stances.jsonl --size 800 --stratify stance --allocation equal -o sample.jsonl

Writes the statements with an empty column label, in random order and without what the model said of them, and
beside them FILE.record.json, which says how they were drawn. Fill in the labels by the codebook, then
demarche shares stances.jsonl --gold sample.csv";

/// Draw a random sample of statements to label by hand
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Predictions of the whole corpus: JSONL, CSV or Parquet, as demarche classify writes them
    predictions: PathBuf,

    /// How many statements to draw; 600 are enough for demarche shares
    #[arg(long, value_name = "N", default_value = "600")]
    size: NonZeroUsize,

    /// The same seed draws the same statements
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Draw from each value of a field by itself: outlet, stance, …
    #[arg(long, value_name = "FIELD")]
    stratify: Option<String>,

    /// proportional (to each value's share) or equal
    #[arg(long, value_name = "HOW", default_value_t = Allocation::Proportional, requires = "stratify")]
    allocation: Allocation,

    /// The file to write (.csv or .jsonl); an existing one is never overwritten, for it may hold labels
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let output = &arguments.output;
    let record_path = record_path(output);
    let sheet_format = match OutputFormat::of(output)? {
        OutputFormat::Terminal => return Err(UnknownFormat::Ending(output.display().to_string()).into()),
        format => format,
    };
    for path in [output, &record_path] {
        if path.exists() {
            return Err(CommandError::OutputExists(path.display().to_string()));
        }
    }
    let options = SampleOptions {
        size: arguments.size.get(),
        seed: arguments.seed,
        stratify: arguments.stratify.clone(),
        allocation: arguments.allocation,
    };
    let sample = Sample::draw(&arguments.predictions, &options)?;
    for line in &sample.rejected {
        tell_rejected(&arguments.predictions, line);
    }
    let record = SampleRecord::of(&sample, &options, &arguments.predictions)?;
    write_file(output, &CodingSheet(&sample).written_as(sheet_format)?)?;
    write_file(&record_path, &format!("{:#}\n", record.to_json()))?;
    let (drawn, corpus) = (sample.statements.len(), sample.corpus());
    tell(&format_args!(
        "drew {drawn} of {corpus} statements into {}; how, is in {}",
        output.display(),
        record_path.display()
    ));
    if drawn < options.size {
        tell(&format_args!("there are no {} statements to draw", options.size));
    }
    Ok(Completion::after(sample.rejected.len()))
}

/// `sample.csv` → `sample.csv.record.json`.
fn record_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".record.json");
    name.into()
}
