//! The kernels, each behind a function that checks what it is given.

use std::sync::Arc;

use cudarc::driver::sys::{CUdevice_attribute, CUfunction_attribute};
use cudarc::driver::{
    CudaContext, CudaFunction, CudaStream, CudaView, DriverError, LaunchConfig, PushKernelArg,
};
use cudarc::nvrtc::Ptx;

use super::gpu::failure;
use super::{Buffer, Numbers};
use crate::device::DeviceError;

/// Machine code for several kinds of GPU, from `kernels/`; nothing where the build was without CUDA's compiler.
const BINARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/kernels.fatbin"));

/// As in `kernels/`.
const WARP: usize = 32;
const ROW_WARPS: usize = 4;
const LINEAR_TILE: usize = 128;
/// CUDA's own limit of a launch's second dimension.
const MOST_BLOCKS_DOWN: u32 = 65_535;
const WIDE_LINEAR: Shape = Shape {
    ending: "_wide",
    threads: 128,
    shared: 3 * 2 * 128 * 64 * 2,
};
const NARROW_LINEAR: Shape = Shape {
    ending: "_narrow",
    threads: 128,
    shared: 3 * 2 * 128 * 32 * 2,
};
const PLAIN_LINEAR: Shape = Shape {
    ending: "",
    threads: 256,
    shared: 0,
};
/// The widths of an attention head that there are kernels for.
pub(super) const HEAD_SIZES: [usize; 3] = [16, 32, 64];
/// The widest row that a warp holds in its registers.
pub(super) const WIDEST_ROW: usize = 1024;

/// A way to compute linear maps: its kernels' names end so, and a block of theirs takes so much.
#[derive(Clone, Copy)]
struct Shape {
    ending: &'static str,
    threads: u32,
    shared: u32,
}

/// What a linear map does with its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    Identity,
    Gelu,
}

/// A GPU's kernels for one kind of numbers.
pub(super) struct Kernels {
    pub(super) numbers: Numbers,
    shape: Shape,
    embed: CudaFunction,
    add_norm: CudaFunction,
    pool: CudaFunction,
    linear: CudaFunction,
    linear_gelu: CudaFunction,
    /// In float32, whatever the numbers are.
    pooler: CudaFunction,
    classify: CudaFunction,
    attention: [CudaFunction; HEAD_SIZES.len()],
    peak: CudaFunction,
}

/// `x · Wᵀ + b` on the GPU.
pub(super) struct DeviceLinear {
    /// `[outputs, inputs]`.
    pub(super) weight: Buffer,
    /// Float32 `[outputs]`.
    pub(super) bias: Buffer,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

/// A layer normalisation on the GPU; both float32 `[width]`.
pub(super) struct DeviceNorm {
    pub(super) weight: Buffer,
    pub(super) bias: Buffer,
    pub(super) eps: f32,
}

impl Kernels {
    /// Those that are fastest on this GPU, or with `is_narrow` those for little shared memory.
    pub(super) fn load(
        context: &Arc<CudaContext>,
        numbers: Numbers,
        is_narrow: bool,
        gpu: &str,
    ) -> Result<Self, DeviceError> {
        if BINARY.is_empty() {
            return Err(DeviceError::NoKernels);
        }
        let failed = |error| failure(gpu, "loading the kernels", error);
        let module = context
            .load_module(Ptx::from_binary(BINARY.to_vec()))
            .map_err(failed)?;
        let load = |name: &str| module.load_function(name).map_err(failed);
        let kind = numbers.name();
        let on_one = CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR;
        let shared = context.attribute(on_one).map_err(failed)?;
        let shape = match numbers {
            Numbers::Float32 => PLAIN_LINEAR,
            _ if 2 * WIDE_LINEAR.shared > shared as u32 || is_narrow => NARROW_LINEAR,
            _ => WIDE_LINEAR,
        };
        let ending = shape.ending;
        let kernels = Self {
            numbers,
            shape,
            embed: load(&format!("embed_{kind}"))?,
            add_norm: load(&format!("add_norm_{kind}"))?,
            pool: load(&format!("pool_{kind}"))?,
            linear: load(&format!("linear_{kind}{ending}"))?,
            linear_gelu: load(&format!("linear_gelu_{kind}{ending}"))?,
            pooler: load("linear_tanh_f32")?,
            classify: load("classify_f32")?,
            attention: [
                load(&format!("attention_{}_{kind}", HEAD_SIZES[0]))?,
                load(&format!("attention_{}_{kind}", HEAD_SIZES[1]))?,
                load(&format!("attention_{}_{kind}", HEAD_SIZES[2]))?,
            ],
            peak: load(&format!("peak_{kind}"))?,
        };
        for function in [&kernels.linear, &kernels.linear_gelu] {
            let most = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            function
                .set_attribute(most, shape.shared as i32)
                .map_err(failed)?;
        }
        Ok(kernels)
    }

    /// Word and place embeddings of tokens, added and normalised: `[rows, width]` to `output`.
    ///
    /// # Safety
    /// Ids and positions, which are on the GPU, lie within their tables.
    #[allow(clippy::too_many_arguments)]
    pub(super) unsafe fn embed(
        &self,
        stream: &CudaStream,
        words: &Buffer,
        places: &Buffer,
        norm: &DeviceNorm,
        ids: &CudaView<'_, u32>,
        positions: &CudaView<'_, u32>,
        output: &mut Buffer,
        width: usize,
    ) -> Result<(), DriverError> {
        let rows = ids.len();
        assert_eq!(positions.len(), rows);
        self.check(output, rows * width);
        check_norm(norm, width);
        let config = by_row(rows);
        let (rows, width) = (rows as i32, width as i32);
        let mut launch = stream.launch_builder(&self.embed);
        launch.arg(words).arg(places);
        launch.arg(&norm.weight).arg(&norm.bias).arg(&norm.eps);
        launch.arg(ids).arg(positions).arg(output).arg(&rows).arg(&width);
        // SAFETY: the arguments are the kernel's, in its order. It writes `rows` rows to `output`, which has room for
        // them; ids and positions are within their tables, as the caller promises.
        unsafe { launch.launch(config) }.map(drop)
    }

    /// `norm(states + others)` to `states`, both `[rows, width]`.
    pub(super) fn add_norm(
        &self,
        stream: &CudaStream,
        states: &mut Buffer,
        others: &Buffer,
        norm: &DeviceNorm,
        rows: usize,
        width: usize,
    ) -> Result<(), DriverError> {
        self.check(states, rows * width);
        self.check(others, rows * width);
        check_norm(norm, width);
        let config = by_row(rows);
        let (rows, width) = (rows as i32, width as i32);
        let mut launch = stream.launch_builder(&self.add_norm);
        launch.arg(states).arg(others);
        launch.arg(&norm.weight).arg(&norm.bias).arg(&norm.eps);
        launch.arg(&rows).arg(&width);
        // SAFETY: the arguments are the kernel's, in its order, and all rows lie within the buffers, as checked.
        unsafe { launch.launch(config) }.map(drop)
    }

    /// The mean of each statement's first `most` states `[rows, width]`, to float32 `[statements, width]`; `starts`
    /// has each statement's first row, and last how many rows there are.
    ///
    /// # Safety
    /// `starts`, which is on the GPU, rises from 0, and its last number is of rows that `states` has.
    pub(super) unsafe fn pool(
        &self,
        stream: &CudaStream,
        states: &Buffer,
        starts: &CudaView<'_, u32>,
        output: &mut Buffer,
        most: usize,
        width: usize,
    ) -> Result<(), DriverError> {
        assert!(!starts.is_empty());
        check_width(width);
        let statements = starts.len() - 1;
        check_floats(output, statements * width);
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        let config = by_row(statements);
        let (statements, width) = (statements as i32, width as i32);
        let mut launch = stream.launch_builder(&self.pool);
        launch.arg(states).arg(starts).arg(output);
        launch.arg(&statements).arg(&most).arg(&width);
        // SAFETY: the arguments are the kernel's, in its order. It reads the rows that `starts` names, as the caller
        // promises, and writes within `output`, as checked.
        unsafe { launch.launch(config) }.map(drop)
    }

    /// A linear map of `[rows, inputs]`, in the kernels' numbers.
    pub(super) fn linear(
        &self,
        stream: &CudaStream,
        linear: &DeviceLinear,
        activation: Activation,
        input: &Buffer,
        output: &mut Buffer,
        rows: usize,
    ) -> Result<(), DriverError> {
        let function = match activation {
            Activation::Identity => &self.linear,
            Activation::Gelu => &self.linear_gelu,
        };
        self.check(input, rows * linear.inputs);
        self.check(output, rows * linear.outputs);
        self.check(&linear.weight, linear.outputs * linear.inputs);
        // Sixteen bytes are read and written at once.
        assert!(linear.inputs.is_multiple_of(8) && linear.outputs.is_multiple_of(8));
        launch_linear(stream, function, self.shape, linear, input, output, rows)
    }

    /// The tanh of a linear map of float32 `[rows, inputs]`.
    pub(super) fn pooler(
        &self,
        stream: &CudaStream,
        linear: &DeviceLinear,
        input: &Buffer,
        output: &mut Buffer,
        rows: usize,
    ) -> Result<(), DriverError> {
        check_linear_floats(linear, input, output, rows);
        // Sixteen bytes are read at once.
        assert!(linear.inputs.is_multiple_of(4));
        launch_linear(stream, &self.pooler, PLAIN_LINEAR, linear, input, output, rows)
    }

    /// A linear map of float32 `[rows, inputs]` to a handful of outputs.
    pub(super) fn classify(
        &self,
        stream: &CudaStream,
        linear: &DeviceLinear,
        input: &Buffer,
        output: &mut Buffer,
        rows: usize,
    ) -> Result<(), DriverError> {
        check_linear_floats(linear, input, output, rows);
        check_floats(&linear.bias, linear.outputs);
        check_width(linear.inputs);
        let sizes = [rows, linear.inputs, linear.outputs].map(|size| size as i32);
        let mut launch = stream.launch_builder(&self.classify);
        launch
            .arg(input)
            .arg(&linear.weight)
            .arg(&linear.bias)
            .arg(output);
        launch.arg(&sizes[0]).arg(&sizes[1]).arg(&sizes[2]);
        // SAFETY: the arguments are the kernel's, in its order; all rows lie within the buffers, as checked.
        unsafe { launch.launch(by_row(rows)) }.map(drop)
    }

    /// Attention: queries, keys and values side by side, `[rows, 3 · heads · head_size]`, to contexts
    /// `[rows, heads · head_size]`. `tiles` has three numbers for every [`TILE_QUERIES`](crate::encoder::staging::TILE_QUERIES) queries of a statement: its
    /// first row, its length, and the first of the queries within it.
    ///
    /// # Safety
    /// Each tile's statement, by what is on the GPU, lies within the rows, and its first query within the statement.
    #[allow(clippy::too_many_arguments)]
    pub(super) unsafe fn attention(
        &self,
        stream: &CudaStream,
        projected: &Buffer,
        tiles: &CudaView<'_, u32>,
        context: &mut Buffer,
        rows: usize,
        heads: usize,
        head_size: usize,
    ) -> Result<(), DriverError> {
        self.check(projected, rows * 3 * heads * head_size);
        self.check(context, rows * heads * head_size);
        let known = HEAD_SIZES.iter().position(|&size| size == head_size);
        let function = &self.attention[known.expect("a model with other heads was refused")];
        assert!(tiles.len().is_multiple_of(3));
        let tile_count = tiles.len() / 3;
        let config = by_row(tile_count * heads);
        let (tile_count, heads) = (tile_count as i32, heads as i32);
        let mut launch = stream.launch_builder(function);
        launch.arg(projected).arg(tiles).arg(context);
        launch.arg(&tile_count).arg(&heads);
        // SAFETY: the arguments are the kernel's, in its order. Tiles lie within the rows, as the caller promises, and
        // the rows within the buffers, as checked.
        unsafe { launch.launch(config) }.map(drop)
    }

    /// Makes each of `blocks` × 8 warps do so many rounds of products in registers; gives back how many
    /// multiplications and additions that is.
    pub(super) fn peak(
        &self,
        stream: &CudaStream,
        output: &mut Buffer,
        blocks: usize,
        rounds: usize,
    ) -> Result<f64, DriverError> {
        const WARPS: usize = 8;
        check_floats(output, 1);
        let count = rounds as i32;
        let mut launch = stream.launch_builder(&self.peak);
        launch.arg(&count).arg(output);
        let config = LaunchConfig {
            grid_dim: (blocks as u32, 1, 1),
            block_dim: ((WARPS * WARP) as u32, 1, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: the arguments are the kernel's, in its order; it writes one number at most.
        unsafe { launch.launch(config) }?;
        let by_warp = match self.numbers {
            Numbers::Float32 => 64 * 2 * WARP,
            Numbers::Float16 | Numbers::BFloat16 => 8 * 2 * 16 * 8 * 16,
        };
        Ok((blocks * WARPS * rounds) as f64 * by_warp as f64)
    }

    /// Fails where a buffer has no room for so many of the kernels' numbers.
    fn check(&self, buffer: &Buffer, count: usize) {
        assert!(buffer.len() >= count * self.numbers.bytes());
    }
}

fn check_floats(buffer: &Buffer, count: usize) {
    assert!(buffer.len() >= count * size_of::<f32>());
}

fn check_linear_floats(linear: &DeviceLinear, input: &Buffer, output: &Buffer, rows: usize) {
    check_floats(input, rows * linear.inputs);
    check_floats(output, rows * linear.outputs);
    check_floats(&linear.weight, linear.outputs * linear.inputs);
}

fn check_norm(norm: &DeviceNorm, width: usize) {
    check_width(width);
    check_floats(&norm.weight, width);
    check_floats(&norm.bias, width);
}

/// Fails where a warp cannot hold a row, four numbers at a time.
fn check_width(width: usize) {
    assert!(width <= WIDEST_ROW && width.is_multiple_of(4));
}

/// Launches a linear map whose buffers are checked.
fn launch_linear(
    stream: &CudaStream,
    function: &CudaFunction,
    shape: Shape,
    linear: &DeviceLinear,
    input: &Buffer,
    output: &mut Buffer,
    rows: usize,
) -> Result<(), DriverError> {
    check_floats(&linear.bias, linear.outputs);
    let tiles = |count: usize| count.div_ceil(LINEAR_TILE) as u32;
    assert!(tiles(rows) <= MOST_BLOCKS_DOWN);
    let config = LaunchConfig {
        grid_dim: (tiles(linear.outputs), tiles(rows), 1),
        block_dim: (shape.threads, 1, 1),
        shared_mem_bytes: shape.shared,
    };
    let sizes = [rows, linear.inputs, linear.outputs].map(|size| size as i32);
    let mut launch = stream.launch_builder(function);
    launch
        .arg(input)
        .arg(&linear.weight)
        .arg(&linear.bias)
        .arg(output);
    launch.arg(&sizes[0]).arg(&sizes[1]).arg(&sizes[2]);
    // SAFETY: the arguments are the kernel's, in its order; all rows lie within the buffers, as checked.
    unsafe { launch.launch(config) }.map(drop)
}

/// A warp for each row.
fn by_row(rows: usize) -> LaunchConfig {
    LaunchConfig {
        grid_dim: (rows.div_ceil(ROW_WARPS) as u32, 1, 1),
        block_dim: ((ROW_WARPS * WARP) as u32, 1, 1),
        shared_mem_bytes: 0,
    }
}

#[cfg(test)]
mod tests;
