//! `model.safetensors` in float32, with the temperature in the last linear map.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};

use super::ExportError;
use crate::model::{ModelFiles, WEIGHTS_FILE};

/// The last linear map, as different classifiers name it.
const LAST_MAPS: [&str; 2] = ["classifier.out_proj", "classifier"];

/// All tensors of a model, those of real numbers in float32; its logits are then divided by `temperature` already.
pub(super) fn weights(files: &ModelFiles, temperature: f64) -> Result<Vec<u8>, ExportError> {
    let model = files.name().into_owned();
    let bytes = files.read(WEIGHTS_FILE)?;
    let failed = |source| ExportError::Candle {
        model: model.clone(),
        source,
    };
    let mut tensors = in_float32(&bytes).map_err(failed)?;
    if temperature != 1.0 {
        let last = LAST_MAPS
            .into_iter()
            .find(|name| tensors.contains_key(&format!("{name}.weight")));
        let Some(last) = last else {
            return Err(ExportError::NoLastMap { model, temperature });
        };
        for part in ["weight", "bias"] {
            if let Some(tensor) = tensors.get_mut(&format!("{last}.{part}")) {
                *tensor = (&*tensor / temperature).map_err(failed)?;
            }
        }
    }
    // transformers refuses a file that does not say what wrote it.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let written = safetensors::serialize(&tensors, Some(metadata));
    written.map_err(|error| failed(error.into()))
}

fn in_float32(bytes: &[u8]) -> candle_core::Result<HashMap<String, Tensor>> {
    let tensors = candle_core::safetensors::load_buffer(bytes, &Device::Cpu)?;
    let widened = tensors.into_iter().map(|(name, tensor)| {
        let tensor = match tensor.dtype().is_float() {
            true => tensor.to_dtype(DType::F32)?,
            false => tensor,
        };
        Ok((name, tensor))
    });
    widened.collect()
}
