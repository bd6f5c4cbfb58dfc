//! Reporting clauses after a quotation: "…?" the envoy asked.

/// Verbs of saying, in the forms in which news reports them.
const VERBS: &[&str] = &[
    "said",
    "says",
    "asked",
    "asks",
    "told",
    "tells",
    "replied",
    "replies",
    "answered",
    "answers",
    "added",
    "adds",
    "shouted",
    "shouts",
    "cried",
    "cries",
    "wondered",
    "wonders",
    "wrote",
    "writes",
    "demanded",
    "demands",
    "insisted",
    "insists",
    "warned",
    "warns",
    "declared",
    "declares",
    "exclaimed",
    "snapped",
    "retorted",
    "continued",
    "murmured",
    "whispered",
    "yelled",
    "chanted",
    "laughed",
    "sighed",
    "remarked",
    "observed",
    "recalled",
    "tweeted",
    "posted",
    "quipped",
    "countered",
    "responded",
    "thundered",
    "inquired",
    "enquired",
    "concluded",
    "interjected",
    "interrupted",
    "muttered",
    "screamed",
    "roared",
    "argued",
    "argues",
    "urged",
    "urges",
    "announced",
    "noted",
    "stated",
    "repeated",
    "complained",
    "mused",
    "begged",
    "pleaded",
    "protested",
];

/// How many words may stand before the verb: "Lt. Gen. Amadou Sow of the third army asked".
const MOST_WORDS_BEFORE: usize = 7;

/// How many words an apposition may have: "Rubio, the secretary of state of the United States, asked".
const LONGEST_APPOSITION: usize = 10;

/// True where the text after a quotation begins with the clause that reports it, although its
/// first word is a capital: a name, a title, or a verb of saying.
pub(super) fn begins_reporting_clause(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let mut may_hold_apposition = true;
    for _ in 0..MOST_WORDS_BEFORE {
        let Some(word) = words.next() else {
            return false;
        };
        let bare = word.trim_end_matches([',', '.', ':', ';']);
        if VERBS.contains(&bare) {
            return true;
        }
        // A subject is made of names, titles and the little words between them.
        let is_name = bare.starts_with(char::is_uppercase);
        let is_link = matches!(
            bare,
            "of" | "the" | "de" | "al" | "van" | "von" | "bin" | "from" | "for" | "and" | "then" | "had"
        );
        if !(is_name || is_link) || word.ends_with([';', ':', '?', '!']) {
            return false;
        }
        if word.ends_with(',') {
            let closes = words
                .by_ref()
                .take(LONGEST_APPOSITION)
                .any(|word| word.ends_with(','));
            if !(may_hold_apposition && closes) {
                return false;
            }
            may_hold_apposition = false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::begins_reporting_clause;

    #[test]
    fn clauses_and_sentences() {
        assert!(begins_reporting_clause("Rahman asked."));
        assert!(begins_reporting_clause(
            "Lt. Gen. Amadou Sow of Mali asked the council."
        ));
        assert!(begins_reporting_clause("Rubio, the secretary of state, asked."));
        assert!(!begins_reporting_clause("Trump called the raid illegal."));
        assert!(!begins_reporting_clause("Trump went to Florida."));
        assert!(!begins_reporting_clause("The envoys left before noon, he said."));
        assert!(!begins_reporting_clause("Nobody in the room answered."));
    }
}
