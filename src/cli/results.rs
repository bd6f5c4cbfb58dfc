//! Where the scoring commands put their results: a readable report, JSON, or both.

use std::fmt::Display;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use serde::Serialize;

use super::{refuse_to_overwrite, CommandError};
use crate::evaluation::Bootstrap;
use crate::output::{Destination, OutputError, OutputFile};

/// What every scoring command can do with its results.
#[derive(Args)]
pub(super) struct ResultOptions {
    /// JSON instead of the readable report, or beside it where a FILE (ending in .json) is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    json: Option<JsonTarget>,
}

/// How intervals are made.
#[derive(Args)]
pub(super) struct BootstrapOptions {
    /// Resamples that intervals are made of, at least 200
    #[arg(long, value_name = "N", default_value_t = Bootstrap::DEFAULT_REPLICATES,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(200..=1_000_000))]
    replicates: usize,

    /// The seed of the resamples: the same seed gives the same intervals
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

impl BootstrapOptions {
    pub(super) fn bootstrap(&self) -> Result<Bootstrap, CommandError> {
        Ok(Bootstrap::new(self.replicates, self.seed)?)
    }
}

#[derive(Clone)]
enum JsonTarget {
    Stdout,
    File(PathBuf),
}

impl FromStr for JsonTarget {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let path = Path::new(name);
        match path.extension() {
            _ if name == "-" => Ok(Self::Stdout),
            Some(ending) if ending.eq_ignore_ascii_case("json") => Ok(Self::File(path.to_owned())),
            // `--json gold.jsonl` is meant to score gold.jsonl, not to overwrite it.
            _ => Err("a file for JSON ends in .json; where no file is meant, put --json last".to_owned()),
        }
    }
}

impl ResultOptions {
    /// Refuses to write results over what they are made of: `also` is one more file that they go to.
    ///
    /// # Errors
    /// Where a file of results is one of `inputs`.
    pub(super) fn refuse_inputs(&self, inputs: &[&Path], also: Option<&Path>) -> Result<(), CommandError> {
        let json = match &self.json {
            Some(JsonTarget::File(path)) => Some(path.as_path()),
            _ => None,
        };
        json.into_iter()
            .chain(also)
            .try_for_each(|output| refuse_to_overwrite(inputs, output))
    }

    /// Writes results where they are to go.
    pub(super) fn write(&self, text: &dyn Display, json: &impl Serialize) -> Result<(), OutputError> {
        let mut stdout = std::io::stdout().lock();
        match &self.json {
            Some(JsonTarget::Stdout) => {
                let mut stdout = BufWriter::new(stdout);
                write_json(&mut stdout, json)?;
                stdout.flush()?;
            }
            Some(JsonTarget::File(path)) => {
                let mut file = OutputFile::create(path)?;
                write_json(&mut file, json)?;
                file.commit()?;
                write!(stdout, "{text}")?;
            }
            None => write!(stdout, "{text}")?,
        }
        Ok(())
    }
}

/// Writes JSON, value by value: it may be long.
fn write_json(mut stream: impl Write, json: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut stream, json)?;
    stream.write_all(b"\n")
}

/// Writes a whole file, or none of it.
pub(super) fn write_file(path: &Path, contents: &str) -> Result<(), OutputError> {
    let mut file = OutputFile::create(path)?;
    file.write_all(contents.as_bytes())?;
    file.commit()
}
