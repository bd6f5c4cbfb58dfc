//! Asking a Hub: redirects, refusals, and trying again.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::{header, HeaderMap, Response, Uri};
use ureq::tls::{parse_pem, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::name::is_commit;
use super::{Hub, HubError, HubEvent, HubModel};
use crate::model::CONFIG_FILE;

/// A Hub that can be asked.
pub(super) struct Remote<'a> {
    hub: &'a Hub,
    agent: Agent,
}

/// What a Hub says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileFacts {
    /// Its name in the cache: of large files, the SHA-256 of their content.
    pub(super) etag: String,
    pub(super) size: u64,
}

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
const MOST_REDIRECTS: usize = 10;

const FIRST_WAIT: Duration = Duration::from_millis(500);
/// A server that asks for more is not waited for so long.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Head,
    Get,
}

impl<'a> Remote<'a> {
    pub(super) fn new(hub: &'a Hub) -> Result<Self, HubError> {
        let mut config = Agent::config_builder()
            // Redirects are followed here: a token is for the Hub alone.
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .user_agent(concat!("demarche/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &hub.certificates {
            let refuse = |why: String| HubError::Certificates {
                path: path.clone(),
                why,
            };
            let bundle = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
            let mut certificates = Vec::new();
            for item in parse_pem(&bundle) {
                if let PemItem::Certificate(certificate) = item.map_err(|error| refuse(error.to_string()))? {
                    certificates.push(certificate);
                }
            }
            if certificates.is_empty() {
                return Err(refuse("there is no certificate in it".to_owned()));
            }
            let roots = RootCerts::Specific(Arc::new(certificates));
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Self {
            hub,
            agent: config.build().into(),
        })
    }

    /// The commit that a revision is now; asked for once where there is another way than to wait.
    pub(super) fn commit(
        &self,
        model: &HubModel,
        has_other_way: bool,
        watch: &mut dyn FnMut(HubEvent<'_>),
    ) -> Result<String, HubError> {
        let url = self.url(model, &model.revision, CONFIG_FILE);
        let headers = match has_other_way {
            true => self.headers(&url, model, CONFIG_FILE)?,
            false => self.again(watch, |remote| remote.headers(&url, model, CONFIG_FILE))?,
        };
        match text(&headers, "x-repo-commit").filter(|commit| is_commit(commit)) {
            Some(commit) => Ok(commit.to_owned()),
            None => Err(HubError::NotAHub {
                url,
                what: "it names no commit (X-Repo-Commit)".to_owned(),
            }),
        }
    }

    /// What there is to know of a file before it is downloaded.
    pub(super) fn facts(
        &self,
        model: &HubModel,
        commit: &str,
        file: &str,
        watch: &mut dyn FnMut(HubEvent<'_>),
    ) -> Result<FileFacts, HubError> {
        let url = self.url(model, commit, file);
        let headers = self.again(watch, |remote| remote.headers(&url, model, file))?;
        // A large file is elsewhere, and the redirect says what it is.
        let etag = text(&headers, "x-linked-etag").or_else(|| text(&headers, "etag"));
        let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"').to_owned());
        let size = text(&headers, "x-linked-size").or_else(|| text(&headers, "content-length"));
        let is_name = |etag: &String| {
            (1..=128).contains(&etag.len())
                && etag
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        match (etag.filter(is_name), size.and_then(|size| size.parse().ok())) {
            (Some(etag), Some(size)) => Ok(FileFacts { etag, size }),
            _ => Err(HubError::NotAHub {
                url,
                what: "it says neither name nor size of a file (ETag, Content-Length)".to_owned(),
            }),
        }
    }

    /// True where a revision has this file.
    pub(super) fn has(&self, model: &HubModel, commit: &str, file: &str) -> bool {
        self.headers(&self.url(model, commit, file), model, file).is_ok()
    }

    /// A file from byte `from` on.
    pub(super) fn open(
        &self,
        model: &HubModel,
        commit: &str,
        file: &str,
        from: u64,
    ) -> Result<Response<Body>, HubError> {
        let url = self.url(model, commit, file);
        let (response, _) = self.ask(Method::Get, &url, Some(from))?;
        self.refuse(&response, &url, model, file)?;
        Ok(response)
    }

    pub(super) fn url(&self, model: &HubModel, revision: &str, file: &str) -> String {
        let revision = revision.replace('/', "%2F");
        format!(
            "{}/{}/resolve/{revision}/{file}",
            self.hub.endpoint, model.repository
        )
    }

    /// What `ask` gives, tried again where that may help.
    pub(super) fn again<T>(
        &self,
        watch: &mut dyn FnMut(HubEvent<'_>),
        mut ask: impl FnMut(&Self) -> Result<T, HubError>,
    ) -> Result<T, HubError> {
        let mut tried = 1;
        loop {
            match ask(self) {
                Err(error) if tried < error.worthwhile_tries() => {
                    let wait = error.asked_wait().unwrap_or(FIRST_WAIT * 2u32.pow(tried - 1));
                    let wait = wait.min(LONGEST_WAIT);
                    watch(HubEvent::Retrying { why: &error, wait });
                    std::thread::sleep(wait);
                    tried += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// The headers of all answers on the way to a file; those of a later one count where it has them, but for a server that the
    /// Hub sends us away to.
    fn headers(&self, url: &str, model: &HubModel, file: &str) -> Result<HeaderMap, HubError> {
        let (response, headers) = self.ask(Method::Head, url, None)?;
        self.refuse(&response, url, model, file)?;
        Ok(headers)
    }

    /// Follows redirects: of a question about headers within the Hub alone, of one for content to wherever the file is.
    fn ask(
        &self,
        method: Method,
        url: &str,
        from: Option<u64>,
    ) -> Result<(Response<Body>, HeaderMap), HubError> {
        let not_a_hub = |what: String| HubError::NotAHub {
            url: url.to_owned(),
            what,
        };
        let start: Uri = url.parse().map_err(|_| not_a_hub("no address".to_owned()))?;
        let (mut place, mut headers) = (start.clone(), HeaderMap::new());
        for _ in 0..MOST_REDIRECTS {
            let mut request = match method {
                Method::Head => self.agent.head(&place),
                Method::Get => self.agent.get(&place),
            };
            request = request.header(header::ACCEPT_ENCODING, "identity");
            if let Some(token) = self.hub.token.as_ref().filter(|_| is_same_origin(&place, &start)) {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            if let Some(from) = from.filter(|&from| from > 0) {
                request = request.header(header::RANGE, format!("bytes={from}-"));
            }
            let response = request.call().map_err(|error| HubError::Unreachable {
                endpoint: origin(&place),
                why: error.to_string(),
            })?;
            for (name, value) in response.headers() {
                headers.insert(name.clone(), value.clone());
            }
            let target = text(response.headers(), "location").filter(|_| response.status().is_redirection());
            let Some(target) = target else {
                return Ok((response, headers));
            };
            let next =
                joined(&place, target).ok_or_else(|| not_a_hub(format!("it redirects to `{target}`")))?;
            if method == Method::Head && !is_same_origin(&next, &start) {
                return Ok((response, headers));
            }
            place = next;
        }
        Err(not_a_hub(format!(
            "it redirects more than {MOST_REDIRECTS} times"
        )))
    }

    fn refuse(
        &self,
        response: &Response<Body>,
        url: &str,
        model: &HubModel,
        file: &str,
    ) -> Result<(), HubError> {
        let status = response.status();
        let endpoint = || self.hub.endpoint.clone();
        match status.as_u16() {
            200..=399 => Ok(()),
            401 | 403 => Err(HubError::Denied {
                model: model.to_string(),
                endpoint: endpoint(),
                status: status.as_u16(),
                advice: match &self.hub.token {
                    None => {
                        "there is no such model, or it is private; give a token by HF_TOKEN or `hf auth login`"
                    }
                    Some(_) => "the token is wrong, or its owner has not been granted access to the model",
                },
            }),
            404 if text(response.headers(), "x-error-code") == Some("EntryNotFound") => {
                Err(HubError::NoSuchFile {
                    model: model.to_string(),
                    file: file.to_owned(),
                })
            }
            404 => Err(HubError::NoSuchModel {
                model: model.to_string(),
                endpoint: endpoint(),
            }),
            429 => Err(HubError::TooManyRequests {
                endpoint: endpoint(),
                status: 429,
                wait: text(response.headers(), "retry-after")
                    .and_then(|seconds| seconds.trim().parse().ok())
                    .map(Duration::from_secs),
            }),
            500..=599 => Err(HubError::ServerFails {
                endpoint: endpoint(),
                status: status.as_u16(),
            }),
            _ => Err(HubError::NotAHub {
                url: url.to_owned(),
                what: format!("status {status}"),
            }),
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn origin(place: &Uri) -> String {
    let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
    let authority = place.authority().map(|authority| authority.as_str());
    format!("{}://{}", part(place.scheme_str()), part(authority))
}

fn is_same_origin(one: &Uri, other: &Uri) -> bool {
    origin(one) == origin(other)
}

/// Where a redirect leads.
fn joined(from: &Uri, target: &str) -> Option<Uri> {
    if target.starts_with("http://") || target.starts_with("https://") {
        return target.parse().ok();
    }
    match target.starts_with('/') && !target.starts_with("//") {
        true => format!("{}{target}", origin(from)).parse().ok(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_or_leave() {
        let from: Uri = "http://hub.example:81/org/name".parse().unwrap();
        let same = joined(&from, "/other/name").unwrap();
        assert_eq!(same.to_string(), "http://hub.example:81/other/name");
        assert!(is_same_origin(&from, &same));
        for other in [
            "http://hub.example:82/x",
            "https://hub.example:81/x",
            "http://cdn.example/x",
        ] {
            assert!(!is_same_origin(&from, &joined(&from, other).unwrap()), "{other}");
        }
        assert!(joined(&from, "ftp://hub.example/x").is_none());
        assert!(joined(&from, "//cdn.example/x").is_none());
    }
}
