//! Records for people: each statement beside its stance and a bar for its probability.

use std::collections::HashSet;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};

use super::{Destination, OutputError, Record, RecordWriter, Source};
use crate::attribution::Quote;
use crate::stance::Stance;

/// Columns before the statement's text: the stance, the bar and the probability.
const MARGIN: usize = 33;
const BAR_CELLS: usize = 8;
/// What stands for the stance of a statement that the model abstained from.
const ABSTAINED: &str = "(too unsure)";
const NARROWEST_TEXT: usize = 30;

/// In what order a terminal shows the statements of an article.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewOrder {
    /// As they stand.
    #[default]
    Text,
    /// Each holder's together, in order of first appearance; what nobody holds last.
    Holder,
}

/// A view for a terminal of a given width, with colours or without.
pub struct TerminalView<W: Destination> {
    stream: W,
    width: usize,
    coloured: bool,
    order: ViewOrder,
    /// Records of one article that wait to be grouped.
    waiting: Vec<Record>,
    shown: Option<Arc<Source>>,
    articles: HashSet<String>,
    counts: [usize; Stance::COUNT],
    abstained: usize,
    statements: usize,
}

impl<W: Destination> TerminalView<W> {
    /// A view `width` columns wide.
    pub fn new(stream: W, width: usize, coloured: bool, order: ViewOrder) -> Self {
        Self {
            stream,
            width,
            coloured,
            order,
            waiting: Vec::new(),
            shown: None,
            articles: HashSet::new(),
            counts: [0; Stance::COUNT],
            abstained: 0,
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

impl<W: Destination> TerminalView<W> {
    /// Shows the statements of one article, each holder's together.
    fn show_by_holder(&mut self) -> Result<(), OutputError> {
        let records = std::mem::take(&mut self.waiting);
        let mut holders: Vec<Option<&str>> = Vec::new();
        for record in &records {
            if !holders.contains(&record.holder()) {
                holders.push(record.holder());
            }
        }
        // Stable: holders stay in the order of the text, those without come last.
        holders.sort_by_key(Option::is_none);
        for (number, holder) in holders.iter().enumerate() {
            let of_holder: Vec<&Record> = records
                .iter()
                .filter(|record| record.holder() == *holder)
                .collect();
            self.heading(&of_holder[0].source)?;
            if number > 0 {
                writeln!(self.stream)?;
            }
            let bold = self.style(Style::new().bold());
            let name = holder.map_or_else(|| "(no holder)".to_owned(), printable);
            writeln!(self.stream, "{bold}{name}{bold:#}")?;
            for record in of_holder {
                self.show(record)?;
            }
        }
        Ok(())
    }

    /// Shows one statement.
    fn show(&mut self, record: &Record) -> Result<(), OutputError> {
        match record.stance {
            Some(stance) => self.counts[stance.index()] += 1,
            None => self.abstained += 1,
        }
        self.statements += 1;
        let probability = record.prediction.probabilities.of(record.prediction.stance);
        let style = self.style(record.stance.map_or(Style::new().dimmed(), colour));
        let stance = record.stance.map_or(ABSTAINED, Stance::name);
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
        self.show_holder(record)
    }

    /// Under a statement: who holds it and how, as far as the heading does not say so.
    fn show_holder(&mut self, record: &Record) -> Result<(), OutputError> {
        let quote = record
            .quote()
            .filter(|&quote| quote != Quote::None)
            .map(Quote::name);
        let held = match (self.order, record.holder(), quote) {
            (ViewOrder::Text, Some(holder), Some(quote)) => format!("{}, {quote}", printable(holder)),
            (ViewOrder::Text, Some(holder), None) => printable(holder),
            _ => return Ok(()),
        };
        let dimmed = self.style(Style::new().dimmed());
        writeln!(self.stream, "{:MARGIN$}{dimmed}— {held}{dimmed:#}", "")?;
        Ok(())
    }
}

impl<W: Destination> RecordWriter for TerminalView<W> {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        if self.order == ViewOrder::Text {
            self.heading(&record.source)?;
            return self.show(record);
        }
        let is_next = self
            .waiting
            .first()
            .is_some_and(|first| first.source.article != record.source.article);
        if is_next {
            self.show_by_holder()?;
        }
        self.waiting.push(record.clone());
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.stream.flush()?;
        Ok(0)
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        self.show_by_holder()?;
        if self.statements > 0 {
            writeln!(self.stream)?;
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let mut counts: Vec<String> = Stance::ALL
            .iter()
            .map(|&stance| {
                let style = self.style(colour(stance));
                format!("{style}{} {stance}{style:#}", self.counts[stance.index()])
            })
            .collect();
        if self.abstained > 0 {
            counts.push(format!("{} {ABSTAINED}", self.abstained));
        }
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
