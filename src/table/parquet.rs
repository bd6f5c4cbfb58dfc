//! Parquet, row by row.

use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use serde_json::Value;

use super::{missing_column, RejectedRow, Row, Sink, TableError};

/// Reads every row. Nothing in it is ever Windows-1252: Parquet knows what is text.
pub(super) fn read<R: ChunkReader + 'static>(
    input: R,
    name: &str,
    required: &[&str],
    sink: Sink<'_>,
) -> Result<usize, TableError> {
    let unreadable = |error: ParquetError| TableError::Parquet {
        path: name.to_owned(),
        reason: error.to_string(),
    };
    let reader = SerializedFileReader::new(input).map_err(unreadable)?;
    let schema = reader.metadata().file_metadata().schema();
    let columns: Vec<String> = schema
        .get_fields()
        .iter()
        .map(|field| field.name().to_owned())
        .collect();
    if let Some(error) = missing_column(name, &columns, required) {
        return Err(error);
    }
    let rows = reader.get_row_iter(None).map_err(unreadable)?;
    for (number, row) in (1..).zip(rows) {
        let row = match row {
            Ok(row) => row.to_json_value(),
            // What follows in a damaged file is not to be trusted, and there may be no end to it.
            Err(error) => return Err(unreadable(error)),
        };
        sink(match row {
            Value::Object(fields) => Ok(Row { number, fields }),
            _ => Err(RejectedRow {
                number,
                reason: "is no record".to_owned(),
            }),
        });
    }
    Ok(0)
}
