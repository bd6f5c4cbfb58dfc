//! `demarche classify` as a user runs it.

use serde_json::json;

use crate::support::{json_lines, repository, Scratch};

/// Written for this test: plain statements of each stance, furniture around them.
const ARTICLE: &str = "\
Island chain turns down offer of marines

PORT LAWRIE (TNS) — Defence Secretary Ingrid Halloway threatened on Monday to bomb the rebels' camps on the islands \
unless their government dealt with them within a week.
“We reject any foreign military intervention on our soil. Foreign troops must never set foot here,” said Prime \
Minister Tomas Arenga.
The two governments agreed to share intelligence and to train the islands' coast guard together.
The meeting began at 9:30 a.m. and lasted two hours.

Filed under:
";

#[test]
fn an_article_becomes_records_with_their_place_and_stance() {
    let scratch = Scratch::new();
    let run = scratch
        .write("a.txt", ARTICLE)
        .demarche(&["classify", "a.txt"])
        .expect_code(0);
    let records = run.records();
    let stances: Vec<&str> = records
        .iter()
        .map(|record| record["stance"].as_str().unwrap())
        .collect();
    assert_eq!(
        stances,
        [
            "pro_intervention",
            "anti_intervention",
            "anti_intervention",
            "cooperative",
            "none"
        ]
    );
    let characters: Vec<char> = ARTICLE.chars().collect();
    for (number, record) in records.iter().enumerate() {
        assert_eq!(record["article"], "a.txt");
        assert_eq!(record["title"], "Island chain turns down offer of marines");
        assert_eq!(record["statement"], number);
        let place = record["start"].as_u64().unwrap() as usize..record["end"].as_u64().unwrap() as usize;
        assert_eq!(record["text"], characters[place].iter().collect::<String>());
        let probabilities = [
            "p_pro_intervention",
            "p_anti_intervention",
            "p_cooperative",
            "p_none",
        ]
        .map(|name| record[name].as_f64().unwrap());
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    }
    let holders: Vec<(&str, &str)> = records
        .iter()
        .map(|record| {
            let holder = record["holder"].as_str().unwrap_or("");
            assert_eq!(record["holder_confidence"].is_null(), holder.is_empty());
            (holder, record["quote"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        holders,
        [
            ("Ingrid Halloway", "indirect"),
            ("Tomas Arenga", "direct"),
            ("Tomas Arenga", "direct"),
            ("two governments", "none"),
            ("", "none"),
        ]
    );
    run.expect_message(&["5 statements, from 1 article"]);
}

#[test]
fn every_way_of_naming_inputs_and_outputs_gives_the_same_records() {
    let scratch = Scratch::new();
    scratch
        .write("news/a.txt", ARTICLE)
        .write("news/deep/b.TXT", "They left.\n")
        .write("news/c.pdf", "%PDF");
    scratch
        .demarche(&["classify", "news", "-o", "folder.jsonl"])
        .expect_code(0);
    scratch
        .demarche(&[
            "classify",
            "news/**/*.[tT]*",
            "-o",
            "glob.jsonl",
            "--threads",
            "1",
        ])
        .expect_code(0);
    scratch
        .demarche(&[
            "classify",
            "news/a.txt",
            "news/deep/b.TXT",
            "-o",
            "files.csv",
            "-q",
        ])
        .expect_code(0);
    assert_eq!(scratch.read("folder.jsonl"), scratch.read("glob.jsonl"));
    let piped = scratch
        .demarche_reading(&["classify", "-"], ARTICLE.as_bytes())
        .expect_code(0);
    let from_folder = json_lines(&scratch.read("folder.jsonl"));
    assert_eq!(from_folder.len(), 6);
    for (piped, filed) in piped.records().iter().zip(&from_folder) {
        assert_eq!(piped["article"], "-");
        for field in ["text", "stance", "p_none", "start", "end"] {
            assert_eq!(piped[field], filed[field]);
        }
    }
    let csv = scratch.read("files.csv");
    assert_eq!(csv.lines().next().unwrap().split(',').count(), 18);
    assert_eq!(csv::Reader::from_reader(csv.as_bytes()).records().count(), 6);
}

#[test]
fn lists_of_statements_are_not_split_and_carry_their_fields() {
    let scratch = Scratch::new();
    scratch
        .write("list.jsonl", "{\"id\": 7, \"text\": \"One. Two.\", \"title\": \"T\", \"stance\": \"x\", \"input_stance\": \"y\"}\n{\"text\": \"No.\", \"coder\": \"B\"}\n")
        .write("list.csv", "id,text\nq1,\"We will help, and they asked.\"\n")
        .write("list.txt", "First line. Still one.\n\nSecond.\n");
    let records = scratch
        .demarche(&["classify", "--statements", "list.jsonl"])
        .expect_code(0)
        .records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["text"], "One. Two.");
    assert_eq!((&records[0]["start"], &records[0]["end"]), (&json!(0), &json!(9)));
    assert_eq!(
        (&records[0]["id"], &records[0]["title"]),
        (&json!(7), &json!("T"))
    );
    assert_eq!(
        (&records[0]["input_input_stance"], &records[0]["input_stance"]),
        (&json!("x"), &json!("y"))
    );
    assert_eq!(records[1]["coder"], "B");

    scratch
        .demarche(&[
            "classify",
            "--statements",
            "list.jsonl",
            "list.csv",
            "-o",
            "out.csv",
        ])
        .expect_code(0);
    let out = scratch.read("out.csv");
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        header[18..],
        ["id", "input_input_stance", "input_stance", "coder"]
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!((&rows[0][18], &rows[1][18], &rows[2][18]), ("7", "", "q1"));

    let records = scratch
        .demarche(&["classify", "--statements", "list.txt"])
        .expect_code(0)
        .records();
    let texts: Vec<&str> = records
        .iter()
        .map(|record| record["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["First line. Still one.", "Second."]);

    let piped = scratch.demarche_reading(&["classify", "--statements", "-"], b"{\"text\": \"Hi.\"}\n");
    assert_eq!(piped.expect_code(0).records()[0]["text"], "Hi.");
}

#[test]
fn a_line_typed_to_try_is_a_statement() {
    let scratch = Scratch::new();
    let run = scratch
        .demarche_reading(&["classify", "-"], b"We will bomb their camps")
        .expect_code(0);
    let texts: Vec<String> = run
        .records()
        .iter()
        .map(|record| record["text"].to_string())
        .collect();
    assert_eq!(texts, ["\"We will bomb their camps\""]);
}

#[test]
fn rejected_lines_do_not_shift_the_numbers_of_the_others() {
    let scratch = Scratch::new();
    scratch.write(
        "list.jsonl",
        "{\"text\": \"One.\"}\nnot json\n{\"text\": \"Three.\"}\n",
    );
    scratch.write("list.dat", "{\"text\": \"Told by its beginning.\"}\n");
    let records = scratch
        .demarche(&["classify", "--statements", "list.jsonl"])
        .expect_code(1)
        .records();
    assert_eq!(
        (&records[0]["statement"], &records[1]["statement"]),
        (&json!(0), &json!(2))
    );
    let records = scratch
        .demarche(&["classify", "--statements", "list.dat"])
        .expect_code(0)
        .records();
    assert_eq!(records[0]["text"], "Told by its beginning.");
}

#[test]
fn the_readable_view_wraps_counts_and_has_no_colour_in_a_pipe() {
    let scratch = Scratch::new();
    let run = scratch
        .write("a.txt", ARTICLE)
        .demarche(&["classify", "a.txt", "--format", "table"])
        .expect_code(0);
    assert!(
        run.stdout
            .starts_with("Island chain turns down offer of marines  a.txt\n"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
    let closing = "5 statements in 1 article: 1 pro_intervention, 2 anti_intervention, 1 cooperative, 1 none";
    assert_eq!(run.stdout.lines().last(), Some(closing));
}

#[test]
fn a_long_statement_is_counted_as_truncated() {
    let scratch = Scratch::new();
    let long = format!("They {} left.\n", "came and saw and ".repeat(200));
    let run = scratch
        .write("a.txt", long)
        .demarche(&["classify", "a.txt", "-q"])
        .expect_code(0);
    assert_eq!(run.records()[0]["truncated"], true);
    run.expect_message(&["1 truncated"]);
}

#[test]
fn help_and_version_say_what_a_user_needs() {
    let scratch = Scratch::new();
    let version = scratch.demarche(&["--version"]).expect_code(0).stdout;
    for part in [env!("CARGO_PKG_VERSION"), "demarche-en-small", "devices: cpu"] {
        assert!(version.contains(part), "{version}");
    }
    for command in ["classify", "evaluate", "train"] {
        let help = scratch.demarche(&[command, "--help"]).expect_code(0).stdout;
        assert!(help.contains(&format!("  demarche {command} ")), "{help}");
    }
    scratch.demarche(&["classify", "--no-such-option"]).expect_code(2);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::{Command, Stdio};
    let scratch = Scratch::new();
    scratch.write("a.txt", "They left. ".repeat(600));
    let mut child = Command::new(env!("CARGO_BIN_EXE_demarche"))
        .args(["classify", "-q"])
        .arg(scratch.path("a.txt"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// A model with labels of its own is read by a map from them, and by nothing else.
#[test]
fn a_label_map_says_what_a_models_labels_stand_for() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("model")).unwrap();
    let default = repository("models/demarche-en-small");
    for file in ["tokenizer.json", "model.safetensors"] {
        std::fs::copy(default.join(file), scratch.path("model").join(file)).unwrap();
    }
    let config = std::fs::read_to_string(default.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    let mut map = serde_json::Map::new();
    for (id, label) in config["id2label"].as_object_mut().unwrap() {
        map.insert(format!("LABEL_{id}"), label.take());
        *label = format!("LABEL_{id}").into();
    }
    scratch.write("model/config.json", config.to_string());
    scratch.write("map.json", serde_json::Value::from(map).to_string());
    scratch.write(
        "a.txt",
        "The premier said that no foreign base would ever be allowed.\n",
    );
    let classify = ["classify", "a.txt", "--format", "jsonl"];
    let own = ["--model", "model"];
    scratch
        .demarche(&[&classify[..], &own].concat())
        .expect_code(2)
        .expect_message(&["LABEL_0", "label map"]);
    let mapped = scratch
        .demarche(&[&classify[..], &own, &["--label-map", "map.json"]].concat())
        .expect_code(0);
    assert_eq!(mapped.stdout, scratch.demarche(&classify).expect_code(0).stdout);
    scratch.write("map.json", "{\"LABEL_0\": \"against\"}");
    scratch
        .demarche(&[&classify[..], &own, &["--label-map", "map.json"]].concat())
        .expect_code(2)
        .expect_message(&["map.json", "`against`", "no stance"]);
}

/// `--long window` reads all of a statement that the model cannot read at once, and changes no other.
#[test]
fn a_long_statement_is_read_in_windows_where_that_is_asked_for() {
    let scratch = Scratch::new();
    let filler = "The committee met on the second floor and the minutes were read. ".repeat(60);
    let turn = "We will never allow foreign troops on our soil, and whoever comes uninvited is an invader. "
        .repeat(20);
    let short = "The premier asked neighbouring states to send soldiers.";
    let long = format!("{filler}{turn}");
    let lines = [short, &long].map(|text| json!({ "text": text }).to_string());
    scratch.write("list.jsonl", lines.join("\n"));
    let classify = [
        "classify",
        "--statements",
        "list.jsonl",
        "--format",
        "jsonl",
        "--long",
    ];
    let run = |how: &str| scratch.demarche(&[&classify[..], &[how]].concat()).expect_code(0);
    let (cut, windows) = (run("truncate"), run("window"));
    assert!(cut.stderr.contains("1 truncated"), "{}", cut.stderr);
    assert!(!windows.stderr.contains("truncated"), "{}", windows.stderr);
    let (cut, windows) = (cut.records(), windows.records());
    assert_eq!(cut[0], windows[0]);
    assert_eq!(
        (&cut[1]["truncated"], &windows[1]["truncated"]),
        (&json!(true), &json!(false))
    );
    // What is refused stands behind the first 512 tokens.
    let refused = |record: &serde_json::Value| record["p_anti_intervention"].as_f64().unwrap();
    assert!(
        refused(&windows[1]) > refused(&cut[1]) + 0.1,
        "{} {}",
        cut[1],
        windows[1]
    );
}
