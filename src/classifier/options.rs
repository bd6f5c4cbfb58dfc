//! How a classifier uses the machine.

use std::num::NonZeroUsize;
use std::str::FromStr;

use super::ClassifyError;
use crate::encoder::Arithmetic;

/// How a [`super::Classifier`] uses the machine. Results depend on the precision, and on nothing else
/// chosen here.
#[derive(Clone, Copy, Debug)]
pub struct ClassifierOptions {
    /// Worker threads; one for each core where it is `None`.
    pub threads: Option<NonZeroUsize>,
    /// The most tokens in one packed batch; a longer statement has a batch of its own.
    pub batch_tokens: NonZeroUsize,
    /// How exactly the encoder computes.
    pub precision: Precision,
}

impl ClassifierOptions {
    /// Activations of this many tokens stay in a core's second-level cache, and the kernel's blocks of 12
    /// rows are full; `docs/performance.md` has the measurements.
    pub const DEFAULT_BATCH_TOKENS: NonZeroUsize = NonZeroUsize::new(192).unwrap();

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

impl Default for ClassifierOptions {
    fn default() -> Self {
        Self {
            threads: None,
            batch_tokens: Self::DEFAULT_BATCH_TOKENS,
            precision: Precision::default(),
        }
    }
}

/// How exactly the encoder computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// What the device is best at. On every CPU that is [`Precision::Int8`], so that all give the same
    /// labels.
    #[default]
    Auto,
    /// Float32 throughout: the reference.
    Float32,
    /// Linear maps in 8-bit integers: three times as fast, with the same label for more than 99% of
    /// statements. `docs/performance.md` has the measurements.
    Int8,
}

impl Precision {
    /// All, in the order in which help lists them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Float32, Self::Int8];

    /// The name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Float32 => "f32",
            Self::Int8 => "int8",
        }
    }

    pub(crate) fn arithmetic(self) -> Arithmetic {
        match self {
            Self::Float32 => Arithmetic::Float32,
            Self::Auto | Self::Int8 => Arithmetic::Int8,
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
#[error("there is no precision `{0}`; choose auto, f32 or int8")]
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
