//! The training loop.

use std::path::{Path, PathBuf};
use std::time::Instant;

use candle_core::{Device, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::calibration::{fitted_temperature, log_loss, Graded};
use super::data::{bucketed_batches, examples, Example, Fixtures};
use super::gradients::{batch_gradient, GradientOptions};
use super::optimizer::GroupedAdamW;
use super::parameters::Parameters;
use super::recipe::{self, Run, RECIPE_FILE};
use super::schedule::share_of_peak;
use super::{checkpoint, EpochScores, Observer, Progress, TrainError, TrainingFiles, TrainingOptions};
use crate::classifier::{Classifier, ClassifierOptions, ClassifyError};
use crate::encoder::{Arithmetic, SequenceClassifier};
use crate::evaluation::{ConfusionMatrix, Fixture};
use crate::model::{Architecture, Model, WEIGHTS_FILE};
use crate::stance::Stance;

/// How training ended.
#[derive(Debug)]
pub struct Outcome {
    /// Every epoch's scores; the best one's weights are those saved.
    pub epochs: Vec<EpochScores>,
    /// True where the observer ended it.
    pub stopped: bool,
}

impl Outcome {
    /// The epoch whose weights were saved.
    pub fn best(&self) -> Option<&EpochScores> {
        self.epochs.iter().rev().find(|scores| scores.best)
    }
}

/// Trains a stance model and writes it to a folder: weights in float16, configuration,
/// tokenizer and recipe. The weights written are the best by mean macro-F1 over the dev fixtures.
///
/// `overwrite` allows a folder that already holds a model.
///
/// # Errors
/// Inputs that cannot be read, an output that cannot be written, or a loss that is not finite.
pub fn train(
    files: &TrainingFiles,
    options: &TrainingOptions,
    classifier_options: ClassifierOptions,
    overwrite: bool,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainError> {
    check(options)?;
    // What training cannot be scored in is better refused before the first epoch than after it.
    classifier_options
        .precision
        .arithmetic()
        .map_err(ClassifyError::from)?;
    let device = Device::Cpu;
    let mut base = Model::load(&files.base, &device)?;
    let architecture = base.config.encoder.architecture;
    if architecture != Architecture::Bert {
        return Err(TrainError::Architecture {
            base: base.name,
            architecture: architecture.name(),
        });
    }
    base.config.encoder.classifier_pooling = options.pooling;
    let fixtures = Fixtures::read(files)?;
    prepare_output(&files.out, overwrite)?;
    // The files are hashed as they were read: later they may not be there, or be the output.
    let inputs = recipe::inputs(&files.base, &fixtures)?;
    let labels = base.config.labels.unwrap_or(Stance::ALL);
    let description = checkpoint::Description::new(&files.out, &files.base, &labels, options.pooling)?;

    let mut trainer = Trainer::new(&base, labels, &fixtures, options, classifier_options, &device)?;
    observer.started(trainer.examples.len(), &fixtures.rejected_lines());
    let begun = Instant::now();
    let mut epochs: Vec<EpochScores> = Vec::new();
    let mut stopped = false;
    for epoch in 1..=options.epochs {
        let loss = trainer.epoch(epoch, observer)?;
        stopped = observer.wants_to_stop();
        let (dev, graded) = trainer.score(&fixtures.dev)?;
        let temperature = fitted_temperature(&graded);
        let mut scores = EpochScores {
            epoch,
            loss,
            dev,
            temperature,
            log_loss: (log_loss(&graded, 1.0), log_loss(&graded, temperature)),
            best: false,
        };
        let best_so_far = epochs
            .iter()
            .map(EpochScores::macro_f1)
            .fold(f64::NEG_INFINITY, f64::max);
        scores.best = scores.macro_f1() > best_so_far;
        if scores.best {
            description.write(&files.out, temperature)?;
            checkpoint::write_weights(&files.out, &trainer.parameters)?;
        }
        observer.scored(&scores);
        epochs.push(scores);
        let run = Run {
            inputs: &inputs,
            options,
            epochs: &epochs,
            elapsed: begun.elapsed(),
            threads: trainer.pool.current_num_threads(),
        };
        checkpoint::write_json(&files.out.join(RECIPE_FILE), &recipe::recipe(&run))?;
        let since_best = epochs.iter().rev().take_while(|scores| !scores.best).count();
        if stopped || since_best >= options.patience {
            break;
        }
    }
    Ok(Outcome { epochs, stopped })
}

fn check(options: &TrainingOptions) -> Result<(), TrainError> {
    let positive = "above 0";
    let share = "from 0 up to but not including 1";
    let rules = [
        ("epochs", options.epochs as f64, options.epochs > 0, positive),
        (
            "batch size",
            options.batch_size as f64,
            options.batch_size > 0,
            positive,
        ),
        (
            "patience",
            options.patience as f64,
            options.patience > 0,
            positive,
        ),
        (
            "learning rate",
            options.learning_rate,
            options.learning_rate > 0.0,
            positive,
        ),
        ("clip norm", options.clip_norm, options.clip_norm > 0.0, positive),
        (
            "teacher weight",
            options.teacher_weight,
            options.teacher_weight > 0.0,
            positive,
        ),
        (
            "distillation temperature",
            options.distillation_temperature,
            options.distillation_temperature > 0.0,
            positive,
        ),
        (
            "gold share",
            options.gold_share,
            (0.0..=1.0).contains(&options.gold_share),
            "from 0 to 1",
        ),
        (
            "unsure weight",
            options.unsure_weight,
            options.unsure_weight > 0.0,
            positive,
        ),
        (
            "weight decay",
            options.weight_decay,
            options.weight_decay >= 0.0,
            "at least 0",
        ),
        (
            "class balance",
            options.class_balance,
            options.class_balance >= 0.0,
            "at least 0",
        ),
        (
            "max tokens",
            options.max_tokens as f64,
            options.max_tokens >= 3,
            "at least 3",
        ),
        (
            "warm-up",
            options.warmup,
            (0.0..1.0).contains(&options.warmup),
            share,
        ),
        (
            "dropout",
            options.dropout,
            (0.0..1.0).contains(&options.dropout),
            share,
        ),
        (
            "label smoothing",
            options.label_smoothing,
            (0.0..1.0).contains(&options.label_smoothing),
            share,
        ),
    ];
    match rules.into_iter().find(|(_, _, holds, _)| !holds) {
        None => Ok(()),
        Some((name, value, _, expected)) => Err(TrainError::Option {
            name,
            value,
            expected,
        }),
    }
}

fn prepare_output(out: &Path, overwrite: bool) -> Result<(), TrainError> {
    if out.join(WEIGHTS_FILE).exists() && !overwrite {
        return Err(TrainError::OutputExists(out.to_owned()));
    }
    std::fs::create_dir_all(out).map_err(|source| TrainError::Write {
        path: out.to_owned(),
        source,
    })
}

/// For each dev fixture its confusion matrix, and for each its predictions.
type DevScores = (Vec<(PathBuf, ConfusionMatrix)>, Vec<Graded>);

struct Trainer<'a> {
    base: &'a Model,
    labels: [Stance; Stance::COUNT],
    options: &'a TrainingOptions,
    classifier_options: ClassifierOptions,
    examples: Vec<Example>,
    parameters: Parameters,
    variables: Vec<Var>,
    network: SequenceClassifier,
    optimizer: GroupedAdamW,
    generator: ChaCha8Rng,
    pool: rayon::ThreadPool,
    step: usize,
}

impl<'a> Trainer<'a> {
    fn new(
        base: &'a Model,
        labels: [Stance; Stance::COUNT],
        fixtures: &Fixtures,
        options: &'a TrainingOptions,
        classifier_options: ClassifierOptions,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let tokenizer = base.tokenizer.clone().with_max_tokens(options.max_tokens);
        let examples = examples(fixtures, &tokenizer, &labels, options)?;
        let parameters = Parameters::from_base(base, options.seed, device)?;
        let variables: Vec<Var> = parameters.iter().map(|(_, variable)| variable.clone()).collect();
        let network = SequenceClassifier::new(
            &base.config.encoder,
            labels.len(),
            &parameters.tracked(&base.name),
            device,
            Arithmetic::Candle,
        )?;
        Ok(Self {
            base,
            labels,
            options,
            classifier_options,
            examples,
            optimizer: GroupedAdamW::new(&parameters, options.weight_decay)?,
            parameters,
            variables,
            network,
            generator: ChaCha8Rng::seed_from_u64(options.seed),
            pool: classifier_options.thread_pool()?,
            step: 0,
        })
    }

    /// One pass over the data, or less where the observer ends it. Returns the mean loss.
    fn epoch(&mut self, epoch: usize, observer: &mut dyn Observer) -> Result<f64, TrainError> {
        let batches = bucketed_batches(&self.examples, self.options.batch_size, &mut self.generator);
        let steps = batches.len() * self.options.epochs;
        let mut recent = None;
        let mut total = 0.0;
        let mut done = 0;
        for batch in &batches {
            let loss = f64::from(self.step(batch, steps)?);
            total += loss;
            done += 1;
            let running = recent.map_or(loss, |recent: f64| recent + (loss - recent) / 50.0);
            recent = Some(running);
            observer.stepped(&Progress {
                step: self.step,
                steps,
                epoch: (epoch - 1) as f64 + done as f64 / batches.len() as f64,
                loss: running,
            });
            if observer.wants_to_stop() {
                break;
            }
        }
        Ok(total / f64::from(done.max(1)))
    }

    fn step(&mut self, batch: &[usize], steps: usize) -> Result<f32, TrainError> {
        let examples: Vec<&Example> = batch.iter().map(|&index| &self.examples[index]).collect();
        let options = GradientOptions {
            distillation_temperature: self.options.distillation_temperature,
            dropout: self.options.dropout,
            clip_norm: self.options.clip_norm,
        };
        let seed = self.generator.random();
        let (loss, gradients) = self
            .pool
            .install(|| batch_gradient(&self.network, &self.variables, &examples, &options, seed))?;
        if !loss.is_finite() {
            return Err(TrainError::Diverged {
                step: self.step + 1,
                loss,
            });
        }
        let rate = self.options.learning_rate * share_of_peak(self.step, steps, self.options.warmup);
        self.pool
            .install(|| self.optimizer.step(rate, &self.variables, gradients))?;
        self.step += 1;
        Ok(loss)
    }

    /// The confusion matrix of the weights as they are on each fixture, and their predictions beside the labels.
    fn score(&self, fixtures: &[Fixture]) -> Result<DevScores, TrainError> {
        let network = SequenceClassifier::new(
            &self.base.config.encoder,
            self.labels.len(),
            &self.parameters.rounded(&self.base.name)?,
            &Device::Cpu,
            self.classifier_options
                .precision
                .arithmetic()
                .map_err(ClassifyError::from)?,
        )?;
        let classifier = Classifier::from_parts(
            self.base.tokenizer.clone(),
            network,
            self.labels,
            // The temperature is what these predictions are to fit.
            1.0,
            self.base.config.encoder.clone(),
            self.classifier_options,
        )?;
        let (mut matrices, mut all_graded) = (Vec::new(), Vec::new());
        for fixture in fixtures {
            let gold = || fixture.statements.iter().map(|statement| statement.label);
            let predictions = classifier.classify(&fixture.texts())?;
            let predicted = predictions.iter().map(|prediction| prediction.stance);
            matrices.push((
                fixture.path.clone(),
                ConfusionMatrix::from_pairs(gold().zip(predicted)),
            ));
            let probabilities = predictions.iter().map(|prediction| prediction.probabilities);
            all_graded.push(gold().zip(probabilities).collect());
        }
        Ok((matrices, all_graded))
    }
}
