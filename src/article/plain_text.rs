//! Plain text: one article a file.

use std::io::Read;

use super::decode::decode;
use super::{Article, ArticleFormat, ReadError};

/// A text file that holds one article.
pub struct PlainText;

impl ArticleFormat for PlainText {
    fn endings(&self) -> &'static [&'static str] {
        &["txt", "text"]
    }

    fn read<'a>(
        &self,
        input: Box<dyn Read + 'a>,
        id: &str,
        max_article_bytes: u64,
    ) -> Box<dyn Iterator<Item = Result<Article, ReadError>> + 'a> {
        Box::new(std::iter::once(read_one(input, id, max_article_bytes)))
    }
}

fn read_one(input: impl Read, id: &str, max_article_bytes: u64) -> Result<Article, ReadError> {
    let id = id.to_owned();
    let mut bytes = Vec::new();
    if let Err(source) = input
        .take(max_article_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
    {
        return Err(ReadError::Io { id, source });
    }
    if bytes.len() as u64 > max_article_bytes {
        return Err(ReadError::TooLarge {
            id,
            limit: max_article_bytes,
        });
    }
    let (text, encoding) = match decode(bytes) {
        Ok(decoded) => decoded,
        Err(at) => return Err(ReadError::Binary { id, at }),
    };
    if text.trim().is_empty() {
        return Err(ReadError::Empty { id });
    }
    let title = find_title(&text);
    Ok(Article {
        id,
        title: title.map(|(title, _)| title.to_owned()),
        date: None,
        outlet: None,
        body_start: title.map_or(0, |(_, end)| end),
        text,
        encoding,
    })
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

    fn read(bytes: &[u8]) -> Result<Article, ReadError> {
        read_one(bytes, "a.txt", 1000)
    }

    #[test]
    fn a_first_line_before_a_blank_one_is_the_title() {
        let article = read("Envoys meet in Accra\r\n\r\nThey met.\r\n".as_bytes()).unwrap();
        assert_eq!(article.title.as_deref(), Some("Envoys meet in Accra"));
        assert_eq!(article.text[article.body_start..].trim(), "They met.");
        let question = read(b"Who asked for troops?\n\nNobody did.\n").unwrap();
        assert_eq!(question.title.as_deref(), Some("Who asked for troops?"));
    }

    #[test]
    fn a_first_sentence_is_no_title() {
        for text in [
            "They met.\n\nThey left.\n",
            "They met in Accra\nand left.\n",
            "They met",
        ] {
            let article = read(text.as_bytes()).unwrap();
            assert_eq!((article.title, article.body_start), (None, 0), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_article_is_refused_by_name() {
        assert!(matches!(read(b""), Err(ReadError::Empty { .. })));
        assert!(matches!(read(b" \n\t"), Err(ReadError::Empty { .. })));
        assert!(matches!(
            read(b"\x7fELF\0\0"),
            Err(ReadError::Binary { at: 4, .. })
        ));
        let error = read(&[b'x'; 1001]).unwrap_err();
        assert!(
            error.to_string().starts_with("a.txt: is larger than 1000 bytes"),
            "{error}"
        );
    }
}
