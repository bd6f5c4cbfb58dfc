//! One stream of batches through a GPU.

use std::sync::Arc;

use cudarc::driver::{CudaSlice, CudaStream, DriverError, PinnedHostSlice};

use super::kernels::Activation;
use super::model::CudaModel;
use super::Buffer;
use crate::device::DeviceError;
use crate::encoder::staging::{stage, staged_len, statements_of};
use crate::encoder::PackedBatch;
use crate::model::Pooling;

/// Runs batches on a GPU, one after another, in buffers of its own. Two lanes on one GPU keep it busy: one copies and
/// launches while the other's kernels run.
pub struct Lane {
    model: Arc<CudaModel>,
    stream: Arc<CudaStream>,
    /// The most tokens of a batch.
    capacity: usize,
    /// A batch as the kernels read it, on this side and on the GPU's.
    staged: PinnedHostSlice<u32>,
    inputs: CudaSlice<u32>,
    /// `[tokens, hidden_size]`: the states, and what is added to them.
    states: Buffer,
    others: Buffer,
    /// `[tokens, 3 · hidden_size]`.
    projected: Buffer,
    /// `[tokens, intermediate_size]`.
    middle: Buffer,
    /// Float32 `[statements, hidden_size]`.
    pooled: Buffer,
    dense: Buffer,
    /// Float32 `[statements, labels]`.
    logits: Buffer,
    results: PinnedHostSlice<f32>,
}

/// What of the free memory one lane may take: the rest is for others, and for what the driver needs.
const MEMORY_SHARE: usize = 4;

impl CudaModel {
    /// The most tokens that a lane can have in a batch for the memory that is free now: `wanted`, or as many as
    /// fit.
    ///
    /// # Errors
    /// [`DeviceError::TooLittleMemory`] where not even one statement of the greatest length would fit.
    pub fn fitting_tokens(&self, wanted: usize) -> Result<usize, DeviceError> {
        let fewest = self.config.max_position_embeddings;
        let by_token = self.lane_bytes(fewest).div_ceil(fewest);
        let fitting = self.gpu.free_memory()? / MEMORY_SHARE / by_token;
        if fitting < fewest {
            self.gpu.check_memory(MEMORY_SHARE * self.lane_bytes(fewest))?;
        }
        Ok(wanted.min(fitting).max(fewest))
    }

    /// What a lane's buffers take.
    fn lane_bytes(&self, tokens: usize) -> usize {
        let config = &self.config;
        let numbers = self.gpu.kernels().numbers.bytes();
        let by_token = (5 * config.hidden_size + config.intermediate_size) * numbers;
        let by_statement = (2 * config.hidden_size + self.labels) * size_of::<f32>();
        tokens * by_token + statements_of(tokens) * by_statement + staged_len(tokens) * size_of::<u32>()
    }

    /// Opens a lane for batches of up to `tokens` tokens.
    ///
    /// # Errors
    /// [`DeviceError::TooLittleMemory`], or the driver's.
    pub fn lane(self: &Arc<Self>, tokens: usize) -> Result<Lane, DeviceError> {
        let gpu = &self.gpu;
        gpu.check_memory(self.lane_bytes(tokens))?;
        let stream = gpu.stream()?;
        let numbers = gpu.kernels().numbers.bytes();
        let (hidden, statements) = (self.config.hidden_size, statements_of(tokens));
        let allocate = || -> Result<Lane, DriverError> {
            let rows = |width: usize| stream.alloc_zeros::<u8>(tokens * width * numbers);
            let floats = |width: usize| stream.alloc_zeros::<u8>(statements * width * size_of::<f32>());
            // SAFETY: nothing is read of these before it is written.
            let (staged, results) = unsafe {
                let context = gpu.context();
                let staged = context.alloc_pinned_with_flags(staged_len(tokens), 0)?;
                (
                    staged,
                    context.alloc_pinned_with_flags(statements * self.labels, 0)?,
                )
            };
            let lane = Lane {
                model: Arc::clone(self),
                capacity: tokens,
                staged,
                inputs: stream.alloc_zeros(staged_len(tokens))?,
                states: rows(hidden)?,
                others: rows(hidden)?,
                projected: rows(3 * hidden)?,
                middle: rows(self.config.intermediate_size)?,
                pooled: floats(hidden)?,
                dense: floats(hidden)?,
                logits: floats(self.labels)?,
                results,
                stream: Arc::clone(&stream),
            };
            stream.synchronize()?;
            Ok(lane)
        };
        allocate().map_err(|error| gpu.failure("making room for a batch", error))
    }
}

impl Lane {
    /// Logits, `[statements, labels]` row by row, in the order of the batch.
    ///
    /// # Errors
    /// The driver's.
    ///
    /// # Panics
    /// Where a batch has more tokens than the lane was opened for, a statement none, or an id or position lies beyond
    /// its table.
    pub fn forward(&mut self, batch: &PackedBatch) -> Result<&[f32], DeviceError> {
        let (rows, statements) = (batch.token_ids.len(), batch.lengths.len());
        assert!(rows <= self.capacity && statements <= statements_of(self.capacity));
        assert!(!batch.lengths.contains(&0));
        let config = &self.model.config;
        let is_within = |ids: &[u32], table: usize| ids.iter().all(|&id| (id as usize) < table);
        assert!(is_within(&batch.token_ids, config.vocab_size));
        let places = config.segments() * config.max_position_embeddings;
        assert!(is_within(&batch.positions, places));
        let launched = self.launch(batch, rows, statements);
        // After an error, too, nothing may be in flight: the next batch overwrites what copies and kernels read. Without
        // events, nothing else waits for them.
        let launched = launched.and(self.stream.synchronize());
        let labels = self.model.labels;
        let read = launched.and_then(|()| self.results.as_slice());
        let failed = |error| self.model.gpu.failure("classifying", error);
        Ok(&read.map_err(failed)?[..statements * labels])
    }

    fn launch(&mut self, batch: &PackedBatch, rows: usize, statements: usize) -> Result<(), DriverError> {
        let staged = self.staged.as_mut_slice()?;
        let tile_count = stage(batch, staged);
        let sizes = [rows, rows, statements + 1, 3 * tile_count];
        let end = sizes.iter().sum::<usize>();
        let stream = Arc::clone(&self.stream);
        stream.memcpy_htod(&staged[..end], &mut self.inputs.slice_mut(..end))?;
        let inputs = self.inputs.slice(..end);
        let (ids, rest) = inputs.split_at(sizes[0]);
        let (positions, rest) = rest.split_at(sizes[1]);
        let (starts, tiles) = rest.split_at(sizes[2]);

        let model = Arc::clone(&self.model);
        let (config, kernels) = (&model.config, model.gpu.kernels());
        let (width, heads) = (config.hidden_size, config.num_attention_heads);
        let embedding = &model.embedding_norm;
        let states = &mut self.states;
        // SAFETY: `forward` has checked ids and positions, and `stage` copied them.
        unsafe {
            kernels.embed(
                &stream,
                &model.words,
                &model.places,
                embedding,
                &ids,
                &positions,
                states,
                width,
            )?;
        }
        let plain = Activation::Identity;
        for layer in &model.layers {
            let (projected, others, middle) = (&mut self.projected, &mut self.others, &mut self.middle);
            kernels.linear(&stream, &layer.projections, plain, states, projected, rows)?;
            // The middle is free here, and wide enough for the contexts of any model whose feed-forward layer widens.
            let context = if config.intermediate_size >= width {
                &mut *middle
            } else {
                &mut *others
            };
            // SAFETY: `stage` makes tiles of the statements' spans, which fill the rows.
            unsafe {
                kernels.attention(
                    &stream,
                    projected,
                    &tiles,
                    context,
                    rows,
                    heads,
                    config.head_size(),
                )?;
            }
            kernels.linear(&stream, &layer.attention_output, plain, context, projected, rows)?;
            kernels.add_norm(&stream, states, projected, &layer.attention_norm, rows, width)?;
            kernels.linear(&stream, &layer.inner, Activation::Gelu, states, middle, rows)?;
            kernels.linear(&stream, &layer.outer, plain, middle, others, rows)?;
            kernels.add_norm(&stream, states, others, &layer.output_norm, rows, width)?;
        }
        let pooled_tokens = match config.classifier_pooling {
            Pooling::Cls => 1,
            Pooling::Mean => usize::MAX,
        };
        // SAFETY: `stage` makes starts of the statements' spans, which fill the rows of `states`.
        unsafe {
            kernels.pool(&stream, states, &starts, &mut self.pooled, pooled_tokens, width)?;
        }
        let mut pooled = &self.pooled;
        if let Some(pooler) = &model.pooler {
            kernels.pooler(&stream, pooler, pooled, &mut self.dense, statements)?;
            pooled = &self.dense;
        }
        kernels.classify(&stream, &model.classifier, pooled, &mut self.logits, statements)?;
        // SAFETY: the buffer holds float32, and any bits are one.
        let logits = unsafe { self.logits.transmute::<f32>(statements * model.labels) };
        let logits = logits.expect("the buffer has room for all statements");
        stream.memcpy_dtoh(&logits, &mut self.results)
    }
}

impl Drop for Lane {
    /// Buffers and weights are freed without regard to what is in flight, as after a panic between launches.
    fn drop(&mut self) {
        // An error here has been an error of the batch's before.
        let _ = self.stream.synchronize();
    }
}
