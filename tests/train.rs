//! `demarche train` as a user runs it, on a tiny encoder of random weights.

use crate::support::{repository, Run, Scratch};

/// Eight statements that a tiny encoder can learn by heart.
const STATEMENTS: [(&str, &str); 8] = [
    ("We will strike.", "pro_intervention"),
    ("Bomb the camps now.", "pro_intervention"),
    ("No foreign troops here.", "anti_intervention"),
    ("Go home and stay out.", "anti_intervention"),
    ("We can train them if asked.", "cooperative"),
    ("Let us hold talks.", "cooperative"),
    ("It rained on Monday.", "none"),
    ("The ferry sails at 9.", "none"),
];

fn fixture() -> String {
    STATEMENTS
        .iter()
        .map(|(text, label)| format!("{{\"text\": \"{text}\", \"label\": \"{label}\"}}\n"))
        .collect()
}

fn train(scratch: &Scratch, out: &str, more: &[&str]) -> Run {
    let base = repository("tests/data/tiny-bert");
    let mut arguments = vec![
        "train",
        "--base",
        base.to_str().unwrap(),
        "--train",
        "train.jsonl",
    ];
    arguments.extend(["--dev", "train.jsonl", "--out", out]);
    arguments.extend(more);
    scratch.write("train.jsonl", fixture()).demarche(&arguments)
}

#[test]
fn a_tiny_set_is_learnt_by_heart_with_either_pooling() {
    for pooling in ["mean", "cls"] {
        let scratch = Scratch::new();
        let by_heart = [
            "--dropout",
            "0",
            "--label-smoothing",
            "0",
            "--learning-rate",
            "0.003",
            "--batch-size",
            "4",
        ];
        let more = [
            &by_heart[..],
            &["--epochs", "60", "--patience", "60", "--pooling", pooling],
        ]
        .concat();
        train(&scratch, "model", &more).expect_code(0);
        let json = scratch
            .demarche(&["evaluate", "train.jsonl", "--model", "model", "--json"])
            .expect_code(0)
            .stdout;
        let reports: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(reports[0]["accuracy"], 1.0, "{pooling}: {json}");
        let recipe: serde_json::Value = serde_json::from_str(&scratch.read("model/recipe.json")).unwrap();
        assert_eq!(recipe["options"]["pooling"], pooling);
        assert_eq!(recipe["inputs"]["train"][0]["statements"], 8);
        assert_eq!(recipe["inputs"]["train"][0]["sha256"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn the_same_seed_gives_the_same_weights_on_any_number_of_threads() {
    let scratch = Scratch::new();
    // Batches of 32 are several micro-batches, which threads share out.
    let eight_times = fixture().repeat(8);
    let weights = |out: &str, threads: &str, seed: &str| {
        scratch.write("many.jsonl", &eight_times);
        let more = [
            "--train",
            "many.jsonl",
            "--epochs",
            "2",
            "--threads",
            threads,
            "--seed",
            seed,
        ];
        train(&scratch, out, &more).expect_code(0);
        std::fs::read(scratch.path(out).join("model.safetensors")).unwrap()
    };
    let first = weights("a", "1", "1");
    assert!(first == weights("b", "3", "1"), "threads changed the weights");
    assert!(first != weights("c", "1", "2"), "the seed changed nothing");
}

#[test]
fn a_model_is_not_overwritten_unasked() {
    let scratch = Scratch::new();
    train(&scratch, "model", &["--epochs", "1"]).expect_code(0);
    train(&scratch, "model", &["--epochs", "1"])
        .expect_code(2)
        .expect_message(&["model", "already holds a model"]);
    train(&scratch, "model", &["--epochs", "1", "--force"]).expect_code(0);
}

#[test]
fn impossible_options_are_refused() {
    let scratch = Scratch::new();
    train(&scratch, "model", &["--epochs", "0"])
        .expect_code(2)
        .expect_message(&["epochs is 0", "above 0"]);
    train(&scratch, "model", &["--warmup", "1"])
        .expect_code(2)
        .expect_message(&["warm-up is 1"]);
    assert!(!scratch.path("model").exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_best_so_far() {
    use std::process::{Command, Stdio};
    let scratch = Scratch::new();
    scratch.write("train.jsonl", fixture().repeat(200));
    let mut child = Command::new(env!("CARGO_BIN_EXE_demarche"))
        .current_dir(scratch.path(""))
        .args([
            "train",
            "--train",
            "train.jsonl",
            "--dev",
            "train.jsonl",
            "--out",
            "model",
            "--epochs",
            "100000",
        ])
        .args(["--patience", "100000", "--base"])
        .arg(repository("tests/data/tiny-bert"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !scratch.path("model/recipe.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(child.try_wait().unwrap().is_none(), "training ended by itself");
    }
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("the best weights so far are kept"), "{stderr}");
    scratch
        .demarche(&["evaluate", "train.jsonl", "--model", "model"])
        .expect_code(0);
}
