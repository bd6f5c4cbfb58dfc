//! A random sample of predicted statements for coders to label.

use std::collections::{BTreeMap, BinaryHeap, HashSet};
use std::path::Path;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Allocation;
use crate::evaluation::Stratum;
use crate::table::{self, first_reason, RejectedRow, Row, TableError};

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
    /// Predictions that abstained: they are in no share, and were not drawn from.
    pub abstained: usize,
    /// How many rows were not UTF-8 and were read as Windows-1252.
    pub windows_1252: usize,
}

/// A statement of the sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    /// See [`Row::key`].
    pub id: String,
    pub row: Row,
    /// The statement before it in its article, where the corpus has it: context settles pronouns.
    pub before: Option<String>,
    /// The index of its stratum.
    pub stratum: usize,
}

/// Why no sample can be drawn.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error("{path}: no line has an id and a text{}", first_reason(.first))]
    NothingToDraw {
        path: String,
        first: Option<RejectedRow>,
    },
    #[error("{path}: no statement has the field `{field}` to stratify by")]
    NoStratum { path: String, field: String },
    #[error("a sample of {size} cannot be stratified by `{field}`, which has more than {most} values: each stratum needs at least two statements")]
    TooManyStrata { field: String, size: usize, most: usize },
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
        let mut abstained = 0;
        let mut before = None;
        let most_strata = (options.size / 2).max(1);
        let mut too_many = false;
        let windows_1252 = table::read_file(path, &["text"], &mut |row| {
            if row.as_ref().is_ok_and(has_abstained) {
                abstained += 1;
                return;
            }
            let ticket = row.and_then(|row| Ticket::of(row, before.take(), generator.next_u64()));
            before = ticket.as_ref().ok().and_then(|ticket| Place::of(&ticket.row));
            match ticket {
                Ok(_) if too_many => {}
                Ok(ticket) => {
                    let field = options.stratify.as_ref();
                    let value = field.and_then(|field| ticket.row.part(field));
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
        let (statements, strata) = dealt(urns, options);
        let mut sample = Self {
            statements,
            strata,
            rejected,
            abstained,
            windows_1252,
        };
        sample.drop_repeated();
        Ok(sample)
    }

    /// Of drawn statements with the same id the first stays: labels are joined by it.
    fn drop_repeated(&mut self) {
        let mut seen = HashSet::new();
        let (strata, rejected) = (&mut self.strata, &mut self.rejected);
        self.statements.retain(|statement| {
            let is_new = seen.insert(statement.id.clone());
            if !is_new {
                strata[statement.stratum].drawn -= 1;
                let reason = format!(
                    "drawn, but its id `{}` stands twice; the first is kept",
                    statement.id
                );
                rejected.push(statement.row.rejected(reason));
            }
            is_new
        });
    }

    /// How many statements it was drawn from.
    pub fn corpus(&self) -> usize {
        self.strata.iter().map(|stratum| stratum.statements).sum()
    }
}

/// The statements that strata give by their allocation, in random order, and the strata.
fn dealt(urns: BTreeMap<Option<String>, Urn>, options: &SampleOptions) -> (Vec<Sampled>, Vec<Stratum>) {
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
        before: ticket.before,
        stratum,
    });
    (statements.collect(), strata)
}

fn has_abstained(row: &Row) -> bool {
    row.fields.contains_key("stance") && row.text("stance").is_none()
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
    before: Option<String>,
}

impl Ticket {
    fn of(row: Row, before: Option<Place>, number: u64) -> Result<Self, RejectedRow> {
        if row.text("text").is_none() {
            return Err(row.rejected("no `text`"));
        }
        let before = before.filter(|before| before.is_followed_by(&row));
        Ok(Self {
            number,
            id: row.required_key()?,
            row,
            before: before.and_then(|before| before.text),
        })
    }
}

/// Where a statement stands in its article, and what it says: all that is kept of the row before.
struct Place {
    article: String,
    statement: Option<f64>,
    text: Option<String>,
}

impl Place {
    /// The place of a row's statement; `None` where it stands in no article.
    fn of(row: &Row) -> Option<Self> {
        Some(Self {
            article: row.text("article")?,
            statement: row.number("statement").ok().flatten(),
            text: row.text("text"),
        })
    }

    /// True where a row is the next statement of the same article.
    fn is_followed_by(&self, row: &Row) -> bool {
        Self::of(row).is_some_and(|next| {
            next.article == self.article && next.statement == self.statement.map(|number| number + 1.0)
        })
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
        let probability = |stratum: usize| sample.strata[stratum].probability();
        assert_eq!((probability(0), probability(1)), (0.125, 0.5));
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
        let few = draw("id,text\n1,x\n2,\n3,y\n1,z\n", &options(5, 0, None)).unwrap();
        assert_eq!((few.statements.len(), few.rejected.len()), (2, 2));
        assert_eq!((few.strata[0].statements, few.strata[0].drawn), (3, 2));
    }
}
