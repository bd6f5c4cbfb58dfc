//! What stands in an article and is no sentence: headings, bylines, datelines, timestamps, bullet
//! marks, credits and boilerplate.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::openings::continues_a_time;

/// Lines and sentences that belong to the page, not to the article.
static BOILERPLATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)
        ^ [\[(*_\s–—-]* (?:
            filed\ under | (?:read|see|watch)\ (?:also|more|next)\b\s*(?::|$|\p{Lu}) | also\ read\b | related(?:\ \w+)?: |
            advert(?:isement|ising)? \s* (?::|[\])*_\s–—-]*$) | sponsored(?:\ content)?$ |
            subscribe\ (?:to|now|for|today) | sign\ up\ (?:for|to|here) | share\ this | follow\ us\b | click\ here\b |
            (?:file\ |staff\ )?(?:photo(?:graph)?|image|picture|video|graphic|illustration|cartoon)s?
                (?:\ by\b | \ no\.\ ?\d | \ credit | \s*:) |
            © | \(c\)\ \d{4} | copyright\ (?:©|\(c\)|\d{4}) | all\ rights\ reserved |
            (?:additional\ |further\ |with\ )?(?:reporting|writing)\ by\b | (?:compiled|edited|written|editing)\ by\b |
            on\ the\ (?:net|web): | continued\ (?:on|from)\ (?:page|p\.) | (?:last\ )?updated\s*(?::|at\b|on\b|\d) |
            (?:first\ )?published\s*(?::|at\b|on\ \w+,?\ \d) | posted\s*(?::|at\b|on\ \w+\ \d) |
            (?:tags?|topics?|keywords?|source|credit|eds|slug|producer|newsreader|translation|contact)\s*: |
            (?:press|media)\ contact | for\ (?:immediate\ )?release\b | check\ against\ delivery |
            (?:more|ends|end|eom)[\])*_\s.–—-]*$ | letters\ for\ publication\b | view\ (?:more|comments|gallery)\b |
            (?:this|the)\ (?:story|article|report|post)\ (?:has\ been|was|is)\ (?:updated|corrected|amended|developing)
        )",
    )
});

/// Credits that are told by their end, and a transcript's "(Applause.)".
static CREDIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi) contributed\ (?:reporting\ )?to\ this\ (?:report|article|story)\.?$ | all\ rights\ reserved\.?$ |
          ^\( [^()]* \b(?:photo|photograph|picture|image)\b [^()]* \)\.?$ |
          ^[\[(](?:applause|laughter|laughs|cheers|boos|crosstalk|inaudible|pause|music)[^()\[\]]{0,20}[\])]\.?$ |
          ^\(?(?:reuters|ap|afp|upi|tass|xinhua)\)?\.?$",
    )
});

/// "By Ruth Halloran", "OPINION | By P. R. Lowe, Ph.D."
static BYLINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[\p{Lu} ]{3,30}[|:–—-] ?)?(?:By|BY|Text by|Words by|From) (?:\p{Lu}[\p{L}.’'-]*(?:, | and | in | for | of | |$))+(?:\p{Lu}[\p{L}.,’' -]*)?$",
    )
});

/// A line that is nothing but a time of day or a date.
static TIME_LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^[\[(]?\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[apAP]\.?[mM]\.?)?(?: \p{Lu}{2,4})?[\])]?$")
});

/// Marks before an item of a list.
static ITEM_MARK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[•‣◦▪●○∙·*►>–—-]+|\(?\d{1,2}[.)]|\([a-z]{1,4}\)|[a-z]\))\s+"));

/// "14:20 " or "9:05 p.m. GMT – " before an entry of a running report.
static TIMESTAMP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\d{1,2}[:.]\d{2}(?::\d{2})?(?: ?[apAP]\.?[mM]\.?)?(?: (?:GMT|UTC|BST|CET|[ECMPA][SD]?T))?\s*[-–—:|]?\s+",
    )
});

static CAPTION_TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?i:(?:photo )?caption)\s*:\s*"));

/// "MEXICO CITY (AP) — ", "LONDON, Aug. 9 (MNA) -- ", "NAIROBI, 4 May 1979: ".
static DATELINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?x)^ (?<place> \p{Lu}[\p{Lu}.’'-]+ (?:[\s/]\p{Lu}[\p{Lu}.’'-]*)* )
           (?<rest> [^—–:;!?"“”]{0,70}? )
           (?<mark> \s*[—–]\s* | \s+--?\s+ | :\s+ )"#,
    )
});

/// "Moscow (Tass) — ": a place in small letters needs its agency to be known as a dateline.
static AGENCY_DATELINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?x)^ \p{Lu}[\p{L}.’'-]+ (?:\s\p{Lu}[\p{L}.’'-]+){0,3} (?:,\s[^()—–:;!?"“”]{1,40})?
           \s\([\p{Lu}][^()]{1,40}\) \s*(?:—|–|--|-)\s*"#,
    )
});

/// "Q: ", "THE MINISTER: ", "Lt. Col. Mensah: "
static SPEAKER_TAG: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[QA][:.]|\p{Lu}[\p{Lu}.’' -]{1,40}:)\s"));

fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("patterns are constants, and a test compiles each")
}

/// From this many words on, a line without a full stop is taken for a sentence that lost it.
const LONG_LINE: usize = 15;
/// The same for an item of a list, which seldom is a heading.
const LONG_ITEM: usize = 5;

/// The part of a paragraph that holds sentences, as a byte range; `None` where it holds none.
///
/// `next` is the paragraph after it.
pub(super) fn sentences_within(paragraph: &str, next: Option<&str>) -> Option<Range<usize>> {
    if is_boilerplate(paragraph) || is_stage_direction(paragraph) {
        return None;
    }
    let mut start = 0;
    let mut is_item = false;
    let mut had_dateline = false;
    while let Some((prefix, length)) = leading_furniture(&paragraph[start..]) {
        is_item |= prefix == Prefix::ItemMark;
        had_dateline |= prefix == Prefix::Dateline;
        start += length;
    }
    let body = &paragraph[start..];
    if is_boilerplate(body) || (!had_dateline && is_heading(body, is_item, next)) {
        return None;
    }
    Some(start..paragraph.len())
}

/// True for a line or sentence that belongs to the page: credits, links, notices.
pub(super) fn is_boilerplate(text: &str) -> bool {
    let text = text.trim();
    !text.chars().any(char::is_alphanumeric)
        || BOILERPLATE.is_match(text)
        || CREDIT.is_match(text)
        || BYLINE.is_match(text)
        || TIME_LINE.is_match(text)
}

/// "[CLIP 1, 0'52"]", "[TUNE TO CLOSE]"
fn is_stage_direction(paragraph: &str) -> bool {
    paragraph.starts_with('[') && paragraph.ends_with(']') && !paragraph.contains(char::is_lowercase)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    ItemMark,
    Timestamp,
    CaptionTag,
    Dateline,
}

/// What stands before the first sentence and is no part of it, and its length in bytes.
fn leading_furniture(text: &str) -> Option<(Prefix, usize)> {
    let length_of = |pattern: &Regex| pattern.find(text).map(|found| found.end());
    if let Some(length) = length_of(&ITEM_MARK) {
        return Some((Prefix::ItemMark, length));
    }
    if let Some(length) = length_of(&CAPTION_TAG) {
        return Some((Prefix::CaptionTag, length));
    }
    if let Some(length) = length_of(&TIMESTAMP) {
        let rest = &text[length..];
        let opens = rest.starts_with(|first: char| first.is_uppercase() || "\"“‘'".contains(first));
        return (opens && !continues_a_time(rest)).then_some((Prefix::Timestamp, length));
    }
    dateline_length(text).map(|length| (Prefix::Dateline, length))
}

fn dateline_length(text: &str) -> Option<usize> {
    if let Some(found) = AGENCY_DATELINE.find(text) {
        return Some(found.end());
    }
    let found = DATELINE.captures(text)?;
    let (place, rest, mark) = (&found["place"], &found["rest"], found["mark"].trim());
    let length = found.get(0)?.end();
    let after = &text[length..];
    // A colon after capitals alone is a speaker's tag; after a date it is a dateline.
    let is_dated = rest.contains(|character: char| character.is_ascii_digit()) || rest.contains('(');
    let is_place = place.chars().filter(|letter| letter.is_alphabetic()).count() >= 4;
    let opens = after
        .starts_with(|first: char| first.is_uppercase() || first.is_numeric() || "\"“‘'".contains(first));
    let is_dateline = opens && (is_dated || (mark != ":" && is_place)) && is_made_of_names(rest);
    is_dateline.then_some(length)
}

/// True where every word is a name, a date or an agency in brackets: no word of a sentence.
fn is_made_of_names(text: &str) -> bool {
    text.split([' ', ',', '\n', '/'])
        .filter(|word| !word.is_empty())
        .all(|word| {
            let first = word.trim_start_matches(['(', '[']).chars().next();
            first.is_none_or(|first| !first.is_lowercase())
                || matches!(word, "de" | "la" | "el" | "al" | "and" | "of" | "du")
        })
}

/// True for a heading, a signature, a byline: what ends unlike a sentence or is set like a title.
fn is_heading(text: &str, is_item: bool, next: Option<&str>) -> bool {
    let words = text.split_whitespace().count();
    let stem = text.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']', '*', '_']);
    let is_tagged = SPEAKER_TAG.is_match(text);
    if text.contains(" | ") && words <= LONG_LINE {
        return true;
    }
    if stem.ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।', '‽']) {
        return !is_tagged && is_set_like_a_title(text, words);
    }
    if stem.ends_with(':') {
        let introduces =
            next.is_some_and(|next| ITEM_MARK.is_match(next) || next.starts_with(['"', '“', '‘', '\'']));
        let has_small_words = text
            .split_whitespace()
            .skip(1)
            .any(|word| word.starts_with(char::is_lowercase));
        return !(introduces && has_small_words || words >= LONG_LINE);
    }
    let interrupted = stem.ends_with(['—', '–', '-']) && words > 3;
    let long_enough = words >= if is_item { LONG_ITEM } else { LONG_LINE };
    let has_small_letters = text.contains(char::is_lowercase);
    !(is_tagged && words > 2 || interrupted || long_enough && has_small_letters)
}

/// True for capitals throughout, or for the capitals of a title in a line that ends like a
/// sentence.
fn is_set_like_a_title(text: &str, words: usize) -> bool {
    if !text.contains(char::is_lowercase) {
        return words < LONG_ITEM && !text.contains(['"', '“']);
    }
    let long_words = || {
        text.split_whitespace()
            .filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= 4)
    };
    let all_capital = long_words().all(|word| {
        word.trim_start_matches(|mark: char| !mark.is_alphanumeric())
            .starts_with(char::is_uppercase)
    });
    (4..=LONG_LINE).contains(&words)
        && all_capital
        && long_words().count() >= 4
        && !text.contains(['"', '“', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(paragraph: &str) -> Option<&str> {
        sentences_within(paragraph, None).map(|range| &paragraph[range])
    }

    #[test]
    fn datelines_come_off() {
        for dateline in [
            "MEXICO CITY (AP) — ",
            "LONDON, Aug. 9 (MNA) -- ",
            "NAIROBI, 4 May 1979: ",
            "PORT-AU-PRINCE, Haiti – ",
            "Moscow (Tass) - ",
            "BAGHDAD/ISTANBUL, Dec 6 2015 (Tigris News Agency) - ",
        ] {
            let paragraph = format!("{dateline}The envoys left on Tuesday.");
            assert_eq!(
                kept(&paragraph),
                Some("The envoys left on Tuesday."),
                "{dateline}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_a_dateline_stays() {
        for sentence in [
            "NATO — the alliance of thirty-two — met on Tuesday.",
            "THE MINISTER: We never asked for them.",
            "U.N. officials said no — twice.",
            "Q: And the planes?",
        ] {
            assert_eq!(kept(sentence), Some(sentence));
        }
    }

    #[test]
    fn marks_of_lists_and_times_come_off() {
        assert_eq!(kept("• The ferry runs again."), Some("The ferry runs again."));
        assert_eq!(
            kept("3. Patrols shall be joint."),
            Some("Patrols shall be joint.")
        );
        assert_eq!(
            kept("14:20 Talks are over, the bloc says."),
            Some("Talks are over, the bloc says.")
        );
        assert_eq!(
            kept("5:30 p.m. Tuesday was too late."),
            Some("5:30 p.m. Tuesday was too late.")
        );
    }

    #[test]
    fn furniture_has_no_sentences() {
        for line in [
            "Filed under:",
            "Read also: Five points, no plan",
            "ADVERTISEMENT",
            "By RUTH HALLORAN",
            "WHAT THE MAYOR WANTS",
            "What the mayor wants",
            "© 2024 The Salween Review. Opinions are the writer’s own.",
            "(Reporting by A. Bell; Editing by C. Day)",
            "Photo: L. Marcano.",
            "* * *",
            "[TUNE TO CLOSE]",
            "Sir,",
            "9:05 p.m.",
        ] {
            assert_eq!(kept(line), None, "{line}");
        }
    }

    #[test]
    fn short_sentences_are_kept() {
        for line in ["No comment.", "“Never again.”", "Why now?"] {
            assert_eq!(kept(line), Some(line));
        }
    }
}
