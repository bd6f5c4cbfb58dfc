//! What the person who waits sees on stderr: problems, progress, and the summary.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::article::Rejected;
use crate::cli::tell;
use crate::corpus::{Ended, Happening, Outcome, Tally, SHOWN_REJECTS};
use crate::input::{FoundInputs, Input};
use crate::output::counted;

/// So many problems of one kind are told of one by one: a million lines would bury what they say.
const TOLD: u64 = SHOWN_REJECTS;

/// A run that is over sooner needs no progress.
const QUIET_START: Duration = Duration::from_secs(1);

/// Where stderr is no terminal, a line of progress comes so often.
const BETWEEN_LINES: Duration = Duration::from_secs(30);

/// Watches a run.
pub(super) struct Watch {
    begun: Instant,
    is_quiet: bool,
    bar: Option<ProgressBar>,
    last_line: Instant,
    /// Bytes of all inputs; `None` where that is not known, as of standard input.
    total: Option<u64>,
    /// What was done before this run began, of statements and of bytes.
    before: Option<(u64, u64)>,
    resumed_statements: u64,
    rejects_told: u64,
    others_told: u64,
}

impl Watch {
    pub(super) fn new(found: &FoundInputs, begun: Instant, is_quiet: bool) -> Self {
        let sizes = found.inputs.iter().map(|input| match input {
            Input::Stdin => None,
            Input::File(path) => path
                .metadata()
                .ok()
                .filter(|file| file.is_file())
                .map(|file| file.len()),
        });
        Self {
            begun,
            is_quiet,
            bar: None,
            last_line: begun,
            total: sizes.sum(),
            before: None,
            resumed_statements: 0,
            rejects_told: 0,
            others_told: 0,
        }
    }

    /// Sees what happens.
    pub(super) fn see(&mut self, happening: Happening<'_>) {
        match happening {
            Happening::Rejected(rejected) => {
                self.rejects_told += 1;
                // What was named and is not there has been told of before the run began.
                if !rejected.is_of_the_command_line() {
                    self.tell_some(self.rejects_told, rejected, "rejected");
                }
            }
            Happening::DocumentNotUtf8 {
                article,
                first_invalid,
            } => {
                let byte = first_invalid + 1;
                self.other(&format_args!(
                    "{article}: is not UTF-8 at byte {byte}; read as Windows-1252"
                ));
            }
            Happening::RowsNotUtf8 { input, rows } => {
                self.other(&format_args!(
                    "{input}: {rows} lines are not UTF-8; read as Windows-1252"
                ));
            }
            Happening::NoStatements { article } => {
                self.other(&format_args!("{article}: no statements found in it"));
            }
            Happening::RepeatedId { id } => self.other(&format_args!(
                "the id {id} is another article's, too; this one has its file's name before it"
            )),
            Happening::NoSuchField { field } => {
                self.other(&format_args!("no record has a field `{field}`"));
            }
            Happening::Resumed(tally) => {
                self.resumed_statements = tally.statements;
                let (articles, statements) = (tally.articles, tally.statements);
                if !self.is_quiet {
                    tell(&format_args!(
                        "going on with the unfinished run: {articles} articles, {statements} statements are done"
                    ));
                }
            }
            Happening::Progress { tally, position } => self.progress(tally, position),
        }
    }

    /// Something that was named on the command line cannot be read.
    pub(super) fn problem(&mut self, problem: &Rejected) {
        tell(problem);
    }

    fn other(&mut self, message: &dyn std::fmt::Display) {
        self.others_told += 1;
        self.tell_some(self.others_told, message, "of these");
    }

    /// Tells the first problems one by one, and then that there are more.
    fn tell_some(&self, number: u64, message: &dyn std::fmt::Display, what: &str) {
        let tell_now = || match number {
            number if number <= TOLD => tell(message),
            number if number == TOLD + 1 => {
                tell(&format_args!("more are {what}; they are counted at the end"))
            }
            _ => {}
        };
        match &self.bar {
            Some(bar) => bar.suspend(tell_now),
            None => tell_now(),
        }
    }

    fn progress(&mut self, tally: &Tally, position: u64) {
        if self.is_quiet || self.begun.elapsed() < QUIET_START {
            return;
        }
        let (statements_before, position_before) = *self.before.get_or_insert((self.resumed_statements, 0));
        // Time is told by what this run has classified itself, not by what it has read again.
        if tally.statements == statements_before {
            self.before = Some((statements_before, position));
        }
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = (tally.statements - statements_before) as f64 / seconds;
        let done = position.saturating_sub(position_before) as f64;
        let left = self.total.filter(|_| done > 0.0).map(|total| {
            let to_do = total.saturating_sub(position) as f64;
            Duration::from_secs((seconds * to_do / done) as u64)
        });
        let mut line = match tally.articles {
            0 => counted(tally.statements as usize, "statement"),
            articles => counted(articles as usize, "article"),
        };
        line += &format!(", {rate:.0} statements/s");
        if let Some(left) = left {
            line += &format!(", {} left", humantime::format_duration(left));
        }
        if tally.rejected > 0 {
            line += &format!(", {} rejected", tally.rejected);
        }
        if std::io::stderr().is_terminal() {
            let total = self.total;
            let bar = self.bar.get_or_insert_with(|| bar(total));
            bar.set_position(position);
            bar.set_message(line);
        } else if self.last_line.elapsed() >= BETWEEN_LINES {
            self.last_line = Instant::now();
            tell(&line);
        }
    }

    /// Takes the bar away, before other things are said.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// True where a reader of the results should know of something.
    pub(super) fn has_problems(tally: &Tally) -> bool {
        tally.truncated + tally.rejected + tally.articles_without_statements + tally.windows_1252 > 0
    }

    /// Tells how much was done, and whatever a reader of the results should know.
    pub(super) fn summarize(&self, outcome: &Outcome, is_list: bool) {
        let tally = &outcome.tally;
        let from = match is_list {
            true => counted(tally.inputs as usize, "list"),
            false => counted(tally.articles as usize, "article"),
        };
        let mut parts = vec![
            counted(tally.statements as usize, "statement"),
            format!("from {from}"),
        ];
        for (count, what) in [
            (tally.duplicates, "repeating another"),
            (tally.repeated_ids, "with another's id"),
            (tally.abstained, "abstained from, being too unsure"),
            (tally.truncated, "truncated: longer than the model reads"),
            (tally.articles_without_statements, "without statements"),
            (tally.windows_1252, "read as Windows-1252"),
            (tally.rejected, "rejected"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        parts.push(format!("{:.2} s", self.begun.elapsed().as_secs_f64()));
        tell(&parts.join(", "));
        if !tally.left_alone.is_empty() {
            let kinds = tally
                .left_alone
                .iter()
                .map(|(ending, count)| match ending.as_str() {
                    "." => format!("{count} without ending"),
                    ending => format!("{count} {ending}"),
                });
            tell(&format_args!(
                "files left alone, being no articles by their name: {}",
                kinds.collect::<Vec<_>>().join(", ")
            ));
        }
        if let (Some(rejects), Ended::Done) = (&outcome.rejects, outcome.ended) {
            tell(&format_args!("what was rejected is in {}", rejects.display()));
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let style = match total {
        Some(_) => "{bar:20} {percent}% {msg}",
        None => "{spinner} {msg}",
    };
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(4)).with_style(style)
}
