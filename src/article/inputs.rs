//! What the user named → the files to read: paths, folders, globs, standard input.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::FORMATS;

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Stdin,
    File(PathBuf),
}

/// An argument, or a part of a folder, that gives nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("{path}: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("{folder}: the folder has no articles in it (files ending in {endings})")]
    EmptyFolder { folder: String, endings: String },
    #[error("{pattern}: no file matches the pattern")]
    NoMatch { pattern: String },
    #[error("{pattern}: not a valid pattern: {reason}")]
    Pattern { pattern: String, reason: String },
}

impl Input {
    /// What the input is called in records and messages: its path, or `-`.
    pub fn id(&self) -> String {
        match self {
            Input::Stdin => "-".to_owned(),
            Input::File(path) => path.display().to_string(),
        }
    }

    /// The file name's ending in lower case, without the dot; empty where there is none.
    pub fn ending(&self) -> String {
        match self {
            Input::Stdin => String::new(),
            Input::File(path) => ending_of(path),
        }
    }

    /// Opens the input for reading.
    ///
    /// # Errors
    /// The system's.
    pub fn open(&self) -> std::io::Result<Box<dyn Read>> {
        Ok(match self {
            Input::Stdin => Box::new(std::io::stdin().lock()),
            Input::File(path) => Box::new(File::open(path)?),
        })
    }
}

fn ending_of(path: &Path) -> String {
    let ending = path.extension().unwrap_or_default();
    ending.to_string_lossy().to_ascii_lowercase()
}

/// Finds what each argument names, in order: `-`, a file, a folder (its articles, recursively,
/// by name), or a pattern with `*`, `?`, `[…]` or `**`. An argument that names nothing is an
/// error of its own. A file named twice is read once.
pub fn find_inputs<S: AsRef<str>>(arguments: &[S]) -> (Vec<Input>, Vec<InputError>) {
    let mut inputs = Vec::new();
    let mut errors = Vec::new();
    for argument in arguments {
        let argument = argument.as_ref();
        let path = Path::new(argument);
        match path.metadata() {
            _ if argument == "-" => inputs.push(Input::Stdin),
            Ok(metadata) if metadata.is_dir() => find_in_folder(path, &mut inputs, &mut errors),
            Ok(_) => inputs.push(Input::File(path.to_owned())),
            Err(_) if argument.contains(['*', '?', '[']) => {
                find_by_pattern(argument, &mut inputs, &mut errors);
            }
            Err(source) => errors.push(InputError::Unreadable {
                path: argument.to_owned(),
                source,
            }),
        }
    }
    let mut seen = std::collections::HashSet::new();
    inputs.retain(|input| match input {
        Input::Stdin => seen.insert(PathBuf::from("-")),
        Input::File(path) => seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())),
    });
    (inputs, errors)
}

fn find_in_folder(folder: &Path, inputs: &mut Vec<Input>, errors: &mut Vec<InputError>) {
    let before = inputs.len() + errors.len();
    let endings = || FORMATS.iter().flat_map(|format| format.endings());
    // Links to folders are not followed, so a loop of them cannot trap the walk.
    for entry in WalkDir::new(folder).sort_by_file_name() {
        match entry {
            Ok(entry) => {
                let is_article = endings().any(|&ending| ending == ending_of(entry.path()));
                if is_article && entry.path().is_file() {
                    inputs.push(Input::File(entry.into_path()));
                }
            }
            Err(error) => errors.push(InputError::Unreadable {
                path: error.path().unwrap_or(folder).display().to_string(),
                source: error.into(),
            }),
        }
    }
    if inputs.len() + errors.len() == before {
        let endings: Vec<String> = endings().map(|ending| format!(".{ending}")).collect();
        errors.push(InputError::EmptyFolder {
            folder: folder.display().to_string(),
            endings: endings.join(", "),
        });
    }
}

fn find_by_pattern(pattern: &str, inputs: &mut Vec<Input>, errors: &mut Vec<InputError>) {
    let paths = match glob::glob(pattern) {
        Ok(paths) => paths,
        Err(error) => {
            errors.push(InputError::Pattern {
                pattern: pattern.to_owned(),
                reason: error.to_string(),
            });
            return;
        }
    };
    let before = inputs.len() + errors.len();
    for path in paths {
        match path {
            Ok(path) if path.is_file() => inputs.push(Input::File(path)),
            Ok(_) => {}
            Err(error) => errors.push(InputError::Unreadable {
                path: error.path().display().to_string(),
                source: error.into(),
            }),
        }
    }
    if inputs.len() + errors.len() == before {
        errors.push(InputError::NoMatch {
            pattern: pattern.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(inputs: &[Input], root: &Path) -> Vec<String> {
        let prefix = format!("{}/", root.display());
        inputs
            .iter()
            .map(|input| input.id().replace(&prefix, ""))
            .collect()
    }

    #[test]
    fn folders_patterns_files_and_stdin() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("b/empty")).unwrap();
        for file in ["z.txt", "b/A.TXT", "b/notes.pdf", "b/[1].txt"] {
            std::fs::write(root.join(file), "Text.").unwrap();
        }
        let argument = |path: &str| root.join(path).display().to_string();

        let (inputs, errors) = find_inputs(&[argument(""), argument("b/../z.txt"), "-".to_owned()]);
        assert_eq!(names(&inputs, root), ["b/A.TXT", "b/[1].txt", "z.txt", "-"]);
        assert!(errors.is_empty());

        let (inputs, errors) = find_inputs(&[argument("b/[1].txt"), argument("**/*.txt")]);
        assert_eq!(names(&inputs, root), ["b/[1].txt", "z.txt"]);
        assert!(errors.is_empty());

        let bad = [
            argument("missing.txt"),
            argument("b/empty"),
            argument("*.html"),
            argument("***"),
        ];
        let (inputs, errors) = find_inputs(&bad);
        assert!(inputs.is_empty());
        assert!(matches!(errors[0], InputError::Unreadable { .. }));
        assert!(matches!(errors[1], InputError::EmptyFolder { .. }));
        assert!(matches!(errors[2], InputError::NoMatch { .. }));
        assert!(matches!(errors[3], InputError::Pattern { .. }));
    }
}
