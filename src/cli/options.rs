//! Options that several commands share.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::classifier::{Classifier, ClassifierOptions, ClassifyError};
use crate::model::ModelFiles;

/// Which model, and how it uses the machine.
#[derive(Args)]
pub(super) struct ModelOptions {
    /// A model folder (config.json, tokenizer.json, model.safetensors) instead of the model inside
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,

    #[command(flatten)]
    machine: MachineOptions,
}

/// How the machine is used; the results are the same whatever is chosen.
#[derive(Args)]
pub(super) struct MachineOptions {
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// The most tokens in one batch
    #[arg(long, value_name = "N", default_value_t = ClassifierOptions::DEFAULT_BATCH_TOKENS)]
    batch_tokens: NonZeroUsize,
}

impl MachineOptions {
    pub(super) fn classifier_options(&self) -> ClassifierOptions {
        ClassifierOptions {
            threads: self.threads,
            batch_tokens: self.batch_tokens,
        }
    }
}

impl ModelOptions {
    pub(super) fn classifier(&self) -> Result<Classifier, ClassifyError> {
        let files = match &self.model {
            Some(folder) => ModelFiles::folder(folder),
            None => ModelFiles::embedded()?,
        };
        Classifier::new(&files, self.machine.classifier_options())
    }
}
