//! Verbs that report what somebody said, wants or decided.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use super::{lines, words, WordSet};

/// What a verb says of its subject's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attribution) enum Manner {
    /// Words were said: "said", "told".
    Speech,
    /// Reports only beside a quotation or as a clause of its own: "began", "laughed", "went on".
    BesideSpeech,
    /// A view is told, in words or not: "rejected", "wants", "offered".
    View,
    /// A deed that takes a position: "signed", "voted".
    Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attribution) enum Tense {
    Base,
    Present,
    Past,
    Participle,
    /// Past and participle alike, as of every regular verb.
    PastOrParticiple,
    Gerund,
}

/// A reading of a word as a reporting verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attribution) struct Verb {
    pub(in crate::attribution) manner: Manner,
    pub(in crate::attribution) tense: Tense,
}

/// A reading, and the words one of which must follow it: "ruled out", "called for"; none must where there are none.
struct Entry {
    verb: Verb,
    particles: Vec<&'static str>,
}

static VERBS: LazyLock<HashMap<String, Vec<Entry>>> = LazyLock::new(|| {
    let mut verbs: HashMap<String, Vec<Entry>> = HashMap::new();
    let mut add = |entry: &str, manner: Manner, particles: &[&'static str]| {
        for (form, tense) in forms(entry) {
            let particles = particles.to_vec();
            let verb = Verb { manner, tense };
            verbs.entry(form).or_default().push(Entry { verb, particles });
        }
    };
    for line in lines(include_str!("data/verbs_with_particle.txt")) {
        let (verb, particles) = line.split_once(": ").unwrap_or((line, ""));
        let (manner, verb) = verb.split_once(' ').unwrap_or(("view", verb));
        let manner = match manner {
            "speech" => Manner::Speech,
            "beside_speech" => Manner::BesideSpeech,
            "act" => Manner::Act,
            _ => Manner::View,
        };
        let particles: Vec<&str> = particles.split_whitespace().collect();
        add(verb, manner, &particles);
    }
    for (list, manner) in [
        (include_str!("data/verbs_speech.txt"), Manner::Speech),
        (include_str!("data/verbs_act.txt"), Manner::Act),
        (include_str!("data/verbs_view.txt"), Manner::View),
        (include_str!("data/verbs_beside_speech.txt"), Manner::BesideSpeech),
    ] {
        for entry in lines(list).flat_map(str::split_whitespace) {
            add(entry, manner, &[]);
        }
    }
    verbs
});

static AUXILIARIES: WordSet = LazyLock::new(|| words(include_str!("data/auxiliaries.txt")));
static OTHER_FINITE: WordSet = LazyLock::new(|| words(include_str!("data/finite.txt")));
static PLURAL_NOUNS: WordSet = LazyLock::new(|| words(include_str!("data/plural_nouns.txt")));
static ADJECTIVES_IN_ED: WordSet = LazyLock::new(|| words(include_str!("data/adjectives_in_ed.txt")));

/// The readings of a word as a reporting verb, in lower case, before `next`; the likeliest first.
pub(in crate::attribution) fn verb<'a>(word: &str, next: Option<&'a str>) -> impl Iterator<Item = Verb> + 'a {
    let readings: &'static [Entry] = VERBS.get(word).map_or(&[], Vec::as_slice);
    let follows = move |entry: &&Entry| {
        entry.particles.is_empty() || next.is_some_and(|next| entry.particles.contains(&next))
    };
    readings.iter().filter(follows).map(|entry| entry.verb)
}

/// True for a word that ends a subject: an auxiliary, or a verb in a finite form.
pub(in crate::attribution) fn is_finite(word: &str) -> bool {
    let is_finite_form = |entry: &Entry| match entry.verb.tense {
        Tense::Past | Tense::PastOrParticiple => true,
        // "claims", "views" are rather nouns.
        Tense::Present => entry.particles.is_empty() && !PLURAL_NOUNS.contains(word),
        _ => false,
    };
    AUXILIARIES.contains(word)
        || OTHER_FINITE.contains(word)
        || VERBS
            .get(word)
            .is_some_and(|readings| readings.iter().any(is_finite_form))
        || word.len() > 4 && word.ends_with("ed") && !word.contains('-') && !ADJECTIVES_IN_ED.contains(word)
}

/// True for "-ing" and "-ed" forms that open a phrase, as "speaking in Rome".
pub(in crate::attribution) fn is_participle_or_gerund(word: &str) -> bool {
    word.len() > 4 && (word.ends_with("ing") || word.ends_with("ed"))
}

/// The forms of an entry with their tenses.
fn forms(entry: &str) -> Vec<(String, Tense)> {
    let parts: Vec<&str> = entry.split('/').collect();
    if let [base, present, past, participle, gerund] = parts[..] {
        let mut forms = vec![
            (present.to_owned(), Tense::Present),
            (gerund.to_owned(), Tense::Gerund),
        ];
        if past == participle {
            forms.push((past.to_owned(), Tense::PastOrParticiple));
        } else {
            forms.push((past.to_owned(), Tense::Past));
            forms.push((participle.to_owned(), Tense::Participle));
        }
        if base != past {
            forms.push((base.to_owned(), Tense::Base));
        }
        return forms;
    }
    let base = entry.trim_end_matches('+');
    let doubled = match entry.ends_with('+') {
        true => format!("{base}{}", &base[base.len() - 1..]),
        false => base.to_owned(),
    };
    let ends_in_y =
        base.ends_with('y') && !base.ends_with("ay") && !base.ends_with("ey") && !base.ends_with("oy");
    let present = if ends_in_y {
        format!("{}ies", &base[..base.len() - 1])
    } else if base.ends_with(['s', 'x', 'o']) || base.ends_with("ch") || base.ends_with("sh") {
        format!("{base}es")
    } else {
        format!("{base}s")
    };
    let past = if ends_in_y {
        format!("{}ied", &base[..base.len() - 1])
    } else if base.ends_with('e') {
        format!("{base}d")
    } else {
        format!("{doubled}ed")
    };
    let gerund = if base.ends_with('e') && !base.ends_with("ee") {
        format!("{}ing", &base[..base.len() - 1])
    } else {
        format!("{doubled}ing")
    };
    vec![
        (base.to_owned(), Tense::Base),
        (present, Tense::Present),
        (past, Tense::PastOrParticiple),
        (gerund, Tense::Gerund),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_inflected() {
        let tense = |word: &str| verb(word, None).next().map(|verb| verb.tense);
        assert_eq!(tense("denies"), Some(Tense::Present));
        assert_eq!(tense("denied"), Some(Tense::PastOrParticiple));
        assert_eq!(tense("admitted"), Some(Tense::PastOrParticiple));
        assert_eq!(tense("urging"), Some(Tense::Gerund));
        assert_eq!(tense("written"), Some(Tense::Participle));
        assert_eq!(tense("walked"), None);
    }

    #[test]
    fn some_verbs_report_only_with_their_particle() {
        assert_eq!(verb("ruled", Some("out")).next().unwrap().manner, Manner::View);
        assert!(verb("ruled", Some("the")).all(|verb| verb.manner == Manner::BesideSpeech));
    }
}
