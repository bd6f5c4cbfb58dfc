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
fn what_a_teacher_says_is_learnt_and_every_part_of_it_recorded() {
    let scratch = Scratch::new();
    // The labels say nothing of these two; the teacher does, and contradicts no label.
    let header = "text,p_pro_intervention,p_anti_intervention,p_cooperative,p_none\n";
    let rows =
        "Storm the harbour at dawn.,0.97,0.01,0.01,0.01\nA medal for the swimmer.,0.01,0.01,0.01,0.97\n\
                We will strike.,0.97,0.01,0.01,0.01\nHalf of it is missing.,0.5,,0.5,0\n";
    scratch.write("teacher.csv", format!("{header}{rows}"));
    let more = [
        "--teacher",
        "teacher.csv",
        "--dropout",
        "0",
        "--learning-rate",
        "0.003",
    ];
    let more = [
        &more[..],
        &["--batch-size", "5", "--epochs", "80", "--patience", "80"],
    ]
    .concat();
    train(&scratch, "model", &more)
        .expect_code(1)
        .expect_message(&["teacher.csv", "p_anti_intervention"])
        .expect_message(&["training on 10 statements"]);
    scratch.write(
        "asked.jsonl",
        "{\"text\": \"Storm the harbour at dawn.\"}\n{\"text\": \"A medal for the swimmer.\"}\n",
    );
    let run = scratch.demarche(&["classify", "--statements", "asked.jsonl", "--model", "model"]);
    let stances: Vec<String> = run
        .expect_code(0)
        .records()
        .iter()
        .map(|row| row["stance"].to_string())
        .collect();
    assert_eq!(stances, ["\"pro_intervention\"", "\"none\""]);
    let recipe: serde_json::Value = serde_json::from_str(&scratch.read("model/recipe.json")).unwrap();
    assert_eq!(recipe["inputs"]["teacher"][0]["statements"], 3);
    assert_eq!(recipe["inputs"]["teacher"][0]["rejected_lines"], 1);
}

#[test]
fn the_temperature_of_the_best_epoch_is_stored_and_heeded() {
    let scratch = Scratch::new();
    train(&scratch, "model", &["--epochs", "3", "--patience", "3"]).expect_code(0);
    let recipe: serde_json::Value = serde_json::from_str(&scratch.read("model/recipe.json")).unwrap();
    let epochs = recipe["epochs"].as_array().unwrap();
    let best = epochs.iter().rfind(|epoch| epoch["best"] == true).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&scratch.read("model/config.json")).unwrap();
    assert_eq!(config["calibration_temperature"], best["temperature"]);
    assert!(best["dev_log_loss_calibrated"].as_f64() <= best["dev_log_loss"].as_f64());

    let surest = |scratch: &Scratch| {
        let run = scratch.demarche(&["classify", "--statements", "train.jsonl", "--model", "model"]);
        let records = run.expect_code(0).records();
        let largest = |row: &serde_json::Value| {
            let stance = row["stance"].as_str().unwrap().to_owned();
            (row[format!("p_{stance}")].as_f64().unwrap(), stance)
        };
        records.iter().map(largest).collect::<Vec<_>>()
    };
    let mut at = |temperature: f64| {
        config["calibration_temperature"] = temperature.into();
        scratch.write("model/config.json", config.to_string());
        surest(&scratch)
    };
    let (sharp, soft) = (at(0.5), at(2.0));
    for ((sharp, its_stance), (soft, stance)) in sharp.iter().zip(&soft) {
        assert_eq!(its_stance, stance);
        assert!(soft < sharp, "{soft} {sharp}");
    }
    config["calibration_temperature"] = 0.into();
    scratch.write("model/config.json", config.to_string());
    scratch
        .demarche(&["classify", "--statements", "train.jsonl", "--model", "model"])
        .expect_code(2)
        .expect_message(&["calibration_temperature 0", "above 0"]);
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
    train(&scratch, "model", &["--gold-share", "1.5"])
        .expect_code(2)
        .expect_message(&["gold share is 1.5", "from 0 to 1"]);
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
