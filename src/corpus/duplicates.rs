//! Articles that repeat an earlier one: the same wire story in fifty outlets.
//!
//! Two articles are near duplicates where the sets of three words in a row that they hold are alike: their Jaccard
//! index is at least 0.7. It is estimated by MinHash (Broder 1997) with one permutation cut into bins (Li, Owen
//! and Zhang 2012) whose empty bins take the next one's value (Shrivastava and Li 2014). Candidates are articles
//! that agree in four bins of one band.

use std::collections::{HashMap, VecDeque};
use std::str::FromStr;

/// Bins of a signature: the estimate's standard error at an index of 0.7 is 0.057.
const BINS: usize = 64;
/// Bins that must all agree for an article to be a candidate: of pairs at an index of 0.7, 99% are found.
const BAND: usize = 4;
const BANDS: usize = BINS / BAND;
/// Bins that must agree: 0.7 of them.
const ALIKE: usize = 45;
/// Words in a row.
const SHINGLE: usize = 3;
/// An article is compared with so many different ones before it, no more: memory stays flat.
const REMEMBERED: usize = 131_072;

/// Which repeated articles are marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateSearch {
    Off,
    /// Those of the same words.
    Exact,
    /// Those of nearly the same words, too.
    #[default]
    Near,
}

impl FromStr for DuplicateSearch {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "off" => Ok(Self::Off),
            "exact" => Ok(Self::Exact),
            "near" => Ok(Self::Near),
            _ => Err("expected near, exact or off".to_owned()),
        }
    }
}

/// What an article's text is told by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// Of all its words in order.
    exact: u64,
    bins: [u16; BINS],
}

impl Signature {
    /// The signature of a text: of its letters and digits, whatever their case and whatever stands between words.
    /// `None` where there are none.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut minima = [u64::MAX; BINS];
        let mut exact = SEED;
        let mut window = [0; SHINGLE];
        let mut count = 0;
        for word in text.split(|character: char| !character.is_alphanumeric()) {
            if word.is_empty() {
                continue;
            }
            let hash = hash_of(word);
            exact = mix(exact ^ hash);
            window.rotate_left(1);
            window[SHINGLE - 1] = hash;
            count += 1;
            if count >= SHINGLE {
                add(&mut minima, &window);
            }
        }
        if (1..SHINGLE).contains(&count) {
            add(&mut minima, &window);
        }
        (count > 0).then(|| Self {
            exact,
            bins: densified(&minima),
        })
    }

    fn band(&self, band: usize) -> u64 {
        let bins = &self.bins[band * BAND..][..BAND];
        bins.iter().fold(0, |key, &bin| key << 16 | u64::from(bin))
    }

    fn is_like(&self, other: &Self) -> bool {
        let alike = self
            .bins
            .iter()
            .zip(&other.bins)
            .filter(|(one, other)| one == other);
        alike.count() >= ALIKE
    }
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finisher of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn hash_of(word: &str) -> u64 {
    let lower = word.chars().flat_map(char::to_lowercase);
    lower.fold(SEED, |hash, character| mix(hash ^ u64::from(character)))
}

fn add(minima: &mut [u64; BINS], window: &[u64; SHINGLE]) {
    let hash = window.iter().fold(SEED, |hash, &word| mix(hash ^ word));
    // The high bits choose the bin, the rest are the value.
    let bin = (hash >> (64 - BINS.trailing_zeros())) as usize;
    minima[bin] = minima[bin].min(hash);
}

/// Sixteen bits of each bin; an empty one takes those of the next that is not, and how far that is.
fn densified(minima: &[u64; BINS]) -> [u16; BINS] {
    let mut bins = [0; BINS];
    for (index, bin) in bins.iter_mut().enumerate() {
        let filled = (0..BINS).find(|&step| minima[(index + step) % BINS] != u64::MAX);
        if let Some(step) = filled {
            let value = mix(minima[(index + step) % BINS] ^ mix(step as u64));
            *bin = (value & 0xffff) as u16;
        }
    }
    bins
}

/// Articles that came before.
pub(super) struct Duplicates {
    search: DuplicateSearch,
    /// The different ones, the oldest first; the first has the number `first`.
    articles: VecDeque<(Signature, Box<str>)>,
    first: u64,
    exact: HashMap<u64, u64>,
    bands: Vec<HashMap<u64, u64>>,
}

impl Duplicates {
    pub(super) fn new(search: DuplicateSearch) -> Self {
        Self {
            search,
            articles: VecDeque::new(),
            first: 0,
            exact: HashMap::new(),
            bands: vec![HashMap::new(); BANDS],
        }
    }

    pub(super) fn search(&self) -> DuplicateSearch {
        self.search
    }

    /// The id of the article before that this one repeats; where there is none, it is remembered itself.
    pub(super) fn original(&mut self, signature: Signature, id: &str) -> Option<String> {
        let found = match self.search {
            DuplicateSearch::Off => return None,
            DuplicateSearch::Exact => self.find_exact(&signature),
            DuplicateSearch::Near => self.find_exact(&signature).or_else(|| self.find_near(&signature)),
        };
        match found {
            Some(number) => Some(self.articles[(number - self.first) as usize].1.to_string()),
            None => {
                self.remember(signature, id);
                None
            }
        }
    }

    fn find_exact(&self, signature: &Signature) -> Option<u64> {
        self.exact.get(&signature.exact).copied()
    }

    /// The first of the articles that are alike: which it is must not depend on the order of a map.
    fn find_near(&self, signature: &Signature) -> Option<u64> {
        let candidates = (0..BANDS).filter_map(|band| self.bands[band].get(&signature.band(band)).copied());
        candidates
            .filter(|&number| self.articles[(number - self.first) as usize].0.is_like(signature))
            .min()
    }

    fn remember(&mut self, signature: Signature, id: &str) {
        let number = self.first + self.articles.len() as u64;
        self.exact.insert(signature.exact, number);
        for (band, map) in self.bands.iter_mut().enumerate() {
            // The article that came first stays in its place.
            map.entry(signature.band(band)).or_insert(number);
        }
        self.articles.push_back((signature, id.into()));
        if self.articles.len() > REMEMBERED {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((signature, _)) = self.articles.pop_front() else {
            return;
        };
        let number = self.first;
        self.first += 1;
        let forget = |map: &mut HashMap<u64, u64>, key: u64| {
            if map.get(&key) == Some(&number) {
                map.remove(&key);
            }
        };
        forget(&mut self.exact, signature.exact);
        for (band, map) in self.bands.iter_mut().enumerate() {
            forget(map, signature.band(band));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn words(random: &mut ChaCha8Rng, count: usize) -> Vec<String> {
        (0..count)
            .map(|_| format!("w{}", random.random_range(0..5000)))
            .collect()
    }

    fn original(duplicates: &mut Duplicates, text: &str, id: &str) -> Option<String> {
        duplicates.original(Signature::of(text).unwrap(), id)
    }

    #[test]
    fn case_and_marks_do_not_matter_to_exact_duplicates() {
        let mut duplicates = Duplicates::new(DuplicateSearch::Exact);
        assert_eq!(original(&mut duplicates, "They met, in Accra.", "a"), None);
        assert_eq!(
            original(&mut duplicates, "THEY met in\n\nAccra", "b"),
            Some("a".to_owned())
        );
        assert_eq!(original(&mut duplicates, "They met in Accra again.", "c"), None);
        assert_eq!(Signature::of(" – !"), None);
    }

    #[test]
    fn near_duplicates_are_found_and_others_are_not() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let (mut found, mut wrong) = (0, 0);
        for _ in 0..200 {
            let mut duplicates = Duplicates::new(DuplicateSearch::Near);
            let story = words(&mut random, 400);
            original(&mut duplicates, &story.join(" "), "a");
            // Another paper's byline, a cut at the end and a word changed: an index of some 0.85.
            let mut edited = story[..370].to_vec();
            edited.splice(0..0, words(&mut random, 12));
            edited[200] = "changed".to_owned();
            found += usize::from(original(&mut duplicates, &edited.join(" "), "b").is_some());
            // Half of it is new: an index of a third.
            let mut other = story[..200].to_vec();
            other.extend(words(&mut random, 200));
            wrong += usize::from(original(&mut duplicates, &other.join(" "), "c").is_some());
        }
        assert!(found >= 196, "{found} of 200 found");
        assert_eq!(wrong, 0);
    }

    #[test]
    fn what_is_forgotten_leaves_nothing_behind() {
        let mut duplicates = Duplicates::new(DuplicateSearch::Near);
        original(&mut duplicates, "one two three four", "a");
        original(&mut duplicates, "five six seven eight", "b");
        duplicates.forget_oldest();
        assert_eq!(original(&mut duplicates, "one two three four", "c"), None);
        assert_eq!(
            original(&mut duplicates, "five six seven eight", "d"),
            Some("b".to_owned())
        );
        duplicates.forget_oldest();
        duplicates.forget_oldest();
        assert!(duplicates.exact.is_empty() && duplicates.bands.iter().all(HashMap::is_empty));
    }
}
