//! How many annotated sentences does each splitter reproduce exactly?
//!
//!     cargo run --release -- ARTICLE.txt…      (from scripts/splitters)
//!
//! Each article's annotation lies beside it as `.jsonl`. Every splitter gets the same paragraphs:
//! lines, or blocks between blank lines where the article is wrapped at 80 columns or fewer.

use std::collections::BTreeMap;
use std::path::Path;

use unicode_segmentation::UnicodeSegmentation;

type Splitter = Box<dyn Fn(&str) -> Vec<String>>;

fn splitters() -> Vec<(&'static str, Splitter)> {
    let icu = icu_segmenter::SentenceSegmenter::new(Default::default());
    let srx = std::env::var("SRX_RULES").ok().map(|path| {
        let rules = std::fs::read_to_string(path).expect("SRX_RULES names a file");
        rules.parse::<srx::SRX>().expect("SRX rules").language_rules("en")
    });
    let mut all: Vec<(&str, Splitter)> = vec![
        (
            "unicode-segmentation",
            Box::new(|text| text.unicode_sentences().map(str::to_owned).collect()),
        ),
        (
            "icu_segmenter",
            Box::new(move |text| {
                let bounds: Vec<usize> = icu.segment_str(text).collect();
                bounds.windows(2).map(|pair| text[pair[0]..pair[1]].to_owned()).collect()
            }),
        ),
        (
            "sentencex",
            Box::new(|text| sentencex::segment("en", text).into_iter().map(str::to_owned).collect()),
        ),
    ];
    if let Some(rules) = srx {
        all.push(("srx", Box::new(move |text| rules.split(text).map(str::to_owned).collect())));
    }
    all
}

fn paragraphs(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let wrapped = text.lines().all(|line| line.chars().count() <= 80);
    if wrapped {
        text.split("\n\n").map(|block| block.replace('\n', " ")).collect()
    } else {
        text.lines().map(str::to_owned).collect()
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn main() {
    let mut totals: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let splitters = splitters();
    let mut gold_total = 0;
    for path in std::env::args().skip(1) {
        let path = Path::new(&path);
        let text = std::fs::read_to_string(path).expect("an article");
        let gold: Vec<String> = std::fs::read_to_string(path.with_extension("jsonl"))
            .expect("its annotation")
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
            .map(|record| squeezed(record["text"].as_str().expect("a text")))
            .collect();
        gold_total += gold.len();
        for (name, split) in &splitters {
            let found: Vec<String> = paragraphs(&text).iter().flat_map(|p| split(p)).map(|s| squeezed(&s)).collect();
            let exact = gold.iter().filter(|sentence| found.contains(sentence)).count();
            let total = totals.entry(name).or_default();
            total.0 += exact;
            total.1 += found.len();
        }
    }
    println!("{gold_total} annotated sentences");
    for (name, (exact, found)) in totals {
        println!("{name:22} {:5.1}% exact, {found} pieces", 100.0 * exact as f64 / gold_total as f64);
    }
}
