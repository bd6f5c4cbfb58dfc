//! `--statements`: lists of statements instead of articles.

use std::io::{BufRead, BufReader};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::pending::{Pending, PendingRecord};
use super::Tally;
use crate::article::Input;
use crate::cli::CommandError;
use crate::output::{Record, Source};
use crate::statement::listed::{self, ListError, ListFormat, ListedStatement, StatementList};
use crate::statement::Statement;

/// The statements of one input, ready for records.
pub(super) struct List {
    name: String,
    statements: Vec<ListedStatement>,
}

/// Reads every list; what cannot be read is told of and counted.
pub(super) fn read(inputs: &[Input], tally: &mut Tally) -> Vec<List> {
    let mut lists = Vec::new();
    for input in inputs {
        let name = input.id();
        match read_one(input) {
            Ok(list) => {
                for line in &list.rejected {
                    tally.reject(&format_args!("{name}: line {}: {}", line.number, line.reason));
                }
                if list.statements.is_empty() {
                    tally.reject(&format_args!("{name}: no statements in it"));
                    continue;
                }
                tally.sources += 1;
                lists.push(List {
                    name,
                    statements: list.statements,
                });
            }
            Err(error) => tally.reject(&error),
        }
    }
    lists
}

fn read_one(input: &Input) -> Result<StatementList, ListError> {
    match input {
        Input::File(path) => listed::read_file(path),
        Input::Stdin => {
            let mut stream = BufReader::new(std::io::stdin().lock());
            let name = input.id();
            let beginning = stream.fill_buf().map_err(|source| ListError::Unreadable {
                path: name.clone(),
                source,
            })?;
            let format = ListFormat::sniff(beginning);
            listed::read(stream, format, &name)
        }
    }
}

/// The names of all fields that records will carry, in order of first appearance.
pub(super) fn carried_fields(lists: &[List]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let fields = lists
        .iter()
        .flat_map(|list| &list.statements)
        .flat_map(|statement| statement.fields.keys());
    for field in fields.filter(|field| !SOURCE_FIELDS.contains(&field.as_str())) {
        let name = carried_name(field);
        if seen.insert(name.clone()) {
            names.push(name);
        }
    }
    names
}

/// Fields that say where a statement is from: they become the record's own.
const SOURCE_FIELDS: [&str; 4] = ["article", "title", "date", "outlet"];

/// A field whose name the record uses for something else is carried under another.
fn carried_name(field: &str) -> String {
    if Record::FIELDS.contains(&field) {
        format!("input_{field}")
    } else {
        field.to_owned()
    }
}

/// Sends every statement on its way to the model.
pub(super) fn classify(lists: Vec<List>, pending: &mut Pending<'_>) -> Result<(), CommandError> {
    for list in lists {
        let mut source = Arc::new(Source {
            article: list.name.clone(),
            ..Source::default()
        });
        for (number, listed) in list.statements.into_iter().enumerate() {
            let (own, carried) = part_fields(listed.fields, &list.name);
            if own != *source {
                source = Arc::new(own);
            }
            pending.push(PendingRecord {
                source: Arc::clone(&source),
                number,
                statement: Statement {
                    start: 0,
                    end: listed.text.chars().count(),
                    text: listed.text,
                },
                carried,
            })?;
        }
    }
    Ok(())
}

/// Parts a statement's fields into where it is from and what is carried along.
fn part_fields(fields: Map<String, Value>, list: &str) -> (Source, Map<String, Value>) {
    let mut own = [const { None }; SOURCE_FIELDS.len()];
    let mut carried = Map::new();
    for (field, value) in fields {
        match SOURCE_FIELDS.iter().position(|&name| name == field) {
            Some(place) => own[place] = as_text(value),
            None => {
                carried.insert(carried_name(&field), value);
            }
        }
    }
    let [article, title, date, outlet] = own;
    let source = Source {
        article: article.unwrap_or_else(|| list.to_owned()),
        title,
        date,
        outlet,
    };
    (source, carried)
}

fn as_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
