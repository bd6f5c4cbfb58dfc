//! `demarche classify`: articles or statements in, stances out.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::options::{share, tell_device, ModelOptions};
use super::{refuse_to_overwrite, tell, CommandError, Completion};
use crate::article::{ArticleFormat, Rejected};
use crate::classifier::Classifier;
use crate::corpus::{self, default_rejects, Ended, FileTarget, Run, RunOptions, Target};
use crate::input::{find_inputs, paths_of_list, FoundInputs, Input};
use crate::output::{
    CsvWriter, Destination, GrowingFile, JsonlWriter, OutputError, OutputFile, OutputFormat, RecordWriter,
    SpooledWriter, TerminalView, ViewOrder,
};

mod interrupt;
mod reading;
mod watch;

use reading::ReadingOptions;
use watch::Watch;

const EXAMPLES: &str = "Examples:
  demarche classify article.txt
  demarche classify article.txt --by holder
  demarche classify news/ 'more/**/*.html' -o stances.parquet
  demarche classify corpus.jsonl.gz -o stances.jsonl --resume
  cat article.txt | demarche classify - | jq .stance
  demarche classify --statements lines.csv --text-field sentence -o stances.csv

Inputs: files, folders of them, glob patterns, and - for standard input. Text, Markdown, HTML and
DOCX (one article a file, or a Nexis export), JSONL, JSON, CSV, TSV and Parquet (an article a row),
WARC; each also compressed by gzip or zstd, and in zip and tar archives.";

/// Classify the statements of articles
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files, folders, glob patterns, or - for standard input
    #[arg(required_unless_present = "files_from", value_name = "INPUT")]
    inputs: Vec<String>,

    /// Read also what a list names, one path a line; - is standard input
    #[arg(long, value_name = "LIST")]
    files_from: Option<String>,

    /// The inputs are lists of statements: each is classified as it stands, not split further
    #[arg(long)]
    statements: bool,

    #[command(flatten)]
    reading: ReadingOptions,

    #[command(flatten)]
    writing: WritingOptions,

    /// Leave out progress and the summary on stderr; problems are still reported
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    model: ModelOptions,
}

/// What is written, and where.
#[derive(Args)]
#[command(next_help_heading = "Output")]
struct WritingOptions {
    /// Write to a file (.jsonl, .csv, .tsv, .parquet, .arrow or .txt), which appears when it is complete,
    /// with a manifest beside it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// jsonl, csv, tsv, parquet, arrow or table [default: by the output's ending; on a terminal table,
    /// in a pipe jsonl]
    #[arg(long, value_name = "FORMAT")]
    format: Option<OutputFormat>,

    /// In the readable view, show each holder's statements together
    #[arg(long, value_name = "FIELD", value_parser = ["holder"])]
    by: Option<String>,

    /// Abstain where the most likely stance is less likely than this, from 0 to 1: the stance is null
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    min_confidence: f64,

    /// Leave out statements whose stance is none, or that have no stance; they are still counted
    #[arg(long)]
    only_stances: bool,

    /// Write counts per article to a file, too (.csv, .tsv or .jsonl)
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,

    /// Keep what could not be used in a file [default: beside the output, as FILE.rejects.jsonl]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Go on with a run to the same output that was broken off; begin one where there is none
    #[arg(long, requires = "output")]
    resume: bool,

    /// Replace the output, or an unfinished run to it
    #[arg(long, conflicts_with = "resume")]
    overwrite: bool,

    /// Make what is done last so often, in seconds, after the block in flight: what came later is done again
    /// where the run is broken off
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    checkpoint_every: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let begun = Instant::now();
    let writing = &arguments.writing;
    let format = output_format(writing)?;
    let order = view_order(writing, format)?;
    let (found, problems) = find(arguments)?;
    let default_rejects_path = writing.output.as_deref().map(default_rejects);
    let outputs = [
        &writing.output,
        &writing.summary,
        &writing.rejects,
        &default_rejects_path,
    ];
    for output in outputs.into_iter().flatten() {
        let files = found.inputs.iter().filter_map(|input| match input {
            Input::File(path) => Some(path.as_path()),
            Input::Stdin => None,
        });
        refuse_to_overwrite(&files.collect::<Vec<_>>(), output)?;
    }
    let options = RunOptions {
        read: arguments.reading.read_options(arguments.statements),
        is_list: arguments.statements,
        min_confidence: writing.min_confidence,
        only_stances: writing.only_stances,
        duplicates: arguments.reading.duplicates,
        is_strict: arguments.reading.strict,
    };
    let mut watch = Watch::new(&found, begun, arguments.quiet);
    for problem in &problems {
        watch.problem(problem);
    }
    if found.inputs.is_empty() {
        return Err(CommandError::NothingRead);
    }
    let classifier = arguments.model.silent_classifier()?;
    if !arguments.quiet {
        tell_device(&classifier);
    }
    let target = target(arguments, format, order, &options, &classifier)?;
    let is_long = matches!(target, Target::File(_));
    let rejects = match &writing.output {
        _ if writing.rejects.is_some() => writing.rejects.clone(),
        Some(output) if is_long => Some(default_rejects(output)),
        _ => None,
    };
    let run = Run {
        inputs: &found.inputs,
        problems,
        options: &options,
        target,
        rejects,
        summary: writing.summary.clone(),
        overwrite: writing.overwrite,
        left_alone: found.left_alone.clone(),
        stop: interrupt::watched(is_long),
    };
    let outcome =
        corpus::run(run, &classifier, &mut |happening| watch.see(happening)).inspect_err(|error| {
            watch.clear();
            if is_long && error.leaves_a_partial_run() {
                tell(&"what is done is kept; go on with the same command and --resume");
            }
        })?;
    watch.clear();
    match outcome.ended {
        Ended::DoneBefore => {
            tell(&"the output is there, made by the same command of the same inputs; nothing is left to do")
        }
        Ended::Stopped => {
            if !arguments.quiet {
                watch.summarize(&outcome, arguments.statements);
            }
            if is_long {
                tell(&"stopped; what is done is kept. Go on with the same command and --resume");
            }
            return Ok(Completion::Interrupted);
        }
        Ended::Done => {
            // The readable view ends with a count of its own.
            let is_on_screen = format == OutputFormat::Terminal && writing.output.is_none();
            if Watch::has_problems(&outcome.tally) || !(arguments.quiet || is_on_screen) {
                watch.summarize(&outcome, arguments.statements);
            }
        }
    }
    Ok(Completion::after(outcome.tally.rejected as usize))
}

/// The inputs, and what was named and cannot be read.
fn find(arguments: &Arguments) -> Result<(FoundInputs, Vec<Rejected>), CommandError> {
    let mut paths = arguments.inputs.clone();
    if let Some(list) = &arguments.files_from {
        paths.extend(paths_of_list(list)?);
    }
    let writing = &arguments.writing;
    let own: Vec<&Path> = [&writing.output, &writing.summary, &writing.rejects]
        .into_iter()
        .flatten()
        .map(PathBuf::as_path)
        .collect();
    let found = find_inputs(&paths, &ArticleFormat::ENDINGS, &own);
    let problems = found.errors.iter().map(Rejected::input).collect();
    Ok((found, problems))
}

fn output_format(writing: &WritingOptions) -> Result<OutputFormat, CommandError> {
    Ok(match (writing.format, &writing.output) {
        (Some(format), _) => format,
        (None, Some(path)) => OutputFormat::of(path)?,
        (None, None) if std::io::stdout().is_terminal() => OutputFormat::Terminal,
        (None, None) => OutputFormat::Jsonl,
    })
}

fn view_order(writing: &WritingOptions, format: OutputFormat) -> Result<ViewOrder, CommandError> {
    match (&writing.by, format) {
        (None, _) => Ok(ViewOrder::Text),
        (Some(_), OutputFormat::Terminal) => Ok(ViewOrder::Holder),
        (Some(_), _) => Err(CommandError::NoView),
    }
}

/// Where the records go: a file with a journal, or else a stream.
fn target(
    arguments: &Arguments,
    format: OutputFormat,
    order: ViewOrder,
    options: &RunOptions,
    classifier: &Classifier,
) -> Result<Target, CommandError> {
    let writing = &arguments.writing;
    let Some(output) = &writing.output else {
        let width = terminal_size::terminal_size().map_or(FILE_WIDTH, |(width, _)| usize::from(width.0));
        let stdout = std::io::stdout();
        // NO_COLOR, CLICOLOR_FORCE, TERM=dumb and pipes are all heeded here.
        let coloured = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
        let view = View {
            width,
            coloured,
            order,
        };
        return Ok(Target::Stream(stream_writer(
            BufWriter::new(stdout),
            format,
            options,
            view,
        )?));
    };
    // What a link points to is replaced, and not the link.
    let path = match output.is_symlink() {
        true => output.canonicalize().unwrap_or_else(|_| output.clone()),
        false => output.clone(),
    };
    let is_device = path.metadata().is_ok_and(|metadata| !metadata.is_file());
    if format == OutputFormat::Terminal || is_device {
        if format == OutputFormat::Terminal && path.exists() && !is_device && !writing.overwrite {
            return Err(CommandError::OutputIsThere(output.display().to_string()));
        }
        let view = View {
            width: FILE_WIDTH,
            coloured: false,
            order,
        };
        return Ok(Target::Stream(stream_writer(
            OutputFile::create(output)?,
            format,
            options,
            view,
        )?));
    }
    Ok(Target::File(FileTarget {
        path,
        format,
        resume: writing.resume,
        overwrite: writing.overwrite,
        checkpoint_every: Duration::from_secs(writing.checkpoint_every),
        description: reading::description(arguments, format, classifier)?,
    }))
}

/// How the readable view looks.
struct View {
    width: usize,
    coloured: bool,
    order: ViewOrder,
}

fn stream_writer<W: Destination + Send + 'static>(
    stream: W,
    format: OutputFormat,
    options: &RunOptions,
    view: View,
) -> Result<Box<dyn RecordWriter>, OutputError> {
    Ok(match (format, format.delimiter()) {
        (OutputFormat::Jsonl, _) => Box::new(JsonlWriter::new(stream)),
        (OutputFormat::Terminal, _) => {
            Box::new(TerminalView::new(stream, view.width, view.coloured, view.order))
        }
        (_, Some(delimiter)) if !options.is_list => Box::new(CsvWriter::new(stream, delimiter, Vec::new())?),
        _ => {
            let folder = tempfile::tempdir()?;
            let place = folder.path().join("records");
            let spool = GrowingFile::open(&place, "jsonl", 0)?;
            let output = move || {
                Ok(InFolder {
                    stream,
                    _folder: folder,
                })
            };
            let spool_path = GrowingFile::partial_path(&place, "jsonl");
            Box::new(SpooledWriter::new(spool, spool_path, format, output))
        }
    })
}

/// A stream, and the folder that must be there until all is written to it.
struct InFolder<W> {
    stream: W,
    _folder: tempfile::TempDir,
}

impl<W: Destination> Write for InFolder<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

impl<W: Destination> Destination for InFolder<W> {
    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.stream.checkpoint()
    }

    fn commit(self) -> Result<(), OutputError> {
        self.stream.commit()
    }
}

/// How wide the readable view is where there is no terminal to ask.
const FILE_WIDTH: usize = 100;
