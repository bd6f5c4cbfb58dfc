//! Inputs made to harm: nothing panics, memory stays bounded, and the good article beside them is read.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::Scratch;

/// No input may make the program hold more than this: the model and its buffers take 150 MB.
const MOST_KILOBYTES: u64 = 300_000;

/// Classifies a hostile file beside a good one, in bounded memory.
#[track_caller]
fn survive(scratch: &Scratch, name: &str, contents: impl AsRef<[u8]>, message: &[&str]) {
    scratch.write(name, contents).write("good.txt", "They left.\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_demarche"))
        .args([
            "classify",
            name,
            "good.txt",
            "--max-article-bytes",
            "1000000",
            "--threads",
            "1",
        ])
        .current_dir(scratch.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_kilobytes(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
    assert!(stdout.contains("\"article\":\"good.txt\""), "{name}: {stdout}");
    let is_told = stderr
        .lines()
        .any(|line| message.iter().all(|part| line.contains(part)));
    assert!(is_told, "{name}: no line with {message:?} in {stderr}");
    assert!(peak < MOST_KILOBYTES, "{name}: {peak} kB");
}

/// The most memory that a process has held so far, where the system tells.
fn peak_kilobytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn gzip_of_zeros(megabytes: usize, before: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(before).unwrap();
    let block = vec![b'x'; 1 << 20];
    for _ in 0..megabytes {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn bombs_are_bounded() {
    let scratch = Scratch::new();
    survive(
        &scratch,
        "bomb.txt.gz",
        gzip_of_zeros(500, b""),
        &["bomb.txt.gz", "larger than 1000000 bytes"],
    );
    let line = gzip_of_zeros(500, b"{\"text\": \"They met.\"}\n{\"text\": \"");
    survive(
        &scratch,
        "bomb.jsonl.gz",
        line,
        &["line 2", "more than one record may have"],
    );
    let csv = gzip_of_zeros(400, b"id,text\n1,\"");
    survive(&scratch, "bomb.csv.gz", csv, &["line 2", "never closed"]);
    let json = gzip_of_zeros(400, b"[{\"text\": \"");
    survive(&scratch, "bomb.json.gz", json, &["line 1", "cut off"]);
    let warc = gzip_of_zeros(400, b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 419430000\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
    survive(&scratch, "bomb.warc.gz", warc, &["line 1", "larger than"]);
    let inner = vec![b'x'; 64 << 20];
    survive(
        &scratch,
        "bomb.zip",
        zip(&[("a.txt", &inner)]),
        &["bomb.zip/a.txt", "larger than"],
    );
    let nested = zip(&[("1.zip", &zip(&[("2.zip", &zip(&[("a.txt", b"They met.")]))]))]);
    survive(
        &scratch,
        "nested.zip",
        nested,
        &["1.zip/2.zip", "archive within an archive"],
    );
}

#[test]
fn deep_and_endless_structures_are_bounded() {
    let scratch = Scratch::new();
    let html = format!("<html>{}They met.", "<div>".repeat(150_000));
    survive(&scratch, "deep.html", html, &["deep.html", "deep in each other"]);
    let table = format!("<html>{}They met.", "<table><tr><td>".repeat(1500));
    survive(&scratch, "tables.html", table, &["tables.html"]);
    let json = format!("{{\"text\": {}{}}}\n", "[".repeat(300_000), "]".repeat(300_000));
    survive(
        &scratch,
        "deep.jsonl",
        json,
        &["deep.jsonl: line 1", "not a JSON object"],
    );
    let xml = format!("<w:document>{}", "<w:p>".repeat(90_000));
    let docx = zip(&[("word/document.xml", xml.as_bytes())]);
    survive(&scratch, "deep.docx", docx, &["deep.docx"]);
}

#[test]
fn damaged_files_are_told() {
    let scratch = Scratch::new();
    survive(
        &scratch,
        "noise.txt.gz",
        b"\x1f\x8b\x08\x00garbage that is no deflate",
        &["noise.txt.gz", "cannot be read"],
    );
    survive(
        &scratch,
        "noise.zst",
        b"\x28\xb5\x2f\xfdgarbage",
        &["noise.zst", "cannot be read"],
    );
    survive(
        &scratch,
        "noise.zip",
        b"PK\x03\x04garbage",
        &["noise.zip", "zip archive"],
    );
    survive(
        &scratch,
        "noise.docx",
        b"PK\x03\x04garbage",
        &["noise.docx", "Word document"],
    );
    survive(
        &scratch,
        "noise.parquet",
        b"PAR1garbage",
        &["noise.parquet", "Parquet"],
    );
    survive(
        &scratch,
        "noise.warc",
        b"WARC/1.0\r\nContent-Length: many\r\n\r\n",
        &["noise.warc: line 1"],
    );
    let mut tar = vec![b'x'; 512];
    tar[257..262].copy_from_slice(b"ustar");
    survive(&scratch, "noise.tar", tar, &["noise.tar", "tar archive"]);
    survive(
        &scratch,
        "binary.txt",
        b"MZ\x90\0\x03",
        &["binary.txt", "NUL byte"],
    );
}

#[cfg(unix)]
#[test]
fn archives_cannot_reach_out_and_links_are_told() {
    let scratch = Scratch::new();
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder
        .append_link(&mut header, "link.txt", "/etc/passwd")
        .unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(9);
    let name = b"../../../tmp/out.txt";
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_cksum();
    builder.append(&header, &b"They met."[..]).unwrap();
    let tar = builder.into_inner().unwrap();
    survive(&scratch, "links.tar", tar, &["links.tar/link.txt", "is a link"]);
    let run = scratch.demarche(&["classify", "links.tar"]).expect_code(1);
    assert_eq!(run.records()[0]["article"], "links.tar/tmp/out.txt");
    std::os::unix::fs::symlink("self.txt", scratch.path("self.txt")).unwrap();
    survive(&scratch, "other.txt", "", &["other.txt", "is empty"]);
    scratch.demarche(&["classify", "."]).expect_code(1);
}
