//! What reading whole articles is worth: sentences, quotations, holders, and stance with its holder.

use super::annotated::{AnnotatedArticle, AnnotatedSentence};
use super::headline::Estimate;
use super::intervals::{Bootstrap, Clusters, Interval};
use crate::attribution::{Attribution, Quote};
use crate::stance::Stance;
use crate::statement::Statement;

/// What was read in an article: its statements, and what was said of each.
#[derive(Clone, Debug)]
pub struct ReadArticle {
    pub statements: Vec<Statement>,
    /// One for each statement.
    pub attributions: Vec<Attribution>,
    /// One for each statement.
    pub stances: Vec<Stance>,
}

/// An annotated sentence beside what was read of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadSentence {
    /// The number of its article.
    pub article: usize,
    pub gold: AnnotatedSentence,
    /// What was read there; `None` where no statement covers any of it.
    pub found: Option<FoundSentence>,
}

/// What was read of a sentence: of the statement that covers most of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundSentence {
    /// True where it begins and ends where the annotated sentence does.
    pub exact: bool,
    pub quote: Quote,
    pub holder: Option<String>,
    pub stance: Stance,
}

/// A share that articles are scored by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArticleFigure {
    /// Annotated sentences that were cut exactly so.
    Sentences,
    Quote,
    /// Holders right, of sentences that have one.
    Holder,
    HolderOfDirect,
    HolderOfMixed,
    HolderOfIndirect,
    /// Acts and the author's own voice.
    HolderOfNone,
    /// Narration that was given no holder.
    Narration,
    Stance,
    /// Holder and stance both right, of sentences that take a stance.
    Joint,
}

/// The scores of a set of annotated articles.
#[derive(Clone, Debug)]
pub struct ArticleEvaluation {
    pub articles: usize,
    /// How many statements were read in them.
    pub statements: usize,
    pub sentences: Vec<ReadSentence>,
    /// In the order of [`ArticleFigure::ALL`]: how many sentences it is of, and the share.
    pub figures: Vec<(ArticleFigure, usize, Estimate)>,
    /// Sentences by annotated quote and by the quote that was read, in the order of [`Quote::ALL`].
    pub quotes: [[usize; 4]; 4],
}

impl ArticleFigure {
    pub const ALL: [Self; 10] = [
        Self::Sentences,
        Self::Quote,
        Self::Holder,
        Self::HolderOfDirect,
        Self::HolderOfMixed,
        Self::HolderOfIndirect,
        Self::HolderOfNone,
        Self::Narration,
        Self::Stance,
        Self::Joint,
    ];

    /// The name used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sentences => "sentences_exact",
            Self::Quote => "quote",
            Self::Holder => "holder",
            Self::HolderOfDirect => "holder_of_direct",
            Self::HolderOfMixed => "holder_of_mixed",
            Self::HolderOfIndirect => "holder_of_indirect",
            Self::HolderOfNone => "holder_of_none",
            Self::Narration => "narration_without_holder",
            Self::Stance => "stance",
            Self::Joint => "holder_and_stance",
        }
    }

    /// What it is, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sentences => "sentences cut exactly",
            Self::Quote => "quote type right",
            Self::Holder => "holder right",
            Self::HolderOfDirect => "  of direct quotations",
            Self::HolderOfMixed => "  of mixed ones",
            Self::HolderOfIndirect => "  of indirect speech",
            Self::HolderOfNone => "  of acts and own voice",
            Self::Narration => "narration without holder",
            Self::Stance => "stance right",
            Self::Joint => "holder and stance right",
        }
    }

    /// Whether a sentence counts for it, and is right; `None` where it does not count.
    fn of(self, sentence: &ReadSentence) -> Option<bool> {
        let gold = &sentence.gold;
        let found = sentence.found.as_ref();
        let has_holder = !gold.holders.is_empty();
        let of_quote = |quote| (has_holder && gold.quote == quote).then(|| sentence.holder_is_right());
        match self {
            Self::Sentences => Some(found.is_some_and(|found| found.exact)),
            Self::Quote => Some(found.is_some_and(|found| found.quote == gold.quote)),
            Self::Holder => has_holder.then(|| sentence.holder_is_right()),
            Self::HolderOfDirect => of_quote(Quote::Direct),
            Self::HolderOfMixed => of_quote(Quote::Mixed),
            Self::HolderOfIndirect => of_quote(Quote::Indirect),
            Self::HolderOfNone => of_quote(Quote::None),
            Self::Narration => (!has_holder && gold.quote == Quote::None).then(|| sentence.holder_is_right()),
            Self::Stance => Some(sentence.stance_is_right()),
            Self::Joint => (gold.stance != Stance::None)
                .then(|| sentence.holder_is_right() && sentence.stance_is_right()),
        }
    }
}

impl ReadSentence {
    /// True where the holder goes by one of the annotated names, or nobody holds it and nobody was found.
    pub fn holder_is_right(&self) -> bool {
        let Some(found) = &self.found else { return false };
        match &found.holder {
            None => self.gold.holders.is_empty(),
            Some(holder) => {
                let holder = plain_name(holder);
                self.gold.holders.iter().any(|gold| plain_name(gold) == holder)
            }
        }
    }

    fn stance_is_right(&self) -> bool {
        self.found
            .as_ref()
            .is_some_and(|found| found.stance == self.gold.stance)
    }
}

/// A name without what does not tell: case, articles, titles before it, the kind of apostrophe.
fn plain_name(name: &str) -> String {
    const LEFT_OUT: [&str; 22] = [
        "the",
        "a",
        "an",
        "one",
        "mr",
        "mrs",
        "ms",
        "dr",
        "sir",
        "gen",
        "col",
        "lt",
        "maj",
        "capt",
        "sen",
        "rep",
        "president",
        "prof",
        "adm",
        "brig",
        "minister",
        "ambassador",
    ];
    let name = name.to_lowercase().replace(['’', '‘'], "'");
    let words: Vec<&str> = name
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .collect();
    let articles = words
        .iter()
        .take_while(|word| LEFT_OUT[..4].contains(word))
        .count();
    let words = &words[articles.min(words.len().saturating_sub(1))..];
    let first = words
        .iter()
        .position(|word| !LEFT_OUT.contains(&word.trim_end_matches('.')));
    words[first.unwrap_or(0)..].join(" ")
}

impl ArticleEvaluation {
    /// Scores what was read in articles; intervals resample articles.
    pub fn of(articles: &[(AnnotatedArticle, ReadArticle)], bootstrap: &Bootstrap) -> Self {
        let sentences: Vec<ReadSentence> = articles
            .iter()
            .enumerate()
            .flat_map(|(number, (annotated, read))| {
                let matched = annotated.sentences.iter().map(move |gold| ReadSentence {
                    article: number,
                    gold: gold.clone(),
                    found: read.found(gold),
                });
                matched
            })
            .collect();
        let mut quotes = [[0; 4]; 4];
        let place = |quote: Quote| Quote::ALL.iter().position(|&other| other == quote).unwrap_or(0);
        for sentence in &sentences {
            if let Some(found) = &sentence.found {
                quotes[place(sentence.gold.quote)][place(found.quote)] += 1;
            }
        }
        Self {
            articles: articles.len(),
            statements: articles.iter().map(|(_, read)| read.statements.len()).sum(),
            figures: figures(&sentences, bootstrap),
            quotes,
            sentences,
        }
    }
}

impl ReadArticle {
    /// The statement that covers most of an annotated sentence.
    fn found(&self, gold: &AnnotatedSentence) -> Option<FoundSentence> {
        let overlap = |statement: &Statement| {
            statement
                .end
                .min(gold.end)
                .saturating_sub(statement.start.max(gold.start))
        };
        let (index, statement) = self
            .statements
            .iter()
            .enumerate()
            .filter(|(_, statement)| overlap(statement) > 0)
            .max_by_key(|(index, statement)| (overlap(statement), std::cmp::Reverse(*index)))?;
        let attribution = &self.attributions[index];
        Some(FoundSentence {
            exact: (statement.start, statement.end) == (gold.start, gold.end),
            quote: attribution.quote,
            holder: attribution.holder.clone(),
            stance: self.stances[index],
        })
    }
}

fn figures(sentences: &[ReadSentence], bootstrap: &Bootstrap) -> Vec<(ArticleFigure, usize, Estimate)> {
    let clusters = Clusters::of_articles(sentences.iter().map(|sentence| Some(sentence.article)));
    let shares = |times: &[u32]| -> Vec<f64> {
        ArticleFigure::ALL
            .iter()
            .map(|figure| {
                let (mut right, mut all) = (0, 0);
                for (sentence, &times) in sentences.iter().zip(times) {
                    if let Some(is_right) = figure.of(sentence) {
                        all += times;
                        right += times * u32::from(is_right);
                    }
                }
                f64::from(right) / f64::from(all)
            })
            .collect()
    };
    let values = shares(&vec![1; sentences.len()]);
    let intervals = bootstrap.intervals(&clusters, shares);
    ArticleFigure::ALL
        .into_iter()
        .zip(values.into_iter().zip(intervals))
        .map(|(figure, (value, interval))| {
            let count = sentences
                .iter()
                .filter(|sentence| figure.of(sentence).is_some())
                .count();
            let interval = interval.or_else(|| (count > 0).then(|| Interval::wilson(value, count as f64)));
            (figure, count, Estimate { value, interval })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(quote: Quote, holders: &[&str], found: Option<&str>) -> ReadSentence {
        ReadSentence {
            article: 0,
            gold: AnnotatedSentence {
                start: 0,
                end: 3,
                text: "No.".to_owned(),
                stance: Stance::AntiIntervention,
                quote,
                holders: holders.iter().map(|&holder| holder.to_owned()).collect(),
            },
            found: Some(FoundSentence {
                exact: true,
                quote: Quote::Direct,
                holder: found.map(str::to_owned),
                stance: Stance::AntiIntervention,
            }),
        }
    }

    #[test]
    fn aliases_titles_and_articles_make_no_difference() {
        for found in ["Ada Quill", "Dr. Ada Quill", "the envoy", "quill"] {
            assert!(
                sentence(Quote::Direct, &["Ada Quill", "Quill", "envoy"], Some(found)).holder_is_right(),
                "{found}"
            );
        }
        assert!(!sentence(Quote::Direct, &["Ada Quill"], Some("Ada")).holder_is_right());
        assert!(!sentence(Quote::Direct, &["Ada Quill"], None).holder_is_right());
        assert!(sentence(Quote::None, &[], None).holder_is_right());
        assert!(!sentence(Quote::None, &[], Some("Ada Quill")).holder_is_right());
    }

    #[test]
    fn figures_count_what_they_are_of() {
        let sentences = [
            sentence(Quote::Direct, &["Ada Quill"], Some("Ada Quill")),
            sentence(Quote::Indirect, &["Ada Quill"], None),
            sentence(Quote::None, &[], Some("Ada Quill")),
        ];
        let bootstrap = Bootstrap::new(10, 0).unwrap();
        let figures = figures(&sentences, &bootstrap);
        let figure = |wanted: ArticleFigure| {
            let (_, count, estimate) = figures.iter().find(|(figure, ..)| *figure == wanted).unwrap();
            (*count, estimate.value)
        };
        assert_eq!(figure(ArticleFigure::Holder), (2, 0.5));
        assert_eq!(figure(ArticleFigure::HolderOfDirect), (1, 1.0));
        assert_eq!(figure(ArticleFigure::Narration), (1, 0.0));
        assert_eq!(figure(ArticleFigure::Quote), (3, 1.0 / 3.0));
        assert_eq!(figure(ArticleFigure::Joint).0, 3);
    }
}
