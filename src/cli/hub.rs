//! Models by name, and how their way from the Hub is shown.

use std::ffi::OsStr;

use clap::Args;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::{tell, CommandError};
use crate::classifier::ClassifyError;
use crate::model::hub::{Hub, HubEvent, HubModel, ModelSource};
use crate::model::ModelFiles;

/// The name of the model inside the binary.
pub(super) const DEFAULT_MODEL: &str = "default";

/// How models of the Hub are had.
#[derive(Args)]
pub(super) struct HubOptions {
    /// Take models of the Hub from the cache alone, never from the network
    #[arg(long)]
    offline: bool,
}

impl HubOptions {
    /// By the environment and these options.
    pub(super) fn hub(&self) -> Result<Hub, CommandError> {
        Ok(Hub::from_environment()?.offline(self.offline))
    }

    /// The files of the model that a name means.
    pub(super) fn files(&self, name: &OsStr) -> Result<ModelFiles, CommandError> {
        match ModelSource::of(name)? {
            ModelSource::Default => Ok(ModelFiles::embedded().map_err(ClassifyError::from)?),
            ModelSource::Folder(folder) => Ok(ModelFiles::folder(folder)),
            ModelSource::Hub(model) => self.fetched(&model),
        }
    }

    /// A model of the Hub, downloaded where the cache lacks it.
    pub(super) fn fetched(&self, model: &HubModel) -> Result<ModelFiles, CommandError> {
        let mut progress = Progress::new(model);
        let snapshot = self.hub()?.snapshot(model, &mut |event| progress.see(&event));
        progress.bar.finish_and_clear();
        let snapshot = snapshot?;
        let name = format!("{}@{}", model.repository, snapshot.commit);
        if !model.is_commit() {
            tell(&format_args!(
                "{model} may move: this is {}. Name it as {name} to get the same again",
                &snapshot.commit[..8]
            ));
        }
        Ok(ModelFiles::folder(snapshot.folder).named(name))
    }
}

/// A bar for each file on a terminal, lines elsewhere.
struct Progress {
    model: String,
    file: String,
    bar: ProgressBar,
}

impl Progress {
    fn new(model: &HubModel) -> Self {
        Self {
            model: model.to_string(),
            file: String::new(),
            bar: ProgressBar::hidden(),
        }
    }

    fn see(&mut self, event: &HubEvent<'_>) {
        let model = &self.model;
        match event {
            HubEvent::Progress { file, bytes, size } => {
                if self.file != *file {
                    (*file).clone_into(&mut self.file);
                    self.begin(*size);
                }
                self.bar.set_position(*bytes);
            }
            HubEvent::Downloaded { .. } => self.bar.finish_and_clear(),
            HubEvent::Retrying { why, wait } => self.bar.suspend(|| {
                tell(&format_args!(
                    "{model}: {why}; once more in {:.1} s",
                    wait.as_secs_f64()
                ));
            }),
            HubEvent::Damaged { file } => self.bar.suspend(|| {
                tell(&format_args!(
                    "{model}: {file} is damaged; it is downloaded again"
                ));
            }),
            HubEvent::Unreachable { why, commit } => self.bar.suspend(|| {
                tell(&format_args!(
                    "{model}: {why}. The cache has {}, which is used",
                    &commit[..8]
                ));
            }),
        }
    }

    /// The first word of a file.
    fn begin(&mut self, size: u64) {
        let style =
            ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left");
        self.bar = ProgressBar::new(size)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(self.file.clone());
        if self.bar.is_hidden() {
            tell(&format_args!(
                "{}: downloading {}, {}",
                self.model,
                self.file,
                HumanBytes(size)
            ));
        }
    }
}
