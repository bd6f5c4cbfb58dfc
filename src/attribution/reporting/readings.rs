//! Words read as reporting verbs, where they stand.

use crate::attribution::clauses::{is_adverb, is_be, is_have, subject_before};
use crate::attribution::lexicon::{is_finite, is_group, verb, Manner, Tense, Verb};
use crate::attribution::phrases::{is_determiner, is_preposition};
use crate::attribution::words::{Kind, Word};

/// Readings of the word at `at` as a verb that reports.
pub(in crate::attribution) fn readings(words: &[Word], at: usize) -> impl Iterator<Item = Verb> + '_ {
    let word = &words[at];
    // "called the raid", "rejected": the word after, whatever it is.
    // "made it plain"
    let skips = usize::from(
        words.get(at + 1).is_some_and(|next| next.is("it"))
            && words
                .get(at + 2)
                .is_some_and(|next| next.is_any(&["plain", "clear", "known"])),
    );
    let next = words.get(at + 1 + skips).map(|next| match next.kind {
        Kind::Capital => "the",
        _ => next.lower.as_str(),
    });
    let is_lower = word.kind == Kind::Lower && !word.possessive;
    verb(if is_lower { &word.lower } else { "" }, next)
}

/// Verbs that are no nouns too, or seldom: "his friends say".
const COMMON_BASES: &[&str] = &[
    "say",
    "tell",
    "want",
    "argue",
    "insist",
    "believe",
    "think",
    "agree",
    "reject",
    "oppose",
    "ask",
    "maintain",
    "deny",
    "warn",
    "suggest",
    "see",
    "accuse",
    "hold",
    "consider",
    "condemn",
    "favour",
    "favor",
    "denounce",
    "acknowledge",
    "admit",
    "concede",
    "contend",
    "declare",
    "describe",
    "regard",
    "prefer",
    "refuse",
    "threaten",
    "urge",
    "write",
];

/// "ordered by the council"; not "warned by telephone".
fn is_agent(words: &[Word], by: usize) -> bool {
    let means = |word: &Word| {
        word.is_any(&[
            "telephone",
            "phone",
            "satellite",
            "radio",
            "letter",
            "email",
            "e-mail",
            "video",
            "fax",
            "cable",
            "telegram",
            "text",
            "saying",
            "telling",
            "what",
            "whom",
        ])
    };
    words.get(by).is_some_and(|word| word.is("by")) && !words.get(by + 1).is_some_and(means)
}

/// "The women who trade in it say": the noun that the subject turns on is a plural.
fn has_plural_subject(words: &[Word], at: usize) -> bool {
    subject_before(words, at).is_some_and(|subject| {
        let phrase = &words[subject.phrase];
        let head = phrase
            .iter()
            .take_while(|word| {
                word.is_word()
                    && !is_preposition(word)
                    && !(word.kind == Kind::Lower && is_finite(&word.lower))
            })
            .last();
        let is_relative = phrase
            .iter()
            .any(|word| word.is_any(&["who", "by", "of", "in", "from", "at", "for"]));
        is_relative
            && words[at].is_any(COMMON_BASES)
            && head.is_some_and(|head| {
                is_group(&head.lower) || head.kind == Kind::Lower && head.lower.ends_with('s')
            })
    })
}

/// A reading of the word at `at` as a finite verb in its place.
pub(in crate::attribution) fn finite_reading(words: &[Word], at: usize) -> Option<Verb> {
    let word = &words[at];
    let before_index = (0..at).rev().find(|&index| !is_adverb(&words[index]));
    let before = before_index.map(|index| &words[index]);
    // "it has, however, accepted"
    let before = match before.map(|word| word.kind) {
        Some(Kind::Comma) if at > 1 && words[at - 1].kind == Kind::Comma && is_adverb(&words[at - 2]) => (0
            ..at - 1)
            .rev()
            .map(|index| &words[index])
            .find(|word| !is_adverb(word) && word.kind != Kind::Comma),
        _ => before,
    };
    // "put the dead at 25", not "put the cost at"
    let counts = word.is_any(&["put", "puts"])
        && words.get(at + 1).is_some_and(|next| next.is("the"))
        && words[at + 2..].iter().take(3).any(|next| {
            next.is_any(&[
                "dead",
                "number",
                "toll",
                "figure",
                "total",
                "losses",
                "casualties",
                "wounded",
            ])
        });
    // "has given the government seven days to …": an ultimatum.
    let gives_time = word.is_any(&["gave", "given", "gives"])
        && words[at..]
            .iter()
            .take(10)
            .any(|word| word.is_any(&["hours", "days", "weeks", "ultimatum"]))
        && words[at..].iter().take(12).any(|word| word.is("to"));
    if counts || gives_time {
        return Some(Verb {
            manner: Manner::Speech,
            tense: Tense::Past,
        });
    }
    let says_nothing = words
        .get(at + 1)
        .is_some_and(|word| word.is_any(&["nothing", "little", "neither", "none"]));
    let is_negated = says_nothing
        || words[..at]
            .iter()
            .rev()
            .take(2)
            .any(|word| word.is_any(&["not", "never", "nothing"]) || word.lower.ends_with("n't"));
    if before.is_some_and(|word| {
        word.is_word()
            && (is_determiner(word)
                && !word.is_any(&[
                    "both", "all", "many", "some", "several", "others", "most", "each", "one", "another",
                ])
                || word.possessive)
    }) {
        return None;
    }
    readings(words, at)
        .find(|verb| {
            let fits = match verb.tense {
                Tense::Past => before.is_none_or(|word| !is_be(word) && !is_preposition_of_noun(word)),
                Tense::PastOrParticiple => {
                    before.is_none_or(|word| !is_be(word) && !is_preposition_of_noun(word))
                        && !is_agent(words, at + 1)
                }
                Tense::Participle => before.is_some_and(is_have),
                Tense::Present => {
                    before.is_none_or(|word| !is_preposition_of_noun(word)) && word.lower != "votes"
                }
                Tense::Base if word.is("vote") => false,
                // "a customs post", "a third state"
                Tense::Base
                    if words[..at]
                        .iter()
                        .rev()
                        .take(3)
                        .any(|word| word.is_any(&["a", "an"])) =>
                {
                    false
                }
                Tense::Base
                    if word.is_any(&["state", "states"])
                        && !words.get(at + 1).is_some_and(|next| next.is("that")) =>
                {
                    false
                }
                // "Two officials, who ask not to be named, maintain"
                Tense::Base if before.is_some_and(|word| word.kind == Kind::Comma) => {
                    subject_before(words, at).is_some_and(|subject| {
                        let head = words[subject.phrase.clone()]
                            .iter()
                            .take_while(|word| word.is_word() && !is_preposition(word))
                            .last();
                        head.is_some_and(|head| {
                            is_group(&head.lower)
                                || head.is_any(&["several", "many", "some", "most", "both", "all"])
                                || head.kind == Kind::Lower && head.lower.ends_with('s')
                        })
                    })
                }
                // "will oppose it"; what somebody will say or offer has not been said.
                Tense::Base if before.is_some_and(|word| word.is("will")) => {
                    verb.manner == Manner::View
                        && !word.is_any(&[
                            "offer",
                            "consider",
                            "recognize",
                            "recognise",
                            "approve",
                            "view",
                            "seek",
                        ])
                }
                // "my old sergeant used to say"
                Tense::Base if at > 1 && words[at - 1].is("to") && words[at - 2].is("used") => true,
                Tense::Base
                    if before.is_some_and(|word| word.is_word() && !word.is_any(&["to", "not"]))
                        && has_plural_subject(words, at) =>
                {
                    true
                }
                Tense::Base => before.is_some_and(|word| {
                    word.is_any(&[
                        "would", "did", "does", "do", "they", "we", "i", "who", "many", "some", "others",
                        "most", "both",
                    ]) || is_group(&word.lower)
                        || words[at].is_any(COMMON_BASES)
                            && word.is_word()
                            && word.lower.ends_with('s')
                            && !word.lower.ends_with("ss")
                            && !is_finite(&word.lower)
                            && word.kind != Kind::Number
                }),
                // "is offering to host talks"
                Tense::Gerund => {
                    before.is_some_and(is_be) && matches!(verb.manner, Manner::View | Manner::Speech)
                }
            };
            let is_silence = is_negated && verb.manner == Manner::Speech;
            fits && !is_silence && !declines_to_speak(words, at)
        })
        .filter(|_| !word.lower.is_empty())
}

fn is_preposition_of_noun(word: &Word) -> bool {
    word.is_any(&[
        "of", "for", "in", "at", "from", "with", "to", "by", "about", "under", "over", "between", "without",
        "on", "against",
    ])
}

/// "declined to comment", "refused to say".
fn declines_to_speak(words: &[Word], at: usize) -> bool {
    let declines = words[at].is_any(&["declined", "declines", "refused", "refuses", "decline", "refuse"]);
    declines
        && words.get(at + 1).is_some_and(|word| word.is("to"))
        && words.get(at + 2).is_some_and(|word| {
            word.is_any(&[
                "comment",
                "say",
                "answer",
                "reply",
                "elaborate",
                "speculate",
                "discuss",
                "respond",
                "give",
                "name",
                "be",
                "talk",
                "speak",
                "specify",
                "explain",
            ])
        })
}
