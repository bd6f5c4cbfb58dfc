//! Each kernel against its plain twin, in all numbers and at sizes that fill no tile. On a machine with a GPU:
//! `cargo test --release --features cuda -- --ignored`.

use std::sync::Arc;

use cudarc::driver::CudaStream;
use half::{bf16, f16};

use super::*;
use crate::encoder::cpu::plain;
use crate::encoder::cuda::Gpu;
use crate::encoder::staging::TILE_QUERIES;

/// A GPU, and how near its numbers come: numbers of size 1 as they are stored.
struct Bench {
    gpu: Gpu,
    stream: Arc<CudaStream>,
    numbers: Numbers,
    rounding: f32,
}

fn in_all_numbers(test: impl Fn(&Bench)) {
    for (numbers, rounding) in [
        (Numbers::Float32, 1e-6),
        (Numbers::Float16, 1e-3),
        (Numbers::BFloat16, 8e-3),
    ] {
        let gpu = Gpu::open(0, numbers).unwrap();
        let stream = gpu.stream().unwrap();
        test(&Bench {
            gpu,
            stream,
            numbers,
            rounding,
        });
    }
}

impl Bench {
    fn kernels(&self) -> &Kernels {
        self.gpu.kernels()
    }

    /// Numbers as the kernels will see them: rounded to what they are stored in.
    fn random(&self, seed: u64, count: usize, range: f32) -> Vec<f32> {
        let rounded = |value: f32| match self.numbers {
            Numbers::Float32 => value,
            Numbers::Float16 => f16::from_f32(value).to_f32(),
            Numbers::BFloat16 => bf16::from_f32(value).to_f32(),
        };
        plain::random(seed, count, range)
            .into_iter()
            .map(rounded)
            .collect()
    }

    fn upload(&self, values: &[f32]) -> Buffer {
        self.stream.clone_htod(&self.numbers.encode(values)).unwrap()
    }

    fn upload_floats(&self, values: &[f32]) -> Buffer {
        self.stream.clone_htod(&Numbers::Float32.encode(values)).unwrap()
    }

    /// A random linear map, and the numbers that it is of.
    fn linear(&self, inputs: usize, outputs: usize) -> (DeviceLinear, Vec<f32>, Vec<f32>) {
        let weight = self.random(2, outputs * inputs, (inputs as f32).powf(-0.5));
        let bias = plain::random(3, outputs, 1.0);
        let linear = DeviceLinear {
            weight: self.upload(&weight),
            bias: self.upload_floats(&bias),
            inputs,
            outputs,
        };
        (linear, weight, bias)
    }

    /// Room for results, full of what is no number in any format: what is not written is found.
    fn poisoned(&self, bytes: usize) -> Buffer {
        self.stream.clone_htod(&vec![0xff; bytes]).unwrap()
    }

    fn room(&self, count: usize) -> Buffer {
        self.poisoned(count * self.numbers.bytes())
    }

    fn download(&self, buffer: &Buffer) -> Vec<f32> {
        let bytes = self.stream.clone_dtoh(buffer).unwrap();
        self.stream.synchronize().unwrap();
        match self.numbers {
            Numbers::Float32 => floats(&bytes),
            Numbers::Float16 => halves(&bytes, |two| f16::from_le_bytes(two).to_f32()),
            Numbers::BFloat16 => halves(&bytes, |two| bf16::from_le_bytes(two).to_f32()),
        }
    }

    fn download_floats(&self, buffer: &Buffer) -> Vec<f32> {
        let bytes = self.stream.clone_dtoh(buffer).unwrap();
        self.stream.synchronize().unwrap();
        floats(&bytes)
    }

    fn norm(&self, weight: &[f32], bias: &[f32]) -> DeviceNorm {
        DeviceNorm {
            weight: self.upload_floats(weight),
            bias: self.upload_floats(bias),
            eps: 1e-12,
        }
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let four = bytes.chunks_exact(4);
    four.map(|four| f32::from_le_bytes(four.try_into().unwrap()))
        .collect()
}

fn halves(bytes: &[u8], widen: impl Fn([u8; 2]) -> f32) -> Vec<f32> {
    let two = bytes.chunks_exact(2);
    two.map(|two| widen(two.try_into().unwrap())).collect()
}

#[test]
#[ignore = "needs an Nvidia GPU"]
fn linear_maps() {
    in_all_numbers(|bench| {
        for (rows, inputs, outputs) in [
            (1, 8, 8),
            (3, 384, 1152),
            (130, 384, 384),
            (257, 1536, 384),
            (64, 72, 200),
        ] {
            let what = format!("{:?}, {rows} rows, {inputs} to {outputs}", bench.numbers);
            let input = bench.random(1, rows * inputs, 1.0);
            let (linear, weight, bias) = bench.linear(inputs, outputs);
            let uploaded = bench.upload(&input);
            let expected = plain::linear(&input, &weight, &bias);
            let tolerance = 4.0 * bench.rounding;
            for activation in [Activation::Identity, Activation::Gelu] {
                let mut output = bench.room(rows * outputs);
                let kernels = bench.kernels();
                kernels
                    .linear(&bench.stream, &linear, activation, &uploaded, &mut output, rows)
                    .unwrap();
                let expected: Vec<f32> = match activation {
                    Activation::Identity => expected.clone(),
                    Activation::Gelu => expected.iter().map(|&value| plain::gelu(value)).collect(),
                };
                plain::assert_close(&bench.download(&output), &expected, tolerance, &what);
            }
        }
    });
}

#[test]
#[ignore = "needs an Nvidia GPU"]
fn a_row_of_a_linear_map_does_not_depend_on_the_others() {
    in_all_numbers(|bench| {
        let (rows, inputs, outputs) = (1000, 384, 384);
        let input = bench.random(1, rows * inputs, 1.0);
        let (linear, ..) = bench.linear(inputs, outputs);
        let apply = |input: &[f32]| {
            let rows = input.len() / inputs;
            let mut output = bench.room(rows * outputs);
            let uploaded = bench.upload(input);
            let kernels = bench.kernels();
            kernels
                .linear(
                    &bench.stream,
                    &linear,
                    Activation::Gelu,
                    &uploaded,
                    &mut output,
                    rows,
                )
                .unwrap();
            bench.download(&output)
        };
        let together = apply(&input);
        for row in [0, 1, 127, 128, 999] {
            let alone = apply(&input[row * inputs..(row + 1) * inputs]);
            assert_eq!(
                alone,
                together[row * outputs..(row + 1) * outputs],
                "{:?}, row {row}",
                bench.numbers
            );
        }
    });
}

/// The kernels for little shared memory sum in the same order.
#[test]
#[ignore = "needs an Nvidia GPU"]
fn narrow_linear_maps_give_the_same_bytes() {
    in_all_numbers(|bench| {
        let narrow = Kernels::load(bench.gpu.context(), bench.numbers, true, "GPU").unwrap();
        for (rows, inputs, outputs) in [(200, 384, 1152), (33, 1536, 384), (5, 40, 136)] {
            let (linear, ..) = bench.linear(inputs, outputs);
            let input = bench.upload(&bench.random(1, rows * inputs, 1.0));
            let apply = |kernels: &Kernels| {
                let mut output = bench.room(rows * outputs);
                kernels
                    .linear(
                        &bench.stream,
                        &linear,
                        Activation::Gelu,
                        &input,
                        &mut output,
                        rows,
                    )
                    .unwrap();
                bench.download(&output)
            };
            assert_eq!(
                apply(&narrow),
                apply(bench.kernels()),
                "{:?}, {inputs} to {outputs}",
                bench.numbers
            );
        }
    });
}

#[test]
#[ignore = "needs an Nvidia GPU"]
fn attention() {
    in_all_numbers(|bench| {
        for head_size in HEAD_SIZES {
            let heads = 3;
            let width = heads * head_size;
            let lengths = [2, 15, 16, 17, 33, 1, 128, 511];
            let rows: usize = lengths.iter().sum();
            let projected = bench.random(1, rows * 3 * width, 2.0);
            let (mut tiles, mut start) = (Vec::new(), 0);
            for length in lengths {
                for first in (0..length).step_by(TILE_QUERIES) {
                    tiles.extend([start as u32, length as u32, first as u32]);
                }
                start += length;
            }
            let uploaded = bench.upload(&projected);
            let tiles = bench.stream.clone_htod(&tiles).unwrap();
            let mut context = bench.room(rows * width);
            let kernels = bench.kernels();
            // SAFETY: the tiles are of the statements that fill the rows.
            let launched = unsafe {
                kernels.attention(
                    &bench.stream,
                    &uploaded,
                    &tiles.as_view(),
                    &mut context,
                    rows,
                    heads,
                    head_size,
                )
            };
            launched.unwrap();
            let found = bench.download(&context);
            let mut start = 0;
            for length in lengths {
                for head in 0..heads {
                    let part = |part: usize| -> Vec<f32> {
                        let at = |row: usize| (start + row) * 3 * width + part * width + head * head_size;
                        (0..length)
                            .flat_map(|row| projected[at(row)..at(row) + head_size].to_vec())
                            .collect()
                    };
                    let expected = plain::attention(&part(0), &part(1), &part(2), head_size);
                    let at = |row: usize| (start + row) * width + head * head_size;
                    let own: Vec<f32> = (0..length)
                        .flat_map(|row| found[at(row)..at(row) + head_size].to_vec())
                        .collect();
                    let what = format!("{:?}, heads of {head_size}, length {length}", bench.numbers);
                    plain::assert_close(&own, &expected, 4.0 * bench.rounding, &what);
                }
                start += length;
            }
        }
    });
}

#[test]
#[ignore = "needs an Nvidia GPU"]
fn adding_and_normalising() {
    in_all_numbers(|bench| {
        for (rows, width) in [(1, 32), (5, 384), (9, 1024), (6, 68)] {
            let (states, others) = (
                bench.random(1, rows * width, 2.0),
                bench.random(2, rows * width, 2.0),
            );
            let (weight, bias) = (plain::random(3, width, 1.0), plain::random(4, width, 1.0));
            let mut found = bench.upload(&states);
            let added = bench.upload(&others);
            let norm = bench.norm(&weight, &bias);
            let kernels = bench.kernels();
            kernels
                .add_norm(&bench.stream, &mut found, &added, &norm, rows, width)
                .unwrap();
            let row = |row: usize| row * width..(row + 1) * width;
            let expected: Vec<f32> = (0..rows)
                .flat_map(|at| plain::add_norm(&states[row(at)], &others[row(at)], &weight, &bias, 1e-12))
                .collect();
            let what = format!("{:?}, {rows} rows of {width}", bench.numbers);
            plain::assert_close(&bench.download(&found), &expected, 4.0 * bench.rounding, &what);
        }
    });
}

#[test]
#[ignore = "needs an Nvidia GPU"]
fn embedding_and_pooling() {
    in_all_numbers(|bench| {
        let (vocabulary, places, width) = (50, 20, 384);
        let words = bench.random(1, vocabulary * width, 1.0);
        let of_places = plain::random(2, places * width, 1.0);
        let (weight, bias) = (plain::random(3, width, 1.0), plain::random(4, width, 1.0));
        let (ids, positions) = ([3u32, 49, 0, 3, 7, 7], [0u32, 1, 2, 0, 1, 19]);
        let stream = &bench.stream;
        let mut states = bench.room(ids.len() * width);
        // SAFETY: ids and positions are within the tables.
        let launched = unsafe {
            bench.kernels().embed(
                stream,
                &bench.upload(&words),
                &bench.upload_floats(&of_places),
                &bench.norm(&weight, &bias),
                &stream.clone_htod(&ids).unwrap().as_view(),
                &stream.clone_htod(&positions).unwrap().as_view(),
                &mut states,
                width,
            )
        };
        launched.unwrap();
        let found = bench.download(&states);
        let row = |table: &[f32], at: u32| table[at as usize * width..(at as usize + 1) * width].to_vec();
        let expected: Vec<f32> = ids
            .iter()
            .zip(positions)
            .flat_map(|(&id, position)| {
                plain::add_norm(
                    &row(&words, id),
                    &row(&of_places, position),
                    &weight,
                    &bias,
                    1e-12,
                )
            })
            .collect();
        let what = format!("{:?}", bench.numbers);
        plain::assert_close(&found, &expected, 4.0 * bench.rounding, &what);

        let starts = stream.clone_htod(&[0u32, 2, 6]).unwrap();
        for most in [1, 3, usize::MAX] {
            let mut pooled = bench.poisoned(2 * width * 4);
            let kernels = bench.kernels();
            // SAFETY: the starts are of the rows that there are.
            let launched =
                unsafe { kernels.pool(stream, &states, &starts.as_view(), &mut pooled, most, width) };
            launched.unwrap();
            let expected: Vec<f32> = [(0, 2usize), (2, 4)]
                .into_iter()
                .flat_map(|(start, length)| {
                    let count = length.min(most);
                    let found = &found;
                    (0..width).map(move |column| {
                        let rows = (start..start + count).map(|row: usize| found[row * width + column]);
                        rows.sum::<f32>() / count as f32
                    })
                })
                .collect();
            plain::assert_close(
                &bench.download_floats(&pooled),
                &expected,
                1e-5,
                &format!("{what}, {most}"),
            );
        }
    });
}

#[test]
#[ignore = "needs an Nvidia GPU"]
fn the_head() {
    let gpu = Gpu::open(0, Numbers::Float32).unwrap();
    let bench = Bench {
        stream: gpu.stream().unwrap(),
        gpu,
        numbers: Numbers::Float32,
        rounding: 0.0,
    };
    for (rows, inputs, outputs) in [(1, 384, 4), (7, 1024, 3), (130, 64, 64)] {
        let input = plain::random(1, rows * inputs, 1.0);
        let (linear, weight, bias) = bench.linear(inputs, outputs);
        let uploaded = bench.upload_floats(&input);
        let expected = plain::linear(&input, &weight, &bias);
        let what = format!("{rows} rows, {inputs} to {outputs}");
        let mut output = bench.poisoned(rows * outputs * 4);
        let kernels = bench.kernels();
        kernels
            .classify(&bench.stream, &linear, &uploaded, &mut output, rows)
            .unwrap();
        plain::assert_close(&bench.download_floats(&output), &expected, 1e-4, &what);
        let mut output = bench.poisoned(rows * outputs * 4);
        kernels
            .pooler(&bench.stream, &linear, &uploaded, &mut output, rows)
            .unwrap();
        let expected: Vec<f32> = expected.iter().map(|value| value.tanh()).collect();
        plain::assert_close(&bench.download_floats(&output), &expected, 1e-4, &what);
    }
}
