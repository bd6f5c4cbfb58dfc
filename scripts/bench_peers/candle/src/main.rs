//! Seconds that candle-transformers' own BERT takes for a list of statements, for bench_peers.py.
//!
//!     candle_peer MODEL_FOLDER STATEMENTS.txt THREADS
//!
//! Statements are sorted by length and padded to batches of 8, one rayon task each; Candle itself
//! stays on one thread in each. Tokenizing is timed, loading and warming up are not.

use std::path::Path;
use std::time::Instant;

use anyhow::{anyhow, Context, Result};
use candle_core::{DType, Device, Tensor, D};
use candle_nn::{Linear, Module, VarBuilder};
use candle_transformers::models::bert::{BertModel, Config};
use rayon::prelude::*;
use tokenizers::{Tokenizer, TruncationParams};

const BATCH: usize = 8;

struct StanceModel {
    tokenizer: Tokenizer,
    bert: BertModel,
    classifier: Linear,
}

impl StanceModel {
    fn load(folder: &Path) -> Result<Self> {
        let mut config: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("config.json"))?)?;
        let labels = config["id2label"]
            .as_object()
            .context("config.json has no id2label")?
            .len();
        config["classifier_dropout"] = serde_json::Value::Null;
        let config: Config = serde_json::from_value(config)?;
        let mut tokenizer =
            Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|error| anyhow!(error))?;
        let truncation = TruncationParams {
            max_length: config.max_position_embeddings,
            ..Default::default()
        };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| anyhow!(error))?;
        tokenizer.with_padding(None);
        let tensors = candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu)?;
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        Ok(Self {
            tokenizer,
            bert: BertModel::load(weights.pp("bert"), &config)?,
            classifier: candle_nn::linear(config.hidden_size, labels, weights.pp("classifier"))?,
        })
    }

    /// The label of each statement, by its number.
    fn classify(&self, statements: &[&str]) -> Result<Vec<u32>> {
        let tokens: Vec<Vec<u32>> = statements
            .par_iter()
            .map(|text| {
                Ok(self
                    .tokenizer
                    .encode(*text, true)
                    .map_err(|error| anyhow!(error))?
                    .get_ids()
                    .to_vec())
            })
            .collect::<Result<_>>()?;
        let mut order: Vec<usize> = (0..statements.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(tokens[index].len()));
        let classified: Vec<Vec<u32>> = order
            .par_chunks(BATCH)
            .with_max_len(1)
            .map(|batch| {
                self.classify_batch(
                    &batch
                        .iter()
                        .map(|&index| tokens[index].as_slice())
                        .collect::<Vec<_>>(),
                )
            })
            .collect::<Result<_>>()?;
        let mut labels = vec![0; statements.len()];
        for (index, label) in order.into_iter().zip(classified.into_iter().flatten()) {
            labels[index] = label;
        }
        Ok(labels)
    }

    fn classify_batch(&self, batch: &[&[u32]]) -> Result<Vec<u32>> {
        let length = batch.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let padded = |value: fn(u32) -> u32| -> Vec<u32> {
            batch
                .iter()
                .flat_map(|ids| (0..length).map(move |at| ids.get(at).map_or(0, |&id| value(id))))
                .collect()
        };
        let shape = (batch.len(), length);
        let ids = Tensor::from_vec(padded(|id| id), shape, &Device::Cpu)?;
        let mask = Tensor::from_vec(padded(|_| 1), shape, &Device::Cpu)?;
        let states = self.bert.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let mask = mask.to_dtype(DType::F32)?;
        let sum = states.broadcast_mul(&mask.unsqueeze(D::Minus1)?)?.sum(1)?;
        let mean = sum.broadcast_div(&mask.sum_keepdim(1)?)?;
        Ok(self.classifier.forward(&mean)?.argmax(D::Minus1)?.to_vec1()?)
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, statements, threads] = arguments.as_slice() else {
        anyhow::bail!("usage: candle_peer MODEL_FOLDER STATEMENTS.txt THREADS");
    };
    // Candle's products would otherwise start threads of their own in every task.
    std::env::set_var("CANDLE_NUM_THREADS", "1");
    std::env::set_var("RAYON_NUM_THREADS", "1");
    let model = StanceModel::load(Path::new(folder))?;
    let text = std::fs::read_to_string(statements)?;
    let statements: Vec<&str> = text.lines().collect();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .build()?;
    let (seconds, labels) = pool.install(|| -> Result<_> {
        model.classify(&statements[..statements.len().min(4 * BATCH)])?;
        let start = Instant::now();
        let labels = model.classify(&statements)?;
        Ok((start.elapsed().as_secs_f64(), labels))
    })?;
    println!("{}", serde_json::json!({ "seconds": seconds, "labels": labels }));
    Ok(())
}
