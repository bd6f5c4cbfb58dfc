//! `demarche summarize` as a user runs it.

use serde_json::Value;

use crate::support::Scratch;

const FIELDS: [&str; 6] = ["article", "outlet", "date", "holder", "stance", "text"];

/// A line of JSONL; an empty value is null.
fn line(values: [&str; 6]) -> String {
    let fields = FIELDS.into_iter().zip(values).map(|(field, value)| {
        let value = match value {
            "" => Value::Null,
            value => value.into(),
        };
        (field.to_owned(), value)
    });
    format!("{}\n", Value::from_iter(fields))
}

/// Twelve articles of the Courier, in two months, and three of the Echo: each quotes a threat by a person, a
/// refusal by a body, and says something of its own.
fn corpus() -> Scratch {
    let mut lines = String::new();
    for number in 0..15 {
        let article = format!("{number}.txt");
        let (outlet, full) = match number {
            0..12 => ("Courier", "Ingrid Halloway"),
            _ => ("Echo", "Pieter Halloway"),
        };
        let date = ["2024-11-05", "2025-01-20"][number % 2];
        // After the first mention, newspapers write the surname.
        let holder = if number % 3 == 0 { full } else { "Halloway" };
        for (holder, stance) in [
            (holder, "pro_intervention"),
            ("the Island Council", "anti_intervention"),
            ("Island council", "anti_intervention"),
            ("", "none"),
        ] {
            lines += &line([&article, outlet, date, holder, stance, "A statement."]);
        }
    }
    let scratch = Scratch::new();
    scratch.write("stances.jsonl", lines);
    scratch
}

fn summary(scratch: &Scratch, arguments: &[&str]) -> Value {
    let arguments = [&["summarize", "stances.jsonl", "--json"], arguments].concat();
    serde_json::from_str(&scratch.demarche(&arguments).expect_code(0).stdout).unwrap()
}

/// The values of the groups, and how many statements each has.
fn sizes(summary: &Value) -> Vec<(String, u64)> {
    let groups = summary["groups"].as_array().unwrap().iter();
    groups
        .map(|group| {
            let values = group["values"].as_array().unwrap().iter();
            let values: Vec<&str> = values.map(|value| value.as_str().unwrap_or("-")).collect();
            let statements = group["voices"]["all"]["statements"].as_u64().unwrap();
            (values.join(" + "), statements)
        })
        .collect()
}

fn count(voice: &Value, stance: &str) -> u64 {
    voice["stances"][stance]["count"].as_u64().unwrap()
}

#[test]
fn what_is_quoted_is_not_the_outlets_own() {
    let scratch = corpus();
    let all = &summary(&scratch, &[])["all"];
    let (reported, outlet) = (&all["voices"]["reported"], &all["voices"]["outlet"]);
    assert_eq!(
        (
            count(reported, "pro_intervention"),
            count(outlet, "pro_intervention")
        ),
        (15, 0)
    );
    assert_eq!(
        (&outlet["statements"], &outlet["articles"]),
        (&15.into(), &15.into())
    );
    assert_eq!(count(outlet, "none"), 15);
    assert_eq!(all["voices"]["all"]["statements"], 60);
    assert_eq!(all["voices"]["all"]["interval_by"], "article");
    let report = scratch.demarche(&["summarize", "stances.jsonl"]).expect_code(0);
    assert!(report.stderr.is_empty(), "{}", report.stderr);
    for part in [
        "reported voice",
        "outlet voice",
        "15 in 15 articles",
        "demarche shares",
    ] {
        assert!(report.stdout.contains(part), "{part}: {}", report.stdout);
    }
}

#[test]
fn groups_are_outlets_months_and_both() {
    let scratch = corpus();
    let outlets = summary(&scratch, &["--by", "outlet"]);
    assert_eq!(
        sizes(&outlets),
        [("Courier".to_owned(), 48), ("Echo".to_owned(), 12)]
    );
    let voice = |group: usize| &outlets["groups"][group]["voices"]["reported"];
    assert_eq!(
        (&voice(0)["interval_by"], &voice(0)["few_articles"]),
        (&"article".into(), &false.into())
    );
    assert_eq!(
        (&voice(1)["interval_by"], &voice(1)["few_articles"]),
        (&"statement".into(), &true.into())
    );
    let months = summary(&scratch, &["--by", "month"]);
    assert_eq!(
        sizes(&months),
        [("2024-11".to_owned(), 32), ("2025-01".to_owned(), 28)]
    );
    let crossed = summary(&scratch, &["--by", "outlet,year", "--csv", "series.csv"]);
    let names: Vec<String> = sizes(&crossed).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["Courier + 2024", "Courier + 2025", "Echo + 2024", "Echo + 2025"]
    );
    let csv = scratch.read("series.csv");
    assert_eq!(csv.lines().count(), 1 + 5 * 3 * 4);
    let row = csv
        .lines()
        .find(|row| row.starts_with("outlet,Echo,year,2024,outlet,none,"));
    assert!(
        row.unwrap()
            .starts_with("outlet,Echo,year,2024,outlet,none,2,2,0,2,1,0.34"),
        "{row:?}"
    );
    assert!(csv
        .lines()
        .nth(1)
        .unwrap()
        .starts_with(",,,,reported,pro_intervention,45,15,0,15,0.33"));
}

#[test]
fn surnames_are_joined_within_their_outlet() {
    let scratch = corpus();
    let joined = summary(&scratch, &["--by", "holder"]);
    assert_eq!(
        sizes(&joined)[..],
        [
            ("Island council", 15),
            ("the Island Council", 15),
            ("-", 15),
            ("Ingrid Halloway", 12),
            ("Pieter Halloway", 3)
        ]
        .map(|(name, size)| (name.to_owned(), size))
    );
    assert_eq!(joined["joined_surnames"][1]["holder"], "Pieter Halloway");
    let own = &joined["groups"][2]["voices"];
    assert!(
        own["reported"].is_null() && own["outlet"]["statements"] == 15,
        "{own}"
    );
    let apart = summary(&scratch, &["--by", "holder", "--no-surnames"]);
    assert!(sizes(&apart).contains(&("Halloway".to_owned(), 10)), "{apart}");
    // Where two persons of one outlet share it, nobody can tell.
    let both = scratch.read("stances.jsonl").replace("\"Echo\"", "\"Courier\"");
    scratch.write("stances.jsonl", both);
    let run = scratch
        .demarche(&["summarize", "stances.jsonl", "--by", "holder"])
        .expect_code(0);
    assert!(run.stdout.contains("holder Halloway") && run.stdout.contains("(the outlet's own voice)"));
    run.expect_message(&["0 bare surnames joined", "1 left apart"]);
}

#[test]
fn aliases_join_holders() {
    let scratch = corpus();
    scratch.write(
        "names.csv",
        "alias,holder,outlet\nisland council,Island Council,\nHalloway,Defence Secretary,the courier\n\
         Ingrid halloway,the secretary,\nSecretary,Defence Secretary,\nthe rebels,Rebels,\n,Nobody,\n",
    );
    let arguments = [
        "summarize",
        "stances.jsonl",
        "--by",
        "holder",
        "--merge",
        "names.csv",
    ];
    let run = scratch
        .demarche(&[&arguments[..], &["--json"]].concat())
        .expect_code(1)
        .expect_message(&["names.csv: line 7: no `alias`"])
        .expect_message(&["1 alias never matched"]);
    let merged: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        sizes(&merged)[..],
        [
            ("Island Council", 30),
            ("-", 15),
            ("Defence Secretary", 12),
            ("Pieter Halloway", 3)
        ]
        .map(|(name, size)| (name.to_owned(), size))
    );
    scratch.write("names.csv", "alias,holder\na,b\nb,a\n");
    scratch
        .demarche(&arguments)
        .expect_code(2)
        .expect_message(&["names.csv", "a → b → a", "circle"]);
    scratch
        .demarche(&["summarize", "stances.jsonl", "--merge", "names.csv"])
        .expect_code(2);
    scratch.write("names.csv", "alias,holder\na,b\n");
    scratch
        .demarche(&["summarize", "stances.jsonl", "--merge", "names.csv"])
        .expect_code(2)
        .expect_message(&["needs --by holder"]);
}

#[test]
fn the_table_is_short_and_files_are_whole() {
    let scratch = corpus();
    let arguments = ["summarize", "stances.jsonl", "--by", "article"];
    let run = |more: &[&str]| scratch.demarche(&[&arguments[..], more].concat()).expect_code(0);
    let table = run(&["--limit", "3", "--json", "all.json"]).stdout;
    assert!(
        table.contains("… and 12 more") && table.contains("* fewer than 10 articles"),
        "{table}"
    );
    let all: Value = serde_json::from_str(&scratch.read("all.json")).unwrap();
    assert_eq!(sizes(&all).len(), 15);
    let table = run(&["--least", "5"]);
    assert!(
        table
            .stdout
            .contains("Left out for having too few statements: 15 groups"),
        "{}",
        table.stdout
    );
    table.expect_message(&["every group has fewer"]);
    // The order of the lines changes nothing.
    let before = run(&["--json"]).stdout;
    let turned: Vec<String> = scratch
        .read("stances.jsonl")
        .lines()
        .rev()
        .map(str::to_owned)
        .collect();
    scratch.write("stances.jsonl", turned.join("\n"));
    assert_eq!(run(&["--json"]).stdout, before);
}

#[test]
fn what_cannot_be_counted_is_said() {
    let scratch = corpus();
    let more = line(["x.txt", "Echo", "", "", "", "Abstained."])
        + &line(["x.txt", "Echo", "", "", "neutral", "Not a stance."]);
    scratch.write("more.jsonl", more + &line(["0.txt", "Echo", "", "", "none", "x"]));
    let run = scratch
        .demarche(&[
            "summarize",
            "stances.jsonl",
            "more.jsonl",
            "./more.jsonl",
            "gone.jsonl",
            "--json",
        ])
        .expect_code(1)
        .expect_message(&["./more.jsonl", "given twice"])
        .expect_message(&["more.jsonl: line 2:", "neutral"])
        .expect_message(&["gone.jsonl", "cannot be read"])
        .expect_message(&["1 prediction without a stance"]);
    let found: Value = serde_json::from_str(&run.stdout).unwrap();
    let all = &found["all"]["voices"]["all"];
    // Another file's 0.txt is another article; one that abstains alone is none.
    assert_eq!(
        (&all["statements"], &all["articles"], &all["abstained"]),
        (&61.into(), &16.into(), &1.into())
    );
    scratch
        .demarche(&["summarize", "more.jsonl"])
        .expect_code(1)
        .expect_message(&["no prediction has a holder"]);
    for (arguments, message) in [
        (["--by", "newspaper"], "anything in a field `newspaper`"),
        (["--by", "a,b,c"], "names 3 fields"),
        (["--by", "year,year"], "`year` twice"),
        (["--csv", "stances.jsonl"], "is an input"),
    ] {
        let arguments = [&["summarize", "stances.jsonl"][..], &arguments].concat();
        scratch
            .demarche(&arguments)
            .expect_code(2)
            .expect_message(&[message]);
    }
    scratch.write("empty.csv", "article,stance\na,\n");
    scratch
        .demarche(&["summarize", "empty.csv"])
        .expect_code(2)
        .expect_message(&["empty.csv: no line has a stance"]);
    scratch
        .demarche(&["summarize", "gone.jsonl", "empty.csv"])
        .expect_code(2)
        .expect_message(&["gone.jsonl", "cannot be read"]);
}
