//! `demarche train`: fine-tune a base encoder on labelled statements.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::hub::HubOptions;
use super::options::ComputeOptions;
use super::{tell, tell_rejected, CommandError, Completion};
use crate::device::DeviceChoice;
use crate::model::Pooling;
use crate::table::RejectedRow;
use crate::training::{self, EpochScores, Observer, Progress, TrainingFiles, TrainingOptions};

const EXAMPLES: &str = "Example:
  demarche train --base all-MiniLM-L6-v2 --train train.jsonl --dev dev.jsonl --out models/mine

The weights kept are those of the epoch with the best macro-F1 on the dev statements (the mean over
the dev files). Ctrl-C ends training and keeps the best so far. The same data, options and seed on
the same machine give the same weights.";

/// Train a stance model from a base encoder and labelled statements
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A BERT encoder, or a stance model to train further: a folder, `default`, or org/name[@revision] of the Hub
    #[arg(long, value_name = "MODEL")]
    base: OsString,

    /// Labelled statements to learn from, JSONL or CSV
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    train: Vec<PathBuf>,

    /// Learn also from what a larger model says of statements, labelled or not: JSONL or CSV with a text and
    /// the four p_ fields, as classify writes them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    teacher: Vec<PathBuf>,

    /// Labelled statements to choose the best weights by; each file counts equally
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    dev: Vec<PathBuf>,

    /// The folder that receives the model
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// Replace a model that already lies in the output folder
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    recipe: RecipeOptions,

    #[command(flatten)]
    hub: HubOptions,

    #[command(flatten)]
    compute: ComputeOptions,
}

/// The numbers of the recipe; `docs/training.md` says what each was chosen by.
#[derive(Args)]
#[command(next_help_heading = "Recipe")]
struct RecipeOptions {
    /// Passes over the training statements, at most
    #[arg(long, value_name = "N", default_value_t = TrainingOptions::default().epochs)]
    epochs: usize,
    /// Statements in one step
    #[arg(long, value_name = "N", default_value_t = TrainingOptions::default().batch_size)]
    batch_size: usize,
    /// The highest learning rate
    #[arg(long, value_name = "RATE", default_value_t = TrainingOptions::default().learning_rate)]
    learning_rate: f64,
    /// The share of all steps in which the learning rate rises
    #[arg(long, value_name = "SHARE", default_value_t = TrainingOptions::default().warmup)]
    warmup: f64,
    /// AdamW's weight decay
    #[arg(long, value_name = "RATE", default_value_t = TrainingOptions::default().weight_decay)]
    weight_decay: f64,
    /// The share of each target spread over all labels
    #[arg(long, value_name = "SHARE", default_value_t = TrainingOptions::default().label_smoothing)]
    label_smoothing: f64,
    /// How far rare stances weigh more: 0 not at all, 1 until all weigh the same
    #[arg(long, value_name = "POWER", default_value_t = TrainingOptions::default().class_balance)]
    class_balance: f64,
    /// What a statement weighs that is marked `"sure": false`
    #[arg(long, value_name = "WEIGHT", default_value_t = TrainingOptions::default().unsure_weight)]
    unsure_weight: f64,
    /// Of a statement with both a label and a teacher: the label's share of the loss
    #[arg(long, value_name = "SHARE", default_value_t = TrainingOptions::default().gold_share)]
    gold_share: f64,
    /// What a statement weighs that has a teacher and no label
    #[arg(long, value_name = "WEIGHT", default_value_t = TrainingOptions::default().teacher_weight)]
    teacher_weight: f64,
    /// Soften a teacher's probabilities: above 1, its small ones count more
    #[arg(long, value_name = "T", default_value_t = TrainingOptions::default().distillation_temperature)]
    distillation_temperature: f64,
    /// The share of activations dropped
    #[arg(long, value_name = "SHARE", default_value_t = TrainingOptions::default().dropout)]
    dropout: f64,
    /// How the tokens of a statement become one vector
    #[arg(long, value_enum, default_value_t = PoolingName::Mean)]
    pooling: PoolingName,
    /// The largest norm of a step's gradient
    #[arg(long, value_name = "NORM", default_value_t = TrainingOptions::default().clip_norm)]
    clip_norm: f64,
    /// Cut statements to this many tokens while training
    #[arg(long, value_name = "N", default_value_t = TrainingOptions::default().max_tokens)]
    max_tokens: usize,
    /// Stop after this many epochs without a better dev score
    #[arg(long, value_name = "N", default_value_t = TrainingOptions::default().patience)]
    patience: usize,
    /// What every random draw follows from
    #[arg(long, value_name = "N", default_value_t = TrainingOptions::default().seed)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum PoolingName {
    /// The [CLS] token through BERT's pooler
    Cls,
    /// The mean of all tokens
    Mean,
}

impl RecipeOptions {
    fn training_options(&self) -> TrainingOptions {
        TrainingOptions {
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            warmup: self.warmup,
            weight_decay: self.weight_decay,
            label_smoothing: self.label_smoothing,
            class_balance: self.class_balance,
            unsure_weight: self.unsure_weight,
            gold_share: self.gold_share,
            teacher_weight: self.teacher_weight,
            distillation_temperature: self.distillation_temperature,
            dropout: self.dropout,
            pooling: match self.pooling {
                PoolingName::Cls => Pooling::Cls,
                PoolingName::Mean => Pooling::Mean,
            },
            clip_norm: self.clip_norm,
            max_tokens: self.max_tokens,
            patience: self.patience,
            seed: self.seed,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let files = TrainingFiles {
        base: arguments.hub.files(&arguments.base)?,
        train: arguments.train.clone(),
        teacher: arguments.teacher.clone(),
        dev: arguments.dev.clone(),
        out: arguments.out.clone(),
    };
    let mut reporter = Reporter::new();
    let outcome = training::train(
        &files,
        &arguments.recipe.training_options(),
        arguments.compute.on(DeviceChoice::Cpu),
        arguments.force,
        &mut reporter,
    )?;
    reporter.bar.finish_and_clear();
    if outcome.stopped {
        tell(&"stopped; the best weights so far are kept");
    }
    if let Some(best) = outcome.best() {
        let out = arguments.out.display();
        tell(&format_args!(
            "{out}: the weights of epoch {}, dev macro-F1 {:.4}",
            best.epoch,
            best.macro_f1()
        ));
    }
    Ok(Completion::after(reporter.rejected))
}

/// Shows how training goes, and passes on Ctrl-C.
struct Reporter {
    bar: ProgressBar,
    interrupted: Arc<AtomicBool>,
    rejected: usize,
}

/// Where there is no bar to watch, a line is printed this often, in steps.
const STEPS_BETWEEN_LINES: usize = 100;

impl Reporter {
    fn new() -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        let installed = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                // Asked twice. Weights that were saved are whole: they are renamed into place.
                std::process::exit(2);
            }
        });
        if let Err(error) = installed {
            tell(&format_args!("Ctrl-C will end training at once: {error}"));
        }
        Self {
            bar: ProgressBar::hidden(),
            interrupted,
            rejected: 0,
        }
    }
}

impl Observer for Reporter {
    fn started(&mut self, statements: usize, rejected: &[(PathBuf, RejectedRow)]) {
        for (path, line) in rejected {
            tell_rejected(path, line);
        }
        self.rejected = rejected.len();
        tell(&format_args!("training on {statements} statements"));
        let style = ProgressStyle::with_template("{bar:30} step {pos}/{len}  {msg}  {eta} left");
        self.bar = ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    }

    fn stepped(&mut self, progress: &Progress) {
        self.bar.set_length(progress.steps as u64);
        self.bar.set_position(progress.step as u64);
        self.bar
            .set_message(format!("epoch {:.2}  loss {:.4}", progress.epoch, progress.loss));
        if self.bar.is_hidden() && progress.step.is_multiple_of(STEPS_BETWEEN_LINES) {
            let Progress {
                step, steps, loss, ..
            } = progress;
            tell(&format_args!("step {step}/{steps}  loss {loss:.4}"));
        }
    }

    fn scored(&mut self, scores: &EpochScores) {
        let per_file: Vec<String> = scores
            .dev
            .iter()
            .map(|(path, matrix)| {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                format!("{name} {:.4}", matrix.macro_f1())
            })
            .collect();
        let best = if scores.best { "  (best so far, saved)" } else { "" };
        self.bar.suspend(|| {
            tell(&format_args!(
                "epoch {}: loss {:.4}, dev macro-F1 {:.4}: {}{best}",
                scores.epoch,
                scores.loss,
                scores.macro_f1(),
                per_file.join(", ")
            ));
        });
    }

    fn wants_to_stop(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }
}
