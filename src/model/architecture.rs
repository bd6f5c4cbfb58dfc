//! The encoders that there are, and what each calls its tensors.

use serde_json::Value;

use super::ModelError;

/// An encoder with a sequence classifier's head, by `model_type` in `config.json`.
///
/// All but the last are BERT's layers with other names, other positions and another head, and their tensors are looked up by
/// the names of BERT's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Devlin et al., 2019.
    Bert,
    /// Sanh et al., 2019.
    DistilBert,
    /// Liu et al., 2019.
    Roberta,
    /// Conneau et al., 2020.
    XlmRoberta,
    /// Song et al., 2020.
    MpNet,
    /// Versions 2 and 3: He et al., 2021.
    DebertaV2,
    /// Warner et al., 2024.
    ModernBert,
}

impl Architecture {
    /// All that are known.
    pub const ALL: [Self; 7] = [
        Self::Bert,
        Self::DistilBert,
        Self::Roberta,
        Self::XlmRoberta,
        Self::MpNet,
        Self::DebertaV2,
        Self::ModernBert,
    ];

    /// As `model_type` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bert => "bert",
            Self::DistilBert => "distilbert",
            Self::Roberta => "roberta",
            Self::XlmRoberta => "xlm-roberta",
            Self::MpNet => "mpnet",
            Self::DebertaV2 => "deberta-v2",
            Self::ModernBert => "modernbert",
        }
    }

    /// The one that a configuration names.
    ///
    /// # Errors
    /// [`ModelError::Unsupported`], with those that are known.
    pub(super) fn of(config: &Value, model: &str) -> Result<Self, ModelError> {
        let found = config["model_type"].as_str().unwrap_or_default();
        let known = Self::ALL
            .into_iter()
            .find(|architecture| architecture.name() == found);
        known.ok_or_else(|| ModelError::Unsupported {
            model: model.to_owned(),
            what: match found {
                "" => "no model type".to_owned(),
                found => format!("model type `{found}`"),
            },
            known: "bert, distilbert, roberta, xlm-roberta, mpnet, deberta-v2 (and 3) and modernbert",
        })
    }

    /// What a classifier's file puts before the names of its encoder's tensors.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Bert => "bert.",
            Self::DistilBert => "distilbert.",
            Self::Roberta | Self::XlmRoberta => "roberta.",
            Self::MpNet => "mpnet.",
            Self::DebertaV2 => "deberta.",
            Self::ModernBert => "model.",
        }
    }

    /// Parts of the head, by BERT's names and the architecture's own, which stand there without prefix.
    fn head(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Bert => &[("classifier", "classifier")],
            Self::DistilBert => &[("pooler.dense", "pre_classifier"), ("classifier", "classifier")],
            Self::Roberta | Self::XlmRoberta | Self::MpNet => &[
                ("pooler.dense", "classifier.dense"),
                ("classifier", "classifier.out_proj"),
            ],
            Self::DebertaV2 => &[("pooler.dense", "pooler.dense"), ("classifier", "classifier")],
            Self::ModernBert => &[
                ("pooler.dense", "head.dense"),
                ("pooler.norm", "head.norm"),
                ("classifier", "classifier"),
            ],
        }
    }

    /// Parts of a layer, by BERT's names and the architecture's own, where they differ.
    fn layer(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Bert | Self::Roberta | Self::XlmRoberta | Self::ModernBert => &[],
            Self::DistilBert => &[
                ("attention.self.query", "attention.q_lin"),
                ("attention.self.key", "attention.k_lin"),
                ("attention.self.value", "attention.v_lin"),
                ("attention.output.dense", "attention.out_lin"),
                ("attention.output.LayerNorm", "sa_layer_norm"),
                ("intermediate.dense", "ffn.lin1"),
                ("output.dense", "ffn.lin2"),
                ("output.LayerNorm", "output_layer_norm"),
            ],
            Self::MpNet => &[
                ("attention.self.query", "attention.attn.q"),
                ("attention.self.key", "attention.attn.k"),
                ("attention.self.value", "attention.attn.v"),
                ("attention.output.dense", "attention.attn.o"),
                ("attention.output.LayerNorm", "attention.LayerNorm"),
            ],
            Self::DebertaV2 => &[
                ("attention.self.query", "attention.self.query_proj"),
                ("attention.self.key", "attention.self.key_proj"),
                ("attention.self.value", "attention.self.value_proj"),
            ],
        }
    }

    /// What this architecture's files call the tensor of a BERT classifier, before whose encoder they put `prefix`.
    pub(super) fn tensor_name(self, name: &str, prefix: &str) -> String {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let own = |names: &[(&str, &'static str)], stem: &str| {
            let found = names.iter().find(|(theirs, _)| *theirs == stem);
            found.map(|(_, own)| *own)
        };
        if let Some(part) = own(self.head(), stem) {
            return format!("{part}.{ending}");
        }
        let layer = stem.strip_prefix(LAYERS).and_then(|rest| rest.split_once('.'));
        let Some((index, part)) = layer else {
            return format!("{prefix}{name}");
        };
        let layers = match self {
            Self::DistilBert => "transformer.layer.",
            _ => LAYERS,
        };
        let part = own(self.layer(), part).unwrap_or(part);
        format!("{prefix}{layers}{index}.{part}.{ending}")
    }
}

const LAYERS: &str = "encoder.layer.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_are_found_under_their_own_names() {
        for (architecture, name, expected) in [
            (Architecture::Bert, "classifier.bias", "classifier.bias"),
            (
                Architecture::Bert,
                "pooler.dense.weight",
                "bert.pooler.dense.weight",
            ),
            (
                Architecture::DistilBert,
                "encoder.layer.11.output.dense.weight",
                "distilbert.transformer.layer.11.ffn.lin2.weight",
            ),
            (
                Architecture::DistilBert,
                "encoder.layer.0.attention.output.dense.bias",
                "distilbert.transformer.layer.0.attention.out_lin.bias",
            ),
            (
                Architecture::Roberta,
                "pooler.dense.weight",
                "classifier.dense.weight",
            ),
            (
                Architecture::XlmRoberta,
                "classifier.weight",
                "classifier.out_proj.weight",
            ),
            (
                Architecture::MpNet,
                "encoder.relative_attention_bias.weight",
                "mpnet.encoder.relative_attention_bias.weight",
            ),
            (
                Architecture::DebertaV2,
                "embeddings.word_embeddings.weight",
                "deberta.embeddings.word_embeddings.weight",
            ),
        ] {
            assert_eq!(architecture.tensor_name(name, architecture.prefix()), expected);
        }
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        for config in [serde_json::json!({"model_type": "t5"}), serde_json::json!({})] {
            let error = Architecture::of(&config, "m").unwrap_err().to_string();
            for architecture in Architecture::ALL {
                assert!(error.contains(architecture.name()), "{error}");
            }
        }
    }
}
