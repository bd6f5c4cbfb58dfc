//! What stands in an article and is no sentence: headings, bylines, datelines, timestamps, bullet
//! marks, credits and boilerplate.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::abbreviations::abbreviation;
use super::boundaries::sentences;
use super::datelines;
use super::marks::{CLOSING_MARKS, TERMINATORS};
use super::openings::continues_a_time;

/// Lines and sentences that belong to the page, not to the article.
static BOILERPLATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)
        ^ [\[(*_\s–—-]* (?:
            # What is told by its colon:
            (?: filed\ under | (?:read|see|watch)\ (?:also|more|next) | also\ read | related(?:\ \w+)? | advertisement |
                (?:file\ |staff\ )?(?:photo(?:graph)?|image|picture|video|graphic|illustration|cartoon)s?(?:\ credit)? |
                on\ the\ (?:net|web) | (?:last\ |first\ )?(?:updated|published|posted) | tags? | topics? | keywords? |
                source | credit | eds | slug | producer | newsreader | translation | (?:press\ |media\ )?contact ) \s* : |
            # What stands alone on its line:
            (?: advertisement | sponsored(?:\ content)? | share | share\ this(?:\ \w+)? | read\ more | filed\ under |
                more | ends? | eom | check\ against\ delivery | all\ rights\ reserved | view\ (?:comments|gallery) )
                [\])*_\s.–—-]* $ |
            # What no sentence of an article begins with:
            © | \(c\)\ \d{4} | copyright\ (?:©|\(c\)|\d{4}) | subscribe\ (?:to|now|for|today)\b | sign\ up\ (?:for|to|here)\b |
            share\ this\ (?:article|story|page|post)\b | follow\ us\b | click\ here\b | continued\ (?:on|from)\ (?:page|p\.) |
            (?:photo(?:graph)?|image|picture)\ no\.\ ?\d | (?:last\ )?updated\ (?:at|on)\ \d | for\ immediate\ release\b |
            letters\ for\ publication\b |
            (?:this|the)\ (?:story|article|report|post)\ (?:has\ been|was)\ (?:updated|corrected|amended)\b
        )",
    )
});

/// Credits that are told by their end, and a transcript's "(Applause.)": sentences, never paragraphs.
static CREDIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi) \bcontributed\ (?:reporting\ )?to\ this\ (?:report|article|story)\.?\)?$ | ^all\ rights\ reserved\.?$ |
          ^\( [^()]* \b(?:photo|photograph|picture|image)\b [^()]* \)\.?$ |
          ^[\[(](?:applause|laughter|laughs|cheers|boos|crosstalk|inaudible|pause|music)[^()\[\]]{0,20}[\])]\.?$ |
          ^\(?(?:reuters|ap|afp|upi|tass|xinhua)\)?\.?$",
    )
});

/// "By ", "(Additional reporting by ", "OPINION | By ": what follows must be names.
static NAMES_FOLLOW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^ [(\[]? (?:[\p{Lu}\ ]{3,30}[|:–—-]\ ?)?
          (?: (?:By|BY) | (?i:(?:text|words|story|analysis|(?:additional\ |further\ |with\ )?(?:reporting|writing)|editing|edited|
              compiled|written|translated|photo(?:graph)?s?|pictures?|images?|video|graphics?)\ by) )\s+",
    )
});

/// A line that is nothing but a time of day.
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

/// "Q: ", "A. ", "THE MINISTER: "
static SPEAKER_TAG: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[QA][:.]|\p{Lu}[\p{Lu}.’' -]{1,40}:)\s"));

/// A regular expression that is a constant of ours.
pub(crate) fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("patterns are constants, and a test compiles each")
}

/// From this many words on, a line without a full stop is taken for a sentence that lost it.
const LONG_LINE: usize = 15;
/// The same for an item of a list, which seldom is a heading.
const LONG_ITEM: usize = 3;
/// The same for a line that breaks off in a comma.
const LONG_BREAK: usize = 6;

/// The part of a paragraph that holds sentences, as a byte range; `None` where it holds none.
///
/// `next` is the paragraph after it.
pub(super) fn sentences_within(paragraph: &str, next: Option<&str>) -> Option<Range<usize>> {
    let (body, prefixes) = without_leading_furniture(paragraph)?;
    let has_dateline = prefixes.contains(&Prefix::Dateline);
    let is_item = prefixes.contains(&Prefix::ItemMark);
    (has_dateline || !is_heading(&paragraph[body.clone()], is_item, next)).then_some(body)
}

/// The same where nothing in the text ends like a sentence: all but what belongs to the page.
pub(super) fn anything_within(paragraph: &str) -> Option<Range<usize>> {
    without_leading_furniture(paragraph).map(|(body, _)| body)
}

/// What is left of a paragraph after the marks and datelines before it, and which there were;
/// `None` where it belongs to the page.
fn without_leading_furniture(paragraph: &str) -> Option<(Range<usize>, Vec<Prefix>)> {
    if is_page_line(paragraph) || is_stage_direction(paragraph) {
        return None;
    }
    let mut start = 0;
    let mut prefixes = Vec::new();
    while let Some((prefix, length)) = leading_furniture(&paragraph[start..]) {
        prefixes.push(prefix);
        start += length;
    }
    let is_page_line_beneath = start > 0 && is_page_line(&paragraph[start..]);
    (!is_page_line_beneath).then_some((start..paragraph.len(), prefixes))
}

/// True for a sentence that belongs to the page: a credit, a link, a notice.
pub(super) fn is_boilerplate(sentence: &str) -> bool {
    let sentence = sentence.trim();
    CREDIT.is_match(sentence) || is_page_line(sentence)
}

/// True for a line that belongs to the page, whatever else may stand on it.
fn is_page_line(line: &str) -> bool {
    let line = line.trim();
    !line.chars().any(char::is_alphanumeric)
        || BOILERPLATE.is_match(line)
        || TIME_LINE.is_match(line)
        || is_list_of_credits(line)
}

/// From this many words on, it is no byline.
const LONGEST_BYLINE: usize = 25;

/// "By Ruth Halloran in Castries", "(Reporting by A. Bell; Editing by C. Day)": names throughout.
fn is_list_of_credits(line: &str) -> bool {
    const LINKS: [&str; 25] = [
        "and",
        "in",
        "of",
        "for",
        "the",
        "with",
        "at",
        "from",
        "by",
        "de",
        "la",
        "du",
        "van",
        "von",
        "al",
        "bin",
        "ould",
        "editing",
        "reporting",
        "writing",
        "additional",
        "photo",
        "photographs",
        "compiled",
        "staff",
    ];
    let Some(opening) = NAMES_FOLLOW.find(line) else {
        return false;
    };
    let words = || line[opening.end()..].split_whitespace();
    let is_name = |word: &str| {
        let word = word.trim_matches(|mark: char| !mark.is_alphanumeric());
        !word.starts_with(char::is_lowercase) || LINKS.contains(&word.to_lowercase().as_str())
    };
    let starts_with_name = words()
        .next()
        .is_some_and(|word| word.starts_with(char::is_uppercase));
    starts_with_name && words().count() <= LONGEST_BYLINE && words().all(is_name)
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
    datelines::length(text).map(|length| (Prefix::Dateline, length))
}

/// What may follow a paragraph's last full stop: "(AFP)", "[1]", "–Reuters".
static TAIL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\s*(?:\([^()]{1,60}\)|\[[^\[\]]{1,60}\]|\s[–—-]+\s?\p{Lu}[\p{L}/]{1,20})$"));

/// True for a heading, a signature, a caption that is no sentence: what ends unlike a sentence.
fn is_heading(text: &str, is_item: bool, next: Option<&str>) -> bool {
    let words = text.split_whitespace().count();
    if text.contains(" | ") && words <= LONG_LINE {
        return true;
    }
    let stem = text.trim_end_matches(CLOSING_MARKS);
    let before_tail = match TAIL.find(text) {
        Some(tail) if tail.start() > 0 => &text[..tail.start()],
        _ => text,
    };
    let before_tail = before_tail.trim_end_matches(CLOSING_MARKS);
    let is_signature = before_tail.len() < stem.len() && !before_tail.ends_with(TERMINATORS);
    let has_small_words = text
        .split_whitespace()
        .skip(1)
        .any(|word| word.starts_with(char::is_lowercase));
    // "JOSEPH A. BELL JR.", "K. P. Varghese, Ph.D."
    let last_word = text.split_whitespace().last().unwrap_or("");
    if !has_small_words && words > 1 && abbreviation(last_word).is_some() {
        return true;
    }
    if before_tail.ends_with(TERMINATORS) || (stem.ends_with(TERMINATORS) && !is_signature) {
        return false;
    }
    if stem.ends_with(':') {
        let introduces =
            next.is_some_and(|next| ITEM_MARK.is_match(next) || next.starts_with(['"', '“', '‘', '\'']));
        return !(introduces && has_small_words || words >= LONG_LINE);
    }
    let is_turn = SPEAKER_TAG.is_match(text) && words > 2;
    let is_interrupted =
        stem.ends_with(['—', '–', '-']) && words > 3 || stem.ends_with(',') && words >= LONG_BREAK;
    let is_long = words >= if is_item { LONG_ITEM } else { LONG_LINE };
    let is_sentence = is_turn || is_interrupted || has_small_words && (is_long || sentences(text).len() > 1);
    !is_sentence
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
            "K. P. Varghese (Mrs.)",
            "OPINION | By P. R. Lowe, Ph.D.",
            "By Keisha Alleyne in Castries, St. Lucia, and Tom Farrow in Washington",
            "9:05 p.m.",
        ] {
            assert_eq!(kept(line), None, "{line}");
        }
    }

    #[test]
    fn sentences_that_begin_like_furniture_are_kept() {
        for paragraph in [
            "By Tuesday, Russia had threatened to strike Kyiv.",
            "By Friday Israel had withdrawn its troops. It denied the raid.",
            "From Washington, Rubio said the U.S. would not send troops.",
            "President Ana Obi met Chancellor Ida Merz.",
            "Filed under seal in New York, the indictment accuses the general of murder.",
            "Compiled by U.N. investigators, the report accuses Rwanda of arming the rebels.",
            "Reporting by Human Rights Watch shows that government troops burned villages.",
            "Images by the satellite firm show armour near the border.",
            "Published on May 3, the report accuses Kigali of sending troops.",
            "Read next to the treaty, the order is void.",
            "The ministry refused. Ana Ruiz contributed to this report.",
            "Moscow rejects any foreign troops in Syria. (AFP)",
            "Russia rejected the plan.[1]",
            "ECOWAS — West Africa’s bloc — threatened to march.",
            "NATO–Russia relations are at their lowest.",
            "SEN. GRAHAM (R-S.C.): We should go.",
        ] {
            assert_eq!(kept(paragraph), Some(paragraph));
        }
        assert!(is_boilerplate("Ana Ruiz contributed to this report."));
    }

    #[test]
    fn short_sentences_are_kept() {
        for line in ["No comment.", "“Never again.”", "Why now?"] {
            assert_eq!(kept(line), Some(line));
        }
    }
}
