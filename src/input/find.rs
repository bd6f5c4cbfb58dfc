//! What the user named → the files to read: paths, folders, globs, standard input, lists of paths.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use walkdir::{DirEntry, WalkDir};

use super::{inner_name, Input};

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

impl InputError {
    /// What the user named.
    pub fn argument(&self) -> &str {
        match self {
            Self::Unreadable { path, .. } => path,
            Self::EmptyFolder { folder, .. } => folder,
            Self::NoMatch { pattern } | Self::Pattern { pattern, .. } => pattern,
        }
    }

    /// What is wrong with it.
    pub fn reason(&self) -> String {
        let message = self.to_string();
        let prefix = format!("{}: ", self.argument());
        message.strip_prefix(&prefix).unwrap_or(&message).to_owned()
    }
}

/// What arguments named.
#[derive(Debug, Default)]
pub struct FoundInputs {
    /// In the order named; folders and patterns by name. A file named twice is read once.
    pub inputs: Vec<Input>,
    pub errors: Vec<InputError>,
    /// Files of folders that were left alone, counted by their ending.
    pub left_alone: BTreeMap<String, usize>,
}

/// Finds what each argument names, in order: `-`, a file, a folder, or a pattern with `*`, `?`, `[…]` or `**`.
///
/// Of a folder, recursively, those files are taken whose ending (without that of a compression) is one of
/// `endings`; not hidden ones, results that Demarche wrote, or the files `except` that it is about to write. An
/// argument that names nothing is an error of its own.
pub fn find_inputs<S: AsRef<str>>(arguments: &[S], endings: &[&str], except: &[&Path]) -> FoundInputs {
    let mut found = FoundInputs::default();
    let except: Vec<PathBuf> = except
        .iter()
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    for argument in arguments {
        let argument = argument.as_ref();
        let path = Path::new(argument);
        match path.metadata() {
            _ if argument == "-" => found.inputs.push(Input::Stdin),
            Ok(metadata) if metadata.is_dir() => found.add_folder(path, endings, &except),
            Ok(_) => found.inputs.push(Input::File(path.to_owned())),
            Err(_) if argument.contains(['*', '?', '[']) => found.add_pattern(argument),
            Err(source) => found.errors.push(InputError::Unreadable {
                path: argument.to_owned(),
                source,
            }),
        }
    }
    // Of a million paths, their digests take a tenth of the memory.
    let mut seen: HashSet<[u8; 16]> = HashSet::new();
    found.inputs.retain(|input| match input {
        Input::Stdin => seen.insert([0; 16]),
        Input::File(path) => {
            let place = path.canonicalize().unwrap_or_else(|_| path.clone());
            let digest = Sha256::digest(place.as_os_str().as_encoded_bytes());
            let mut key = [0; 16];
            key.copy_from_slice(&digest[..16]);
            seen.insert(key)
        }
    });
    found
}

/// The paths that a list names, one a line; blank lines are passed over. `-` reads the list from standard input.
///
/// # Errors
/// [`InputError::Unreadable`].
pub fn paths_of_list(list: &str) -> Result<Vec<String>, InputError> {
    let input = match list {
        "-" => Input::Stdin,
        path => Input::File(path.into()),
    };
    let unreadable = |source| InputError::Unreadable {
        path: list.to_owned(),
        source,
    };
    let lines = BufReader::new(input.open().map_err(unreadable)?).lines();
    let paths = lines
        .map(|line| line.map(|line| line.trim().to_owned()))
        .filter(|line| line.as_ref().map_or(true, |line| !line.is_empty()));
    paths.collect::<std::io::Result<_>>().map_err(unreadable)
}

/// A file name's ending in lower case, without the dot and without that of a compression; empty where there
/// is none.
pub fn ending_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let inner = inner_name(&name);
    let ending = Path::new(&inner).extension().unwrap_or_default();
    ending.to_string_lossy().to_ascii_lowercase()
}

impl FoundInputs {
    fn add_folder(&mut self, folder: &Path, endings: &[&str], except: &[PathBuf]) {
        let before = self.inputs.len() + self.errors.len();
        let is_seen = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
        // Links to folders are not followed, so a loop of them cannot trap the walk.
        for entry in WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(is_seen)
        {
            match entry {
                Ok(entry) => {
                    let path = entry.path();
                    let ending = ending_of(path);
                    let is_excepted = || path.canonicalize().is_ok_and(|path| except.contains(&path));
                    let kind = match path.is_file() {
                        false if entry.path_is_symlink() => "links that lead to no file".to_owned(),
                        false => continue,
                        true if is_our_result(path) || is_excepted() => "results of Demarche".to_owned(),
                        true if endings.contains(&ending.as_str()) => {
                            self.inputs.push(Input::File(entry.into_path()));
                            continue;
                        }
                        true => format!(".{ending}"),
                    };
                    *self.left_alone.entry(kind).or_default() += 1;
                }
                Err(error) => self.errors.push(InputError::Unreadable {
                    path: error.path().unwrap_or(folder).display().to_string(),
                    source: error.into(),
                }),
            }
        }
        if self.inputs.len() + self.errors.len() == before {
            let endings: Vec<String> = endings.iter().map(|ending| format!(".{ending}")).collect();
            self.errors.push(InputError::EmptyFolder {
                folder: folder.display().to_string(),
                endings: endings.join(", "),
            });
        }
    }

    fn add_pattern(&mut self, pattern: &str) {
        let paths = match glob::glob(pattern) {
            Ok(paths) => paths,
            Err(error) => {
                self.errors.push(InputError::Pattern {
                    pattern: pattern.to_owned(),
                    reason: error.to_string(),
                });
                return;
            }
        };
        let before = self.inputs.len() + self.errors.len();
        for path in paths {
            match path {
                Ok(path) if path.is_file() => self.inputs.push(Input::File(path)),
                Ok(_) => {}
                Err(error) => self.errors.push(InputError::Unreadable {
                    path: error.path().display().to_string(),
                    source: error.into(),
                }),
            }
        }
        if self.inputs.len() + self.errors.len() == before {
            self.errors.push(InputError::NoMatch {
                pattern: pattern.to_owned(),
            });
        }
    }
}

/// True for what a run of Demarche wrote: the files beside an output, and an output that has a manifest, or a
/// journal because it is not finished.
fn is_our_result(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy();
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let sides = [".manifest.json", ".progress.jsonl"];
    sides.iter().any(|ending| name.ends_with(ending))
        || name.ends_with(".rejects.jsonl")
        || file_name.contains(".partial.")
        || sides
            .iter()
            .any(|ending| Path::new(&format!("{name}{ending}")).exists())
}

/// True for what editors, version control and systems keep in folders for themselves.
fn is_hidden(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || name.starts_with("~$") || name == "__MACOSX"
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
        for file in [
            "z.txt",
            "b/A.TXT",
            "b/notes.pdf",
            "b/[1].txt",
            "b/c.txt.gz",
            "b/out.txt",
            "b/out.txt.manifest.json",
            "b/other.json",
            "b/.hidden.txt",
            "b/old.csv.partial.txt",
        ] {
            std::fs::write(root.join(file), "Text.").unwrap();
        }
        let argument = |path: &str| root.join(path).display().to_string();
        let other = root.join("b/other.json");
        let find = |arguments: &[String]| find_inputs(arguments, &["txt", "json"], &[&other]);

        let found = find(&[argument(""), argument("b/../z.txt"), "-".to_owned()]);
        assert_eq!(
            names(&found.inputs, root),
            ["b/A.TXT", "b/[1].txt", "b/c.txt.gz", "z.txt", "-"]
        );
        assert!(found.errors.is_empty());
        assert_eq!(found.left_alone[".pdf"], 1);
        assert_eq!(found.left_alone["results of Demarche"], 4);

        // A pattern means what it matches.
        let found = find(&[argument("b/[1].txt"), argument("**/*.txt")]);
        assert_eq!(
            names(&found.inputs, root),
            [
                "b/[1].txt",
                "b/.hidden.txt",
                "b/old.csv.partial.txt",
                "b/out.txt",
                "z.txt"
            ]
        );
        assert!(found.errors.is_empty());

        let found = find(&[
            argument("missing.txt"),
            argument("b/empty"),
            argument("*.html"),
            argument("***"),
        ]);
        assert!(found.inputs.is_empty());
        assert!(matches!(found.errors[0], InputError::Unreadable { .. }));
        assert!(matches!(found.errors[1], InputError::EmptyFolder { .. }));
        assert!(matches!(found.errors[2], InputError::NoMatch { .. }));
        assert!(matches!(found.errors[3], InputError::Pattern { .. }));
    }

    #[cfg(unix)]
    #[test]
    fn a_loop_of_links_ends() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "Text.").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink("self.txt", folder.path().join("self.txt")).unwrap();
        let found = find_inputs(&[folder.path().display().to_string()], &["txt"], &[]);
        assert_eq!(found.inputs.len(), 1);
        assert_eq!(found.left_alone["links that lead to no file"], 2);
        assert!(found.errors.is_empty());
    }

    #[test]
    fn lists_of_paths_skip_blank_lines() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        std::fs::write(&list, "a.txt\r\n\n  b c.txt \n").unwrap();
        assert_eq!(
            paths_of_list(&list.display().to_string()).unwrap(),
            ["a.txt", "b c.txt"]
        );
        assert!(paths_of_list("/no/such/list").is_err());
    }
}
