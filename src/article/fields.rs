//! Rows of tables → articles: which field is the text, which the title.

use serde_json::Value;

use super::documents::html::{self, Fragment};
use super::{Article, Encoding};
use crate::table::{text_of, RejectedRow, Row};

/// The names of the fields that an article's parts stand in; the usual ones where none is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldNames {
    pub text: Option<String>,
    pub title: Option<String>,
    pub date: Option<String>,
    pub outlet: Option<String>,
    pub id: Option<String>,
}

/// Usual names, the likeliest first; they are matched without regard to case.
const TEXTS: [&str; 8] = [
    "text",
    "body",
    "content",
    "maintext",
    "full_text",
    "fulltext",
    "article_text",
    "articlebody",
];
const TITLES: [&str; 3] = ["title", "headline", "title_text"];
const DATES: [&str; 8] = [
    "date",
    "published",
    "published_at",
    "publishedat",
    "date_publish",
    "publication_date",
    "pubdate",
    "datepublished",
];
const OUTLETS: [&str; 7] = [
    "outlet",
    "source",
    "domain",
    "source_domain",
    "publication",
    "publisher",
    "newspaper",
];
const IDS: [&str; 5] = ["id", "article_id", "url", "link", "uri"];

/// What a record of Demarche's own output has, and no article.
const OWN_FIELDS: [&str; 2] = ["stance", "p_none"];

impl FieldNames {
    /// The columns one of which a table of articles must have.
    pub(super) fn text_columns(&self) -> Vec<&str> {
        match &self.text {
            Some(name) => vec![name],
            None => TEXTS.to_vec(),
        }
    }

    /// The names that the user has given, those of the text aside: without that, nothing can be read anyway.
    pub(crate) fn given(&self) -> Vec<String> {
        let names = [&self.title, &self.date, &self.outlet, &self.id];
        names.into_iter().flatten().cloned().collect()
    }

    /// True where a row has a field of this name, whatever its case.
    pub(crate) fn has(row: &Row, name: &str) -> bool {
        row.fields.keys().any(|field| field.eq_ignore_ascii_case(name))
    }

    /// The field that a row's text stands in; the likeliest name where it has none.
    pub(crate) fn text_field(&self, row: &Row) -> String {
        match find(row, &self.text, &TEXTS) {
            Some((field, _)) => field.to_owned(),
            None => self.text.clone().unwrap_or_else(|| TEXTS[0].to_owned()),
        }
    }

    /// Makes an article of a row of the file `place`.
    ///
    /// # Errors
    /// The row rejected, where it has no text.
    pub(super) fn article(&self, place: &str, row: &Row) -> Result<Article, RejectedRow> {
        let (field, value) = find(row, &self.text, &TEXTS).ok_or_else(|| row.rejected(self.no_text(row)))?;
        if OWN_FIELDS.iter().all(|field| row.fields.contains_key(*field)) {
            return Err(row.rejected("is a statement that Demarche has classified, not an article"));
        }
        let text = match value {
            Value::String(text) if !text.trim().is_empty() => text,
            Value::String(_) | Value::Null => return Err(row.rejected(format!("`{field}` is empty"))),
            _ => return Err(row.rejected(format!("`{field}` is not a string"))),
        };
        let text = match html::text_of_fragment(text) {
            Fragment::Plain => text.clone(),
            Fragment::Text(text) => text,
            Fragment::Nothing => return Err(row.rejected(format!("`{field}` holds markup without text"))),
        };
        let part = |given, usual: &[&str]| find(row, given, usual).and_then(|(_, value)| part_of(value));
        Ok(Article {
            id: part(&self.id, &IDS).unwrap_or_else(|| format!("{place}#{}", row.number)),
            title: part(&self.title, &TITLES).map(|title| title.trim().to_owned()),
            date: part(&self.date, &DATES),
            outlet: part(&self.outlet, &OUTLETS),
            text,
            body_start: 0,
            encoding: Encoding::Utf8,
        })
    }

    fn no_text(&self, row: &Row) -> String {
        let found: Vec<&str> = row.fields.keys().map(String::as_str).collect();
        let found = found.join(", ");
        match &self.text {
            Some(name) => format!("no field `{name}`; there are {found}"),
            None => {
                format!("no field `text`, `body` or `content`; there are {found}. Name it with --text-field")
            }
        }
    }
}

/// The field that was given, or else the first of the usual ones.
fn find<'a>(row: &'a Row, given: &Option<String>, usual: &[&str]) -> Option<(&'a str, &'a Value)> {
    let named = |name: &str| {
        let exact = row.fields.get_key_value(name);
        exact.or_else(|| {
            row.fields
                .iter()
                .find(|(field, _)| field.eq_ignore_ascii_case(name))
        })
    };
    let found = match given {
        Some(name) => named(name),
        // An empty `text` beside a full `body` is not the text.
        None => {
            let there = || usual.iter().copied().filter_map(named);
            there()
                .find(|(_, value)| part_of(value).is_some())
                .or_else(|| there().next())
        }
    };
    found.map(|(field, value)| (field.as_str(), value))
}

/// A field as text. News services nest a source's name: `{"source": {"id": …, "name": …}}`.
fn part_of(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => ["name", "title", "id"]
            .into_iter()
            .find_map(|name| fields.get(name).and_then(text_of)),
        Value::Array(_) => None,
        value => text_of(value).filter(|text| !text.trim().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(fields: Value) -> Row {
        Row {
            number: 7,
            fields: fields.as_object().unwrap().clone(),
        }
    }

    #[test]
    fn usual_names_are_found_and_given_ones_come_first() {
        let usual = row(
            json!({"URL": "http://a.example/1", "Headline": "Envoys meet", "text": "", "Body": "They met.",
            "publishedAt": "2024-03-01", "source": {"id": null, "name": "Gazette"}}),
        );
        let article = FieldNames::default().article("a.jsonl", &usual).unwrap();
        assert_eq!(article.id, "http://a.example/1");
        assert_eq!(article.title.as_deref(), Some("Envoys meet"));
        assert_eq!(article.text, "They met.");
        assert_eq!(article.date.as_deref(), Some("2024-03-01"));
        assert_eq!(article.outlet.as_deref(), Some("Gazette"));

        let names = FieldNames {
            text: Some("lead".to_owned()),
            ..FieldNames::default()
        };
        let given = row(json!({"lead": "They left.", "text": "Other."}));
        let article = names.article("a.jsonl", &given).unwrap();
        assert_eq!(
            (article.id.as_str(), article.text.as_str()),
            ("a.jsonl#7", "They left.")
        );
        let error = names.article("a.jsonl", &usual).unwrap_err();
        assert!(
            error.reason.contains("no field `lead`; there are URL"),
            "{error:?}"
        );
    }

    #[test]
    fn rows_that_are_no_articles_say_why() {
        let reason = |fields| {
            FieldNames::default()
                .article("a", &row(fields))
                .unwrap_err()
                .reason
        };
        assert!(reason(json!({"id": 1})).contains("--text-field"));
        assert_eq!(reason(json!({"text": " "})), "`text` is empty");
        assert_eq!(reason(json!({"text": 5})), "`text` is not a string");
        assert!(
            reason(json!({"text": "They left.", "stance": "none", "p_none": 1.0})).contains("has classified")
        );
    }

    #[test]
    fn markup_in_a_field_is_taken_off() {
        let marked = row(json!({"content": "<p>They met &amp; left.</p><p>Nobody spoke.</p>"}));
        let article = FieldNames::default().article("a", &marked).unwrap();
        assert_eq!(article.text, "They met & left.\n\nNobody spoke.");
    }
}
