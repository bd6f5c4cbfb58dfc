//! What users write after `--model`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A model of a Hub, at a revision: a branch, a tag or a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubModel {
    /// `org/name`.
    pub repository: String,
    pub revision: String,
}

/// What no model is called.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no model: neither `default`, the model inside, nor a folder that is there, nor the name of one on the Hub, \
     org/name or org/name@revision"
)]
pub struct NotAModel(String);

/// The branch that is meant where none is named.
const DEFAULT_REVISION: &str = "main";

impl HubModel {
    /// True where the revision is a commit, and so always the same.
    pub fn is_commit(&self) -> bool {
        is_commit(&self.revision)
    }
}

/// Forty hexadecimal digits.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl std::fmt::Display for HubModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.repository, self.revision)
    }
}

impl FromStr for HubModel {
    type Err = NotAModel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || NotAModel(text.to_owned());
        let (repository, revision) = match text.split_once('@') {
            Some((repository, revision)) => (repository, revision),
            None => (text, DEFAULT_REVISION),
        };
        let (organisation, name) = repository.split_once('/').ok_or_else(refuse)?;
        let is_name = |part: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            (1..=96).contains(&part.len())
                && part.bytes().all(known)
                && !part.starts_with(['.', '-'])
                && !part.contains("..")
                // The cache puts it between the parts of a name.
                && !part.contains("--")
        };
        // A branch may have slashes; nothing may lead out of the cache.
        let is_revision = !revision.is_empty()
            && revision.split('/').all(|part| {
                !part.is_empty()
                    && !part.starts_with('.')
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_graphic() && !b"\\:*?\"<>|%#".contains(&byte))
            });
        match is_name(organisation) && is_name(name) && is_revision {
            true => Ok(Self {
                repository: repository.to_owned(),
                revision: revision.to_owned(),
            }),
            false => Err(refuse()),
        }
    }
}

/// Which model is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// The one inside the binary.
    Default,
    Folder(PathBuf),
    Hub(HubModel),
}

impl ModelSource {
    /// Tells what is meant: a folder that is there before all else, then `default`, then what looks like a path, and then a
    /// model of the Hub.
    ///
    /// # Errors
    /// [`NotAModel`].
    pub fn of(name: &OsStr) -> Result<Self, NotAModel> {
        let path = Path::new(name);
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let Some(text) = name.to_str() else {
            return Ok(Self::Folder(path.to_owned()));
        };
        if text == "default" {
            return Ok(Self::Default);
        }
        let is_path = path.exists()
            || text.starts_with(['.', '/', '~'])
            || text.ends_with('/')
            || text.contains('\\')
            || text.split('@').next().unwrap_or_default().matches('/').count() > 1;
        match is_path {
            true => Ok(Self::Folder(path.to_owned())),
            false => text.parse().map(Self::Hub),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_an_organisation_and_may_have_a_revision() {
        for (text, repository, revision) in [
            ("org/name", "org/name", "main"),
            ("org/na.me-2_b@v1.0", "org/na.me-2_b", "v1.0"),
            ("org/name@refs/pr/3", "org/name", "refs/pr/3"),
        ] {
            let model: HubModel = text.parse().unwrap();
            assert_eq!(
                (model.repository.as_str(), model.revision.as_str()),
                (repository, revision)
            );
            assert!(!model.is_commit());
        }
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert!(format!("org/name@{commit}")
            .parse::<HubModel>()
            .unwrap()
            .is_commit());
    }

    #[test]
    fn nothing_leads_out_of_the_cache() {
        for text in [
            "name",
            "/name",
            "org/",
            "org/..",
            "../name",
            "org/name@",
            "org/name@../x",
            "org/name@a//b",
            "org/a b",
            "org/name@/etc",
            "a--b/c",
            "org/name@x\u{e9}",
            "org/name@.hidden",
        ] {
            assert!(text.parse::<HubModel>().is_err(), "{text}");
        }
    }

    #[test]
    fn folders_paths_and_models_are_told_apart() {
        let source = |text: &str| ModelSource::of(OsStr::new(text));
        assert_eq!(source("default").unwrap(), ModelSource::Default);
        assert!(matches!(source("org/name@main").unwrap(), ModelSource::Hub(_)));
        for path in [
            "src/model",
            "./mine",
            "/nowhere/mine",
            "models/mine/",
            "a/b/c",
            "..\\mine",
            "~/mine",
        ] {
            assert!(matches!(source(path).unwrap(), ModelSource::Folder(_)), "{path}");
        }
        let error = source("mine").unwrap_err().to_string();
        assert!(
            error.contains("`mine` is no model") && error.contains("org/name@revision"),
            "{error}"
        );
    }
}
