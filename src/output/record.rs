//! The record: one row per statement, the same in every format.

use std::sync::Arc;

use serde::ser::{SerializeMap, Serializer};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::attribution::{Attribution, Quote};
use crate::stance::{Prediction, Stance};

/// What a statement's article or list says of it all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The article's id: its path, or the id that its file gave.
    pub article: String,
    pub title: Option<String>,
    pub date: Option<String>,
    pub outlet: Option<String>,
    /// The article before it that this one repeats, wholly or nearly.
    pub duplicate_of: Option<String>,
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
    /// Who holds the view and how the holder's words stand; `None` where it was not looked for.
    pub attribution: Option<Attribution>,
    pub prediction: Prediction,
    /// The prediction's stance; `None` where the model abstained, being less sure than was asked for.
    pub stance: Option<Stance>,
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
    pub const FIELDS: [&'static str; 18] = [
        "article",
        "title",
        "date",
        "outlet",
        "duplicate_of",
        "statement",
        "start",
        "end",
        "text",
        "holder",
        "holder_confidence",
        "quote",
        "stance",
        "p_pro_intervention",
        "p_anti_intervention",
        "p_cooperative",
        "p_none",
        "truncated",
    ];

    /// Who holds the view; `None` for narration, for a voice without a name, and where it was not looked for.
    pub fn holder(&self) -> Option<&str> {
        self.attribution.as_ref()?.holder.as_deref()
    }

    /// How the holder's words stand; `None` where it was not looked for.
    pub fn quote(&self) -> Option<Quote> {
        Some(self.attribution.as_ref()?.quote)
    }

    /// The values of [`Record::FIELDS`], in order.
    pub(super) fn values(&self) -> [Field<'_>; 18] {
        let attribution = self.attribution.as_ref();
        let [pro, anti, cooperative, none] =
            Stance::ALL.map(|stance| Field::Probability(self.prediction.probabilities.of(stance)));
        [
            Field::Text(&self.source.article),
            text_or_null(&self.source.title),
            text_or_null(&self.source.date),
            text_or_null(&self.source.outlet),
            text_or_null(&self.source.duplicate_of),
            Field::Count(self.statement),
            Field::Count(self.start),
            Field::Count(self.end),
            Field::Text(&self.text),
            self.holder().map_or(Field::Null, Field::Text),
            attribution
                .and_then(|attribution| attribution.holder_confidence)
                .map_or(Field::Null, Field::Probability),
            self.quote()
                .map_or(Field::Null, |quote| Field::Text(quote.name())),
            self.stance
                .map_or(Field::Null, |stance| Field::Text(stance.name())),
            pro,
            anti,
            cooperative,
            none,
            Field::Flag(self.prediction.truncated),
        ]
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
