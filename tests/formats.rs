//! Every format in and out, through the binary.

use std::io::Write;

use serde_json::{json, Value};

use crate::support::{json_lines, Scratch};

const FIRST: &str = "The minister said on Monday that no foreign troops would ever be asked for.";
const SECOND: &str = "The two armies agreed to train together in the spring.";

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // As it is: the library would refuse a path that leaves the archive.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub fn docx() -> Vec<u8> {
    let paragraph = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    let xml = format!(
        "<w:document xmlns:w='w'><w:body>{}{}</w:body></w:document>",
        paragraph(FIRST),
        paragraph(SECOND)
    );
    zip(&[("word/document.xml", xml.as_bytes())])
}

pub fn html() -> String {
    format!(
        "<html><head><title>Envoys meet</title></head><body><nav><a href=/>Home</a></nav>\
         <article><p>{FIRST}</p><p>{SECOND}</p></article></body></html>"
    )
}

pub fn warc() -> Vec<u8> {
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}", html());
    let record = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/1\r\nContent-Length: {}\r\n\r\n{answer}\r\n\r\n",
        answer.len()
    );
    record.into_bytes()
}

pub fn row() -> Value {
    json!({"id": "a1", "title": "Envoys meet", "date": "2024-03-01", "source": "Gazette", "body": format!("{FIRST} {SECOND}")})
}

/// The two statements, whatever they come in.
#[track_caller]
fn expect_both(scratch: &Scratch, name: &str, contents: impl AsRef<[u8]>) -> Vec<Value> {
    let run = scratch
        .write(name, contents)
        .demarche(&["classify", name, "--duplicates", "off"])
        .expect_code(0);
    let records = run.records();
    let texts: Vec<&str> = records
        .iter()
        .map(|record| record["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, [FIRST, SECOND], "{name}");
    records
}

#[test]
fn every_format_gives_its_statements() {
    let scratch = Scratch::new();
    let text = format!("{FIRST}\n\n{SECOND}\n");
    expect_both(&scratch, "a.txt", &text);
    expect_both(&scratch, "noending", &text);
    let markdown = expect_both(
        &scratch,
        "a.md",
        format!("# Envoys meet\n\n{FIRST}\n\n*{SECOND}*\n"),
    );
    assert_eq!(markdown[0]["title"], "Envoys meet");
    let page = expect_both(&scratch, "a.html", html());
    assert_eq!(page[0]["title"], "Envoys meet");
    expect_both(&scratch, "page", format!("<!doctype html>{}", html()));
    expect_both(&scratch, "a.docx", docx());
    let archive = expect_both(&scratch, "a.warc", warc());
    assert_eq!(archive[0]["article"], "http://a.example/1");
    assert_eq!(archive[0]["outlet"], "a.example");
    for (name, contents) in [
        ("a.jsonl", format!("{}\n", row())),
        ("a.json", format!("[{}]", row())),
        ("pretty.json", serde_json::to_string_pretty(&row()).unwrap()),
        (
            "wrapped.json",
            json!({"status": "ok", "articles": [row()]}).to_string(),
        ),
        (
            "a.csv",
            format!(
                "id,headline,published,domain,text\na1,Envoys meet,2024-03-01,Gazette,\"{FIRST} {SECOND}\"\n"
            ),
        ),
        (
            "a.tsv",
            format!(
                "id\ttitle\tdate\toutlet\tmaintext\na1\tEnvoys meet\t2024-03-01\tGazette\t{FIRST} {SECOND}\n"
            ),
        ),
    ] {
        let records = expect_both(&scratch, name, contents);
        for (field, value) in [
            ("article", "a1"),
            ("title", "Envoys meet"),
            ("date", "2024-03-01"),
            ("outlet", "Gazette"),
        ] {
            assert_eq!(records[1][field], value, "{name}");
        }
    }
}

#[test]
fn compressed_files_and_archives_are_opened() {
    let scratch = Scratch::new();
    let text = format!("{FIRST}\n\n{SECOND}\n");
    let line = format!("{}\n", row());
    expect_both(&scratch, "a.txt.gz", gzip(text.as_bytes()));
    expect_both(
        &scratch,
        "a.jsonl.zst",
        zstd::encode_all(line.as_bytes(), 3).unwrap(),
    );
    // A web archive has a gzip member for each record.
    expect_both(&scratch, "a.warc.gz", gzip(&warc()));
    let members: [(&str, &[u8]); 4] = [
        ("in/a.txt", FIRST.as_bytes()),
        ("in/photo.jpg", b"\xff\xd8"),
        ("__MACOSX/in/._a.txt", b"\0"),
        (
            "in/b.jsonl",
            &format!("{}\n", json!({"text": SECOND})).into_bytes(),
        ),
    ];
    for (name, bytes) in [
        ("a.zip", zip(&members)),
        ("a.tar", tar(&members)),
        ("a.tgz", gzip(&tar(&members))),
        (
            "a.tar.zst",
            zstd::encode_all(tar(&members).as_slice(), 3).unwrap(),
        ),
    ] {
        let records = expect_both(&scratch, name, bytes);
        assert_eq!(records[0]["article"], format!("{name}/in/a.txt"));
        assert_eq!(records[1]["article"], format!("{name}/in/b.jsonl#1"));
    }
    let run = scratch.demarche(&["classify", "a.zip"]).expect_code(0);
    run.expect_message(&["left alone", "1 .jpg"]);
    let piped = scratch
        .demarche_reading(&["classify", "-"], &gzip(&tar(&members)))
        .expect_code(0);
    assert_eq!(piped.records().len(), 2);
}

#[test]
fn long_names_in_tar_archives_are_kept() {
    let scratch = Scratch::new();
    let name = format!("{}/a.txt", "folder".repeat(40));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(FIRST.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, &name, FIRST.as_bytes()).unwrap();
    let run = scratch
        .write("a.tar", builder.into_inner().unwrap())
        .demarche(&["classify", "a.tar"])
        .expect_code(0);
    assert_eq!(run.records()[0]["article"], format!("a.tar/{name}"));
}

#[test]
fn ids_are_made_unique_and_named_fields_must_be_there() {
    let scratch = Scratch::new();
    let row = |id: u32, text: &str| format!("{}\n", json!({"id": id, "text": text}));
    scratch
        .write("in/a.jsonl", row(1, FIRST) + &row(1, SECOND))
        .write("in/b.jsonl", row(1, "They left."));
    let run = scratch
        .demarche(&["classify", "in", "--date-field", "datum"])
        .expect_code(0);
    let ids: Vec<Value> = run
        .records()
        .iter()
        .map(|record| record["article"].clone())
        .collect();
    assert_eq!(ids, ["1", "in/a.jsonl#1", "in/b.jsonl#1"]);
    run.expect_message(&["the id 1 is another article's"])
        .expect_message(&["2 with another's id"])
        .expect_message(&["no record has a field `datum`"]);
}

#[test]
fn markup_and_pages_are_known_by_what_they_are() {
    let scratch = Scratch::new();
    scratch.write(
        "a.jsonl",
        format!(
            "{}\n",
            json!({"content": "A <b>general</b> said: &quot;We met.&quot;"})
        ),
    );
    let run = scratch.demarche(&["classify", "a.jsonl"]).expect_code(0);
    assert_eq!(run.records()[0]["text"], "A general said: \"We met.\"");
    let run = scratch
        .write("saved.txt", format!("<!DOCTYPE html>{}", html()))
        .demarche(&["classify", "saved.txt"])
        .expect_code(0);
    assert_eq!(run.records().len(), 2);
    let run = scratch
        .demarche_reading(&["classify", "-"], &docx())
        .expect_code(0);
    assert_eq!(run.records().len(), 2);
    let run = scratch
        .demarche_reading(&["classify", "-"], b"[Applause] They met in Accra.")
        .expect_code(0);
    assert_eq!(run.records().len(), 1);
}

#[test]
fn parquet_goes_out_and_comes_in() {
    let scratch = Scratch::new();
    scratch.write("a.jsonl", format!("{}\n", row()));
    scratch
        .demarche(&["classify", "a.jsonl", "-o", "out.parquet"])
        .expect_code(0);
    scratch
        .demarche(&[
            "classify",
            "--statements",
            "out.parquet",
            "-o",
            "again.parquet",
            "--text-field",
            "text",
        ])
        .expect_code(0);
    let run = scratch
        .demarche(&["classify", "--statements", "again.parquet"])
        .expect_code(0);
    let records = run.records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["text"], FIRST);
    assert_eq!(records[0]["outlet"], "Gazette");
    assert!(records[0]["input_p_none"].is_number(), "{}", records[0]);
    let shown = scratch
        .demarche(&["summarize", "out.parquet", "--by", "outlet"])
        .expect_code(0);
    assert!(shown.stdout.contains("Gazette"), "{}", shown.stdout);
}

#[test]
fn every_output_says_the_same() {
    let scratch = Scratch::new();
    scratch.write("a.txt", format!("{FIRST}\n\n{SECOND}\n"));
    let piped = scratch.demarche(&["classify", "a.txt"]).expect_code(0).records();
    for name in ["out.jsonl", "out.csv", "out.tsv", "out.parquet", "out.arrow"] {
        scratch
            .demarche(&["classify", "a.txt", "-o", name])
            .expect_code(0);
        assert!(scratch.path(name).metadata().unwrap().len() > 0);
    }
    assert_eq!(json_lines(&scratch.read("out.jsonl")), piped);
    let commas: Vec<String> = scratch.read("out.csv").lines().map(str::to_owned).collect();
    let tabs: Vec<String> = scratch.read("out.tsv").lines().map(str::to_owned).collect();
    assert_eq!(commas[0].replace(',', "\t"), tabs[0]);
    assert_eq!(commas.len(), 3);
    let parquet = scratch
        .demarche(&["classify", "--statements", "out.parquet"])
        .expect_code(0)
        .records();
    for (record, original) in parquet.iter().zip(&piped) {
        assert_eq!(record["input_stance"], original["stance"]);
        assert_eq!(record["p_none"], original["p_none"]);
        assert_eq!(record["input_holder"], original["holder"]);
    }
    // To a pipe, too.
    let bytes = scratch.demarche_bytes(&["classify", "a.txt", "--format", "arrow"]);
    assert_eq!(&bytes[..6], b"ARROW1");
    assert_eq!(bytes, std::fs::read(scratch.path("out.arrow")).unwrap());
}

#[test]
fn lists_carry_their_fields_into_typed_columns() {
    let scratch = Scratch::new();
    scratch.write(
        "list.jsonl",
        format!(
            "{}\n{}\n",
            json!({"text": FIRST, "year": 1990, "weight": 1, "tag": "x"}),
            json!({"text": SECOND, "year": 1991, "weight": 0.5, "sure": true})
        ),
    );
    for output in ["out.csv", "out.parquet"] {
        scratch
            .demarche(&["classify", "--statements", "list.jsonl", "-o", output])
            .expect_code(0);
    }
    let header = scratch.read("out.csv").lines().next().unwrap().to_owned();
    assert!(header.ends_with(",truncated,year,weight,tag,sure"), "{header}");
    let records = scratch
        .demarche(&["classify", "--statements", "out.parquet"])
        .expect_code(0)
        .records();
    assert_eq!(records[0]["year"], 1990);
    assert_eq!(records[1]["weight"], 0.5);
    assert_eq!(records[0]["weight"], 1.0);
    assert_eq!(records[0]["sure"], Value::Null);
    assert_eq!(records[1]["sure"], true);
}

#[test]
fn documents_are_lists_of_their_lines() {
    let scratch = Scratch::new();
    let run = scratch
        .write("a.html", html())
        .demarche(&["classify", "--statements", "a.html"])
        .expect_code(0);
    assert_eq!(run.records().len(), 2);
    assert_eq!(run.records()[1]["text"], SECOND);
    let piped = scratch
        .demarche_reading(
            &["classify", "--statements", "-"],
            format!("{FIRST}\n{SECOND}\n").as_bytes(),
        )
        .expect_code(0);
    assert_eq!(piped.records()[1]["statement"], 1);
}

#[test]
fn fields_and_formats_can_be_named() {
    let scratch = Scratch::new();
    scratch
        .write("a.csv", format!("nr;lead;paper\n7;{SECOND};Herald\n"))
        .write("list", "news/a.csv\n\n./a.csv\n")
        .write("page.txt", html());
    let unnamed = scratch.demarche(&["classify", "a.csv"]).expect_code(2);
    unnamed.expect_message(&["a.csv: there is no column `text`", "nr, lead, paper"]);
    let arguments = [
        "classify",
        "--files-from",
        "list",
        "--text-field",
        "lead",
        "--id-field",
        "nr",
        "--outlet-field",
        "paper",
    ];
    let run = scratch.demarche(&arguments).expect_code(1);
    assert_eq!(run.records()[0]["article"], "7");
    assert_eq!(run.records()[0]["outlet"], "Herald");
    run.expect_message(&["news/a.csv", "No such file"]);
    let run = scratch
        .demarche(&["classify", "page.txt", "--input-format", "html"])
        .expect_code(0);
    assert_eq!(run.records().len(), 2);
}

#[test]
fn repeated_articles_are_marked() {
    let scratch = Scratch::new();
    let story: String = (0..60)
        .map(|number| {
            format!(
                "Envoy number {number} spoke to reporter {} about the talks. ",
                number * 7 % 61
            )
        })
        .collect();
    let rows = [
        json!({"id": "a", "text": story}),
        json!({"id": "b", "text": format!("From our correspondent. {story}")}),
        json!({"id": "c", "text": story.to_uppercase()}),
        json!({"id": "d", "text": SECOND}),
    ];
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    scratch.write("a.jsonl", lines);
    let originals = |search: &str| -> Vec<(String, Value)> {
        let arguments = [
            "classify",
            "a.jsonl",
            "--duplicates",
            search,
            "--summary",
            "s.jsonl",
        ];
        scratch.demarche(&arguments).expect_code(0);
        let rows = json_lines(&scratch.read("s.jsonl"));
        std::fs::remove_file(scratch.path("s.jsonl")).unwrap();
        let pairs = rows.into_iter().map(|row| {
            (
                row["article"].as_str().unwrap().to_owned(),
                row["duplicate_of"].clone(),
            )
        });
        pairs.filter(|(_, original)| !original.is_null()).collect()
    };
    assert_eq!(originals("off"), []);
    assert_eq!(originals("exact"), [("c".to_owned(), json!("a"))]);
    assert_eq!(
        originals("near"),
        [("b".to_owned(), json!("a")), ("c".to_owned(), json!("a"))]
    );
}

#[test]
fn below_the_least_confidence_the_model_abstains_and_it_is_counted() {
    let scratch = Scratch::new();
    scratch.write(
        "a.txt",
        "The army must march in at once. The ferry sails at nine. Talks were offered.\n",
    );
    let all = scratch.demarche(&["classify", "a.txt"]).expect_code(0).records();
    let confidence = |row: &Value| {
        let stances = ["pro_intervention", "anti_intervention", "cooperative", "none"];
        let probabilities = stances.map(|stance| row[format!("p_{stance}")].as_f64().unwrap());
        probabilities.into_iter().fold(0.0, f64::max)
    };
    let least = all.iter().map(confidence).fold(0.0, f64::max) - 1e-5;
    let least = least.to_string();
    let arguments = ["classify", "a.txt", "--min-confidence", &least, "-o", "o.jsonl"];
    scratch
        .demarche(&[&arguments[..], &["--summary", "s.csv"]].concat())
        .expect_code(0)
        .expect_message(&["2 abstained from"]);
    let some = json_lines(&scratch.read("o.jsonl"));
    for (row, unasked) in some.iter().zip(&all) {
        let is_sure = confidence(row) >= least.parse().unwrap();
        assert_eq!(
            row["stance"],
            if is_sure {
                unasked["stance"].clone()
            } else {
                Value::Null
            }
        );
        assert_eq!(row["p_none"], unasked["p_none"]);
    }
    assert_eq!(some.iter().filter(|row| row["stance"].is_null()).count(), 2);
    let summary = scratch.read("s.csv");
    let abstained = summary
        .lines()
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == "abstained");
    assert_eq!(
        summary.lines().nth(1).unwrap().split(',').nth(abstained.unwrap()),
        Some("2")
    );
    let manifest: Value = serde_json::from_str(&scratch.read("o.jsonl.manifest.json")).unwrap();
    assert!(manifest.to_string().contains("\"abstained\":2"), "{manifest}");
    let arguments = ["classify", "a.txt", "--min-confidence", &least];
    let view = scratch
        .demarche(&[&arguments[..], &["--format", "table"]].concat())
        .expect_code(0)
        .stdout;
    assert!(
        view.contains("(too unsure)") && view.contains("2 (too unsure)"),
        "{view}"
    );
    let only = scratch
        .demarche(&[&arguments[..], &["--only-stances"]].concat())
        .expect_code(0)
        .records();
    assert!(only.iter().all(|row| row["stance"].is_string()));
    scratch
        .demarche(&["classify", "a.txt", "--min-confidence", "70"])
        .expect_code(2)
        .expect_message(&["from 0 to 1"]);
}

#[test]
fn only_stances_leaves_out_none_and_still_counts_it() {
    let scratch = Scratch::new();
    let neutral = "The meeting began at 9:30 a.m. and lasted two hours.";
    scratch.write("a.txt", format!("{SECOND}\n\n{neutral}\n"));
    let run = scratch
        .demarche(&["classify", "a.txt", "--only-stances", "--summary", "s.csv"])
        .expect_code(0);
    let stances: Vec<Value> = run
        .records()
        .iter()
        .map(|record| record["stance"].clone())
        .collect();
    assert_eq!(stances, ["cooperative"]);
    let summary = scratch.read("s.csv");
    let row = summary.lines().nth(1).unwrap();
    assert_eq!(row, "a.txt,,,,,2,0,0,1,1,0,0");
}
