//! The files of a run: records, rejects and summary grow together, and the journal says how far.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::file_run::{Begun, FileRun};
use super::journal::{Checkpoint, Lengths};
use super::manifest::manifest_path;
use super::rejects::RejectsFile;
use super::stage::{Classified, Done, DoneArticle};
use super::summary_file::SummaryFile;
use super::{CorpusError, Ended, Happening, InputDone, Outcome, RunOptions, Tally, Target};
use crate::article::Encoding;
use crate::input::Input;
use crate::output::{folder_of, no_folder, OutputError, Record, RecordWriter};
use crate::stance::Stance;

/// What a run writes.
pub(super) struct Outputs {
    records: Option<Box<dyn RecordWriter>>,
    rejects: Option<RejectsFile>,
    summary: Option<SummaryFile>,
    long: Option<FileRun>,
    tally: Tally,
    /// How long the workers of this run have been in the network, as far as it is written.
    network_seconds: f64,
    only_stances: bool,
    is_strict: bool,
}

/// Files beside the records.
pub(super) struct SideFiles {
    pub(super) rejects: Option<PathBuf>,
    pub(super) summary: Option<PathBuf>,
    /// Replace them where they are there.
    pub(super) overwrite: bool,
}

/// What opening came to.
pub(super) enum Opened {
    Outputs(Box<Outputs>),
    /// An earlier run has done it all; it counted this.
    DoneBefore(Tally),
}

impl SideFiles {
    /// Refuses, before anything is written, names that cannot be written to.
    fn check(&self, output: Option<&Path>, is_resumed: bool) -> Result<(), CorpusError> {
        let named = |path: &Path| path.display().to_string();
        if let Some(summary) = &self.summary {
            SummaryFile::format_of(summary).ok_or_else(|| CorpusError::SummaryFormat {
                output: named(summary),
            })?;
        }
        let side: Vec<&Path> = [&self.rejects, &self.summary]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
            .collect();
        let manifest = output.map(manifest_path);
        let all = side.iter().copied().chain(output).chain(manifest.as_deref());
        let mut seen = Vec::new();
        for path in all {
            if seen.contains(&path) {
                return Err(CorpusError::SameOutput { output: named(path) });
            }
            seen.push(path);
        }
        // What an earlier run to this output has left is this one's to replace.
        let is_own = |path: &Path| output.is_some_and(|output| path == default_rejects(output));
        for path in side {
            if path.exists() && !self.overwrite && !is_resumed && !is_own(path) {
                return Err(CorpusError::Exists { output: named(path) });
            }
            let folder = folder_of(path);
            if !folder.is_dir() {
                return Err(CorpusError::Output(OutputError::File {
                    path: named(path),
                    source: no_folder(folder),
                }));
            }
        }
        Ok(())
    }
}

/// Where rejects go that the user has given no name.
pub fn default_rejects(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".rejects.jsonl");
    name.into()
}

impl Outputs {
    /// Begins the files, or goes on with them.
    pub(super) fn open(
        target: Target,
        options: &RunOptions,
        inputs: &[Input],
        side: SideFiles,
    ) -> Result<Opened, CorpusError> {
        let (output, is_resumed) = match &target {
            Target::Stream(_) => (None, false),
            Target::File(target) => (Some(target.path.clone()), target.resume),
        };
        side.check(output.as_deref(), is_resumed)?;
        let SideFiles { rejects, summary, .. } = side;
        let (records, long, lengths) = match target {
            Target::Stream(records) => (Some(records), None, Lengths::default()),
            Target::File(target) => {
                let long = match FileRun::begin(target, inputs, rejects.clone(), summary.clone())? {
                    Begun::Run(long) => *long,
                    Begun::DoneBefore(tally) => return Ok(Opened::DoneBefore(tally)),
                };
                let resumed = long.resumed.as_ref();
                let lengths = resumed.map_or(Lengths::default(), |checkpoint| checkpoint.lengths);
                let is_placed = long.is_placed(&long.target.path, long.spool_ending(options));
                let records = match is_placed {
                    true => None,
                    false => Some(long.record_writer(lengths.records, options)?),
                };
                (records, Some(long), lengths)
            }
        };
        let is_placed =
            |path: &Path, ending: &str| long.as_ref().is_some_and(|long| long.is_placed(path, ending));
        let rejects = rejects.filter(|path| !is_placed(path, "jsonl"));
        let summary = summary.filter(|path| {
            let format = SummaryFile::format_of(path);
            !format.is_some_and(|format| is_placed(path, format.ending()))
        });
        let tally = long.as_ref().and_then(|long| long.resumed.as_ref());
        let tally = tally
            .map(|checkpoint| checkpoint.tally.clone())
            .unwrap_or_default();
        Ok(Opened::Outputs(Box::new(Self {
            records,
            rejects: rejects
                .map(|path| RejectsFile::open(&path, lengths.rejects))
                .transpose()?,
            summary: summary
                .map(|path| SummaryFile::open(&path, lengths.summary))
                .transpose()?,
            long,
            tally,
            network_seconds: 0.0,
            only_stances: options.only_stances,
            is_strict: options.is_strict,
        })))
    }

    /// Counts what was left alone before anything was read.
    pub(super) fn leave_alone(&mut self, left_alone: &BTreeMap<String, usize>) {
        if self.resumed().is_none() {
            self.tally.leave_alone(left_alone);
        }
    }

    /// Where the run that is gone on with had stopped.
    pub(super) fn resumed(&self) -> Option<&Checkpoint> {
        self.long.as_ref()?.resumed.as_ref()
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Writes a block, and makes it last if the last time is some seconds ago.
    pub(super) fn write(
        &mut self,
        block: Classified,
        watch: &mut dyn FnMut(Happening<'_>),
    ) -> Result<(), CorpusError> {
        for event in block.events {
            match event {
                Done::Article(article) => self.article(article, watch)?,
                Done::Statement(record) => self.record(&record)?,
                Done::Rejected(rejected) => {
                    if self.is_strict {
                        return Err(CorpusError::Strict(rejected.to_string()));
                    }
                    self.tally.rejected += 1;
                    watch(Happening::Rejected(&rejected));
                    if let Some(rejects) = &mut self.rejects {
                        rejects.write(&rejected)?;
                    }
                }
                Done::Input(input) => self.input(input, watch)?,
                Done::RepeatedId(id) => {
                    self.tally.repeated_ids += 1;
                    watch(Happening::RepeatedId { id: &id });
                }
                Done::NoSuchField(field) => watch(Happening::NoSuchField { field: &field }),
            }
        }
        self.network_seconds = block.network_seconds;
        if let Some(long) = &mut self.long {
            (long.blocks, long.digest) = (block.blocks, block.digest);
            if long.last_checkpoint.elapsed() >= long.target.checkpoint_every {
                self.checkpoint(false)?;
            }
        }
        Ok(())
    }

    fn article(
        &mut self,
        article: DoneArticle,
        watch: &mut dyn FnMut(Happening<'_>),
    ) -> Result<(), CorpusError> {
        let id = &article.source.article;
        self.tally.articles += 1;
        self.tally.duplicates += u64::from(article.source.duplicate_of.is_some());
        if let Encoding::Windows1252 { first_invalid } = article.encoding {
            self.tally.windows_1252 += 1;
            watch(Happening::DocumentNotUtf8 {
                article: id,
                first_invalid,
            });
        }
        if article.records.is_empty() {
            self.tally.articles_without_statements += 1;
            watch(Happening::NoStatements { article: id });
        }
        if let Some(summary) = &mut self.summary {
            summary.write(&article)?;
        }
        article.records.iter().try_for_each(|record| self.record(record))
    }

    fn record(&mut self, record: &Record) -> Result<(), CorpusError> {
        self.tally.add(record);
        if self.only_stances && matches!(record.stance, None | Some(Stance::None)) {
            return Ok(());
        }
        match &mut self.records {
            Some(records) => Ok(records.write(record)?),
            None => Ok(()),
        }
    }

    fn input(&mut self, input: InputDone, watch: &mut dyn FnMut(Happening<'_>)) -> Result<(), CorpusError> {
        self.tally.inputs += u64::from(input.entries > 0);
        self.tally.leave_alone(&input.left_alone);
        if input.windows_1252_rows > 0 {
            self.tally.windows_1252 += input.windows_1252_rows as u64;
            watch(Happening::RowsNotUtf8 {
                input: &input.path,
                rows: input.windows_1252_rows,
            });
        }
        match &mut self.long {
            Some(long) => long.journal.input(input),
            None => Ok(()),
        }
    }

    fn checkpoint(&mut self, is_complete: bool) -> Result<(), CorpusError> {
        let Some(long) = &mut self.long else {
            return Ok(());
        };
        let took = long.took(self.network_seconds);
        let length = |checkpoint: Option<Result<u64, OutputError>>| checkpoint.unwrap_or(Ok(0));
        let lengths = Lengths {
            records: length(self.records.as_mut().map(|records| records.checkpoint()))?,
            rejects: length(self.rejects.as_mut().map(RejectsFile::checkpoint))?,
            summary: length(self.summary.as_mut().map(SummaryFile::checkpoint))?,
        };
        long.journal.checkpoint(Checkpoint {
            blocks: long.blocks,
            digest: long.digest.clone(),
            lengths,
            tally: self.tally.clone(),
            took,
            is_complete,
        })?;
        long.last_checkpoint = Instant::now();
        Ok(())
    }

    /// Makes last what is done, for a later run to go on from.
    pub(super) fn stop(mut self) -> Result<Tally, CorpusError> {
        self.checkpoint(false)?;
        if self.long.is_none() {
            if let Some(records) = self.records {
                records.finish()?;
            }
        }
        Ok(self.tally)
    }

    /// Puts everything in its place.
    pub(super) fn finish(mut self) -> Result<Outcome, CorpusError> {
        if self.tally.inputs == 0 && self.resumed().is_none() {
            let rejects = self.abandon()?;
            return Err(CorpusError::NothingRead { rejects });
        }
        let was_complete = self.resumed().is_some_and(|checkpoint| checkpoint.is_complete);
        if !was_complete {
            self.checkpoint(true)?;
        }
        if let Some(records) = self.records {
            records.finish()?;
        }
        let placed = self.long.as_ref().and_then(FileRun::placed_rejects);
        let rejects = match self.rejects {
            Some(rejects) => rejects.commit()?,
            None => placed,
        };
        if let Some(summary) = self.summary {
            summary.commit()?;
        }
        let manifest = match self.long {
            Some(long) => Some(long.finish(&self.tally, self.network_seconds, rejects.as_deref())?),
            None => None,
        };
        Ok(Outcome {
            tally: self.tally,
            ended: Ended::Done,
            rejects,
            manifest,
        })
    }

    /// Leaves no trace, for nothing could be read; but where there are many reasons, these.
    fn abandon(&mut self) -> Result<Option<PathBuf>, CorpusError> {
        if let Some(summary) = self.summary.take() {
            summary.discard()?;
        }
        let mut kept = None;
        if let Some(rejects) = self.rejects.take() {
            match self.tally.rejected > SHOWN_REJECTS {
                true => kept = rejects.commit()?,
                false => rejects.discard()?,
            }
        }
        self.records = None;
        if let Some(long) = self.long.take() {
            long.abandon()?;
        }
        Ok(kept)
    }
}

/// So many rejects are shown on the terminal; fewer need no file where nothing could be read.
pub const SHOWN_REJECTS: u64 = 20;
