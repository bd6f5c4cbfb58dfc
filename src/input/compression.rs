//! Compressed streams, told by their first bytes: gzip and Zstandard.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Error, Read, Result, Seek};

use flate2::bufread::MultiGzDecoder;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Zstandard,
}

/// Enough of a stream to tell its compression, and an archive from a table.
const BEGINNING: u64 = 32 << 10;

impl Compression {
    /// By the first bytes: RFC 1952 and RFC 8878.
    pub fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstandard),
            _ => None,
        }
    }
}

/// The stream without its compression, and with its first 32 KiB (or all) at hand in
/// [`BufRead::fill_buf`], so that what it holds can be told by them.
///
/// What was compressed twice stays compressed once: nobody does that in good faith.
///
/// # Errors
/// The stream's.
pub fn decompressed<'a>(stream: impl Read + 'a) -> Result<Box<dyn BufRead + 'a>> {
    let stream = peekable(stream)?;
    match Compression::of(&stream.beginning) {
        None => Ok(Box::new(stream)),
        Some(Compression::Gzip) => Ok(Box::new(peekable(MultiGzDecoder::new(stream))?)),
        Some(Compression::Zstandard) => {
            let decoder = zstd::stream::read::Decoder::with_buffer(stream)?;
            Ok(Box::new(peekable(decoder)?))
        }
    }
}

/// What is read from its end is copied to disk where it comes as a stream; what unpacks to more is a bomb.
const MOST_SPOOLED: u64 = 16 << 30;

/// A copy of a stream on disk, where it can be read from its end.
///
/// # Errors
/// The stream's or the disk's, and where there is more than 16 GiB.
pub fn spooled(stream: &mut dyn Read) -> Result<File> {
    let mut file = tempfile::tempfile()?;
    let length = std::io::copy(&mut stream.take(MOST_SPOOLED), &mut file)?;
    if length == MOST_SPOOLED {
        return Err(Error::other("it unpacks to more than 16 GiB; unpack it first"));
    }
    file.rewind()?;
    Ok(file)
}

/// The name of what a compressed file holds: `news.jsonl` for `news.jsonl.gz`, `news.tar` for `news.tgz`.
pub fn inner_name(name: &str) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    match ending.to_ascii_lowercase().as_str() {
        "gz" | "gzip" | "zst" | "zstd" => stem.to_owned(),
        "tgz" | "tzst" => format!("{stem}.tar"),
        _ => name.to_owned(),
    }
}

/// A stream whose first bytes have been read ahead.
struct Peekable<R> {
    beginning: Vec<u8>,
    stream: std::io::Chain<Cursor<Vec<u8>>, BufReader<R>>,
    /// What went wrong after the first bytes: told when they are used up, for not every stream tells twice.
    error: Option<Error>,
}

fn peekable<R: Read>(stream: R) -> Result<Peekable<R>> {
    let mut stream = BufReader::with_capacity(1 << 16, stream);
    let mut beginning = Vec::new();
    let read = stream.by_ref().take(BEGINNING).read_to_end(&mut beginning);
    let error = match read {
        Err(error) if beginning.is_empty() => return Err(error),
        read => read.err(),
    };
    Ok(Peekable {
        stream: Cursor::new(beginning.clone()).chain(stream),
        beginning,
        error,
    })
}

impl<R: Read> Read for Peekable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        buffer[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl<R: Read> BufRead for Peekable<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        let (first, _) = self.stream.get_ref();
        if first.position() >= first.get_ref().len() as u64 {
            if let Some(error) = self.error.take() {
                return Err(error);
            }
        }
        self.stream.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.stream.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        decompressed(bytes)?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn gzip_of_many_members_and_zstandard_of_many_frames_are_read_whole() {
        let twice = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(read(&twice).unwrap(), b"one two");
        let frame = |text: &[u8]| zstd::encode_all(text, 3).unwrap();
        assert_eq!(
            read(&[frame(b"one "), frame(b"two")].concat()).unwrap(),
            b"one two"
        );
        assert_eq!(read(b"plain").unwrap(), b"plain");
        assert_eq!(read(b"").unwrap(), b"");
    }

    #[test]
    fn damaged_streams_are_errors() {
        let long: Vec<u8> = (0..100_000u32).flat_map(|number| number.to_le_bytes()).collect();
        for whole in [gzip(&long), zstd::encode_all(long.as_slice(), 3).unwrap()] {
            assert!(read(&whole[..whole.len() / 2]).is_err());
        }
        // Zstandard frames need not have a checksum; gzip members do.
        let mut spoilt = gzip(&long);
        let middle = spoilt.len() / 2;
        spoilt[middle..middle + 9].fill(0xa5);
        assert!(read(&spoilt).is_err());
        // A checksum that is wrong where the whole of the text is at hand at once.
        let mut small = gzip(b"They met.");
        let checksum = small.len() - 8;
        small[checksum] ^= 1;
        assert!(read(&small).is_err());
        assert!(read(b"\x1f\x8bnothing").is_err());
    }

    #[test]
    fn names_lose_the_ending_of_their_compression() {
        assert_eq!(inner_name("a/news.jsonl.gz"), "a/news.jsonl");
        assert_eq!(inner_name("news.TGZ"), "news.tar");
        assert_eq!(inner_name("news.csv"), "news.csv");
        assert_eq!(inner_name("notes"), "notes");
    }
}
