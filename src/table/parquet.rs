//! Parquet, row by row.

use std::panic::{catch_unwind, set_hook, take_hook, AssertUnwindSafe};

use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value};

use super::{missing_column, Row, Sink, TableError};

/// Dates and times further than this from 1970, in days, are sentinels for missing ones.
const MOST_DAYS: i64 = 3_650_000;
const MILLISECONDS_OF_DAY: i64 = 86_400_000;

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
    let reader = guarded(|| SerializedFileReader::new(input)).map_err(unreadable)?;
    let schema = reader.metadata().file_metadata().schema();
    let columns: Vec<String> = schema
        .get_fields()
        .iter()
        .map(|field| field.name().to_owned())
        .collect();
    if let Some(twice) = (1..columns.len()).find(|&column| columns[..column].contains(&columns[column])) {
        return Err(TableError::DuplicateColumn {
            path: name.to_owned(),
            column: columns[twice].clone(),
        });
    }
    if let Some(error) = missing_column(name, &columns, required) {
        return Err(error);
    }
    let mut rows = guarded(|| reader.get_row_iter(None)).map_err(unreadable)?;
    for number in 1.. {
        let fields = guarded(|| {
            let Some(row) = rows.next().transpose()? else {
                return Ok(None);
            };
            let columns = row.get_column_iter();
            Ok(Some(
                columns
                    .map(|(column, field)| (column.clone(), value_of(field)))
                    .collect::<Map<_, _>>(),
            ))
        });
        // What follows in a damaged file is not to be trusted, and there may be no end to it.
        match fields.map_err(unreadable)? {
            Some(fields) => sink(Ok(Row { number, fields })),
            None => break,
        }
    }
    Ok(0)
}

/// Runs a step of the reader, which panics on some damaged files.
fn guarded<T>(step: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    // The error says what there is to say.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    // What it leaves behind after a panic is not used again.
    let result = catch_unwind(AssertUnwindSafe(step));
    set_hook(hook);
    result.unwrap_or_else(|_| Err(ParquetError::General("the file is damaged".to_owned())))
}

fn value_of(field: &Field) -> Value {
    let days = match field {
        Field::Date(days) => i64::from(*days),
        Field::TimestampMillis(milliseconds) => milliseconds / MILLISECONDS_OF_DAY,
        Field::TimestampMicros(microseconds) => microseconds / 1000 / MILLISECONDS_OF_DAY,
        _ => 0,
    };
    if days.abs() > MOST_DAYS {
        return Value::Null;
    }
    field.to_json_value()
}
