//! Transcripts: whose turn a statement belongs to.

use std::sync::LazyLock;

use regex::Regex;

use crate::statement::pattern;

/// "Q:", "THE MINISTER:", "Okafor:" before a statement.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?<ask>Q|Question|QUESTION|Reporter|REPORTER|THE PRESS|Interviewer|INTERVIEWER)|(?<answer>A|Answer|ANSWER)|(?:SOUND ?BITE|ACTUALITY|CLIP|VOX POP)[^,:]{0,12}, (?<bite>\p{Lu}[^,:]{2,40})(?:, [^:]{2,40})?|(?<name>@\w{2,30}|\p{Lu}[\p{L}.’'-]*(?: (?:\p{Lu}[\p{L}.’'-]*|of|de|al|van|von|bin|the)){0,5}))(?:, [^:()“‘]{3,40})?(?: ?\((?<who>[^(),]{3,40})[^()]{0,40}\))?(?:\.|:) ",
    )
});

/// Who speaks a turn, as its tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Speaker<'a> {
    /// "Q": somebody who asks.
    Asker,
    /// "Q" with a name.
    NamedAsker(&'a str),
    /// "A": whoever is interviewed.
    Answerer,
    Named(&'a str),
    /// "SOUND BITE, WARREN PETTIFER, MINISTER": recorded words in a broadcast's script.
    Bite(&'a str),
}

/// Capitals before a colon that are nobody's.
const NO_SPEAKERS: [&str; 24] = [
    "HOAX",
    "FACT",
    "FACTS",
    "NOTE",
    "UPDATE",
    "WATCH",
    "LIVE",
    "BREAKING",
    "PHOTO",
    "MYTH",
    "TRUTH",
    "BACKGROUND",
    "QUESTIONS",
    "SUMMARY",
    "KEY",
    "LOCATION",
    "DATE",
    "TIME",
    "SOURCE",
    "CONTACT",
    "TAGS",
    "PURPOSE",
    "REALITY",
    "CLAIM",
];

/// The turn of each statement; `None` outside turns.
///
/// `begins_paragraph` says of each statement whether a paragraph begins with it. A turn goes on to the
/// end of its paragraph and, where most paragraphs are turns, to the next tag.
pub(super) fn turns<'a>(
    texts: &[&'a str],
    begins_paragraph: &[bool],
    is_quoted: &[bool],
) -> Vec<Option<Speaker<'a>>> {
    let tags: Vec<Option<Speaker<'a>>> = texts
        .iter()
        .zip(begins_paragraph)
        .map(|(text, &begins)| tag(text).filter(|speaker| begins || is_shouted(speaker)))
        .collect();
    let paragraphs = begins_paragraph.iter().filter(|&&begins| begins).count();
    let tagged = tags.iter().flatten().count();
    let is_transcript = tagged >= 3 && tagged * 2 >= paragraphs;
    // Where nearly every paragraph of speech has its tag, one without is told by the reporter.
    let is_strict = is_transcript && tagged * 10 >= paragraphs * 7;
    // In a script with sound bites, who reads the script tells the story.
    let is_script = tags
        .iter()
        .flatten()
        .any(|speaker| matches!(speaker, Speaker::Bite(_)));
    let mut turn = None;
    let mut turns = Vec::with_capacity(texts.len());
    for (index, tag) in tags.into_iter().enumerate() {
        let begins = begins_paragraph[index];
        match tag {
            // One tag in small letters may be anything: "Note: …".
            Some(Speaker::Named(_)) if is_script && !texts[index].ends_with('?') => turn = None,
            Some(speaker) if is_shouted(&speaker) && (tagged >= 2 || is_script) || tagged >= 4 => {
                turn = Some(speaker)
            }
            _ if begins
                && (!is_transcript
                    || is_narration(texts[index])
                    || is_strict && !is_personal(texts[index])) =>
            {
                turn = None
            }
            _ => {}
        }
        let is_aside = begins && texts[index].starts_with(['[', '(']);
        turns.push(turn.clone().filter(|_| !is_quoted[index] && !is_aside));
    }
    turns
}

/// "Q:", "THE MINISTER:": a tag wherever it stands, and not a word before a colon.
fn is_shouted(speaker: &Speaker<'_>) -> bool {
    !matches!(speaker, Speaker::Named(name) if name.chars().any(char::is_lowercase) && !name.starts_with('@'))
}

/// A paragraph that tells of the speaker, and so is no part of a turn.
fn is_narration(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or("");
    matches!(
        first,
        "He" | "She" | "Outside," | "Outside" | "Afterwards," | "Afterwards" | "Afterward," | "Later,"
    )
}

/// Whether somebody speaks of himself or to somebody.
fn is_personal(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '’' && c != '\'')
        .any(|word| {
            matches!(
                word,
                "I" | "we"
                    | "We"
                    | "you"
                    | "You"
                    | "our"
                    | "Our"
                    | "my"
                    | "My"
                    | "us"
                    | "me"
                    | "your"
                    | "Your"
                    | "Yes"
                    | "No"
            ) || word.starts_with("I’")
                || word.starts_with("I'")
        })
}

/// The tag that a statement begins with.
pub(super) fn tag(text: &str) -> Option<Speaker<'_>> {
    let found = TAG.captures(text)?;
    let ends_in_stop = found.get(0)?.as_str().trim_end().ends_with('.');
    if found.name("ask").is_some() {
        // "Q (Pavlo Hordiienko, Dniester Weekly):"
        return Some(
            found
                .name("who")
                .map_or(Speaker::Asker, |who| Speaker::NamedAsker(who.as_str())),
        );
    }
    if found.name("answer").is_some() {
        return Some(Speaker::Answerer);
    }
    if let Some(bite) = found.name("bite") {
        return Some(Speaker::Bite(bite.as_str()));
    }
    let name = found.name("name")?.as_str();
    if NO_SPEAKERS.contains(&name.split(' ').next().unwrap_or(name)) {
        return None;
    }
    (!ends_in_stop).then_some(Speaker::Named(name))
}

/// How many bytes the tag before a statement has.
pub(super) fn tag_length(text: &str) -> usize {
    match tag(text) {
        Some(_) => TAG.find(text).map_or(0, |found| found.end()),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told() {
        assert_eq!(tag("Q: Why?"), Some(Speaker::Asker));
        assert_eq!(tag("A. Because."), Some(Speaker::Answerer));
        assert_eq!(tag("THE MINISTER: No."), Some(Speaker::Named("THE MINISTER")));
        assert_eq!(tag("Okafor: No."), Some(Speaker::Named("Okafor")));
        assert_eq!(tag("He said: no."), None);
    }

    #[test]
    fn a_turn_goes_on_to_the_next_tag() {
        let texts = ["Q: Why?", "ST. CLAIR: Because.", "It is so.", "Q: And?"];
        let turns = turns(&texts, &[true, true, false, true], &[false; 4]);
        assert_eq!(turns[2], Some(Speaker::Named("ST. CLAIR")));
        assert_eq!(turns[3], Some(Speaker::Asker));
    }
}
