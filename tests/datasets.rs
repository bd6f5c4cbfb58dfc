//! Our data is what its datasheet says it is.

use std::collections::HashSet;

use demarche::Stance;

use crate::support::{json_lines, repository};

/// The files of a folder of `datasets/`, by name.
fn files(folder: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(repository("datasets").join(folder)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn written_statements_are_labelled_and_none_stands_twice() {
    let (mut ids, mut texts) = (HashSet::new(), HashSet::new());
    for file in files("written") {
        for line in json_lines(&std::fs::read_to_string(&file).unwrap()) {
            let (id, text) = (line["id"].as_str().unwrap(), line["text"].as_str().unwrap());
            assert!(line["label"].as_str().unwrap().parse::<Stance>().is_ok(), "{id}");
            assert!(!text.trim().is_empty(), "{id}");
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
            assert!(texts.insert(text.to_owned()), "{id} has the text of another");
        }
    }
    assert_eq!(ids.len(), 8301);
}

#[test]
fn labels_of_real_statements_have_their_place_and_no_text() {
    let counts = [
        ("first", 6277),
        ("labels", 3449),
        ("news", 1344),
        ("recent", 8418),
    ];
    assert_eq!(files("real").len(), counts.len());
    for (name, count) in counts {
        let file = repository("datasets/real").join(name).with_extension("jsonl");
        let labels = json_lines(&std::fs::read_to_string(file).unwrap());
        assert_eq!(labels.len(), count, "{name}");
        for label in labels {
            assert!(
                label["label"].as_str().unwrap().parse::<Stance>().is_ok(),
                "{label}"
            );
            assert_eq!(label["sha256"].as_str().unwrap().len(), 64);
            assert!(label["repo"].is_string() && label["path"].is_string());
            assert!(label.get("text").is_none());
        }
    }
}
