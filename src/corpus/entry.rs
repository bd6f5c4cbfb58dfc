//! What a corpus consists of: articles, or statements that somebody has listed.

use std::ops::ControlFlow;

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

impl Entry {
    /// Hands over every text that it holds.
    pub(super) fn each_part(&self, part: &mut dyn FnMut(&str)) {
        let optional = |texts: [&Option<String>; 3], part: &mut dyn FnMut(&str)| {
            texts
                .into_iter()
                .for_each(|text| part(text.as_deref().unwrap_or("")));
        };
        match self {
            Self::Article(article) => {
                part(&article.id);
                optional([&article.title, &article.date, &article.outlet], part);
                part(&article.text);
            }
            Self::Statement(listed) => {
                let source = &listed.source;
                part(&source.article);
                optional([&source.title, &source.date, &source.outlet], part);
                part(&listed.text);
                for (name, value) in &listed.carried {
                    part(name);
                    part(&value.to_string());
                }
            }
        }
    }
}

/// Hands over the statements of an item: the one in a row, or the lines of a document that are not blank.
pub(super) fn statements(
    item: Item,
    fields: &FieldNames,
    sink: &mut dyn FnMut(Result<Entry, Rejected>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    match item {
        Item::Row { place, row } => {
            let field = fields.text_field(&row);
            let statement = ListedStatement::from_row(row, &field);
            sink(match statement {
                Ok(statement) => Ok(Entry::Statement(Listed::new(statement, &place, fields))),
                Err(row) => Err(Rejected::row(&place, row)),
            })
        }
        Item::Document(article) => {
            let source = Source::of(&article);
            let lines = article.text.lines().enumerate();
            let mut lines = lines.filter(|(_, line)| !line.trim().is_empty());
            lines.try_for_each(|(number, line)| {
                sink(Ok(Entry::Statement(Listed {
                    source: source.clone(),
                    number,
                    text: line.trim().to_owned(),
                    carried: Map::new(),
                })))
            })
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
    fn new(statement: ListedStatement, list: &str, fields: &FieldNames) -> Self {
        let named = |given: &Option<String>, usual: &str| given.clone().unwrap_or_else(|| usual.to_owned());
        let article = named(&fields.id, "article");
        let title = named(&fields.title, "title");
        let date = named(&fields.date, "date");
        let outlet = named(&fields.outlet, "outlet");
        let mut source = Source {
            article: list.to_owned(),
            ..Source::default()
        };
        let mut carried = Map::new();
        let taken: Vec<String> = statement.fields.keys().cloned().collect();
        for (field, value) in statement.fields {
            match field.as_str() {
                name if name == article => source.article = text_of(&value).unwrap_or(source.article),
                name if name == title => source.title = text_of(&value),
                name if name == date => source.date = text_of(&value),
                name if name == outlet => source.outlet = text_of(&value),
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
