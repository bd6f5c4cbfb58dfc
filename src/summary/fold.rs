//! Names made alike, so that spellings of one name meet.

/// A name without what spellings of it differ in: case, an article before it, the form of its apostrophes and
/// its spaces.
pub(super) fn folded(name: &str) -> String {
    let name = name
        .to_lowercase()
        .replace(['\u{2018}', '\u{2019}', '\u{2bc}'], "'");
    let words: Vec<&str> = name.split_whitespace().collect();
    match words.as_slice() {
        ["the" | "a" | "an", rest @ ..] if !rest.is_empty() => rest.join(" "),
        words => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn spellings_of_a_name_meet() {
        for spelling in [
            "The Island Council",
            "island  council",
            " the\u{a0}ISLAND council ",
        ] {
            assert_eq!(folded(spelling), "island council", "{spelling}");
        }
        assert_eq!(folded("Maeve O\u{2019}Dunn"), folded("maeve o'dunn"));
        assert_eq!(folded("A"), "a");
        assert_eq!(folded("Theodora Anders"), "theodora anders");
        assert_eq!(folded(" "), "");
    }
}
