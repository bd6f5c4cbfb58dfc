//! What a model of natural language inference is asked, instead of being trained on stances.
//!
//! Source of the method: Yin, Hay and Roth, "Benchmarking zero-shot text classification" (2019).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::ModelError;
use crate::stance::Stance;

/// Hypotheses about a statement, each for a stance: the stance whose hypotheses it entails most is the statement's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hypotheses(Vec<(Stance, String)>);

/// Why hypotheses cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HypothesesError {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error(
        "{path}: holds no hypotheses: {source}; it is a JSON object with a sentence, or a list of sentences, for each of \
         pro_intervention, anti_intervention, cooperative and none"
    )]
    NotHypotheses { path: String, source: serde_json::Error },
    #[error("{path}: `{name}` is no stance; the stances are pro_intervention, anti_intervention, cooperative and none")]
    NoStance { path: String, name: String },
    #[error("{path}: has no hypothesis for {stance}")]
    Missing { path: String, stance: Stance },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// By the codebook's definitions, a sentence for each.
const DEFAULTS: [(Stance, &str); Stance::COUNT] = [
    (
        Stance::ProIntervention,
        "The speaker calls for, threatens or justifies the use of force by one country in another.",
    ),
    (
        Stance::AntiIntervention,
        "The speaker rejects the use of force or interference by one country in another.",
    ),
    (
        Stance::Cooperative,
        "The speaker offers, asks for or welcomes talks, aid or joint work between countries by consent.",
    ),
    (
        Stance::None,
        "The speaker takes no position on whether one country should act in another.",
    ),
];

impl Default for Hypotheses {
    fn default() -> Self {
        Self(DEFAULTS.map(|(stance, text)| (stance, text.to_owned())).to_vec())
    }
}

impl Hypotheses {
    /// Reads a JSON object from stances to sentences.
    ///
    /// # Errors
    /// [`HypothesesError`].
    pub fn read(path: &Path) -> Result<Self, HypothesesError> {
        let name = || path.display().to_string();
        let text =
            std::fs::read(path).map_err(|source| HypothesesError::Unreadable { path: name(), source })?;
        let named: BTreeMap<String, OneOrMore> = serde_json::from_slice(&text)
            .map_err(|source| HypothesesError::NotHypotheses { path: name(), source })?;
        let mut hypotheses = Vec::new();
        for (stance, sentences) in named {
            let stance = Stance::from_spelling(&stance).map_err(|_| HypothesesError::NoStance {
                path: name(),
                name: stance.clone(),
            })?;
            let sentences = match sentences {
                OneOrMore::One(sentence) => vec![sentence],
                OneOrMore::More(sentences) => sentences,
            };
            let sentences = sentences
                .into_iter()
                .filter(|sentence| !sentence.trim().is_empty());
            hypotheses.extend(sentences.map(|sentence| (stance, sentence)));
        }
        let lacks = |stance: &Stance| !hypotheses.iter().any(|(found, _)| found == stance);
        match Stance::ALL.into_iter().find(lacks) {
            None => Ok(Self(hypotheses)),
            Some(stance) => Err(HypothesesError::Missing { path: name(), stance }),
        }
    }

    /// The sentences, in the order in which a statement is set beside them.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, sentence)| sentence.as_str())
    }

    /// What each is for, in the same order.
    pub fn stances(&self) -> Vec<Stance> {
        self.0.iter().map(|(stance, _)| *stance).collect()
    }

    /// What is the same for two sets says the same.
    pub(super) fn fingerprint(&self) -> String {
        let pairs = self
            .0
            .iter()
            .map(|(stance, sentence)| format!("{stance}={sentence:?}"));
        pairs.collect::<Vec<_>>().join(",")
    }
}

/// The outputs of a model of natural language inference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entailment {
    /// The one for a hypothesis that follows.
    pub output: usize,
    /// How many there are.
    pub outputs: usize,
}

/// The label that stands for it, whatever its case.
const ENTAILMENT: &str = "entailment";

impl Entailment {
    /// By name, from `id2label`.
    ///
    /// # Errors
    /// [`ModelError::NoEntailment`], with what was found.
    pub(super) fn of(id2label: &BTreeMap<String, String>, model: &str) -> Result<Self, ModelError> {
        let named = id2label
            .iter()
            .filter(|(_, name)| name.eq_ignore_ascii_case(ENTAILMENT));
        let mut places = named.filter_map(|(id, _)| id.parse::<usize>().ok());
        let outputs = id2label.len();
        match (places.next(), places.next()) {
            (Some(output), None) if output < outputs => Ok(Self { output, outputs }),
            _ => Err(ModelError::NoEntailment {
                model: model.to_owned(),
                found: id2label
                    .iter()
                    .map(|(id, name)| format!("{id}: {name}"))
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Hypotheses, HypothesesError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), json).unwrap();
        Hypotheses::read(file.path())
    }

    #[test]
    fn a_stance_has_one_hypothesis_or_more() {
        let read = read(
            r#"{"pro_intervention": ["It wants war.", "It threatens."], "Anti-Intervention": "It wants none.",
                "cooperative": "It offers help.", "none": "It reports."}"#,
        )
        .unwrap();
        assert_eq!(read.sentences().count(), 5);
        let count = |stance| read.stances().iter().filter(|&&found| found == stance).count();
        assert_eq!(Stance::ALL.map(count), [2, 1, 1, 1]);
    }

    #[test]
    fn what_are_no_hypotheses_is_refused() {
        for (json, said) in [
            ("[]", "holds no hypotheses"),
            ("{\"against\": \"x\"}", "`against` is no stance"),
            (
                r#"{"pro_intervention": "a", "anti_intervention": "b", "none": "c", "cooperative": []}"#,
                "no hypothesis for cooperative",
            ),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn entailment_is_found_by_its_whole_name() {
        let labels = |names: &[&str]| -> BTreeMap<String, String> {
            let numbered = names.iter().enumerate();
            numbered
                .map(|(id, name)| (id.to_string(), (*name).to_owned()))
                .collect()
        };
        let found = Entailment::of(&labels(&["contradiction", "neutral", "ENTAILMENT"]), "m").unwrap();
        assert_eq!((found.output, found.outputs), (2, 3));
        let found = Entailment::of(&labels(&["entailment", "not_entailment"]), "m").unwrap();
        assert_eq!((found.output, found.outputs), (0, 2));
        let error = Entailment::of(&labels(&["LABEL_0", "LABEL_1"]), "m").unwrap_err();
        assert!(error.to_string().contains("0: LABEL_0, 1: LABEL_1"), "{error}");
    }
}
