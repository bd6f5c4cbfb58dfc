//! `demarche evaluate --articles`: sentences, quotations and holders in annotated articles.

use std::path::Path;

use super::super::{tell, tell_rejected, CommandError, Completion};
use super::Arguments;
use crate::attribution::attribute;
use crate::classifier::Classifier;
use crate::evaluation::report::ArticlesReport;
use crate::evaluation::{annotations_in, AnnotatedArticle, ArticleEvaluation, ReadArticle};
use crate::statement;

pub(super) fn run(arguments: &Arguments, folder: &Path) -> Result<Completion, CommandError> {
    let annotations = annotations_in(folder)?;
    let inputs: Vec<&Path> = annotations.iter().map(std::path::PathBuf::as_path).collect();
    arguments.results.refuse_inputs(&inputs, None)?;
    let classifier = arguments.model.classifier()?;
    let bootstrap = arguments.bootstrap.bootstrap()?;
    let mut rejected = 0;
    let mut names = Vec::new();
    let mut articles = Vec::new();
    for path in &annotations {
        match AnnotatedArticle::read(path) {
            Ok(article) => {
                rejected += article.rejected.len();
                for line in &article.rejected {
                    tell_rejected(path, line);
                }
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                names.push(name.into_owned());
                let read = read(&article, &classifier)?;
                articles.push((article, read));
            }
            Err(error) => {
                rejected += 1;
                tell(&error);
            }
        }
    }
    if articles.is_empty() {
        return Err(CommandError::NoFixture);
    }
    let report = ArticlesReport {
        folder: folder.display().to_string(),
        names,
        evaluation: ArticleEvaluation::of(&articles, &bootstrap),
        rejected,
        errors: arguments.errors,
        made_by: format!(
            "demarche {}, stances by {}; {} resamples from seed {}",
            env!("CARGO_PKG_VERSION"),
            arguments.model.description(&classifier),
            bootstrap.replicates(),
            bootstrap.seed()
        ),
    };
    arguments.results.write(&report, &report.to_json())?;
    Ok(Completion::after(rejected))
}

/// Reads an article as `demarche classify` does.
fn read(annotated: &AnnotatedArticle, classifier: &Classifier) -> Result<ReadArticle, CommandError> {
    let statements = statement::split(&annotated.article);
    let attributions = attribute(&annotated.article, &statements);
    let texts: Vec<&str> = statements
        .iter()
        .map(|statement| statement.text.as_str())
        .collect();
    let predictions = classifier.classify(&texts)?;
    Ok(ReadArticle {
        attributions,
        stances: predictions
            .into_iter()
            .map(|prediction| prediction.stance)
            .collect(),
        statements,
    })
}
