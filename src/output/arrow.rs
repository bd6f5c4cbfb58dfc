//! Record batches as an Arrow IPC file.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, SchemaRef};

use super::OutputError;

/// Writes batches of one schema, uncompressed, so that readers can map the file into memory.
pub(super) struct ArrowFile<W: Write>(FileWriter<W>);

impl<W: Write> ArrowFile<W> {
    pub(super) fn new(stream: W, schema: &SchemaRef) -> Result<Self, OutputError> {
        Ok(Self(FileWriter::try_new(stream, schema).map_err(into_output)?))
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        self.0.write(batch).map_err(into_output)
    }

    pub(super) fn finish(self) -> Result<W, OutputError> {
        self.0.into_inner().map_err(into_output)
    }
}

fn into_output(error: ArrowError) -> OutputError {
    OutputError::Columns(error.to_string())
}
