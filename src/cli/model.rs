//! `demarche model`: the models at hand, what each is, and their way into the cache and out of it.

use std::ffi::OsString;
use std::io::{BufRead, IsTerminal, Write};

use clap::{Args, Subcommand};
use indicatif::HumanBytes;
use serde::Serialize;
use serde_json::json;

use super::hub::{HubOptions, DEFAULT_MODEL};
use super::options::LabelOptions;
use super::{tell, CommandError, Completion};
use crate::classifier::ClassifyError;
use crate::model::hub::{CachedModel, Hub, HubModel};
use crate::model::{ModelConfig, ModelFiles, Reading, CONFIG_FILE, FILES};
use crate::output::OutputError;

const EXAMPLES: &str = "Examples:
  demarche model list
  demarche model show default
  demarche model fetch org/name@v1.0               into the cache; prints the folder
  demarche model remove org/name

The cache is the one of Python's huggingface_hub: HF_HOME or HF_HUB_CACHE say where,
HF_ENDPOINT names a mirror, HF_TOKEN or a stored token opens private models, HF_HUB_OFFLINE
keeps to the cache.";

/// List, show, fetch and remove models
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// The model inside, and those in the cache
    List {
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// What a model is: architecture, labels, sizes, SHA-256
    Show {
        /// default, a model folder, or org/name[@revision]
        model: OsString,

        #[command(flatten)]
        labels: LabelOptions,

        /// Print it as JSON
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        hub: HubOptions,
    },
    /// Download a model into the cache, and print its folder
    Fetch {
        /// org/name or org/name@revision
        model: HubModel,

        #[command(flatten)]
        hub: HubOptions,
    },
    /// Remove a model from the cache
    Remove {
        /// org/name for all of it, org/name@revision for one revision
        model: String,

        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<Completion, CommandError> {
    match &arguments.action {
        Action::List { json } => list(*json),
        Action::Show {
            model,
            labels,
            json,
            hub,
        } => show(&labels.apply(hub.files(model)?)?, *json),
        Action::Fetch { model, hub } => {
            let files = hub.fetched(model)?;
            let folder = files.path().map(|folder| folder.display().to_string());
            print(&format_args!("{}", folder.unwrap_or_default()))
        }
        Action::Remove { model, yes } => remove(model, *yes),
    }
}

fn print(what: &dyn std::fmt::Display) -> Result<Completion, CommandError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what}").map_err(OutputError::from)?;
    Ok(Completion::Clean)
}

fn list(as_json: bool) -> Result<Completion, CommandError> {
    let hub = Hub::from_environment()?;
    let cached = hub.list()?;
    if as_json {
        let models = cached.iter().map(|model| {
            json!({
                "model": model.repository,
                "commit": model.commit,
                "revisions": model.revisions,
                "bytes": model.size,
                "missing": model.missing,
                "folder": model.folder.to_string_lossy(),
            })
        });
        let list = json!({
            "inside": ModelFiles::EMBEDDED_NAME,
            "cache": hub.cache.to_string_lossy(),
            "cached": models.collect::<Vec<_>>(),
        });
        return print(&format_args!("{list:#}"));
    }
    let mut lines = Vec::new();
    if let Some(name) = ModelFiles::EMBEDDED_NAME {
        lines.push(format!("{DEFAULT_MODEL}  {name}, inside this binary"));
    }
    lines.extend(cached.iter().map(described));
    if cached.is_empty() {
        tell(&format_args!(
            "no model is in the cache at {}",
            hub.cache.display()
        ));
    }
    print(&lines.join("\n"))
}

fn described(model: &CachedModel) -> String {
    let mut line = format!("{}@{}", model.repository, model.commit);
    for revision in &model.revisions {
        line += &format!("  {revision}");
    }
    line += &format!("  {}", HumanBytes(model.size));
    if !model.missing.is_empty() {
        line += &format!("  (without {})", model.missing.join(", "));
    }
    line
}

/// What there is to know of a model.
#[derive(Serialize)]
struct Facts {
    model: String,
    /// `None` of the one inside.
    folder: Option<String>,
    sha256: String,
    bytes: usize,
    architecture: &'static str,
    layers: usize,
    hidden_size: usize,
    attention_heads: usize,
    vocabulary: usize,
    /// Tokens of a statement that are read.
    longest_statement: usize,
    /// The stance of each output; `None` of an encoder without a head, and of a model that is asked about hypotheses.
    labels: Option<Vec<&'static str>>,
    temperature: f64,
}

impl Facts {
    fn of(files: &ModelFiles) -> Result<Self, CommandError> {
        let failed = |error| CommandError::from(ClassifyError::from(error));
        let name = files.name().into_owned();
        let config = files.read(CONFIG_FILE).map_err(failed)?;
        let config = ModelConfig::parse(&config, files.reading(), &name).map_err(failed)?;
        let mut bytes = 0;
        for file in FILES {
            bytes += files.read(file).map_err(failed)?.len();
        }
        let encoder = config.encoder;
        Ok(Self {
            model: name,
            folder: files.path().map(|folder| folder.display().to_string()),
            sha256: files.sha256().map_err(failed)?,
            bytes,
            architecture: encoder.architecture.name(),
            layers: encoder.num_hidden_layers,
            hidden_size: encoder.hidden_size,
            attention_heads: encoder.num_attention_heads,
            vocabulary: encoder.vocab_size,
            longest_statement: encoder.max_position_embeddings,
            labels: config
                .labels
                .map(|labels| labels.map(|stance| stance.name()).to_vec()),
            temperature: config.temperature,
        })
    }
}

fn show(files: &ModelFiles, as_json: bool) -> Result<Completion, CommandError> {
    let facts = Facts::of(files)?;
    if as_json {
        return print(&format_args!("{:#}", json!(facts)));
    }
    let labels = facts.labels.as_ref().map(|labels| labels.join(", "));
    let labels = labels.unwrap_or_else(|| match files.reading() {
        Reading::Entailment(_) => "entailment, and others: it is asked about hypotheses".to_owned(),
        _ => "none: an encoder to train from".to_owned(),
    });
    let folder = facts.folder.as_deref().unwrap_or("inside this binary");
    print(&format_args!(
        "{}\n  where         {folder}\n  size          {}\n  sha256        {}\n  architecture  {}: {} layers, {} wide, {} heads, \
         {} tokens known\n  reads         {} tokens of a statement\n  labels        {labels}\n  temperature   {}",
        facts.model,
        HumanBytes(facts.bytes as u64),
        facts.sha256,
        facts.architecture,
        facts.layers,
        facts.hidden_size,
        facts.attention_heads,
        facts.vocabulary,
        facts.longest_statement,
        facts.temperature,
    ))
}

fn remove(name: &str, is_confirmed: bool) -> Result<Completion, CommandError> {
    let model: HubModel = name.parse()?;
    let hub = Hub::from_environment()?;
    // Without a revision, all of them.
    let is_meant = |cached: &CachedModel| {
        let has_revision = cached.commit == model.revision || cached.revisions.contains(&model.revision);
        cached.repository == model.repository && (!name.contains('@') || has_revision)
    };
    let cached: Vec<CachedModel> = hub.list()?.into_iter().filter(is_meant).collect();
    if cached.is_empty() {
        return Err(CommandError::NotInCache(name.to_owned()));
    }
    if !is_confirmed && !confirmed(&cached)? {
        return Err(CommandError::Unconfirmed(name.to_owned()));
    }
    let removed = hub.remove(&cached)?;
    tell(&format_args!(
        "{name}: {} {} removed, {}",
        removed.snapshots,
        if removed.snapshots == 1 {
            "revision"
        } else {
            "revisions"
        },
        HumanBytes(removed.bytes)
    ));
    Ok(Completion::Clean)
}

/// Asks at a terminal.
fn confirmed(cached: &[CachedModel]) -> Result<bool, CommandError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Ok(false);
    }
    for model in cached {
        tell(&described(model));
    }
    tell(&"remove this from the cache, which other programs share? [y/N]");
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(OutputError::from)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}
