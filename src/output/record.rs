//! The record: one row per statement, the same in every format.

use std::sync::Arc;

use serde::ser::{SerializeMap, Serializer};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::stance::{Prediction, Stance};

/// How the holder's words stand in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    Direct,
    Indirect,
    Mixed,
    None,
}

/// What a statement's article or list says of it all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The article's id: its path, or the id that its file gave.
    pub article: String,
    pub title: Option<String>,
    pub date: Option<String>,
    pub outlet: Option<String>,
}

/// One statement and what the model says of it.
#[derive(Clone, Debug)]
pub struct Record {
    pub source: Arc<Source>,
    /// The statement's number in its article, from 0.
    pub statement: usize,
    /// Its place in the article's text, in Unicode characters, end exclusive.
    pub start: usize,
    /// See `start`.
    pub end: usize,
    pub text: String,
    /// Who holds the view; null for the author, for narration, and where it was not looked for.
    pub holder: Option<String>,
    /// How the holder's words stand; null where it was not looked for.
    pub quote: Option<Quote>,
    pub prediction: Prediction,
    /// Fields of the input that the output carries along, under names that the record lacks.
    pub carried: Map<String, Value>,
}

/// A field's value before it takes the form of a format.
pub(super) enum Field<'a> {
    Null,
    Text(&'a str),
    Count(usize),
    Flag(bool),
    Probability(f32),
}

impl Record {
    /// The names of the record's own fields, in order.
    pub const FIELDS: [&'static str; 16] = [
        "article",
        "title",
        "date",
        "outlet",
        "statement",
        "start",
        "end",
        "text",
        "holder",
        "quote",
        "stance",
        "p_pro_intervention",
        "p_anti_intervention",
        "p_cooperative",
        "p_none",
        "truncated",
    ];

    /// The values of [`Record::FIELDS`], in order.
    pub(super) fn values(&self) -> [Field<'_>; 16] {
        let [pro, anti, cooperative, none] =
            Stance::ALL.map(|stance| Field::Probability(self.prediction.probabilities.of(stance)));
        [
            Field::Text(&self.source.article),
            text_or_null(&self.source.title),
            text_or_null(&self.source.date),
            text_or_null(&self.source.outlet),
            Field::Count(self.statement),
            Field::Count(self.start),
            Field::Count(self.end),
            Field::Text(&self.text),
            text_or_null(&self.holder),
            self.quote.map_or(Field::Null, |quote| Field::Text(quote.name())),
            Field::Text(self.prediction.stance.name()),
            pro,
            anti,
            cooperative,
            none,
            Field::Flag(self.prediction.truncated),
        ]
    }
}

impl Quote {
    /// The name used in every file.
    pub const fn name(self) -> &'static str {
        match self {
            Quote::Direct => "direct",
            Quote::Indirect => "indirect",
            Quote::Mixed => "mixed",
            Quote::None => "none",
        }
    }
}

fn text_or_null(text: &Option<String>) -> Field<'_> {
    text.as_deref().map_or(Field::Null, Field::Text)
}

/// Probabilities are written to a millionth: finer digits say nothing of a statement.
pub(super) fn rounded(probability: f32) -> f64 {
    (f64::from(probability) * 1e6).round() / 1e6
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in Self::FIELDS.into_iter().zip(self.values()) {
            match value {
                Field::Null => map.serialize_entry(name, &())?,
                Field::Text(text) => map.serialize_entry(name, text)?,
                Field::Count(count) => map.serialize_entry(name, &count)?,
                Field::Flag(flag) => map.serialize_entry(name, &flag)?,
                Field::Probability(probability) => map.serialize_entry(name, &rounded(probability))?,
            }
        }
        for (name, value) in &self.carried {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
