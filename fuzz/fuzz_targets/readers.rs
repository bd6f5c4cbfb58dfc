//! Bytes through every reader: the first byte chooses the name that the rest has.

#![no_main]

use std::ops::ControlFlow;

use demarche::article::{read_from, ReadOptions};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 12] = [
    "a", "a.txt", "a.md", "a.html", "a.docx", "a.warc", "a.jsonl", "a.json", "a.csv", "a.parquet", "a.zip", "a.tar",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, mut bytes)) = bytes.split_first() else {
        return;
    };
    let options = ReadOptions {
        max_article_bytes: 1 << 16,
        ..ReadOptions::default()
    };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let mut count = 0;
    let _ = read_from(&mut bytes, name, &options, &mut |item| {
        if let Ok(article) = item.and_then(|item| item.into_article(&options.fields)) {
            assert!(article.text.is_char_boundary(article.body_start));
            // Web pages unpack to no more than they are; documents in zip archives to eight times the limit.
            assert!(article.text.len() < 1 << 20);
        }
        count += 1;
        match count < 10_000 {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
});
