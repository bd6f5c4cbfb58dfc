//! Predictions of statements that came before: the same sentence in fifty outlets is classified once.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::classifier::{Classifier, ClassifyError};
use crate::stance::Prediction;

/// So many statements are remembered, and as many of those before them: some 60 MB.
const REMEMBERED: usize = 300_000;

type Key = [u8; 16];

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
        texts: &[&str],
        classifier: &Classifier,
    ) -> Result<Vec<Prediction>, ClassifyError> {
        let keys: Vec<Key> = texts.iter().map(|text| key_of(text)).collect();
        let mut unknown: HashMap<Key, usize> = HashMap::new();
        let mut to_classify = Vec::new();
        for (key, text) in keys.iter().zip(texts) {
            if self.find(key).is_none() && !unknown.contains_key(key) {
                unknown.insert(*key, to_classify.len());
                to_classify.push(*text);
            }
        }
        let classified = classifier.classify(&to_classify)?;
        let predictions = keys
            .iter()
            .map(|key| match unknown.get(key) {
                Some(&index) => classified[index],
                None => self
                    .find(key)
                    .expect("nothing is forgotten before it is asked for"),
            })
            .collect();
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
