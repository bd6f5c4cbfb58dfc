//! Records as Arrow columns: the types that Parquet and Arrow files have.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float32Builder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{ArrayRef, DictionaryArray, Int8Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::{Map, Value};

use super::{OutputError, Record};
use crate::attribution::Quote;
use crate::stance::Stance;
use crate::table::text_of;

/// So many records make a batch.
pub(super) const BATCH: usize = 8192;

/// What type a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Float,
    /// Single precision: probabilities.
    Probability,
    Flag,
    /// One of a few names, as a dictionary.
    Stance,
    Quote,
}

impl Kind {
    fn of(field: &str) -> Self {
        match field {
            "statement" | "start" | "end" => Self::Integer,
            "truncated" => Self::Flag,
            "stance" => Self::Stance,
            "quote" => Self::Quote,
            "holder_confidence" => Self::Probability,
            field if field.starts_with("p_") => Self::Probability,
            _ => Self::Text,
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Probability => DataType::Float32,
            Self::Flag => DataType::Boolean,
            Self::Stance | Self::Quote => {
                DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8))
            }
        }
    }
}

/// The types of carried fields, as far as their values have shown.
#[derive(Clone, Debug, Default)]
pub(super) struct CarriedKinds(Vec<(String, Option<Kind>)>);

impl CarriedKinds {
    /// Takes note of a record's carried fields: those of the record's own names are not among them.
    pub(super) fn note(&mut self, record: &Map<String, Value>) {
        for (name, value) in record {
            if Record::FIELDS.contains(&name.as_str()) {
                continue;
            }
            let kind = match value {
                Value::Null => None,
                Value::Bool(_) => Some(Kind::Flag),
                Value::Number(number) if number.is_i64() => Some(Kind::Integer),
                Value::Number(_) => Some(Kind::Float),
                _ => Some(Kind::Text),
            };
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = common(*known, kind),
                None => self.0.push((name.clone(), kind)),
            }
        }
    }

    /// The fields' names, in order of first appearance.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// The type that holds values of both.
fn common(one: Option<Kind>, other: Option<Kind>) -> Option<Kind> {
    match (one, other) {
        (None, kind) | (kind, None) => kind,
        (Some(one), Some(other)) if one == other => Some(one),
        (Some(Kind::Integer | Kind::Float), Some(Kind::Integer | Kind::Float)) => Some(Kind::Float),
        _ => Some(Kind::Text),
    }
}

/// Records on their way into batches.
pub(super) struct Columns {
    kinds: Vec<(String, Kind)>,
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
}

impl Columns {
    /// Columns for the record's own fields and then those carried.
    pub(super) fn new(carried: &CarriedKinds) -> Self {
        let own = Record::FIELDS.map(|field| (field.to_owned(), Kind::of(field)));
        let carried = carried
            .0
            .iter()
            .map(|(name, kind)| (name.clone(), kind.unwrap_or(Kind::Text)));
        let kinds: Vec<(String, Kind)> = own.into_iter().chain(carried).collect();
        // A field of `null` alone has no type of its own; everything may be null but what every record has.
        let is_nullable = |name: &str| {
            !matches!(
                name,
                "article" | "statement" | "start" | "end" | "text" | "truncated"
            ) && !name.starts_with("p_")
                || !Record::FIELDS.contains(&name)
        };
        let fields: Vec<Field> = kinds
            .iter()
            .map(|(name, kind)| Field::new(name, kind.data_type(), is_nullable(name)))
            .collect();
        Self {
            builders: kinds.iter().map(|(_, kind)| Builder::new(*kind)).collect(),
            kinds,
            schema: Arc::new(Schema::new(fields)),
            rows: 0,
        }
    }

    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Adds a record, as JSONL has it; a batch comes out when there are enough.
    pub(super) fn push(&mut self, record: &Map<String, Value>) -> Result<Option<RecordBatch>, OutputError> {
        for ((name, _), builder) in self.kinds.iter().zip(&mut self.builders) {
            builder.push(record.get(name).unwrap_or(&Value::Null));
        }
        self.rows += 1;
        (self.rows == BATCH).then(|| self.take()).transpose()
    }

    /// The records that have not come out in a batch yet.
    pub(super) fn take(&mut self) -> Result<RecordBatch, OutputError> {
        self.rows = 0;
        let arrays = self.builders.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(self.schema(), arrays).map_err(|error| OutputError::Columns(error.to_string()))
    }
}

enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    Probability(Float32Builder),
    Flag(BooleanBuilder),
    /// The same dictionary in every batch, as Arrow files want it.
    Name {
        names: Vec<&'static str>,
        keys: Vec<Option<i8>>,
    },
}

impl Builder {
    fn new(kind: Kind) -> Self {
        let name = |names| Self::Name {
            names,
            keys: Vec::new(),
        };
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Float => Self::Float(Float64Builder::new()),
            Kind::Probability => Self::Probability(Float32Builder::new()),
            Kind::Flag => Self::Flag(BooleanBuilder::new()),
            Kind::Stance => name(Stance::ALL.iter().map(|stance| stance.name()).collect()),
            Kind::Quote => name(Quote::ALL.iter().map(|quote| quote.name()).collect()),
        }
    }

    fn push(&mut self, value: &Value) {
        match self {
            Self::Text(builder) => builder.append_option(text_of(value)),
            Self::Integer(builder) => builder.append_option(value.as_i64()),
            Self::Float(builder) => builder.append_option(value.as_f64()),
            Self::Probability(builder) => builder.append_option(value.as_f64().map(|value| value as f32)),
            Self::Flag(builder) => builder.append_option(value.as_bool()),
            Self::Name { names, keys } => {
                let name = value.as_str();
                let key = name.and_then(|name| names.iter().position(|known| *known == name));
                keys.push(key.and_then(|key| i8::try_from(key).ok()));
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Probability(builder) => Arc::new(builder.finish()),
            Self::Flag(builder) => Arc::new(builder.finish()),
            Self::Name { names, keys } => {
                let keys = Int8Array::from(std::mem::take(keys));
                let names = StringArray::from(names.clone());
                // Every key is a place in the dictionary: `push` took it from there.
                Arc::new(DictionaryArray::<Int8Type>::new(keys, Arc::new(names)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;
    use serde_json::json;

    #[test]
    fn carried_fields_take_the_type_that_holds_them_all() {
        let mut kinds = CarriedKinds::default();
        for record in [
            json!({"stance": "none", "n": 1, "x": 1, "s": null, "b": true, "m": 1}),
            json!({"n": 2, "x": 0.5, "s": null, "b": false, "m": "two"}),
        ] {
            kinds.note(record.as_object().unwrap());
        }
        let columns = Columns::new(&kinds);
        let schema = columns.schema();
        let types: Vec<&DataType> = schema
            .fields()
            .iter()
            .skip(18)
            .map(|field| field.data_type())
            .collect();
        assert_eq!(
            types,
            [
                &DataType::Int64,
                &DataType::Float64,
                &DataType::Utf8,
                &DataType::Boolean,
                &DataType::Utf8
            ]
        );
    }

    #[test]
    fn stances_are_a_dictionary_that_is_the_same_in_every_batch() {
        let mut columns = Columns::new(&CarriedKinds::default());
        let record = json!({"article": "a", "statement": 0, "start": 0, "end": 5, "text": "They.", "stance": "none",
            "p_pro_intervention": 0.1, "p_anti_intervention": 0.2, "p_cooperative": 0.3, "p_none": 0.4,
            "truncated": false});
        for _ in 0..2 {
            columns.push(record.as_object().unwrap()).unwrap();
            let batch = columns.take().unwrap();
            let stance = batch.column_by_name("stance").unwrap();
            let stance = stance
                .as_any()
                .downcast_ref::<DictionaryArray<Int8Type>>()
                .unwrap();
            assert_eq!(stance.values().len(), 4);
            assert_eq!(batch.column_by_name("holder").unwrap().null_count(), 1);
        }
    }
}
