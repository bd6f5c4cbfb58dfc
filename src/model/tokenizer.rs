//! Statement text → token ids, cut to what the model reads.

use tokenizers::Tokenizer;

use super::pairs::PairTokenizer;
use super::plain_words::PlainWords;
use super::{Hypotheses, ModelError};

/// A tokenizer that knows how many tokens its model reads.
#[derive(Clone)]
pub struct StatementTokenizer {
    tokenizer: Tokenizer,
    /// `None` where its rules are not those that there is a fast way through.
    plain_words: Option<PlainWords>,
    max_tokens: usize,
}

/// One statement as token ids, its special tokens included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenizedStatement {
    /// At least 2 and at most the model's number of positions.
    pub ids: Vec<u32>,
    /// The windows after the first, where it is longer than the model reads and is read in windows; as long as
    /// `ids`, and framed like it.
    pub further: Vec<Vec<u32>>,
    /// Of pairs: where the second segment of each window begins. Empty where there is but one segment.
    pub second_segments: Vec<usize>,
    /// True when tokens were cut off the statement's end.
    pub truncated: bool,
}

/// What the model reads at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<'a> {
    pub ids: &'a [u32],
    /// Where the second segment begins; how many ids there are where there is none.
    pub second_from: usize,
}

impl TokenizedStatement {
    /// All windows, of which there is mostly one.
    pub fn windows(&self) -> impl Iterator<Item = Window<'_>> {
        let all = std::iter::once(&self.ids).chain(&self.further);
        all.enumerate().map(|(number, ids)| Window {
            ids,
            second_from: self.second_segments.get(number).copied().unwrap_or(ids.len()),
        })
    }
}

impl StatementTokenizer {
    /// Reads `tokenizer.json`. Whatever padding and truncation it asks for are left aside:
    /// batches are packed without padding, and the limit is the encoder's, `max_tokens`.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`]: damaged, with ids beyond `vocab_size`, or one that frames a
    /// statement with other than two special tokens.
    pub fn parse(json: &[u8], max_tokens: usize, vocab_size: usize, model: &str) -> Result<Self, ModelError> {
        let refuse = |reason: String| ModelError::Tokenizer {
            model: model.to_owned(),
            reason,
        };
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| refuse(error.to_string()))?;
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| refuse(error.to_string()))?;
        let vocabulary = tokenizer.get_vocab(true);
        let largest = vocabulary.values().copied().max().unwrap_or(0);
        if largest as usize >= vocab_size {
            return Err(refuse(format!(
                "its largest token id is {largest}, but config.json has a vocab_size of {vocab_size}"
            )));
        }
        let mut this = Self {
            tokenizer,
            plain_words: None,
            max_tokens,
        };
        let frame = this.encode("")?.ids;
        let &[first, last] = frame.as_slice() else {
            return Err(refuse(format!(
                "it frames a statement with {} special tokens, not [CLS] and [SEP]",
                frame.len()
            )));
        };
        // The empty statement does not tell on which side of the words each stands.
        let probe = this.encode("a b")?.ids;
        if (probe.first(), probe.last()) != (Some(&first), Some(&last)) || probe.len() < 3 {
            return Err(refuse(
                "it does not frame a statement with two special tokens, one before it and one behind"
                    .to_owned(),
            ));
        }
        this.plain_words = PlainWords::of(&this.tokenizer, vocabulary, [first, last]);
        Ok(this)
    }

    /// One that sets statements beside hypotheses.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] where a hypothesis leaves no room for a statement.
    pub fn for_pairs(&self, hypotheses: &Hypotheses, model: &str) -> Result<PairTokenizer, ModelError> {
        PairTokenizer::new(self.tokenizer.clone(), self.max_tokens, hypotheses, model)
    }

    /// The same tokenizer cutting statements to `max_tokens`, where that is shorter; at least 3.
    pub fn with_max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = self.max_tokens.min(max_tokens.max(3));
        self
    }

    /// The tokens of one statement, `[CLS] … [SEP]`, cut off where there are too many.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] where the tokenizer's own rules fail on the text.
    pub fn encode(&self, text: &str) -> Result<TokenizedStatement, ModelError> {
        let (text, cut) = cut_to(text, self.max_tokens * LONGEST_TOKEN);
        let mut ids = self.ids_of(text)?;
        let too_many = ids.len() > self.max_tokens;
        if too_many {
            let separator = ids[ids.len() - 1];
            ids.truncate(self.max_tokens - 1);
            ids.push(separator);
        }
        Ok(TokenizedStatement {
            ids,
            further: Vec::new(),
            second_segments: Vec::new(),
            truncated: too_many || cut,
        })
    }

    /// The tokens of one statement in as many windows as it takes, up to [`MOST_WINDOWS`]: each is as long as the
    /// model reads, begins half of that after the one before, and the last ends where the statement does.
    ///
    /// # Errors
    /// As [`StatementTokenizer::encode`].
    pub fn encode_in_windows(&self, text: &str) -> Result<TokenizedStatement, ModelError> {
        let (text, cut) = cut_to(text, MOST_WINDOWS * self.max_tokens * LONGEST_TOKEN);
        let ids = self.ids_of(text)?;
        if ids.len() <= self.max_tokens {
            return Ok(TokenizedStatement {
                ids,
                further: Vec::new(),
                second_segments: Vec::new(),
                truncated: cut,
            });
        }
        let (first, separator, body) = (ids[0], ids[ids.len() - 1], &ids[1..ids.len() - 1]);
        let room = self.max_tokens - 2;
        let stride = (room / 2).max(1);
        let kept = body.len().min(room + (MOST_WINDOWS - 1) * stride);
        let starts = (0..kept - room).step_by(stride).chain([kept - room]);
        let mut windows = starts.map(|start| {
            let mut window = Vec::with_capacity(self.max_tokens);
            window.push(first);
            window.extend_from_slice(&body[start..start + room]);
            window.push(separator);
            window
        });
        Ok(TokenizedStatement {
            ids: windows.next().unwrap_or_default(),
            further: windows.collect(),
            second_segments: Vec::new(),
            truncated: cut || kept < body.len(),
        })
    }

    fn ids_of(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let plain = self.plain_words.as_ref();
        match plain.and_then(|words| words.encode(&self.tokenizer, text)) {
            Some(ids) => Ok(ids),
            None => self.encode_by_library(text),
        }
    }

    fn encode_by_library(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        // `encode_fast` leaves out the character offsets, which nothing here needs.
        let encoding = self.tokenizer.encode_fast(text, true);
        let encoding = encoding.map_err(|error| ModelError::Tokenizer {
            model: String::from("tokenizer"),
            reason: error.to_string(),
        })?;
        Ok(encoding.get_ids().to_vec())
    }
}

/// A statement of more windows than this is no statement: some 16,000 tokens for a model that reads 512.
pub const MOST_WINDOWS: usize = 64;

/// The most bytes that a token has on average over any statement worth the name. What lies beyond is
/// cut off unread: a megabyte without a full stop must not become a million tokens first.
pub(super) const LONGEST_TOKEN: usize = 128;

/// The beginning of `text`, of at most `bytes` bytes, and whether anything was cut off.
pub(super) fn cut_to(text: &str, bytes: usize) -> (&str, bool) {
    if text.len() <= bytes {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(bytes)], true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tiny() -> StatementTokenizer {
        let json = include_bytes!("../../tests/data/tiny-bert/tokenizer.json");
        StatementTokenizer::parse(json, 64, 1000, "tiny").unwrap()
    }

    #[test]
    fn long_statements_keep_their_frame_and_say_that_they_were_cut() {
        let short = tiny().encode("a b c").unwrap();
        assert_eq!((short.ids.len(), short.truncated), (5, false));
        let fitting = tiny().encode(&"a ".repeat(62)).unwrap();
        assert_eq!((fitting.ids.len(), fitting.truncated), (64, false));
        let long = tiny().encode(&"a ".repeat(63)).unwrap();
        assert_eq!((long.ids.len(), long.truncated), (64, true));
        assert_eq!((long.ids[0], long.ids[63]), (short.ids[0], short.ids[4]));
    }

    #[test]
    fn a_megabyte_is_cut_before_it_is_tokenized() {
        let endless = tiny().encode(&"é".repeat(1 << 20)).unwrap();
        assert!(endless.truncated && endless.ids.len() <= 64);
    }

    #[test]
    fn a_vocabulary_beyond_the_embeddings_is_refused() {
        let json = include_bytes!("../../tests/data/tiny-bert/tokenizer.json");
        let error = StatementTokenizer::parse(json, 64, 50, "tiny").err().unwrap();
        assert!(error.to_string().contains("vocab_size of 50"), "{error}");
    }

    /// Windows cover every token, overlap by half, and are as long as the model reads.
    #[test]
    fn windows_cover_a_long_statement() {
        let tokenizer = tiny();
        for words in [1, 62, 63, 64, 93, 94, 200] {
            let text = "a ".repeat(words);
            let whole = tokenizer.ids_of(&text).unwrap();
            let found = tokenizer.encode_in_windows(&text).unwrap();
            assert!(!found.truncated, "{words} words");
            let windows: Vec<&[u32]> = found.windows().map(|window| window.ids).collect();
            if whole.len() <= 64 {
                assert_eq!(windows, [whole.as_slice()]);
                continue;
            }
            assert_eq!(windows.len(), (words - 62).div_ceil(31) + 1, "{words} words");
            for window in &windows {
                assert_eq!(window.len(), 64);
                assert_eq!((window[0], window[63]), (whole[0], whole[whole.len() - 1]));
            }
        }
    }

    #[test]
    fn windows_follow_the_text_to_its_end() {
        let tokenizer = tiny();
        let letters = |numbers: std::ops::Range<usize>| -> String {
            let letter = |number| char::from(b'a' + (number % 26) as u8).to_string();
            numbers.map(letter).collect::<Vec<_>>().join(" ")
        };
        let found = tokenizer.encode_in_windows(&letters(0..100)).unwrap();
        let windows: Vec<&[u32]> = found.windows().map(|window| window.ids).collect();
        for (window, range) in windows.iter().zip([0..62, 31..93, 38..100]) {
            assert_eq!(*window, tokenizer.ids_of(&letters(range)).unwrap());
        }
        assert_eq!(windows.len(), 3);
        let endless = tokenizer.encode_in_windows(&"a ".repeat(1 << 16)).unwrap();
        assert!(endless.truncated);
        assert_eq!(endless.windows().count(), MOST_WINDOWS);
    }

    fn default_model() -> StatementTokenizer {
        let json = include_bytes!("../../models/demarche-en-small/tokenizer.json");
        StatementTokenizer::parse(json, 512, 30522, "default").unwrap()
    }

    /// The fast way gives the library's tokens, or leaves the text to it.
    #[track_caller]
    fn check(tokenizer: &StatementTokenizer, text: &str) -> bool {
        let words = tokenizer.plain_words.as_ref().unwrap();
        let fast = words.encode(&tokenizer.tokenizer, text);
        let is_fast = fast.is_some();
        let expected = tokenizer.encode_by_library(text).unwrap();
        assert_eq!(fast.unwrap_or_else(|| expected.clone()), expected, "{text:?}");
        is_fast
    }

    #[test]
    fn plain_text_gets_the_librarys_tokens() {
        let tokenizer = default_model();
        let long = "a".repeat(101);
        for plain in [
            "",
            " ",
            "They won't send 3,000 troops—not “now”, he said…",
            "U.S.-led\tforces\r\nleft   Mosul; $4.5bn (2003) <b>{x}|~^`",
            "unfathomableness ZZYZX 'tis ##ing a]b",
            "‘Never’ – never!",
            &long,
        ] {
            assert!(check(&tokenizer, plain), "{plain:?}");
        }
        for other in [
            "[CLS] a",
            "[MASK]",
            "café",
            "Erdoğan",
            "北约",
            "a\u{200b}b",
            "naïve\u{a0}x",
            "İ",
        ] {
            assert!(!check(&tokenizer, other), "{other:?}");
        }
    }

    #[test]
    fn written_statements_get_the_librarys_tokens() {
        let tokenizer = default_model();
        let (mut fast, mut all) = (0, 0);
        for article in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/articles")).unwrap() {
            let text = std::fs::read_to_string(article.unwrap().path()).unwrap();
            for line in text.lines() {
                fast += usize::from(check(&tokenizer, line));
                all += 1;
            }
        }
        assert!(all > 300 && fast * 10 > all * 8, "{fast} of {all}");
    }

    /// Other rules than BERT's for English go through the library.
    #[test]
    fn a_cased_tokenizer_has_no_fast_way() {
        let json = include_bytes!("../../models/demarche-en-small/tokenizer.json");
        let whole: serde_json::Value = serde_json::from_slice(json).unwrap();
        let compact = whole.to_string();
        for (from, to) in [
            ("\"lowercase\":true", "\"lowercase\":false"),
            ("\"content\":\"[MASK]\"", "\"content\":\"MASK\""),
        ] {
            let changed = compact.replace(from, to);
            assert_ne!(changed, compact);
            let tokenizer = StatementTokenizer::parse(changed.as_bytes(), 512, 40_000, "m").unwrap();
            assert!(tokenizer.plain_words.is_none(), "{to}");
        }
    }

    /// Both special tokens behind the words: the empty statement looks the same.
    #[test]
    fn another_frame_is_refused() {
        let json = include_bytes!("../../models/demarche-en-small/tokenizer.json");
        let mut changed: serde_json::Value = serde_json::from_slice(json).unwrap();
        let template = changed["post_processor"]["single"].as_array_mut().unwrap();
        template.swap(0, 1);
        let error = StatementTokenizer::parse(changed.to_string().as_bytes(), 512, 40_000, "m").err();
        let error = error.unwrap().to_string();
        assert!(error.contains("one before it and one behind"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_gets_the_librarys_tokens(text in "([a-zA-Z0-9 .,;:'\"“”‘’–—…$%&()\\[\\]#-]|\\PC){0,60}") {
            thread_local!(static TOKENIZER: StatementTokenizer = default_model());
            TOKENIZER.with(|tokenizer| check(tokenizer, &text));
        }
    }
}
