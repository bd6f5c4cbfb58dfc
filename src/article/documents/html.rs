//! Web pages: the article in a page, without its furniture.
//!
//! Which part of a page is the article is found by the method of Readability (Mozilla's, as dom_smoothie has
//! it): blocks are scored by the text in them, by their class and by how much of it is links.

use std::sync::LazyLock;

use dom_query::Document;
use dom_smoothie::{Config, Readability, TextMode};
use encoding_rs::Encoding as Charset;
use regex::bytes::Regex as BytesRegex;
use regex::Regex;

use super::super::{Article, Encoding, Reason};
use super::{tags, Paragraphs};

/// Reads a page. `charset` is what a protocol said of its encoding; else the page itself may say.
pub(in super::super) fn read(bytes: &[u8], id: &str, charset: Option<&str>) -> Result<Article, Reason> {
    let (html, encoding) = decode(bytes, charset);
    if let Some(excess) = tags::excess(&html) {
        return Err(Reason::Damaged {
            format: "web page",
            reason: excess.to_string(),
        });
    }
    let config = Config {
        text_mode: TextMode::Formatted,
        ..Config::default()
    };
    let found = Readability::new(html, None, Some(config)).and_then(|mut page| page.parse());
    let found = found.map_err(|_| Reason::NoArticle)?;
    let text = paragraphs_of(&found.text_content);
    if text.is_empty() {
        return Err(Reason::NoArticle);
    }
    let some = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(Article {
        id: id.to_owned(),
        title: some(found.title),
        date: found.published_time.and_then(some),
        outlet: found.site_name.and_then(some),
        text,
        body_start: 0,
        encoding,
    })
}

/// What a field of a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Fragment {
    /// Text without markup.
    Plain,
    /// HTML, as news services give it: the text in it.
    Text(String),
    /// Markup without text, or more of it than can be read.
    Nothing,
}

/// The text of a field that may hold HTML.
pub(in super::super) fn text_of_fragment(text: &str) -> Fragment {
    static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)</?(?:p|br|div|h[1-6]|li|ul|ol|blockquote|table|tr|figure)(?:\s[^<>]*)?/?>")
            .expect("a valid pattern")
    });
    static INLINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)</?(?:a|abbr|b|em|font|i|img|q|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>|&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,6});",
        )
        .expect("a valid pattern")
    });
    let has_blocks = BLOCK.is_match(text);
    if !has_blocks && !INLINE.is_match(text) {
        return Fragment::Plain;
    }
    if tags::excess(text).is_some() {
        return Fragment::Nothing;
    }
    // Where no element parts paragraphs, line ends do.
    let text = match has_blocks {
        true => text.to_owned(),
        false => text.replace('\n', "<br>"),
    };
    let text = paragraphs_of(&Document::fragment(text).formatted_text());
    match text.is_empty() {
        true => Fragment::Nothing,
        false => Fragment::Text(text),
    }
}

/// Text with a blank line between paragraphs, whatever stood between them.
fn paragraphs_of(text: &str) -> String {
    let mut paragraphs = Paragraphs::default();
    for line in text.lines() {
        paragraphs.push(line);
        paragraphs.end();
    }
    paragraphs.finish()
}

/// Text by what it cannot be by chance, by a byte order mark, by what the protocol said, by what the page says.
fn decode(bytes: &[u8], charset: Option<&str>) -> (String, Encoding) {
    // Archives convert pages to UTF-8 and leave the old encoding in their head.
    if let Ok(text) = std::str::from_utf8(bytes) {
        if !text.is_ascii() {
            return (text.trim_start_matches('\u{feff}').to_owned(), Encoding::Utf8);
        }
    }
    let declared = || charset.and_then(|label| Charset::for_label(label.as_bytes()));
    let named = Charset::for_bom(bytes)
        .map(|(charset, _)| charset)
        .or_else(declared)
        .or_else(|| meta_charset(bytes));
    if let Some(charset) = named {
        let (text, _, has_errors) = charset.decode(bytes);
        if charset != encoding_rs::UTF_8 || !has_errors {
            return (text.into_owned(), Encoding::Declared);
        }
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), Encoding::Utf8),
        // A few spoilt bytes in a page that says it is UTF-8 do not make it another.
        Err(_) if named.is_some() => (String::from_utf8_lossy(bytes).into_owned(), Encoding::Declared),
        Err(error) => (
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
                .into_owned(),
            Encoding::Windows1252 {
                first_invalid: error.valid_up_to(),
            },
        ),
    }
}

/// The encoding that a page's head declares. As the HTML standard has it, it must stand near the beginning.
fn meta_charset(bytes: &[u8]) -> Option<&'static Charset> {
    static CHARSET: LazyLock<BytesRegex> = LazyLock::new(|| {
        BytesRegex::new(r#"(?i-u)<(?:meta|\?xml)[^>]*(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)"#)
            .expect("a valid pattern")
    });
    let beginning = &bytes[..bytes.len().min(4096)];
    Charset::for_label(CHARSET.captures(beginning)?.get(1)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "<p>The envoys met on Monday in a hall that had been a school, and spoke for two hours with nobody else \
        in the room, according to a guard.</p><p>“We will not send a single soldier across that river,” the minister said \
        afterwards, adding that the other side had been told so in writing, twice, since the spring.</p><p>The talks go on next \
        week in the same place, if the road is open and the ferry runs, which it has not done for most of the winter.</p>";

    fn page(head: &str, body: &str) -> String {
        format!(
            "<!DOCTYPE html><html><head><title>Envoys meet in Accra - The Gazette</title>{head}</head><body>\
             <nav><a href=/>Home</a> <a href=/w>World</a></nav><article>{body}</article>\
             <aside><a href=/1>Read also: the price of onions</a></aside><footer>Copyright. All rights reserved.</footer></body></html>"
        )
    }

    #[test]
    fn the_article_is_found_and_the_furniture_dropped() {
        let head = "<meta property='og:site_name' content='The Gazette'>\
            <meta property='article:published_time' content='2024-03-01T10:00:00Z'>";
        let article = read(page(head, STORY).as_bytes(), "a.html", None).unwrap();
        let paragraphs: Vec<&str> = article.text.split("\n\n").collect();
        assert_eq!(paragraphs.len(), 3, "{}", article.text);
        assert!(paragraphs[1].starts_with("“We will not send"));
        assert_eq!(article.outlet.as_deref(), Some("The Gazette"));
        assert_eq!(article.date.as_deref(), Some("2024-03-01T10:00:00Z"));
        assert!(article.title.unwrap().starts_with("Envoys meet in Accra"));
    }

    #[test]
    fn pages_say_their_encoding() {
        let declared = page(
            "<meta charset=windows-1251>",
            &format!("<p>{}</p>{STORY}", "x".repeat(9)),
        );
        let mut bytes = declared.replace('—', "-").replace(['“', '”'], "\"").into_bytes();
        let at = bytes
            .windows(9)
            .position(|window| window == b"xxxxxxxxx")
            .unwrap();
        bytes[at] = 0xcc;
        let article = read(&bytes, "a.html", None).unwrap();
        assert!(article.text.starts_with("Мxxxxxxxx"), "{}", article.text);
        assert_eq!(article.encoding, Encoding::Declared);
        let converted = "<meta charset=gb2312>café".as_bytes();
        assert_eq!(decode(converted, None).0, "<meta charset=gb2312>café");
        let (text, encoding) = decode(b"caf\xe9", None);
        assert_eq!(text, "café");
        assert!(matches!(encoding, Encoding::Windows1252 { first_invalid: 3 }));
        assert_eq!(decode(b"caf\xe9", Some("utf-8")).0, "caf\u{fffd}");
    }

    #[test]
    fn small_pages_are_articles_and_empty_ones_are_not() {
        let article = read(b"<p>They left.</p>", "a.html", None).unwrap();
        assert_eq!(article.text, "They left.");
        assert!(matches!(
            read(b"<html><body><img src=a.png></body></html>", "a.html", None),
            Err(Reason::NoArticle)
        ));
    }

    #[test]
    fn pages_built_to_break_parsers_are_refused() {
        let deep = format!("{}They left.", "<div>".repeat(100_000));
        assert!(matches!(
            read(deep.as_bytes(), "a.html", None),
            Err(Reason::Damaged { .. })
        ));
    }

    #[test]
    fn fragments_lose_their_marks_and_plain_text_is_left_alone() {
        let text = |html: &str| match text_of_fragment(html) {
            Fragment::Text(text) => text,
            other => format!("{other:?}"),
        };
        assert_eq!(text("a < b and <c> d, R&D; AT&T"), "Plain");
        assert_eq!(text("They met.<br/>They left."), "They met.\n\nThey left.");
        assert_eq!(text("A <b>general</b>\nspoke."), "A general\n\nspoke.");
        assert_eq!(
            text("&quot;No,&quot; she said.&nbsp;He left."),
            "\"No,\" she said. He left."
        );
        assert_eq!(text("<p></p><img src=a>"), "Nothing");
    }
}
