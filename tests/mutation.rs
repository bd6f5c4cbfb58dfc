//! Files of every format, spoilt at random: whatever comes of them, no reader panics, loops or gives nonsense.
//!
//! `fuzz/` looks deeper, guided by what the code does; this is its quick companion. `DEMARCHE_MUTATIONS` sets how many
//! spoilt files of each kind are tried.

use std::ops::ControlFlow;

use demarche::article::{read_from, ReadOptions};
use demarche::attribution::attribute;
use demarche::statement::split;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::formats::{docx, gzip, html, row, tar, warc, zip};
use crate::support::repository;

/// Whole files, by a name that tells their format.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let rows = format!("{}\n{}\n", row(), row());
    let text = std::fs::read(repository("datasets/articles/mideast-termez-2019.txt")).unwrap();
    let members: [(&str, &[u8]); 2] = [("in/a.txt", b"They met."), ("b.jsonl", rows.as_bytes())];
    let tables = |file: &str| std::fs::read(repository("tests/data/tables").join(file)).unwrap();
    vec![
        ("a.txt", text.clone()),
        ("a.md", std::fs::read(repository("README.md")).unwrap()),
        ("a.html", html().into_bytes()),
        ("a.docx", docx()),
        ("a.warc", warc().repeat(3)),
        ("a.warc.gz", gzip(&warc())),
        ("a.jsonl", rows.clone().into_bytes()),
        (
            "a.json",
            format!("{{\"articles\": [{}, {}]}}", row(), row()).into_bytes(),
        ),
        (
            "a.csv",
            b"id,text\n1,\"They \"\"met\"\".\nThey left.\"\n2,x\n".repeat(4),
        ),
        ("a.parquet", tables("duckdb.parquet")),
        ("b.parquet", tables("pandas.parquet")),
        ("a.zip", zip(&members)),
        ("a.tar", tar(&members)),
        ("a.tgz", gzip(&tar(&members))),
        ("a.txt.zst", zstd::encode_all(text.as_slice(), 1).unwrap()),
        ("unnamed", html().into_bytes()),
    ]
}

/// Spoils a file in one to four places: bytes changed, cut out, doubled, moved, or cut off.
fn spoil(bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    const MARKS: &[u8] = b"\0<>{}[]\"',;:\n\r&=/\\\xff\x80 0";
    for _ in 0..random.random_range(1..5) {
        if bytes.is_empty() {
            return;
        }
        let at = random.random_range(0..bytes.len());
        let end = (at + random.random_range(1..40)).min(bytes.len());
        match random.random_range(0..6) {
            0 => bytes[at] = random.random(),
            1 => bytes[at] = MARKS[random.random_range(0..MARKS.len())],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part.repeat(random.random_range(1..30)));
            }
            4 => bytes[at..end].fill(random.random()),
            _ => bytes.truncate(at),
        }
    }
}

#[test]
fn spoilt_files_of_every_format_are_survived() {
    let rounds: u64 = std::env::var("DEMARCHE_MUTATIONS").map_or(150, |rounds| rounds.parse().unwrap());
    let options = ReadOptions {
        max_article_bytes: 1 << 16,
        ..ReadOptions::default()
    };
    let mut articles = 0;
    for (name, whole) in seeds() {
        for round in 0..rounds {
            let mut bytes = whole.clone();
            spoil(&mut bytes, &mut ChaCha8Rng::seed_from_u64(round));
            let mut items = 0;
            let _ = read_from(&mut bytes.as_slice(), name, &options, &mut |item| {
                items += 1;
                if let Ok(article) = item.and_then(|item| item.into_article(&options.fields)) {
                    let statements = split(&article);
                    assert_eq!(attribute(&article, &statements).len(), statements.len());
                    articles += 1;
                }
                assert!(items < 10_000, "{name}, round {round}: no end of it");
                ControlFlow::Continue(())
            });
        }
    }
    assert!(
        articles as u64 > rounds,
        "nearly nothing was read: the files are spoilt too much to test anything"
    );
}
