//! Blocks of entries → records: split, attributed, told from duplicates and tokenized; then classified.

use std::sync::Arc;

use super::duplicates::{Duplicates, Signature};
use super::entry::{Entry, Listed};
use super::feed::{Block, Event};
use super::predictions::{Predictions, Texts};
use super::{DuplicateSearch, InputDone};
use crate::article::{Article, Encoding, Rejected};
use crate::attribution::{attribute, Attribution};
use crate::classifier::{Classifier, ClassifyError};
use crate::output::{Record, Source};
use crate::stance::Prediction;
use crate::statement::{self, Statement};

/// A block whose statements are classified.
pub(super) struct Classified {
    /// How many blocks are done with it.
    pub(super) blocks: u64,
    pub(super) digest: String,
    pub(super) position: u64,
    pub(super) events: Vec<Done>,
    /// How long the workers have been in the network for this block and those before, all together.
    pub(super) network_seconds: f64,
    /// True where an earlier run has written it: there is nothing in it.
    pub(super) is_done: bool,
}

/// What became of an event.
pub(super) enum Done {
    Article(DoneArticle),
    Statement(Record),
    Rejected(Rejected),
    Input(InputDone),
    RepeatedId(String),
    NoSuchField(String),
}

/// An article and its records.
pub(super) struct DoneArticle {
    pub(super) source: Arc<Source>,
    pub(super) encoding: Encoding,
    pub(super) records: Vec<Record>,
}

/// A block that is read, and lacks its predictions.
pub(super) struct Prepared {
    number: u64,
    digest: String,
    position: u64,
    is_done: bool,
    events: Vec<Result<PreparedEntry, Event>>,
    /// All its statements, in order.
    texts: Texts,
}

/// An entry that lacks its predictions.
enum PreparedEntry {
    Article {
        source: Source,
        encoding: Encoding,
        statements: Vec<(Statement, Attribution)>,
    },
    Statement(Listed),
}

/// Splits and attributes blocks, and finds articles that repeat another.
pub(super) struct Preparation<'a> {
    classifier: &'a Classifier,
    duplicates: Duplicates,
}

impl<'a> Preparation<'a> {
    pub(super) fn new(classifier: &'a Classifier, search: DuplicateSearch) -> Self {
        Self {
            classifier,
            duplicates: Duplicates::new(search),
        }
    }

    /// Splits and attributes blocks that wait together, in order.
    pub(super) fn split(&mut self, blocks: Vec<Block>) -> Vec<Prepared> {
        let mut entries = self.entries(&blocks).into_iter();
        let prepared = blocks.into_iter().map(|block| {
            // Of what an earlier run has written, only the duplicates that come later need to know.
            let events = block
                .events
                .into_iter()
                .zip(entries.by_ref())
                .filter_map(|(event, read)| {
                    let duplicate_of = self.original(&event, read.signature);
                    (!block.is_done).then(|| prepared_entry(event, read.statements, duplicate_of))
                });
            Prepared {
                events: events.collect(),
                number: block.number,
                digest: block.digest,
                position: block.position,
                is_done: block.is_done,
                texts: Texts::default(),
            }
        });
        prepared.collect()
    }

    /// What the worker threads make of all events of some blocks, in order.
    fn entries(&self, blocks: &[Block]) -> Vec<ReadEntry> {
        let mut events: Vec<(&Event, bool)> = Vec::new();
        for block in blocks {
            events.extend(block.events.iter().map(|event| (event, block.is_done)));
        }
        // There is something to do for articles alone. The longest come first: one that is begun last would be waited
        // for.
        let mut articles: Vec<(usize, &Article, bool)> = Vec::new();
        for (index, (event, is_done)) in events.iter().enumerate() {
            if let Event::Entry(Entry::Article(article)) = event {
                articles.push((index, article, *is_done));
            }
        }
        articles.sort_by_key(|(_, article, _)| std::cmp::Reverse(article.text.len()));
        let search = self.duplicates.search();
        let read = self.classifier.map(&articles, |(_, article, is_done)| ReadEntry {
            signature: match search {
                DuplicateSearch::Off => None,
                _ => Signature::of(&article.text[article.body_start..]),
            },
            statements: if *is_done { Vec::new() } else { split(article) },
        });
        let mut in_order: Vec<ReadEntry> = events.iter().map(|_| ReadEntry::default()).collect();
        for ((index, ..), entry) in articles.into_iter().zip(read) {
            in_order[index] = entry;
        }
        in_order
    }

    /// The article that an event's article repeats.
    fn original(&mut self, event: &Event, signature: Option<Signature>) -> Option<String> {
        match event {
            Event::Entry(Entry::Article(article)) => self.duplicates.original(signature?, &article.id),
            _ => None,
        }
    }
}

/// Reads the statements of blocks that wait together, all at once, as the classifier does.
pub(super) fn tokenize(
    mut blocks: Vec<Prepared>,
    classifier: &Classifier,
) -> Result<Vec<Prepared>, ClassifyError> {
    let of_block = |block: &Prepared| {
        block
            .events
            .iter()
            .flatten()
            .flat_map(PreparedEntry::texts)
            .count()
    };
    let counts: Vec<usize> = blocks.iter().map(of_block).collect();
    let entries = blocks.iter().flat_map(|block| block.events.iter().flatten());
    let texts: Vec<&str> = entries.flat_map(PreparedEntry::texts).collect();
    let mut texts = Texts::read(&texts, classifier)?;
    for (block, count) in blocks.iter_mut().zip(counts) {
        block.texts = texts.take(count);
    }
    Ok(blocks)
}

/// What a worker thread makes of an event.
#[derive(Default)]
struct ReadEntry {
    signature: Option<Signature>,
    statements: Vec<(Statement, Attribution)>,
}

fn prepared_entry(
    event: Event,
    statements: Vec<(Statement, Attribution)>,
    duplicate_of: Option<String>,
) -> Result<PreparedEntry, Event> {
    match event {
        Event::Entry(Entry::Article(article)) => Ok(PreparedEntry::Article {
            source: Source {
                duplicate_of,
                ..Source::of(&article)
            },
            encoding: article.encoding,
            statements,
        }),
        Event::Entry(Entry::Statement(listed)) => Ok(PreparedEntry::Statement(listed)),
        other => Err(other),
    }
}

/// Classifies prepared blocks, one after another.
pub(super) struct Stage<'a> {
    classifier: &'a Classifier,
    predictions: Predictions,
    min_confidence: f64,
}

impl<'a> Stage<'a> {
    pub(super) fn new(classifier: &'a Classifier, min_confidence: f64) -> Self {
        Self {
            classifier,
            predictions: Predictions::default(),
            min_confidence,
        }
    }

    pub(super) fn classify(&mut self, block: Prepared) -> Result<Classified, ClassifyError> {
        let predictions = self.predictions.of(block.texts, self.classifier)?;
        let mut predictions = predictions.into_iter();
        let mut next = || predictions.next().expect("there is one for each text");
        let events = block.events.into_iter().map(|event| match event {
            Ok(entry) => entry.with_predictions(&mut next, self.min_confidence),
            Err(Event::Rejected(rejected)) => Done::Rejected(rejected),
            Err(Event::InputDone(input)) => Done::Input(input),
            Err(Event::RepeatedId(id)) => Done::RepeatedId(id),
            Err(Event::NoSuchField(field)) => Done::NoSuchField(field),
            Err(Event::Entry(_)) => unreachable!("entries were prepared"),
        });
        Ok(Classified {
            blocks: block.number + 1,
            digest: block.digest,
            position: block.position,
            events: events.collect(),
            network_seconds: self.classifier.seconds_in_network(),
            is_done: block.is_done,
        })
    }
}

fn split(article: &Article) -> Vec<(Statement, Attribution)> {
    let statements = statement::split(article);
    let attributions = attribute(article, &statements);
    statements.into_iter().zip(attributions).collect()
}

impl PreparedEntry {
    fn texts(&self) -> impl Iterator<Item = &str> {
        let (statements, listed) = match self {
            Self::Article { statements, .. } => (statements.as_slice(), None),
            Self::Statement(listed) => (&[][..], Some(listed.text.as_str())),
        };
        let texts = statements.iter().map(|(statement, _)| statement.text.as_str());
        texts.chain(listed)
    }

    /// The records of its statements, which take the next predictions in order, and their stances where those are as
    /// sure as `min_confidence`.
    fn with_predictions(self, next: &mut impl FnMut() -> Prediction, min_confidence: f64) -> Done {
        match self {
            Self::Article {
                source,
                encoding,
                statements,
            } => {
                let source = Arc::new(source);
                let numbered = statements.into_iter().enumerate();
                let records = numbered.map(|(number, (statement, attribution))| {
                    let prediction = next();
                    Record {
                        source: Arc::clone(&source),
                        statement: number,
                        start: statement.start,
                        end: statement.end,
                        text: statement.text,
                        attribution: Some(attribution),
                        prediction,
                        stance: prediction.stance_from(min_confidence),
                        carried: serde_json::Map::new(),
                    }
                });
                let records = records.collect();
                Done::Article(DoneArticle {
                    source,
                    encoding,
                    records,
                })
            }
            Self::Statement(listed) => {
                let prediction = next();
                Done::Statement(Record {
                    source: Arc::new(listed.source),
                    statement: listed.number,
                    start: 0,
                    end: listed.text.chars().count(),
                    text: listed.text,
                    attribution: None,
                    prediction,
                    stance: prediction.stance_from(min_confidence),
                    carried: listed.carried,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
