//! How a classifier uses the machine.

use std::num::NonZeroUsize;
use std::str::FromStr;

use super::ClassifyError;
use crate::device::{DeviceChoice, DeviceError};
#[cfg(feature = "cuda")]
use crate::encoder::cuda::Numbers;
use crate::encoder::Arithmetic;

/// How a [`super::Classifier`] uses the machine. Results depend on the precision, the kind of device (of a GPU: its
/// compute capability) and what becomes of long statements, and on nothing else chosen here.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClassifierOptions {
    /// Worker threads; one for each core where it is `None`.
    pub threads: Option<NonZeroUsize>,
    /// The most tokens in one packed batch; a longer statement has a batch of its own. Where it is `None`, what suits
    /// the device.
    pub batch_tokens: Option<NonZeroUsize>,
    /// Where the encoder runs.
    pub device: DeviceChoice,
    /// How exactly the encoder computes.
    pub precision: Precision,
    /// What becomes of statements that are longer than the model reads.
    pub long: LongStatements,
}

/// What becomes of statements that are longer than the model reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LongStatements {
    /// Their beginning is classified, and they are marked as truncated.
    #[default]
    Truncate,
    /// They are classified in windows that overlap by half, whose probabilities are averaged.
    Window,
}

impl ClassifierOptions {
    /// Activations of this many tokens stay in a core's second-level cache, and the kernel's blocks of 12
    /// rows are full; `docs/performance.md` has the measurements.
    pub const CPU_BATCH_TOKENS: NonZeroUsize = NonZeroUsize::new(192).unwrap();

    /// Enough rows for every multiprocessor, few enough that the next batch is not waited for;
    /// `docs/performance.md` has the measurements. A GPU with little memory gets fewer.
    pub const GPU_BATCH_TOKENS: NonZeroUsize = NonZeroUsize::new(32_768).unwrap();

    pub(crate) fn thread_count(&self) -> NonZeroUsize {
        // Not rayon's own default: the command line sets the variable that it reads, for Candle's sake.
        self.threads
            .or_else(|| std::thread::available_parallelism().ok())
            .unwrap_or(NonZeroUsize::MIN)
    }

    /// One pool of all the threads that these options ask for.
    ///
    /// # Errors
    /// [`ClassifyError::Threads`].
    pub(crate) fn thread_pool(&self) -> Result<rayon::ThreadPool, ClassifyError> {
        let threads = self.thread_count().get();
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|source| ClassifyError::Threads { threads, source })
    }
}

/// How exactly the encoder computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// What the device is best at: [`Precision::Int8`] on every CPU, so that all give the same labels, and
    /// [`Precision::Float16`] on every GPU. [`Precision::Float32`] for models that are no
    /// [plain BERT](crate::model::EncoderConfig::is_plain_bert).
    #[default]
    Auto,
    /// Float32 throughout: the reference.
    Float32,
    /// On a GPU: states and weights in float16, sums in float32.
    Float16,
    /// On a GPU: as [`Precision::Float16`], in bfloat16, which is coarser but has float32's range.
    BFloat16,
    /// On a CPU: linear maps in 8-bit integers, three times as fast, with the same label for more than 99% of
    /// statements. `docs/performance.md` has the measurements.
    Int8,
}

impl Precision {
    /// All, in the order in which help lists them.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::Float32,
        Self::Float16,
        Self::BFloat16,
        Self::Int8,
    ];

    /// The name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Float32 => "f32",
            Self::Float16 => "f16",
            Self::BFloat16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    /// How many bytes a number of the states between operations takes.
    pub(crate) fn bytes(self) -> usize {
        match self {
            // On a CPU, states are float32 whatever multiplies.
            Self::Auto | Self::Float32 | Self::Int8 => 4,
            Self::Float16 | Self::BFloat16 => 2,
        }
    }

    /// How the CPU computes.
    ///
    /// # Errors
    /// [`DeviceError::Precision`] for what only GPUs do.
    pub(crate) fn arithmetic(self) -> Result<Arithmetic, DeviceError> {
        match self {
            Self::Float32 => Ok(Arithmetic::Float32),
            Self::Auto | Self::Int8 => Ok(Arithmetic::Int8),
            Self::Float16 | Self::BFloat16 => Err(DeviceError::Precision {
                precision: self.name(),
                device: "the CPU",
                known: "f32, int8 or auto",
            }),
        }
    }

    /// What a GPU computes in.
    ///
    /// # Errors
    /// [`DeviceError::Precision`] for what only CPUs do.
    #[cfg(feature = "cuda")]
    pub(super) fn numbers(self) -> Result<Numbers, DeviceError> {
        match self {
            Self::Float32 => Ok(Numbers::Float32),
            Self::Auto | Self::Float16 => Ok(Numbers::Float16),
            Self::BFloat16 => Ok(Numbers::BFloat16),
            Self::Int8 => Err(DeviceError::Precision {
                precision: self.name(),
                device: "a GPU",
                known: "f32, f16, bf16 or auto",
            }),
        }
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A name that stands for no precision.
#[derive(Debug, thiserror::Error)]
#[error("there is no precision `{0}`; choose auto, f32 or int8, or on a GPU f16 or bf16")]
pub struct UnknownPrecision(String);

impl FromStr for Precision {
    type Err = UnknownPrecision;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|precision| precision.name() == name)
            .ok_or_else(|| UnknownPrecision(name.to_owned()))
    }
}
