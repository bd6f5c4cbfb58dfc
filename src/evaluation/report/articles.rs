//! The report of annotated articles, for people and for programs.

use std::fmt;

use serde_json::{json, Map, Value};

use super::text::{shown, write_statement};
use crate::attribution::Quote;
use crate::evaluation::{ArticleEvaluation, ArticleFigure, ReadSentence};
use crate::output::{counted, printable};

/// An evaluation of annotated articles.
#[derive(Clone, Debug)]
pub struct ArticlesReport {
    /// The folder they are in.
    pub folder: String,
    /// What the articles are called, by number.
    pub names: Vec<String>,
    pub evaluation: ArticleEvaluation,
    /// Lines of annotations that could not be used.
    pub rejected: usize,
    /// How many errors to show.
    pub errors: usize,
    /// What read them, and how intervals were made.
    pub made_by: String,
}

impl fmt::Display for ArticlesReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let evaluation = &self.evaluation;
        writeln!(
            out,
            "{}: {} in {}, read as {}{}\n",
            self.folder,
            counted(evaluation.sentences.len(), "annotated sentence"),
            counted(evaluation.articles, "article"),
            counted(evaluation.statements, "statement"),
            match self.rejected {
                0 => String::new(),
                rejected => format!(" ({} rejected)", counted(rejected, "line")),
            }
        )?;
        for (figure, count, estimate) in &evaluation.figures {
            writeln!(out, "{:26} {:22} of {count}", figure.title(), shown(estimate))?;
        }
        writeln!(out, "\n            read as")?;
        let head: String = Quote::ALL
            .iter()
            .map(|quote| format!("{:>10}", quote.name()))
            .collect();
        writeln!(out, "{:12}{head}", "quote")?;
        for (quote, row) in Quote::ALL.iter().zip(evaluation.quotes) {
            let cells: String = row.iter().map(|count| format!("{count:>10}")).collect();
            writeln!(out, "{:12}{cells}", quote.name())?;
        }
        let wrong: Vec<&ReadSentence> = evaluation
            .sentences
            .iter()
            .filter(|sentence| is_wrong(sentence))
            .collect();
        if self.errors > 0 && !wrong.is_empty() {
            let shown = wrong.len().min(self.errors);
            writeln!(out, "\nHolder or quote type wrong ({shown} of {}):", wrong.len())?;
            for sentence in wrong.into_iter().take(self.errors) {
                self.write_wrong(out, sentence)?;
            }
        }
        writeln!(
            out,
            "\nBrackets: 95% intervals, by resampling articles where there are ten; Wilson's where resamples show no spread.\n{}",
            self.made_by
        )
    }
}

fn is_wrong(sentence: &ReadSentence) -> bool {
    let quote_is_right = sentence
        .found
        .as_ref()
        .is_some_and(|found| found.quote == sentence.gold.quote);
    !quote_is_right || !sentence.holder_is_right()
}

impl ArticlesReport {
    fn write_wrong(&self, out: &mut fmt::Formatter<'_>, sentence: &ReadSentence) -> fmt::Result {
        let side = |quote: Quote, holder: Option<&str>| {
            format!(
                "{} ({})",
                holder.map_or("nobody".to_owned(), printable),
                quote.name()
            )
        };
        let gold = side(
            sentence.gold.quote,
            sentence.gold.holders.first().map(String::as_str),
        );
        let found = match &sentence.found {
            Some(found) => side(found.quote, found.holder.as_deref()),
            None => "not read".to_owned(),
        };
        let name = self.names.get(sentence.article).map(String::as_str);
        write_statement(out, &format!("{found} for {gold}"), name, &sentence.gold.text)
    }

    /// The evaluation as a JSON object: `docs/attribution.md` lists its fields.
    pub fn to_json(&self) -> Value {
        let evaluation = &self.evaluation;
        let mut object = Map::new();
        object.insert("articles".to_owned(), json!(self.folder));
        object.insert("article_count".to_owned(), json!(evaluation.articles));
        object.insert("sentences".to_owned(), json!(evaluation.sentences.len()));
        object.insert("statements".to_owned(), json!(evaluation.statements));
        object.insert("rejected_lines".to_owned(), json!(self.rejected));
        object.insert("made_by".to_owned(), json!(self.made_by));
        let by_figure =
            |value: &dyn Fn(&(ArticleFigure, usize, crate::evaluation::Estimate)) -> Value| -> Value {
                let entries = evaluation
                    .figures
                    .iter()
                    .map(|figure| (figure.0.name().to_owned(), value(figure)));
                entries.collect::<Map<_, _>>().into()
            };
        object.insert(
            "figures".to_owned(),
            by_figure(&|(_, _, estimate)| json!(estimate.value)),
        );
        object.insert(
            "intervals".to_owned(),
            by_figure(&|(_, _, estimate)| json!(estimate.interval)),
        );
        object.insert("counts".to_owned(), by_figure(&|(_, count, _)| json!(count)));
        let quotes: Map<String, Value> = Quote::ALL
            .iter()
            .zip(evaluation.quotes)
            .map(|(gold, row)| {
                let cells: Map<String, Value> = Quote::ALL
                    .iter()
                    .zip(row)
                    .map(|(quote, count)| (quote.name().to_owned(), json!(count)))
                    .collect();
                (gold.name().to_owned(), cells.into())
            })
            .collect();
        object.insert("quotes_gold_by_read".to_owned(), quotes.into());
        object.into()
    }
}
