//! What a corpus consists of: articles, or statements that somebody has listed.

use serde_json::{Map, Value};

use crate::article::{Article, FieldNames, Item, Rejected};
use crate::output::{Record, Source};
use crate::statement::listed::ListedStatement;
use crate::table::text_of;

/// One thing to classify.
#[derive(Debug)]
pub(super) enum Entry {
    Article(Article),
    Statement(Listed),
}

/// A statement of a list, where it is from, and what is carried along.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) source: Source,
    /// Its line in the list, from 0: rejected lines do not shift it, and results can be joined by it.
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) carried: Map<String, Value>,
}

/// The statements of an item: the one in a row, or the lines of a document that are not blank.
pub(super) fn statements(item: Item, fields: &FieldNames) -> Vec<Result<Entry, Rejected>> {
    match item {
        Item::Row { place, row } => {
            let field = fields.text_field(&row);
            let statement = ListedStatement::from_row(row, &field);
            vec![match statement {
                Ok(statement) => Ok(Entry::Statement(Listed::new(statement, &place))),
                Err(row) => Err(Rejected::row(&place, row)),
            }]
        }
        Item::Document(article) => {
            let source = Source::of(&article);
            let lines = article.text.lines().enumerate();
            let statements = lines
                .filter(|(_, line)| !line.trim().is_empty())
                .map(|(number, line)| {
                    Ok(Entry::Statement(Listed {
                        source: source.clone(),
                        number,
                        text: line.trim().to_owned(),
                        carried: Map::new(),
                    }))
                });
            statements.collect()
        }
    }
}

impl Source {
    pub(super) fn of(article: &Article) -> Self {
        Self {
            article: article.id.clone(),
            title: article.title.clone(),
            date: article.date.clone(),
            outlet: article.outlet.clone(),
            duplicate_of: None,
        }
    }
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
            number: usize::try_from(statement.number.saturating_sub(1)).unwrap_or(usize::MAX),
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
