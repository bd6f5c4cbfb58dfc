//! Archives of articles: zip and tar. Nothing is ever unpacked to disk under a name that an archive gives.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Component, Path};

use super::reader::{read_stream, Context};
use super::{ArticleFormat, ItemSink, Reason, Rejected};
use crate::input::{ending_of, inner_name};

/// The kinds of archive, by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArchiveKind {
    Zip,
    Tar,
}

/// Where a tar header says that it is one.
const TAR_MAGIC: std::ops::Range<usize> = 257..262;

impl ArchiveKind {
    pub(super) fn of(beginning: &[u8]) -> Option<Self> {
        if beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(b"PK\x05\x06") {
            return Some(Self::Zip);
        }
        (beginning.get(TAR_MAGIC)? == b"ustar").then_some(Self::Tar)
    }
}

/// Reads the members of a zip archive, in its order, that have a name Demarche knows.
pub(super) fn read_zip(
    file: File,
    place: &str,
    context: &Context<'_>,
    sink: ItemSink<'_>,
) -> ControlFlow<()> {
    let damaged = |reason: String| Reason::Damaged {
        format: "zip archive",
        reason,
    };
    let mut archive = match zip::ZipArchive::new(std::io::BufReader::new(file)) {
        Ok(archive) => archive,
        Err(error) => return sink(Err(Rejected::whole(place, damaged(error.to_string())))),
    };
    for index in 0..archive.len() {
        let listed = archive.name_for_index(index).and_then(Result::ok);
        let listed = listed.unwrap_or_default().into_owned();
        let mut entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(error) => {
                let id = member_id(place, Path::new(&listed));
                sink(Err(Rejected::whole(&id, damaged(error.to_string()))))?;
                continue;
            }
        };
        // A name that is no text in its own encoding is still a name.
        let name = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
        };
        let id = member_id(place, Path::new(&name));
        if entry.is_symlink() {
            sink(Err(Rejected::whole(&id, Reason::Link)))?;
        } else if entry.is_file() && is_article(&name) {
            read_stream(&mut entry, &id, &context.within(), sink)?;
        } else if entry.is_file() {
            context.leave_alone(&name);
        }
    }
    ControlFlow::Continue(())
}

/// Reads the members of a tar archive, in its order, that have a name Demarche knows.
pub(super) fn read_tar(
    stream: &mut dyn Read,
    place: &str,
    context: &Context<'_>,
    sink: ItemSink<'_>,
) -> ControlFlow<()> {
    let damaged = |error: std::io::Error| {
        Rejected::whole(
            place,
            Reason::Damaged {
                format: "tar archive",
                reason: error.to_string(),
            },
        )
    };
    let mut archive = tar::Archive::new(stream);
    // Raw: the library would hold a long name whole, however long it is.
    let entries = match archive.entries() {
        Ok(entries) => entries.raw(true),
        Err(error) => return sink(Err(damaged(error))),
    };
    let mut long_name = None;
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            // Where the next member begins is not known any more.
            Err(error) => return sink(Err(damaged(error))),
        };
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            let mut bytes = Vec::new();
            if let Err(error) = (&mut entry).take(LONGEST_NAME).read_to_end(&mut bytes) {
                return sink(Err(damaged(error)));
            }
            long_name = match kind.is_gnu_longname() {
                true => Some(bytes),
                false => pax_path(&bytes).or(long_name),
            };
            continue;
        }
        let name = long_name
            .take()
            .unwrap_or_else(|| entry.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned();
        let id = member_id(place, Path::new(&name));
        if kind.is_symlink() || kind.is_hard_link() {
            sink(Err(Rejected::whole(&id, Reason::Link)))?;
        } else if kind.is_file() && is_article(&name) {
            read_stream(&mut entry, &id, &context.within(), sink)?;
        } else if kind.is_file() {
            context.leave_alone(&name);
        }
    }
    ControlFlow::Continue(())
}

/// No name of a member is longer.
const LONGEST_NAME: u64 = 1 << 16;

/// The path in a member's extended header (POSIX.1-2001): records of a length, a keyword and a value.
fn pax_path(mut header: &[u8]) -> Option<Vec<u8>> {
    loop {
        let digits = header.iter().position(|&byte| byte == b' ')?;
        let length: usize = std::str::from_utf8(&header[..digits]).ok()?.parse().ok()?;
        let record = header.get(digits + 1..length)?;
        if let Some(path) = record.strip_prefix(b"path=") {
            return Some(path.strip_suffix(b"\n").unwrap_or(path).to_vec());
        }
        header = &header[length..];
    }
}

/// `archive.zip/folder/name.txt`. A path that leaves the archive is named as if it did not: it is a name and no
/// more.
fn member_id(place: &str, name: &Path) -> String {
    let mut id = place.to_owned();
    for component in name.components() {
        if let Component::Normal(part) = component {
            id.push('/');
            id.push_str(&part.to_string_lossy());
        }
    }
    id
}

/// Members that archives of macOS and of version control keep for themselves are no articles.
fn is_article(name: &str) -> bool {
    let ending = ending_of(Path::new(&inner_name(name)));
    let file_name = name.rsplit('/').next().unwrap_or(name);
    !file_name.starts_with('.')
        && !name.starts_with("__MACOSX/")
        && ArticleFormat::ENDINGS.contains(&ending.as_str())
}
