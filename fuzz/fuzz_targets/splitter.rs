//! Text through the splitter and the attribution: statements are in order, never overlap, and are what stands there.

#![no_main]

use demarche::attribution::attribute;
use demarche::statement::split;
use demarche::Article;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let article = Article::from_text("a", text);
    let statements = split(&article);
    let characters: Vec<char> = text.chars().collect();
    let mut end = 0;
    for statement in &statements {
        assert!(end <= statement.start && statement.start < statement.end);
        let slice: String = characters[statement.start..statement.end].iter().collect();
        assert_eq!(slice, statement.text);
        end = statement.end;
    }
    assert_eq!(attribute(&article, &statements).len(), statements.len());
});
