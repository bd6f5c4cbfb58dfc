//! The model card that goes with the weights.

use super::{ExportError, CARD_FILE};
use crate::model::{Model, ModelFiles};
use crate::stance::Stance;

/// How to load the model and what it says, and behind that its own card, where it has one.
pub(super) fn card(
    files: &ModelFiles,
    model: &Model,
    labels: &[Stance; Stance::COUNT],
    has_code: bool,
) -> Result<String, ExportError> {
    let is_ours = Some(files.name().as_ref()) == ModelFiles::EMBEDDED_NAME;
    let own = files.read_if_there(CARD_FILE)?;
    let own = own.map(|card| String::from_utf8_lossy(&card).into_owned());
    // A card that begins with metadata has said all of it.
    let (metadata, own) = match own {
        Some(own) if own.starts_with("---\n") => (String::new(), own),
        Some(own) => (metadata(is_ours), without_relative_links(&own)),
        None => (metadata(is_ours), format!("# {}\n", files.title())),
    };
    let trust = if has_code { ", trust_remote_code=True" } else { "" };
    let code = if has_code {
        "\n`trust_remote_code` lets transformers run `modeling_demarche.py`, which lies beside the weights: it has a class \
         for the mean of all tokens' states that this model pools by.\n"
    } else {
        ""
    };
    let numbered = labels.iter().enumerate();
    let labels: Vec<String> = numbered.map(|(id, stance)| format!("{id} `{stance}`")).collect();
    let calibrated = match model.config.temperature {
        1.0 => String::new(),
        temperature => format!(
            " Logits are already divided by {temperature}, a temperature fitted on labelled statements, so that the \
             softmax gives calibrated probabilities."
        ),
    };
    Ok(format!(
        "{metadata}{own}
## Loading

Exported by demarche {version} in float32. With transformers:

```python
from transformers import AutoModelForSequenceClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModelForSequenceClassification.from_pretrained(FOLDER{trust})
```
{code}
With Demarche: `demarche classify article.txt --model FOLDER`.

Labels: {labels}. One statement at a time, at most {longest} tokens.{calibrated}
",
        version = env!("CARGO_PKG_VERSION"),
        labels = labels.join(", "),
        longest = model.config.encoder.max_position_embeddings,
    ))
}

fn metadata(is_ours: bool) -> String {
    let ours = if is_ours {
        "language: en\nlicense: apache-2.0\n"
    } else {
        ""
    };
    format!(
        "---\n{ours}library_name: transformers\npipeline_tag: text-classification\ntags:\n- stance-detection\n\
         - foreign-intervention\n---\n\n"
    )
}

/// The same text where links into a repository that the reader does not have are their words alone.
fn without_relative_links(card: &str) -> String {
    let mut text = String::with_capacity(card.len());
    let mut rest = card;
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        let link = after.split_once("](").and_then(|(words, target)| {
            let (target, behind) = target.split_once(')')?;
            (!words.contains(['[', ']']) && !target.contains("://")).then_some((words, behind))
        });
        match link {
            Some((words, behind)) => {
                text.push_str(words);
                rest = behind;
            }
            None => {
                text.push('[');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_lead_nowhere_become_words() {
        for (card, expected) in [
            (
                "see [the codebook](../../docs/codebook.md), please",
                "see the codebook, please",
            ),
            ("[a](https://a.example/b) [b](c.md)", "[a](https://a.example/b) b"),
            ("F1 0.69 [0.66, 0.72] (1,340)", "F1 0.69 [0.66, 0.72] (1,340)"),
            (
                "0.69 [0.66, 0.72] and [NOTICE](NOTICE)",
                "0.69 [0.66, 0.72] and NOTICE",
            ),
            ("`[CLS]` through", "`[CLS]` through"),
            ("open [", "open ["),
        ] {
            assert_eq!(without_relative_links(card), expected);
        }
    }
}
