//! Plain text: one article a file.

use super::super::decode::decode;
use super::super::{Article, Encoding, Reason};

pub(super) fn read(bytes: Vec<u8>, id: &str) -> Result<Article, Reason> {
    let (text, encoding) = decode(bytes).map_err(|at| Reason::Binary { at })?;
    if text.trim().is_empty() {
        return Err(Reason::Empty);
    }
    Ok(article(id, text, encoding))
}

/// An article of a text that may open with its title.
pub(in super::super) fn article(id: &str, text: String, encoding: Encoding) -> Article {
    let title = find_title(&text);
    Article {
        id: id.to_owned(),
        title: title.map(|(title, _)| title.to_owned()),
        date: None,
        outlet: None,
        body_start: title.map_or(0, |(_, end)| end),
        text,
        encoding,
    }
}

/// The title and where it ends, in bytes: the first line, where a blank line follows it and it
/// does not end like a sentence.
fn find_title(text: &str) -> Option<(&str, usize)> {
    let begin = text.len() - text.trim_start().len();
    let length = text[begin..].find('\n')?;
    let line = &text[begin..begin + length];
    let next = text[begin + length + 1..].lines().next()?;
    let title = line.trim();
    (next.trim().is_empty() && !ends_like_a_sentence(title)).then_some((title, begin + length))
}

fn ends_like_a_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']'])
        .ends_with(['.', '!', '…', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Article {
        super::read(text.into(), "a.txt").unwrap()
    }

    #[test]
    fn a_first_line_before_a_blank_one_is_the_title() {
        let article = read("Envoys meet in Accra\r\n\r\nThey met.\r\n");
        assert_eq!(article.title.as_deref(), Some("Envoys meet in Accra"));
        assert_eq!(article.text[article.body_start..].trim(), "They met.");
        let question = read("Who asked for troops?\n\nNobody did.\n");
        assert_eq!(question.title.as_deref(), Some("Who asked for troops?"));
    }

    #[test]
    fn a_first_sentence_is_no_title() {
        for text in [
            "They met.\n\nThey left.\n",
            "They met in Accra\nand left.\n",
            "They met",
        ] {
            let article = read(text);
            assert_eq!((article.title, article.body_start), (None, 0), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(matches!(
            super::read(b"\xff\xfe \0\n\0".to_vec(), "a"),
            Err(Reason::Empty)
        ));
        assert!(matches!(
            super::read(b"\x7fELF\0\0".to_vec(), "a"),
            Err(Reason::Binary { at: 4 })
        ));
    }
}
