//! Fine-tuning: a base encoder and labelled statements → a stance model.
//!
//! The same data, options and seed on the same machine give the same weights: every random draw
//! comes from one seeded generator, and gradients are summed in a fixed order whatever the
//! number of threads.

mod calibration;
mod checkpoint;
mod data;
mod gradients;
mod loss;
mod optimizer;
mod parameters;
mod recipe;
mod schedule;
mod teacher;
mod trainer;

use std::path::PathBuf;

use crate::classifier::ClassifyError;
use crate::evaluation::{ConfusionMatrix, FixtureError};
use crate::model::{ModelError, ModelFiles, Pooling};
use crate::table::{RejectedRow, TableError};

pub use trainer::{train, Outcome};

/// What to train from and on, and where to write.
#[derive(Clone, Debug)]
pub struct TrainingFiles {
    /// A bare encoder, or a stance model to train further.
    pub base: ModelFiles,
    /// Labelled fixtures to learn from.
    pub train: Vec<PathBuf>,
    /// Files of a teacher's probabilities, to learn from too; none for training on labels alone.
    pub teacher: Vec<PathBuf>,
    /// Labelled fixtures to choose the best weights by, each counting equally.
    pub dev: Vec<PathBuf>,
    /// The folder that receives the model.
    pub out: PathBuf,
}

/// The recipe's numbers. The defaults are those of the embedded model.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TrainingOptions {
    /// Passes over the training statements, at most.
    pub epochs: usize,
    /// Statements in one step of the optimizer.
    pub batch_size: usize,
    /// The highest learning rate, reached at the end of warm-up.
    pub learning_rate: f64,
    /// The share of all steps in which the learning rate rises from 0.
    pub warmup: f64,
    /// AdamW's decay; biases and layer norms have none.
    pub weight_decay: f64,
    /// The share of each target spread evenly over all labels.
    pub label_smoothing: f64,
    /// A class of share s among n classes weighs (1 / ns)^this: 0 equal, 1 balanced.
    pub class_balance: f64,
    /// What a statement weighs whose label its coder was not sure of.
    pub unsure_weight: f64,
    /// Of a statement that has both a label and a teacher's probabilities: the label's share of the loss.
    pub gold_share: f64,
    /// What a statement weighs that has a teacher's probabilities and no label.
    pub teacher_weight: f64,
    /// What logits are divided by where the teacher's probabilities are learnt: above 1, small ones count more.
    pub distillation_temperature: f64,
    pub dropout: f64,
    /// How the tokens of a statement become one vector.
    pub pooling: Pooling,
    /// The largest norm of a step's gradient.
    pub clip_norm: f64,
    /// Statements are cut to this many tokens while training.
    pub max_tokens: usize,
    /// Epochs without a better dev score before training stops.
    pub patience: usize,
    pub seed: u64,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        Self {
            epochs: 6,
            batch_size: 32,
            learning_rate: 1e-4,
            warmup: 0.1,
            weight_decay: 0.01,
            label_smoothing: 0.05,
            class_balance: 0.5,
            unsure_weight: 0.5,
            gold_share: 0.5,
            teacher_weight: 1.0,
            distillation_temperature: 1.0,
            dropout: 0.1,
            pooling: Pooling::Mean,
            clip_norm: 1.0,
            max_tokens: 192,
            patience: 3,
            seed: 1,
        }
    }
}

/// Why a model could not be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    #[error(transparent)]
    Classify(#[from] ClassifyError),
    #[error(transparent)]
    Teacher(TableError),
    #[error("{path}: no row has a text and four probabilities{reason}")]
    NothingTaught { path: PathBuf, reason: String },
    #[error("the encoder failed: {0}")]
    Encoder(#[from] candle_core::Error),
    #[error("{path}: cannot be read: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: cannot be written: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{base}: is of architecture {architecture}; training takes a bert encoder")]
    Architecture {
        base: String,
        architecture: &'static str,
    },
    #[error("{0}: already holds a model; choose another folder or allow overwriting")]
    OutputExists(PathBuf),
    #[error("training diverged: the loss at step {step} is {loss}; lower the learning rate")]
    Diverged { step: usize, loss: f32 },
    #[error("option {name} is {value}; it must be {expected}")]
    Option {
        name: &'static str,
        value: f64,
        expected: &'static str,
    },
}

/// How far training has come, after each step.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Steps done, of `steps`.
    pub step: usize,
    pub steps: usize,
    /// Passes done over the data, with the fraction of the current one.
    pub epoch: f64,
    /// The running mean of the loss over about 50 steps.
    pub loss: f64,
}

/// The dev scores after an epoch.
#[derive(Clone, Debug)]
pub struct EpochScores {
    /// From 1.
    pub epoch: usize,
    /// The mean of the training loss over the epoch.
    pub loss: f64,
    /// One matrix for each dev fixture.
    pub dev: Vec<(PathBuf, ConfusionMatrix)>,
    /// What these weights' logits should be divided by: fitted on the dev fixtures, each counting equally.
    pub temperature: f64,
    /// The log loss in nats, the mean over the dev fixtures: as the weights give it, and at that temperature.
    pub log_loss: (f64, f64),
    /// True when these are the best weights so far; they are then already saved.
    pub best: bool,
}

impl EpochScores {
    /// The mean of macro-F1 over the dev fixtures: what the best weights are chosen by.
    pub fn macro_f1(&self) -> f64 {
        let sum: f64 = self.dev.iter().map(|(_, matrix)| matrix.macro_f1()).sum();
        sum / self.dev.len().max(1) as f64
    }
}

/// Who is told how training goes, and may end it.
pub trait Observer {
    /// The data are read: how many statements there are to learn from, and the lines left out.
    fn started(&mut self, statements: usize, rejected: &[(PathBuf, RejectedRow)]);
    /// A step is done.
    fn stepped(&mut self, progress: &Progress);
    /// An epoch is done and scored.
    fn scored(&mut self, scores: &EpochScores);
    /// True to end after this step, keeping the best weights so far.
    fn wants_to_stop(&self) -> bool;
}
