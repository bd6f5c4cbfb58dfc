//! Models of the Hub: from a server on this machine, through the cache.

mod server;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{repository, Run, Scratch};
use server::{Habits, Server, COMMIT, MODEL};

/// A tiny classifier's files.
fn model_files() -> BTreeMap<String, Vec<u8>> {
    files_of("tests/data/checkpoints/roberta")
}

fn files_of(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let read = |file: &str| {
        let path = repository(folder).join(file);
        (file.to_owned(), std::fs::read(path).unwrap())
    };
    ["config.json", "tokenizer.json", "model.safetensors"]
        .map(read)
        .into()
}

/// A scratch folder whose cache is empty, and a server.
struct World {
    scratch: Scratch,
    server: Server,
}

impl World {
    fn new(habits: Habits) -> Self {
        let scratch = Scratch::new();
        scratch.write("list.txt", "We will not let them in.\n");
        Self {
            scratch,
            server: Server::new(model_files(), habits),
        }
    }

    fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = self.scratch.command(arguments);
        command.env("HF_ENDPOINT", &self.server.address);
        command.envs(variables.iter().copied());
        Run::new(command.output().unwrap())
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(&[], arguments)
    }

    fn fetch(&self) -> Run {
        self.run(&["model", "fetch", MODEL])
    }

    fn cache(&self) -> PathBuf {
        self.scratch.path("huggingface/hub/models--org--name")
    }

    fn weights(&self) -> PathBuf {
        self.cache()
            .join("snapshots")
            .join(COMMIT)
            .join("model.safetensors")
    }

    #[track_caller]
    fn assert_whole(&self) {
        for (file, content) in model_files() {
            let found = std::fs::read(self.weights().with_file_name(&file)).unwrap();
            assert!(found == content, "{file}");
        }
        let left: Vec<_> = std::fs::read_dir(self.cache().join("blobs"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}

const CLASSIFY: [&str; 6] = [
    "classify",
    "--statements",
    "list.txt",
    "--format",
    "jsonl",
    "--model",
];

fn classify<'a>(model: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&CLASSIFY, &[model][..], more].concat()
}

#[test]
fn a_model_is_downloaded_once_and_named_by_its_commit() {
    let world = World::new(Habits::default());
    let run = world
        .run(&[&classify(MODEL, &[])[..], &["-o", "out.jsonl"]].concat())
        .expect_code(0);
    let run = run.expect_message(&["org/name@main may move", &format!("org/name@{COMMIT}")]);
    run.expect_message(&["downloading model.safetensors"]);
    world.assert_whole();
    let manifest: Value = serde_json::from_str(&world.scratch.read("out.jsonl.manifest.json")).unwrap();
    assert_eq!(manifest["model"], format!("org/name@{COMMIT}"));

    // The branch is asked for again, files are not.
    world.server.requests();
    world.run(&classify(MODEL, &[])).expect_code(0);
    let requests = world.server.requests();
    assert!(
        requests.iter().all(|request| request.starts_with("HEAD ")),
        "{requests:?}"
    );
    // A commit is never asked for again, nor warned of.
    let run = world
        .run(&classify(&format!("org/name@{COMMIT}"), &[]))
        .expect_code(0);
    assert!(!run.stderr.contains("may move"), "{}", run.stderr);
    assert_eq!(world.server.requests(), Vec::<String>::new());
}

/// Python's libraries find what we downloaded: the layout is theirs.
#[cfg(unix)]
#[test]
fn the_cache_is_laid_out_as_pythons() {
    let world = World::new(Habits::default());
    let run = world.fetch().expect_code(0);
    let snapshot = world.cache().join("snapshots").join(COMMIT);
    assert_eq!(run.stdout.trim(), snapshot.to_str().unwrap());
    assert_eq!(
        std::fs::read_to_string(world.cache().join("refs/main")).unwrap(),
        COMMIT
    );
    for file in model_files().keys() {
        let target = std::fs::read_link(snapshot.join(file)).unwrap();
        assert_eq!(target.parent().unwrap(), PathBuf::from("../../blobs"));
    }
    let blob = world.weights().canonicalize().unwrap();
    assert_eq!(blob.file_name().unwrap().len(), 64);
}

#[test]
fn a_branch_with_a_slash_is_a_revision_like_others() {
    let world = World::new(Habits::default());
    world
        .run(&["model", "fetch", "org/name@feature/x"])
        .expect_code(0);
    world
        .run(&classify("org/name@feature/x", &["--offline"]))
        .expect_code(0);
}

#[test]
fn weights_elsewhere_are_fetched_without_the_token() {
    let world = World::new(Habits {
        redirects: true,
        token: Some("secret".to_owned()),
        ..Habits::default()
    });
    let run = world
        .run_with(&[("HF_TOKEN", "secret")], &["model", "fetch", MODEL])
        .expect_code(0);
    assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    world.assert_whole();
    let here = world.server.requests();
    assert!(
        here.iter().all(|request| request.ends_with("Bearer secret")),
        "{here:?}"
    );
    let elsewhere = world.server.requests_elsewhere();
    assert_eq!(elsewhere.len(), 1);
    assert!(elsewhere[0].ends_with(" - -"), "{elsewhere:?}");
}

#[test]
fn a_stored_token_is_used() {
    let world = World::new(Habits {
        token: Some("stored".to_owned()),
        ..Habits::default()
    });
    world.scratch.write("huggingface/token", "stored\n");
    world.fetch().expect_code(0);
}

#[test]
fn a_model_that_moved_is_followed() {
    let world = World::new(Habits {
        moved_from: Some("old/name".to_owned()),
        token: Some("secret".to_owned()),
        ..Habits::default()
    });
    world
        .run_with(&[("HF_TOKEN", "secret")], &["model", "fetch", "old/name"])
        .expect_code(0);
}

#[test]
fn refusals_say_what_to_do() {
    let world = World::new(Habits {
        token: Some("secret".to_owned()),
        ..Habits::default()
    });
    let run = world.fetch().expect_code(2);
    run.expect_message(&["org/name@main", "401", "HF_TOKEN"]);
    let run = world
        .run_with(&[("HF_TOKEN", "wrong")], &["model", "fetch", MODEL])
        .expect_code(2);
    let run = run.expect_message(&["401", "the token is wrong"]);
    assert!(!run.stderr.contains("Bearer"), "{}", run.stderr);
}

#[test]
fn what_is_not_there_is_named() {
    let world = World::new(Habits::default());
    for model in ["org/other", "org/name@v9"] {
        let run = world.run(&["model", "fetch", model]).expect_code(2);
        run.expect_message(&[model, "no such model or revision"]);
    }
    world
        .server
        .change(|files, _| drop(files.remove("tokenizer.json")));
    let run = world.fetch().expect_code(2);
    run.expect_message(&["has no tokenizer.json", "save_pretrained"]);
}

#[test]
fn a_pickle_is_refused_from_the_hub_as_well() {
    let world = World::new(Habits::default());
    world.server.change(|files, _| {
        files.remove("model.safetensors");
        files.insert("pytorch_model.bin".to_owned(), b"a pickle".to_vec());
    });
    let run = world.fetch().expect_code(2);
    run.expect_message(&["pickle", "can run any code", "safe_serialization=True"]);
    let requests = world.server.requests();
    assert!(!requests
        .iter()
        .any(|request| request.starts_with("GET") && request.contains("pytorch")));
}

#[test]
fn a_busy_server_is_asked_again() {
    let world = World::new(Habits {
        too_many: 2,
        fails: 1,
        ..Habits::default()
    });
    let run = world.fetch().expect_code(0);
    let run = run.expect_message(&["asks us to wait", "429", "once more in 0.0 s"]);
    run.expect_message(&["fails (503)", "once more"]);
    world.assert_whole();
}

/// A cut connection is gone on with from where it ended, by ranges.
#[test]
fn a_cut_connection_is_resumed() {
    let world = World::new(Habits {
        cuts: 3,
        ..Habits::default()
    });
    world.fetch().expect_code(0);
    world.assert_whole();
    let requests = world.server.requests();
    let ranges: Vec<&String> = requests
        .iter()
        .filter(|request| request.starts_with("GET") && request.contains("model.safetensors"))
        .collect();
    assert_eq!(ranges.len(), 4, "{ranges:?}");
    let size = model_files()["model.safetensors"].len();
    assert!(ranges[1].contains(&format!("bytes={}-", size / 2)), "{ranges:?}");
}

#[test]
fn a_download_that_was_broken_off_is_resumed_by_the_next() {
    let world = World::new(Habits::default());
    world.fetch().expect_code(0);
    let content = &model_files()["model.safetensors"];
    let blob = world.weights().canonicalize().unwrap();
    let partial = blob.with_file_name(format!(
        "{}.incomplete",
        blob.file_name().unwrap().to_str().unwrap()
    ));
    std::fs::remove_file(&blob).unwrap();
    std::fs::write(&partial, &content[..1000]).unwrap();
    world.server.requests();
    world.fetch().expect_code(0);
    world.assert_whole();
    let requests = world.server.requests();
    assert!(
        requests.iter().any(|request| request.contains("bytes=1000-")),
        "{requests:?}"
    );

    // What was begun of something else does not last.
    std::fs::remove_file(&blob).unwrap();
    std::fs::write(&partial, vec![7; 1000]).unwrap();
    let run = world.fetch().expect_code(0);
    run.expect_message(&["model.safetensors is damaged", "downloaded again"]);
    world.assert_whole();
}

#[test]
fn a_server_without_ranges_sends_all_of_it() {
    let world = World::new(Habits {
        knows_no_ranges: true,
        cuts: 1,
        ..Habits::default()
    });
    world.fetch().expect_code(0);
    world.assert_whole();
}

#[test]
fn wrong_content_is_fetched_again_and_then_refused() {
    let world = World::new(Habits {
        spoils: 1,
        ..Habits::default()
    });
    let run = world.fetch().expect_code(0);
    run.expect_message(&["model.safetensors is damaged"]);
    world.assert_whole();

    let world = World::new(Habits {
        spoils: 2,
        ..Habits::default()
    });
    let run = world.fetch().expect_code(2);
    run.expect_message(&["another SHA-256", "it was not kept"]);
    assert!(!world.weights().exists());
}

#[test]
fn a_damaged_cache_is_noticed() {
    let world = World::new(Habits::default());
    world.fetch().expect_code(0);
    let blob = world.weights().canonicalize().unwrap();
    let spoil = || {
        let mut content = std::fs::read(&blob).unwrap();
        content[100] ^= 1;
        std::fs::write(&blob, content).unwrap();
    };
    spoil();
    let run = world.run(&classify(MODEL, &["--offline"])).expect_code(2);
    run.expect_message(&[
        "model.safetensors in the cache is damaged",
        "demarche model fetch",
    ]);
    // By its commit, too, for which nobody would be asked.
    for model in [MODEL.to_owned(), format!("org/name@{COMMIT}")] {
        let run = world.run(&classify(&model, &[])).expect_code(0);
        run.expect_message(&["model.safetensors is damaged"]);
        world.assert_whole();
        spoil();
    }
}

#[test]
fn offline_there_is_what_the_cache_has() {
    let world = World::new(Habits::default());
    for offline in [&["--offline"][..], &[]] {
        let variables: &[(&str, &str)] = if offline.is_empty() {
            &[("HF_HUB_OFFLINE", "1")]
        } else {
            &[]
        };
        let run = world
            .run_with(variables, &classify(MODEL, offline))
            .expect_code(2);
        run.expect_message(&[
            "org/name@main: not in the cache",
            "config.json, tokenizer.json, model.safetensors",
            "demarche model fetch org/name@main",
        ]);
    }
    assert_eq!(world.server.requests(), Vec::<String>::new());
    world.fetch().expect_code(0);
    world.server.requests();
    for model in [MODEL.to_owned(), format!("org/name@{COMMIT}")] {
        world.run(&classify(&model, &["--offline"])).expect_code(0);
    }
    assert_eq!(world.server.requests(), Vec::<String>::new());
    std::fs::remove_file(world.weights()).unwrap();
    let run = world.run(&classify(MODEL, &["--offline"])).expect_code(2);
    run.expect_message(&["not in the cache", ": model.safetensors; run"]);
}

/// Nobody answers: what the cache has serves, and that is said.
#[test]
fn where_nobody_answers_the_cache_serves() {
    let world = World::new(Habits::default());
    let silent = [("HF_ENDPOINT", "http://127.0.0.1:9")];
    let run = world.run_with(&silent, &classify(MODEL, &[])).expect_code(2);
    run.expect_message(&["http://127.0.0.1:9 cannot be reached", "HF_ENDPOINT", "--offline"]);
    world.fetch().expect_code(0);
    let run = world.run_with(&silent, &classify(MODEL, &[])).expect_code(0);
    run.expect_message(&["cannot be reached", "The cache has 01234567, which is used"]);
}

#[test]
fn what_is_no_hub_is_told_apart() {
    let world = World::new(Habits::default());
    let elsewhere = format!("{}/other", world.server.address);
    let run = world
        .run_with(&[("HF_ENDPOINT", elsewhere.as_str())], &["model", "fetch", MODEL])
        .expect_code(2);
    run.expect_message(&["no such model or revision"]);
    let run = world
        .run_with(&[("HF_ENDPOINT", "not an address")], &["model", "fetch", MODEL])
        .expect_code(2);
    run.expect_message(&["not what a Hub answers", "HF_ENDPOINT"]);
}

#[test]
fn two_processes_fetch_at_once() {
    let world = World::new(Habits::default());
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = world.scratch.command(&["model", "fetch", MODEL]);
            command.env("HF_ENDPOINT", &world.server.address);
            command.spawn().unwrap()
        })
        .collect();
    for child in children {
        Run::new(child.wait_with_output().unwrap()).expect_code(0);
    }
    world.assert_whole();
    let requests = world.server.requests();
    let downloads = requests
        .iter()
        .filter(|request| request.starts_with("GET") && request.contains("safetensors"));
    assert_eq!(downloads.count(), 1);
}

#[test]
fn models_are_listed_shown_and_removed() {
    let world = World::new(Habits::default());
    let run = world.run(&["model", "list"]).expect_code(0);
    assert!(
        run.stdout.starts_with("default  demarche-en-small, inside"),
        "{}",
        run.stdout
    );
    run.expect_message(&["no model is in the cache at", "huggingface"]);
    world.fetch().expect_code(0);
    world.run(&["model", "fetch", "org/name@v1"]).expect_code(0);
    let list: Value =
        serde_json::from_str(&world.run(&["model", "list", "--json"]).expect_code(0).stdout).unwrap();
    let cached = &list["cached"][0];
    assert_eq!(
        (&cached["model"], &cached["commit"]),
        (&MODEL.into(), &COMMIT.into())
    );
    assert_eq!(cached["revisions"], serde_json::json!(["main", "v1"]));
    let size: usize = model_files().values().map(Vec::len).sum();
    assert_eq!(cached["bytes"], size);

    let shown: Value = serde_json::from_str(
        &world
            .run(&["model", "show", MODEL, "--json", "--offline"])
            .expect_code(0)
            .stdout,
    )
    .unwrap();
    assert_eq!(shown["model"], format!("org/name@{COMMIT}"));
    assert_eq!(
        (&shown["architecture"], &shown["longest_statement"]),
        (&"roberta".into(), &320.into())
    );
    assert_eq!(shown["labels"].as_array().unwrap().len(), 4);
    let inside = world.run(&["model", "show", "default"]).expect_code(0);
    assert!(
        inside.stdout.contains("bert: 6 layers, 384 wide"),
        "{}",
        inside.stdout
    );

    world
        .run(&["model", "remove", MODEL])
        .expect_code(2)
        .expect_message(&[MODEL, "--yes"]);
    world
        .run(&["model", "remove", "org/other", "--yes"])
        .expect_code(2)
        .expect_message(&["is not in the cache"]);
    let run = world.run(&["model", "remove", MODEL, "--yes"]).expect_code(0);
    run.expect_message(&["1 revision removed"]);
    assert!(!world.cache().exists());
}

#[test]
fn removing_a_revision_keeps_what_others_share() {
    let world = World::new(Habits::default());
    world.fetch().expect_code(0);
    // Another commit with the same weights and another configuration, as Python would have it.
    let other = "f".repeat(40);
    let snapshots = world.cache().join("snapshots");
    std::fs::create_dir(snapshots.join(&other)).unwrap();
    std::fs::copy(
        world.weights().with_file_name("config.json"),
        snapshots.join(&other).join("config.json"),
    )
    .unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        std::fs::read_link(world.weights()).unwrap(),
        snapshots.join(&other).join("model.safetensors"),
    )
    .unwrap();
    world
        .run(&["model", "remove", "org/name@main", "--yes"])
        .expect_code(0);
    assert!(!snapshots.join(COMMIT).exists());
    #[cfg(unix)]
    assert!(snapshots.join(&other).join("model.safetensors").exists());
    let list = world.run(&["model", "list"]).expect_code(0);
    assert!(list.stdout.contains("without tokenizer.json"), "{}", list.stdout);
}

#[test]
fn models_of_the_hub_are_compared_and_evaluated() {
    let world = World::new(Habits::default());
    world.scratch.write(
        "gold.jsonl",
        "{\"text\": \"We will never let them in.\", \"label\": \"anti_intervention\"}\n",
    );
    world
        .run(&["evaluate", "gold.jsonl", "--model", MODEL])
        .expect_code(0);
    world
        .run(&["compare", "default", MODEL, "--gold", "gold.jsonl", "--offline"])
        .expect_code(0);
    let run = world
        .run(&["compare", "default", "before.jsonl", "--gold", "gold.jsonl"])
        .expect_code(2);
    run.expect_message(&["before.jsonl"]);
}

#[test]
fn a_word_that_is_no_model_is_refused_with_the_three_forms() {
    let world = World::new(Habits::default());
    let run = world.run(&classify("mine", &[])).expect_code(2);
    run.expect_message(&["`mine` is no model", "`default`", "a folder", "org/name@revision"]);
}

#[test]
fn training_begins_from_a_model_of_the_hub() {
    let world = World::new(Habits::default());
    world
        .server
        .change(|files, _| *files = files_of("tests/data/checkpoints/bert"));
    world.scratch.write(
        "gold.jsonl",
        "{\"text\": \"We will never let them in.\", \"label\": \"anti_intervention\"}\n",
    );
    let files = ["--train", "gold.jsonl", "--dev", "gold.jsonl", "--epochs", "1"];
    let train = ["train", "--base", MODEL, "--out", "mine"];
    world.run(&[&train[..], &files].concat()).expect_code(0);
    let recipe: Value = serde_json::from_str(&world.scratch.read("mine/recipe.json")).unwrap();
    assert_eq!(recipe["inputs"]["base"]["name"], format!("org/name@{COMMIT}"));
}
