//! A random sample of predicted statements for coders to label.

use std::collections::{BTreeMap, BinaryHeap};
use std::path::Path;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::Allocation;
use crate::table::{self, RejectedRow, Row, TableError};

/// How a sample is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleOptions {
    /// How many statements, if the corpus has as many.
    pub size: usize,
    /// The same seed draws the same statements of the same file.
    pub seed: u64,
    /// The field whose values are the strata; `None` draws from all statements alike.
    pub stratify: Option<String>,
    pub allocation: Allocation,
}

/// A sample, and how it was drawn.
#[derive(Clone, Debug)]
pub struct Sample {
    /// In random order, so that a coder's habits fall on all strata alike.
    pub statements: Vec<Sampled>,
    /// In the order of their values; one alone where nothing was stratified.
    pub strata: Vec<Stratum>,
    /// Rows that could not be drawn, with the reason.
    pub rejected: Vec<RejectedRow>,
}

/// A statement of the sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// See [`Row::key`].
    pub id: String,
    pub row: Row,
    /// The index of its stratum.
    pub stratum: usize,
}

/// A part of the corpus that was drawn from by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stratum {
    /// The value of the field that the corpus was stratified by; null where nothing was, or where
    /// statements have none.
    pub value: Option<String>,
    /// How many statements the corpus has in it.
    pub statements: usize,
    /// How many of them were drawn.
    pub drawn: usize,
}

/// Why no sample can be drawn.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error("{path}: no line has an id and a text{}", .first.as_ref().map(|row| format!(" (line {}: {})", row.number, row.reason)).unwrap_or_default())]
    NothingToDraw {
        path: String,
        first: Option<RejectedRow>,
    },
    #[error("{path}: no statement has the field `{field}` to stratify by")]
    NoStratum { path: String, field: String },
    #[error("a sample of {size} cannot be stratified by `{field}`, which has more than {most} values: each stratum needs at least two statements")]
    TooManyStrata { field: String, size: usize, most: usize },
}

impl Stratum {
    /// The probability with which each of its statements was drawn.
    pub fn probability(&self) -> f64 {
        self.drawn as f64 / self.statements as f64
    }
}

impl Sample {
    /// Draws from the statements of a JSONL, CSV or Parquet file as `demarche classify` writes them,
    /// in one pass: no more is held in memory than could be drawn.
    ///
    /// # Errors
    /// [`SampleError`]; a row that is no statement is rejected by itself.
    pub fn draw(path: &Path, options: &SampleOptions) -> Result<Self, SampleError> {
        let mut generator = ChaCha8Rng::seed_from_u64(options.seed);
        let mut urns: BTreeMap<Option<String>, Urn> = BTreeMap::new();
        let mut rejected = Vec::new();
        let most_strata = (options.size / 2).max(1);
        let mut too_many = false;
        table::read_file(path, &["text"], &mut |row| {
            let ticket = row.and_then(|row| Ticket::of(row, generator.next_u64()));
            match ticket {
                Ok(_) if too_many => {}
                Ok(ticket) => {
                    let field = options.stratify.as_ref();
                    let value = field.and_then(|field| ticket.row.text(field));
                    urns.entry(value).or_default().put(ticket, options.size);
                    // An id in place of a field would make a stratum of every statement.
                    too_many = urns.len() > most_strata;
                }
                Err(row) => rejected.push(row),
            }
        })?;
        let path = path.display().to_string();
        match &options.stratify {
            _ if urns.is_empty() => {
                return Err(SampleError::NothingToDraw {
                    path,
                    first: rejected.into_iter().next(),
                })
            }
            Some(field) if too_many => {
                return Err(SampleError::TooManyStrata {
                    field: field.clone(),
                    size: options.size,
                    most: most_strata,
                })
            }
            Some(field) if urns.keys().all(Option::is_none) => {
                return Err(SampleError::NoStratum {
                    path,
                    field: field.clone(),
                })
            }
            _ => {}
        }
        Ok(Self::dealt(urns, rejected, options))
    }

    fn dealt(
        urns: BTreeMap<Option<String>, Urn>,
        rejected: Vec<RejectedRow>,
        options: &SampleOptions,
    ) -> Self {
        let sizes: Vec<usize> = urns.values().map(|urn| urn.statements).collect();
        let dealt = match &options.stratify {
            Some(_) => options.allocation.deal(&sizes, options.size),
            None => vec![options.size.min(sizes[0])],
        };
        let mut strata = Vec::with_capacity(urns.len());
        let mut drawn: Vec<(usize, Ticket)> = Vec::new();
        for ((value, urn), count) in urns.into_iter().zip(dealt) {
            let number = strata.len();
            strata.push(Stratum {
                value,
                statements: urn.statements,
                drawn: count,
            });
            let tickets = urn.least.into_sorted_vec().into_iter().take(count);
            drawn.extend(tickets.map(|ticket| (number, ticket)));
        }
        drawn.sort_by(|(_, one), (_, other)| one.cmp(other));
        let statements = drawn.into_iter().map(|(stratum, ticket)| Sampled {
            id: ticket.id,
            row: ticket.row,
            stratum,
        });
        Self {
            statements: statements.collect(),
            strata,
            rejected,
        }
    }

    /// The probability with which a statement of it was drawn.
    pub fn probability(&self, statement: &Sampled) -> f64 {
        self.strata[statement.stratum].probability()
    }

    /// How many statements it was drawn from.
    pub fn corpus(&self) -> usize {
        self.strata.iter().map(|stratum| stratum.statements).sum()
    }
}

/// The statements of one stratum that may be drawn: those of the lowest numbers.
#[derive(Default)]
struct Urn {
    statements: usize,
    least: BinaryHeap<Ticket>,
}

impl Urn {
    fn put(&mut self, ticket: Ticket, most: usize) {
        self.statements += 1;
        self.least.push(ticket);
        if self.least.len() > most {
            self.least.pop();
        }
    }
}

/// A statement with a random number: to draw `n` at random is to take the `n` lowest.
struct Ticket {
    number: u64,
    id: String,
    row: Row,
}

impl Ticket {
    fn of(row: Row, number: u64) -> Result<Self, RejectedRow> {
        if row.text("text").is_none() {
            return Err(row.rejected("no `text`"));
        }
        match row.key() {
            Some(id) => Ok(Self { number, id, row }),
            None => Err(row.rejected("no `id`, and no `article` and `statement`")),
        }
    }
}

impl Ord for Ticket {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.number, self.row.number).cmp(&(other.number, other.row.number))
    }
}

impl PartialOrd for Ticket {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ticket {}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(size: usize, seed: u64, stratify: Option<&str>) -> SampleOptions {
        SampleOptions {
            size,
            seed,
            stratify: stratify.map(str::to_owned),
            allocation: Allocation::Equal,
        }
    }

    fn draw(rows: &str, options: &SampleOptions) -> Result<Sample, SampleError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("predictions.csv");
        std::fs::write(&path, rows).unwrap();
        Sample::draw(&path, options)
    }

    /// Eighty statements of one outlet and twenty of another.
    fn corpus() -> String {
        let rows = (0..100).map(|id| format!("{id},text {id},{}\n", if id % 5 == 0 { "B" } else { "A" }));
        format!("id,text,outlet\n{}", rows.collect::<String>())
    }

    fn ids(sample: &Sample) -> Vec<&str> {
        sample
            .statements
            .iter()
            .map(|statement| statement.id.as_str())
            .collect()
    }

    #[test]
    fn a_seed_draws_the_same_statements_and_each_is_as_likely() {
        let sample = |seed| draw(&corpus(), &options(10, seed, None)).unwrap();
        assert_eq!(ids(&sample(1)), ids(&sample(1)));
        assert_ne!(ids(&sample(1)), ids(&sample(2)));
        let mut drawn = [0; 100];
        for seed in 0..1000 {
            for id in ids(&sample(seed)) {
                drawn[id.parse::<usize>().unwrap()] += 1;
            }
        }
        // Binomial: 1,000 draws of probability 0.1; five standard deviations are 47.
        assert!(
            drawn.iter().all(|&times: &i32| (times - 100).abs() < 48),
            "{drawn:?}"
        );
    }

    #[test]
    fn strata_give_what_they_are_to_give_and_say_how_likely_that_was() {
        let sample = draw(&corpus(), &options(20, 3, Some("outlet"))).unwrap();
        assert_eq!(sample.strata.len(), 2);
        assert_eq!((sample.strata[0].statements, sample.strata[0].drawn), (80, 10));
        assert_eq!((sample.strata[1].statements, sample.strata[1].drawn), (20, 10));
        let weights: f64 = sample
            .statements
            .iter()
            .map(|statement| 1.0 / sample.probability(statement))
            .sum();
        assert!((weights - 100.0).abs() < 1e-9);
        for statement in &sample.statements {
            let outlet = statement.row.text("outlet");
            assert_eq!(outlet, sample.strata[statement.stratum].value);
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let error = |rows: &str, options| draw(rows, &options).unwrap_err().to_string();
        assert!(error("id,text\n,x\n", options(5, 0, None)).contains("line 2: no `id`"));
        assert!(error(&corpus(), options(5, 0, Some("source"))).contains("field `source`"));
        assert!(error(&corpus(), options(20, 0, Some("id"))).contains("more than 10 values"));
        let few = draw("id,text\n1,x\n2,\n3,y\n", &options(5, 0, None)).unwrap();
        assert_eq!((few.statements.len(), few.rejected.len()), (2, 1));
    }
}
