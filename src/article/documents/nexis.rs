//! Nexis exports: one Word document with many articles, each ended by "End of Document".

use super::super::{Article, Encoding};

/// What ends an article.
const END: &str = "end of document";

/// Lines of an article's head that say something of it and are no title, outlet or date.
const HEAD_LABELS: [&str; 9] = [
    "copyright",
    "section:",
    "length:",
    "byline:",
    "dateline:",
    "highlight:",
    "graphic:",
    "distribution:",
    "language:",
];

/// Lines that end the body where they stand after all of it: what follows is the archive's own.
const TAIL_LABELS: [&str; 4] = ["load-date:", "classification", "graphic", "notes"];
/// A tail has no more lines: a line like one in the midst of a long body is the article's.
const LONGEST_TAIL: usize = 30;

/// True where paragraphs are those of a Nexis export.
pub(super) fn is_export(paragraphs: &[String]) -> bool {
    let is = |wanted: &str| {
        paragraphs
            .iter()
            .any(|paragraph| paragraph.trim().eq_ignore_ascii_case(wanted))
    };
    is(END) && is("body")
}

/// The articles of an export; what has no body is passed over.
///
/// `id` names the file; an article is `id#number`, counted from 1.
pub(super) fn articles(paragraphs: &[String], id: &str) -> Vec<Article> {
    paragraphs
        .split(|paragraph| paragraph.trim().eq_ignore_ascii_case(END))
        .filter_map(article)
        .enumerate()
        .map(|(index, article)| Article {
            id: format!("{id}#{}", index + 1),
            ..article
        })
        .collect()
}

fn article(paragraphs: &[String]) -> Option<Article> {
    let lines: Vec<&str> = paragraphs
        .iter()
        .map(|paragraph| paragraph.trim())
        .filter(|line| !line.is_empty())
        .collect();
    let body_at = lines.iter().position(|line| line.eq_ignore_ascii_case("body"))?;
    // A list of contents may stand before the first article: its head is what stands nearest to the body.
    let says_more = |line: &&&str| {
        let line = line.to_ascii_lowercase();
        !HEAD_LABELS.iter().any(|label| line.starts_with(label))
    };
    let head: Vec<&str> = lines[..body_at].iter().filter(says_more).copied().collect();
    let date_at = head.iter().rposition(|line| date_of(line).is_some());
    let (title, outlet) = match date_at {
        Some(at) => (
            at.checked_sub(2).map(|at| head[at]),
            at.checked_sub(1).map(|at| head[at]),
        ),
        None => (head.first().copied(), None),
    };
    let body = &lines[body_at + 1..];
    let is_tail = |line: &&str| {
        let line = line.to_ascii_lowercase();
        TAIL_LABELS
            .iter()
            .any(|label| line == *label || (label.ends_with(':') && line.starts_with(label)))
    };
    let tail_from = body.len().saturating_sub(LONGEST_TAIL);
    let tail = body[tail_from..].iter().position(is_tail);
    let body = &body[..tail.map_or(body.len(), |tail| tail_from + tail)];
    (!body.is_empty()).then(|| Article {
        id: String::new(),
        title: title.map(str::to_owned),
        date: date_at.and_then(|at| date_of(head[at])),
        outlet: outlet.map(str::to_owned),
        text: body.join("\n\n"),
        body_start: 0,
        encoding: Encoding::Utf8,
    })
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The date that a line begins with, "March 3, 2024 Sunday 10:15 AM GMT" or "3 March 2024", as `2024-03-03`.
fn date_of(line: &str) -> Option<String> {
    let words: Vec<String> = line
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .take(3)
        .map(str::to_ascii_lowercase)
        .collect();
    let [first, second, year] = <[String; 3]>::try_from(words).ok()?;
    let month_of = |word: &str| MONTHS.iter().position(|&month| month == word);
    let (month, day) = match (month_of(&first), month_of(&second)) {
        (Some(month), None) => (month, &second),
        (None, Some(month)) => (month, &first),
        _ => return None,
    };
    let day: u32 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let year: u32 = year.parse().ok().filter(|year| (1500..2200).contains(year))?;
    Some(format!("{year}-{:02}-{day:02}", month + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraphs(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_export_is_cut_into_its_articles() {
        let export = paragraphs(
            "Results: 2\nEnvoys meet in Accra\n\nThe Gazette (Accra)\nMarch 3, 2024 Sunday 10:15 AM GMT\n\
             Copyright 2024 Gazette\nSection: NEWS; Pg. 3\nLength: 12 words\nByline: Ana Belor\nBody\nThey met.\nThey left.\n\
             Load-Date: March 4, 2024\nEnd of Document\n\nTalks fail\nThe Herald\n4 March 2024\nBody\nNobody spoke.\nClassification\n\
             Language: ENGLISH\nEnd of Document\nNo body here\nEnd of Document\n",
        );
        assert!(is_export(&export));
        let articles = articles(&export, "a.docx");
        assert_eq!(articles.len(), 2);
        let first = &articles[0];
        assert_eq!(first.id, "a.docx#1");
        assert_eq!(first.title.as_deref(), Some("Envoys meet in Accra"));
        assert_eq!(first.outlet.as_deref(), Some("The Gazette (Accra)"));
        assert_eq!(first.date.as_deref(), Some("2024-03-03"));
        assert_eq!(first.text, "They met.\n\nThey left.");
        let second = &articles[1];
        assert_eq!(second.title.as_deref(), Some("Talks fail"));
        assert_eq!(second.date.as_deref(), Some("2024-03-04"));
        assert_eq!(second.text, "Nobody spoke.");
    }

    #[test]
    fn other_documents_are_no_exports() {
        assert!(!is_export(&paragraphs("The body was found.\nBody\nThey left.")));
        assert_eq!(date_of("May 2024"), None);
        assert_eq!(date_of("31 May 1954, London"), Some("1954-05-31".to_owned()));
    }
}
