//! The command line: parse, run one command, turn its end into an exit code.

mod advice;
mod agree;
mod bench;
mod classify;
mod compare;
mod evaluate;
mod export;
mod gold;
mod hub;
mod model;
mod options;
mod results;
mod sample;
mod shares;
mod summarize;
mod train;
mod verify;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::classifier::{self, ClassifyError};
use crate::corpus::{CorpusError, VerifyError};
use crate::estimation::{SampleError, SharesError};
use crate::evaluation::{AnnotatedError, CoderError, PredictionsError};
use crate::export::ExportError;
use crate::input::InputError;
use crate::model::hub::{HubError, NotAModel};
use crate::model::{HypothesesError, LabelMapError, ModelFiles};
use crate::output::{OutputError, UnknownFormat};
use crate::summary::{MergeError, SummaryError};
use crate::table::{RejectedRow, TableError};
use crate::training::TrainError;
use advice::advice;

const ABOUT: &str = "Reads articles and says, for every statement in them, what stance its holder takes \
toward foreign intervention: pro_intervention, anti_intervention, cooperative or none.";

const EXAMPLES: &str = "Examples:
  demarche classify article.txt                   a readable view on the terminal
  demarche classify news/ -o stances.jsonl        a folder of articles into a file
  cat article.txt | demarche classify - | jq .stance
  demarche classify news.jsonl.gz -o stances.parquet --resume
  demarche evaluate labelled.jsonl                scores on statements that you labelled
  demarche sample stances.jsonl -o sample.csv     a random sample to label by hand
  demarche shares stances.jsonl --gold sample.csv stance shares, corrected for the model's errors
  demarche summarize stances.jsonl --by outlet    who takes which stance, and whose voice it is
  demarche compare default org/name --gold labelled.jsonl  our model beside yours
  demarche bench                                  how fast this machine is

Exit codes: 0 done; 1 done, with some inputs rejected; 2 could not run; 130 ended by Ctrl-C.";

#[derive(Parser)]
#[command(name = "demarche", about = ABOUT, after_help = EXAMPLES)]
#[command(
    disable_version_flag = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Arguments {
    /// Print the version, the model inside and the devices that this build can use
    #[arg(short = 'V', long)]
    version: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Classify(classify::Arguments),
    Verify(verify::Arguments),
    Evaluate(evaluate::Arguments),
    Compare(compare::Arguments),
    Agree(agree::Arguments),
    Sample(sample::Arguments),
    Shares(shares::Arguments),
    Summarize(summarize::Arguments),
    Model(model::Arguments),
    Train(train::Arguments),
    Export(export::Arguments),
    Bench(bench::Arguments),
}

/// How a command ended, when it could run.
enum Completion {
    Clean,
    /// Done, but some inputs or records were rejected.
    WithRejects,
    /// Ended by Ctrl-C, in good order.
    Interrupted,
}

/// The exit code of what Ctrl-C has ended: what shells give for SIGINT, so that a script's loop ends, too.
const INTERRUPTED: u8 = 130;

impl Completion {
    /// How a command ended that rejected so many inputs and records.
    fn after(rejected: usize) -> Self {
        if rejected > 0 {
            Self::WithRejects
        } else {
            Self::Clean
        }
    }
}

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Classify(#[from] ClassifyError),
    #[error(transparent)]
    LabelMap(#[from] LabelMapError),
    #[error(transparent)]
    Hypotheses(#[from] HypothesesError),
    #[error(transparent)]
    NotAModel(#[from] NotAModel),
    #[error(transparent)]
    Hub(#[from] HubError),
    #[error("{0}: is in the cache that other programs share; to remove it, confirm by --yes")]
    Unconfirmed(String),
    #[error("{0}: is not in the cache")]
    NotInCache(String),
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Predictions(#[from] PredictionsError),
    #[error(transparent)]
    Annotated(#[from] AnnotatedError),
    #[error(transparent)]
    Coders(#[from] CoderError),
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error(transparent)]
    Shares(#[from] SharesError),
    #[error(transparent)]
    Summary(#[from] SummaryError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error("no threads can be started for the intervals: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error("nothing to evaluate: no fixture could be used")]
    NoFixture,
    #[error("nothing to compare: no labelled statement has a prediction of both")]
    NothingShared,
    #[error("{0}: a coding sheet is a file that ends in .csv or .jsonl")]
    NoSheet(String),
    #[error("{0}: exists, and may hold labels; choose another name or move it away")]
    OutputExists(String),
    #[error("{0}: exists; choose another name, or give --overwrite")]
    OutputIsThere(String),
    #[error("{0}: is an input; choose another file for the output")]
    OutputIsInput(String),
    #[error("--by groups the readable view; for files, use demarche summarize --by holder, or give --format table")]
    NoView,
    #[error("nothing to classify: no input could be read")]
    NothingRead,
}

/// Runs the command that the process's arguments name.
pub fn run() -> ExitCode {
    leave_threads_to_us();
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Some(Command::Classify(arguments)) => classify::run(&arguments),
        Some(Command::Verify(arguments)) => verify::run(&arguments),
        Some(Command::Evaluate(arguments)) => evaluate::run(&arguments),
        Some(Command::Compare(arguments)) => compare::run(&arguments),
        Some(Command::Agree(arguments)) => agree::run(&arguments),
        Some(Command::Sample(arguments)) => sample::run(&arguments),
        Some(Command::Shares(arguments)) => shares::run(&arguments),
        Some(Command::Summarize(arguments)) => summarize::run(&arguments),
        Some(Command::Model(arguments)) => model::run(&arguments),
        Some(Command::Train(arguments)) => train::run(&arguments),
        Some(Command::Export(arguments)) => export::run(&arguments),
        Some(Command::Bench(arguments)) => bench::run(&arguments),
        None => print_version(),
    };
    match result {
        Ok(Completion::Clean) => ExitCode::SUCCESS,
        Ok(Completion::WithRejects) => ExitCode::from(1),
        Ok(Completion::Interrupted) => ExitCode::from(INTERRUPTED),
        // Whoever read our output has seen enough.
        Err(CommandError::Output(error)) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(CommandError::Corpus(CorpusError::Output(error))) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            match advice(&error) {
                Some(advice) => tell(&format_args!("{error}; {advice}")),
                None => tell(&error),
            }
            ExitCode::from(2)
        }
    }
}

/// Says something to the person at the terminal.
fn tell(message: &dyn std::fmt::Display) {
    // Where stderr is closed there is nobody to tell that it is.
    let _ = writeln!(anstream::stderr(), "demarche: {message}");
}

/// Names a line that could not be used.
fn tell_rejected(path: &Path, line: &RejectedRow) {
    tell(&format_args!(
        "{}: line {}: {}",
        path.display(),
        line.number,
        line.reason
    ));
}

/// Says that a file was not all UTF-8.
fn tell_windows_1252(path: &Path, rows: usize) {
    if rows > 0 {
        tell(&format_args!(
            "{}: {rows} lines are not UTF-8; read as Windows-1252",
            path.display()
        ));
    }
}

/// True where two paths lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.canonicalize().ok();
    place(one).is_some() && place(one) == place(other)
}

/// Refuses to write results over something that they are made of.
fn refuse_to_overwrite(inputs: &[&Path], output: &Path) -> Result<(), CommandError> {
    let Ok(output) = output.canonicalize() else {
        return Ok(());
    };
    let is_output = |input: &&&Path| input.canonicalize().is_ok_and(|path| path == output);
    match inputs.iter().find(is_output) {
        Some(input) => Err(CommandError::OutputIsInput(input.display().to_string())),
        None => Ok(()),
    }
}

/// Candle's operations stay on the thread that calls them: batches run in parallel, and two
/// pools of threads would compete for the same cores. It listens to nothing but these variables.
fn leave_threads_to_us() {
    std::env::set_var("CANDLE_NUM_THREADS", "1");
    std::env::set_var("RAYON_NUM_THREADS", "1");
}

fn print_version() -> Result<Completion, CommandError> {
    let model = match ModelFiles::EMBEDDED_NAME {
        Some(name) => {
            let sha256 = ModelFiles::embedded()
                .and_then(|files| files.sha256())
                .map_err(ClassifyError::from)?;
            format!("{name} (sha256 {})", &sha256[..12])
        }
        None => "none inside; name one with --model".to_owned(),
    };
    writeln!(
        std::io::stdout(),
        "demarche {}\nmodel: {model}\ndevices: {}",
        env!("CARGO_PKG_VERSION"),
        classifier::devices()
    )
    .map_err(OutputError::from)?;
    Ok(Completion::Clean)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
