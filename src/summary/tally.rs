//! Predictions counted as they are read, by group, article and voice.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::HOLDER;
use crate::evaluation::guess_of;
use crate::stance::Stance;
use crate::table::{self, RejectedRow, Row, TableError};

/// How often each stance was predicted, in the order of [`Stance::ALL`], and last how often none was.
pub(super) type Counts = [u32; Stance::COUNT + 1];

/// The place in [`Counts`] of predictions without a stance.
pub(super) const ABSTAINED: usize = Stance::COUNT;

/// Texts that stand often, each kept once and known by its number.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

/// Values of the fields that part the corpus, by their numbers in [`Names`]; `None` where a row has none.
pub(super) type Values = [Option<u32>; 2];

/// What parts rows: their values and, where holders are among those, the outlet that tells holders apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) values: Values,
    pub(super) outlet: Option<u32>,
}

/// The rows of one group in one article and one voice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct CellKey {
    pub(super) group: u32,
    /// `None` for rows that name no article.
    pub(super) article: Option<u32>,
    pub(super) is_reported: bool,
}

/// Everything that was counted, and what its groups are.
pub(super) struct Cells {
    pub(super) counted: Vec<(CellKey, Counts)>,
    /// The values of each group, by its number.
    pub(super) groups: Vec<[Option<Arc<str>>; 2]>,
}

/// Predictions as they are counted.
pub(super) struct Tally<'a> {
    by: &'a [String],
    with_outlets: bool,
    pub(super) names: Names,
    /// Those of the file that is read: the same name in another file is another article.
    articles: HashMap<String, u32>,
    next_article: u32,
    places: HashMap<Place, u32>,
    cells: HashMap<CellKey, Counts>,
    rows: u64,
    predicted: u64,
}

impl Names {
    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.texts.len() as u32;
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    /// The text of a number that [`Names::number`] gave.
    pub(super) fn text(&self, number: u32) -> &Arc<str> {
        &self.texts[number as usize]
    }
}

impl<'a> Tally<'a> {
    /// Before anything is read.
    pub(super) fn new(by: &'a [String], with_outlets: bool) -> Self {
        Self {
            by,
            with_outlets,
            names: Names::default(),
            articles: HashMap::new(),
            next_article: 0,
            places: HashMap::new(),
            cells: HashMap::new(),
            rows: 0,
            predicted: 0,
        }
    }

    /// Counts the rows of a file; returns how many were read as Windows-1252.
    pub(super) fn read(
        &mut self,
        path: &Path,
        rejected: &mut Vec<(PathBuf, RejectedRow)>,
    ) -> Result<usize, TableError> {
        self.articles.clear();
        table::read_file(path, &["stance"], &mut |row| {
            if let Err(row) = row.and_then(|row| self.add(&row)) {
                rejected.push((path.to_owned(), row));
            }
        })
    }

    fn add(&mut self, row: &Row) -> Result<(), RejectedRow> {
        let guess = guess_of(row).map_err(|reason| row.rejected(reason))?;
        let holder = row.text(HOLDER).filter(|holder| !holder.trim().is_empty());
        let by = self.by;
        let mut values = [None; 2];
        for (value, field) in values.iter_mut().zip(by) {
            *value = match field.as_str() {
                HOLDER => holder.as_deref().map(|holder| self.names.number(holder)),
                field => row.part(field).map(|part| self.names.number(&part)),
            };
        }
        let outlet = match self.with_outlets {
            true => row.text("outlet").map(|outlet| self.names.number(&outlet)),
            false => None,
        };
        let next_place = self.places.len() as u32;
        let key = CellKey {
            group: *self.places.entry(Place { values, outlet }).or_insert(next_place),
            article: row.text("article").map(|article| self.article(article)),
            is_reported: holder.is_some(),
        };
        let counts = self.cells.entry(key).or_default();
        counts[guess.map_or(ABSTAINED, |guess| guess.stance.index())] += 1;
        self.rows += 1;
        self.predicted += u64::from(guess.is_some());
        Ok(())
    }

    fn article(&mut self, name: String) -> u32 {
        let next = &mut self.next_article;
        *self.articles.entry(name).or_insert_with(|| {
            *next += 1;
            *next - 1
        })
    }

    /// How many rows were counted.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// How many of them have a stance.
    pub(super) fn predicted(&self) -> u64 {
        self.predicted
    }

    /// A field that no row has anything in. Holders may all be null: those are the articles' own voices.
    pub(super) fn missing_field(&self) -> Option<&'a str> {
        let is_missing = |&(index, field): &(usize, &'a String)| {
            field != HOLDER && self.places.keys().all(|place| place.values[index].is_none())
        };
        let found = self.by.iter().enumerate().find(is_missing);
        found.map(|(_, field)| field.as_str())
    }

    /// Every holder that was met, with its outlet.
    pub(super) fn holders(&self) -> Vec<(Option<u32>, u32)> {
        let Some(index) = self.holder_index() else {
            return Vec::new();
        };
        let mut holders: Vec<_> = self
            .places
            .keys()
            .filter_map(|place| Some((place.outlet, place.values[index]?)))
            .collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    fn holder_index(&self) -> Option<usize> {
        self.by.iter().position(|field| field == HOLDER)
    }

    /// What was counted, where the holders of an outlet are called as `now` says.
    pub(super) fn into_cells(self, now: &HashMap<(Option<u32>, u32), u32>) -> Cells {
        let holder_index = self.holder_index();
        let mut numbers: HashMap<Values, u32> = HashMap::new();
        let mut groups = Vec::new();
        let mut group_of = vec![0; self.places.len()];
        for (mut place, number) in self.places {
            if let Some(holder) = holder_index.and_then(|index| place.values[index].as_mut()) {
                *holder = *now.get(&(place.outlet, *holder)).unwrap_or(holder);
            }
            group_of[number as usize] = *numbers.entry(place.values).or_insert_with(|| {
                let text = |value: Option<u32>| value.map(|value| Arc::clone(self.names.text(value)));
                groups.push(place.values.map(text));
                groups.len() as u32 - 1
            });
        }
        let counted = self.cells.into_iter().map(|(key, counts)| {
            let group = group_of[key.group as usize];
            (CellKey { group, ..key }, counts)
        });
        Cells {
            counted: counted.collect(),
            groups,
        }
    }
}
