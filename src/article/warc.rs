//! Web archives (WARC 1.0 and 1.1, ISO 28500): the HTML pages in them, as Common Crawl News has them.
//!
//! Our own reader, for a few lines' worth of format: a record is never held in memory unless it is a page that
//! may be an article, whatever length a hostile header claims.

use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use flate2::bufread::MultiGzDecoder;

use super::documents::html;
use super::{Item, ItemSink, Reason, Rejected};

/// A longer line is no header.
const LONGEST_LINE: u64 = 1 << 16;
/// More headers are no record's.
const MOST_HEADERS: usize = 200;

/// Reads the pages: `response` and `resource` records that hold HTML. Other records are passed over, as are
/// answers that are no pages (redirects, errors, images).
pub(super) fn read(
    mut input: impl BufRead,
    place: &str,
    max_article_bytes: u64,
    sink: ItemSink<'_>,
) -> ControlFlow<()> {
    let damaged = |number: u64, reason: String| Rejected {
        number: Some(number),
        ..Rejected::whole(
            place,
            Reason::Damaged {
                format: "WARC record",
                reason,
            },
        )
    };
    for number in 1.. {
        let header = match Header::read(&mut input) {
            Ok(Some(header)) => header,
            Ok(None) => break,
            // Where the next record begins is not known any more.
            Err(reason) => return sink(Err(damaged(number, reason))),
        };
        let mut block = input.by_ref().take(header.length);
        let is_page = matches!(header.kind.as_str(), "response" | "resource");
        let article = if is_page {
            let id = match header.uri.as_str() {
                "" => format!("{place}#{number}"),
                uri => uri.to_owned(),
            };
            page(&mut block, &header, &id, max_article_bytes)
        } else {
            Ok(None)
        };
        if let Err(Reason::Io(error)) = article {
            return sink(Err(damaged(number, error.to_string())));
        }
        let rest = std::io::copy(&mut block, &mut std::io::sink());
        let is_cut = block.limit() > 0;
        match article {
            Ok(Some(article)) => sink(Ok(Item::Document(article)))?,
            Ok(None) => {}
            Err(reason) => sink(Err(Rejected {
                number: Some(number),
                record: header.uri.clone(),
                ..Rejected::whole(place, reason)
            }))?,
        }
        if let Err(error) = rest {
            return sink(Err(damaged(number, error.to_string())));
        }
        if is_cut {
            return sink(Err(damaged(number, "the file ends within it".to_owned())));
        }
    }
    ControlFlow::Continue(())
}

/// What a record's header says.
#[derive(Default)]
struct Header {
    kind: String,
    uri: String,
    content_type: String,
    length: u64,
}

impl Header {
    /// The next record's; `None` at the end.
    fn read(input: &mut impl BufRead) -> Result<Option<Self>, String> {
        // Two blank lines end a record.
        let version = loop {
            match line(input)? {
                None => return Ok(None),
                Some(blank) if blank.is_empty() => {}
                Some(line) => break line,
            }
        };
        if !version.starts_with("WARC/") {
            return Err("it does not begin with WARC/".to_owned());
        }
        let mut header = Self::default();
        let mut length = None;
        for _ in 0..MOST_HEADERS {
            let Some(line) = line(input)?.filter(|line| !line.is_empty()) else {
                header.length = length.ok_or("it has no Content-Length")?;
                return Ok(Some(header));
            };
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "warc-type" => header.kind = value.to_ascii_lowercase(),
                "warc-target-uri" => header.uri = value.trim_matches(['<', '>']).to_owned(),
                "content-type" => header.content_type = value.to_ascii_lowercase(),
                "content-length" => {
                    length = Some(
                        value
                            .parse()
                            .map_err(|_| format!("its Content-Length is {value}"))?,
                    );
                }
                _ => {}
            }
        }
        Err("its header does not end".to_owned())
    }
}

/// A line without its end; `None` at the end of the file.
fn line(input: &mut impl BufRead) -> Result<Option<String>, String> {
    let mut bytes = Vec::new();
    let length = input
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut bytes)
        .map_err(|error| error.to_string())?;
    match length {
        0 => Ok(None),
        _ if bytes.last() != Some(&b'\n') && length as u64 == LONGEST_LINE => {
            Err("a line of its header is too long".to_owned())
        }
        _ => Ok(Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())),
    }
}

/// The article of a record; `None` where it is no page.
fn page(
    block: &mut impl Read,
    header: &Header,
    id: &str,
    limit: u64,
) -> Result<Option<super::Article>, Reason> {
    let mut bytes = Vec::new();
    block.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let answer = if header.kind == "resource" {
        Answer {
            is_page: is_html(&header.content_type),
            ..Answer::default()
        }
    } else {
        match Answer::parse(&bytes) {
            Some(answer) => answer,
            None => return Ok(None),
        }
    };
    if !answer.is_page {
        return Ok(None);
    }
    if bytes.len() as u64 > limit {
        return Err(Reason::TooLarge { limit });
    }
    let body = answer.body(&bytes, limit)?;
    if body.len() as u64 > limit {
        return Err(Reason::TooLarge { limit });
    }
    let mut article = html::read(&body, id, answer.charset.as_deref())?;
    if article.outlet.is_none() {
        article.outlet = host_of(&header.uri);
    }
    Ok(Some(article))
}

fn host_of(uri: &str) -> Option<String> {
    let host = uri.split_once("://")?.1.split(['/', '?', '#', ':']).next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then(|| host.to_owned())
}

fn is_html(content_type: &str) -> bool {
    content_type.contains("text/html") || content_type.contains("application/xhtml")
}

/// What an HTTP answer's head says of its body.
#[derive(Default)]
struct Answer {
    is_page: bool,
    charset: Option<String>,
    is_chunked: bool,
    is_gzip: bool,
    body_start: usize,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(bytes).ok()?;
        let httparse::Status::Complete(body_start) = parsed else {
            return None;
        };
        let value_of = |name: &str| {
            let header = response
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case(name))?;
            Some(String::from_utf8_lossy(header.value).to_ascii_lowercase())
        };
        let content_type = value_of("content-type").unwrap_or_default();
        let charset = content_type.split_once("charset=").map(|(_, charset)| {
            let charset = charset.trim_start_matches(['"', '\'']);
            charset
                .split(['"', '\'', ';', ' '])
                .next()
                .unwrap_or_default()
                .to_owned()
        });
        Some(Self {
            is_page: response.code == Some(200) && is_html(&content_type),
            charset,
            is_chunked: value_of("transfer-encoding").is_some_and(|value| value.contains("chunked")),
            is_gzip: value_of("content-encoding").is_some_and(|value| value.contains("gzip")),
            body_start,
        })
    }

    /// The page itself. Archives often store bodies decoded under headers that say otherwise: what is not
    /// chunked or compressed is taken as it is.
    fn body(&self, bytes: &[u8], limit: u64) -> Result<Vec<u8>, Reason> {
        let mut body = bytes[self.body_start..].to_vec();
        if self.is_chunked {
            body = unchunked(&body).unwrap_or(body);
        }
        if self.is_gzip && body.starts_with(&[0x1f, 0x8b]) {
            let mut page = Vec::new();
            let decoded = MultiGzDecoder::new(body.as_slice())
                .take(limit.saturating_add(1))
                .read_to_end(&mut page);
            decoded.map_err(|error| Reason::Damaged {
                format: "page in gzip",
                reason: error.to_string(),
            })?;
            body = page;
        }
        Ok(body)
    }
}

/// A body without its chunks' sizes (RFC 9112, section 7.1); `None` where it has none.
fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let httparse::Status::Complete((start, size)) = httparse::parse_chunk_size(body).ok()? else {
            return None;
        };
        if size == 0 {
            return Some(whole);
        }
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        whole.extend_from_slice(body.get(start..end)?);
        body = body.get(end..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn record(kind: &str, block: &str) -> String {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://www.gazette.example/a\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
            block.len()
        )
    }

    fn answer(head: &str, body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}")
    }

    const HTML: &str = "Content-Type: text/html; charset=utf-8";

    /// The articles' texts, and the reasons of what is rejected.
    fn read(warc: &[u8]) -> (Vec<super::super::Article>, Vec<String>) {
        let (mut articles, mut reasons) = (Vec::new(), Vec::new());
        let _ = super::read(warc, "a.warc", 10_000, &mut |item| {
            match item {
                Ok(Item::Document(article)) => articles.push(article),
                Ok(Item::Row { .. }) => unreachable!(),
                Err(rejected) => reasons.push(rejected.to_string()),
            }
            ControlFlow::Continue(())
        });
        (articles, reasons)
    }

    #[test]
    fn pages_are_read_and_other_records_passed_over() {
        let chunked = "b\r\n<p>They met\r\n6\r\n.</p>\n\r\n0\r\n\r\n";
        let warc = [
            record("warcinfo", "software: x"),
            record("request", "GET / HTTP/1.1\r\n\r\n"),
            record("response", &answer(HTML, "<p>They left.</p>")),
            record("response", &answer("Content-Type: image/png", "\u{1}")),
            record(
                "response",
                &answer("Content-Type: text/html\r\nContent-Encoding: gzip", "GZIPCUT"),
            ),
            record(
                "response",
                "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<p>Gone.</p>",
            ),
            record(
                "response",
                &answer(&format!("{HTML}\r\nTransfer-Encoding: chunked"), chunked),
            ),
            record(
                "response",
                &answer(
                    &format!("{HTML}\r\nTransfer-Encoding: chunked"),
                    "<p>Stored decoded.</p>",
                ),
            ),
        ]
        .concat();
        let mut warc = warc.into_bytes();
        let cut = warc.windows(7).position(|window| window == b"GZIPCUT").unwrap();
        warc[cut..cut + 3].copy_from_slice(&[0x1f, 0x8b, 8]);
        let (articles, reasons) = read(&warc);
        // A page whose own compression is damaged costs no other.
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons[0].contains("page in gzip"), "{reasons:?}");
        let texts: Vec<&str> = articles.iter().map(|article| article.text.as_str()).collect();
        assert_eq!(texts, ["They left.", "They met.", "Stored decoded."]);
        assert_eq!(articles[0].id, "https://www.gazette.example/a");
        assert_eq!(articles[0].outlet.as_deref(), Some("gazette.example"));
    }

    #[test]
    fn damaged_records_are_told_of_and_never_held() {
        let good = record("response", &answer(HTML, "<p>They left.</p>"));
        let huge = record("response", &answer(HTML, &"x".repeat(20_000)));
        let (articles, reasons) = read([huge.as_str(), &good].concat().as_bytes());
        assert_eq!(articles.len(), 1);
        assert!(
            reasons[0].contains("line 1: is larger than 10000 bytes"),
            "{reasons:?}"
        );

        let mut endless = good.clone();
        write!(endless, "WARC/1.0\r\nContent-Length: 99999999999\r\n\r\nshort").unwrap();
        let (articles, reasons) = read(endless.as_bytes());
        assert_eq!(articles.len(), 1);
        assert!(reasons[0].contains("line 2: is no WARC record"), "{reasons:?}");

        for spoilt in [
            "WARC/1.0\r\n\r\n",
            "nonsense\r\n",
            "WARC/1.0\r\nContent-Length: -1\r\n\r\n",
        ] {
            assert_eq!(read(spoilt.as_bytes()).1.len(), 1, "{spoilt}");
        }
    }
}
