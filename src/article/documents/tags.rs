//! Whether a page's tags are more than a parser can be given.
//!
//! A parser of HTML takes time and memory for the square of what is open at once: it looks through all open
//! elements at many tags, and opens formatting elements anew in every paragraph. So both are counted before, the way
//! the parser would count them, near enough.

/// Elements of a page; more make no article.
const MOST_ELEMENTS: usize = 200_000;
/// Elements that lie in each other.
const DEEPEST: usize = 2000;
/// Formatting elements that are open at once.
const MOST_FORMATTING: usize = 20;
/// An end closes the nearest of so many open elements, or nothing.
const NEAREST: usize = 64;

/// What a page has too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Excess {
    #[error("it has more than {MOST_ELEMENTS} elements")]
    Elements,
    #[error("its elements lie more than {DEEPEST} deep in each other")]
    Depth,
    #[error("more than {MOST_FORMATTING} formatting elements are open at once")]
    Formatting,
}

/// Elements without content: they open nothing.
const VOID: [&[u8]; 14] = [
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"param",
    b"source", b"track", b"wbr",
];
/// Elements whose next one ends them.
const ENDED_BY_THE_NEXT: [&[u8]; 8] = [b"p", b"li", b"dt", b"dd", b"tr", b"td", b"th", b"option"];
const FORMATTING: [&[u8]; 14] = [
    b"a", b"b", b"big", b"code", b"em", b"font", b"i", b"nobr", b"s", b"small", b"strike", b"strong", b"tt",
    b"u",
];
/// Elements whose content is no markup.
const RAW: [&[u8]; 4] = [b"script", b"style", b"textarea", b"title"];

/// The first thing that a page has too much of.
pub(super) fn excess(html: &str) -> Option<Excess> {
    let bytes = html.as_bytes();
    let mut open: Vec<&[u8]> = Vec::new();
    let (mut elements, mut formatting) = (0, 0);
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| byte == b'<') {
        at += next + 1;
        if bytes[at..].starts_with(b"!--") {
            at = find(bytes, at, b"-->");
            continue;
        }
        let is_end = bytes.get(at) == Some(&b'/');
        at += usize::from(is_end);
        let length = bytes[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let name = &bytes[at..at + length];
        at += length;
        if !name.first().is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let is_any = |names: &[&[u8]]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if is_end {
            let nearest = open.len().saturating_sub(NEAREST);
            if let Some(place) = open[nearest..]
                .iter()
                .rposition(|known| known.eq_ignore_ascii_case(name))
            {
                open.truncate(nearest + place);
                // Their end does not close formatting elements that were opened within.
                formatting -= usize::from(is_any(&FORMATTING)).min(formatting);
            }
            continue;
        }
        elements += 1;
        if is_any(&RAW) {
            at = find_end_of(bytes, at, name);
        } else if !is_any(&VOID) {
            if is_any(&ENDED_BY_THE_NEXT) && open.last().is_some_and(|last| last.eq_ignore_ascii_case(name)) {
                open.pop();
            }
            open.push(name);
            formatting += usize::from(is_any(&FORMATTING));
        }
        if elements > MOST_ELEMENTS {
            return Some(Excess::Elements);
        }
        if open.len() > DEEPEST {
            return Some(Excess::Depth);
        }
        if formatting > MOST_FORMATTING {
            return Some(Excess::Formatting);
        }
    }
    None
}

/// Where some bytes end, from a place on; the end of all where they do not come.
fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> usize {
    let place = bytes[from..]
        .windows(wanted.len())
        .position(|window| window == wanted);
    place.map_or(bytes.len(), |place| from + place + wanted.len())
}

/// Where the end of a raw element begins.
fn find_end_of(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let ends = |window: &[u8]| window.starts_with(b"</") && window[2..].eq_ignore_ascii_case(name);
    let place = bytes[from..].windows(name.len() + 2).position(ends);
    place.map_or(bytes.len(), |place| from + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_pages_have_no_excess() {
        for html in [
            "<p>One.<p>Two.".repeat(3000),
            "They met.<br>".repeat(3000),
            "<ul>".to_owned() + &"<li>One <img src=a>".repeat(3000) + "</ul>",
            "<script>if (a<b) { x = '<div>' }</script>".repeat(3000),
            "<!-- <div> -->".repeat(3000),
            "<p>A <b>bold</b> <a href=/>link</a>.</p>".repeat(3000),
        ] {
            assert_eq!(excess(&html), None, "{:.30}", html);
        }
    }

    #[test]
    fn what_breaks_parsers_is_seen_whatever_ends_it() {
        assert_eq!(excess(&"<div></x>".repeat(3000)), Some(Excess::Depth));
        assert_eq!(excess(&"<div/>".repeat(3000)), Some(Excess::Depth));
        assert_eq!(
            excess(&"<font color=1><p>x</p>".repeat(30)),
            Some(Excess::Formatting)
        );
        assert_eq!(excess(&"<br>".repeat(200_001)), Some(Excess::Elements));
        assert_eq!(excess("<div"), None);
        assert_eq!(excess("</"), None);
    }
}
