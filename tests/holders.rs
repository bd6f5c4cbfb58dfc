//! Who holds the view, as a user sees it: the readable view by holder, and scores on annotated articles.

use crate::support::{repository, Scratch};

const ARTICLE: &str = "\
Island chain turns down offer of marines

PORT LAWRIE (TNS) — Defence Secretary Ingrid Halloway threatened on Monday to bomb the rebels' camps.
“We reject any foreign military intervention,” said Prime Minister Tomas Arenga.
The meeting began at 9:30 a.m. and lasted two hours.
It was “an honest exchange of views,” Halloway said.
";

/// Its annotation: the last sentence is held by somebody else, so that not everything is right.
const ANNOTATION: &str = concat!(
    r#"{"text": "Defence Secretary Ingrid Halloway threatened on Monday to bomb the rebels' camps.", "label": "pro_intervention", "quote": "indirect", "holder": "Ingrid Halloway"}"#,
    "\n",
    r#"{"text": "“We reject any foreign military intervention,” said Prime Minister Tomas Arenga.", "label": "anti_intervention", "quote": "direct", "holder": "the prime minister", "aliases": ["Tomas Arenga"]}"#,
    "\n",
    r#"{"text": "The meeting began at 9:30 a.m. and lasted two hours.", "label": "none", "quote": "none", "holder": null}"#,
    "\n",
    r#"{"text": "It was “an honest exchange of views,” Halloway said.", "label": "none", "quote": "mixed", "holder": "Tomas Arenga"}"#,
    "\n",
);

#[test]
fn the_readable_view_groups_by_holder() {
    let scratch = Scratch::new();
    let run = scratch
        .write("a.txt", ARTICLE)
        .demarche(&["classify", "a.txt", "--format", "table", "--by", "holder"])
        .expect_code(0);
    let view = run.stdout;
    let places: Vec<usize> = [
        "\nIngrid Halloway\n",
        "threatened on Monday",
        "honest exchange",
        "\nTomas Arenga\n",
        "\n(no holder)\n",
        "The meeting began",
    ]
    .iter()
    .map(|part| {
        view.find(part)
            .unwrap_or_else(|| panic!("{part} is not in {view}"))
    })
    .collect();
    assert!(places.is_sorted(), "{places:?}\n{view}");
}

#[test]
fn the_readable_view_names_each_holder() {
    let scratch = Scratch::new();
    let run = scratch
        .write("a.txt", ARTICLE)
        .demarche(&["classify", "a.txt", "--format", "table"])
        .expect_code(0);
    let view = run.stdout;
    assert!(view.contains("— Tomas Arenga, direct"), "{view}");
    assert!(view.contains("— Ingrid Halloway, mixed"), "{view}");
}

#[test]
fn files_are_not_grouped_by_holder() {
    let scratch = Scratch::new();
    scratch
        .write("a.txt", ARTICLE)
        .demarche(&["classify", "a.txt", "--by", "holder", "-o", "a.jsonl"])
        .expect_code(2)
        .expect_message(&["summarize --by holder"]);
}

#[test]
fn annotated_articles_are_scored() {
    let scratch = Scratch::new();
    let run = scratch
        .write("gold/a.txt", ARTICLE)
        .write("gold/a.jsonl", ANNOTATION)
        .demarche(&["evaluate", "--articles", "gold", "--json"])
        .expect_code(0);
    let scores: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let figures = &scores["figures"];
    assert_eq!(scores["sentences"], 4);
    assert_eq!(figures["sentences_exact"], 1.0);
    assert_eq!(figures["quote"], 1.0);
    assert_eq!(figures["holder_of_direct"], 1.0);
    assert_eq!(figures["holder_of_mixed"], 0.0);
    assert_eq!(figures["narration_without_holder"], 1.0);
    assert_eq!(scores["counts"]["holder_and_stance"], 2);
    assert_eq!(scores["quotes_gold_by_read"]["mixed"]["mixed"], 1);
}

#[test]
fn annotations_that_cannot_be_used_are_told_of() {
    let scratch = Scratch::new();
    let spoilt = ANNOTATION.replace("\"quote\": \"none\"", "\"quote\": \"sideways\"");
    scratch
        .write("gold/a.txt", ARTICLE)
        .write("gold/a.jsonl", &spoilt)
        .demarche(&["evaluate", "--articles", "gold"])
        .expect_code(1)
        .expect_message(&["line 3", "sideways"]);
    scratch
        .write("empty/a.jsonl", ANNOTATION)
        .demarche(&["evaluate", "--articles", "empty"])
        .expect_code(2)
        .expect_message(&["no annotated articles"]);
}

/// Floors a little under what docs/attribution.md reports, so that a rule that breaks others is noticed.
#[test]
fn holders_are_found_as_well_as_the_documentation_says() {
    let scratch = Scratch::new();
    let folder = repository("datasets/attribution/dev").display().to_string();
    let run = scratch
        .demarche(&["evaluate", "--articles", &folder, "--json", "--replicates", "200"])
        .expect_code(0);
    let scores: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    for (figure, floor) in [
        ("sentences_exact", 0.985),
        ("quote", 0.93),
        ("holder_of_direct", 0.9),
        ("holder_of_mixed", 0.86),
        ("holder_of_indirect", 0.82),
        ("narration_without_holder", 0.95),
    ] {
        let value = scores["figures"][figure].as_f64().unwrap();
        assert!(value >= floor, "{figure} is {value}");
    }
}
