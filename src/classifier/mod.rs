//! Statements → predictions: tokenizing, packing, and one batch per rayon task, or per lane to a GPU.

mod engine;
mod meaning;
mod options;
mod packing;
mod workers;

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use candle_core::Device;

use crate::device::DeviceError;
use crate::encoder::{PackedBatch, SequenceClassifier};
use crate::model::{
    EncoderConfig, Model, ModelError, ModelFiles, PairTokenizer, Reading, StatementTokenizer,
    TokenizedStatement, Window,
};
use crate::stance::{Prediction, Stance};
use engine::{CpuEngine, Engine, Parts};
use meaning::Meaning;
use workers::Workers;

pub use engine::{devices, Ceiling};
pub use options::{ClassifierOptions, LongStatements, Precision, UnknownPrecision};

/// Why statements could not be classified.
#[derive(Debug, thiserror::Error)]
pub enum ClassifyError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("{model} has no classification head; train one from it with `demarche train --base`")]
    NoHead { model: String },
    #[error("statements are not read in windows beside hypotheses; leave out one of --zero-shot and --long window")]
    NoWindows,
    #[error("the encoder failed: {0}")]
    Encoder(#[from] candle_core::Error),
    #[error("the model gives no finite numbers; its weights are damaged")]
    NotFinite,
    #[error("the model's states go beyond float16's range")]
    BeyondFloat16,
    #[error("cannot start {threads} threads: {source}")]
    Threads {
        threads: usize,
        source: rayon::ThreadPoolBuildError,
    },
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
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
    engine: Engine,
    /// In place of the tokenizer, where statements are set beside hypotheses.
    pairs: Option<PairTokenizer>,
    meaning: Meaning,
    workers: Workers,
    config: EncoderConfig,
    long: LongStatements,
    note: Option<String>,
}

impl Classifier {
    /// The model inside the binary, with the default options.
    ///
    /// # Errors
    /// As [`Classifier::new`].
    pub fn embedded() -> Result<Self, ClassifyError> {
        Self::new(&ModelFiles::embedded()?, ClassifierOptions::default())
    }

    /// Loads a model onto the device that the options name.
    ///
    /// # Errors
    /// A model that cannot be read, or whose labels are not what they are to be read as; threads that cannot be started; a GPU that was asked for
    /// and cannot be used.
    pub fn new(files: &ModelFiles, options: ClassifierOptions) -> Result<Self, ClassifyError> {
        let model = Model::load(files, &Device::Cpu)?;
        let (meaning, pairs) = match (model.config.labels, model.config.entailment, files.reading()) {
            (Some(labels), _, _) => {
                let temperature = model.config.temperature;
                (Meaning::Stances { labels, temperature }, None)
            }
            (None, Some(_), _) if options.long == LongStatements::Window => {
                return Err(ClassifyError::NoWindows);
            }
            (None, Some(entailment), Reading::Entailment(hypotheses)) => {
                let pairs = model.tokenizer.for_pairs(hypotheses, &model.name)?;
                (Meaning::of_hypotheses(entailment, hypotheses), Some(pairs))
            }
            _ => return Err(ClassifyError::NoHead { model: model.name }),
        };
        let parts = Parts {
            config: &model.config.encoder,
            labels: meaning.outputs(),
            weights: &model.weights,
        };
        let (engine, note) = Engine::load(&parts, &options)?;
        Ok(Self {
            tokenizer: model.tokenizer,
            pairs,
            engine,
            meaning,
            workers: Workers::new(options.thread_count(), WORKER)?,
            config: model.config.encoder,
            long: options.long,
            note,
        })
    }

    /// A classifier of a network already on the CPU: what training evaluates itself with.
    ///
    /// # Errors
    /// [`ClassifyError::Threads`], or [`ClassifyError::Device`] where the options ask for what a CPU does not do.
    pub(crate) fn from_parts(
        tokenizer: StatementTokenizer,
        network: SequenceClassifier,
        labels: [Stance; Stance::COUNT],
        temperature: f64,
        config: EncoderConfig,
        options: ClassifierOptions,
    ) -> Result<Self, ClassifyError> {
        let arithmetic = options.precision.arithmetic()?;
        Ok(Self {
            tokenizer,
            pairs: None,
            engine: Engine::Cpu(CpuEngine::new(network, arithmetic, &options)),
            meaning: Meaning::Stances { labels, temperature },
            workers: Workers::new(options.thread_count(), WORKER)?,
            config,
            long: options.long,
            note: None,
        })
    }

    /// The device, as reports and manifests name it: `cpu`, or `cuda:0 (…)` with the GPU's model.
    pub fn device(&self) -> String {
        self.engine.description()
    }

    /// True where the network runs apart from the worker threads, which are free meanwhile: on a GPU.
    pub(crate) fn is_apart(&self) -> bool {
        self.engine.is_apart()
    }

    /// What becomes of statements that are longer than the model reads.
    pub fn long_statements(&self) -> LongStatements {
        self.long
    }

    /// The device as far as predictions depend on it, to the last bit: `cpu`, or `cuda` with the compute capability of
    /// its GPUs.
    pub fn device_identity(&self) -> String {
        self.engine.identity()
    }

    /// `cpu` or `cuda`.
    pub fn device_kind(&self) -> &'static str {
        self.engine.kind()
    }

    /// The precision that it computes in, never [`Precision::Auto`].
    pub fn precision(&self) -> Precision {
        self.engine.precision()
    }

    /// What there is to say of the device where the choice was left to us; `None` where there was none.
    pub fn device_note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// How many worker threads there are.
    pub fn threads(&self) -> usize {
        self.workers.count()
    }

    /// `work` on each item, on the worker threads. Results come in the items' order.
    pub(crate) fn map<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        self.workers.map(items, work)
    }

    /// What multiplies on this device, by name.
    pub fn kernel_name(&self) -> String {
        self.engine.kernel_name()
    }

    /// Seconds in the network so far: of the worker threads, all together; or of the GPUs, while they had batches.
    pub fn seconds_in_network(&self) -> f64 {
        self.engine.seconds_in_network()
    }

    /// The shape of the encoder.
    pub fn encoder_config(&self) -> &EncoderConfig {
        &self.config
    }

    /// Measures what the device could do at most, over `duration` for each ceiling.
    ///
    /// # Errors
    /// The device's own.
    pub fn ceiling(&self, duration: Duration) -> Result<Ceiling, ClassifyError> {
        self.engine.ceiling(&self.workers, duration)
    }

    /// What the system's other tools know the GPUs in use by, as `00000000:07:00.0`; none on a CPU.
    ///
    /// # Errors
    /// The driver's.
    pub fn gpu_buses(&self) -> Result<Vec<String>, ClassifyError> {
        self.engine.buses()
    }

    /// How many tokens the statements have together, special ones included, as the model reads them.
    ///
    /// # Errors
    /// The tokenizer's.
    pub fn token_count<S: AsRef<str> + Sync>(&self, statements: &[S]) -> Result<usize, ClassifyError> {
        let tokenized = self.tokenize(statements)?;
        let windows = tokenized.iter().flat_map(TokenizedStatement::windows);
        Ok(windows.map(|window| window.ids.len()).sum())
    }

    /// One prediction for each statement, in the order given.
    ///
    /// A statement's prediction is the same, to the last bit, whatever stands beside it and however many threads run;
    /// on GPUs, on all of one [compute capability](Self::device_identity).
    ///
    /// # Errors
    /// The tokenizer's or the encoder's; no statement text by itself causes one.
    pub fn classify<S: AsRef<str> + Sync>(&self, statements: &[S]) -> Result<Vec<Prediction>, ClassifyError> {
        if !self.engine.is_apart() || statements.len() <= READ_AHEAD {
            return self.classify_tokenized(&self.tokenize(statements)?);
        }
        // The next statements are read while the device is busy with these.
        std::thread::scope(|scope| {
            let (to_device, tokenized) = sync_channel(1);
            let read_ahead = move || {
                for some in statements.chunks(READ_AHEAD) {
                    // Where nobody takes them any more, classifying has failed already.
                    if to_device.send(self.tokenize(some)).is_err() {
                        break;
                    }
                }
            };
            let thread = std::thread::Builder::new().name("tokenize".to_owned());
            thread
                .spawn_scoped(scope, read_ahead)
                .map_err(ClassifyError::Thread)?;
            let mut all = Vec::with_capacity(statements.len());
            for some in tokenized {
                all.append(&mut self.classify_tokenized(&some?)?);
            }
            Ok(all)
        })
    }

    /// As [`Classifier::classify`], of statements that [`Classifier::tokenize`] has read.
    pub(crate) fn classify_tokenized(
        &self,
        tokenized: &[TokenizedStatement],
    ) -> Result<Vec<Prediction>, ClassifyError> {
        let windows: Vec<Window<'_>> = tokenized.iter().flat_map(TokenizedStatement::windows).collect();
        let lengths: Vec<usize> = windows.iter().map(|window| window.ids.len()).collect();
        let batch_tokens = self.engine.batch_tokens(lengths.iter().sum(), &self.workers);
        let batches = packing::pack(&lengths, batch_tokens);
        let lanes = self.engine.lanes(&self.workers);
        let classified =
            lanes.map_by_worker(&batches, |lane, batch| self.classify_batch(lane, &windows, batch));
        // A row for each window.
        let count = self.meaning.outputs();
        let mut rows = vec![0.0; windows.len() * count];
        for (batch, outputs) in batches.iter().zip(classified) {
            for (&index, outputs) in batch.iter().zip(outputs?.chunks_exact(count)) {
                rows[index * count..][..count].copy_from_slice(outputs);
            }
        }
        let mut rest = rows.as_slice();
        let predictions = tokenized.iter().filter_map(|statement| {
            let (own, others) = rest.split_at((1 + statement.further.len()) * count);
            rest = others;
            let probabilities = self.meaning.probabilities(own)?;
            Some(Prediction {
                stance: probabilities.most_likely(),
                probabilities,
                truncated: statement.truncated,
            })
        });
        Ok(predictions.collect())
    }

    /// Token ids of statements, in the order given, read on all worker threads.
    ///
    /// # Errors
    /// The tokenizer's.
    pub(crate) fn tokenize<S: AsRef<str> + Sync>(
        &self,
        statements: &[S],
    ) -> Result<Vec<TokenizedStatement>, ClassifyError> {
        self.read_each(statements, |statement| self.tokenize_one(statement.as_ref()))
    }

    /// What `read` makes of each statement, in the order given, on all worker threads.
    ///
    /// # Errors
    /// The first of `read`'s.
    pub(crate) fn read_each<S: Sync, R: Send>(
        &self,
        statements: &[S],
        read: impl Fn(&S) -> Result<R, ClassifyError> + Sync,
    ) -> Result<Vec<R>, ClassifyError> {
        let tasks: Vec<&[S]> = statements.chunks(STATEMENTS_TO_A_TASK).collect();
        let done = self.workers.map(&tasks, |task| {
            task.iter().map(&read).collect::<Result<Vec<_>, _>>()
        });
        let mut all = Vec::with_capacity(statements.len());
        for task in done {
            all.append(&mut task?);
        }
        Ok(all)
    }

    /// Token ids of one statement, on the calling thread.
    ///
    /// # Errors
    /// The tokenizer's.
    pub(crate) fn tokenize_one(&self, statement: &str) -> Result<TokenizedStatement, ClassifyError> {
        Ok(match (&self.pairs, self.long) {
            (Some(pairs), _) => pairs.encode(statement)?,
            (None, LongStatements::Truncate) => self.tokenizer.encode(statement)?,
            (None, LongStatements::Window) => self.tokenizer.encode_in_windows(statement)?,
        })
    }

    /// Outputs of a batch of windows, in the batch's order, row by row.
    fn classify_batch(
        &self,
        lane: usize,
        windows: &[Window<'_>],
        batch: &[usize],
    ) -> Result<Vec<f32>, ClassifyError> {
        let second_row = self.config.second_segment_row();
        let packed = PackedBatch::of_windows(batch.iter().map(|&index| windows[index]), second_row);
        let outputs = self.engine.logits(lane, &packed)?;
        match outputs.iter().all(|output| output.is_finite()) {
            true => Ok(outputs),
            false => Err(match self.precision() {
                Precision::Float16 => ClassifyError::BeyondFloat16,
                _ => ClassifyError::NotFinite,
            }),
        }
    }
}

/// What worker threads are called.
const WORKER: &str = "classify";

/// So many statements are read before a device that has nothing to do with reading begins with them: tens of
/// milliseconds of it.
const READ_AHEAD: usize = 16_384;

/// So many statements are one task for a worker thread: at ten or twenty microseconds each, tasks of about a millisecond.
const STATEMENTS_TO_A_TASK: usize = 64;
