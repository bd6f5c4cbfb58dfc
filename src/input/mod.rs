//! What the user named → streams of bytes: files, folders, patterns, standard input; compressed or not.

mod compression;
mod digest;
mod find;

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

pub use compression::{decompressed, inner_name, spooled, Compression};
pub(crate) use digest::hex;
pub use digest::{digest_of, sha256_hex, Digest, Digesting};
pub use find::{ending_of, find_inputs, paths_of_list, FoundInputs, InputError};

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Stdin,
    File(PathBuf),
}

impl Input {
    /// What the input is called in records and messages: its path, or `-`.
    pub fn id(&self) -> String {
        match self {
            Input::Stdin => "-".to_owned(),
            Input::File(path) => path.display().to_string(),
        }
    }

    /// Opens the input for reading.
    ///
    /// # Errors
    /// The system's.
    pub fn open(&self) -> std::io::Result<Box<dyn Read>> {
        Ok(match self {
            Input::Stdin => Box::new(std::io::stdin().lock()),
            Input::File(path) => Box::new(File::open(path)?),
        })
    }
}
