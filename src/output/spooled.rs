//! Formats that can be written only when all records are known: Parquet and Arrow, whose table of contents
//! stands at the end, and CSV whose columns depend on what the records carry.
//!
//! Records are kept as JSONL until then. A run that is broken off leaves a file that is whole and readable up to
//! where it was, and a later one can go on with it; and only one batch is ever in memory.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::arrow::ArrowFile;
use super::columns::{CarriedKinds, Columns};
use super::parquet::ParquetFile;
use super::writers::{cell_of, into_io};
use super::{Destination, JsonlWriter, OutputError, OutputFormat, Record, RecordWriter};

/// Keeps records as JSONL in a spool, and writes them in their format when all are there.
pub struct SpooledWriter<S: Destination, W, O: FnOnce() -> Result<W, OutputError>> {
    spool: JsonlWriter<S>,
    spool_path: PathBuf,
    format: OutputFormat,
    output: O,
}

impl<S, W, O> SpooledWriter<S, W, O>
where
    S: Destination,
    W: Destination + Send,
    O: FnOnce() -> Result<W, OutputError>,
{
    /// A writer of `format`, whose spool is the file at `spool_path`, to what `output` opens in the end. The spool
    /// is then removed.
    pub fn new(spool: S, spool_path: PathBuf, format: OutputFormat, output: O) -> Self {
        Self {
            spool: JsonlWriter::new(spool),
            spool_path,
            format,
            output,
        }
    }
}

impl<S, W, O> RecordWriter for SpooledWriter<S, W, O>
where
    S: Destination,
    W: Destination + Send,
    O: FnOnce() -> Result<W, OutputError>,
{
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        self.spool.write(record)
    }

    fn checkpoint(&mut self) -> Result<u64, OutputError> {
        self.spool.checkpoint()
    }

    fn finish(self: Box<Self>) -> Result<(), OutputError> {
        let Self {
            mut spool,
            spool_path,
            format,
            output,
        } = *self;
        spool.checkpoint()?;
        drop(spool);
        let named = |source| OutputError::File {
            path: spool_path.display().to_string(),
            source,
        };
        let records =
            || -> Result<_, OutputError> { Ok(Spool::open(File::open(&spool_path).map_err(named)?)) };
        let mut carried = CarriedKinds::default();
        for record in records()? {
            carried.note(&record?);
        }
        let output = output()?;
        match format {
            OutputFormat::Parquet => {
                let mut columns = Columns::new(&carried);
                let mut file = ParquetFile::new(output, columns.schema())?;
                columns.drain(records()?, |batch| file.write(batch))?;
                file.finish()?.commit()?;
            }
            OutputFormat::Arrow => {
                let mut columns = Columns::new(&carried);
                let mut file = ArrowFile::new(output, &columns.schema())?;
                columns.drain(records()?, |batch| file.write(batch))?;
                file.finish()?.commit()?;
            }
            _ => write_rows(
                output,
                format.delimiter().unwrap_or(b','),
                &carried.names(),
                records()?,
            )?,
        }
        match std::fs::remove_file(&spool_path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(named(source)),
            _ => Ok(()),
        }
    }
}

impl Columns {
    /// Brings all records into batches.
    fn drain(
        &mut self,
        records: impl Iterator<Item = Result<Map<String, Value>, OutputError>>,
        mut write: impl FnMut(&arrow_array::RecordBatch) -> Result<(), OutputError>,
    ) -> Result<(), OutputError> {
        for record in records {
            if let Some(batch) = self.push(&record?)? {
                write(&batch)?;
            }
        }
        let last = self.take()?;
        if last.num_rows() > 0 {
            write(&last)?;
        }
        Ok(())
    }
}

fn write_rows<W: Destination>(
    output: W,
    delimiter: u8,
    carried: &[String],
    records: impl Iterator<Item = Result<Map<String, Value>, OutputError>>,
) -> Result<(), OutputError> {
    let mut writer = ::csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(output);
    let columns: Vec<&str> = Record::FIELDS
        .into_iter()
        .chain(carried.iter().map(String::as_str))
        .collect();
    writer.write_record(&columns).map_err(into_io)?;
    for record in records {
        let record = record?;
        let cells = columns.iter().map(|column| cell_of(record.get(*column)));
        writer.write_record(cells).map_err(into_io)?;
    }
    let output = writer.into_inner().map_err(|failed| failed.into_error())?;
    output.commit()
}

/// The records of a spool, one after another.
struct Spool {
    lines: std::io::Lines<BufReader<File>>,
}

impl Spool {
    fn open(file: File) -> Self {
        Self {
            lines: BufReader::with_capacity(1 << 16, file).lines(),
        }
    }
}

impl Iterator for Spool {
    type Item = Result<Map<String, Value>, OutputError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.lines.next()? {
            Ok(line) => line,
            Err(error) => return Some(Err(error.into())),
        };
        Some(serde_json::from_str(&line).map_err(|error| std::io::Error::from(error).into()))
    }
}
