//! A summary as programs read it, group by group: there may be very many.

use std::io::Write;

use serde::{Serialize, Serializer};
use serde_json::{json, Map, Value};

use super::SummaryReport;
use crate::evaluation::report::{estimate_cells, estimate_json};
use crate::output::{write_csv, OutputError};
use crate::summary::{AmbiguousSurname, GroupSummary, JoinedSurname, StanceCount, Unit, Voice, VoiceSummary};

/// What follows the values of the group in a row of CSV.
const CSV_COLUMNS: [&str; 10] = [
    "voice",
    "stance",
    "statements",
    "articles",
    "abstained",
    "count",
    "share",
    "low",
    "high",
    "interval_by",
];

impl SummaryReport {
    /// Writes the summary as CSV: a row for each group (an empty `by` is the whole), each voice that says something in
    /// it, and each stance.
    ///
    /// # Errors
    /// The stream's.
    pub fn write_csv(&self, stream: impl Write) -> Result<(), OutputError> {
        let mut header = vec!["by", "part"];
        if self.by.len() > 1 {
            header.extend(["by_2", "part_2"]);
        }
        header.extend(CSV_COLUMNS);
        let rows = self.all().flat_map(|group| {
            let parts = self.parts_of(group);
            group.voices().flat_map(move |(voice, summary)| {
                let parts = parts.clone();
                let row = move |stance| csv_row(&parts, voice, summary, stance);
                summary.stances.iter().map(row)
            })
        });
        write_csv(stream, &header, rows)
    }

    /// Each field and the group's value, as cells.
    fn parts_of(&self, group: &GroupSummary) -> Vec<String> {
        let part = |(index, field): (usize, &String)| match group.values.get(index) {
            Some(value) => [field.clone(), value.as_deref().unwrap_or_default().to_owned()],
            None => [String::new(), String::new()],
        };
        match self.by.is_empty() {
            true => vec![String::new(); 2],
            false => self.by.iter().enumerate().flat_map(part).collect(),
        }
    }
}

fn csv_row(parts: &[String], voice: Voice, summary: &VoiceSummary, stance: &StanceCount) -> Vec<String> {
    let mut row = parts.to_vec();
    row.extend([
        voice.name().to_owned(),
        stance.stance.to_string(),
        summary.statements.to_string(),
        summary.articles.to_string(),
        summary.abstained.to_string(),
        stance.count.to_string(),
    ]);
    // Without statements there are no shares.
    row.extend(estimate_cells((summary.statements > 0).then_some(&stance.share)));
    row.push(summary.unit.name().to_owned());
    row
}

/// As JSON, written while it is made.
impl Serialize for SummaryReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let summary = &self.summary;
        Written {
            demarche: env!("CARGO_PKG_VERSION"),
            predictions: self
                .predictions
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            by: &self.by,
            all: Group(&summary.whole),
            groups: Groups(&summary.groups),
            groups_left_out: summary.left_out.groups,
            statements_left_out: summary.left_out.statements,
            abstained: summary.abstained(),
            joined_surnames: summary.surnames.joined.iter().map(joined_json).collect(),
            ambiguous_surnames: summary.surnames.ambiguous.iter().map(ambiguous_json).collect(),
            unmatched_aliases: summary.unmatched_aliases,
            rejected_lines: summary.rejected.len(),
            unreadable_files: summary.unreadable.len(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Written<'a> {
    demarche: &'static str,
    predictions: Vec<String>,
    by: &'a [String],
    all: Group<'a>,
    groups: Groups<'a>,
    groups_left_out: usize,
    statements_left_out: u64,
    abstained: u64,
    joined_surnames: Vec<Value>,
    ambiguous_surnames: Vec<Value>,
    unmatched_aliases: usize,
    rejected_lines: usize,
    unreadable_files: usize,
}

struct Groups<'a>(&'a [GroupSummary]);

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Group))
    }
}

struct Group<'a>(&'a GroupSummary);

impl Serialize for Group<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values: Vec<Option<&str>> = self.0.values.iter().map(Option::as_deref).collect();
        let voices: Map<String, Value> = Voice::ALL
            .into_iter()
            .map(|voice| {
                (
                    voice.name().to_owned(),
                    json!(self.0.voice(voice).map(voice_json)),
                )
            })
            .collect();
        json!({"values": values, "voices": voices}).serialize(serializer)
    }
}

fn voice_json(voice: &VoiceSummary) -> Value {
    let stances: Map<String, Value> = voice
        .stances
        .iter()
        .map(|found| {
            let mut value = estimate_json(&found.share);
            value["count"] = found.count.into();
            (found.stance.name().to_owned(), value)
        })
        .collect();
    json!({
        "statements": voice.statements,
        "articles": voice.articles,
        "abstained": voice.abstained,
        "interval_by": voice.unit.name(),
        "few_articles": voice.unit == Unit::StatementOfFewArticles,
        "stances": stances,
    })
}

fn joined_json(joined: &JoinedSurname) -> Value {
    json!({"outlet": joined.outlet, "surname": joined.surname, "holder": joined.holder})
}

fn ambiguous_json(ambiguous: &AmbiguousSurname) -> Value {
    json!({"outlet": ambiguous.outlet, "surname": ambiguous.surname, "holders": ambiguous.holders})
}
