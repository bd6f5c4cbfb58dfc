//! Statements → predictions: tokenizing, packing, and one batch per rayon task.

mod options;
mod packing;
mod workers;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use candle_core::Device;

use crate::encoder::{Arithmetic, PackedBatch, Pass, SequenceClassifier};
use crate::model::{Model, ModelError, ModelFiles, StatementTokenizer, TokenizedStatement};
use crate::stance::{Prediction, Probabilities, Stance};
use workers::Workers;

pub use options::{ClassifierOptions, Precision, UnknownPrecision};

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
    /// What logits are divided by.
    temperature: f64,
    workers: Workers,
    batch_tokens: usize,
    arithmetic: Arithmetic,
    operations_per_token: usize,
    /// Nanoseconds that workers have spent in the network, all together.
    in_network: AtomicU64,
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
        // Layers are packed side by side.
        let network = options.thread_pool()?.install(|| {
            let arithmetic = options.precision.arithmetic();
            let config = &model.config.encoder;
            SequenceClassifier::new(config, labels.len(), &model.weights, &device, arithmetic)
        })?;
        let operations = model.config.encoder.operations_per_token();
        let temperature = model.config.temperature;
        Self::from_parts(model.tokenizer, network, labels, temperature, operations, options)
    }

    /// A classifier of parts already at hand: what training evaluates itself with.
    ///
    /// # Errors
    /// [`ClassifyError::Threads`].
    pub(crate) fn from_parts(
        tokenizer: StatementTokenizer,
        network: SequenceClassifier,
        labels: [Stance; Stance::COUNT],
        temperature: f64,
        operations_per_token: usize,
        options: ClassifierOptions,
    ) -> Result<Self, ClassifyError> {
        Ok(Self {
            tokenizer,
            network,
            labels,
            temperature,
            workers: Workers::new(options.thread_count())?,
            batch_tokens: options.batch_tokens.get(),
            arithmetic: options.precision.arithmetic(),
            operations_per_token,
            in_network: AtomicU64::new(0),
        })
    }

    /// How many worker threads there are.
    pub fn threads(&self) -> usize {
        self.workers.count()
    }

    /// `work` on each item, on the worker threads. Results come in the items' order.
    pub(crate) fn map<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        self.workers.map(items, work)
    }

    /// What multiplies on this machine, by name.
    pub fn kernel_name(&self) -> String {
        self.arithmetic.kernel_name()
    }

    /// Seconds that the worker threads have spent in the network so far, all together.
    pub fn seconds_in_network(&self) -> f64 {
        self.in_network.load(Ordering::Relaxed) as f64 / 1e9
    }

    /// Multiplications and additions of all linear maps for one token.
    pub fn operations_per_token(&self) -> usize {
        self.operations_per_token
    }

    /// Multiplications and additions a second of the matrix product alone, on all threads at once, measured
    /// over `duration`.
    ///
    /// # Errors
    /// The product's own.
    pub fn peak_operations_per_second(&self, duration: Duration) -> Result<f64, ClassifyError> {
        let measured = self.workers.map(&vec![(); self.threads()], |()| {
            self.arithmetic.peak_rate(duration)
        });
        Ok(measured.into_iter().sum::<candle_core::Result<f64>>()?)
    }

    /// How many tokens the statements have together, special ones included, as the model reads them.
    ///
    /// # Errors
    /// The tokenizer's.
    pub fn token_count<S: AsRef<str> + Sync>(&self, statements: &[S]) -> Result<usize, ClassifyError> {
        let tokenized = self.tokenize(statements)?;
        Ok(tokenized.iter().map(|statement| statement.ids.len()).sum())
    }

    /// One prediction for each statement, in the order given.
    ///
    /// A statement's prediction is the same, to the last bit, whatever stands beside it and
    /// however many threads run.
    ///
    /// # Errors
    /// The tokenizer's or the encoder's; no statement text by itself causes one.
    pub fn classify<S: AsRef<str> + Sync>(&self, statements: &[S]) -> Result<Vec<Prediction>, ClassifyError> {
        let tokenized = self.tokenize(statements)?;
        let lengths: Vec<usize> = tokenized.iter().map(|statement| statement.ids.len()).collect();
        // Of a single article, each worker gets a share.
        let share = lengths.iter().sum::<usize>().div_ceil(2 * self.workers.count());
        let batches = packing::pack(&lengths, self.batch_tokens.min(share.max(SMALLEST_SHARE)));
        let classified = self
            .workers
            .map(&batches, |batch| self.classify_batch(&tokenized, batch));
        let mut in_order = vec![None; statements.len()];
        for (batch, predictions) in batches.iter().zip(classified) {
            for (&index, prediction) in batch.iter().zip(predictions?) {
                in_order[index] = Some(prediction);
            }
        }
        Ok(in_order.into_iter().flatten().collect())
    }

    fn tokenize<S: AsRef<str> + Sync>(
        &self,
        statements: &[S],
    ) -> Result<Vec<TokenizedStatement>, ClassifyError> {
        let blocks: Vec<&[S]> = statements.chunks(TOKENIZED_TOGETHER).collect();
        let tokenized = self.workers.map(&blocks, |block| {
            let encode = |statement: &S| self.tokenizer.encode(statement.as_ref());
            block.iter().map(encode).collect::<Result<Vec<_>, _>>()
        });
        let mut all = Vec::with_capacity(statements.len());
        for block in tokenized {
            all.append(&mut block?);
        }
        Ok(all)
    }

    fn classify_batch(
        &self,
        statements: &[TokenizedStatement],
        batch: &[usize],
    ) -> Result<Vec<Prediction>, ClassifyError> {
        let ids = batch.iter().map(|&index| statements[index].ids.as_slice());
        let packed = PackedBatch::new(ids);
        let begun = Instant::now();
        let logits = self
            .network
            .forward(&packed, &Pass::Inference)?
            .to_vec2::<f32>()?;
        let nanoseconds = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.in_network.fetch_add(nanoseconds, Ordering::Relaxed);
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
            logits[stance.index()] = (f64::from(output) / self.temperature) as f32;
        }
        let probabilities = Probabilities::from_logits(logits);
        Ok(Prediction {
            stance: probabilities.most_likely(),
            probabilities,
            truncated,
        })
    }
}

/// Matrix products of fewer rows are slower for each.
const SMALLEST_SHARE: usize = 64;

/// So many statements are one task for the tokenizer: tasks of some milliseconds.
const TOKENIZED_TOGETHER: usize = 64;
