//! The tensors of `model.safetensors`, looked up by name and checked against a shape.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use safetensors::{Dtype, SafeTensors};

use super::{half, Architecture, ModelError};

/// A model's tensors by name.
///
/// Those of a file stay in it as they are, and are converted when they are asked for.
#[derive(Clone)]
pub struct Weights {
    model: String,
    source: Source,
    architecture: Architecture,
    /// Put before the names of the encoder's tensors: `bert.` in a classifier's file, nothing in a bare encoder's.
    prefix: &'static str,
}

#[derive(Clone)]
enum Source {
    File {
        bytes: Arc<Cow<'static, [u8]>>,
        entries: Arc<HashMap<String, Entry>>,
        device: Device,
    },
    Tensors(HashMap<String, Tensor>),
}

/// Where a tensor lies in its file.
struct Entry {
    dtype: Dtype,
    shape: Vec<usize>,
    range: Range<usize>,
}

impl Weights {
    /// Looks through a safetensors file held in memory; tensors will go to `device`.
    ///
    /// # Errors
    /// [`ModelError::DamagedWeights`] where the bytes are no whole safetensors file.
    pub fn parse(
        bytes: Cow<'static, [u8]>,
        device: &Device,
        architecture: Architecture,
        model: &str,
    ) -> Result<Self, ModelError> {
        let damaged = |source: safetensors::SafeTensorError| ModelError::DamagedWeights {
            model: model.to_owned(),
            source: source.into(),
        };
        // Checks that the tensors fill the file, without a gap and to its end.
        let whole = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        let start = bytes.as_ptr() as usize;
        let entries: HashMap<String, Entry> = whole
            .iter()
            .map(|(name, view)| {
                let offset = view.data().as_ptr() as usize - start;
                let entry = Entry {
                    dtype: view.dtype(),
                    shape: view.shape().to_vec(),
                    range: offset..offset + view.data().len(),
                };
                (name.to_owned(), entry)
            })
            .collect();
        Ok(Self {
            model: model.to_owned(),
            architecture,
            prefix: prefix_of(architecture, entries.keys()),
            source: Source::File {
                entries: Arc::new(entries),
                bytes: Arc::new(bytes),
                device: device.clone(),
            },
        })
    }

    /// A BERT model's tensors already at hand, under their names in the Hugging Face layout.
    pub fn new(model: &str, tensors: HashMap<String, Tensor>) -> Self {
        Self {
            model: model.to_owned(),
            architecture: Architecture::Bert,
            prefix: prefix_of(Architecture::Bert, tensors.keys()),
            source: Source::Tensors(tensors),
        }
    }

    /// What errors call the model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// A float32 tensor by its name in a bare BERT encoder's file (without `bert.`), or of the head; in files of other
    /// architectures it stands under theirs.
    ///
    /// # Errors
    /// [`ModelError::MissingTensor`], [`ModelError::TensorShape`] or Candle's.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        match &self.source {
            Source::Tensors(tensors) => {
                let (name, tensor) = self.look_up(tensors, name)?;
                self.check_shape(name, shape, tensor.dims())?;
                Ok(tensor.clone())
            }
            Source::File {
                bytes,
                entries,
                device,
            } => {
                let entry = self.entry(entries, name, shape)?;
                DType::try_from(entry.dtype)
                    .and_then(|dtype| {
                        Tensor::from_raw_buffer(&bytes[entry.range.clone()], dtype, shape, device)
                    })
                    .and_then(|tensor| tensor.to_dtype(DType::F32))
                    .map_err(|source| self.candle(source))
            }
        }
    }

    /// As [`Weights::get`], as numbers on the CPU, row by row.
    ///
    /// # Errors
    /// As [`Weights::get`], or [`ModelError::NotFinite`].
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let floats = self.unchecked_floats(name, shape)?;
        // Without an early end, so that it is vectorised.
        if floats
            .iter()
            .fold(true, |finite, value| finite & value.is_finite())
        {
            return Ok(floats);
        }
        Err(ModelError::NotFinite {
            model: self.model.clone(),
            name: name.to_owned(),
        })
    }

    /// `size` zeros on the device of another tensor, for what a model does not have.
    ///
    /// # Errors
    /// Candle's.
    pub fn zeros(&self, size: usize, beside: &Tensor) -> Result<Tensor, ModelError> {
        Tensor::zeros(size, DType::F32, beside.device()).map_err(|source| self.candle(source))
    }

    /// The linear maps of these names, each `inputs` → `outputs`, as one with their outputs side by side: weights
    /// `[names · outputs, inputs]` and biases `[names · outputs]`.
    ///
    /// # Errors
    /// As [`Weights::floats`].
    pub fn linear(
        &self,
        names: &[&str],
        inputs: usize,
        outputs: usize,
    ) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weight.append(&mut self.floats(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.append(&mut self.floats(&format!("{name}.bias"), &[outputs])?);
        }
        Ok((weight, bias))
    }

    fn unchecked_floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        if let Source::File { bytes, entries, .. } = &self.source {
            let entry = self.entry(entries, name, shape)?;
            if entry.dtype == Dtype::F16 {
                let mut floats = vec![0.0; shape.iter().product()];
                half::widen(&bytes[entry.range.clone()], &mut floats);
                return Ok(floats);
            }
        }
        self.get(name, shape)?
            .flatten_all()
            .and_then(|tensor| tensor.to_vec1())
            .map_err(|source| self.candle(source))
    }

    /// As [`Weights::floats`], for a table of which few rows are needed at a time: one that the file
    /// holds in float16 stays there.
    ///
    /// # Errors
    /// As [`Weights::get`].
    pub fn table(&self, name: &str, shape: [usize; 2]) -> Result<Table, ModelError> {
        let columns = shape[1];
        if let Source::File { bytes, entries, .. } = &self.source {
            let entry = self.entry(entries, name, &shape)?;
            if entry.dtype == Dtype::F16 {
                let cells = Cells::Half {
                    file: Arc::clone(bytes),
                    range: entry.range.clone(),
                };
                return Ok(Table { columns, cells });
            }
        }
        let cells = Cells::Float(self.unchecked_floats(name, &shape)?.into());
        Ok(Table { columns, cells })
    }

    fn entry<'a>(
        &self,
        entries: &'a HashMap<String, Entry>,
        name: &str,
        shape: &[usize],
    ) -> Result<&'a Entry, ModelError> {
        let (name, entry) = self.look_up(entries, name)?;
        self.check_shape(name, shape, &entry.shape)?;
        Ok(entry)
    }

    /// What stands under a name, and that name in full.
    fn look_up<'a, T>(
        &self,
        entries: &'a HashMap<String, T>,
        name: &str,
    ) -> Result<(String, &'a T), ModelError> {
        let name = self.architecture.tensor_name(name, self.prefix);
        if let Some(found) = entries.get(&name) {
            return Ok((name, found));
        }
        // As checkpoints that come from TensorFlow call them.
        for (ending, older) in [
            ("LayerNorm.weight", "LayerNorm.gamma"),
            ("LayerNorm.bias", "LayerNorm.beta"),
        ] {
            let older = name.strip_suffix(ending).map(|stem| format!("{stem}{older}"));
            if let Some((older, found)) = older.and_then(|older| Some((older.clone(), entries.get(&older)?)))
            {
                return Ok((older, found));
            }
        }
        Err(ModelError::MissingTensor {
            model: self.model.clone(),
            name,
        })
    }

    fn check_shape(&self, name: String, expected: &[usize], found: &[usize]) -> Result<(), ModelError> {
        if found == expected {
            return Ok(());
        }
        Err(ModelError::TensorShape {
            model: self.model.clone(),
            name,
            expected: expected.to_vec(),
            found: found.to_vec(),
        })
    }

    /// An error of Candle's while this model is made ready.
    pub(crate) fn candle(&self, source: candle_core::Error) -> ModelError {
        ModelError::Candle {
            model: self.model.clone(),
            source,
        }
    }
}

fn prefix_of<'a>(architecture: Architecture, mut names: impl Iterator<Item = &'a String>) -> &'static str {
    let prefix = architecture.prefix();
    if names.any(|name| name.starts_with(prefix)) {
        prefix
    } else {
        ""
    }
}

/// A matrix read row by row, in the precision that its file has.
#[derive(Clone)]
pub struct Table {
    columns: usize,
    cells: Cells,
}

#[derive(Clone)]
enum Cells {
    Half {
        file: Arc<Cow<'static, [u8]>>,
        range: Range<usize>,
    },
    Float(Arc<[f32]>),
}

impl Table {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        match &self.cells {
            Cells::Half { range, .. } => range.len() / half::BYTES / self.columns,
            Cells::Float(cells) => cells.len() / self.columns,
        }
    }

    /// Copies a row to `out`, which has the table's width.
    ///
    /// # Panics
    /// Where there is no such row or `out` is of another width.
    pub fn copy_row(&self, row: usize, out: &mut [f32]) {
        let cells = row * self.columns..(row + 1) * self.columns;
        match &self.cells {
            Cells::Half { file, range } => {
                let table = &file[range.clone()];
                half::widen(&table[cells.start * half::BYTES..cells.end * half::BYTES], out);
            }
            Cells::Float(table) => out.copy_from_slice(&table[cells]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dtype: DType) -> Weights {
        let values = Tensor::new(&[[0.5f32, -2.0, 3.0], [1.0, 0.0, 65504.0]], &Device::Cpu).unwrap();
        let stored = values.to_dtype(dtype).unwrap();
        let bytes = safetensors::serialize([("bert.t", &stored)], None).unwrap();
        Weights::parse(Cow::Owned(bytes), &Device::Cpu, Architecture::Bert, "m").unwrap()
    }

    #[test]
    fn a_tensor_reads_the_same_in_every_form() {
        let expected = [0.5, -2.0, 3.0, 1.0, 0.0, 65504.0];
        for dtype in [DType::F16, DType::F32] {
            let weights = file(dtype);
            let tensor = weights.get("t", &[2, 3]).unwrap();
            assert_eq!(tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap(), expected);
            assert_eq!(weights.floats("t", &[2, 3]).unwrap(), expected);
            let table = weights.table("t", [2, 3]).unwrap();
            assert_eq!(table.rows(), 2);
            let mut row = [0.0; 3];
            table.copy_row(1, &mut row);
            assert_eq!(row, expected[3..]);
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        for value in [f32::NAN, f32::INFINITY] {
            let tensor = Tensor::new(&[1.0, value, 2.0], &Device::Cpu).unwrap();
            let weights = Weights::new("m", HashMap::from([("t".to_owned(), tensor)]));
            let error = weights.floats("t", &[3]).unwrap_err();
            assert!(matches!(error, ModelError::NotFinite { .. }), "{error}");
        }
    }

    #[test]
    fn missing_and_misshapen_tensors_are_refused() {
        let weights = file(DType::F16);
        let missing = weights.get("other", &[2, 3]).unwrap_err();
        assert!(matches!(missing, ModelError::MissingTensor { name, .. } if name == "bert.other"));
        for error in [
            weights.get("t", &[3, 2]).unwrap_err(),
            weights.floats("t", &[6]).unwrap_err(),
            weights.table("t", [6, 1]).err().unwrap(),
        ] {
            assert!(matches!(error, ModelError::TensorShape { .. }), "{error}");
        }
    }
}
