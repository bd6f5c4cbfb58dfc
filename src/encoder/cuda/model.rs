//! A model's weights on a GPU.

use std::sync::Arc;

use cudarc::driver::CudaStream;
use half::f16;

use super::gpu::Gpu;
use super::kernels::{DeviceLinear, DeviceNorm, HEAD_SIZES, WIDEST_ROW};
use super::{Buffer, Numbers};
use crate::device::DeviceError;
use crate::encoder::embeddings::{self, NORM, WORDS};
use crate::model::{EncoderConfig, HeadActivation, ModelError, Pooling, Weights};

/// Why a model cannot be brought to a GPU.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// A sequence classifier's weights on one GPU, which all its lanes share.
pub struct CudaModel {
    pub(super) gpu: Gpu,
    pub(super) config: EncoderConfig,
    pub(super) labels: usize,
    /// `[vocab_size, hidden_size]`.
    pub(super) words: Buffer,
    /// Float32 `[segments · max_position_embeddings, hidden_size]`, each segment's embedding added.
    pub(super) places: Buffer,
    pub(super) embedding_norm: DeviceNorm,
    pub(super) layers: Vec<DeviceLayer>,
    /// Float32, where the head pools by `[CLS]`.
    pub(super) pooler: Option<DeviceLinear>,
    /// Float32.
    pub(super) classifier: DeviceLinear,
}

pub(super) struct DeviceLayer {
    /// Queries, keys and values side by side.
    pub(super) projections: DeviceLinear,
    pub(super) attention_output: DeviceLinear,
    pub(super) attention_norm: DeviceNorm,
    pub(super) inner: DeviceLinear,
    pub(super) outer: DeviceLinear,
    pub(super) output_norm: DeviceNorm,
}

impl CudaModel {
    /// Brings a classifier with `labels` outputs to a GPU, in the numbers that the GPU was opened for.
    ///
    /// # Errors
    /// A tensor that is missing or of another shape; sizes that the kernels do not know; too little memory.
    pub fn load(
        config: &EncoderConfig,
        labels: usize,
        weights: &Weights,
        gpu: Gpu,
    ) -> Result<Self, LoadError> {
        check_sizes(config)?;
        let numbers = gpu.kernels().numbers;
        gpu.check_memory(weights_bytes(config, numbers))?;
        let upload = Upload {
            stream: gpu.stream()?,
            gpu: &gpu,
            weights,
            eps: config.layer_norm_eps as f32,
        };
        let (hidden, middle) = (config.hidden_size, config.intermediate_size);
        let layer = |index: usize| -> Result<DeviceLayer, LoadError> {
            let layer = format!("encoder.layer.{index}");
            let part = |part: &str| format!("{layer}.{part}");
            let projections = ["query", "key", "value"].map(|name| part(&format!("attention.self.{name}")));
            Ok(DeviceLayer {
                projections: upload.linear(
                    &projections.each_ref().map(String::as_str),
                    hidden,
                    hidden,
                    numbers,
                )?,
                attention_output: upload.linear(
                    &[&part("attention.output.dense")],
                    hidden,
                    hidden,
                    numbers,
                )?,
                attention_norm: upload.norm(&part("attention.output.LayerNorm"), hidden)?,
                inner: upload.linear(&[&part("intermediate.dense")], hidden, middle, numbers)?,
                outer: upload.linear(&[&part("output.dense")], middle, hidden, numbers)?,
                output_norm: upload.norm(&part("output.LayerNorm"), hidden)?,
            })
        };
        let float = Numbers::Float32;
        let pooler = match config.classifier_pooling {
            Pooling::Cls => Some(upload.linear(&["pooler.dense"], hidden, hidden, float)?),
            Pooling::Mean => None,
        };
        let words = weights.floats(WORDS, &[config.vocab_size, hidden])?;
        let model = Self {
            words: upload.numbers(&words, numbers, WORDS)?,
            places: upload.numbers(&embeddings::places(config, weights)?, float, "places")?,
            embedding_norm: upload.norm(NORM, hidden)?,
            layers: (0..config.num_hidden_layers)
                .map(layer)
                .collect::<Result<_, _>>()?,
            pooler,
            classifier: upload.linear(&["classifier"], hidden, labels, float)?,
            config: config.clone(),
            labels,
            gpu: gpu.clone(),
        };
        // Other streams will read the weights.
        let done = upload.stream.synchronize();
        done.map_err(|error| gpu.failure(LOADING, error))?;
        Ok(model)
    }
}

const LOADING: &str = "loading the model";

/// Refuses what the kernels do not know.
fn check_sizes(config: &EncoderConfig) -> Result<(), DeviceError> {
    let refuse = |what: String| Err(DeviceError::UnsupportedModel { what });
    let architecture = config.architecture.name();
    let knows_head =
        config.classifier_pooling == Pooling::Mean || config.head_activation == HeadActivation::Tanh;
    if !config.is_plain_bert() || !knows_head {
        return refuse(format!(
            "it is of architecture {architecture}, and bert, roberta and xlm-roberta are known"
        ));
    }
    let (hidden, middle, head) = (config.hidden_size, config.intermediate_size, config.head_size());
    if !HEAD_SIZES.contains(&head) {
        return refuse(format!(
            "its attention heads are {head} wide, and 16, 32 and 64 are known"
        ));
    }
    if hidden > WIDEST_ROW {
        return refuse(format!(
            "its states are {hidden} wide, and at most {WIDEST_ROW} is known"
        ));
    }
    // Eight numbers are copied at once.
    if !middle.is_multiple_of(8) {
        return refuse(format!(
            "its feed-forward layer is {middle} wide, and multiples of 8 are known"
        ));
    }
    Ok(())
}

/// What all weights take, roughly.
fn weights_bytes(config: &EncoderConfig, numbers: Numbers) -> usize {
    let hidden = config.hidden_size;
    let maps = config.operations_per_token() / 2;
    (config.vocab_size * hidden + maps) * numbers.bytes()
        + config.segments() * config.max_position_embeddings * hidden * 4
}

/// Tensors on their way to the GPU.
struct Upload<'a> {
    stream: Arc<CudaStream>,
    gpu: &'a Gpu,
    weights: &'a Weights,
    eps: f32,
}

impl Upload<'_> {
    /// The linear maps of these names as one, their outputs side by side.
    fn linear(
        &self,
        names: &[&str],
        inputs: usize,
        outputs: usize,
        numbers: Numbers,
    ) -> Result<DeviceLinear, LoadError> {
        let (weight, bias) = self.weights.linear(names, inputs, outputs)?;
        Ok(DeviceLinear {
            weight: self.numbers(&weight, numbers, names[0])?,
            bias: self.numbers(&bias, Numbers::Float32, names[0])?,
            inputs,
            outputs: outputs * names.len(),
        })
    }

    fn norm(&self, name: &str, size: usize) -> Result<DeviceNorm, LoadError> {
        let part = |part: &str| {
            let name = format!("{name}.{part}");
            let values = self.weights.floats(&name, &[size])?;
            self.numbers(&values, Numbers::Float32, &name)
        };
        Ok(DeviceNorm {
            weight: part("weight")?,
            bias: part("bias")?,
            eps: self.eps,
        })
    }

    fn numbers(&self, values: &[f32], numbers: Numbers, name: &str) -> Result<Buffer, LoadError> {
        if numbers == Numbers::Float16 && !values.iter().all(|&value| f16::from_f32(value).is_finite()) {
            let tensor = name.to_owned();
            return Err(DeviceError::BeyondFloat16 { tensor }.into());
        }
        let uploaded = self.stream.clone_htod(&numbers.encode(values));
        Ok(uploaded.map_err(|error| self.gpu.failure(LOADING, error))?)
    }
}
