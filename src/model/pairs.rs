//! A statement beside each of some hypotheses, as token ids.

use tokenizers::{Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

use super::tokenizer::{cut_to, LONGEST_TOKEN};
use super::{Hypotheses, ModelError, TokenizedStatement};

/// Sets statements beside hypotheses.
#[derive(Clone)]
pub struct PairTokenizer {
    /// Cuts statements, never hypotheses.
    tokenizer: Tokenizer,
    max_tokens: usize,
    hypotheses: Vec<String>,
    model: String,
}

impl PairTokenizer {
    /// # Errors
    /// [`ModelError::Tokenizer`] where a hypothesis leaves no room for a statement.
    pub(super) fn new(
        mut tokenizer: Tokenizer,
        max_tokens: usize,
        hypotheses: &Hypotheses,
        model: &str,
    ) -> Result<Self, ModelError> {
        let truncation = TruncationParams {
            direction: TruncationDirection::Right,
            max_length: max_tokens,
            strategy: TruncationStrategy::OnlyFirst,
            stride: 0,
        };
        let refuse = |reason: String| ModelError::Tokenizer {
            model: model.to_owned(),
            reason,
        };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| refuse(error.to_string()))?;
        let this = Self {
            tokenizer,
            max_tokens,
            hypotheses: hypotheses.sentences().map(str::to_owned).collect(),
            model: model.to_owned(),
        };
        // A statement must have room beside each.
        let longest = this.encode("")?;
        let lengths = longest.windows().map(|window| window.ids.len());
        if lengths.max().unwrap_or(0) >= max_tokens {
            return Err(refuse(format!(
                "a hypothesis fills the {max_tokens} tokens that it reads"
            )));
        }
        Ok(this)
    }

    /// A window for each hypothesis, in order.
    ///
    /// # Errors
    /// [`ModelError::Tokenizer`] where the tokenizer's own rules fail on the text.
    pub fn encode(&self, text: &str) -> Result<TokenizedStatement, ModelError> {
        let (text, cut) = cut_to(text, self.max_tokens * LONGEST_TOKEN);
        let mut pairs = Vec::with_capacity(self.hypotheses.len());
        let mut second_segments = Vec::with_capacity(self.hypotheses.len());
        let mut truncated = cut;
        for hypothesis in &self.hypotheses {
            let encoding = self.tokenizer.encode_fast((text, hypothesis.as_str()), true);
            let encoding = encoding.map_err(|error| ModelError::Tokenizer {
                model: self.model.clone(),
                reason: error.to_string(),
            })?;
            truncated |= !encoding.get_overflowing().is_empty();
            let ids = encoding.get_ids().to_vec();
            let second = encoding.get_type_ids().iter().position(|&segment| segment == 1);
            second_segments.push(second.unwrap_or(ids.len()));
            pairs.push(ids);
        }
        let mut pairs = pairs.into_iter();
        Ok(TokenizedStatement {
            ids: pairs.next().unwrap_or_default(),
            further: pairs.collect(),
            second_segments,
            truncated,
        })
    }
}
