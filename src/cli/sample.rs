//! `demarche sample`: a random sample of predicted statements for coders to label.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::results::write_file;
use super::{tell, tell_rejected, tell_windows_1252, CommandError, Completion};
use crate::estimation::{record_of, Allocation, CodingSheet, Sample, SampleOptions};
use crate::evaluation::SampleRecord;
use crate::output::{OutputError, OutputFormat};

const EXAMPLES: &str = "Examples:
  demarche sample stances.jsonl --size 600 -o sample.csv
  demarche sample stances.jsonl --size 600 --stratify outlet -o sample.csv

Writes the statements with an empty column label, in random order, each with the statement before it
and without what the model said of it, and beside them FILE.record.json, which says how they were
drawn: keep the two together. Fill in the labels by the codebook, then:
  demarche shares stances.jsonl --gold sample.csv
With the same seed, a larger sample that is not stratified holds the smaller one.";

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

    /// Draw from each value of a field by itself: outlet, month or year (of date), …
    #[arg(long, value_name = "FIELD")]
    stratify: Option<String>,

    /// proportional (to each value's share), or equal: to compare values; wider intervals for the whole
    #[arg(long, value_name = "HOW", default_value_t = Allocation::Proportional, requires = "stratify")]
    allocation: Allocation,

    /// The file to write (.csv or .jsonl); an existing one is never overwritten, for it may hold labels
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let output = &arguments.output;
    let record_path = SampleRecord::path_for(output);
    let sheet_format = match OutputFormat::of(output) {
        Ok(format @ (OutputFormat::Csv | OutputFormat::Jsonl)) => format,
        _ => return Err(CommandError::NoSheet(output.display().to_string())),
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
    tell_windows_1252(&arguments.predictions, sample.windows_1252);
    if sample.abstained > 0 {
        tell(&format_args!(
            "{} predictions have no stance; they were not drawn from",
            sample.abstained
        ));
    }
    let record = record_of(&sample, &options, &arguments.predictions)?;
    let record_name = record_path.file_name().unwrap_or_default().to_string_lossy();
    write_file(
        output,
        &CodingSheet(&sample).written_as(sheet_format, &record_name)?,
    )?;
    let record = serde_json::to_string_pretty(&record).map_err(std::io::Error::from);
    write_file(&record_path, &(record.map_err(OutputError::from)? + "\n"))?;
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
