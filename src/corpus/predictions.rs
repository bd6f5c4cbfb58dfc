//! Predictions of statements that came before: the same sentence in fifty outlets is classified once.

use foldhash::{HashMap, HashMapExt};
use sha2::{Digest as _, Sha256};

use crate::classifier::{Classifier, ClassifyError};
use crate::model::TokenizedStatement;
use crate::stance::Prediction;

/// So many statements are remembered, and as many of those before them: some 60 MB.
const REMEMBERED: usize = 300_000;

type Key = [u8; 16];

/// Statements as the classifier reads them.
#[derive(Default)]
pub(super) struct Texts {
    keys: Vec<Key>,
    /// One for each key.
    tokenized: Vec<TokenizedStatement>,
}

impl Texts {
    /// Reads statements, on the classifier's worker threads. Those that came before, too: which ones did is known to
    /// the thread that classifies, and reading runs ahead of it.
    pub(super) fn read(texts: &[&str], classifier: &Classifier) -> Result<Self, ClassifyError> {
        let read = classifier.read_each(texts, |text| Ok((key_of(text), classifier.tokenize_one(text)?)));
        let (keys, tokenized) = read?.into_iter().unzip();
        Ok(Self { keys, tokenized })
    }

    /// The first so many of them, which are then no longer here.
    pub(super) fn take(&mut self, count: usize) -> Self {
        let keys = self.keys.split_off(count);
        let tokenized = self.tokenized.split_off(count);
        Self {
            keys: std::mem::replace(&mut self.keys, keys),
            tokenized: std::mem::replace(&mut self.tokenized, tokenized),
        }
    }
}

/// Remembers predictions. A prediction depends on nothing but the statement's text, so that remembering changes
/// no result.
#[derive(Default)]
pub(super) struct Predictions {
    recent: HashMap<Key, Prediction>,
    /// Those before, which are forgotten when `recent` is full again.
    older: HashMap<Key, Prediction>,
}

impl Predictions {
    /// One prediction for each text, in order.
    pub(super) fn of(
        &mut self,
        texts: Texts,
        classifier: &Classifier,
    ) -> Result<Vec<Prediction>, ClassifyError> {
        let mut unknown: HashMap<Key, usize> = HashMap::new();
        let mut to_classify = Vec::new();
        for (key, tokenized) in texts.keys.iter().zip(texts.tokenized) {
            if self.find(key).is_none() && !unknown.contains_key(key) {
                unknown.insert(*key, to_classify.len());
                to_classify.push(tokenized);
            }
        }
        let classified = classifier.classify_tokenized(&to_classify)?;
        let predictions = texts.keys.iter().map(|key| match unknown.get(key) {
            Some(&index) => classified[index],
            None => self
                .find(key)
                .expect("nothing is forgotten before it is asked for"),
        });
        let predictions = predictions.collect();
        for (key, index) in unknown {
            self.remember(key, classified[index]);
        }
        Ok(predictions)
    }

    fn find(&self, key: &Key) -> Option<Prediction> {
        self.recent.get(key).or_else(|| self.older.get(key)).copied()
    }

    fn remember(&mut self, key: Key, prediction: Prediction) {
        if self.recent.len() >= REMEMBERED {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, prediction);
    }
}

/// Half of the text's SHA-256: that two texts of any corpus share it is not to be expected.
fn key_of(text: &str) -> Key {
    let digest = Sha256::digest(text.as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    key
}
