//! `--device`: what is chosen, what is said of it, and what cannot be done.

use serde_json::Value;

use crate::support::Scratch;

const ARTICLE: &str =
    "No bases, says premier\n\nThe premier said that no foreign base would ever be allowed.\n";

/// Whether a GPU can be used here: then the errors below do not come.
fn has_gpu() -> bool {
    #[cfg(feature = "cuda")]
    return demarche::encoder::cuda::gpus().is_ok();
    #[cfg(not(feature = "cuda"))]
    return false;
}

#[test]
fn a_device_that_does_not_exist_is_refused_with_those_that_do() {
    let scratch = Scratch::new();
    scratch.write("a.txt", ARTICLE);
    for name in ["gpu", "cuda:", "cuda:-1", "CPU"] {
        scratch
            .demarche(&["classify", "a.txt", "--device", name])
            .expect_code(2)
            .expect_message(&[name, "auto, cpu, cuda or cuda:N"]);
    }
}

/// Whoever asks for a GPU gets one or is told why not; nothing falls back.
#[test]
fn a_gpu_that_cannot_be_used_is_an_error_that_says_why() {
    if has_gpu() {
        return;
    }
    let why = match cfg!(feature = "cuda") {
        // No driver, or one that finds no GPU.
        true => "Nvidia driver",
        false => "built without CUDA",
    };
    let scratch = Scratch::new();
    scratch.write("a.txt", ARTICLE);
    scratch.write(
        "gold.jsonl",
        "{\"text\": \"We will never let them in.\", \"label\": \"anti_intervention\"}\n",
    );
    for command in [
        ["classify", "a.txt", "--device", "cuda"],
        ["classify", "a.txt", "--device", "cuda:0"],
        ["evaluate", "gold.jsonl", "--device", "cuda"],
        ["bench", "--statements=5", "--device", "cpu,cuda"],
    ] {
        let run = scratch.demarche(&command).expect_code(2);
        let run = run.expect_message(&[why, "--device cpu"]);
        assert_eq!(run.stdout, "", "{command:?}");
    }
}

#[test]
fn auto_says_what_it_chose_where_there_was_a_choice() {
    let scratch = Scratch::new();
    scratch.write("a.txt", ARTICLE);
    let run = scratch
        .demarche(&["classify", "a.txt", "--format", "jsonl"])
        .expect_code(0);
    assert_eq!(
        run.stderr.contains("device: "),
        cfg!(feature = "cuda"),
        "{}",
        run.stderr
    );
    let quiet = scratch
        .demarche(&["classify", "a.txt", "--format", "jsonl", "--quiet"])
        .expect_code(0);
    assert_eq!(quiet.stderr, "");
    assert_eq!(quiet.stdout, run.stdout);
}

/// A run's manifest says where it ran and in what, never `auto`.
#[test]
fn the_manifest_names_device_and_precision() {
    let scratch = Scratch::new();
    scratch.write("a.txt", ARTICLE);
    scratch
        .demarche(&["classify", "a.txt", "--device", "cpu", "-o", "out.jsonl"])
        .expect_code(0);
    let manifest: Value = serde_json::from_str(&scratch.read("out.jsonl.manifest.json")).unwrap();
    assert_eq!(manifest["device"], "cpu");
    assert_eq!(manifest["options"]["precision"], "int8");
}

#[test]
fn a_precision_that_a_device_lacks_is_refused() {
    let scratch = Scratch::new();
    scratch.write("a.txt", ARTICLE);
    for precision in ["f16", "bf16"] {
        scratch
            .demarche(&["classify", "a.txt", "--device", "cpu", "--precision", precision])
            .expect_code(2)
            .expect_message(&[precision, "the CPU", "f32, int8 or auto"]);
    }
}

/// What only GPUs do is not done by the CPU because it was left open where.
#[test]
fn a_precision_of_gpus_alone_needs_one() {
    if has_gpu() {
        return;
    }
    let scratch = Scratch::new();
    scratch.write("a.txt", ARTICLE);
    let run = scratch
        .demarche(&["classify", "a.txt", "--precision", "bf16"])
        .expect_code(2);
    run.expect_message(&[
        "bf16 runs on GPUs alone",
        "none can be used here",
        "--precision f32, int8 or auto",
    ]);
}

/// On a machine without a GPU the CPU is measured alone, and that is said.
#[test]
fn a_benchmark_says_why_no_gpu_is_measured() {
    if has_gpu() {
        return;
    }
    let run = Scratch::new()
        .demarche(&[
            "bench",
            "--statements",
            "20",
            "--rounds",
            "1",
            "--precision",
            "f32",
            "--json",
        ])
        .expect_code(0)
        .expect_message(&["only the CPU is measured"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["device"], "cpu");
}
