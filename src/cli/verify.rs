//! `demarche verify`: whether a run's inputs, model and output are still what its manifest says.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::options::ModelOptions;
use super::{CommandError, Completion};
use crate::corpus::{read_manifest, verify, Finding};
use crate::output::{counted, OutputError};

const EXAMPLES: &str = "Examples:
  demarche verify stances.jsonl.manifest.json
  demarche verify stances.jsonl.manifest.json --model models/mine

Exit codes: 0 nothing differs; 1 something does, or cannot be told; 2 the manifest cannot be read.";

/// Check a run's inputs, model and output against its manifest
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The manifest that a run has written beside its output
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,

    /// List also what is the same
    #[arg(short, long)]
    verbose: bool,

    #[command(flatten)]
    model: ModelOptions,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let manifest = read_manifest(&arguments.manifest)?;
    let folder = arguments.manifest.parent().unwrap_or(Path::new(""));
    let model = arguments.model.sha256()?;
    let mut stdout = BufWriter::new(std::io::stdout().lock());
    let (mut same, mut differing, mut unknown) = (0, 0, 0);
    for check in verify(&manifest, folder, &model) {
        let line = match check.finding {
            Finding::Same => {
                same += 1;
                if !arguments.verbose {
                    continue;
                }
                format!("same     {}", check.what)
            }
            Finding::Differs(how) => {
                differing += 1;
                format!("differs  {}: {how}", check.what)
            }
            Finding::Unknown(why) => {
                unknown += 1;
                format!("unknown  {}: {why}", check.what)
            }
        };
        writeln!(stdout, "{line}").map_err(OutputError::from)?;
    }
    let mut summary = format!("{} the same", counted(same, "thing"));
    if differing > 0 {
        summary += &format!(", {differing} different");
    }
    if unknown > 0 {
        summary += &format!(", {unknown} that cannot be told");
    }
    writeln!(stdout, "{summary}").map_err(OutputError::from)?;
    stdout.flush().map_err(OutputError::from)?;
    Ok(Completion::after(differing + unknown))
}
