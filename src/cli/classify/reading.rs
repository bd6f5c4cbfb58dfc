//! Options of how inputs are read, and the description of a run.

use clap::Args;
use serde_json::{json, Map, Value};

use super::Arguments;
use crate::article::{ArticleFormat, FieldNames, ReadOptions};
use crate::classifier::{Classifier, LongStatements};
use crate::cli::CommandError;
use crate::corpus::{Description, DuplicateSearch};
use crate::output::OutputFormat;

/// How inputs are read.
#[derive(Args)]
#[command(next_help_heading = "Input")]
pub(super) struct ReadingOptions {
    /// text, markdown, html, docx, jsonl, json, csv, tsv, parquet or warc [default: by each file's ending and
    /// beginning]
    #[arg(long, value_name = "FORMAT")]
    input_format: Option<ArticleFormat>,

    /// The field or column with the text [default: text, body, content …]
    #[arg(long, value_name = "NAME")]
    text_field: Option<String>,

    /// The one with the title [default: title, headline …]
    #[arg(long, value_name = "NAME")]
    title_field: Option<String>,

    /// The one with the date [default: date, published …]
    #[arg(long, value_name = "NAME")]
    date_field: Option<String>,

    /// The one with the outlet [default: outlet, source, domain …]
    #[arg(long, value_name = "NAME")]
    outlet_field: Option<String>,

    /// The one with the article's id [default: id, url …]
    #[arg(long, value_name = "NAME")]
    id_field: Option<String>,

    /// Mark articles that repeat an earlier one: near (nearly its words, too), exact or off
    #[arg(long, value_name = "SEARCH", default_value = "near")]
    pub(super) duplicates: DuplicateSearch,

    /// End the run at the first record that cannot be used
    #[arg(long)]
    pub(super) strict: bool,

    /// Reject an article larger than this: none is
    #[arg(long, value_name = "BYTES", default_value_t = ReadOptions::DEFAULT_MAX_ARTICLE_BYTES)]
    max_article_bytes: u64,
}

impl ReadingOptions {
    pub(super) fn read_options(&self, is_list: bool) -> ReadOptions {
        ReadOptions {
            format: self.input_format,
            fields: FieldNames {
                text: self.text_field.clone(),
                title: self.title_field.clone(),
                date: self.date_field.clone(),
                outlet: self.outlet_field.clone(),
                id: self.id_field.clone(),
            },
            max_article_bytes: self.max_article_bytes,
            is_list,
        }
    }
}

/// What a run is told by.
pub(super) fn description(
    arguments: &Arguments,
    format: OutputFormat,
    classifier: &Classifier,
) -> Result<Description, CommandError> {
    let reading = &arguments.reading;
    let options = json!({
        "inputs": arguments.inputs,
        "files_from": arguments.files_from,
        "statements": arguments.statements,
        "input_format": reading.input_format.map(|format| format.name()),
        "text_field": reading.text_field,
        "title_field": reading.title_field,
        "date_field": reading.date_field,
        "outlet_field": reading.outlet_field,
        "id_field": reading.id_field,
        "duplicates": reading.duplicates,
        "max_article_bytes": reading.max_article_bytes,
        "min_confidence": arguments.writing.min_confidence,
        "only_stances": arguments.writing.only_stances,
        "format": format,
        "device": classifier.device_identity(),
        "precision": classifier.precision().name(),
        "long": match classifier.long_statements() {
            // As before there was a choice: no word of it.
            LongStatements::Truncate => None,
            LongStatements::Window => Some("window"),
        },
        "summary": arguments.writing.summary,
        "rejects": arguments.writing.rejects,
    });
    let set = options.as_object().into_iter().flatten();
    let options: Map<String, Value> = set
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(Description {
        model: arguments.model.name(),
        model_sha256: arguments.model.sha256()?,
        device: classifier.device(),
        threads: classifier.threads(),
        options,
    })
}
