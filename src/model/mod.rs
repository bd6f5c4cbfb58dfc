//! What a model is: its configuration, tokenizer and weights; and where it comes from.
//!
//! Encoders are of several [architectures](Architecture); a model has the Hugging Face layout: `config.json`, `tokenizer.json` and `model.safetensors`,
//! from a folder or from inside the binary.

mod architecture;
mod config;
mod encoder_config;
mod files;
mod half;
pub mod hub;
mod hypotheses;
mod labels;
mod pairs;
mod plain_words;
mod positions;
mod tokenizer;
mod weights;

use candle_core::Device;

pub use architecture::Architecture;
pub use config::ModelConfig;
pub use encoder_config::{EncoderConfig, HeadActivation, Pooling};
pub use files::{ModelFiles, Reading};
pub use hypotheses::{Entailment, Hypotheses, HypothesesError};
pub use labels::{LabelMap, LabelMapError};
pub use pairs::PairTokenizer;
pub use positions::{Disentangled, Positions, Rotary};
pub use tokenizer::{StatementTokenizer, TokenizedStatement, Window};
pub use weights::{Table, Weights};

/// The file names of a model in the Hugging Face layout.
pub const CONFIG_FILE: &str = "config.json";
/// See [`CONFIG_FILE`].
pub const TOKENIZER_FILE: &str = "tokenizer.json";
/// See [`CONFIG_FILE`].
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// What every model is made of.
pub const FILES: [&str; 3] = [CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE];

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{model}: cannot read {file}: {source}; a model folder holds config.json, tokenizer.json and model.safetensors")]
    Unreadable {
        model: String,
        file: &'static str,
        source: std::io::Error,
    },
    #[error(
        "{model}: its weights are in {file}, a pickle, which can run any code when it is read; save them as          model.safetensors, in transformers by save_pretrained(FOLDER, safe_serialization=True)"
    )]
    PickleOnly { model: String, file: &'static str },
    #[error(
        "{model}: its weights are in several files; save them as one model.safetensors, in transformers by \
         save_pretrained(FOLDER, max_shard_size=\"100GB\")"
    )]
    Sharded { model: String },
    #[error("{model}: there is no such folder")]
    NoFolder { model: String },
    #[error("{model}: config.json is not a model configuration: {source}")]
    Config {
        model: String,
        source: serde_json::Error,
    },
    #[error("{model}: config.json asks for {what}, which Demarche cannot run; it runs {known}")]
    Unsupported {
        model: String,
        what: String,
        known: &'static str,
    },
    #[error("{model}: config.json has an impossible size: {what}")]
    ImpossibleSize { model: String, what: String },
    #[error("{model}: config.json has calibration_temperature {temperature}; it must be a number above 0")]
    Temperature { model: String, temperature: f64 },
    #[error("{model}: the labels in config.json are {found}; a stance model has four, one for each of pro_intervention, anti_intervention, cooperative and none, by the names in `id2label` or by a label map")]
    Labels { model: String, found: String },
    #[error("{model}: the labels in config.json are {found}; a model of natural language inference has one called `entailment`")]
    NoEntailment { model: String, found: String },
    #[error("{model}: tokenizer.json is not a usable tokenizer: {reason}")]
    Tokenizer { model: String, reason: String },
    #[error("{model}: model.safetensors is damaged or cut short ({source}); copy it again")]
    DamagedWeights {
        model: String,
        source: candle_core::Error,
    },
    #[error("{model}: model.safetensors has no tensor `{name}`, which config.json calls for")]
    MissingTensor { model: String, name: String },
    #[error("{model}: tensor `{name}` has shape {found:?}; config.json calls for {expected:?}")]
    TensorShape {
        model: String,
        name: String,
        expected: Vec<usize>,
        found: Vec<usize>,
    },
    #[error("{model}: tensor `{name}` holds numbers that are not finite; the weights are damaged")]
    NotFinite { model: String, name: String },
    #[error("this demarche was built without an embedded model; name one with --model FOLDER")]
    NotEmbedded,
    #[error("{model}: {source}")]
    Candle {
        model: String,
        source: candle_core::Error,
    },
}

/// A model read whole and checked, ready to become an encoder.
pub struct Model {
    /// The folder, or the embedded model's name: what errors and reports call it.
    pub name: String,
    pub config: ModelConfig,
    pub tokenizer: StatementTokenizer,
    pub weights: Weights,
}

impl Model {
    /// Reads a model; its weights will go to `device`.
    ///
    /// # Errors
    /// A missing file, a damaged one, or a configuration that Demarche cannot run.
    pub fn load(files: &ModelFiles, device: &Device) -> Result<Self, ModelError> {
        let name = files.name().into_owned();
        let config = ModelConfig::parse(&files.read(CONFIG_FILE)?, files.reading(), &name)?;
        let tokenizer = StatementTokenizer::parse(
            &files.read(TOKENIZER_FILE)?,
            config.encoder.max_position_embeddings,
            config.encoder.vocab_size,
            &name,
        )?;
        let architecture = config.encoder.architecture;
        let weights = Weights::parse(files.read(WEIGHTS_FILE)?, device, architecture, &name)?;
        Ok(Self {
            name,
            config,
            tokenizer,
            weights,
        })
    }
}
