//! `demarche bench`: how fast this machine classifies, on its CPU and on its GPUs.

mod report;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;

use super::options::{ComputeOptions, ModelName};
use super::{tell, tell_rejected, CommandError, Completion};
use crate::article::Article;
use crate::benchmark::{self, Parity, Spread};
use crate::classifier::{Classifier, ClassifierOptions, ClassifyError, Precision};
use crate::device::DeviceChoice;
use crate::output::OutputError;
use crate::stance::Prediction;
use crate::statement::{self, listed};
use report::{Compared, Measured, Report};

const EXAMPLES: &str = "Examples:
  demarche bench
  demarche bench statements.txt --threads 8
  demarche bench --device cpu,cuda --parity labelled.jsonl
  demarche bench --device cpu --precision int8 --json | jq .results[0].throughput

Throughput is that of classifying alone, tokenizing included, with the model loaded: the median of
--rounds, after one that is not counted. Start-up is a whole run of this binary on one short article.
Each result is compared with the CPU in float32, statement by statement.";

/// Measure how fast this machine classifies, and whether its devices agree
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Statements to classify, a list as for `classify --statements` [default: those of four articles inside]
    #[arg(value_name = "LIST")]
    list: Option<PathBuf>,

    /// Devices to measure, with commas between: cpu, cuda, cuda:N [default: cpu, and cuda where it can be used]
    #[arg(long, value_name = "DEVICES", value_delimiter = ',')]
    device: Vec<DeviceChoice>,

    /// Compare the devices' results on these statements, a list as above [default: on those that are measured]
    #[arg(long, value_name = "FIXTURE")]
    parity: Option<PathBuf>,

    /// Classify so many statements, going through the list again where it is shorter [default: 2000 on a CPU, 200000
    /// on a GPU]
    #[arg(long, value_name = "N")]
    statements: Option<usize>,

    /// Measure throughput so many times
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,

    /// Print the measurements as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    model: ModelName,

    #[command(flatten)]
    compute: ComputeOptions,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let (texts, mut rejected) = match &arguments.list {
        Some(path) => read_list(path)?,
        None => (sample_statements(), 0),
    };
    let compared = match &arguments.parity {
        Some(path) => {
            let (texts, more) = read_list(path)?;
            rejected += more;
            texts
        }
        None => texts.clone(),
    };
    if texts.is_empty() || compared.is_empty() || arguments.statements == Some(0) {
        return Err(CommandError::NothingRead);
    }
    let bench = Bench {
        arguments,
        texts,
        compared,
    };
    let report = bench.measure_all()?;
    report.print(arguments.json).map_err(OutputError::from)?;
    Ok(Completion::after(rejected))
}

struct Bench<'a> {
    arguments: &'a Arguments,
    texts: Vec<String>,
    compared: Vec<String>,
}

impl Bench<'_> {
    fn measure_all(&self) -> Result<Report, CommandError> {
        let mut runs = Vec::new();
        for device in self.devices()? {
            runs.extend(
                self.precisions(device)
                    .into_iter()
                    .map(|precision| (device, precision)),
            );
        }
        // What cannot be measured is found out before minutes go into the rest.
        if runs.len() > 1 {
            for (device, precision) in &runs {
                self.classifier(*device, *precision)?;
            }
        }
        let mut report = Report::new();
        let mut predictions: Vec<Vec<Prediction>> = Vec::new();
        for (device, precision) in runs {
            tell(&format_args!("measuring {device} in {precision} …"));
            let (measured, found) = self.measure(device, precision)?;
            report.results.push(measured);
            predictions.push(found);
        }
        // Of a single result there is something to compare only where that was asked for.
        let is_compared = predictions.len() > 1 || self.arguments.parity.is_some();
        let at_hand = report.results.iter().position(Measured::is_reference);
        let reference = match at_hand {
            Some(place) => predictions[place].clone(),
            None if is_compared => {
                tell(&"classifying on the CPU in float32, to compare with …");
                self.classifier(DeviceChoice::Cpu, Precision::Float32)?
                    .classify(&self.compared)?
            }
            None => Vec::new(),
        };
        for (measured, found) in report.results.iter().zip(predictions) {
            if is_compared && !measured.is_reference() {
                report.parity.push(Compared {
                    device: measured.device.clone(),
                    precision: measured.precision,
                    parity: Parity::of(&self.compared, &reference, &found),
                });
            }
        }
        report.peak_memory = benchmark::peak_memory();
        Ok(report)
    }

    /// The devices to measure.
    fn devices(&self) -> Result<Vec<DeviceChoice>, CommandError> {
        if !self.arguments.device.is_empty() {
            return Ok(self.arguments.device.clone());
        }
        let mut devices = vec![DeviceChoice::Cpu];
        match self.arguments.compute.precision() {
            Precision::Int8 => tell(&"only the CPU is measured: int8 runs there alone"),
            Precision::Float16 | Precision::BFloat16 => devices = vec![DeviceChoice::Cuda],
            Precision::Auto | Precision::Float32 => {
                // Loading is the one sure way to find out.
                match self.classifier(DeviceChoice::Cuda, Precision::Float32) {
                    Ok(_) => devices.push(DeviceChoice::Cuda),
                    Err(CommandError::Classify(ClassifyError::Device(error))) => {
                        tell(&format_args!("only the CPU is measured: {}", error));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(devices)
    }

    /// What is measured on a device: the precision that was asked for, or the default and the reference.
    fn precisions(&self, device: DeviceChoice) -> Vec<Precision> {
        match (self.arguments.compute.precision(), device) {
            (Precision::Auto, DeviceChoice::Cpu) => vec![Precision::Int8, Precision::Float32],
            (Precision::Auto, DeviceChoice::Cuda | DeviceChoice::CudaNumber(_)) => {
                vec![Precision::Float16, Precision::BFloat16, Precision::Float32]
            }
            (chosen, _) => vec![chosen],
        }
    }

    fn classifier(&self, device: DeviceChoice, precision: Precision) -> Result<Classifier, CommandError> {
        let options = ClassifierOptions {
            precision,
            ..self.arguments.compute.on(device)
        };
        Ok(Classifier::new(&self.arguments.model.files()?, options)?)
    }

    /// One device in one precision, and its predictions of the statements that are compared.
    fn measure(
        &self,
        device: DeviceChoice,
        precision: Precision,
    ) -> Result<(Measured, Vec<Prediction>), CommandError> {
        let begun = Instant::now();
        let classifier = self.classifier(device, precision)?;
        let load_ms = begun.elapsed().as_secs_f64() * 1e3;
        let is_gpu = classifier.device_kind() != "cpu";
        let count = self.arguments.statements.unwrap_or(match is_gpu {
            true => GPU_STATEMENTS,
            false => CPU_STATEMENTS,
        });
        let statements: Vec<String> = self.texts.iter().cycle().take(count).cloned().collect();
        let found = classifier.classify(&self.compared)?;
        let singles = &statements[..statements.len().min(LATENCY_STATEMENTS)];
        let ceiling = classifier.ceiling(CEILING_DURATION);
        if let Err(error) = &ceiling {
            tell(&format_args!(
                "what {device} can do at most is not measured: {error}"
            ));
        }
        let measured = Measured {
            device: match device {
                DeviceChoice::Auto => classifier.device_kind().to_owned(),
                chosen => chosen.to_string(),
            },
            device_name: classifier.device(),
            precision: classifier.precision().name(),
            kernel: classifier.kernel_name(),
            threads: classifier.threads(),
            tokens: classifier.token_count(&statements)?,
            load_ms,
            throughput: benchmark::throughput(&classifier, &statements, self.arguments.rounds, ceiling.ok())?,
            latency_ms: benchmark::latency(&classifier, singles)?,
            repeats: classifier.classify(&self.compared)? == found,
            start_up_ms: self.start_up(device, precision),
        };
        Ok((measured, found))
    }

    /// Runs this binary on one short article, some times; `None`, with a word on stderr, where that fails.
    fn start_up(&self, device: DeviceChoice, precision: Precision) -> Option<Spread> {
        const RUNS: usize = 5;
        let once = || -> std::io::Result<f64> {
            let begun = Instant::now();
            let mut child = Command::new(std::env::current_exe()?)
                .args(["classify", "-", "--quiet", "--format", "jsonl"])
                .args(self.arguments.model.arguments())
                .args(self.arguments.compute.arguments(device, precision))
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(SHORT_ARTICLE.as_bytes())?;
            }
            if !child.wait()?.success() {
                return Err(std::io::Error::other("it failed"));
            }
            Ok(begun.elapsed().as_secs_f64() * 1e3)
        };
        match (0..RUNS).map(|_| once()).collect::<std::io::Result<Vec<_>>>() {
            Ok(times) => Spread::of(&times),
            Err(error) => {
                tell(&format_args!(
                    "start-up is not measured: cannot run this binary: {error}"
                ));
                None
            }
        }
    }
}

/// For so long each ceiling is measured.
const CEILING_DURATION: Duration = Duration::from_millis(300);

/// A second or two of each.
const CPU_STATEMENTS: usize = 2_000;
const GPU_STATEMENTS: usize = 200_000;

/// So many statements are classified one by one for latency.
const LATENCY_STATEMENTS: usize = 300;

/// Articles that we wrote, for a benchmark that needs no file.
const ARTICLES: [&str; 4] = [
    include_str!("../../datasets/articles/africa-gao-feature.txt"),
    include_str!("../../datasets/articles/americas-putumayo-wire.txt"),
    include_str!("../../datasets/articles/asia-maesot-oped-2022.txt"),
    include_str!("../../datasets/articles/europe-baltic-briefing-2023.txt"),
];

fn sample_statements() -> Vec<String> {
    let articles = ARTICLES.iter().map(|text| Article::from_text("inside", text));
    let statements = articles.flat_map(|article| statement::split(&article));
    statements.map(|statement| statement.text).collect()
}

/// The statements of a list, and how many of its lines were rejected.
fn read_list(path: &Path) -> Result<(Vec<String>, usize), CommandError> {
    let list = listed::read_file(path)?;
    for line in &list.rejected {
        tell_rejected(path, line);
    }
    let texts = list.statements.into_iter().map(|statement| statement.text);
    Ok((texts.collect(), list.rejected.len()))
}

const SHORT_ARTICLE: &str = "Council turns down offer of a garrison

The island council rejected an offer of foreign soldiers on Tuesday. “We asked for boats, not for a garrison,” its
chairwoman said. She proposed talks on joint patrols instead.
";
