//! The network on GPUs: two lanes to each.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Ceiling, Parts};
use crate::classifier::workers::Workers;
use crate::classifier::{ClassifierOptions, ClassifyError, Precision};
use crate::encoder::cuda::{self, CudaModel, Gpu, Lane, LoadError, Numbers};
use crate::encoder::PackedBatch;

/// While one lane copies and launches, the other's kernels run.
const LANES_TO_A_GPU: usize = 2;

/// A batch of fewer tokens does not fill a GPU.
const SMALLEST_SHARE: usize = 4096;

/// What a batch may stay under its share for want of a statement that fits.
const FILLING_ROOM: usize = 64;

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
    busy: Mutex<Busy>,
}

/// For how long a GPU has had at least one batch.
#[derive(Default)]
struct Busy {
    batches: usize,
    since: Option<Instant>,
    total: Duration,
}

impl Busy {
    fn begin(&mut self) {
        self.batches += 1;
        self.since.get_or_insert_with(Instant::now);
    }

    fn end(&mut self) {
        self.batches -= 1;
        if self.batches == 0 {
            self.total += self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        }
    }
}

impl CudaEngine {
    /// Brings the network to GPU `number`, or to all.
    pub(super) fn load(
        parts: &Parts<'_>,
        options: &ClassifierOptions,
        number: Option<usize>,
    ) -> Result<Self, ClassifyError> {
        let numbers = options.precision.numbers()?;
        let chosen = match number {
            Some(number) => vec![number],
            None => (0..cuda::gpus()?).collect(),
        };
        let wanted = options
            .batch_tokens
            .unwrap_or(ClassifierOptions::GPU_BATCH_TOKENS);
        let mut models = Vec::new();
        let mut batch_tokens = wanted.get();
        for number in chosen {
            let gpu = Gpu::open(number, numbers)?;
            let model = CudaModel::load(parts.config, parts.labels, parts.weights, gpu.clone());
            let model = Arc::new(model.map_err(|error| match error {
                LoadError::Device(error) => ClassifyError::Device(error),
                LoadError::Model(error) => ClassifyError::Model(error),
            })?);
            batch_tokens = batch_tokens.min(model.fitting_tokens(wanted.get())?);
            models.push((gpu, model));
        }
        // A statement longer than a batch is one by itself.
        let capacity = batch_tokens.max(parts.config.max_position_embeddings);
        let mut lanes = Vec::new();
        for _ in 0..LANES_TO_A_GPU {
            for (_, model) in &models {
                lanes.push(Mutex::new(model.lane(capacity)?));
            }
        }
        let threads = NonZeroUsize::new(lanes.len()).unwrap_or(NonZeroUsize::MIN);
        let gpus = models.into_iter().map(|(gpu, _)| GpuInUse {
            gpu,
            busy: Mutex::default(),
        });
        Ok(Self {
            gpus: gpus.collect(),
            threads: Workers::new(threads, "gpu-lane")?,
            lanes,
            batch_tokens,
            numbers,
        })
    }

    pub(super) fn description(&self) -> String {
        let each = self.gpus.iter().map(|in_use| in_use.gpu.description());
        each.collect::<Vec<_>>().join(", ")
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

    /// So many that every lane gets as many batches as the others.
    pub(super) fn batch_tokens(&self, all: usize) -> usize {
        let batches = all
            .div_ceil(self.batch_tokens)
            .max(1)
            .next_multiple_of(self.lanes.len());
        // Batches are not filled to the last token: without some room, a small one would be left over.
        let share = all.div_ceil(batches) + FILLING_ROOM;
        self.batch_tokens.min(share.max(SMALLEST_SHARE))
    }

    pub(super) fn logits(&self, lane: usize, batch: &PackedBatch) -> Result<Vec<f32>, ClassifyError> {
        let busy = &self.gpus[lane % self.gpus.len()].busy;
        // A panic elsewhere spoils no lane: each batch writes all that it reads.
        let mut lane = self.lanes[lane].lock().unwrap_or_else(PoisonError::into_inner);
        let busy_now = || busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy_now().begin();
        let logits = lane.forward(batch).map(<[f32]>::to_vec);
        busy_now().end();
        Ok(logits?)
    }

    pub(super) fn seconds_in_network(&self) -> f64 {
        let of_one = |in_use: &GpuInUse| {
            let busy = in_use.busy.lock().unwrap_or_else(PoisonError::into_inner);
            busy.total + busy.since.map_or(Duration::ZERO, |since| since.elapsed())
        };
        self.gpus.iter().map(of_one).sum::<Duration>().as_secs_f64()
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
