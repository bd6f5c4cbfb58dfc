//! The same figures as the readable reports, for programs.

use serde_json::{json, Map, Value};

use super::{AgreementReport, ComparisonReport, EvaluationReport};
use crate::evaluation::{Brief, ConfidentError, Estimate, Flip, Guess, Interval};
use crate::stance::Stance;

impl EvaluationReport {
    /// The evaluation as a JSON object: `docs/evaluation.md` lists its fields.
    pub fn to_json(&self) -> Value {
        let evaluation = &self.evaluation;
        let headline = &evaluation.headline;
        let mut object = Map::new();
        object.insert("fixture".to_owned(), json!(self.name));
        object.insert("statements".to_owned(), json!(evaluation.statements));
        object.insert("articles".to_owned(), json!(evaluation.articles));
        object.insert("weighted".to_owned(), json!(evaluation.weighted));
        object.insert("rejected_lines".to_owned(), json!(self.rejected));
        object.insert("without_prediction".to_owned(), json!(self.unpredicted));
        object.insert(
            "without_probabilities".to_owned(),
            json!(evaluation.without_probabilities),
        );
        object.insert("made_by".to_owned(), json!(self.made_by));
        for (figure, estimate) in &headline.figures {
            object.insert(figure.name().to_owned(), json!(estimate.value));
        }
        let intervals: Map<String, Value> = headline
            .figures
            .iter()
            .map(|(figure, estimate)| (figure.name().to_owned(), json!(estimate.interval)))
            .collect();
        object.insert("intervals".to_owned(), intervals.into());
        object.insert(
            "calibration_error_by_chance".to_owned(),
            json!(evaluation.chance_calibration_error),
        );
        let classes = by_stance(|stance| {
            let class = &headline.classes[stance.index()];
            json!({
                "precision": class.precision.value,
                "recall": class.recall.value,
                "f1": class.f1.value,
                "support": number(class.support),
                "intervals": {
                    "precision": class.precision.interval,
                    "recall": class.recall.interval,
                    "f1": class.f1.interval,
                },
            })
        });
        object.insert("per_class".to_owned(), classes);
        let matrix = &evaluation.scores.matrix;
        let confusion = by_stance(|gold| by_stance(|predicted| number(matrix.weight(gold, predicted))));
        object.insert("confusion_gold_by_predicted".to_owned(), confusion);
        let baselines: Vec<Value> = evaluation
            .baselines
            .iter()
            .map(|baseline| brief_json("name", &baseline.name, evaluation.statements, &baseline.scores))
            .collect();
        object.insert("baselines".to_owned(), baselines.into());
        let reliability = evaluation
            .scores
            .calibration
            .as_ref()
            .map(|calibration| calibration.table());
        object.insert("reliability".to_owned(), json!(reliability));
        object.insert("risk_coverage".to_owned(), json!(evaluation.risk_coverage));
        object.insert("target_precision".to_owned(), json!(evaluation.target_precision));
        object.insert("thresholds".to_owned(), json!(evaluation.thresholds));
        let groups: Map<String, Value> = evaluation
            .groupings
            .iter()
            .map(|grouping| {
                let groups = grouping.groups.iter();
                let rows: Vec<Value> = groups
                    .map(|group| brief_json("value", &group.value, group.statements, &group.scores))
                    .collect();
                (grouping.by.replace(' ', "_"), rows.into())
            })
            .collect();
        object.insert("by".to_owned(), groups.into());
        let errors: Vec<Value> = evaluation.errors.iter().map(error_json).collect();
        object.insert("most_confident_errors".to_owned(), errors.into());
        object.into()
    }
}

impl ComparisonReport {
    /// The comparison as a JSON object.
    pub fn to_json(&self) -> Value {
        let comparison = &self.comparison;
        let figures: Map<String, Value> = comparison
            .figures
            .iter()
            .map(|paired| {
                let value = json!({
                    "a": paired.a,
                    "b": paired.b,
                    "difference": paired.difference.value,
                    "interval": paired.difference.interval,
                });
                (paired.figure.name().to_owned(), value)
            })
            .collect();
        let flips = |flips: &[Flip]| flips.iter().map(flip_json).collect::<Vec<_>>();
        json!({
            "a": self.a,
            "b": self.b,
            "statements": comparison.statements,
            "articles": comparison.articles,
            "weighted": comparison.weighted,
            "without_prediction": self.unpredicted,
            "figures": figures,
            "both_right": comparison.both_right,
            "both_wrong": comparison.both_wrong,
            "a_alone_right": comparison.mcnemar.a_alone,
            "b_alone_right": comparison.mcnemar.b_alone,
            "different_stances": comparison.different,
            "mcnemar_p": comparison.mcnemar.p_value(),
            "b_right_a_wrong": flips(&comparison.gained),
            "a_right_b_wrong": flips(&comparison.lost),
        })
    }
}

impl AgreementReport {
    /// The agreement as a JSON object; what is undefined is null.
    pub fn to_json(&self) -> Value {
        let agreement = &self.agreement;
        let cohen: Vec<Value> = agreement
            .cohen
            .iter()
            .map(|pair| {
                json!({
                    "coders": pair.coders.map(|coder| &self.coders[coder]),
                    "statements": pair.statements,
                    "kappa": pair.kappa.value,
                    "interval": pair.kappa.interval,
                })
            })
            .collect();
        let labels: Map<String, Value> = agreement
            .labels
            .iter()
            .map(|label| {
                let value = json!({
                    "given": label.given,
                    "agreement": label.agreement.value,
                    "interval": label.agreement.interval,
                });
                (label.label.name().to_owned(), value)
            })
            .collect();
        let disagreements: Vec<Value> = agreement
            .disagreements
            .iter()
            .map(|item| json!({"id": item.id, "labels": item.labels, "text": item.text}))
            .collect();
        json!({
            "coders": self.coders,
            "articles": agreement.articles,
            "statements": agreement.statements,
            "labelled_by_two": agreement.paired,
            "labelled_by_all": agreement.complete,
            "percent_agreement": estimate_json(&agreement.percent),
            "krippendorff_alpha": estimate_json(&agreement.alpha),
            "fleiss_kappa": estimate_json(&agreement.fleiss),
            "cohen_kappa": cohen,
            "per_label": labels,
            "disputed": agreement.disputed,
            "disagreements": disagreements,
        })
    }
}

/// An estimate with its interval; what is no number is null.
pub(crate) fn estimate_json(estimate: &Estimate) -> Value {
    json!({"value": estimate.value, "interval": estimate.interval})
}

fn brief_json(key: &str, name: &str, statements: usize, brief: &Brief) -> Value {
    let interval = |estimate: &Estimate| -> Option<Interval> { estimate.interval };
    json!({
        key: name,
        "statements": statements,
        "accuracy": brief.accuracy.value,
        "macro_f1": brief.macro_f1.value,
        "pro_anti_confusions": brief.opposite_confusions.value,
        "intervals": {
            "accuracy": interval(&brief.accuracy),
            "macro_f1": interval(&brief.macro_f1),
            "pro_anti_confusions": interval(&brief.opposite_confusions),
        },
    })
}

fn error_json(error: &ConfidentError) -> Value {
    json!({
        "id": error.id,
        "gold": error.gold,
        "predicted": error.guess.stance,
        "confidence": error.guess.confidence(),
        "p_gold": probability(&error.guess, error.gold),
        "text": error.text,
    })
}

fn flip_json(flip: &Flip) -> Value {
    json!({
        "id": flip.wrong.id,
        "gold": flip.wrong.gold,
        "wrong": {"stance": flip.wrong.guess.stance, "confidence": flip.wrong.guess.confidence()},
        "right": {"stance": flip.right.stance, "confidence": flip.right.confidence()},
        "text": flip.wrong.text,
    })
}

fn probability(guess: &Guess, stance: Stance) -> Option<f64> {
    guess
        .probabilities
        .map(|probabilities| f64::from(probabilities.of(stance)))
}

fn by_stance(value: impl Fn(Stance) -> Value) -> Value {
    Stance::ALL
        .into_iter()
        .map(|stance| (stance.name().to_owned(), value(stance)))
        .collect::<Map<String, Value>>()
        .into()
}

/// A count as a whole number, a weight as it is.
fn number(weight: f64) -> Value {
    if weight.fract() == 0.0 {
        json!(weight as u64)
    } else {
        json!(weight)
    }
}
