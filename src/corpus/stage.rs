//! Blocks of entries → records: split, attributed, told from duplicates, classified.

use std::sync::Arc;

use super::duplicates::{Duplicates, Signature};
use super::entry::{Entry, Listed};
use super::feed::{Block, Event};
use super::predictions::Predictions;
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

/// Classifies blocks, one after another.
pub(super) struct Stage<'a> {
    classifier: &'a Classifier,
    duplicates: Duplicates,
    predictions: Predictions,
    min_confidence: f64,
}

/// An entry that lacks its predictions.
enum Prepared {
    Article {
        source: Source,
        encoding: Encoding,
        statements: Vec<(Statement, Attribution)>,
    },
    Statement(Listed),
}

impl<'a> Stage<'a> {
    pub(super) fn new(classifier: &'a Classifier, search: DuplicateSearch, min_confidence: f64) -> Self {
        Self {
            classifier,
            duplicates: Duplicates::new(search),
            predictions: Predictions::default(),
            min_confidence,
        }
    }

    pub(super) fn classify(&mut self, block: Block) -> Result<Classified, ClassifyError> {
        let signatures = self.signatures(&block.events);
        let originals: Vec<Option<String>> = block
            .events
            .iter()
            .zip(signatures)
            .map(|(event, signature)| match event {
                Event::Entry(Entry::Article(article)) => self.duplicates.original(signature?, &article.id),
                _ => None,
            })
            .collect();
        let mut events = Vec::new();
        // Of what an earlier run has written, only the duplicates that come later need to know.
        if !block.is_done {
            events = self.records(block.events, originals)?;
        }
        Ok(Classified {
            blocks: block.number + 1,
            digest: block.digest,
            position: block.position,
            network_seconds: self.classifier.seconds_in_network(),
            events,
            is_done: block.is_done,
        })
    }

    fn signatures(&self, events: &[Event]) -> Vec<Option<Signature>> {
        if self.duplicates.search() == DuplicateSearch::Off {
            return vec![None; events.len()];
        }
        self.classifier.map(events, |event| match event {
            Event::Entry(Entry::Article(article)) => Signature::of(&article.text[article.body_start..]),
            _ => None,
        })
    }

    fn records(
        &mut self,
        events: Vec<Event>,
        originals: Vec<Option<String>>,
    ) -> Result<Vec<Done>, ClassifyError> {
        let split = self.classifier.map(&events, |event| match event {
            Event::Entry(Entry::Article(article)) => Some(split(article)),
            _ => None,
        });
        let prepared: Vec<Result<Prepared, Event>> = events
            .into_iter()
            .zip(split)
            .zip(originals)
            .map(|((event, split), duplicate_of)| match event {
                Event::Entry(Entry::Article(article)) => Ok(Prepared::Article {
                    source: Source {
                        duplicate_of,
                        ..Source::of(&article)
                    },
                    encoding: article.encoding,
                    statements: split.unwrap_or_default(),
                }),
                Event::Entry(Entry::Statement(listed)) => Ok(Prepared::Statement(listed)),
                other => Err(other),
            })
            .collect();
        let texts: Vec<&str> = prepared.iter().flatten().flat_map(Prepared::texts).collect();
        let predictions = self.predictions.of(&texts, self.classifier)?;
        let mut predictions = predictions.into_iter();
        let mut next = || predictions.next().expect("there is one for each text");
        let done = prepared.into_iter().map(|prepared| match prepared {
            Ok(prepared) => prepared.with_predictions(&mut next, self.min_confidence),
            Err(Event::Rejected(rejected)) => Done::Rejected(rejected),
            Err(Event::InputDone(input)) => Done::Input(input),
            Err(Event::RepeatedId(id)) => Done::RepeatedId(id),
            Err(Event::NoSuchField(field)) => Done::NoSuchField(field),
            Err(Event::Entry(_)) => unreachable!("entries were prepared"),
        });
        Ok(done.collect())
    }
}

fn split(article: &Article) -> Vec<(Statement, Attribution)> {
    let statements = statement::split(article);
    let attributions = attribute(article, &statements);
    statements.into_iter().zip(attributions).collect()
}

impl Prepared {
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
