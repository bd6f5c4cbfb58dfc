//! Words whose full stop need not end a sentence, by what may follow them.

/// What the text after an abbreviation must look like for its full stop to end the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Abbreviation {
    /// Never ends one: a title before a name, "e.g.", "vs.".
    BeforeName,
    /// Does not end one before a figure: "No. 5", "Jan. 3", "p. 12".
    BeforeNumber,
    /// Ends one only before a word that often opens sentences: "U.S.", "Inc.", an initial.
    Anywhere,
    /// Ends one unless a day, a month or a time zone follows: "5 p.m. Friday".
    Time,
}

const BEFORE_NAME: &[&str] = &[
    "sec", "barr", "engr", "alh", "drs", "gens", "cols", "lts", "profs", "pfc", "spc", "def", "mr", "mrs",
    "ms", "mx", "messrs", "dr", "prof", "rev", "fr", "hon", "rt", "gen", "lt", "col", "maj", "capt", "cpl",
    "sgt", "pvt", "adm", "cmdr", "brig", "cdr", "col-gen", "lt-col", "lt-gen", "maj-gen", "sen", "rep",
    "reps", "sens", "gov", "govs", "pres", "amb", "supt", "insp", "det", "st", "ste", "mt", "ft", "mme",
    "mlle", "sr", "sra", "srta", "vs", "v", "e.g", "i.e", "cf", "viz", "approx", "dept", "asst", "assoc",
    "msgr", "atty", "sec.-gen", "sec-gen", "vice-adm", "rear-adm", "h.e", "h.r.h", "h.m",
];

const BEFORE_NUMBER: &[&str] = &[
    "no", "nos", "art", "arts", "p", "pp", "vol", "vols", "ch", "chap", "secs", "fig", "figs", "par", "para",
    "res", "doc", "rs", "sh", "fl", "op", "ca", "c", "est", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
    "sep", "sept", "oct", "nov", "dec", "tel", "ext", "km", "ed", "eds",
];

const ANYWHERE: &[&str] = &[
    "inc", "corp", "ltd", "co", "cos", "bros", "llc", "plc", "jr", "esq", "ph.d", "m.d", "b.a", "m.a", "ave",
    "blvd", "rd", "dist", "univ", "calif", "fla", "mass", "conn", "ill", "mich", "minn", "ore", "pa", "tenn",
    "tex", "va", "wash", "wis", "ariz", "ala", "ark", "colo", "del", "ga", "kan", "ky", "la", "md", "mo",
    "mont", "neb", "nev", "okla", "vt", "wyo", "retd", "ret", "al", "govt", "intl", "natl", "min",
];

const TIME: &[&str] = &["a.m", "p.m", "am", "pm"];

/// What kind of abbreviation a word is; `word` ends in a full stop and nothing after it.
pub(super) fn abbreviation(word: &str) -> Option<Abbreviation> {
    let stem = word.strip_suffix('.')?;
    // "P." is an initial, "p." a page.
    if is_initialism(stem) {
        return Some(Abbreviation::Anywhere);
    }
    // "then-Sen.", "Maj.-Gen.", "(R-S.C.": what counts is what the last hyphen leaves.
    if let Some((_, after)) = word.rsplit_once(['-', '–']) {
        return abbreviation(after);
    }
    let lower = stem.to_lowercase();
    let lower = lower.as_str();
    let tables = [
        (BEFORE_NAME, Abbreviation::BeforeName),
        (BEFORE_NUMBER, Abbreviation::BeforeNumber),
        (ANYWHERE, Abbreviation::Anywhere),
        (TIME, Abbreviation::Time),
    ];
    let (_, kind) = tables.into_iter().find(|(table, _)| table.contains(&lower))?;
    let is_abbreviation = !is_word_too(lower) || stem.starts_with(char::is_uppercase);
    is_abbreviation.then_some(kind)
}

/// Abbreviations that in lower case are words which end sentences.
fn is_word_too(lower: &str) -> bool {
    matches!(
        lower,
        "no" | "art"
            | "arts"
            | "fig"
            | "figs"
            | "mar"
            | "sun"
            | "sat"
            | "wed"
            | "la"
            | "pa"
            | "mo"
            | "del"
            | "mass"
            | "ill"
            | "ore"
            | "rep"
            | "reps"
            | "hon"
            | "am"
            | "ed"
            | "min"
            | "co"
            | "doc"
            | "ga"
            | "ms"
            | "par"
            | "st"
            | "det"
            | "ret"
            | "dec"
            | "sec"
            | "wash"
            | "va"
            | "al"
            | "ark"
            | "ext"
            | "fl"
            | "ch"
    )
}

/// One letter ("J.") or letters parted by full stops ("U.S.", "U.N.H.C.R.").
fn is_initialism(stem: &str) -> bool {
    stem.split('.').all(|part| {
        let mut letters = part.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_compound_counts() {
        for word in ["then-Sen.", "ex-Gen.", "Maj.-Gen."] {
            assert_eq!(abbreviation(word), Some(Abbreviation::BeforeName), "{word}");
        }
        assert_eq!(abbreviation("R-S.C."), Some(Abbreviation::Anywhere));
    }

    #[test]
    fn kinds() {
        assert_eq!(abbreviation("Gen."), Some(Abbreviation::BeforeName));
        assert_eq!(abbreviation("No."), Some(Abbreviation::BeforeNumber));
        assert_eq!(abbreviation("no."), None);
        assert_eq!(abbreviation("U.S."), Some(Abbreviation::Anywhere));
        assert_eq!(abbreviation("J."), Some(Abbreviation::Anywhere));
        assert_eq!(abbreviation("p.m."), Some(Abbreviation::Time));
        assert_eq!(abbreviation("troops."), None);
    }
}
