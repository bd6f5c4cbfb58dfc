//! The tensors of `model.safetensors`, looked up by name and checked against a shape.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};

use super::ModelError;

/// A model's tensors by name.
#[derive(Clone)]
pub struct Weights {
    model: String,
    tensors: HashMap<String, Tensor>,
    /// Put before every name looked up: `bert.` in a classifier's file, nothing in a bare encoder's.
    prefix: &'static str,
}

impl Weights {
    /// Reads a safetensors file held in memory, every tensor converted to `dtype` on `device`.
    ///
    /// # Errors
    /// [`ModelError::DamagedWeights`] where the bytes are no whole safetensors file.
    pub fn parse(bytes: &[u8], dtype: DType, device: &Device, model: &str) -> Result<Self, ModelError> {
        let damaged = |source| ModelError::DamagedWeights {
            model: model.to_owned(),
            source,
        };
        let mut tensors = candle_core::safetensors::load_buffer(bytes, device).map_err(damaged)?;
        for tensor in tensors.values_mut() {
            *tensor = tensor.to_dtype(dtype).map_err(damaged)?;
        }
        Ok(Self::new(model, tensors))
    }

    /// Tensors already at hand, under their names in the Hugging Face layout.
    pub fn new(model: &str, tensors: HashMap<String, Tensor>) -> Self {
        let prefix = if tensors.keys().any(|name| name.starts_with("bert.")) {
            "bert."
        } else {
            ""
        };
        Self {
            model: model.to_owned(),
            tensors,
            prefix,
        }
    }

    /// What errors call the model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// A tensor by its name in a bare encoder's file (without `bert.`), or of the head.
    ///
    /// # Errors
    /// [`ModelError::MissingTensor`] or [`ModelError::TensorShape`].
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let prefix = if name.starts_with("classifier.") {
            ""
        } else {
            self.prefix
        };
        let name = format!("{prefix}{name}");
        let Some(tensor) = self.tensors.get(&name) else {
            return Err(ModelError::MissingTensor {
                model: self.model.clone(),
                name,
            });
        };
        if tensor.dims() != shape {
            return Err(ModelError::TensorShape {
                model: self.model.clone(),
                name,
                expected: shape.to_vec(),
                found: tensor.dims().to_vec(),
            });
        }
        Ok(tensor.clone())
    }
}
