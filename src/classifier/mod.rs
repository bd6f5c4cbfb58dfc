//! Statements → predictions: tokenizing, packing, and one batch per rayon task.

mod packing;

use std::num::NonZeroUsize;

use candle_core::Device;
use rayon::prelude::*;

use crate::encoder::{PackedBatch, Pass, SequenceClassifier};
use crate::model::{Model, ModelError, ModelFiles, StatementTokenizer, TokenizedStatement};
use crate::stance::{Prediction, Probabilities, Stance};

/// Why statements could not be classified.
#[derive(Debug, thiserror::Error)]
pub enum ClassifyError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{model} has no classification head; train one from it with `demarche train --base`")]
    NoHead { model: String },
    #[error("the encoder failed: {0}")]
    Encoder(#[from] candle_core::Error),
    #[error("the model gives no finite numbers; its weights are damaged")]
    NotFinite,
    #[error("cannot start {threads} threads: {source}")]
    Threads {
        threads: usize,
        source: rayon::ThreadPoolBuildError,
    },
}

/// How a [`Classifier`] uses the machine. The results are the same whatever is chosen here.
#[derive(Clone, Copy, Debug)]
pub struct ClassifierOptions {
    /// Worker threads; one for each core where it is `None`.
    pub threads: Option<NonZeroUsize>,
    /// The most tokens in one packed batch; a longer statement has a batch of its own.
    pub batch_tokens: NonZeroUsize,
}

impl ClassifierOptions {
    /// Activations of this many tokens stay in a core's second-level cache, and matrix products
    /// are near their full speed; `docs/performance.md` has the measurements.
    pub const DEFAULT_BATCH_TOKENS: NonZeroUsize = NonZeroUsize::new(512).unwrap();

    /// The pool that these options ask for.
    ///
    /// # Errors
    /// [`ClassifyError::Threads`].
    pub(crate) fn thread_pool(&self) -> Result<rayon::ThreadPool, ClassifyError> {
        // Not rayon's own default: the command line sets the variable that it reads, for Candle's sake.
        let threads = match self.threads {
            Some(threads) => threads.get(),
            None => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        };
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("classify-{index}"))
            .build()
            .map_err(|source| ClassifyError::Threads { threads, source })
    }
}

impl Default for ClassifierOptions {
    fn default() -> Self {
        Self {
            threads: None,
            batch_tokens: Self::DEFAULT_BATCH_TOKENS,
        }
    }
}

/// A stance classifier, ready to use from any thread.
///
/// ```
/// # #[cfg(feature = "embedded-model")] {
/// use demarche::Classifier;
///
/// let classifier = Classifier::embedded()?;
/// let predictions = classifier.classify(&["The ministry said that it would never accept foreign troops."])?;
/// println!("{}", predictions[0].stance);
/// # }
/// # Ok::<(), demarche::classifier::ClassifyError>(())
/// ```
pub struct Classifier {
    tokenizer: StatementTokenizer,
    network: SequenceClassifier,
    labels: [Stance; Stance::COUNT],
    pool: rayon::ThreadPool,
    batch_tokens: usize,
}

impl Classifier {
    /// The model inside the binary, with the default options.
    ///
    /// # Errors
    /// As [`Classifier::new`].
    pub fn embedded() -> Result<Self, ClassifyError> {
        Self::new(&ModelFiles::embedded()?, ClassifierOptions::default())
    }

    /// Loads a model onto the CPU.
    ///
    /// # Errors
    /// A model that cannot be read or has no stance labels; threads that cannot be started.
    pub fn new(files: &ModelFiles, options: ClassifierOptions) -> Result<Self, ClassifyError> {
        let device = Device::Cpu;
        let model = Model::load(files, &device)?;
        let Some(labels) = model.config.labels else {
            return Err(ClassifyError::NoHead { model: model.name });
        };
        let network = SequenceClassifier::new(&model.config.encoder, labels.len(), &model.weights, &device)?;
        Self::from_parts(model.tokenizer, network, labels, options)
    }

    /// A classifier of parts already at hand: what training evaluates itself with.
    ///
    /// # Errors
    /// [`ClassifyError::Threads`].
    pub(crate) fn from_parts(
        tokenizer: StatementTokenizer,
        network: SequenceClassifier,
        labels: [Stance; Stance::COUNT],
        options: ClassifierOptions,
    ) -> Result<Self, ClassifyError> {
        Ok(Self {
            tokenizer,
            network,
            labels,
            pool: options.thread_pool()?,
            batch_tokens: options.batch_tokens.get(),
        })
    }

    /// How many worker threads there are.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// One prediction for each statement, in the order given.
    ///
    /// A statement's prediction is the same, to the last bit, whatever stands beside it and
    /// however many threads run.
    ///
    /// # Errors
    /// The tokenizer's or the encoder's; no statement text by itself causes one.
    pub fn classify<S: AsRef<str> + Sync>(&self, statements: &[S]) -> Result<Vec<Prediction>, ClassifyError> {
        self.pool.install(|| {
            let tokenized = statements
                .par_iter()
                .map(|statement| self.tokenizer.encode(statement.as_ref()))
                .collect::<Result<Vec<_>, _>>()?;
            self.classify_tokenized(&tokenized)
        })
    }

    fn classify_tokenized(
        &self,
        statements: &[TokenizedStatement],
    ) -> Result<Vec<Prediction>, ClassifyError> {
        let lengths: Vec<usize> = statements.iter().map(|statement| statement.ids.len()).collect();
        let batches = packing::pack(&lengths, self.batch_tokens);
        let classified = batches
            .par_iter()
            .map(|batch| self.classify_batch(statements, batch))
            .collect::<Result<Vec<_>, _>>()?;
        let mut in_order = vec![None; statements.len()];
        for (batch, predictions) in batches.iter().zip(classified) {
            for (&index, prediction) in batch.iter().zip(predictions) {
                in_order[index] = Some(prediction);
            }
        }
        Ok(in_order.into_iter().flatten().collect())
    }

    fn classify_batch(
        &self,
        statements: &[TokenizedStatement],
        batch: &[usize],
    ) -> Result<Vec<Prediction>, ClassifyError> {
        let device = self.network.encoder().device();
        let ids = batch.iter().map(|&index| statements[index].ids.as_slice());
        let packed = PackedBatch::new(ids, device)?;
        let logits = self
            .network
            .forward(&packed, &Pass::Inference)?
            .to_vec2::<f32>()?;
        batch
            .iter()
            .zip(logits)
            .map(|(&index, outputs)| self.prediction(&outputs, statements[index].truncated))
            .collect()
    }

    fn prediction(&self, outputs: &[f32], truncated: bool) -> Result<Prediction, ClassifyError> {
        if !outputs.iter().all(|output| output.is_finite()) {
            return Err(ClassifyError::NotFinite);
        }
        let mut logits = [f32::NEG_INFINITY; Stance::COUNT];
        for (stance, &output) in self.labels.iter().zip(outputs) {
            logits[stance.index()] = output;
        }
        let probabilities = Probabilities::from_logits(logits);
        Ok(Prediction {
            stance: probabilities.most_likely(),
            probabilities,
            truncated,
        })
    }
}
