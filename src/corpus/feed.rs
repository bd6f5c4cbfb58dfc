//! Inputs → blocks of entries, in a fixed order and of fixed extent: the same inputs give the same blocks.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;

use sha2::{Digest as _, Sha256};

use super::entry::{statements, Entry};
use super::journal::Checkpoint;
use super::{CorpusError, InputDone};
use crate::article::{read_input, FieldNames, Item, ReadOptions, Reason, Rejected};
use crate::input::{hex, Input};

/// So much text makes a block: some four thousand statements, enough to fill batches of like length on many
/// cores, few enough that memory stays flat however large the corpus is.
const BLOCK_BYTES: usize = 512 << 10;
/// The same for tiny entries.
const BLOCK_EVENTS: usize = 4096;

/// Something that happens while inputs are read.
#[derive(Debug)]
pub(super) enum Event {
    Entry(Entry),
    Rejected(Rejected),
    InputDone(InputDone),
    /// An article was renamed: another before it had this id.
    RepeatedId(String),
    /// A field that the user has named is in no row of all inputs.
    NoSuchField(String),
}

/// Events that are classified, written and made last together.
#[derive(Debug)]
pub(super) struct Block {
    /// From 0.
    pub(super) number: u64,
    pub(super) events: Vec<Event>,
    /// Of everything up to its end: SHA-256, as hexadecimal digits.
    pub(super) digest: String,
    /// How many bytes of the inputs had been read at its end.
    pub(super) position: u64,
    /// True where an earlier run has written it.
    pub(super) is_done: bool,
}

/// Reads inputs, and sends their blocks on.
pub(super) struct Feed<'a> {
    pub(super) options: &'a ReadOptions,
    pub(super) is_list: bool,
    /// Where an earlier run stopped.
    pub(super) resumed: Option<&'a Checkpoint>,
    /// Set when nothing more is to be read.
    pub(super) stop: &'a AtomicBool,
    pub(super) blocks: SyncSender<Result<Block, CorpusError>>,
}

impl Feed<'_> {
    /// Sends everything: first `problems` (what was named and cannot be read), then the inputs in order.
    ///
    /// Ends early where it is stopped; what has been read of the next block is then left for a later run, whose
    /// blocks are to be the same.
    pub(super) fn run(self, inputs: &[Input], problems: Vec<Rejected>) {
        let position = AtomicU64::new(0);
        let mut filling = Filling {
            feed: &self,
            position: &position,
            number: 0,
            events: Vec::new(),
            bytes: 0,
            hasher: Sha256::new(),
            ids: HashSet::new(),
            unseen: self.options.fields.given(),
        };
        if filling.inputs(inputs, problems).is_continue() && filling.send().is_continue() {
            // An earlier run had more to read: what it has written is not of these inputs.
            if filling.number < self.done_blocks() {
                let _ = self.blocks.send(Err(CorpusError::InputsChanged));
            }
        }
    }

    fn done_blocks(&self) -> u64 {
        self.resumed.map_or(0, |checkpoint| checkpoint.blocks)
    }
}

/// The block that is filling.
struct Filling<'a> {
    feed: &'a Feed<'a>,
    position: &'a AtomicU64,
    number: u64,
    events: Vec<Event>,
    bytes: usize,
    hasher: Sha256,
    /// The ids of articles so far, as hashes.
    ids: HashSet<u64>,
    /// Fields that the user has named, and that no row has had yet.
    unseen: Vec<String>,
}

/// So many ids are remembered: some 40 MB.
const REMEMBERED_IDS: usize = 2_000_000;

impl Filling<'_> {
    fn inputs(&mut self, inputs: &[Input], problems: Vec<Rejected>) -> ControlFlow<()> {
        for problem in problems {
            self.rejected(problem)?;
        }
        self.all_inputs(inputs)?;
        for field in std::mem::take(&mut self.unseen) {
            self.push(Event::NoSuchField(field), 100)?;
        }
        ControlFlow::Continue(())
    }

    fn all_inputs(&mut self, inputs: &[Input]) -> ControlFlow<()> {
        for input in inputs {
            let mut flow = ControlFlow::Continue(());
            let (mut entries, mut items) = (0, 0);
            let read = read_input(input, self.feed.options, self.position, &mut |item| {
                items += 1;
                flow = self.item(item, input, &mut entries);
                flow
            });
            flow?;
            if items == 0 {
                self.rejected(Rejected::whole(&input.id(), Reason::NothingInIt))?;
            }
            let done = InputDone {
                path: input.id(),
                digest: read.digest,
                entries,
                windows_1252_rows: read.windows_1252_rows,
                left_alone: read.left_alone,
            };
            self.note(b"input", &[&done.path]);
            self.push(Event::InputDone(done), 100)?;
        }
        ControlFlow::Continue(())
    }

    fn item(&mut self, item: Result<Item, Rejected>, input: &Input, entries: &mut u64) -> ControlFlow<()> {
        let fields = &self.feed.options.fields;
        let item = match item {
            Ok(item) => item,
            Err(rejected) => return self.rejected(rejected),
        };
        if let Item::Row { row, .. } = &item {
            self.unseen.retain(|name| !FieldNames::has(row, name));
        }
        if self.feed.is_list {
            return statements(item, fields, &mut |entry| {
                *entries += 1;
                self.entry_or_reject(entry)
            });
        }
        *entries += 1;
        match item.into_article(fields) {
            Ok(mut article) => {
                let repeated = self.make_unique(&mut article.id, input);
                self.entry_or_reject(Ok(Entry::Article(article)))?;
                match repeated {
                    Some(id) => self.push(Event::RepeatedId(id), 100),
                    None => ControlFlow::Continue(()),
                }
            }
            Err(rejected) => {
                *entries -= 1;
                self.rejected(rejected)
            }
        }
    }

    /// An id that another article has had takes its input's name before it, and a number behind where that is not
    /// enough: results by article must not pool two. Returns the id that was repeated.
    fn make_unique(&mut self, id: &mut String, input: &Input) -> Option<String> {
        let hash_of = |id: &str| {
            let mut hasher = std::hash::DefaultHasher::new();
            id.hash(&mut hasher);
            hasher.finish()
        };
        if self.ids.len() >= REMEMBERED_IDS || self.ids.insert(hash_of(id)) {
            return None;
        }
        let repeated = id.clone();
        let longer = format!("{}#{id}", input.id());
        let numbered = (2..).map(|number| format!("{longer}~{number}"));
        let unique = std::iter::once(longer.clone())
            .chain(numbered)
            .find(|id| self.ids.insert(hash_of(id)));
        *id = unique.unwrap_or(longer);
        Some(repeated)
    }

    fn entry_or_reject(&mut self, entry: Result<Entry, Rejected>) -> ControlFlow<()> {
        match entry {
            Ok(entry) => {
                // Everything that reaches a record is in the digest, and in what a block holds.
                let mut length = 0;
                self.hasher.update(b"entry");
                entry.each_part(&mut |part| {
                    self.hasher.update((part.len() as u64).to_le_bytes());
                    self.hasher.update(part.as_bytes());
                    length += part.len();
                });
                self.push(Event::Entry(entry), length)
            }
            Err(rejected) => self.rejected(rejected),
        }
    }

    fn rejected(&mut self, rejected: Rejected) -> ControlFlow<()> {
        let message = rejected.to_string();
        self.note(b"rejected", &[&message]);
        let length = rejected.record.len() + message.len();
        self.push(Event::Rejected(rejected), length)
    }

    /// Takes an event into the digest, each part after its length.
    fn note(&mut self, kind: &[u8], parts: &[&str]) {
        self.hasher.update(kind);
        for part in parts {
            self.hasher.update((part.len() as u64).to_le_bytes());
            self.hasher.update(part.as_bytes());
        }
    }

    fn push(&mut self, event: Event, bytes: usize) -> ControlFlow<()> {
        self.events.push(event);
        self.bytes += bytes;
        if self.bytes >= BLOCK_BYTES || self.events.len() >= BLOCK_EVENTS {
            self.send()?;
        }
        match self.feed.stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Sends the block on, and begins the next.
    fn send(&mut self) -> ControlFlow<()> {
        let block = Block {
            number: self.number,
            events: std::mem::take(&mut self.events),
            digest: hex(&self.hasher.clone().finalize()),
            position: self.position.load(Ordering::Relaxed),
            is_done: self.number < self.feed.done_blocks(),
        };
        self.number += 1;
        self.bytes = 0;
        let resumed_here = self
            .feed
            .resumed
            .filter(|checkpoint| checkpoint.blocks == self.number);
        let is_other = resumed_here.is_some_and(|checkpoint| checkpoint.digest != block.digest);
        let result = match is_other {
            true => Err(CorpusError::InputsChanged),
            false => Ok(block),
        };
        // Where nobody takes blocks any more, the run has failed already.
        match self.feed.blocks.send(result) {
            Ok(()) if !is_other => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}
