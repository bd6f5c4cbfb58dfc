//! `demarche export`: a model for transformers.

use std::path::PathBuf;

use clap::Args;

use super::options::ModelName;
use super::{tell, CommandError, Completion};
use crate::export::export;

const EXAMPLES: &str = "Examples:
  demarche export --out demarche-en-small          the model inside
  demarche export --model models/mine --out mine   one that you trained

The folder has config.json, tokenizer.json, model.safetensors in float32 and a model card, and
AutoModelForSequenceClassification.from_pretrained gives the same probabilities. A model that pools by
the mean, as the one inside does, brings a file of Python: load it with trust_remote_code=True.";

/// Write a model to a folder that transformers loads, too
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder that receives the model
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// Write to a folder that is not empty
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    model: ModelName,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let files = arguments.model.files()?;
    let exported = export(&files, &arguments.out, arguments.overwrite)?;
    let out = arguments.out.display();
    tell(&format_args!(
        "{out}: {} in float32: {}",
        files.name(),
        exported.files.join(", ")
    ));
    if exported.has_code {
        tell(&"transformers loads it with trust_remote_code=True");
    }
    Ok(Completion::Clean)
}
