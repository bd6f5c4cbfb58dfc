//! What turns batches into logits: the network on the CPU, or on GPUs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use candle_core::Device;

use super::workers::Workers;
use super::{ClassifierOptions, ClassifyError, Precision};
use crate::device::{DeviceChoice, DeviceError};
use crate::encoder::{Arithmetic, PackedBatch, Pass, SequenceClassifier};
use crate::model::{EncoderConfig, Weights};

// Both know nothing of CUDA, and are tested without it.
#[cfg(any(feature = "cuda", test))]
mod busy;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(any(feature = "cuda", test))]
mod selection;

/// A network where it runs.
pub(super) enum Engine {
    Cpu(CpuEngine),
    #[cfg(feature = "cuda")]
    Cuda(cuda::CudaEngine),
}

/// What a machine can do at most, as measured.
#[derive(Clone, Copy, Debug)]
pub struct Ceiling {
    /// Multiplications and additions a second of the matrix product alone, all operands at hand.
    pub operations_per_second: f64,
    /// Bytes a second that the device's memory reads and writes; `None` where that was not measured.
    pub bytes_per_second: Option<f64>,
}

/// What a network is made of.
pub(super) struct Parts<'a> {
    pub(super) config: &'a EncoderConfig,
    pub(super) labels: usize,
    pub(super) weights: &'a Weights,
}

/// Which GPUs are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "cuda"), allow(dead_code))]
enum Wanted {
    /// One by its number: it is used, or it is an error.
    One(usize),
    /// All that the driver shows: each is used, or it is an error.
    All,
    /// Those that can be used and are of one kind; whatever is left out is said.
    Usable,
}

impl Engine {
    /// Brings a network to the device that the options name. Gives back what there is to say of a choice that was left
    /// to us.
    ///
    /// # Errors
    /// [`ClassifyError::Model`], [`ClassifyError::Threads`], or [`ClassifyError::Device`] where a GPU was asked for and
    /// cannot be used.
    pub(super) fn load(
        parts: &Parts<'_>,
        options: &ClassifierOptions,
    ) -> Result<(Self, Option<String>), ClassifyError> {
        let on_cpu = || CpuEngine::load(parts, options).map(Self::Cpu);
        let on_gpus = |wanted| Self::on_gpus(parts, options, wanted);
        match options.device {
            DeviceChoice::Cpu => Ok((on_cpu()?, None)),
            DeviceChoice::Cuda => Ok((on_gpus(Wanted::All)?.0, None)),
            DeviceChoice::CudaNumber(number) => Ok((on_gpus(Wanted::One(number))?.0, None)),
            DeviceChoice::Auto => match on_gpus(Wanted::Usable) {
                Ok((engine, left_out)) => {
                    let used = std::iter::once(format!("device: {}", engine.description()));
                    let note = used.chain(left_out).collect::<Vec<_>>().join("; ");
                    Ok((engine, Some(note)))
                }
                Err(ClassifyError::Device(no_gpu)) => match on_cpu() {
                    // Without CUDA, nothing was to be chosen.
                    Ok(engine) if matches!(no_gpu, DeviceError::NotBuilt) => Ok((engine, None)),
                    Ok(engine) => Ok((engine, Some(format!("device: cpu ({no_gpu})")))),
                    // A precision of GPUs alone: what is missing is the GPU.
                    Err(ClassifyError::Device(_)) => Err(DeviceError::NeedsGpu {
                        precision: options.precision.name(),
                        why: Box::new(no_gpu),
                    }
                    .into()),
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            },
        }
    }

    #[cfg(feature = "cuda")]
    fn on_gpus(
        parts: &Parts<'_>,
        options: &ClassifierOptions,
        wanted: Wanted,
    ) -> Result<(Self, Vec<String>), ClassifyError> {
        let (engine, left_out) = cuda::CudaEngine::load(parts, options, wanted)?;
        Ok((Self::Cuda(engine), left_out))
    }

    #[cfg(not(feature = "cuda"))]
    fn on_gpus(
        _: &Parts<'_>,
        _: &ClassifierOptions,
        _: Wanted,
    ) -> Result<(Self, Vec<String>), ClassifyError> {
        Err(DeviceError::NotBuilt.into())
    }

    /// The device, as reports and manifests name it.
    pub(super) fn description(&self) -> String {
        match self {
            Self::Cpu(_) => "cpu".to_owned(),
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.description(),
        }
    }

    /// The kind of device, by name.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Cpu(_) => "cpu",
            #[cfg(feature = "cuda")]
            Self::Cuda(_) => "cuda",
        }
    }

    /// The kind of device as far as results depend on it, to the last bit.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Cpu(_) => "cpu".to_owned(),
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.identity(),
        }
    }

    /// True where the network runs apart from the worker threads, which are free meanwhile.
    pub(super) fn is_apart(&self) -> bool {
        match self {
            Self::Cpu(_) => false,
            #[cfg(feature = "cuda")]
            Self::Cuda(_) => true,
        }
    }

    /// The precision that it computes in, never [`Precision::Auto`].
    pub(super) fn precision(&self) -> Precision {
        match self {
            Self::Cpu(engine) => match engine.arithmetic {
                Arithmetic::Int8 => Precision::Int8,
                Arithmetic::Float32 | Arithmetic::Candle => Precision::Float32,
            },
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.precision(),
        }
    }

    /// What multiplies there, by name.
    pub(super) fn kernel_name(&self) -> String {
        match self {
            Self::Cpu(engine) => engine.arithmetic.kernel_name(),
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.kernel_name().to_owned(),
        }
    }

    /// The threads that batches are given to, one batch each at a time: `workers` themselves, or lanes to a GPU.
    pub(super) fn lanes<'a>(&'a self, workers: &'a Workers) -> &'a Workers {
        match self {
            Self::Cpu(_) => workers,
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.lanes(),
        }
    }

    /// The most tokens in a batch, where there are so many in all.
    pub(super) fn batch_tokens(&self, all: usize, workers: &Workers) -> usize {
        match self {
            // Of a single article, each worker gets a share.
            Self::Cpu(engine) => {
                let share = all.div_ceil(2 * workers.count());
                engine.batch_tokens.min(share.max(SMALLEST_SHARE))
            }
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.batch_tokens(all),
        }
    }

    /// Logits of a batch, `[statements, labels]` row by row, on one of the lanes.
    ///
    /// # Errors
    /// [`ClassifyError::Encoder`] or [`ClassifyError::Device`].
    #[cfg_attr(not(feature = "cuda"), allow(unused_variables))]
    pub(super) fn logits(&self, lane: usize, batch: &PackedBatch) -> Result<Vec<f32>, ClassifyError> {
        match self {
            Self::Cpu(engine) => engine.logits(batch),
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.logits(lane, batch),
        }
    }

    /// Seconds in the network so far: of all worker threads together, or of all GPUs.
    pub(super) fn seconds_in_network(&self) -> f64 {
        match self {
            Self::Cpu(engine) => engine.in_network.load(Ordering::Relaxed) as f64 / 1e9,
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.seconds_in_network(),
        }
    }

    /// Measures what the device could do at most, over `duration`.
    ///
    /// # Errors
    /// The device's own.
    pub(super) fn ceiling(&self, workers: &Workers, duration: Duration) -> Result<Ceiling, ClassifyError> {
        match self {
            Self::Cpu(engine) => {
                let measured = workers.map(&vec![(); workers.count()], |()| {
                    engine.arithmetic.peak_rate(duration)
                });
                Ok(Ceiling {
                    operations_per_second: measured.into_iter().sum::<candle_core::Result<f64>>()?,
                    bytes_per_second: None,
                })
            }
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.ceiling(duration),
        }
    }

    /// What the system's other tools know the GPUs by; none of the CPU.
    pub(super) fn buses(&self) -> Result<Vec<String>, ClassifyError> {
        match self {
            Self::Cpu(_) => Ok(Vec::new()),
            #[cfg(feature = "cuda")]
            Self::Cuda(engine) => engine.buses(),
        }
    }
}

/// The devices that this build can use here, for people: `cpu`, and GPUs or why there are none.
pub fn devices() -> String {
    #[cfg(feature = "cuda")]
    return match crate::encoder::cuda::gpus() {
        Ok(1) => "cpu, cuda (1 GPU)".to_owned(),
        Ok(count) => format!("cpu, cuda ({count} GPUs)"),
        Err(error) => format!("cpu (no cuda: {})", error),
    };
    #[cfg(not(feature = "cuda"))]
    return "cpu (built without cuda)".to_owned();
}

/// Matrix products of fewer rows are slower for each.
const SMALLEST_SHARE: usize = 64;

/// The network on the CPU; any thread can run it.
pub(super) struct CpuEngine {
    network: SequenceClassifier,
    arithmetic: Arithmetic,
    batch_tokens: usize,
    /// Nanoseconds that threads have spent in the network, all together.
    in_network: AtomicU64,
}

impl CpuEngine {
    fn load(parts: &Parts<'_>, options: &ClassifierOptions) -> Result<Self, ClassifyError> {
        let arithmetic = match options.precision {
            // What int8 does to other attention than BERT's was not measured.
            Precision::Auto if !parts.config.is_plain_bert() => Arithmetic::Float32,
            chosen => chosen.arithmetic()?,
        };
        // Layers are packed side by side.
        let network = options.thread_pool()?.install(|| {
            SequenceClassifier::new(
                parts.config,
                parts.labels,
                parts.weights,
                &Device::Cpu,
                arithmetic,
            )
        })?;
        Ok(Self::new(network, arithmetic, options))
    }

    pub(super) fn new(
        network: SequenceClassifier,
        arithmetic: Arithmetic,
        options: &ClassifierOptions,
    ) -> Self {
        let batch_tokens = options
            .batch_tokens
            .unwrap_or(ClassifierOptions::CPU_BATCH_TOKENS);
        Self {
            network,
            arithmetic,
            batch_tokens: batch_tokens.get(),
            in_network: AtomicU64::new(0),
        }
    }

    fn logits(&self, batch: &PackedBatch) -> Result<Vec<f32>, ClassifyError> {
        let begun = Instant::now();
        let logits = self.network.forward(batch, &Pass::Inference)?;
        let logits = logits.flatten_all()?.to_vec1::<f32>()?;
        let nanoseconds = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.in_network.fetch_add(nanoseconds, Ordering::Relaxed);
        Ok(logits)
    }
}
