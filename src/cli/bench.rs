//! `demarche bench`: how fast this machine classifies.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::options::ModelOptions;
use super::{tell, tell_rejected, CommandError, Completion};
use crate::article::Article;
use crate::benchmark::{self, Latency, Parity, Spread, Throughput};
use crate::classifier::Precision;
use crate::output::OutputError;
use crate::statement::{self, listed};

const EXAMPLES: &str = "Examples:
  demarche bench
  demarche bench statements.txt --threads 8
  demarche bench --precision int8 --json | jq .results[0].throughput

Throughput is that of classifying alone, tokenizing included, with the model loaded: the median of
--rounds, after one that is not counted. Start-up is a whole run of this binary on one short article.";

/// Measure how fast this machine classifies
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Statements to classify, a list as for `classify --statements` [default: those of four articles inside]
    #[arg(value_name = "LIST")]
    list: Option<PathBuf>,

    /// Classify so many statements, going through the list again where it is shorter
    #[arg(long, value_name = "N", default_value_t = 2000)]
    statements: usize,

    /// Measure throughput so many times
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,

    /// Print the measurements as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    model: ModelOptions,
}

/// Everything that was measured.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    threads: usize,
    statements: usize,
    tokens: usize,
    /// Milliseconds from start to end of a process that classifies one short article.
    start_up_ms: Option<Spread>,
    results: Vec<Measured>,
    /// int8 against float32, on the same statements.
    parity: Option<Parity>,
    /// Of this whole benchmark, in bytes.
    peak_memory: Option<u64>,
}

#[derive(Serialize)]
struct Measured {
    precision: &'static str,
    kernel: String,
    load_ms: f64,
    throughput: Throughput,
    latency_ms: Option<Latency>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let (statements, rejected) = statements(arguments)?;
    let start_up_ms = start_up(arguments);
    let precisions = match arguments.model.precision() {
        Precision::Auto => vec![Precision::Int8, Precision::Float32],
        chosen => vec![chosen],
    };
    let mut results = Vec::new();
    let mut predictions = Vec::new();
    let (mut threads, mut tokens) = (0, 0);
    for precision in precisions {
        tell(&format_args!("measuring {precision} …"));
        let begun = Instant::now();
        let classifier = arguments.model.classifier_with(precision)?;
        let load_ms = begun.elapsed().as_secs_f64() * 1e3;
        (threads, tokens) = (classifier.threads(), classifier.token_count(&statements)?);
        let singles = &statements[..statements.len().min(LATENCY_STATEMENTS)];
        results.push(Measured {
            precision: precision.name(),
            kernel: classifier.kernel_name(),
            load_ms,
            throughput: benchmark::throughput(&classifier, &statements, arguments.rounds)?,
            latency_ms: benchmark::latency(&classifier, singles)?,
        });
        predictions.push(classifier.classify(&statements)?);
    }
    let parity = match predictions.as_slice() {
        [some, others] => Some(benchmark::parity(some, others)),
        _ => None,
    };
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        threads,
        statements: statements.len(),
        tokens,
        start_up_ms,
        results,
        parity,
        peak_memory: benchmark::peak_memory(),
    };
    print(&report, arguments.json).map_err(OutputError::from)?;
    Ok(Completion::after(rejected))
}

/// So many statements are classified one by one for latency.
const LATENCY_STATEMENTS: usize = 300;

/// Articles that we wrote, for a benchmark that needs no file.
const ARTICLES: [&str; 4] = [
    include_str!("../../datasets/articles/africa-gao-feature.txt"),
    include_str!("../../datasets/articles/americas-putumayo-wire.txt"),
    include_str!("../../datasets/articles/asia-maesot-oped-2022.txt"),
    include_str!("../../datasets/articles/europe-baltic-briefing-2023.txt"),
];

/// The statements to classify, and how many lines of the list were rejected.
fn statements(arguments: &Arguments) -> Result<(Vec<String>, usize), CommandError> {
    let (mut texts, mut rejected) = (Vec::new(), 0);
    match &arguments.list {
        Some(path) => {
            let list = listed::read_file(path)?;
            rejected = list.rejected.len();
            for line in &list.rejected {
                tell_rejected(path, line);
            }
            texts.extend(list.statements.into_iter().map(|statement| statement.text));
        }
        None => {
            for text in ARTICLES {
                let statements = statement::split(&Article::from_text("inside", text));
                texts.extend(statements.into_iter().map(|statement| statement.text));
            }
        }
    }
    if texts.is_empty() || arguments.statements == 0 {
        return Err(CommandError::NothingRead);
    }
    Ok((
        texts.into_iter().cycle().take(arguments.statements).collect(),
        rejected,
    ))
}

/// Runs this binary on one short article, some times; `None`, with a word on stderr, where that fails.
fn start_up(arguments: &Arguments) -> Option<Spread> {
    const RUNS: usize = 7;
    let once = || -> std::io::Result<f64> {
        let begun = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["classify", "-", "--quiet", "--format", "jsonl"])
            .args(arguments.model.arguments())
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

const SHORT_ARTICLE: &str = "Council turns down offer of a garrison

The island council rejected an offer of foreign soldiers on Tuesday. “We asked for boats, not for a garrison,” its
chairwoman said. She proposed talks on joint patrols instead.
";

fn print(report: &Report, json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let value = serde_json::to_value(report).map_err(std::io::Error::other)?;
        return writeln!(out, "{value:#}");
    }
    writeln!(
        out,
        "{} statements of {:.1} tokens, {} threads\n",
        report.statements,
        report.tokens as f64 / report.statements as f64,
        report.threads
    )?;
    writeln!(
        out,
        "{:<10}{:>14}{:>18}{:>11}{:>9}{:>10}{:>25}{:>10}",
        "precision",
        "statements/s",
        "(min to max)",
        "tokens/s",
        "GOP/s",
        "of peak",
        "one alone p50/p90/p99",
        "loading"
    )?;
    for measured in &report.results {
        let throughput = &measured.throughput;
        let rate = throughput.statements_per_second;
        let latency = measured.latency_ms.map_or("-".to_owned(), |latency| {
            format!("{:.1}/{:.1}/{:.1} ms", latency.p50, latency.p90, latency.p99)
        });
        writeln!(
            out,
            "{:<10}{:>14.0}{:>18}{:>11.0}{:>9.0}{:>9.0}%{:>25}{:>7.0} ms",
            measured.precision,
            rate.median,
            format!("({:.0} to {:.0})", rate.min, rate.max),
            throughput.tokens_per_second,
            throughput.giga_operations_per_second,
            100.0 * throughput.share_of_peak,
            latency,
            measured.load_ms
        )?;
    }
    writeln!(out)?;
    for measured in &report.results {
        writeln!(
            out,
            "{} products: {}, at most {:.0} GOP/s here",
            measured.precision, measured.kernel, measured.throughput.peak_giga_operations_per_second
        )?;
    }
    if let Some(parity) = &report.parity {
        writeln!(
            out,
            "int8 gives {} of {} statements the label of f32 ({:.2}%); probabilities differ by at most {:.3}",
            parity.same_label,
            parity.statements,
            100.0 * parity.same_label as f64 / parity.statements as f64,
            parity.largest_difference
        )?;
    }
    if let Some(start_up) = report.start_up_ms {
        writeln!(
            out,
            "one short article, process start to end: {:.0} ms ({:.0} to {:.0})",
            start_up.median, start_up.min, start_up.max
        )?;
    }
    if let Some(bytes) = report.peak_memory {
        writeln!(
            out,
            "most memory held by this benchmark: {} MB",
            bytes / 1_000_000
        )?;
    }
    Ok(())
}
