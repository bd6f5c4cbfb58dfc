//! The network on GPUs: two lanes to each.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::busy::BusyTime;
use super::selection::{select, Candidate};
use super::{Ceiling, Parts, Wanted};
use crate::classifier::packing::balanced;
use crate::classifier::workers::Workers;
use crate::classifier::{ClassifierOptions, ClassifyError, Precision};
use crate::encoder::cuda::{self, CudaModel, Gpu, Lane, LoadError, Numbers};
use crate::encoder::PackedBatch;

/// While one lane copies and launches, the other's kernels run.
const LANES_TO_A_GPU: usize = 2;

pub(in crate::classifier) struct CudaEngine {
    gpus: Vec<GpuInUse>,
    /// One after another for each GPU in turn.
    lanes: Vec<Mutex<Lane>>,
    /// A thread for each lane.
    threads: Workers,
    batch_tokens: usize,
    numbers: Numbers,
}

struct GpuInUse {
    gpu: Gpu,
    busy: BusyTime,
}

/// A GPU that has the network.
struct ReadyGpu {
    gpu: Gpu,
    model: Arc<CudaModel>,
    /// The most tokens that a batch there can have.
    batch_tokens: usize,
}

impl ReadyGpu {
    fn load(
        number: usize,
        numbers: Numbers,
        wanted_tokens: usize,
        parts: &Parts<'_>,
    ) -> Result<Self, ClassifyError> {
        let gpu = Gpu::open(number, numbers)?;
        let model = CudaModel::load(parts.config, parts.labels, parts.weights, gpu.clone());
        let model = model.map_err(|error| match error {
            LoadError::Device(error) => ClassifyError::Device(error),
            LoadError::Model(error) => ClassifyError::Model(error),
        })?;
        Ok(Self {
            batch_tokens: model.fitting_tokens(wanted_tokens)?,
            model: Arc::new(model),
            gpu,
        })
    }
}

impl CudaEngine {
    /// Brings the network to the GPUs that are wanted; gives back what is to be said of those left out.
    ///
    /// # Errors
    /// [`ClassifyError::Device`], [`ClassifyError::Model`] or [`ClassifyError::Threads`].
    pub(super) fn load(
        parts: &Parts<'_>,
        options: &ClassifierOptions,
        wanted: Wanted,
    ) -> Result<(Self, Vec<String>), ClassifyError> {
        let numbers = options.precision.numbers()?;
        let places = match wanted {
            Wanted::One(number) => vec![number],
            Wanted::All | Wanted::Usable => (0..cuda::gpus()?).collect(),
        };
        let wanted_tokens = options
            .batch_tokens
            .unwrap_or(ClassifierOptions::GPU_BATCH_TOKENS)
            .get();
        let candidates = places.into_iter().map(|number| Candidate {
            number,
            outcome: ReadyGpu::load(number, numbers, wanted_tokens, parts)
                .map(|ready| (ready.gpu.capability(), ready)),
        });
        let (ready, left_out) = select(candidates.collect(), wanted)?;
        let least = ready.iter().map(|ready| ready.batch_tokens).min();
        let batch_tokens = least.unwrap_or(wanted_tokens);
        // A statement longer than a batch is one by itself.
        let capacity = batch_tokens.max(parts.config.max_position_embeddings);
        let mut lanes = Vec::new();
        for _ in 0..LANES_TO_A_GPU {
            for ReadyGpu { model, .. } in &ready {
                lanes.push(Mutex::new(model.lane(capacity)?));
            }
        }
        let threads = NonZeroUsize::new(lanes.len()).unwrap_or(NonZeroUsize::MIN);
        let gpus = ready.into_iter().map(|ready| GpuInUse {
            gpu: ready.gpu,
            busy: BusyTime::default(),
        });
        let engine = Self {
            gpus: gpus.collect(),
            threads: Workers::new(threads, "gpu-lane")?,
            lanes,
            batch_tokens,
            numbers,
        };
        Ok((engine, left_out))
    }

    pub(super) fn description(&self) -> String {
        let each = self.gpus.iter().map(|in_use| in_use.gpu.description());
        each.collect::<Vec<_>>().join(", ")
    }

    /// The kind of GPU, on which results depend.
    pub(super) fn identity(&self) -> String {
        let capability = self.gpus.first().map(|in_use| in_use.gpu.capability());
        capability.map_or_else(String::new, |capability| format!("cuda {capability}"))
    }

    pub(super) fn precision(&self) -> Precision {
        match self.numbers {
            Numbers::Float32 => Precision::Float32,
            Numbers::Float16 => Precision::Float16,
            Numbers::BFloat16 => Precision::BFloat16,
        }
    }

    pub(super) fn kernel_name(&self) -> &'static str {
        match self.numbers {
            Numbers::Float32 => "CUDA cores",
            Numbers::Float16 => "tensor cores (mma.sync, f16)",
            Numbers::BFloat16 => "tensor cores (mma.sync, bf16)",
        }
    }

    pub(super) fn lanes(&self) -> &Workers {
        &self.threads
    }

    pub(super) fn batch_tokens(&self, all: usize) -> usize {
        balanced(all, self.batch_tokens, self.lanes.len())
    }

    pub(super) fn logits(&self, lane: usize, batch: &PackedBatch) -> Result<Vec<f32>, ClassifyError> {
        let busy = &self.gpus[lane % self.gpus.len()].busy;
        // A panic elsewhere spoils no lane: each batch writes all that it reads.
        let mut lane = self.lanes[lane].lock().unwrap_or_else(PoisonError::into_inner);
        let _in_work = busy.begin();
        Ok(lane.forward(batch)?.to_vec())
    }

    pub(super) fn seconds_in_network(&self) -> f64 {
        let each = self.gpus.iter().map(|in_use| in_use.busy.total());
        each.sum::<Duration>().as_secs_f64()
    }

    pub(super) fn ceiling(&self, duration: Duration) -> Result<Ceiling, ClassifyError> {
        let (mut operations, mut bytes) = (0.0, 0.0);
        for in_use in &self.gpus {
            let peak = in_use.gpu.peak(duration)?;
            operations += peak.operations_per_second;
            bytes += peak.bytes_per_second;
        }
        Ok(Ceiling {
            operations_per_second: operations,
            bytes_per_second: Some(bytes),
        })
    }

    pub(super) fn buses(&self) -> Result<Vec<String>, ClassifyError> {
        let buses = self.gpus.iter().map(|in_use| in_use.gpu.bus());
        Ok(buses.collect::<Result<_, _>>()?)
    }
}
