//! Each CPU kernel by itself, on one thread and the sizes of the default model.
//!
//!     cargo bench

use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use demarche::encoder::Workbench;
use demarche::model::{ModelFiles, StatementTokenizer, TOKENIZER_FILE};

/// Statements as news has them: so many tokens.
const LENGTH: usize = 28;
const STATEMENTS: usize = 8;
const TOKENS: u64 = (LENGTH * STATEMENTS) as u64;
const WIDTH: usize = 384;

fn products(criterion: &mut Criterion) {
    // rten-gemm splits its float32 products over rayon's pool: one thread, as a worker has it.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for (name, inputs, outputs) in [
        ("query, key, value", WIDTH, 3 * WIDTH),
        ("attention output", WIDTH, WIDTH),
        ("feed-forward inner", WIDTH, 4 * WIDTH),
        ("feed-forward outer", 4 * WIDTH, WIDTH),
    ] {
        let mut group = criterion.benchmark_group(format!("product: {name}"));
        group.throughput(Throughput::Elements(2 * TOKENS * (inputs * outputs) as u64));
        for (precision, int8) in [("int8", true), ("float32", false)] {
            let mut bench = Workbench::new(STATEMENTS, LENGTH, inputs);
            let linear = bench.linear(outputs, int8);
            group.bench_function(precision, |bencher| {
                pool.install(|| bencher.iter(|| bench.multiply(&linear).unwrap()))
            });
        }
    }
}

fn between_products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tokens");
    group.throughput(Throughput::Elements(TOKENS));
    let mut bench = Workbench::new(STATEMENTS, LENGTH, WIDTH);
    group.bench_function("quantize", |bencher| bencher.iter(|| bench.quantize()));
    let inner = bench.linear(4 * WIDTH, true);
    bench.multiply(&inner).unwrap();
    group.bench_function("dequantize, GELU, quantize", |bencher| {
        bencher.iter(|| bench.dequantize_gelu(&inner))
    });
    group.bench_function("linear map, whole", |bencher| {
        bencher.iter(|| bench.apply(&inner).unwrap())
    });
    group.bench_function("add and normalise", |bencher| bencher.iter(|| bench.add_norm()));
    group.bench_function("mean pooling", |bencher| bencher.iter(|| bench.pool()));
    let mut bench = Workbench::new(STATEMENTS, LENGTH, 3 * WIDTH);
    group.bench_function("attention", |bencher| bencher.iter(|| bench.attend(12)));
}

fn long_attention(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("attention of one statement");
    for length in [16, 64, 256, 512] {
        group.throughput(Throughput::Elements(length as u64));
        let mut bench = Workbench::new(1, length, 3 * WIDTH);
        group.bench_function(format!("{length} tokens"), |bencher| {
            bencher.iter(|| bench.attend(12))
        });
    }
}

fn tokenizing(criterion: &mut Criterion) {
    let files = ModelFiles::embedded().unwrap();
    let json = files.read(TOKENIZER_FILE).unwrap();
    let tokenizer = StatementTokenizer::parse(&json, 512, 30522, "default").unwrap();
    criterion.bench_function("tokenize a statement", |bencher| {
        bencher.iter(|| {
            tokenizer
                .encode("The ministry said on Tuesday that it would never accept foreign troops on its soil.")
                .unwrap()
        })
    });
}

criterion_group!(benches, products, between_products, long_attention, tokenizing);
criterion_main!(benches);
