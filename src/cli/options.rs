//! Options that several commands share.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::classifier::{Classifier, ClassifierOptions, ClassifyError, Precision};
use crate::model::ModelFiles;

/// A share or a probability, from 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("must be from 0 to 1".to_owned()),
    }
}

/// Which model, and how it uses the machine.
#[derive(Args)]
pub(super) struct ModelOptions {
    /// A model folder (config.json, tokenizer.json, model.safetensors) instead of the model inside
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,

    #[command(flatten)]
    machine: MachineOptions,
}

/// How the machine is used; results depend on the precision alone.
#[derive(Args)]
pub(super) struct MachineOptions {
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// The most tokens in one batch
    #[arg(long, value_name = "N", default_value_t = ClassifierOptions::DEFAULT_BATCH_TOKENS)]
    batch_tokens: NonZeroUsize,

    /// f32, int8 or auto: int8 is three times as fast and gives nearly always the same label; auto is
    /// int8 on every CPU
    #[arg(long, value_name = "PRECISION", default_value_t = Precision::Auto)]
    precision: Precision,
}

impl MachineOptions {
    pub(super) fn classifier_options(&self) -> ClassifierOptions {
        ClassifierOptions {
            threads: self.threads,
            batch_tokens: self.batch_tokens,
            precision: self.precision,
        }
    }
}

impl ModelOptions {
    pub(super) fn classifier(&self) -> Result<Classifier, ClassifyError> {
        self.classifier_with(self.machine.precision)
    }

    /// A classifier of another precision than was asked for.
    pub(super) fn classifier_with(&self, precision: Precision) -> Result<Classifier, ClassifyError> {
        let files = self.files()?;
        let options = self.machine.classifier_options();
        Classifier::new(&files, ClassifierOptions { precision, ..options })
    }

    fn files(&self) -> Result<ModelFiles, ClassifyError> {
        Ok(match &self.model {
            Some(folder) => ModelFiles::folder(folder),
            None => ModelFiles::embedded()?,
        })
    }

    /// Which model it is.
    pub(super) fn name(&self) -> String {
        match &self.model {
            Some(folder) => folder.display().to_string(),
            None => ModelFiles::EMBEDDED_NAME.unwrap_or("no model").to_owned(),
        }
    }

    /// How many worker threads there will be.
    pub(super) fn threads(&self) -> usize {
        self.machine.classifier_options().thread_count().get()
    }

    /// The SHA-256 of exactly this model.
    pub(super) fn sha256(&self) -> Result<String, ClassifyError> {
        Ok(self.files()?.sha256()?)
    }

    /// Which model it is, and in which precision.
    pub(super) fn description(&self) -> String {
        format!("{} ({})", self.name(), self.machine.precision.name())
    }

    pub(super) fn precision(&self) -> Precision {
        self.machine.precision
    }

    /// These options as a command line has them.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let mut arguments = Vec::new();
        let mut add = |name: &str, value: OsString| arguments.extend([name.into(), value]);
        if let Some(folder) = &self.model {
            add("--model", folder.into());
        }
        if let Some(threads) = self.machine.threads {
            add("--threads", threads.to_string().into());
        }
        add("--batch-tokens", self.machine.batch_tokens.to_string().into());
        add("--precision", self.machine.precision.name().into());
        arguments
    }
}
