//! Records for people: each statement beside its stance and a bar for its probability.

use std::collections::HashSet;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};

use super::{Destination, OutputError, Record, RecordWriter, Source};
use crate::stance::Stance;

/// Columns before the statement's text: the stance, the bar and the probability.
const MARGIN: usize = 33;
const BAR_CELLS: usize = 8;
const NARROWEST_TEXT: usize = 30;

/// A view for a terminal of a given width, with colours or without.
pub struct TerminalView<W: Destination> {
    stream: W,
    width: usize,
    coloured: bool,
    shown: Option<Arc<Source>>,
    articles: HashSet<String>,
    counts: [usize; Stance::COUNT],
    statements: usize,
}

impl<W: Destination> TerminalView<W> {
    /// A view `width` columns wide.
    pub fn new(stream: W, width: usize, coloured: bool) -> Self {
        Self {
            stream,
            width,
            coloured,
            shown: None,
            articles: HashSet::new(),
            counts: [0; Stance::COUNT],
            statements: 0,
        }
    }

    fn style(&self, style: Style) -> Style {
        if self.coloured {
            style
        } else {
            Style::new()
        }
    }

    fn heading(&mut self, source: &Arc<Source>) -> std::io::Result<()> {
        if self
            .shown
            .as_ref()
            .is_some_and(|shown| shown.article == source.article)
        {
            return Ok(());
        }
        if self.shown.is_some() {
            writeln!(self.stream)?;
        }
        let bold = self.style(Style::new().bold());
        let dimmed = self.style(Style::new().dimmed());
        let article = printable(&source.article);
        match &source.title {
            Some(title) => writeln!(
                self.stream,
                "{bold}{}{bold:#}  {dimmed}{article}{dimmed:#}\n",
                printable(title)
            )?,
            None => writeln!(self.stream, "{bold}{article}{bold:#}\n")?,
        }
        self.shown = Some(Arc::clone(source));
        self.articles.insert(source.article.clone());
        Ok(())
    }
}

impl<W: Destination> RecordWriter for TerminalView<W> {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        self.heading(&record.source)?;
        let stance = record.prediction.stance;
        self.counts[stance.index()] += 1;
        self.statements += 1;
        let probability = record.prediction.probabilities.of(stance);
        let style = self.style(colour(stance));
        let text = printable(&record.text);
        let width = self.width.saturating_sub(MARGIN).max(NARROWEST_TEXT);
        for (index, line) in textwrap::wrap(&text, width).into_iter().enumerate() {
            if index == 0 {
                let bar = bar(probability);
                write!(
                    self.stream,
                    "{style}{stance:17} {bar}{style:#} {probability:.2}  "
                )?;
            } else {
                write!(self.stream, "{:MARGIN$}", "")?;
            }
            writeln!(self.stream, "{style}{line}{style:#}")?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        if self.statements > 0 {
            writeln!(self.stream)?;
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let counts: Vec<String> = Stance::ALL
            .iter()
            .map(|&stance| {
                let style = self.style(colour(stance));
                format!("{style}{} {stance}{style:#}", self.counts[stance.index()])
            })
            .collect();
        writeln!(
            self.stream,
            "{} statement{} in {} article{}: {}",
            self.statements,
            plural(self.statements),
            self.articles.len(),
            plural(self.articles.len()),
            counts.join(", ")
        )?;
        self.stream.commit()
    }
}

fn colour(stance: Stance) -> Style {
    match stance {
        Stance::ProIntervention => AnsiColor::Red.on_default(),
        Stance::AntiIntervention => AnsiColor::Blue.on_default(),
        Stance::Cooperative => AnsiColor::Green.on_default(),
        Stance::None => Style::new().dimmed(),
    }
}

/// A probability as a bar of whole and partial blocks.
fn bar(probability: f32) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = (probability * (8 * BAR_CELLS) as f32).round() as usize;
    (0..BAR_CELLS)
        .map(|cell| match eighths.saturating_sub(8 * cell) {
            0..8 => EIGHTHS[eighths.saturating_sub(8 * cell)],
            _ => '█',
        })
        .collect()
}

/// Text on one line, without the control characters that could steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
    spaced
        .chars()
        .filter(|character| !character.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_with_the_probability() {
        assert_eq!(bar(0.0), "        ");
        assert_eq!(bar(1.0), "████████");
        assert_eq!(bar(0.5), "████    ");
        assert_eq!(bar(0.51), "████▏   ");
    }

    #[test]
    fn text_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{7}"), "a[31mb c");
    }
}
