//! One input → the articles and rows in it, whatever it is written and packed in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use super::archive::{read_tar, read_zip, ArchiveKind};
use super::format::{other_format, ArticleFormat};
use super::{documents, warc, FieldNames, Item, ItemSink, Reason, Rejected};
use crate::input::{decompressed, digest_of, ending_of, inner_name, spooled, Digest, Digesting, Input};
use crate::table::{self, Limits, TableError, TableFormat};

/// How inputs are read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The format of every file; each file's own where it is `None`.
    pub format: Option<ArticleFormat>,
    pub fields: FieldNames,
    /// A larger article is rejected, and never held in memory.
    pub max_article_bytes: u64,
    /// What a file is that neither its name nor its beginning tells of: text, or a list with a statement a line.
    pub is_list: bool,
}

impl ReadOptions {
    /// No article is larger.
    pub const DEFAULT_MAX_ARTICLE_BYTES: u64 = 16 << 20;
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            format: None,
            fields: FieldNames::default(),
            max_article_bytes: Self::DEFAULT_MAX_ARTICLE_BYTES,
            is_list: false,
        }
    }
}

/// What reading an input to its end told.
#[derive(Debug)]
pub struct InputRead {
    /// Its size and SHA-256; `None` where it could not be read to its end, or the sink had seen enough.
    pub digest: Option<Digest>,
    /// Rows of tables that were not UTF-8 and were read as Windows-1252.
    pub windows_1252_rows: usize,
    /// Members of archives that were left alone, counted by their ending.
    pub left_alone: BTreeMap<String, usize>,
}

/// Reads one input: every article or row of it goes to the sink, usable or rejected, in its order.
///
/// `position` is raised by the bytes that are read, for others to see how far reading is.
pub fn read_input(
    input: &Input,
    options: &ReadOptions,
    position: &AtomicU64,
    sink: ItemSink<'_>,
) -> InputRead {
    let id = input.id();
    let context = Context {
        options,
        depth: 0,
        told: &RefCell::default(),
    };
    let digest = match open(input, options) {
        Ok(Opened::Seekable(file, kind)) => {
            let flow = match kind {
                Some(ArchiveKind::Zip) => read_zip(file, &id, &context, sink),
                _ => read_table(&id, sink, &context, |limits, sink| {
                    table::read_parquet(file, &id, limits, sink)
                }),
            };
            let digest = match (flow, input) {
                (ControlFlow::Continue(()), Input::File(path)) => digest_of(path).ok(),
                _ => None,
            };
            position.fetch_add(
                digest.as_ref().map_or(0, |digest| digest.bytes),
                Ordering::Relaxed,
            );
            digest
        }
        Ok(Opened::Stream(stream)) => {
            let mut stream = Digesting::new(Counting { stream, position });
            match read_stream(&mut stream, &id, &context, sink) {
                ControlFlow::Continue(()) => stream.finish().ok(),
                ControlFlow::Break(()) => None,
            }
        }
        Err(error) => {
            let _ = sink(Err(Rejected::whole(&id, error.into())));
            None
        }
    };
    let told = context.told.take();
    InputRead {
        digest,
        windows_1252_rows: told.windows_1252_rows,
        left_alone: told.left_alone,
    }
}

/// Reads a stream that is none of the [`Input`]s; `id` names it, and its ending may tell its format.
pub fn read_from(
    stream: &mut dyn Read,
    id: &str,
    options: &ReadOptions,
    sink: ItemSink<'_>,
) -> ControlFlow<()> {
    let context = Context {
        options,
        depth: 0,
        told: &RefCell::default(),
    };
    read_stream(stream, id, &context, sink)
}

/// A stream that tells others how far it is.
struct Counting<'a, R> {
    stream: R,
    position: &'a AtomicU64,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.position.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

enum Opened {
    /// A file on disk that is read from its end: a zip archive (but no Word document), or else Parquet.
    Seekable(File, Option<ArchiveKind>),
    Stream(Box<dyn Read>),
}

/// What a file in the format of zip archives is.
enum ZipKind {
    Archive,
    /// A Word document, by its name or because the user says so; or a file of an office that is not read.
    Document,
}

/// What a zip file is by its name; `None` where it is none.
fn zip_kind(name: &str, beginning: &[u8], options: &ReadOptions) -> Option<ZipKind> {
    if ArchiveKind::of(beginning) != Some(ArchiveKind::Zip) {
        return None;
    }
    let is_document = options.format == Some(ArticleFormat::Docx)
        || ArticleFormat::of_name(name) == Some(ArticleFormat::Docx)
        || other_format(name).is_some();
    Some(match is_document {
        true => ZipKind::Document,
        false => ZipKind::Archive,
    })
}

/// True where a zip file under any name is a document of Word or Excel, by its members.
fn is_office(file: &File) -> std::io::Result<bool> {
    let archive = zip::ZipArchive::new(BufReader::new(file.try_clone()?));
    let is_office = archive.is_ok_and(|archive| {
        let mut names = archive.file_names().flatten();
        names.any(|name| matches!(&*name, "word/document.xml" | "xl/workbook.xml"))
    });
    (&*file).seek(std::io::SeekFrom::Start(0))?;
    Ok(is_office)
}

fn open(input: &Input, options: &ReadOptions) -> std::io::Result<Opened> {
    let Input::File(path) = input else {
        return Ok(Opened::Stream(input.open()?));
    };
    let file = File::open(path)?;
    // A pipe has no end to seek; looking at its beginning would take it away.
    if !file.metadata()?.is_file() {
        return Ok(Opened::Stream(Box::new(file)));
    }
    let mut beginning = Vec::new();
    (&file).take(4).read_to_end(&mut beginning)?;
    let file = File::open(path)?;
    Ok(match zip_kind(&input.id(), &beginning, options) {
        Some(ZipKind::Archive) if !is_office(&file)? => Opened::Seekable(file, Some(ArchiveKind::Zip)),
        _ if beginning == b"PAR1" => Opened::Seekable(file, None),
        _ => Opened::Stream(Box::new(file)),
    })
}

/// What holds for a stream and for all that lies in it.
pub(super) struct Context<'a> {
    options: &'a ReadOptions,
    /// In how many archives the stream lies.
    depth: u32,
    told: &'a RefCell<Told>,
}

#[derive(Default)]
struct Told {
    windows_1252_rows: usize,
    left_alone: BTreeMap<String, usize>,
}

/// An archive may lie in an archive, as daily files do in a year's; what lies deeper is meant to harm.
const DEEPEST_ARCHIVE: u32 = 2;

impl Context<'_> {
    pub(super) fn within(&self) -> Self {
        Self {
            depth: self.depth + 1,
            ..*self
        }
    }

    /// A member that is no article by its name.
    pub(super) fn leave_alone(&self, name: &str) {
        let ending = ending_of(std::path::Path::new(name));
        *self
            .told
            .borrow_mut()
            .left_alone
            .entry(format!(".{ending}"))
            .or_default() += 1;
    }
}

/// Reads a stream: takes off its compression, opens an archive, and reads what is then a document or a table.
pub(super) fn read_stream(
    stream: &mut dyn Read,
    id: &str,
    context: &Context<'_>,
    sink: ItemSink<'_>,
) -> ControlFlow<()> {
    let whole = |reason| Err(Rejected::whole(id, reason));
    let mut stream = match decompressed(stream) {
        Ok(stream) => stream,
        Err(error) => return sink(whole(error.into())),
    };
    let beginning = match stream.fill_buf() {
        Ok(beginning) => beginning,
        Err(error) => return sink(whole(error.into())),
    };
    let name = inner_name(id);
    let options = context.options;
    if let Some(kind) = ArchiveKind::of(beginning) {
        let is_archive = !matches!(zip_kind(&name, beginning, options), Some(ZipKind::Document));
        if is_archive {
            if context.depth >= DEEPEST_ARCHIVE {
                return sink(whole(Reason::NestedArchive));
            }
            return match kind {
                ArchiveKind::Tar => read_tar(&mut stream, id, context, sink),
                ArchiveKind::Zip => match spooled(&mut stream) {
                    Ok(mut file) => match is_office(&file) {
                        Ok(true) => read_document(ArticleFormat::Docx, &mut file, id, options, sink),
                        Ok(false) => read_zip(file, id, context, sink),
                        Err(error) => sink(whole(error.into())),
                    },
                    Err(error) => sink(whole(error.into())),
                },
            };
        }
    }
    let columns = options.fields.text_columns();
    let known = options.format.or_else(|| ArticleFormat::of_name(&name));
    if known.is_none() {
        if let Some((ending, hint)) = other_format(&name) {
            return sink(whole(Reason::OtherFormat { ending, hint }));
        }
    }
    let sniffed = || ArticleFormat::sniff(beginning, &columns);
    let is_json = ending_of(std::path::Path::new(&name)) == "json";
    let format = match known {
        // A saved page is often called .txt; it is no less a page.
        Some(ArticleFormat::Text) if options.format.is_none() => match sniffed() {
            ArticleFormat::Html => ArticleFormat::Html,
            _ => ArticleFormat::Text,
        },
        Some(format) => format,
        None => match sniffed() {
            format @ ArticleFormat::Table(_) => format,
            _ if is_json => ArticleFormat::Table(TableFormat::Json),
            format => format,
        },
    };
    let format = match format {
        ArticleFormat::Text if options.is_list => ArticleFormat::Table(TableFormat::Lines),
        format => format,
    };
    match format {
        ArticleFormat::Warc => warc::read(stream, id, options.max_article_bytes, sink),
        ArticleFormat::Table(format) => read_table(id, sink, context, |limits, sink| {
            table::read(stream, Some(format), id, limits, sink)
        }),
        format => read_document(format, &mut stream, id, options, sink),
    }
}

/// Reads a document, which is held whole.
fn read_document(
    format: ArticleFormat,
    stream: &mut dyn Read,
    id: &str,
    options: &ReadOptions,
    sink: ItemSink<'_>,
) -> ControlFlow<()> {
    match documents::read(format, stream, id, options.max_article_bytes) {
        Ok(articles) => articles
            .into_iter()
            .try_for_each(|article| sink(Ok(Item::Document(article)))),
        Err(reason) => sink(Err(Rejected::whole(id, reason))),
    }
}

/// Reads a table, whose rows are for the sink to make something of.
fn read_table(
    id: &str,
    sink: ItemSink<'_>,
    context: &Context<'_>,
    read: impl FnOnce(
        Limits<'_>,
        &mut dyn FnMut(Result<table::Row, table::RejectedRow>) -> ControlFlow<()>,
    ) -> Result<usize, TableError>,
) -> ControlFlow<()> {
    let columns = context.options.fields.text_columns();
    let limits = Limits {
        required: &[],
        any_of: &columns,
        max_row_bytes: match context.options.is_list {
            true => table::MAX_STATEMENT_BYTES.min(context.options.max_article_bytes),
            false => context.options.max_article_bytes,
        },
    };
    let mut flow = ControlFlow::Continue(());
    let result = read(limits, &mut |row| {
        flow = sink(match row {
            Ok(row) => Ok(Item::Row {
                place: id.to_owned(),
                row,
            }),
            Err(row) => Err(Rejected::row(id, row)),
        });
        flow
    });
    match result {
        Ok(windows_1252) => context.told.borrow_mut().windows_1252_rows += windows_1252,
        Err(error) => return sink(Err(Rejected::table(id, error))),
    }
    flow
}
