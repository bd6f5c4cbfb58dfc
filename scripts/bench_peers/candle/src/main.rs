//! Seconds that candle-transformers' own BERT takes for a list of statements, for bench_peers.py.
//!
//!     candle_peer MODEL_FOLDER STATEMENTS.txt THREADS
//!
//! Statements are sorted by length and padded to batches of 8, one rayon task each; Candle itself
//! stays on one thread in each. Tokenizing is timed, loading and warming up are not.

use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device, Tensor, D};
use candle_nn::{Linear, Module, VarBuilder};
use candle_transformers::models::bert::{BertModel, Config};
use rayon::prelude::*;
use tokenizers::{Tokenizer, TruncationParams};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const BATCH: usize = 8;

struct StanceModel {
    tokenizer: Tokenizer,
    bert: BertModel,
    classifier: Linear,
}

impl StanceModel {
    fn load(folder: &Path) -> Result<Self> {
        let raw: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("config.json"))?)?;
        let labels = raw["id2label"]
            .as_object()
            .ok_or("config.json has no id2label")?
            .len();
        let config: Config = serde_json::from_value(raw)?;
        let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))?;
        tokenizer.with_truncation(Some(TruncationParams {
            max_length: 512,
            ..Default::default()
        }))?;
        tokenizer.with_padding(None);
        let tensors = candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu)?;
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        Ok(Self {
            tokenizer,
            bert: BertModel::load(weights.pp("bert"), &config)?,
            classifier: candle_nn::linear(config.hidden_size, labels, weights.pp("classifier"))?,
        })
    }

    /// The number of each statement's label.
    fn classify(&self, statements: &[&str]) -> Result<Vec<u32>> {
        let tokens = statements
            .par_iter()
            .map(|text| Ok(self.tokenizer.encode(*text, true)?.get_ids().to_vec()))
            .collect::<Result<Vec<_>>>()?;
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(tokens[index].len()));
        let sorted: Vec<&[u32]> = order.iter().map(|&index| tokens[index].as_slice()).collect();
        let batches = sorted.par_chunks(BATCH).with_max_len(1);
        let found = batches
            .map(|batch| self.classify_batch(batch))
            .collect::<Result<Vec<_>>>()?;
        let mut labels = vec![0; order.len()];
        for (index, label) in order.into_iter().zip(found.into_iter().flatten()) {
            labels[index] = label;
        }
        Ok(labels)
    }

    fn classify_batch(&self, batch: &[&[u32]]) -> Result<Vec<u32>> {
        let length = batch.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let (mut ids, mut mask) = (Vec::new(), Vec::new());
        for row in batch {
            ids.extend((0..length).map(|at| row.get(at).copied().unwrap_or(0)));
            mask.extend((0..length).map(|at| u32::from(at < row.len())));
        }
        let ids = Tensor::from_vec(ids, (batch.len(), length), &Device::Cpu)?;
        let mask = Tensor::from_vec(mask, (batch.len(), length), &Device::Cpu)?;
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
        return Err("usage: candle_peer MODEL_FOLDER STATEMENTS.txt THREADS".into());
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
    pool.install(|| {
        model.classify(&statements[..statements.len().min(32)])?;
        let start = Instant::now();
        let labels = model.classify(&statements)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{}", serde_json::json!({ "seconds": seconds, "labels": labels }));
        Ok(())
    })
}
