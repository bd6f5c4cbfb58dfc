//! Options that several commands share.

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::hub::{HubOptions, DEFAULT_MODEL};
use super::{tell, CommandError};
use crate::classifier::{Classifier, ClassifierOptions, ClassifyError, LongStatements, Precision};
use crate::device::DeviceChoice;
use crate::model::{Hypotheses, LabelMap, ModelConfig, ModelError, ModelFiles, Reading, CONFIG_FILE};

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
    #[command(flatten)]
    model: ModelName,

    #[command(flatten)]
    machine: MachineOptions,
}

/// Which model.
#[derive(Args)]
pub(super) struct ModelName {
    /// `default` (the model inside), a model folder (config.json, tokenizer.json, model.safetensors), or a model of the
    /// Hugging Face Hub: org/name or org/name@revision
    #[arg(long, value_name = "MODEL")]
    model: Option<OsString>,

    #[command(flatten)]
    labels: LabelOptions,

    #[command(flatten)]
    hub: HubOptions,

    /// Found out once: a branch may move meanwhile.
    #[arg(skip)]
    found: OnceCell<ModelFiles>,
}

/// What a model's labels stand for.
#[derive(Args)]
pub(super) struct LabelOptions {
    /// What labels of other names stand for: a JSON object like {"LABEL_0": "none", …}
    #[arg(long, value_name = "FILE", conflicts_with = "zero_shot")]
    label_map: Option<PathBuf>,

    /// The model is one of natural language inference: the stance is that whose hypothesis a statement entails
    #[arg(long)]
    zero_shot: bool,

    /// Ask about these hypotheses: a JSON object with a sentence, or a list, for each stance
    #[arg(long, value_name = "FILE", requires = "zero_shot")]
    hypotheses: Option<PathBuf>,
}

impl LabelOptions {
    /// How labels are to be read.
    fn reading(&self) -> Result<Reading, CommandError> {
        Ok(match (&self.label_map, self.zero_shot, &self.hypotheses) {
            (Some(map), _, _) => Reading::Map(LabelMap::read(map)?),
            (None, true, Some(path)) => Reading::Entailment(Hypotheses::read(path)?),
            (None, true, None) => Reading::Entailment(Hypotheses::default()),
            (None, false, _) => Reading::ByName,
        })
    }

    /// The model, its labels read so.
    pub(super) fn apply(&self, files: ModelFiles) -> Result<ModelFiles, CommandError> {
        Ok(files.read_by(self.reading()?))
    }

    /// The model, its labels read so where their own names are no stances.
    pub(super) fn apply_where_needed(&self, files: ModelFiles) -> Result<ModelFiles, CommandError> {
        let config = files.read(CONFIG_FILE).map_err(ClassifyError::from)?;
        match ModelConfig::parse(&config, &Reading::ByName, &files.name()) {
            Err(ModelError::Labels { .. }) => self.apply(files),
            _ => Ok(files),
        }
    }

    /// These options as a command line has them.
    fn arguments(&self) -> Vec<OsString> {
        let mut arguments = Vec::new();
        for (name, path) in [
            ("--label-map", &self.label_map),
            ("--hypotheses", &self.hypotheses),
        ] {
            if let Some(path) = path {
                arguments.extend([name.into(), path.into()]);
            }
        }
        if self.zero_shot {
            arguments.push("--zero-shot".into());
        }
        arguments
    }
}

/// Where the model runs, and how.
#[derive(Args)]
pub(super) struct MachineOptions {
    /// cpu, cuda (all Nvidia GPUs), cuda:N (one of them) or auto: GPUs where this build can use them and some are
    /// there, otherwise the CPU
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceChoice::Auto)]
    device: DeviceChoice,

    /// Statements longer than the model reads: truncate classifies their beginning and marks them, window all
    /// of them in overlapping windows whose probabilities are averaged
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Long::Truncate)]
    long: Long,

    #[command(flatten)]
    compute: ComputeOptions,
}

/// [`LongStatements`] by name.
#[derive(Clone, Copy, ValueEnum)]
enum Long {
    Truncate,
    Window,
}

/// How a device is used; of these options, results depend on the precision alone.
#[derive(Args)]
pub(super) struct ComputeOptions {
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// The most tokens in one batch [default: 192 on a CPU, 32768 on a GPU]
    #[arg(long, value_name = "N")]
    batch_tokens: Option<NonZeroUsize>,

    /// f32; int8 (CPU: three times as fast, nearly always the same label); f16 or bf16 (GPU); or auto: int8
    /// on every CPU, f16 on every GPU
    #[arg(long, value_name = "PRECISION", default_value_t = Precision::Auto)]
    precision: Precision,
}

impl ComputeOptions {
    /// These, on a device.
    pub(super) fn on(&self, device: DeviceChoice) -> ClassifierOptions {
        ClassifierOptions {
            threads: self.threads,
            batch_tokens: self.batch_tokens,
            device,
            precision: self.precision,
            long: LongStatements::Truncate,
        }
    }

    pub(super) fn precision(&self) -> Precision {
        self.precision
    }

    /// These options as a command line has them, with another precision, on a device.
    pub(super) fn arguments(&self, device: DeviceChoice, precision: Precision) -> Vec<OsString> {
        let mut arguments = Vec::new();
        let mut add = |name: &str, value: String| arguments.extend([name.into(), value.into()]);
        if let Some(threads) = self.threads {
            add("--threads", threads.to_string());
        }
        if let Some(tokens) = self.batch_tokens {
            add("--batch-tokens", tokens.to_string());
        }
        add("--device", device.to_string());
        add("--precision", precision.name().to_owned());
        arguments
    }
}

impl MachineOptions {
    pub(super) fn classifier_options(&self) -> ClassifierOptions {
        ClassifierOptions {
            long: match self.long {
                Long::Truncate => LongStatements::Truncate,
                Long::Window => LongStatements::Window,
            },
            ..self.compute.on(self.device)
        }
    }
}

impl ModelName {
    /// The model's files; those of the Hub are downloaded where need be.
    pub(super) fn files(&self) -> Result<ModelFiles, CommandError> {
        if let Some(found) = self.found.get() {
            return Ok(found.clone());
        }
        let name = self.model.as_deref().unwrap_or(OsStr::new(DEFAULT_MODEL));
        let files = self.labels.apply(self.hub.files(name)?)?;
        Ok(self.found.get_or_init(|| files).clone())
    }

    pub(super) fn name(&self) -> String {
        let name = match (self.found.get(), &self.model) {
            (Some(found), _) => found.name().into_owned(),
            (None, Some(name)) => name.to_string_lossy().into_owned(),
            (None, None) => ModelFiles::EMBEDDED_NAME.unwrap_or("no model").to_owned(),
        };
        match self.labels.zero_shot {
            true => format!("{name} (zero-shot)"),
            false => name,
        }
    }

    /// These options as a command line has them; a model of the Hub by where it is in the cache.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let folder = self.found.get().and_then(ModelFiles::path);
        let model = folder.map(|folder| folder.as_os_str().to_owned());
        let model = model.or_else(|| self.model.clone());
        let named = model.map(|model| [OsString::from("--model"), model]);
        named
            .into_iter()
            .flatten()
            .chain(self.labels.arguments())
            .collect()
    }
}

impl ModelOptions {
    /// The classifier. Says on which device it runs, where that was not chosen.
    pub(super) fn classifier(&self) -> Result<Classifier, CommandError> {
        let classifier = self.silent_classifier()?;
        tell_device(&classifier);
        Ok(classifier)
    }

    /// As [`ModelOptions::classifier`], without a word.
    pub(super) fn silent_classifier(&self) -> Result<Classifier, CommandError> {
        let files = self.model.files()?;
        Ok(Classifier::new(&files, self.machine.classifier_options())?)
    }

    /// Which model it is.
    pub(super) fn name(&self) -> String {
        self.model.name()
    }

    /// The SHA-256 of exactly this model.
    pub(super) fn sha256(&self) -> Result<String, CommandError> {
        Ok(self.model.files()?.sha256().map_err(ClassifyError::from)?)
    }

    /// Which model it is, and in which precision the classifier that was made of it computes.
    pub(super) fn description(&self, classifier: &Classifier) -> String {
        format!("{} ({})", self.name(), classifier.precision())
    }
}

/// Says on which device a classifier runs, where the choice was left to us.
pub(super) fn tell_device(classifier: &Classifier) {
    if let Some(note) = classifier.device_note() {
        tell(&note);
    }
}
