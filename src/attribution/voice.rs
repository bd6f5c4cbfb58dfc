//! The article's own voice: whose it is where an author speaks, and not a reporter.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::lexicon::{country_of, is_body, is_no_name, is_preposition, is_title};
use crate::statement::pattern;

/// "By Pim R. Thanasuwan" on a line of its own, or after "OPINION |".
static BYLINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^(?:[\p{Lu} ]{3,30}[|:–—-] ?)?(?:By|BY|by) (?P<name>\p{Lu}[\p{L}.’'-]*(?: (?:\p{Lu}[\p{L}.’'-]*|de|da|del|van|von|bin|al|el|ould|ag)){1,5})",
    )
});

/// A line under the headline that is nothing but a name.
static BARE_NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^[ \t]*(?P<name>\p{Lu}[\p{Ll}’'-]+(?: (?:\p{Lu}[\p{L}.’'-]*|de|da|del|van|von|bin|al|el)){1,3})[ \t]*$",
    )
});

/// Words over a text that say that its author speaks for himself.
static OPINION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:opinion|op-ed|commentary|comment|viewpoint|perspective|analysis|editorial|column|guest essay|essay|letters? to the editor)\b",
    )
});

/// "Communiqué of the …", "Remarks by …": a text that its issuer speaks.
static ISSUED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:joint |final |press |open |official |text of (?:the |a )?)*(?:communiqu[eé]|declaration|statement|resolution|letter|address|speech|remarks|message|sermon|lecture|proclamation)\b.{0,80}?\b(?<link>of|by|from) (?:the )?(?P<issuer>.+)$",
    )
});

/// A line that is nothing but a name, perhaps with a place after a comma.
static SIGNATURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*[—–-]?\s*(?:\(signed\) ?)?(?P<name>(?:(?:Mr|Mrs|Ms|Dr|Sir|Rev|Lt|Col|Maj|Gen|Capt|Brig|Prof|Lady|Lord)\.? ?)*\p{Lu}[\p{L}.’'-]*(?: (?:\p{Lu}[\p{L}.’'-]*|de|da|del|van|von|bin|al|el)){1,4})(?: ?\([^()]*\)|,.{0,60})?\s*$",
    )
});

static FIRST_PERSON: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:I|[Mm]y|[Mm]e|I’\w+|I'\w+)\b"));

/// How much of a text is searched for a byline, in bytes.
const HEAD_BYTES: usize = 500;

/// At least this share of an author's own sentences is in the first person.
const LEAST_FIRST_PERSON: f64 = 0.12;

/// Whose voice each statement is that gives its view to nobody else; `None` where it is a reporter's.
///
/// `places` are the statements' ranges in `text`, in bytes; `own` those parts of each that are not quoted.
pub(super) fn voices(
    text: &str,
    title: Option<&str>,
    places: &[Range<usize>],
    own: &[String],
) -> Vec<Option<String>> {
    let Some(first) = places.first() else {
        return Vec::new();
    };
    // A headline may have been taken for a sentence: the byline stands near the top all the same.
    let head = &text[..text.floor_char_boundary(first.start.max(HEAD_BYTES))];
    let is_letters = head.lines().any(|line| {
        let line = line.trim();
        line.to_lowercase().contains("letters to")
            || matches!(
                line,
                "Sir," | "Sir:" | "SIR," | "SIR:" | "Sirs," | "Sir –" | "SIR —"
            )
            || line.starts_with("Dear ")
    });
    if is_letters {
        return signed(text, places);
    }
    let author = issuer(title, head).or_else(|| author(head, own));
    let mut voices = vec![author; places.len()];
    letters(text, places, &mut voices);
    voices
}

/// "Sir," on a line of its own.
static SALUTATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:Dear )?(?:Sirs?|SIR|Madam|Editor|Mr\.? Editor)\s*[,:—–-]*$"));

/// Letters among other texts: from a salutation on, statements are by whoever signs.
fn letters(text: &str, places: &[Range<usize>], voices: &mut [Option<String>]) {
    let mut begun = None;
    let mut at = 0;
    for index in 0..=places.len() {
        let gap = &text[at..places.get(index).map_or(text.len(), |place| place.start)];
        at = places.get(index).map_or(text.len(), |place| place.end);
        if let (Some(first), Some(name)) = (begun, signature(gap)) {
            voices[first..index].fill(Some(name));
            begun = None;
        }
        if gap.lines().any(|line| SALUTATION.is_match(line.trim())) {
            begun = Some(index);
        }
    }
}

fn issuer(title: Option<&str>, head: &str) -> Option<String> {
    let first_line = head.lines().find(|line| !line.trim().is_empty());
    [title, first_line].into_iter().flatten().find_map(|line| {
        let found = ISSUED.captures(line.trim())?;
        let issuer = found.name("issuer")?.as_str();
        let link = found.name("link")?.as_str();
        // "of the Fourth Meeting of the Group": the last "of the" names the body.
        let issuer = match link {
            "of" => issuer.rsplit(" of the ").next().unwrap_or(issuer),
            _ => issuer,
        };
        let words: Vec<&str> = issuer.split_whitespace().collect();
        let ends = |word: &&str| {
            word.ends_with([',', '|', ';', ':'])
                || is_preposition(&word.to_lowercase()) && !(word.eq_ignore_ascii_case("of") && link == "of")
                || word.contains('|')
                || LATER_WORDS.contains(&word.to_lowercase().as_str())
        };
        let end = words.iter().position(ends).map_or(words.len(), |at| {
            at + usize::from(words[at].ends_with([',', ';', ':']))
        });
        // "by the President and the Prime Minister": which of them cannot be told.
        if words[..end].contains(&"and") {
            return None;
        }
        let name = words[..end].join(" ");
        let name = name.trim_end_matches([',', ';', ':', '|']).trim();
        (name.starts_with(char::is_uppercase) && !name.is_empty()).then(|| without_titles(name))
    })
}

/// The name in the byline near the top of a text.
pub(super) fn byline(text: &str) -> Option<String> {
    let head = &text[..text.floor_char_boundary(HEAD_BYTES)];
    let name = BYLINE.captures(head)?.name("name")?.as_str();
    Some(capitalised(name.trim_end_matches(['.', ','])))
}

fn author(head: &str, own: &[String]) -> Option<String> {
    let byline = BYLINE.captures(head);
    let is_signed_so = byline.is_some();
    let bare = || {
        BARE_NAME
            .captures_iter(head)
            .find(|found| found.name("name").is_some_and(|name| is_name(name.as_str())))
    };
    let name = byline.or_else(bare)?.name("name")?.as_str().to_owned();
    let in_first_person = own.iter().filter(|text| FIRST_PERSON.is_match(text)).count();
    let share = in_first_person as f64 / own.len().max(1) as f64;
    let is_headed = head.lines().filter(|line| !line.trim().is_empty()).any(|line| {
        let words = line.split_whitespace().count();
        words <= 8
            && OPINION.is_match(line)
            && (line.chars().filter(|c| c.is_uppercase()).count() > 4 || words <= 2)
    });
    let is_author = share >= LEAST_FIRST_PERSON || is_headed && is_signed_so && in_first_person > 0;
    is_author.then(|| capitalised(name.trim_end_matches(['.', ','])))
}

/// Words after the issuer's name in a headline.
const LATER_WORDS: [&str; 9] = [
    "a",
    "honoring",
    "honouring",
    "marking",
    "ahead",
    "announcing",
    "welcoming",
    "regarding",
    "commemorating",
];

/// True for a line that may be a person's name, and not a place's, a day's or a body's.
fn is_name(line: &str) -> bool {
    let is_other = |word: &str| {
        is_body(word)
            || country_of(word).is_some()
            || is_no_name(word)
            || matches!(
                word,
                "via"
                    | "room"
                    | "house"
                    | "street"
                    | "avenue"
                    | "center"
                    | "centre"
                    | "happy"
                    | "news"
                    | "desk"
            )
    };
    !line.ends_with('.') && !line.split_whitespace().any(|word| is_other(&word.to_lowercase()))
}

/// "RUTH HALLORAN" as "Ruth Halloran".
fn capitalised(name: &str) -> String {
    if name.contains(char::is_lowercase) {
        return name.to_owned();
    }
    super::phrases::title_case(name)
}

/// Letters: each statement is by whoever signs after it.
fn signed(text: &str, places: &[Range<usize>]) -> Vec<Option<String>> {
    let mut voices = vec![None; places.len()];
    let mut unsigned = 0;
    for (index, place) in places.iter().enumerate() {
        let gap_end = places.get(index + 1).map_or(text.len(), |next| next.start);
        if let Some(name) = signature(&text[place.end..gap_end]) {
            voices[unsigned..=index].fill(Some(name));
            unsigned = index + 1;
        }
    }
    voices
}

/// Who signs between two statements.
fn signature(gap: &str) -> Option<String> {
    let found = gap.lines().find_map(|line| SIGNATURE.captures(line))?;
    Some(without_titles(found.name("name")?.as_str()))
}

fn without_titles(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let first = words
        .iter()
        .position(|word| {
            let bare = word.trim_end_matches('.').to_lowercase();
            !is_title(&bare) || bare.len() == 1
        })
        .unwrap_or(0);
    capitalised(&words[first..].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voices_of(head: &str, statements: &[&str], tail: &str) -> Vec<Option<String>> {
        let body = statements.join(" ");
        let text = format!("{head}\n\n{body}\n{tail}");
        let mut at = head.len() + 2;
        let places: Vec<Range<usize>> = statements
            .iter()
            .map(|statement| {
                let place = at..at + statement.len();
                at = place.end + 1;
                place
            })
            .collect();
        let own: Vec<String> = statements.iter().map(|&statement| statement.to_owned()).collect();
        voices(&text, head.lines().next(), &places, &own)
    }

    #[test]
    fn an_author_speaks_where_a_text_is_headed_so() {
        let opinion = voices_of(
            "Enough\n\nOPINION | By Ada B. Quill",
            &["I say no.", "They left."],
            "",
        );
        assert_eq!(opinion, vec![Some("Ada B. Quill".to_owned()); 2]);
        let report = voices_of(
            "Talks fail\n\nBy Ada B. Quill",
            &["The envoys met.", "They left."],
            "",
        );
        assert_eq!(report, [None, None]);
    }

    #[test]
    fn what_a_body_issues_is_its_own() {
        let issued = voices_of(
            "Communiqué of the Third Meeting of the Reef Council",
            &["The Ministers met."],
            "",
        );
        assert_eq!(issued, [Some("Reef Council".to_owned())]);
    }

    #[test]
    fn letters_are_by_whoever_signs() {
        let letters = voices_of(
            "LETTERS TO THE EDITOR",
            &["We should go home.", "It is late."],
            "Dr. Ada Quill\nReef Road",
        );
        assert_eq!(letters, vec![Some("Ada Quill".to_owned()); 2]);
    }
}
