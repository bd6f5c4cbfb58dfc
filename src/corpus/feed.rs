//! Inputs → blocks of entries, in a fixed order and of fixed extent: the same inputs give the same blocks.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;

use sha2::{Digest as _, Sha256};

use super::entry::{statements, Entry};
use super::journal::Checkpoint;
use super::{CorpusError, InputDone};
use crate::article::{read_input, Item, ReadOptions, Reason, Rejected};
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
        };
        if filling.inputs(inputs, problems).is_continue() {
            let _ = filling.send();
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
}

impl Filling<'_> {
    fn inputs(&mut self, inputs: &[Input], problems: Vec<Rejected>) -> ControlFlow<()> {
        for problem in problems {
            self.rejected(problem)?;
        }
        for input in inputs {
            let mut flow = ControlFlow::Continue(());
            let (mut entries, mut items) = (0, 0);
            let read = read_input(input, self.feed.options, self.position, &mut |item| {
                items += 1;
                flow = self.item(item, &mut entries);
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

    fn item(&mut self, item: Result<Item, Rejected>, entries: &mut u64) -> ControlFlow<()> {
        let fields = &self.feed.options.fields;
        let found = match item {
            Err(rejected) => vec![Err(rejected)],
            Ok(item) if self.feed.is_list => statements(item, fields),
            Ok(item) => vec![item.into_article(fields).map(Entry::Article)],
        };
        for entry in found {
            match entry {
                Ok(entry) => {
                    *entries += 1;
                    self.entry(entry)?;
                }
                Err(rejected) => self.rejected(rejected)?,
            }
        }
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: Entry) -> ControlFlow<()> {
        let length = match &entry {
            Entry::Article(article) => {
                self.note(b"article", &[&article.id, &article.text]);
                article.text.len()
            }
            Entry::Statement(listed) => {
                self.note(b"statement", &[&listed.source.article, &listed.text]);
                listed.text.len()
            }
        };
        self.push(Event::Entry(entry), length)
    }

    fn rejected(&mut self, rejected: Rejected) -> ControlFlow<()> {
        self.note(b"rejected", &[&rejected.to_string()]);
        let length = rejected.record.len() + 200;
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
