//! `demarche classify`: articles or statements in, stances out.

use std::io::{BufWriter, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::options::ModelOptions;
use super::{refuse_to_overwrite, tell, CommandError, Completion};
use crate::article::{find_inputs, read_articles, Encoding, Input};
use crate::attribution::attribute;
use crate::output::{
    counted, CsvWriter, Destination, JsonlWriter, OutputError, OutputFile, OutputFormat, RecordWriter,
    Source, TerminalView, ViewOrder,
};
use crate::statement;

mod pending;
mod statements;

use pending::{classify_pending, Pending, PendingRecord};

const EXAMPLES: &str = "Examples:
  demarche classify article.txt
  demarche classify article.txt --by holder
  demarche classify news/ 'more/**/*.txt' -o stances.csv
  cat article.txt | demarche classify - | jq .stance
  demarche classify --statements lines.jsonl -o stances.jsonl

Inputs: UTF-8 text files with one article each, folders of them (*.txt, recursively), glob patterns,
and - for standard input. With --statements: a text file with a statement a line, or JSONL or CSV
with a field `text`, whose other fields are carried through.";

/// Classify the statements of articles
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files, folders, glob patterns, or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,

    /// The inputs are lists of statements: each is classified as it stands, not split further
    #[arg(long)]
    statements: bool,

    /// Write to a file (.jsonl, .csv or .txt), which appears when it is complete
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// jsonl, csv or table [default: by the output's ending; on a terminal table, in a pipe jsonl]
    #[arg(long, value_name = "FORMAT")]
    format: Option<OutputFormat>,

    /// In the readable view, show each holder's statements together
    #[arg(long, value_name = "FIELD", value_parser = ["holder"])]
    by: Option<String>,

    /// Reject a file larger than this: no single article is
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    max_article_bytes: u64,

    /// Leave out the summary on stderr; problems are still reported
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    model: ModelOptions,
}

/// What happened, for the closing summary.
#[derive(Default)]
struct Tally {
    /// Articles, or lists of statements, that were read.
    sources: usize,
    statements: usize,
    truncated: usize,
    rejected: usize,
    without_statements: usize,
    windows_1252: usize,
}

impl Tally {
    fn has_problems(&self) -> bool {
        self.truncated + self.rejected + self.without_statements + self.windows_1252 > 0
    }

    fn reject(&mut self, reason: &dyn std::fmt::Display) {
        self.rejected += 1;
        tell(reason);
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let begun = Instant::now();
    // An output that cannot be written should be known before an hour's work, not after it.
    let file = arguments.output.as_deref().map(OutputFile::create).transpose()?;
    let format = output_format(arguments)?;
    let order = view_order(arguments, format)?;
    let mut tally = Tally::default();
    let (inputs, errors) = find_inputs(&arguments.inputs);
    if let Some(output) = &arguments.output {
        let files = inputs.iter().filter_map(|input| match input {
            Input::File(path) => Some(path.as_path()),
            Input::Stdin => None,
        });
        refuse_to_overwrite(&files.collect::<Vec<_>>(), output)?;
    }
    for error in &errors {
        tally.reject(error);
    }
    if inputs.is_empty() {
        return Err(CommandError::NothingRead);
    }
    let classifier = arguments.model.classifier()?;
    let listed = arguments
        .statements
        .then(|| statements::read(&inputs, &mut tally));
    let carried = listed
        .as_deref()
        .map(statements::carried_fields)
        .unwrap_or_default();
    let mut writer = record_writer(file, format, order, carried)?;
    let written = classify_pending(&classifier, writer.as_mut(), |pending| match listed {
        Some(listed) => statements::classify(listed, pending),
        None => classify_articles(&inputs, arguments.max_article_bytes, &mut tally, pending),
    })?;
    (tally.statements, tally.truncated) = (written.statements, written.truncated);
    if tally.sources == 0 {
        return Err(CommandError::NothingRead);
    }
    writer.finish()?;
    // The readable view ends with a count of its own.
    let is_on_screen = format == OutputFormat::Terminal && arguments.output.is_none();
    if tally.has_problems() || !(arguments.quiet || is_on_screen) {
        summarize(&tally, begun, arguments);
    }
    Ok(Completion::after(tally.rejected))
}

fn output_format(arguments: &Arguments) -> Result<OutputFormat, CommandError> {
    Ok(match (arguments.format, &arguments.output) {
        (Some(format), _) => format,
        (None, Some(path)) => OutputFormat::of(path)?,
        (None, None) if std::io::stdout().is_terminal() => OutputFormat::Terminal,
        (None, None) => OutputFormat::Jsonl,
    })
}

fn view_order(arguments: &Arguments, format: OutputFormat) -> Result<ViewOrder, CommandError> {
    match (&arguments.by, format) {
        (None, _) => Ok(ViewOrder::Text),
        (Some(_), OutputFormat::Terminal) => Ok(ViewOrder::Holder),
        (Some(_), _) => Err(CommandError::NoView),
    }
}

fn classify_articles(
    inputs: &[Input],
    max_article_bytes: u64,
    tally: &mut Tally,
    pending: &mut Pending<'_>,
) -> Result<(), CommandError> {
    for article in inputs
        .iter()
        .flat_map(|input| read_articles(input, max_article_bytes))
    {
        let article = match article {
            Ok(article) => article,
            Err(error) => {
                tally.reject(&error);
                continue;
            }
        };
        tally.sources += 1;
        if let Encoding::Windows1252 { first_invalid } = article.encoding {
            tally.windows_1252 += 1;
            let (id, byte) = (&article.id, first_invalid + 1);
            tell(&format_args!(
                "{id}: is not UTF-8 at byte {byte}; read as Windows-1252"
            ));
        }
        let statements = statement::split(&article);
        if statements.is_empty() {
            tally.without_statements += 1;
            tell(&format_args!("{}: no statements found in it", article.id));
        }
        let attributions = attribute(&article, &statements);
        let source = Arc::new(Source {
            article: article.id,
            title: article.title,
            date: article.date,
            outlet: article.outlet,
        });
        for (number, (statement, attribution)) in statements.into_iter().zip(attributions).enumerate() {
            pending.push(PendingRecord {
                source: Arc::clone(&source),
                number,
                statement,
                attribution: Some(attribution),
                carried: serde_json::Map::new(),
            })?;
        }
    }
    Ok(())
}

/// The writer for a format, to the output file or to stdout.
fn record_writer(
    file: Option<OutputFile>,
    format: OutputFormat,
    order: ViewOrder,
    carried: Vec<String>,
) -> Result<Box<dyn RecordWriter>, OutputError> {
    match file {
        Some(file) => writer_to(file, format, order, carried, FILE_WIDTH, false),
        None => {
            let stdout = std::io::stdout();
            let width = terminal_size::terminal_size().map_or(FILE_WIDTH, |(width, _)| usize::from(width.0));
            // NO_COLOR, CLICOLOR_FORCE, TERM=dumb and pipes are all heeded here.
            let coloured = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
            writer_to(BufWriter::new(stdout), format, order, carried, width, coloured)
        }
    }
}

fn writer_to<W: Destination + 'static>(
    destination: W,
    format: OutputFormat,
    order: ViewOrder,
    carried: Vec<String>,
    width: usize,
    coloured: bool,
) -> Result<Box<dyn RecordWriter>, OutputError> {
    Ok(match format {
        OutputFormat::Jsonl => Box::new(JsonlWriter::new(destination)),
        OutputFormat::Csv => Box::new(CsvWriter::new(destination, carried)?),
        OutputFormat::Terminal => Box::new(TerminalView::new(destination, width, coloured, order)),
    })
}

/// How wide the readable view is where there is no terminal to ask.
const FILE_WIDTH: usize = 100;

/// Tells how much was done, and whatever a reader of the results should know.
fn summarize(tally: &Tally, begun: Instant, arguments: &Arguments) {
    let seconds = begun.elapsed().as_secs_f64();
    let what = if arguments.statements { "list" } else { "article" };
    let mut parts = vec![
        counted(tally.statements, "statement"),
        format!("from {}", counted(tally.sources, what)),
    ];
    for (count, problem) in [
        (tally.truncated, "truncated: longer than the model reads"),
        (tally.without_statements, "without statements"),
        (tally.windows_1252, "read as Windows-1252"),
        (tally.rejected, "rejected"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {problem}"));
        }
    }
    parts.push(format!("{seconds:.2} s"));
    tell(&parts.join(", "));
}
