//! The long run: a corpus of any size in, records out, and nothing lost where it is broken off.
//!
//! ```text
//! feed (read) ──► preparation (split, attribute) ──► tokenizer ──► stage (classify) ──► outputs (write, checkpoint)
//! ```
//!
//! Five threads hand each other blocks of some four thousand statements through short queues: reading, splitting,
//! tokenizing, classifying and writing overlap, so that a GPU does not wait for the processor, and memory stays flat. The same inputs always make the same
//! blocks, so that a run that is killed can go on from its [journal]'s last checkpoint: it reads what was done
//! again, which is quick, and classifies what was not. `docs/corpora.md` has the whole of it.

mod duplicates;
mod entry;
mod feed;
mod file_run;
mod journal;
mod manifest;
mod outputs;
mod predictions;
mod rejects;
mod stage;
mod steps;
mod summary_file;
mod tally;
mod verify;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{sync_channel, Receiver};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::article::{ReadOptions, Rejected};
use crate::classifier::{Classifier, ClassifyError};
use crate::input::{Digest, Input};
use crate::output::{OutputError, RecordWriter};
use feed::Feed;
use outputs::{Opened, Outputs, SideFiles};
use stage::{Classified, Preparation, Stage};
use steps::Steps;

pub use duplicates::DuplicateSearch;
pub use file_run::FileTarget;
pub use manifest::{manifest_path, FileDigest, Manifest, WholeManifest};
pub use outputs::{default_rejects, SHOWN_REJECTS};
pub use tally::Tally;
pub use verify::{read_manifest, verify, Check, Finding, VerifyError};

/// The version of `docs/codebook.md`.
pub const CODEBOOK_VERSION: u32 = 3;

/// So many blocks at most are split at a time for a GPU: one article of a thousand statements, which one thread has
/// to itself, does not leave the others without work. A CPU has work enough with one.
const SPLIT_TOGETHER: usize = 4;

/// A thread that reads hostile pages should not run out of stack.
const FEED_STACK: usize = 16 << 20;

/// What is done with inputs.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    pub read: ReadOptions,
    /// The inputs are lists of statements, each of which is classified as it stands.
    pub is_list: bool,
    /// Below this probability of the most likely stance, from 0 to 1, a record has no stance.
    pub min_confidence: f64,
    /// Records whose stance is `none`, or that have no stance, are counted and not written.
    pub only_stances: bool,
    pub duplicates: DuplicateSearch,
    /// The first record that cannot be used ends the run.
    pub is_strict: bool,
}

/// Where results go.
pub enum Target {
    /// To a stream, from which nobody goes on.
    Stream(Box<dyn RecordWriter>),
    /// To a file, with a journal while the run goes on and a manifest at its end.
    File(FileTarget),
}

/// A run: what is read, and where it goes.
pub struct Run<'a> {
    pub inputs: &'a [Input],
    /// What was named and cannot be read.
    pub problems: Vec<Rejected>,
    pub options: &'a RunOptions,
    pub target: Target,
    /// Where records that cannot be used are kept.
    pub rejects: Option<PathBuf>,
    /// Where counts per article go.
    pub summary: Option<PathBuf>,
    /// Replace rejects and summary that are there, as a [`FileTarget`] may replace its output.
    pub overwrite: bool,
    /// Files of folders that were left alone, counted by their ending.
    pub left_alone: BTreeMap<String, usize>,
    /// Set from elsewhere: the batches in flight are finished, and no more are begun.
    pub stop: &'a AtomicBool,
}

/// An input that has been read to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputDone {
    pub path: String,
    /// `None` where it could not be read.
    #[serde(flatten)]
    pub digest: Option<Digest>,
    /// Articles, or statements of a list, that it held.
    pub entries: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub windows_1252_rows: usize,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_alone: BTreeMap<String, usize>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Something that the person who waits may want to know.
#[derive(Debug)]
pub enum Happening<'a> {
    Rejected(&'a Rejected),
    /// A document is not UTF-8 from this byte on, counted from 0.
    DocumentNotUtf8 {
        article: &'a str,
        first_invalid: usize,
    },
    RowsNotUtf8 {
        input: &'a str,
        rows: usize,
    },
    NoStatements {
        article: &'a str,
    },
    /// An article's id was that of another before it; it now has its input's name before it.
    RepeatedId {
        id: &'a str,
    },
    /// No row has had this field, which the user has named.
    NoSuchField {
        field: &'a str,
    },
    /// A block is written, or has been before: so much is done, and so many bytes of the inputs are read.
    Progress {
        tally: &'a Tally,
        position: u64,
    },
    /// An earlier run is gone on with, which had done so much.
    Resumed(&'a Tally),
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub tally: Tally,
    pub ended: Ended,
    /// Where rejected records were kept.
    pub rejects: Option<PathBuf>,
    /// Where the manifest is.
    pub manifest: Option<PathBuf>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything is done.
    Done,
    /// It was stopped; what is done is in the partial output, and the run can be gone on with.
    Stopped,
    /// There was nothing left to do: an earlier run had done it all.
    DoneBefore,
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error(transparent)]
    Classify(#[from] ClassifyError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("nothing to classify: no input could be read{}", rejects_hint(.rejects))]
    NothingRead {
        /// Where the reasons are kept, if they are.
        rejects: Option<PathBuf>,
    },
    #[error("{output}: exists; choose another name, or give --overwrite")]
    Exists { output: String },
    #[error("{output}: is named for two outputs; give each a name of its own")]
    SameOutput { output: String },
    #[error("{output}: a summary is a file that ends in .csv, .tsv or .jsonl")]
    SummaryFormat { output: String },
    #[error(
        "{output}: an unfinished run to it is there; go on with it by --resume, or begin anew by --overwrite"
    )]
    Unfinished { output: String },
    #[error("{journal}: another run is writing to this output")]
    Running { journal: String },
    #[error(
        "the unfinished run was another one: {what} was {was}, is {is}; give the same options, or begin anew by --overwrite"
    )]
    OtherRun { what: String, was: String, is: String },
    #[error("the inputs have changed since the earlier run read them; begin anew by --overwrite")]
    InputsChanged,
    #[error("{0} (--strict)")]
    Strict(String),
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

fn rejects_hint(rejects: &Option<PathBuf>) -> String {
    let path = rejects.as_ref().map(|path| path.display());
    path.map(|path| format!("; what was rejected is in {path}"))
        .unwrap_or_default()
}

impl CorpusError {
    /// True where a run to a file had begun, and can be gone on with.
    pub fn leaves_a_partial_run(&self) -> bool {
        matches!(
            self,
            Self::Classify(_) | Self::Output(OutputError::Stream(_)) | Self::Strict(_) | Self::Thread(_)
        )
    }
}

/// Reads, classifies and writes a corpus. `watch` is told what happens, on the calling thread.
///
/// # Errors
/// [`CorpusError`]. A run to a file that fails on the way can be gone on with like one that was stopped.
pub fn run(
    run: Run<'_>,
    classifier: &Classifier,
    watch: &mut dyn FnMut(Happening<'_>),
) -> Result<Outcome, CorpusError> {
    let Run {
        inputs,
        problems,
        options,
        target,
        rejects,
        summary,
        overwrite,
        left_alone,
        stop,
    } = run;
    let side = SideFiles {
        rejects,
        summary,
        overwrite,
    };
    let mut outputs = match Outputs::open(target, options, inputs, side)? {
        Opened::Outputs(outputs) => *outputs,
        Opened::DoneBefore(tally) => {
            return Ok(Outcome {
                tally,
                ended: Ended::DoneBefore,
                rejects: None,
                manifest: None,
            })
        }
    };
    outputs.leave_alone(&left_alone);
    let resumed = outputs.resumed().cloned();
    if let Some(checkpoint) = &resumed {
        watch(Happening::Resumed(&checkpoint.tally));
    }
    if !resumed.as_ref().is_some_and(|checkpoint| checkpoint.is_complete) {
        std::thread::scope(|scope| {
            // On a CPU, blocks that wait would be memory for nothing.
            let (waiting, together) = match classifier.is_apart() {
                true => (1, SPLIT_TOGETHER),
                false => (0, 1),
            };
            let (to_preparation, blocks) = sync_channel(together - 1);
            let (to_tokenizer, split) = sync_channel(waiting);
            let (to_stage, prepared) = sync_channel(waiting);
            let (to_writer, classified) = sync_channel(1);
            let feed = Feed {
                options: &options.read,
                is_list: options.is_list,
                resumed: resumed.as_ref(),
                stop,
                blocks: to_preparation,
            };
            std::thread::Builder::new()
                .name("feed".to_owned())
                .stack_size(FEED_STACK)
                .spawn_scoped(scope, move || feed.run(inputs, problems))
                .map_err(CorpusError::Thread)?;
            let mut preparation = Preparation::new(classifier, options.duplicates);
            let steps = Steps {
                scope,
                stop,
                together,
            };
            steps.spawn("split", blocks, to_tokenizer, move |blocks| {
                Ok(preparation.split(blocks))
            })?;
            steps.spawn("tokenize", split, to_stage, move |blocks| {
                Ok(stage::tokenize(blocks, classifier)?)
            })?;
            let mut stage = Stage::new(classifier, options.min_confidence);
            // One by one, so that little is waited for when the run is stopped.
            let one_by_one = Steps { together: 1, ..steps };
            one_by_one.spawn("classify", prepared, to_writer, move |blocks| {
                let classified = blocks.into_iter().map(|block| stage.classify(block));
                Ok(classified.collect::<Result<_, _>>()?)
            })?;
            write_all(classified, &mut outputs, watch)
        })?;
        if stop.load(Ordering::Relaxed) {
            let tally = outputs.stop()?;
            return Ok(Outcome {
                tally,
                ended: Ended::Stopped,
                rejects: None,
                manifest: None,
            });
        }
    }
    outputs.finish()
}

fn write_all(
    classified: Receiver<Result<Classified, CorpusError>>,
    outputs: &mut Outputs,
    watch: &mut dyn FnMut(Happening<'_>),
) -> Result<(), CorpusError> {
    for block in classified {
        let block = block?;
        let position = block.position;
        if !block.is_done {
            outputs.write(block, watch)?;
        }
        watch(Happening::Progress {
            tally: outputs.tally(),
            position,
        });
    }
    Ok(())
}

/// What a run to a file is told by: what a later run must share to go on with it, and what its manifest says.
#[derive(Clone, Debug, Default)]
pub struct Description {
    pub model: String,
    /// As [`crate::model::ModelFiles::sha256`].
    pub model_sha256: String,
    pub device: String,
    /// How many worker threads there are.
    pub threads: usize,
    /// Everything that was chosen and on which results depend.
    pub options: Map<String, Value>,
}

impl Description {
    /// What must be the same for one run to go on with another.
    fn identity(&self) -> Map<String, Value> {
        let mut identity = self.options.clone();
        identity.insert("demarche".to_owned(), env!("CARGO_PKG_VERSION").into());
        identity.insert("codebook".to_owned(), CODEBOOK_VERSION.into());
        identity.insert("model".to_owned(), self.model_sha256.clone().into());
        identity
    }
}
