//! Statement text → token ids, cut to what the model reads.

use tokenizers::Tokenizer;

use super::ModelError;

/// A tokenizer that knows how many tokens its model reads.
#[derive(Clone)]
pub struct StatementTokenizer {
    tokenizer: Tokenizer,
    max_tokens: usize,
}

/// One statement as token ids, its special tokens included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenizedStatement {
    /// At least 2 and at most the model's number of positions.
    pub ids: Vec<u32>,
    /// True when tokens were cut off the statement's end.
    pub truncated: bool,
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
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
        if largest as usize >= vocab_size {
            return Err(refuse(format!(
                "its largest token id is {largest}, but config.json has a vocab_size of {vocab_size}"
            )));
        }
        let this = Self {
            tokenizer,
            max_tokens,
        };
        let frame = this.encode("")?.ids.len();
        if frame != 2 {
            return Err(refuse(format!(
                "it frames a statement with {frame} special tokens, not [CLS] and [SEP]"
            )));
        }
        Ok(this)
    }

    /// The same tokenizer cutting statements to `max_tokens`, where that is shorter; at least 3.
    pub fn with_max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = self.max_tokens.min(max_tokens.max(3));
        self
    }

    /// The tokens of one statement: `[CLS] … [SEP]`.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] where the tokenizer's own rules fail on the text.
    pub fn encode(&self, text: &str) -> Result<TokenizedStatement, ModelError> {
        let (text, cut) = cut_to(text, self.max_tokens * LONGEST_TOKEN);
        // `encode_fast` leaves out the character offsets, which nothing here needs.
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| ModelError::Tokenizer {
                model: String::from("tokenizer"),
                reason: error.to_string(),
            })?;
        let ids = encoding.get_ids();
        let too_many = ids.len() > self.max_tokens;
        let ids = match ids.split_last() {
            Some((&separator, rest)) if too_many => {
                let mut kept = rest[..self.max_tokens - 1].to_vec();
                kept.push(separator);
                kept
            }
            _ => ids.to_vec(),
        };
        Ok(TokenizedStatement {
            ids,
            truncated: too_many || cut,
        })
    }
}

/// The most bytes that a token has on average over any statement worth the name. What lies beyond is
/// cut off unread: a megabyte without a full stop must not become a million tokens first.
const LONGEST_TOKEN: usize = 128;

/// The beginning of `text`, of at most `bytes` bytes, and whether anything was cut off.
fn cut_to(text: &str, bytes: usize) -> (&str, bool) {
    if text.len() <= bytes {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(bytes)], true)
}

#[cfg(test)]
mod tests {
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
}
