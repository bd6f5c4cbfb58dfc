//! What anybody reaches without a model: the commonest label, and cue words.

use std::sync::LazyLock;

use regex::RegexSet;

use super::{ConfusionMatrix, Outcome};
use crate::stance::Stance;

/// The stance that most statements have in the gold (of several as common, the last): always to say it is
/// right that often.
pub(super) fn majority(outcomes: &[Outcome]) -> Stance {
    let matrix = ConfusionMatrix::of(outcomes);
    Stance::ALL
        .into_iter()
        .max_by(|&one, &other| {
            let support = |stance| matrix.scores(stance).support;
            support(one).total_cmp(&support(other))
        })
        .unwrap_or(Stance::None)
}

/// The stance of whose cue words a text has most; `none` where it has none, or two are equal.
///
/// It is what a list of words reaches, negation and holder unread.
pub fn keyword_stance(text: &str) -> Stance {
    let hits = CUES
        .each_ref()
        .map(|(stance, cues)| (*stance, cues.matches(text).iter().count()));
    let most = hits.iter().map(|(_, hits)| *hits).max().unwrap_or(0);
    let mut best = hits.iter().filter(|(_, hits)| *hits == most);
    match (best.next(), best.next()) {
        (Some((stance, _)), None) if most > 0 => *stance,
        _ => Stance::None,
    }
}

static CUES: [(Stance, LazyLock<RegexSet>); 3] = [
    (Stance::ProIntervention, LazyLock::new(|| cues(&PRO))),
    (Stance::AntiIntervention, LazyLock::new(|| cues(&ANTI))),
    (Stance::Cooperative, LazyLock::new(|| cues(&COOPERATIVE))),
];

/// Cues begin at a word; what follows them is free, so that `invade` finds `invaded`.
fn cues(words: &[&str]) -> RegexSet {
    let patterns = words.iter().map(|word| format!(r"(?i)\b{word}"));
    // The tables below are the only patterns, and a test compiles them.
    RegexSet::new(patterns).unwrap_or_else(|_| RegexSet::empty())
}

const PRO: [&str; 20] = [
    "air ?strikes?",
    "all options",
    "bomb",
    "blockade",
    "by force",
    "crush",
    "destroy",
    "hit (them|back)",
    "invade",
    "military action",
    "military option",
    "must act",
    "no-fly zone",
    "on the table",
    "or else",
    "overthrow",
    "send (in )?(the )?(troops|marines|army)",
    "strike",
    "take (them )?out",
    "use of force",
];

const ANTI: [&str; 20] = [
    "aggress",
    "condemn",
    "denounce",
    "foreign (troops|forces|boots|interference|intervention)",
    "illegal",
    "interfere",
    "intervention",
    "invasion",
    "non-?interference",
    "oppose",
    "occup",
    "reject",
    "rule[sd]? out",
    "self-determination",
    "sovereign",
    "subordinat",
    "territorial integrity",
    "unilateral",
    "violat",
    "withdraw",
];

const COOPERATIVE: [&str; 20] = [
    "agree",
    "aid",
    "alliance",
    "allies",
    "assist",
    "ceasefire",
    "collaborat",
    "cooperat",
    "dialogue",
    "help",
    "intelligence.sharing",
    "joint",
    "mediat",
    "negotiat",
    "partner",
    "peacekeep",
    "share",
    "support",
    "talks",
    "together",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_compile_and_cue_words_decide() {
        assert!(CUES.iter().all(|(_, cues)| cues.len() == 20));
        for (text, stance) in [
            ("We will bomb and invade them.", Stance::ProIntervention),
            ("We reject foreign interference.", Stance::AntiIntervention),
            ("Talks on a joint patrol went on.", Stance::Cooperative),
            ("The meeting began at noon.", Stance::None),
            ("Bomb them, but share the intelligence.", Stance::None),
        ] {
            assert_eq!(keyword_stance(text), stance, "{text}");
        }
    }

    #[test]
    fn the_majority_is_the_commonest_gold_label() {
        let outcome = |gold| Outcome {
            gold,
            guess: Stance::ProIntervention.into(),
            weight: 1.0,
        };
        let outcomes = [Stance::None, Stance::Cooperative, Stance::Cooperative].map(outcome);
        assert_eq!(majority(&outcomes), Stance::Cooperative);
    }
}
