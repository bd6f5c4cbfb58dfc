//! A run to a file: its journal, where it goes on, and its manifest.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::journal::{refuse_another, Checkpoint, Journal, Took};
use super::manifest::{self, manifest_path, FileDigest, Manifest};
use super::verify::read_manifest;
use super::{CorpusError, Description, RunOptions, Tally, CODEBOOK_VERSION};
use crate::input::Input;
use crate::output::{
    CsvWriter, GrowingFile, JsonlWriter, OutputError, OutputFormat, RecordWriter, SpooledWriter,
};

/// A file that results go to.
pub struct FileTarget {
    pub path: PathBuf,
    pub format: OutputFormat,
    /// Go on with an unfinished run to it, if there is one.
    pub resume: bool,
    /// Replace what is there.
    pub overwrite: bool,
    /// How long after a checkpoint the next one comes, at the earliest: each waits for the disk.
    pub checkpoint_every: Duration,
    pub description: Description,
}

/// What a run to a file has beside its outputs.
pub(super) struct FileRun {
    pub(super) journal: Journal,
    pub(super) target: FileTarget,
    pub(super) rejects_path: Option<PathBuf>,
    pub(super) summary_path: Option<PathBuf>,
    pub(super) begun: Instant,
    pub(super) resumed: Option<Checkpoint>,
    pub(super) last_checkpoint: Instant,
    /// What the next checkpoint will speak of.
    pub(super) blocks: u64,
    pub(super) digest: String,
}

/// Removes what an unfinished run has left of its records.
fn remove_partials(output: &Path) {
    for ending in ["jsonl", "csv", "tsv", "parquet", "arrow"] {
        let _ = std::fs::remove_file(GrowingFile::partial_path(output, ending));
    }
}

/// What beginning came to.
pub(super) enum Begun {
    Run(Box<FileRun>),
    DoneBefore(Tally),
}

impl FileRun {
    /// Begins a run to a file, or goes on with one.
    pub(super) fn begin(
        target: FileTarget,
        inputs: &[Input],
        rejects_path: Option<PathBuf>,
        summary_path: Option<PathBuf>,
    ) -> Result<Begun, CorpusError> {
        let identity = target.description.identity();
        let output = target.path.display().to_string();
        let is_begun = Journal::path_for(&target.path).exists();
        let mut unfinished = None;
        if target.resume {
            unfinished = Journal::resume(&target.path, &identity)?;
            if unfinished.is_none() && target.path.exists() {
                return Ok(Begun::DoneBefore(tally_of_finished(&target, inputs)?));
            }
        } else if is_begun && !target.overwrite {
            return Err(CorpusError::Unfinished { output });
        }
        let (journal, resumed) = match unfinished {
            Some(unfinished) => (unfinished.journal, unfinished.checkpoint),
            None if target.path.exists() && !target.overwrite => return Err(CorpusError::Exists { output }),
            None => {
                let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
                let journal = Journal::create(&target.path, started, identity)?;
                remove_partials(&target.path);
                (journal, None)
            }
        };
        let now = Instant::now();
        Ok(Begun::Run(Box::new(Self {
            journal,
            rejects_path,
            summary_path,
            begun: now,
            last_checkpoint: now,
            blocks: resumed.as_ref().map_or(0, |checkpoint| checkpoint.blocks),
            digest: resumed
                .as_ref()
                .map_or(String::new(), |checkpoint| checkpoint.digest.clone()),
            resumed,
            target,
        })))
    }

    /// How long it has taken, earlier runs included, where this one has spent so long in the network.
    pub(super) fn took(&self, network_seconds: f64) -> Took {
        let before = self
            .resumed
            .as_ref()
            .map_or(Took::default(), |checkpoint| checkpoint.took);
        Took {
            seconds: before.seconds + self.begun.elapsed().as_secs_f64(),
            network_seconds: before.network_seconds + network_seconds,
        }
    }

    /// True where a complete run was broken off after it had put this file in its place.
    pub(super) fn is_placed(&self, path: &Path, ending: &str) -> bool {
        let is_complete = self
            .resumed
            .as_ref()
            .is_some_and(|checkpoint| checkpoint.is_complete);
        is_complete && !GrowingFile::partial_path(path, ending).exists() && path.exists()
    }

    /// The rejects that a complete run had put in their place before it was broken off.
    pub(super) fn placed_rejects(&self) -> Option<PathBuf> {
        let checkpoint = self
            .resumed
            .as_ref()
            .filter(|checkpoint| checkpoint.is_complete)?;
        self.rejects_path
            .clone()
            .filter(|_| checkpoint.lengths.rejects > 0)
    }

    /// What the records are written as until they are complete.
    pub(super) fn spool_ending(&self, options: &RunOptions) -> &'static str {
        match self.target.format {
            OutputFormat::Csv if !options.is_list => "csv",
            OutputFormat::Tsv if !options.is_list => "tsv",
            _ => "jsonl",
        }
    }

    pub(super) fn record_writer(
        &self,
        length: u64,
        options: &RunOptions,
    ) -> Result<Box<dyn RecordWriter>, OutputError> {
        let FileTarget { path, format, .. } = &self.target;
        let (path, format) = (path.clone(), *format);
        let spool = GrowingFile::open(&path, self.spool_ending(options), length)?;
        Ok(match (format, format.delimiter()) {
            (OutputFormat::Jsonl, _) => Box::new(JsonlWriter::new(spool)),
            (_, Some(delimiter)) if !options.is_list && length == 0 => {
                Box::new(CsvWriter::new(spool, delimiter, Vec::new())?)
            }
            (_, Some(delimiter)) if !options.is_list => {
                Box::new(CsvWriter::resumed(spool, delimiter, Vec::new()))
            }
            _ => {
                let spool_path = GrowingFile::partial_path(&path, "jsonl");
                let ending = format.ending();
                let output = move || GrowingFile::open(&path, ending, 0);
                Box::new(SpooledWriter::new(spool, spool_path, format, output))
            }
        })
    }

    /// Leaves no trace: nothing could be read.
    pub(super) fn abandon(self) -> Result<(), CorpusError> {
        remove_partials(&self.target.path);
        self.journal.remove()
    }

    /// Writes the manifest; the journal is not needed any more.
    pub(super) fn finish(
        self,
        tally: &Tally,
        network_seconds: f64,
        rejects: Option<&Path>,
    ) -> Result<PathBuf, CorpusError> {
        let took = self.took(network_seconds);
        let output = &self.target.path;
        let paths = [Some(output.as_path()), rejects, self.summary_path.as_deref()];
        let outputs: Result<Vec<FileDigest>, OutputError> =
            paths.into_iter().flatten().map(manifest::file_digest).collect();
        let description = &self.target.description;
        let manifest = Manifest {
            demarche: env!("CARGO_PKG_VERSION").to_owned(),
            codebook: CODEBOOK_VERSION,
            model: description.model.clone(),
            model_sha256: description.model_sha256.clone(),
            device: description.device.clone(),
            options: description.options.clone(),
            started: self.journal.started().to_owned(),
            finished: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            seconds: took.seconds,
            threads: description.threads,
            network_seconds: took.network_seconds,
            counts: tally.clone(),
            outputs: outputs?,
        };
        manifest::write(&manifest, output, &self.journal)?;
        let path = manifest_path(output);
        self.journal.remove()?;
        Ok(path)
    }
}

/// What the finished run to an output has counted.
///
/// # Errors
/// Where another command has made the output, or its inputs are not those at hand.
fn tally_of_finished(target: &FileTarget, inputs: &[Input]) -> Result<Tally, CorpusError> {
    let exists = || CorpusError::Exists {
        output: target.path.display().to_string(),
    };
    let manifest = read_manifest(&manifest_path(&target.path)).map_err(|_| exists())?;
    let run = manifest.run;
    if run.demarche != env!("CARGO_PKG_VERSION") {
        return Err(exists());
    }
    let found = Description {
        model: run.model,
        model_sha256: run.model_sha256,
        device: run.device,
        threads: run.threads,
        options: run.options,
    };
    refuse_another(&found.identity(), &target.description.identity())?;
    // Their sizes: to read a corpus only to find that nothing is to be done takes long.
    let sizes_now = inputs.iter().map(|input| match input {
        Input::Stdin => ("-".to_owned(), None),
        Input::File(path) => (input.id(), path.metadata().ok().map(|file| file.len())),
    });
    let sizes_then = manifest.inputs.iter().map(|input| {
        let size = input.digest.as_ref().map(|digest| digest.bytes);
        (input.path.clone(), size.filter(|_| input.path != "-"))
    });
    match sizes_now.eq(sizes_then) {
        true => Ok(run.counts),
        false => Err(CorpusError::InputsChanged),
    }
}
