//! Word documents (Office Open XML, ISO 29500): the paragraphs of `word/document.xml`.

use std::io::{BufRead, BufReader, Cursor, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::XmlVersion;

use super::super::{Article, Encoding, Reason};
use super::nexis;

/// What unpacks to more than so many times the largest article is no document.
const MOST_UNPACKED: u64 = 8;

pub(super) fn read(bytes: &[u8], id: &str, max_article_bytes: u64) -> Result<Vec<Article>, Reason> {
    let damaged = |reason: String| Reason::Damaged {
        format: "Word document",
        reason,
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    let entry = archive
        .by_name("word/document.xml")
        .map_err(|error| damaged(error.to_string()))?;
    let limit = max_article_bytes.saturating_mul(MOST_UNPACKED);
    let mut entry = BufReader::new(entry.take(limit.saturating_add(1)));
    let paragraphs = paragraphs(&mut entry).map_err(|error| damaged(error.to_string()));
    if entry.into_inner().limit() == 0 {
        return Err(Reason::TooLarge { limit });
    }
    let document = paragraphs?;
    if nexis::is_export(&document.paragraphs) {
        return Ok(nexis::articles(&document.paragraphs, id));
    }
    let text = document.paragraphs.join("\n\n");
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    if text.len() as u64 > max_article_bytes {
        return Err(Reason::TooLarge {
            limit: max_article_bytes,
        });
    }
    Ok(vec![Article {
        id: id.to_owned(),
        title: document.title,
        date: None,
        outlet: None,
        text,
        body_start: 0,
        encoding: Encoding::Utf8,
    }])
}

#[derive(Default)]
struct Document {
    title: Option<String>,
    /// Without the title.
    paragraphs: Vec<String>,
}

/// Reads the paragraphs: runs of text (`w:t`), without what was deleted (`w:del`) or is computed (`w:instrText`).
fn paragraphs(xml: &mut impl BufRead) -> Result<Document, quick_xml::Error> {
    let mut reader = quick_xml::Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut document = Document::default();
    let mut paragraph = String::new();
    let (mut is_text, mut is_title) = (false, false);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "t" => is_text = true,
                "pStyle" => is_title = is_title_style(&tag),
                _ => {}
            },
            Event::Empty(tag) => match tag.local_name().as_ref() {
                "tab" | "br" | "cr" => paragraph.push(' '),
                "noBreakHyphen" => paragraph.push('-'),
                "pStyle" => is_title = is_title_style(&tag),
                _ => {}
            },
            Event::Text(text) if is_text => paragraph.push_str(&text.xml_content(XmlVersion::Explicit1_0)),
            Event::GeneralRef(reference) if is_text => match reference.resolve_char_ref()? {
                Some(character) => paragraph.push(character),
                None => paragraph.push_str(quick_xml::escape::resolve_xml_entity(&reference).unwrap_or(" ")),
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => is_text = false,
                "p" => {
                    let text = paragraph.trim();
                    match text {
                        "" => {}
                        title if is_title && document.title.is_none() => {
                            document.title = Some(title.to_owned())
                        }
                        text => document.paragraphs.push(text.to_owned()),
                    }
                    paragraph.clear();
                    is_title = false;
                }
                _ => {}
            },
            Event::Eof => return Ok(document),
            _ => {}
        }
    }
}

fn is_title_style(tag: &BytesStart<'_>) -> bool {
    tag.attributes()
        .flatten()
        .any(|attribute| attribute.key.local_name().as_ref() == "val" && attribute.value.as_ref() == "Title")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn docx(body: &str) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .start_file("word/document.xml", zip::write::SimpleFileOptions::default())
            .unwrap();
        let xml = format!(
            "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">\
             <w:body>{body}</w:body></w:document>"
        );
        writer.write_all(xml.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    }

    fn paragraph(text: &str) -> String {
        format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
    }

    #[test]
    fn paragraphs_and_the_title() {
        let body = "<w:p><w:pPr><w:pStyle w:val=\"Title\"/></w:pPr><w:r><w:t>Envoys meet</w:t></w:r></w:p>\
            <w:p><w:r><w:t xml:space=\"preserve\">They met &amp; </w:t></w:r><w:del><w:r><w:delText>fought</w:delText></w:r></w:del>\
            <w:r><w:t>left&#8217;s</w:t></w:r></w:p><w:p/>";
        let articles = read(
            &docx(&(body.to_owned() + &paragraph("Nobody spoke."))),
            "a.docx",
            1 << 20,
        )
        .unwrap();
        assert_eq!(articles.len(), 1);
        assert_eq!(articles[0].title.as_deref(), Some("Envoys meet"));
        assert_eq!(articles[0].text, "They met & left’s\n\nNobody spoke.");
    }

    #[test]
    fn a_nexis_export_holds_many() {
        let lines = [
            "Talks fail",
            "The Herald",
            "March 4, 2024",
            "Body",
            "Nobody spoke.",
            "End of Document",
        ];
        let body: String = lines.iter().chain(&lines).map(|line| paragraph(line)).collect();
        let articles = read(&docx(&body), "a.docx", 1 << 20).unwrap();
        assert_eq!(articles.len(), 2);
        assert_eq!(articles[1].id, "a.docx#2");
    }

    #[test]
    fn bombs_and_damaged_documents_are_refused() {
        let bomb = docx(&paragraph(&"x".repeat(1 << 20)));
        assert!(bomb.len() < 1 << 14);
        assert!(matches!(read(&bomb, "a", 1 << 14), Err(Reason::TooLarge { .. })));
        let whole = docx(&paragraph("They met."));
        for length in [0, 10, whole.len() / 2, whole.len() - 30] {
            assert!(matches!(
                read(&whole[..length], "a", 1 << 20),
                Err(Reason::Damaged { .. })
            ));
        }
    }
}
