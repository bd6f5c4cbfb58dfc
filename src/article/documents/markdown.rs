//! Markdown (CommonMark): the text without its marks, and what its front matter says.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::super::decode::decode;
use super::super::{Article, Reason};
use super::Paragraphs;

pub(super) fn read(bytes: Vec<u8>, id: &str) -> Result<Article, Reason> {
    let (source, encoding) = decode(bytes).map_err(|at| Reason::Binary { at })?;
    let document = Document::parse(&source);
    if document.text.is_empty() {
        return Err(Reason::Empty);
    }
    let given = |keys: &[&str]| front_matter(&document.metadata, keys);
    Ok(Article {
        id: id.to_owned(),
        title: given(&["title", "headline"]).or(document.heading),
        date: given(&["date", "published"]),
        outlet: given(&["outlet", "source", "publication"]),
        text: document.text,
        body_start: 0,
        encoding,
    })
}

/// What a Markdown file holds.
struct Document {
    /// Its first heading, where that is of the first level and stands before all else.
    heading: Option<String>,
    metadata: String,
    text: String,
}

impl Document {
    fn parse(source: &str) -> Self {
        let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
            | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
            | Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH;
        let mut heading = None;
        let mut metadata = String::new();
        let mut paragraphs = Paragraphs::default();
        // Code, images' descriptions and footnotes are not what the article says.
        let mut silent = 0;
        let mut is_metadata = false;
        for event in Parser::new_ext(source, options) {
            match event {
                Event::Start(Tag::MetadataBlock(_)) => is_metadata = true,
                Event::End(TagEnd::MetadataBlock(_)) => is_metadata = false,
                Event::Text(text) if is_metadata => metadata.push_str(&text),
                Event::Start(Tag::CodeBlock(_) | Tag::Image { .. } | Tag::FootnoteDefinition(_)) => {
                    silent += 1
                }
                Event::End(TagEnd::CodeBlock | TagEnd::Image | TagEnd::FootnoteDefinition) => silent -= 1,
                Event::Text(text) | Event::Code(text) if silent == 0 => paragraphs.push(&text),
                Event::SoftBreak | Event::HardBreak => paragraphs.push(" "),
                Event::End(TagEnd::Heading(HeadingLevel::H1))
                    if heading.is_none() && paragraphs.text.is_empty() =>
                {
                    heading = Some(std::mem::take(&mut paragraphs.paragraph).trim().to_owned());
                }
                Event::Start(Tag::Item) => paragraphs.end(),
                Event::End(
                    TagEnd::Paragraph
                    | TagEnd::Heading(_)
                    | TagEnd::Item
                    | TagEnd::TableCell
                    | TagEnd::HtmlBlock
                    | TagEnd::BlockQuote(_),
                ) => paragraphs.end(),
                _ => {}
            }
        }
        Self {
            heading: heading.filter(|heading| !heading.is_empty()),
            metadata,
            text: paragraphs.finish(),
        }
    }
}

/// The value of a line `key: value` (YAML) or `key = "value"` (TOML).
fn front_matter(metadata: &str, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| {
        metadata.lines().find_map(|line| {
            let (name, value) = line.split_once([':', '='])?;
            let value = value.trim().trim_matches(['"', '\'']).trim();
            (name.trim().eq_ignore_ascii_case(key) && !value.is_empty()).then(|| value.to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Article {
        super::read(source.into(), "a.md").unwrap()
    }

    #[test]
    fn marks_are_taken_off_and_paragraphs_stay_apart() {
        let article = read(
            "# Envoys *meet*\n\nThe **minister**\nsaid [no](http://a.example).\n\n## Later\n\n- One left.\n- Two stayed.\n\n\
             > “We wait.”\n\n```\ncode\n```\n",
        );
        assert_eq!(article.title.as_deref(), Some("Envoys meet"));
        assert_eq!(
            article.text,
            "The minister said no.\n\nLater\n\nOne left.\n\nTwo stayed.\n\n“We wait.”"
        );
    }

    #[test]
    fn front_matter_names_title_date_and_outlet() {
        let yaml =
            read("---\ntitle: \"Talks: day two\"\ndate: 2024-03-01\nsource: Gazette\n---\n\nThey met.\n");
        assert_eq!(yaml.title.as_deref(), Some("Talks: day two"));
        assert_eq!(yaml.date.as_deref(), Some("2024-03-01"));
        assert_eq!(yaml.outlet.as_deref(), Some("Gazette"));
        assert_eq!(yaml.text, "They met.");
        let toml = read("+++\ntitle = \"Talks\"\n+++\nThey met.\n");
        assert_eq!(toml.title.as_deref(), Some("Talks"));
    }

    #[test]
    fn nothing_but_marks_is_empty() {
        assert!(matches!(
            super::read("---\n\n```\ncode\n```\n".into(), "a.md"),
            Err(Reason::Empty)
        ));
    }
}
