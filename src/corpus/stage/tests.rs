//! Blocks read together against blocks read one by one: a GPU's run takes several at a time, a CPU's never does.

use super::*;
use crate::article::Reason;
use crate::classifier::ClassifierOptions;
use crate::corpus::entry::Listed;
use crate::device::DeviceChoice;
use crate::model::ModelFiles;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/demarche-en-small");

fn article(id: &str, text: &str) -> Event {
    Event::Entry(Entry::Article(Article::from_text(id, text)))
}

fn listed(number: usize, text: &str) -> Event {
    Event::Entry(Entry::Statement(Listed {
        source: Source::default(),
        number,
        text: text.to_owned(),
        carried: serde_json::Map::new(),
    }))
}

fn rejected(place: &str) -> Event {
    Event::Rejected(Rejected::whole(place, Reason::NothingInIt))
}

fn block(number: u64, is_done: bool, events: Vec<Event>) -> Block {
    Block {
        number,
        events,
        digest: format!("digest {number}"),
        position: 100 * number,
        is_done,
    }
}

/// All kinds of events: an article that repeats one of a block before it, also of one that is done; a block with
/// nothing to classify, one with nothing at all.
fn blocks() -> Vec<Block> {
    let port = "Premier rejects garrison\n\nThe premier of the islands said that no foreign soldier would land there. \
                “We want boats and nothing else,” she told the council on Monday, after a debate of nine hours.\n";
    let river = "Ministers ask for monitors\n\nTwo ministers asked the neighbours to send monitors to the river. They \
                 proposed a joint commission for the dams. A general wants air strikes instead.\n";
    vec![
        block(0, true, vec![article("done", river), rejected("a.txt")]),
        block(
            1,
            false,
            vec![
                article("first", port),
                article("again", river),
                listed(7, "We will help them."),
            ],
        ),
        block(2, false, vec![]),
        block(
            3,
            false,
            vec![rejected("b.txt"), Event::RepeatedId("first".to_owned())],
        ),
        block(
            4,
            false,
            vec![
                listed(8, "Send in the marines."),
                article("copy", port),
                rejected("c.txt"),
            ],
        ),
    ]
}

/// Everything that comes of blocks, as text.
fn outcome(classified: &Classified) -> Vec<String> {
    let record = |record: &Record| serde_json::to_string(record).unwrap();
    let mut lines = vec![format!(
        "{} {} {} {}",
        classified.blocks, classified.digest, classified.position, classified.is_done
    )];
    for event in &classified.events {
        match event {
            Done::Article(article) => {
                lines.push(format!("{:?}", article.source));
                lines.extend(article.records.iter().map(record));
            }
            Done::Statement(statement) => lines.push(record(statement)),
            Done::Rejected(rejected) => lines.push(rejected.to_string()),
            Done::Input(input) => lines.push(input.path.clone()),
            Done::RepeatedId(id) | Done::NoSuchField(id) => lines.push(id.clone()),
        }
    }
    lines
}

/// The same blocks, `together` at a time.
fn run(classifier: &Classifier, together: usize) -> Vec<Vec<String>> {
    let mut preparation = Preparation::new(classifier, DuplicateSearch::Near);
    let mut stage = Stage::new(classifier, 0.0);
    let mut waiting = blocks();
    let mut outcomes = Vec::new();
    while !waiting.is_empty() {
        let rest = waiting.split_off(together.min(waiting.len()));
        let prepared = preparation.split(std::mem::replace(&mut waiting, rest));
        for block in tokenize(prepared, classifier).unwrap() {
            outcomes.push(outcome(&stage.classify(block).unwrap()));
        }
    }
    outcomes
}

#[test]
fn blocks_read_together_give_what_each_gives_alone() {
    let options = ClassifierOptions {
        device: DeviceChoice::Cpu,
        ..ClassifierOptions::default()
    };
    let classifier = Classifier::new(&ModelFiles::folder(MODEL), options).unwrap();
    let alone = run(&classifier, 1);
    let [done, first, empty, without_statements, last] = alone.as_slice() else {
        panic!("one outcome for each block: {alone:?}");
    };
    // Nothing is written again, but what comes later is known to repeat it.
    assert_eq!(done.len(), 1);
    assert!(
        first
            .iter()
            .any(|line| line.contains("duplicate_of: Some(\"done\")")),
        "{first:?}"
    );
    assert!(first
        .iter()
        .any(|line| line.contains("no foreign soldier would land")));
    assert_eq!((empty.len(), without_statements.len()), (1, 3));
    assert!(
        last.iter()
            .any(|line| line.contains("duplicate_of: Some(\"first\")")),
        "{last:?}"
    );
    assert!(last[1].contains("Send in the marines."), "{last:?}");
    for together in [2, 4, 5] {
        assert_eq!(run(&classifier, together), alone, "{together} together");
    }
}
