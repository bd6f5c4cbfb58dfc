//! Record batches as a Parquet file.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::OutputError;

/// Rows of a row group: what a reader of the file holds at once, and what is held here until it is full.
const ROW_GROUP: usize = 65_536;

/// Writes batches of one schema, compressed with Zstandard, texts and labels coded by dictionary where that is
/// shorter.
pub(super) struct ParquetFile<W: Write + Send>(ArrowWriter<W>);

impl<W: Write + Send> ParquetFile<W> {
    pub(super) fn new(stream: W, schema: SchemaRef) -> Result<Self, OutputError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_created_by(concat!("demarche ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(stream, schema, Some(properties));
        Ok(Self(writer.map_err(into_output)?))
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        self.0.write(batch).map_err(into_output)
    }

    pub(super) fn finish(self) -> Result<W, OutputError> {
        self.0.into_inner().map_err(into_output)
    }
}

fn into_output(error: parquet::errors::ParquetError) -> OutputError {
    OutputError::Columns(error.to_string())
}
