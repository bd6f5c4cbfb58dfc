//! Parquet, row by row.

use std::panic::{catch_unwind, set_hook, take_hook, AssertUnwindSafe};

use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value};

use super::{missing_column, too_long, Limits, RejectedRow, Row, RowSink, TableError};

/// Dates and times further than this from 1970, in days, are sentinels for missing ones.
const MOST_DAYS: i64 = 3_650_000;
const MILLISECONDS_OF_DAY: i64 = 86_400_000;

/// Reads every row. Nothing in it is ever Windows-1252: Parquet knows what is text.
pub(super) fn read<R: ChunkReader + 'static>(
    input: R,
    name: &str,
    limits: Limits<'_>,
    sink: RowSink<'_>,
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
    if let Some(error) = missing_column(name, &columns, limits) {
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
        let Some(fields) = fields.map_err(unreadable)? else {
            break;
        };
        let length: u64 = fields.values().map(length_of).sum();
        let row = if length > limits.max_row_bytes {
            Err(RejectedRow::new(number, too_long(length, limits.max_row_bytes)))
        } else {
            Ok(Row { number, fields })
        };
        if sink(row).is_break() {
            break;
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

fn length_of(value: &Value) -> u64 {
    value.as_str().map_or(0, |text| text.len() as u64)
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
