//! `demarche evaluate` as a user runs it.

use crate::support::{json_lines, Scratch};

const FIXTURE: &str = "\
{\"id\": \"1\", \"text\": \"We will bomb their camps unless they surrender, the general threatened.\", \"label\": \"pro_intervention\"}
{\"id\": \"2\", \"text\": \"We reject any foreign intervention, the president said.\", \"label\": \"anti_intervention\"}
{\"id\": \"3\", \"text\": \"The meeting began at noon.\", \"label\": \"none\"}
";

#[test]
fn scores_are_printed_for_people_and_for_programs() {
    let scratch = Scratch::new();
    scratch
        .write("gold.jsonl", FIXTURE)
        .write("gold.csv", "text,label\nThe meeting began at noon.,none\n");
    let text = scratch
        .demarche(&["evaluate", "gold.jsonl"])
        .expect_code(0)
        .stdout;
    for part in [
        "gold.jsonl: 3 statements",
        "accuracy                 1.000 [0.439, 1.000]",
        "Made by demarche",
        "calibration error",
        "precision",
        "gold \\ predicted",
        "always none",
        "by length in words",
        "for precision 0.95",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let json = scratch
        .demarche(&["evaluate", "gold.jsonl", "gold.csv", "--json"])
        .expect_code(0)
        .stdout;
    let reports: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(reports.as_array().unwrap().len(), 3);
    assert_eq!(reports[0]["accuracy"], 1.0);
    assert_eq!(reports[2]["statements"], 4);
    assert_eq!(reports[2]["confusion_gold_by_predicted"]["none"]["none"], 2);
}

#[test]
fn lines_without_a_label_are_rejected_alone() {
    let scratch = Scratch::new();
    let extra = "{\"text\": \"x\"}\n{\"text\": \"x\", \"label\": \"neutral\"}\n";
    scratch.write("gold.jsonl", format!("{FIXTURE}{extra}"));
    let run = scratch.demarche(&["evaluate", "gold.jsonl"]).expect_code(1);
    assert!(
        run.stdout.contains("3 statements (2 lines rejected)"),
        "{}",
        run.stdout
    );
    run.expect_message(&["gold.jsonl: line 4", "no field `label`"])
        .expect_message(&["gold.jsonl: line 5", "unknown stance `neutral`"]);
}

#[test]
fn a_fixture_without_any_label_is_an_error() {
    let scratch = Scratch::new();
    scratch.write("gold.jsonl", "{\"text\": \"x\"}\n");
    scratch
        .demarche(&["evaluate", "gold.jsonl"])
        .expect_code(2)
        .expect_message(&["gold.jsonl", "line 1"]);
    scratch.write("good.jsonl", FIXTURE);
    let run = scratch
        .demarche(&["evaluate", "missing.jsonl", "good.jsonl"])
        .expect_code(1);
    assert!(run.stdout.contains("good.jsonl: 3 statements"), "{}", run.stdout);
    scratch
        .demarche(&["evaluate", "missing.jsonl"])
        .expect_code(2)
        .expect_message(&["missing.jsonl"]);
}

/// Four labelled statements of two articles, with rules and tags.
const TAGGED: &str = "\
{\"id\": \"a\", \"article\": \"1\", \"text\": \"One.\", \"label\": \"none\", \"rule\": 4, \"tags\": [\"short\"]}
{\"id\": \"b\", \"article\": \"1\", \"text\": \"Two <b>&.\", \"label\": \"cooperative\", \"rule\": 4, \"tags\": [\"odd\"]}
{\"id\": \"c\", \"article\": \"2\", \"text\": \"Three.\", \"label\": \"pro_intervention\", \"rule\": 10}
{\"id\": \"d\", \"article\": \"2\", \"text\": \"Four.\", \"label\": \"anti_intervention\"}
";

/// Predictions for three of them: one wrong and sure, one wrong of pro and anti.
const PREDICTED: &str = "\
id,stance,p_pro_intervention,p_anti_intervention,p_cooperative,p_none
a,none,0.1,0.1,0.1,0.7
b,none,0.0,0.0,0.1,0.9
c,anti_intervention,0.4,0.6,0,0
e,none,0,0,0,1
";

#[test]
fn predictions_are_scored_without_a_model() {
    let scratch = Scratch::new();
    scratch
        .write("gold.jsonl", TAGGED)
        .write("predicted.csv", PREDICTED);
    let run = scratch
        .demarche(&[
            "evaluate",
            "gold.jsonl",
            "--predictions",
            "predicted.csv",
            "--json",
        ])
        .expect_code(0);
    let reports: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let report = &reports[0];
    assert_eq!(
        (&report["statements"], &report["without_prediction"]),
        (&3.into(), &1.into())
    );
    // Two articles are too few to resample.
    assert_eq!(report["articles"], serde_json::Value::Null);
    assert_eq!(report["accuracy"], 1.0 / 3.0);
    assert_eq!(report["pro_anti_confusions"], 1.0 / 3.0);
    assert_eq!(report["confusion_gold_by_predicted"]["cooperative"]["none"], 1);
    // Squared distances 0.12, 1.62 and 0.72.
    assert!(
        (report["brier_score"].as_f64().unwrap() - 0.82).abs() < 1e-6,
        "{report}"
    );
    assert_eq!(report["by"]["rule"][0]["value"], "4");
    assert_eq!(report["by"]["rule"][1]["value"], "10");
    assert_eq!(report["by"]["tag"][0]["value"], "odd");
    assert_eq!(report["most_confident_errors"][0]["id"], "b");
    assert_eq!(report["baselines"][1]["name"], "keywords");
    run.expect_message(&["gold.jsonl: 1 statements have no prediction"]);
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    let scratch = Scratch::new();
    scratch
        .write("gold.jsonl", TAGGED)
        .write("predicted.csv", PREDICTED);
    let arguments = ["evaluate", "gold.jsonl", "--predictions", "predicted.csv"];
    let run = scratch
        .demarche(
            &[
                &arguments[..],
                &["--html", "report.html", "--json", "report.json"],
            ]
            .concat(),
        )
        .expect_code(0);
    assert!(run.stdout.contains("gold.jsonl: 3 statements"), "{}", run.stdout);
    assert!(scratch.read("report.json").contains("\"macro_f1\""));
    let page = scratch.read("report.html");
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert_eq!(page.matches("<svg").count(), 3);
    assert!(page.contains("Two &lt;b&gt;&amp;."), "statements must be escaped");
    assert!(page.contains("prefers-color-scheme: dark"));
    for outside in ["http:", "https:", "<script", "<link", "<img", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_fixture_after_json_is_not_overwritten() {
    let scratch = Scratch::new();
    scratch.write("gold.jsonl", TAGGED);
    scratch
        .demarche(&["evaluate", "--json", "gold.jsonl", "gold.jsonl"])
        .expect_code(2)
        .expect_message(&["ends in .json", "put --json last"]);
    assert_eq!(scratch.read("gold.jsonl"), TAGGED);
}

#[test]
fn results_never_replace_what_they_are_made_of() {
    let scratch = Scratch::new();
    scratch
        .write("gold.jsonl", TAGGED)
        .write("predicted.csv", PREDICTED);
    let evaluate = |more: &[&str]| {
        let arguments = ["evaluate", "gold.jsonl", "--predictions", "predicted.csv"];
        scratch.demarche(&[&arguments[..], more].concat())
    };
    for output in ["gold.jsonl", "predicted.csv"] {
        evaluate(&["--html", output])
            .expect_code(2)
            .expect_message(&[output, "is an input"]);
    }
    assert_eq!(scratch.read("gold.jsonl"), TAGGED);
    let twice = evaluate(&["gold.jsonl"]).expect_code(1);
    assert!(!twice.stdout.contains("all together"), "{}", twice.stdout);
    twice.expect_message(&["gold.jsonl: was given twice"]);
}

#[test]
fn what_spreadsheets_write_is_read_or_told_of() {
    let scratch = Scratch::new();
    scratch
        .write(
            "german.csv",
            "\u{feff}id;text;label\r\na;One, two.;None\r\nb;Three.;\r\n",
        )
        .write("book.xlsx", b"PK\x03\x04rest")
        .write("swapped.csv", PREDICTED)
        .write("predicted.csv", PREDICTED);
    let evaluate = |fixture| scratch.demarche(&["evaluate", fixture, "--predictions", "predicted.csv"]);
    let german = evaluate("german.csv").expect_code(0);
    assert!(
        german.stdout.contains("german.csv: 1 statement"),
        "{}",
        german.stdout
    );
    german.expect_message(&["german.csv: 1 rows have no label yet"]);
    evaluate("book.xlsx")
        .expect_code(2)
        .expect_message(&["Excel", "CSV (UTF-8)"]);
    evaluate("swapped.csv")
        .expect_code(2)
        .expect_message(&["no column `text`"]);
}

#[test]
fn predictions_of_something_else_are_refused() {
    let scratch = Scratch::new();
    scratch
        .write("gold.jsonl", TAGGED)
        .write("other.csv", "id,stance\nx1,none\n")
        .write("no_ids.jsonl", "{\"text\": \"One.\", \"label\": \"none\"}\n")
        .write("odd.csv", "id,stance,p_none\na,none,1\nb,maybe,\n");
    let evaluate =
        |fixture, predictions| scratch.demarche(&["evaluate", fixture, "--predictions", predictions]);
    evaluate("gold.jsonl", "other.csv")
        .expect_code(2)
        .expect_message(&["other.csv", "`x1`", "`a`"]);
    evaluate("no_ids.jsonl", "other.csv")
        .expect_code(2)
        .expect_message(&["no_ids.jsonl", "give each a field `id`"]);
    evaluate("gold.jsonl", "odd.csv").expect_code(2).expect_message(&[
        "odd.csv",
        "line 2",
        "1 of the four probabilities",
    ]);
    evaluate("gold.jsonl", "missing.csv")
        .expect_code(2)
        .expect_message(&["missing.csv", "cannot be read"]);
}

#[test]
fn what_classify_wrote_can_be_scored_in_each_format() {
    let scratch = Scratch::new();
    scratch.write("gold.jsonl", FIXTURE);
    let accuracy = |run: crate::support::Run| {
        let reports: serde_json::Value = serde_json::from_str(&run.expect_code(0).stdout).unwrap();
        reports[0]["accuracy"].clone()
    };
    let of_model = accuracy(scratch.demarche(&["evaluate", "gold.jsonl", "--json"]));
    for output in ["predicted.jsonl", "predicted.csv"] {
        scratch
            .demarche(&["classify", "--statements", "gold.jsonl", "-o", output])
            .expect_code(0);
        let arguments = ["evaluate", "gold.jsonl", "--predictions", output, "--json"];
        assert_eq!(accuracy(scratch.demarche(&arguments)), of_model, "{output}");
    }
    assert_eq!(json_lines(&scratch.read("predicted.jsonl")).len(), 3);
}

#[test]
fn weights_count() {
    let scratch = Scratch::new();
    scratch
        .write(
            "gold.csv",
            "id,text,label,sampling_probability\n1,x,none,0.1\n2,x,cooperative,0.5\n3,x,none,0.5\n",
        )
        .write("predicted.csv", "id,stance\n1,none\n2,none\n3,none\n");
    let arguments = ["evaluate", "gold.csv", "--predictions", "predicted.csv", "--json"];
    let run = scratch.demarche(&arguments).expect_code(0);
    let reports: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    // Weights 10, 2 and 2.
    assert!((reports[0]["accuracy"].as_f64().unwrap() - 12.0 / 14.0).abs() < 1e-12);
    assert_eq!(reports[0]["weighted"], true);
    assert_eq!(reports[0]["reliability"], serde_json::Value::Null);
}
