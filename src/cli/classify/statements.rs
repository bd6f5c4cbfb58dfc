//! `--statements`: lists of statements instead of articles.

use std::io::BufReader;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::pending::{Pending, PendingRecord};
use super::Tally;
use crate::article::Input;
use crate::cli::{tell, CommandError};
use crate::output::{Record, Source};
use crate::statement::listed::{self, ListedStatement, StatementList};
use crate::statement::Statement;
use crate::table::{text_of, TableError};

/// A statement of a list, where it is from, and what is carried along.
pub(super) struct Listed {
    source: Source,
    /// Its line in the list, from 0: rejected lines do not shift it, and results can be joined by it.
    line: usize,
    text: String,
    carried: Map<String, Value>,
}

/// The statements of every list, in order; what cannot be read is told of and counted.
pub(super) fn read(inputs: &[Input], tally: &mut Tally) -> Vec<Listed> {
    let mut statements = Vec::new();
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
                if list.windows_1252 > 0 {
                    tally.windows_1252 += 1;
                    tell(&format_args!(
                        "{name}: {} lines are not UTF-8; read as Windows-1252",
                        list.windows_1252
                    ));
                }
                let listed = list.statements.into_iter();
                statements.extend(listed.map(|statement| Listed::new(statement, &name)));
            }
            Err(error) => tally.reject(&error),
        }
    }
    statements
}

fn read_one(input: &Input) -> Result<StatementList, TableError> {
    match input {
        Input::File(path) => listed::read_file(path),
        Input::Stdin => listed::read(BufReader::new(std::io::stdin().lock()), None, &input.id()),
    }
}

/// The names of all fields that records will carry, in order of first appearance.
pub(super) fn carried_fields(statements: &[Listed]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for name in statements.iter().flat_map(|statement| statement.carried.keys()) {
        if seen.insert(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Sends every statement on its way to the model.
pub(super) fn classify(statements: Vec<Listed>, pending: &mut Pending<'_>) -> Result<(), CommandError> {
    for listed in statements {
        pending.push(PendingRecord {
            source: Arc::new(listed.source),
            number: listed.line,
            statement: Statement {
                start: 0,
                end: listed.text.chars().count(),
                text: listed.text,
                paragraph: 0,
            },
            attribution: None,
            carried: listed.carried,
        })?;
    }
    Ok(())
}

impl Listed {
    fn new(statement: ListedStatement, list: &str) -> Self {
        let mut source = Source {
            article: list.to_owned(),
            ..Source::default()
        };
        let mut carried = Map::new();
        let taken: Vec<String> = statement.fields.keys().cloned().collect();
        for (field, value) in statement.fields {
            match field.as_str() {
                "article" => source.article = text_of(&value).unwrap_or(source.article),
                "title" => source.title = text_of(&value),
                "date" => source.date = text_of(&value),
                "outlet" => source.outlet = text_of(&value),
                _ => {
                    carried.insert(carried_name(field, &taken), value);
                }
            }
        }
        Self {
            source,
            line: statement.number.saturating_sub(1) as usize,
            text: statement.text,
            carried,
        }
    }
}

/// A field whose name the record uses for something else is carried under another, which no
/// other field of the input has.
fn carried_name(field: String, taken: &[String]) -> String {
    if !Record::FIELDS.contains(&field.as_str()) {
        return field;
    }
    let mut name = format!("input_{field}");
    while taken.contains(&name) {
        name.insert_str(0, "input_");
    }
    name
}
