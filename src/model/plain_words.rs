//! A fast way through BERT's tokenizer for text of plain letters, which most is.
//!
//! The library keeps track of where each character came from through every step; for a statement of twenty words that is
//! nine tenths of its time, and nothing here needs it. Text whose every character is known to pass
//! those steps unchanged but for its case is cut into words right away; a word that is in the vocabulary is its own
//! token, and the library cuts the others. Everything else goes through the library whole. The tokens are the
//! library's in either case, which the tests hold it to.

use foldhash::HashMap;
use tokenizers::{Model, ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

/// A tokenizer's vocabulary, where its rules are those of BERT for English.
#[derive(Clone)]
pub(super) struct PlainWords {
    vocabulary: HashMap<String, u32>,
    longest_word: usize,
    /// Before and behind each statement: `[CLS]` and `[SEP]`.
    frame: [u32; 2],
}

/// What a character is to BERT's tokenizer, after its normalizer.
enum Character {
    Space,
    /// A token by itself.
    Mark,
    Letter,
}

impl PlainWords {
    /// `None` where the tokenizer has other rules: another normalizer, or tokens of its own that plain text could
    /// contain.
    pub(super) fn of(
        tokenizer: &Tokenizer,
        vocabulary: impl IntoIterator<Item = (String, u32)>,
        frame: [u32; 2],
    ) -> Option<Self> {
        let Some(NormalizerWrapper::BertNormalizer(normalizer)) = tokenizer.get_normalizer() else {
            return None;
        };
        let is_plain = normalizer.clean_text && normalizer.lowercase;
        let splits = matches!(
            tokenizer.get_pre_tokenizer(),
            Some(PreTokenizerWrapper::BertPreTokenizer(_))
        );
        let ModelWrapper::WordPiece(model) = tokenizer.get_model() else {
            return None;
        };
        let added = tokenizer.get_added_tokens_decoder();
        let are_bracketed = added.values().all(|token| token.content.contains(BRACKET));
        (is_plain && splits && are_bracketed).then(|| Self {
            vocabulary: vocabulary.into_iter().collect(),
            longest_word: model.max_input_chars_per_word,
            frame,
        })
    }

    /// The text's token ids, framed; `None` where a character is not plain, or the library fails.
    pub(super) fn encode(&self, tokenizer: &Tokenizer, text: &str) -> Option<Vec<u32>> {
        let mut ids = Vec::with_capacity(text.len() / 4 + 2);
        ids.push(self.frame[0]);
        let mut word = String::with_capacity(32);
        for character in text.chars() {
            match kind(character)? {
                Character::Letter => word.push(character.to_ascii_lowercase()),
                kind => {
                    self.end_word(&mut word, tokenizer, &mut ids)?;
                    if matches!(kind, Character::Mark) {
                        word.push(character);
                        self.end_word(&mut word, tokenizer, &mut ids)?;
                    }
                }
            }
        }
        self.end_word(&mut word, tokenizer, &mut ids)?;
        ids.push(self.frame[1]);
        Some(ids)
    }

    /// Adds the tokens of a word, and empties it.
    fn end_word(&self, word: &mut String, tokenizer: &Tokenizer, ids: &mut Vec<u32>) -> Option<()> {
        if word.is_empty() {
            return Some(());
        }
        // The longest match comes first: a word of the vocabulary is one token.
        let whole = self
            .vocabulary
            .get(word.as_str())
            .filter(|_| word.len() <= self.longest_word);
        match whole {
            Some(&id) => ids.push(id),
            None => {
                let pieces = tokenizer.get_model().tokenize(word).ok()?;
                ids.extend(pieces.iter().map(|piece| piece.id));
            }
        }
        word.clear();
        Some(())
    }
}

/// What tokens like `[MASK]` begin with, which the library looks for before all else.
const BRACKET: char = '[';

/// `None` of what is not plain.
fn kind(character: char) -> Option<Character> {
    match character {
        BRACKET => None,
        ' ' | '\t' | '\n' | '\r' => Some(Character::Space),
        'a'..='z' | 'A'..='Z' | '0'..='9' => Some(Character::Letter),
        '!'..='~' => Some(Character::Mark),
        '‘' | '’' | '“' | '”' | '–' | '—' | '…' => Some(Character::Mark),
        _ => None,
    }
}
