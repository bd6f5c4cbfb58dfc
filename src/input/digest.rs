//! What exactly was read: the SHA-256 of an input.

use std::fs::File;
use std::io::{Read, Result};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// The size of an input and the SHA-256 of its bytes, as lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Digest {
    pub bytes: u64,
    pub sha256: String,
}

/// The digest of a file.
///
/// # Errors
/// Where it cannot be read.
pub fn digest_of(path: &Path) -> Result<Digest> {
    Digesting::new(File::open(path)?).finish()
}

/// A stream that is hashed as it is read.
pub struct Digesting<R> {
    stream: R,
    bytes: u64,
    hasher: Sha256,
}

impl<R: Read> Digesting<R> {
    pub fn new(stream: R) -> Self {
        Self {
            stream,
            bytes: 0,
            hasher: Sha256::new(),
        }
    }

    /// Reads the rest, and tells what all of it was.
    ///
    /// # Errors
    /// The stream's.
    pub fn finish(mut self) -> Result<Digest> {
        let mut buffer = vec![0; 1 << 16];
        while self.read(&mut buffer)? > 0 {}
        Ok(Digest {
            bytes: self.bytes,
            sha256: hex(&self.hasher.finalize()),
        })
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = self.stream.read(buffer)?;
        self.bytes += length as u64;
        self.hasher.update(&buffer[..length]);
        Ok(length)
    }
}

/// The SHA-256 of some bytes, as lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_stream_counts_too() {
        let mut stream = Digesting::new(&b"abc"[..]);
        stream.read_exact(&mut [0; 1]).unwrap();
        let digest = stream.finish().unwrap();
        assert_eq!(digest.bytes, 3);
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            digest.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
