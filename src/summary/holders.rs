//! What holders are called once aliases and bare surnames are joined.

use std::collections::HashMap;
use std::sync::Arc;

use super::surnames::{AmbiguousSurname, JoinedSurname, Persons, Surnames};
use super::tally::Tally;
use super::Merge;

/// The holders of a corpus.
#[derive(Default)]
pub(super) struct Holders {
    /// What to call a holder of an outlet, where it is not what the predictions do; all by their numbers.
    pub(super) now: HashMap<(Option<u32>, u32), u32>,
    pub(super) surnames: Surnames,
    pub(super) unmatched_aliases: usize,
}

/// A holder as it stands in the predictions.
struct Met {
    outlet: Option<u32>,
    number: u32,
    name: Arc<str>,
    /// What the table of aliases calls it.
    merged: Option<String>,
}

impl Holders {
    /// Joins the holders of a tally: by aliases first, then what is left by surnames.
    pub(super) fn of(tally: &mut Tally<'_>, merge: Option<Merge>, surnames: bool) -> Self {
        let mut holders = Self::default();
        let met = holders.merged(tally, merge);
        let joined = match surnames {
            true => holders.joined(tally, &met),
            false => Vec::new(),
        };
        let merged = met.iter().filter_map(|met| Some((met, met.merged.as_deref()?)));
        let joined = joined.iter().map(|(met, holder)| (*met, holder.as_str()));
        for (met, holder) in merged.chain(joined) {
            let number = tally.names.number(holder);
            holders.now.insert((met.outlet, met.number), number);
        }
        holders
    }

    /// Every holder that was met, in the order of its outlet, with what the aliases make of it.
    fn merged(&mut self, tally: &Tally<'_>, mut merge: Option<Merge>) -> Vec<Met> {
        let met = tally.holders().into_iter().map(|(outlet, number)| {
            let name = Arc::clone(tally.names.text(number));
            let merged = merge.as_mut().and_then(|merge| {
                let outlet = outlet.map(|outlet| tally.names.text(outlet).as_ref());
                merge.resolve(outlet, &name)
            });
            Met {
                outlet,
                number,
                name,
                merged,
            }
        });
        let met = met.collect();
        self.unmatched_aliases = merge.map_or(0, |merge| merge.unmatched());
        met
    }

    /// The bare surnames of one person, with what that person is called.
    fn joined<'a>(&mut self, tally: &Tally<'_>, met: &'a [Met]) -> Vec<(&'a Met, String)> {
        let mut joined = Vec::new();
        for of_outlet in met.chunk_by(|one, other| one.outlet == other.outlet) {
            let mut persons = Persons::default();
            for met in of_outlet {
                let holder = met.merged.as_deref().unwrap_or(&met.name);
                persons.add(&met.name, holder);
                if met.merged.is_some() {
                    persons.add(holder, holder);
                }
            }
            for met in of_outlet.iter().filter(|met| met.merged.is_none()) {
                let outlet = || met.outlet.map(|outlet| tally.names.text(outlet).to_string());
                let surname = met.name.to_string();
                match persons.of_surname(&met.name).as_slice() {
                    [] => {}
                    [holder] => {
                        self.surnames.joined.push(JoinedSurname {
                            outlet: outlet(),
                            surname,
                            holder: (*holder).to_owned(),
                        });
                        joined.push((met, (*holder).to_owned()));
                    }
                    several => self.surnames.ambiguous.push(AmbiguousSurname {
                        outlet: outlet(),
                        surname,
                        holders: several.iter().map(|&holder| holder.to_owned()).collect(),
                    }),
                }
            }
        }
        self.surnames.joined.sort_unstable();
        self.surnames.ambiguous.sort_unstable();
        joined
    }
}
