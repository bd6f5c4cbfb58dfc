//! A table of aliases: the names under which one holder stands in a corpus.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::fold::folded;
use crate::table::{self, first_reason, RejectedRow, Row, TableError};

/// Names of holders and what to call them, read from a table with the fields `alias` and `holder`, and `outlet`
/// where an alias holds in one outlet alone.
#[derive(Clone, Debug)]
pub struct Merge {
    pub path: PathBuf,
    aliases: HashMap<Key, Alias>,
    /// How the holders that aliases stand for are spelt, which are aliases of themselves.
    spellings: HashMap<Key, String>,
    /// Rows that could not be used, with the reason.
    pub rejected: Vec<RejectedRow>,
    /// How many rows were not UTF-8 and were read as Windows-1252.
    pub windows_1252: usize,
}

/// An outlet, `None` for all, and a name; both folded.
type Key = (Option<String>, String);

#[derive(Clone, Debug)]
struct Alias {
    holder: String,
    /// True where a holder of the corpus had it.
    is_matched: bool,
}

/// Why a table of aliases cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error(transparent)]
    Unreadable(#[from] TableError),
    #[error("{path}: no line has an `alias` and a `holder`{}", first_reason(.first))]
    NoAlias {
        path: String,
        first: Option<RejectedRow>,
    },
    #[error("{path}: the aliases {} lead round in a circle; take the name that is meant out of the column `alias`", .names.join(" → "))]
    Circle { path: String, names: Vec<String> },
}

impl Merge {
    /// Reads a JSONL, CSV or Parquet file of aliases.
    ///
    /// # Errors
    /// A file that cannot be read, one without any alias, or aliases that lead round in a circle.
    pub fn read(path: &Path) -> Result<Self, MergeError> {
        let mut merge = Self {
            path: path.to_owned(),
            aliases: HashMap::new(),
            spellings: HashMap::new(),
            rejected: Vec::new(),
            windows_1252: 0,
        };
        merge.windows_1252 = table::read_file(path, &["alias", "holder"], &mut |row| {
            if let Err(row) = row.and_then(|row| merge.add(&row)) {
                merge.rejected.push(row);
            }
        })?;
        if merge.aliases.is_empty() {
            return Err(MergeError::NoAlias {
                path: path.display().to_string(),
                first: merge.rejected.into_iter().next(),
            });
        }
        merge.refuse_circles()?;
        Ok(merge)
    }

    fn add(&mut self, row: &Row) -> Result<(), RejectedRow> {
        let name = |field: &str| {
            row.text(field)
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .ok_or_else(|| row.rejected(format!("no `{field}`")))
        };
        let (alias, holder) = (name("alias")?, name("holder")?);
        let outlet = row.text("outlet").map(|outlet| folded(&outlet));
        let key = (outlet.filter(|outlet| !outlet.is_empty()), folded(&alias));
        match self.aliases.get(&key) {
            Some(first) if folded(&first.holder) != folded(&holder) => {
                return Err(row.rejected(format!(
                    "the alias `{alias}` already stands for `{}`; the first is kept",
                    first.holder
                )))
            }
            Some(_) => return Ok(()),
            None => {}
        }
        self.spellings
            .entry((key.0.clone(), folded(&holder)))
            .or_insert_with(|| holder.clone());
        let is_matched = false;
        self.aliases.insert(key, Alias { holder, is_matched });
        Ok(())
    }

    /// A circle in one outlet goes through an alias of that outlet, or else is one in all of them: it is enough to
    /// begin at each alias once.
    fn refuse_circles(&self) -> Result<(), MergeError> {
        // The same circle each time, wherever the map begins.
        let mut keys: Vec<&Key> = self.aliases.keys().collect();
        keys.sort_unstable();
        for (outlet, alias) in keys {
            let mut names = vec![alias.clone()];
            while let Some(key) = names.last().and_then(|name| self.next(outlet.as_deref(), name)) {
                let name = folded(&self.aliases[&key].holder);
                let is_circle = names.contains(&name);
                names.push(name);
                if is_circle {
                    return Err(MergeError::Circle {
                        path: self.path.display().to_string(),
                        names,
                    });
                }
            }
        }
        Ok(())
    }

    /// The alias that a folded name is in an outlet: the outlet's own before one of all outlets. A name that
    /// stands for itself, in another spelling, leads nowhere.
    fn next(&self, outlet: Option<&str>, name: &str) -> Option<Key> {
        let own = outlet.map(|outlet| (Some(outlet.to_owned()), name.to_owned()));
        let key = own
            .into_iter()
            .chain([(None, name.to_owned())])
            .find(|key| self.aliases.contains_key(key))?;
        (folded(&self.aliases[&key].holder) != name).then_some(key)
    }

    /// What to call a holder of an outlet; `None` where the table does not know it. Aliases of aliases are
    /// followed to their end.
    pub(super) fn resolve(&mut self, outlet: Option<&str>, holder: &str) -> Option<String> {
        let outlet = outlet.map(folded);
        let mut name = folded(holder);
        // One that stands for itself is matched too.
        self.match_alias(outlet.as_deref(), &name);
        while let Some(key) = self.next(outlet.as_deref(), &name) {
            name = folded(&self.aliases[&key].holder);
            self.match_alias(outlet.as_deref(), &name);
        }
        let spelling = |outlet| self.spellings.get(&(outlet, name.clone())).cloned();
        outlet
            .as_ref()
            .and_then(|outlet| spelling(Some(outlet.clone())))
            .or_else(|| spelling(None))
    }

    fn match_alias(&mut self, outlet: Option<&str>, name: &str) {
        for outlet in [outlet, None] {
            let key = (outlet.map(str::to_owned), name.to_owned());
            if let Some(alias) = self.aliases.get_mut(&key) {
                alias.is_matched = true;
                return;
            }
        }
    }

    /// How many aliases no holder had that was asked for.
    pub(super) fn unmatched(&self) -> usize {
        let aliases = self.aliases.values();
        aliases.filter(|alias| !alias.is_matched).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(csv: &str) -> Result<Merge, MergeError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.csv");
        std::fs::write(&path, csv).unwrap();
        Merge::read(&path)
    }

    #[test]
    fn names_meet_whatever_their_case_article_apostrophe_and_spaces() {
        let mut merge =
            merge("alias,holder\nThe islanders' council,Island Council\nM. O'Dunn,Maeve O\u{2019}Dunn\n")
                .unwrap();
        let council = Some("Island Council".to_owned());
        assert_eq!(merge.resolve(None, "islanders\u{2019}  Council"), council);
        assert_eq!(merge.resolve(Some("Echo"), "the island council"), council);
        assert_eq!(merge.unmatched(), 1);
        assert_eq!(
            merge.resolve(None, "m. o\u{2019}dunn").unwrap(),
            "Maeve O\u{2019}Dunn"
        );
        assert_eq!((merge.resolve(None, "Council"), merge.unmatched()), (None, 0));
    }

    #[test]
    fn an_outlet_has_its_own_aliases_before_those_of_all() {
        let csv = "alias;holder;outlet\nthe minister;Tomas Arenga;Courier\nthe minister;Ana Belor;\n\
                   the premier;Ana Belor;Echo\n";
        let mut merge = merge(csv).unwrap();
        assert_eq!(
            merge.resolve(Some("the courier"), "Minister").unwrap(),
            "Tomas Arenga"
        );
        assert_eq!(merge.resolve(Some("Echo"), "the minister").unwrap(), "Ana Belor");
        assert_eq!(merge.resolve(None, "the premier"), None);
        assert_eq!(merge.unmatched(), 1);
    }

    #[test]
    fn chains_are_followed_to_their_end_and_circles_refused() {
        let mut chain = merge("alias,holder\nb,c\na,b\nC,C\n").unwrap();
        for name in ["a", "b", "c"] {
            assert_eq!(chain.resolve(None, name).unwrap(), "c", "{name}");
        }
        assert_eq!(chain.unmatched(), 0);
        let error = merge("alias,holder\nx,a\na,b\nb,A\n").unwrap_err().to_string();
        assert!(
            error.contains("names.csv") && error.contains("a → b → a"),
            "{error}"
        );
        // In one outlet alone.
        let of_echo = "alias,holder,outlet\na,b,\nb,a,Echo\n";
        assert!(matches!(merge(of_echo), Err(MergeError::Circle { .. })));
    }

    #[test]
    fn rows_that_say_nothing_are_rejected_with_their_lines() {
        let merged = merge("alias,holder\na,b\n,c\nd, \nA,c\nthe a,B\n").unwrap();
        let reasons: Vec<(u64, &str)> = merged
            .rejected
            .iter()
            .map(|row| (row.number, row.reason.as_str()))
            .collect();
        let twice = "the alias `A` already stands for `b`; the first is kept";
        assert_eq!(reasons, [(3, "no `alias`"), (4, "no `holder`"), (5, twice)]);
        let error = merge("alias,holder\n,c\n").unwrap_err().to_string();
        assert!(error.contains("(line 2: no `alias`)"), "{error}");
        let error = merge("name,holder\na,c\n").unwrap_err().to_string();
        assert!(error.contains("no column `alias`"), "{error}");
    }
}
