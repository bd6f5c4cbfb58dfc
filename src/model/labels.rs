//! Which stance each output of a model stands for: by name, never by order.

use std::collections::BTreeMap;
use std::path::Path;

use super::ModelError;
use crate::stance::Stance;

/// What a model's own labels stand for, where their names do not say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelMap(BTreeMap<String, Stance>);

/// Why a label map cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LabelMapError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error(
        "{path}: is no label map: {source}; it is a JSON object with a stance for each of the model's labels, like \
         {{\"LABEL_0\": \"none\"}}"
    )]
    NotAMap { path: String, source: serde_json::Error },
    #[error("{path}: `{label}` is mapped to `{stance}`, which is no stance; the stances are pro_intervention, anti_intervention, cooperative and none")]
    NoStance {
        path: String,
        label: String,
        stance: String,
    },
}

impl LabelMap {
    /// Reads a JSON object from labels to stances.
    ///
    /// # Errors
    /// [`LabelMapError`].
    pub fn read(path: &Path) -> Result<Self, LabelMapError> {
        let name = || path.display().to_string();
        let text =
            std::fs::read(path).map_err(|source| LabelMapError::Unreadable { path: name(), source })?;
        let map: BTreeMap<String, String> = serde_json::from_slice(&text)
            .map_err(|source| LabelMapError::NotAMap { path: name(), source })?;
        let stances = map
            .into_iter()
            .map(|(label, stance)| match Stance::from_spelling(&stance) {
                Ok(stance) => Ok((label, stance)),
                Err(_) => Err(LabelMapError::NoStance {
                    path: name(),
                    label,
                    stance,
                }),
            });
        Ok(Self(stances.collect::<Result<_, _>>()?))
    }

    /// The map as one line: what is the same for two maps says the same.
    pub(super) fn fingerprint(&self) -> String {
        let pairs = self.0.iter().map(|(label, stance)| format!("{label:?}={stance}"));
        pairs.collect::<Vec<_>>().join(",")
    }
}

/// The stance of each output, from `id2label`: by the map where there is one, otherwise by name.
///
/// # Errors
/// [`ModelError::Labels`] unless there are four outputs, one for each stance.
pub(super) fn stances(
    id2label: &BTreeMap<String, String>,
    map: Option<&LabelMap>,
    model: &str,
) -> Result<[Stance; Stance::COUNT], ModelError> {
    let mut labels = [None; Stance::COUNT];
    for (id, name) in id2label {
        let output = id.parse::<usize>().ok().and_then(|id| labels.get_mut(id));
        let stance = match map {
            Some(map) => map.0.get(name).copied(),
            None => Stance::from_spelling(name).ok(),
        };
        if let Some(output) = output {
            *output = stance;
        }
    }
    let complete = Stance::ALL.iter().all(|&stance| labels.contains(&Some(stance)));
    if !complete || id2label.len() != Stance::COUNT {
        let shown = |(id, name): (&String, &String)| match map {
            None => format!("{id}: {name}"),
            Some(map) => match map.0.get(name) {
                Some(stance) => format!("{id}: {name} → {stance}"),
                None => format!("{id}: {name} (not in the label map)"),
            },
        };
        return Err(ModelError::Labels {
            model: model.to_owned(),
            found: id2label.iter().map(shown).collect::<Vec<_>>().join(", "),
        });
    }
    Ok(labels.map(|label| label.unwrap_or(Stance::None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: [&str; 4]) -> BTreeMap<String, String> {
        let numbered = names.into_iter().enumerate();
        numbered
            .map(|(id, name)| (id.to_string(), name.to_owned()))
            .collect()
    }

    fn map(json: &str) -> Result<LabelMap, LabelMapError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), json).unwrap();
        LabelMap::read(file.path())
    }

    const EXPECTED: [Stance; 4] = [
        Stance::None,
        Stance::Cooperative,
        Stance::ProIntervention,
        Stance::AntiIntervention,
    ];

    #[test]
    fn names_are_read_however_their_words_are_joined() {
        for names in [
            ["none", "cooperative", "pro_intervention", "anti_intervention"],
            ["None", "COOPERATIVE", "Pro-Intervention", "anti intervention"],
        ] {
            assert_eq!(stances(&labels(names), None, "m").unwrap(), EXPECTED);
        }
    }

    #[test]
    fn a_map_says_what_names_do_not() {
        let own = labels(["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"]);
        assert!(stances(&own, None, "m").is_err());
        let whole = r#"{"LABEL_3": "anti_intervention", "LABEL_0": "none", "LABEL_1": "Cooperative",
            "LABEL_2": "pro_intervention", "more": "none"}"#;
        assert_eq!(stances(&own, Some(&map(whole).unwrap()), "m").unwrap(), EXPECTED);
        // A map that lacks a label, or gives two the same stance.
        for (json, said) in [
            (r#"{"LABEL_0": "none"}"#, "1: LABEL_1 (not in the label map)"),
            (
                r#"{"LABEL_0": "none", "LABEL_1": "none", "LABEL_2": "cooperative", "LABEL_3": "pro_intervention"}"#,
                "1: LABEL_1 → none",
            ),
        ] {
            let error = stances(&own, Some(&map(json).unwrap()), "m")
                .unwrap_err()
                .to_string();
            assert!(error.contains(said), "{error}");
        }
        // Where there is a map, names count for nothing: they may say the opposite.
        let turned = labels(["none", "cooperative", "anti_intervention", "pro_intervention"]);
        let turning = r#"{"none": "none", "cooperative": "cooperative", "anti_intervention": "pro_intervention",
            "pro_intervention": "anti_intervention"}"#;
        assert_eq!(
            stances(&turned, Some(&map(turning).unwrap()), "m").unwrap(),
            EXPECTED
        );
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for (json, said) in [
            ("[]", "is no label map"),
            ("{\"a\": 1}", "is no label map"),
            ("{\"a\": \"against\"}", "`a` is mapped to `against`"),
        ] {
            let error = map(json).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let error = LabelMap::read(Path::new("/nowhere/map.json")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/map.json"), "{error}");
    }
}
