//! Runs that are broken off, on full disks, by signals and by bad records.

use std::process::{Command, Stdio};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{json, Value};

use crate::support::{json_lines, repository, Scratch};

/// A corpus of many small articles, with a bad line here and there.
fn corpus(articles: usize) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut lines = String::new();
    for number in 0..articles {
        if number % 97 == 13 {
            lines += "{\"text\": 5}\n";
        }
        let sentences: Vec<String> = (0..random.random_range(3..9))
            .map(|_| {
                let (envoys, days) = (random.random_range(2..900), random.random_range(2..900));
                format!("Some {envoys} envoys met for {days} days, “and left,” said Ana Belor.")
            })
            .collect();
        lines += &format!("{}\n", json!({"id": number, "text": sentences.join(" ")}));
    }
    lines
}

/// A model so small that a run takes a second.
fn tiny_model(scratch: &Scratch) {
    let fixture = ["pro_intervention", "anti_intervention", "cooperative", "none"]
        .map(|label| format!("{}\n", json!({"text": format!("It is {label}."), "label": label})))
        .concat();
    scratch.write("train.jsonl", fixture);
    let base = repository("tests/data/tiny-bert").display().to_string();
    let data = ["--train", "train.jsonl", "--dev", "train.jsonl"];
    let arguments = [
        &["train", "--base", &base],
        &data[..],
        &["--out", "model", "--epochs", "1"],
    ]
    .concat();
    scratch.demarche(&arguments).expect_code(0);
}

/// A run of the tiny model that makes a checkpoint of every block.
fn arguments(output: &str) -> Vec<String> {
    ["classify", "corpus.jsonl", "-o", output, "--model", "model"]
        .into_iter()
        .chain([
            "--summary",
            "summary.csv",
            "--checkpoint-every",
            "0",
            "--resume",
            "--quiet",
        ])
        .map(str::to_owned)
        .collect()
}

fn run(scratch: &Scratch, output: &str) -> crate::support::Run {
    let arguments = arguments(output);
    scratch.demarche(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Runs until it is done, killing it at random moments before; returns how often.
fn run_and_kill(scratch: &Scratch, output: &str, random: &mut ChaCha8Rng) -> usize {
    let mut kills = 0;
    let mut longest = 30;
    loop {
        let mut child = Command::new(env!("CARGO_BIN_EXE_demarche"))
            .args(arguments(output))
            .current_dir(scratch.path(""))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(random.random_range(0..longest)));
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(1), "done, with the bad lines rejected");
            return kills;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        // Reading again takes longer the further it is: give it more time, so that it gets on.
        longest = (longest * 21 / 20).min(3000);
        assert!(kills < 400, "it does not get on");
    }
}

#[test]
fn a_run_that_is_killed_again_and_again_loses_nothing_and_repeats_nothing() {
    let scratch = Scratch::new();
    tiny_model(&scratch);
    scratch.write("corpus.jsonl", corpus(2500));
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut kills = 0;
    for ending in ["jsonl", "csv", "parquet"] {
        let (whole, killed) = (format!("whole.{ending}"), format!("killed.{ending}"));
        run(&scratch, &whole).expect_code(1);
        let files = |output: &str| {
            ["", ".rejects.jsonl"]
                .map(|side| std::fs::read(scratch.path(&format!("{output}{side}"))).unwrap())
        };
        let summary = scratch.read("summary.csv");
        std::fs::remove_file(scratch.path("summary.csv")).unwrap();

        kills += run_and_kill(&scratch, &killed, &mut random);
        assert!(files(&whole) == files(&killed), "{ending} differs");
        assert!(summary == scratch.read("summary.csv"), "the summary differs");
        std::fs::remove_file(scratch.path("summary.csv")).unwrap();
    }
    assert!(kills >= 24, "only {kills} kills");
    let left = scratch.files();
    assert!(
        !left
            .iter()
            .any(|name| name.contains(".partial") || name.contains(".progress")),
        "{left:?}"
    );
    let manifest: Value = serde_json::from_str(&scratch.read("killed.jsonl.manifest.json")).unwrap();
    assert_eq!(manifest["counts"]["articles"], 2500);
    assert_eq!(manifest["inputs"][0]["path"], "corpus.jsonl");
    let rejects = json_lines(&scratch.read("killed.jsonl.rejects.jsonl"));
    assert_eq!(rejects.len(), 26);
    assert_eq!(rejects[0]["line"], 14);
    assert_eq!(rejects[0]["record"], "{\"text\":5}");
}

#[test]
fn ctrl_c_ends_in_good_order_and_says_how_to_go_on() {
    let scratch = Scratch::new();
    tiny_model(&scratch);
    scratch.write("corpus.jsonl", corpus(20_000));
    let child = Command::new(env!("CARGO_BIN_EXE_demarche"))
        .args(arguments("out.jsonl"))
        .current_dir(scratch.path(""))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let partial = scratch.path("out.jsonl.partial.jsonl");
    let begun = std::time::Instant::now();
    while partial.metadata().map_or(0, |file| file.len()) == 0 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("--resume"), "{stderr}");
    // What there is, is whole and can be used.
    let records = json_lines(&std::fs::read_to_string(&partial).unwrap());
    assert!(!records.is_empty());
    let refused = scratch
        .demarche(&["classify", "corpus.jsonl", "-o", "out.jsonl"])
        .expect_code(2);
    refused.expect_message(&["out.jsonl", "unfinished run", "--resume", "--overwrite"]);
    run(&scratch, "out.jsonl").expect_code(1);
    let articles: std::collections::HashSet<String> = json_lines(&scratch.read("out.jsonl"))
        .iter()
        .map(|record| record["article"].to_string())
        .collect();
    assert_eq!(articles.len(), 20_000);
}

#[test]
fn only_the_same_run_is_gone_on_with() {
    let scratch = Scratch::new();
    tiny_model(&scratch);
    scratch.write("corpus.jsonl", corpus(3000));
    // A record of nothing ends the run, once it is far enough to have a checkpoint.
    let mut strict = arguments("out.jsonl");
    strict.push("--strict".to_owned());
    scratch.write(
        "corpus.jsonl",
        corpus(3000).replace("{\"text\": 5}\n", "") + "{\"text\": 5}\n",
    );
    let run_with =
        |arguments: &[String]| scratch.demarche(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    run_with(&strict)
        .expect_code(2)
        .expect_message(&["corpus.jsonl: line 3001", "--strict"])
        .expect_message(&["what is done is kept", "--resume"]);

    let mut other = arguments("out.jsonl");
    other.push("--only-stances".to_owned());
    run_with(&other)
        .expect_code(2)
        .expect_message(&["only stances was false, is true", "--overwrite"]);

    let changed = scratch.read("corpus.jsonl").replacen("envoys", "ministers", 1);
    let unchanged = scratch.read("corpus.jsonl");
    scratch.write("corpus.jsonl", changed);
    run(&scratch, "out.jsonl")
        .expect_code(2)
        .expect_message(&["inputs have changed"]);

    scratch.write("corpus.jsonl", unchanged);
    run(&scratch, "out.jsonl").expect_code(1);
    // As it had ended, with a record rejected.
    let again = run(&scratch, "out.jsonl").expect_code(1);
    again.expect_message(&["nothing is left to do"]);
    scratch.write("corpus.jsonl", scratch.read("corpus.jsonl") + "\n");
    run(&scratch, "out.jsonl")
        .expect_code(2)
        .expect_message(&["inputs have changed"]);
    scratch
        .demarche(&["classify", "corpus.jsonl", "-o", "out.jsonl"])
        .expect_code(2)
        .expect_message(&["out.jsonl: exists", "--overwrite"]);
}

#[test]
fn inputs_that_have_shrunk_do_not_end_an_unfinished_run() {
    let scratch = Scratch::new();
    tiny_model(&scratch);
    let whole = corpus(3000);
    scratch.write("corpus.jsonl", whole.clone() + "{\"text\": 5}\n");
    let mut strict = arguments("out.jsonl");
    strict.push("--strict".to_owned());
    scratch.write(
        "corpus.jsonl",
        whole.replace("{\"text\": 5}\n", "") + "{\"text\": 5}\n",
    );
    scratch
        .demarche(&strict.iter().map(String::as_str).collect::<Vec<_>>())
        .expect_code(2);
    for less in ["", "{\"id\": 0, \"text\": \"They left.\"}\n"] {
        scratch.write("corpus.jsonl", less);
        run(&scratch, "out.jsonl")
            .expect_code(2)
            .expect_message(&["inputs have changed"]);
        assert!(scratch.path("out.jsonl.partial.jsonl").metadata().unwrap().len() > 100_000);
    }
}

#[test]
fn outputs_that_clash_are_refused_before_anything_is_written() {
    let scratch = Scratch::new();
    scratch
        .write("in/a.txt", "They left.\n")
        .write("keep.csv", "important");
    let refused = |more: &[&str], message: &[&str]| {
        let arguments = [&["classify", "in", "-o", "out.jsonl"], more].concat();
        scratch
            .demarche(&arguments)
            .expect_code(2)
            .expect_message(message);
        assert_eq!(scratch.files(), ["in", "keep.csv"]);
    };
    refused(&["--summary", "keep.csv"], &["keep.csv: exists", "--overwrite"]);
    refused(&["--rejects", "keep.csv"], &["keep.csv: exists", "--overwrite"]);
    refused(
        &["--rejects", "out.jsonl"],
        &["out.jsonl: is named for two outputs"],
    );
    refused(
        &["--rejects", "out.jsonl.manifest.json"],
        &["is named for two outputs"],
    );
    refused(
        &["--summary", "s.parquet"],
        &["s.parquet: a summary is a file that ends in"],
    );
    refused(&["--summary", "no/s.csv"], &["no/s.csv", "create it first"]);
    assert_eq!(scratch.read("keep.csv"), "important");
}

#[test]
fn an_output_in_the_folder_that_is_read_is_no_input() {
    let scratch = Scratch::new();
    scratch
        .write("a.txt", "They left.\n")
        .write("out.csv.partial.csv", "article,text\n")
        .write("out.csv.progress.jsonl", "");
    let run = scratch
        .demarche(&["classify", ".", "-o", "out.csv", "--overwrite"])
        .expect_code(0);
    run.expect_message(&["1 statement, from 1 article"]);
    let again = scratch
        .demarche(&["classify", ".", "-o", "out.csv", "--resume"])
        .expect_code(0);
    again.expect_message(&["nothing is left to do"]);
    let manifest: Value = serde_json::from_str(&scratch.read("out.csv.manifest.json")).unwrap();
    assert_eq!(manifest["counts"]["left_alone"]["results of Demarche"], 2);
}

#[test]
fn a_manifest_is_verified_and_tells_what_differs() {
    let scratch = Scratch::new();
    scratch
        .write("a.txt", "They left on Monday.\n")
        .write("b.txt", "They came back on Friday.\n");
    scratch
        .demarche(&["classify", "a.txt", "b.txt", "-o", "out.csv"])
        .expect_code(0);
    let verify = || scratch.demarche(&["verify", "out.csv.manifest.json"]);
    // Version, codebook, model, two inputs, one output.
    assert_eq!(verify().expect_code(0).stdout, "6 things the same\n");
    scratch.write("a.txt", "They left on Sunday.\n");
    std::fs::remove_file(scratch.path("b.txt")).unwrap();
    scratch.write("out.csv", scratch.read("out.csv") + "x");
    let differing = verify().expect_code(1).stdout;
    for expected in [
        "input a.txt: its SHA-256 was",
        "input b.txt: is not there any more",
        "output out.csv: had",
        "3 things the same, 3 different",
    ] {
        assert!(differing.contains(expected), "no {expected} in {differing}");
    }
    tiny_model(&scratch);
    let other = scratch
        .demarche(&["verify", "out.csv.manifest.json", "--model", "model"])
        .expect_code(1);
    assert!(
        other.stdout.contains("differs  model demarche-en-small"),
        "{}",
        other.stdout
    );
    scratch.write("no.json", "{}");
    scratch
        .demarche(&["verify", "no.json"])
        .expect_code(2)
        .expect_message(&["no manifest"]);
}

/// A disk of one megabyte, in a namespace of the test's own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_gone_on_from() {
    let scratch = Scratch::new();
    tiny_model(&scratch);
    scratch.write("corpus.jsonl", corpus(4000));
    std::fs::create_dir(scratch.path("disk")).unwrap();
    let binary = env!("CARGO_BIN_EXE_demarche");
    let command = arguments("disk/out.jsonl").join(" ");
    // The first run fills the disk; the second finds it larger.
    let script = format!(
        "mount -t tmpfs -o size=1m none disk || exit 77\n\
         {binary} {command} 2> first.txt; echo $? > first.code\n\
         mount -o remount,size=64m disk\n\
         {binary} {command} 2> second.txt; echo $? > second.code\n\
         cp disk/out.jsonl* .\n"
    );
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .current_dir(scratch.path(""))
        .status();
    let is_possible = status.is_ok_and(|status| status.code() != Some(77) && status.code() != Some(1));
    if !is_possible {
        // /dev/full is there without privileges.
        let full = scratch.demarche(&["classify", "corpus.jsonl", "-o", "/dev/full", "--format", "jsonl"]);
        full.expect_code(2)
            .expect_message(&["/dev/full: cannot be written", "No space left"]);
        return;
    }
    assert_eq!(
        scratch.read("first.code").trim(),
        "2",
        "{}",
        scratch.read("first.txt")
    );
    assert!(
        scratch.read("first.txt").contains("No space left"),
        "{}",
        scratch.read("first.txt")
    );
    assert!(
        scratch.read("first.txt").contains("--resume"),
        "{}",
        scratch.read("first.txt")
    );
    assert_eq!(
        scratch.read("second.code").trim(),
        "1",
        "{}",
        scratch.read("second.txt")
    );
    std::fs::remove_file(scratch.path("summary.csv")).unwrap();
    run(&scratch, "whole.jsonl").expect_code(1);
    assert!(scratch.read("out.jsonl") == scratch.read("whole.jsonl"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_failing_writer_is_told_by_name() {
    let scratch = Scratch::new();
    scratch.write("a.txt", "They left.\n");
    for format in ["jsonl", "csv", "parquet"] {
        let run = scratch.demarche(&["classify", "a.txt", "-o", "/dev/full", "--format", format]);
        run.expect_code(2)
            .expect_message(&["/dev/full: cannot be written", "No space left"]);
    }
}

#[test]
fn statements_before_a_broken_input_are_kept() {
    let scratch = Scratch::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, corpus(2000).as_bytes()).unwrap();
    let mut bytes = gzip.finish().unwrap();
    bytes.truncate(bytes.len() / 2);
    tiny_model(&scratch);
    scratch
        .write("cut.jsonl.gz", bytes)
        .write("good.txt", "They left.\n");
    let run = scratch
        .demarche(&[
            "classify",
            "cut.jsonl.gz",
            "good.txt",
            "-o",
            "out.jsonl",
            "--model",
            "model",
        ])
        .expect_code(1);
    run.expect_message(&["cut.jsonl.gz: cannot be read"]);
    let records = json_lines(&scratch.read("out.jsonl"));
    assert!(records.len() > 1000);
    assert_eq!(records.last().unwrap()["article"], "good.txt");
}

#[test]
fn many_rejects_do_not_flood_the_terminal() {
    let scratch = Scratch::new();
    scratch.write(
        "a.jsonl",
        "{\"text\": 5}\n".repeat(500) + "{\"text\": \"They left.\"}\n",
    );
    let run = scratch
        .demarche(&["classify", "a.jsonl", "-o", "out.jsonl"])
        .expect_code(1);
    assert!(run.stderr.lines().count() < 30, "{}", run.stderr);
    let run = run.expect_message(&["500 rejected"]);
    run.expect_message(&["out.jsonl.rejects.jsonl"]);
    assert_eq!(json_lines(&scratch.read("out.jsonl.rejects.jsonl")).len(), 500);
}
