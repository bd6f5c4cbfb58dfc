//! Bad input: one clear message each, never a panic, never the loss of the others.

use crate::support::{repository, Scratch};

/// Classifies a bad input beside a good one: the good one's statement must come out.
#[track_caller]
fn beside_a_good_article(scratch: &Scratch, bad: &str, message: &[&str]) {
    let run = scratch
        .write("good.txt", "They left.\n")
        .demarche(&["classify", bad, "good.txt"]);
    let run = run
        .expect_code(1)
        .expect_message(message)
        .expect_message(&["1 rejected"]);
    assert_eq!(run.records().len(), 1, "{}", run.stdout);
    assert_eq!(run.records()[0]["article"], "good.txt");
}

#[test]
fn articles_that_cannot_be_read() {
    let scratch = Scratch::new();
    scratch
        .write("empty.txt", "")
        .write("blank.txt", " \n\t\n")
        .write("binary.txt", b"\x7fELF\x02\0\0\0")
        .write("huge.txt", vec![b'x'; 17 << 20])
        .write("folder/notes.pdf", "%PDF");
    beside_a_good_article(&scratch, "missing.txt", &["missing.txt", "No such file"]);
    beside_a_good_article(&scratch, "empty.txt", &["empty.txt", "is empty"]);
    beside_a_good_article(&scratch, "blank.txt", &["blank.txt", "is empty"]);
    beside_a_good_article(&scratch, "binary.txt", &["binary.txt", "not text", "byte 5"]);
    beside_a_good_article(&scratch, "huge.txt", &["huge.txt", "larger than 16777216 bytes"]);
    beside_a_good_article(&scratch, "folder", &["folder", "no articles"]);
    beside_a_good_article(&scratch, "*.html", &["*.html", "no file matches"]);
}

#[cfg(unix)]
#[test]
fn a_file_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    scratch.write("locked.txt", "They left.");
    let locked = scratch.path("locked.txt");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read anything: then there is nothing to test.
    if std::fs::read(&locked).is_err() {
        beside_a_good_article(&scratch, "locked.txt", &["locked.txt", "Permission denied"]);
    }
}

#[test]
fn nothing_readable_is_an_error_and_leaves_the_old_output() {
    let scratch = Scratch::new();
    scratch.write("out.jsonl", "old").write("empty.txt", "");
    for input in ["missing.txt", "empty.txt"] {
        let run = scratch
            .demarche(&["classify", input, "-o", "out.jsonl", "--overwrite"])
            .expect_code(2);
        run.expect_message(&["nothing to classify"]);
        assert_eq!(scratch.read("out.jsonl"), "old");
    }
    assert_eq!(scratch.files(), ["empty.txt", "out.jsonl"]);
}

#[test]
fn text_that_is_not_utf8_is_decoded_and_said_so() {
    let scratch = Scratch::new();
    scratch.write("old.txt", b"\x93We won\x92t,\x94 the general said.\n");
    let run = scratch.demarche(&["classify", "old.txt"]).expect_code(0);
    assert_eq!(run.records()[0]["text"], "“We won’t,” the general said.");
    run.expect_message(&["old.txt", "byte 1", "Windows-1252"])
        .expect_message(&["1 read as Windows-1252"]);
}

#[test]
fn other_formats_are_refused_with_a_way_out() {
    let scratch = Scratch::new();
    scratch
        .write("notes.rtf", "{\\rtf1 They left.}")
        .write("paper.pdf", "%PDF-1.7");
    beside_a_good_article(&scratch, "notes.rtf", &["notes.rtf", ".docx"]);
    beside_a_good_article(&scratch, "paper.pdf", &["paper.pdf", "plain text"]);
}

#[test]
fn an_input_is_never_overwritten() {
    let scratch = Scratch::new();
    scratch
        .write("a.txt", "They left.\n")
        .write("b.txt", "They came.\n");
    let run = scratch
        .demarche(&["classify", "b.txt", "./a.txt", "-o", "a.txt"])
        .expect_code(2);
    run.expect_message(&["a.txt", "is an input"]);
    assert_eq!(scratch.read("a.txt"), "They left.\n");
}

#[test]
fn an_enormous_line_in_a_list_is_rejected_alone() {
    let scratch = Scratch::new();
    let mut list = vec![b'x'; 5 << 20];
    list.extend_from_slice(b"\nThey left.\n");
    let run = scratch
        .write("list.txt", list)
        .demarche(&["classify", "--statements", "list.txt"]);
    let run = run
        .expect_code(1)
        .expect_message(&["list.txt: line 1", "5242881 bytes"]);
    assert_eq!(run.records().len(), 1);
}

#[test]
fn malformed_lines_of_a_list_are_rejected_alone() {
    let scratch = Scratch::new();
    scratch.write("binary.txt", b"\x7fELF\0\0\n\x01\0");
    let binary = scratch
        .demarche(&["classify", "--statements", "binary.txt"])
        .expect_code(2);
    binary.expect_message(&["binary.txt: line 1", "NUL byte"]);
    scratch.write(
        "list.jsonl",
        "{\"text\": \"They left.\"}\n{\"text\": 5}\nnot json\n{\"other\": \"x\"}\n",
    );
    let run = scratch
        .demarche(&["classify", "--statements", "list.jsonl"])
        .expect_code(1);
    assert_eq!(run.records().len(), 1);
    run.expect_message(&["list.jsonl: line 2", "not a string"])
        .expect_message(&["list.jsonl: line 3", "not a JSON object"])
        .expect_message(&["list.jsonl: line 4", "no field `text`"])
        .expect_message(&["3 rejected"]);
}

#[test]
fn an_output_that_cannot_be_written_is_known_at_once() {
    let scratch = Scratch::new();
    scratch.write("a.txt", "They left.\n");
    let missing = scratch
        .demarche(&["classify", "a.txt", "-o", "missing/out.csv"])
        .expect_code(2);
    missing.expect_message(&["missing/out.csv", "cannot be written", "create it first"]);
    let unknown = scratch
        .demarche(&["classify", "a.txt", "-o", "out.xlsx"])
        .expect_code(2);
    unknown.expect_message(&["out.xlsx", "--format"]);
}

/// A copy of the tiny model with a head, to damage.
fn model(scratch: &Scratch) {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let bytes = std::fs::read(repository("tests/data/tiny-bert").join(file)).unwrap();
        scratch.write(&format!("model/{file}"), bytes);
    }
    scratch.write("a.txt", "They left.\n");
}

#[track_caller]
fn refused(scratch: &Scratch, message: &[&str]) {
    let run = scratch
        .demarche(&["classify", "a.txt", "--model", "model"])
        .expect_code(2);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    run.expect_message(message);
}

#[test]
fn a_model_that_cannot_be_used_is_refused_with_the_reason() {
    let scratch = Scratch::new();
    model(&scratch);
    refused(&scratch, &["model", "no classification head"]);
    let nowhere = scratch
        .demarche(&["classify", "a.txt", "--model", "./nowhere"])
        .expect_code(2);
    nowhere.expect_message(&["nowhere", "no such folder"]);

    let config = scratch.read("model/config.json");
    let with = |labels: &str| {
        config.trim_end().trim_end_matches('}').to_owned() + &format!(", \"id2label\": {labels}}}")
    };
    scratch.write(
        "model/config.json",
        with("{\"0\": \"positive\", \"1\": \"negative\"}"),
    );
    refused(&scratch, &["model", "0: positive, 1: negative", "id2label"]);

    let stances = "{\"0\": \"pro_intervention\", \"1\": \"anti_intervention\", \"2\": \"cooperative\", \"3\": \"none\"}";
    scratch.write("model/config.json", with(stances));
    refused(&scratch, &["model", "no tensor `classifier.weight`"]);

    scratch.write("model/config.json", "{\"model_type\": ");
    refused(&scratch, &["model", "config.json"]);
    scratch.write("model/config.json", &config);

    let weights = std::fs::read(scratch.path("model/model.safetensors")).unwrap();
    for length in [weights.len() - 1, weights.len() / 2, 100, 0] {
        scratch.write("model/model.safetensors", &weights[..length]);
        refused(&scratch, &["model", "model.safetensors is damaged or cut short"]);
    }
    scratch.write("model/model.safetensors", &weights);

    scratch.write("model/tokenizer.json", "{}");
    refused(&scratch, &["model", "tokenizer.json"]);

    std::fs::remove_file(scratch.path("model/tokenizer.json")).unwrap();
    refused(&scratch, &["model", "tokenizer.json", "No such file"]);
}
