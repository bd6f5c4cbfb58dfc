//! Where the Hub and its cache are, and who asks: by the environment, as Python's `huggingface_hub` reads it.

use std::path::{Path, PathBuf};

use super::HubError;

/// A Hub and the cache of what was downloaded from it.
#[derive(Clone)]
pub struct Hub {
    /// Where `models--org--name` folders are.
    pub cache: PathBuf,
    /// The Hub or a mirror, without a slash at its end.
    pub endpoint: String,
    /// The cache serves, and the network is never asked.
    pub is_offline: bool,
    /// A bundle of certificates to trust instead of the public ones.
    pub(super) certificates: Option<PathBuf>,
    /// Never printed.
    pub(super) token: Option<String>,
}

const PUBLIC_ENDPOINT: &str = "https://huggingface.co";

impl Hub {
    /// By HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE, and SSL_CERT_FILE for mirrors with
    /// certificates of their own.
    ///
    /// # Errors
    /// [`HubError::NoHome`] where there is neither a home folder nor a variable that names the cache.
    pub fn from_environment() -> Result<Self, HubError> {
        Self::from_variables(&|name| std::env::var_os(name).map(PathBuf::from))
    }

    /// The same Hub, never asked where `is_offline`.
    pub fn offline(mut self, is_offline: bool) -> Self {
        self.is_offline |= is_offline;
        self
    }

    fn from_variables(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Result<Self, HubError> {
        let set = |name: &str| variable(name).filter(|value| !value.as_os_str().is_empty());
        let text = |name: &str| set(name).and_then(|value| value.to_str().map(str::to_owned));
        let home = set("HF_HOME").or_else(|| {
            let caches = set("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")))?;
            Some(caches.join("huggingface"))
        });
        let cache = set("HF_HUB_CACHE")
            .or_else(|| set("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| Some(home.clone()?.join("hub")))
            .ok_or(HubError::NoHome)?;
        let stored = set("HF_TOKEN_PATH").or_else(|| Some(home?.join("token")));
        let token = text("HF_TOKEN").or_else(|| text("HUGGING_FACE_HUB_TOKEN"));
        Ok(Self {
            cache,
            endpoint: text("HF_ENDPOINT")
                .unwrap_or_else(|| PUBLIC_ENDPOINT.to_owned())
                .trim_end_matches('/')
                .to_owned(),
            is_offline: text("HF_HUB_OFFLINE").is_some_and(|value| is_yes(&value)),
            certificates: set("SSL_CERT_FILE").or_else(|| set("REQUESTS_CA_BUNDLE")),
            token: token
                .or_else(|| stored_token(&stored?))
                .map(|token| token.trim().to_owned())
                .filter(|token| !token.is_empty()),
        })
    }
}

fn stored_token(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn is_yes(value: &str) -> bool {
    ["1", "true", "yes", "on"].contains(&value.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(variables: &[(&str, &str)]) -> Hub {
        let variables: Vec<(String, String)> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let of = move |name: &str| {
            let found = variables.iter().find(|(variable, _)| variable == name);
            found.map(|(_, value)| PathBuf::from(value))
        };
        Hub::from_variables(&of).unwrap()
    }

    #[test]
    fn the_cache_is_where_python_has_it() {
        for (variables, expected) in [
            (vec![("XDG_CACHE_HOME", "/c")], "/c/huggingface/hub"),
            (vec![("XDG_CACHE_HOME", "/c"), ("HF_HOME", "/h")], "/h/hub"),
            (vec![("HF_HOME", "/h"), ("HF_HUB_CACHE", "/k")], "/k"),
            (vec![("HF_HOME", "/h"), ("HF_HUB_CACHE", "")], "/h/hub"),
        ] {
            assert_eq!(hub(&variables).cache, Path::new(expected), "{variables:?}");
        }
    }

    #[test]
    fn a_mirror_stands_in_for_the_hub() {
        assert_eq!(hub(&[("HF_HOME", "/h")]).endpoint, PUBLIC_ENDPOINT);
        let mirror = hub(&[("HF_HOME", "/h"), ("HF_ENDPOINT", "http://mirror.example/hf/")]);
        assert_eq!(mirror.endpoint, "http://mirror.example/hf");
    }

    #[test]
    fn tokens_are_given_or_stored() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        assert_eq!(hub(&[("HF_HOME", home)]).token, None);
        std::fs::write(folder.path().join("token"), "stored\n").unwrap();
        assert_eq!(hub(&[("HF_HOME", home)]).token.as_deref(), Some("stored"));
        assert_eq!(
            hub(&[("HF_HOME", home), ("HF_TOKEN", "given")]).token.as_deref(),
            Some("given")
        );
        let other = folder.path().join("other");
        std::fs::write(&other, "elsewhere").unwrap();
        let variables = [("HF_HOME", home), ("HF_TOKEN_PATH", other.to_str().unwrap())];
        assert_eq!(hub(&variables).token.as_deref(), Some("elsewhere"));
    }

    #[test]
    fn offline_is_said_in_several_words() {
        for (value, expected) in [
            ("1", true),
            ("ON", true),
            ("true", true),
            ("0", false),
            ("no", false),
        ] {
            assert_eq!(
                hub(&[("HF_HOME", "/h"), ("HF_HUB_OFFLINE", value)]).is_offline,
                expected
            );
        }
        assert!(hub(&[("HF_HOME", "/h")]).offline(true).is_offline);
        assert!(
            hub(&[("HF_HOME", "/h"), ("HF_HUB_OFFLINE", "1")])
                .offline(false)
                .is_offline
        );
    }
}
