//! `demarche agree`: how far coders agree.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use super::results::{BootstrapOptions, ResultOptions};
use super::{tell_rejected, tell_windows_1252, CommandError, Completion};
use crate::evaluation::report::AgreementReport;
use crate::evaluation::{join, Agreement, CoderFile, LabelField};

const EXAMPLES: &str = "Examples:
  demarche agree anna.csv ben.csv
  demarche agree anna.csv ben.csv carla.jsonl --disagreements 100
  demarche agree gold.csv stances.jsonl:stance    a person and the model

A coder's file is JSONL, CSV or Parquet with id (or article and statement) and label, or stance;
where it has both, FILE:label or FILE:stance says which is meant. An empty label is a missing one.";

/// Measure how far coders agree
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// One file for each coder, two or more
    #[arg(required = true, num_args = 2.., value_name = "CODER")]
    coders: Vec<Coder>,

    #[command(flatten)]
    results: ResultOptions,

    /// How many of the statements that were labelled differently to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    disagreements: usize,

    #[command(flatten)]
    bootstrap: BootstrapOptions,
}

/// A coder's file, and the field named after a colon.
#[derive(Clone)]
struct Coder {
    path: PathBuf,
    field: Option<LabelField>,
}

impl FromStr for Coder {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let named = [LabelField::Label, LabelField::Stance]
            .into_iter()
            .find_map(|field| {
                let path = name.strip_suffix(field.name())?.strip_suffix(':')?;
                Some((path, Some(field)))
            });
        let (path, field) = named.unwrap_or((name, None));
        Ok(Self {
            path: path.into(),
            field,
        })
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    let inputs: Vec<&Path> = arguments
        .coders
        .iter()
        .map(|coder| coder.path.as_path())
        .collect();
    arguments.results.refuse_inputs(&inputs, None)?;
    let mut rejected = 0;
    let mut coders = Vec::new();
    for Coder { path, field } in &arguments.coders {
        let coder = CoderFile::read(path, *field)?;
        rejected += coder.rejected.len();
        for line in &coder.rejected {
            tell_rejected(path, line);
        }
        tell_windows_1252(path, coder.windows_1252);
        coders.push(coder);
    }
    let items = join(&coders)?;
    let bootstrap = arguments.bootstrap.bootstrap()?;
    let report = AgreementReport {
        labelled: coders
            .iter()
            .map(|coder| [coder.labelled(), coder.unlabelled()])
            .collect(),
        coders: coders.into_iter().map(|coder| coder.name).collect(),
        agreement: Agreement::of(&items, &bootstrap, arguments.disagreements),
    };
    arguments.results.write(&report, &report.to_json())?;
    Ok(Completion::after(rejected))
}
