//! The product of activation codes and weight codes: exact in int32, whichever kernel computes it.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2Weights, vnni::VnniWeights};

/// Weight codes packed for one of the kernels.
pub(super) enum PackedCodes {
    #[cfg(target_arch = "x86_64")]
    Vnni(VnniWeights),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2Weights),
    /// `rten-gemm`'s kernels for all other machines, Arm's dot products among them.
    Portable {
        weights: PackedBMatrix<i8>,
        inputs: usize,
    },
    /// No particular instructions: codes `[outputs, inputs]`.
    Plain { codes: Vec<i8>, inputs: usize },
}

/// Packs codes `[outputs, inputs]` for one kernel; `None` where it cannot run.
type Pack = fn(&[i8], usize) -> Option<PackedCodes>;

thread_local!(static PORTABLE: GemmExecutor<u8, i8, i32> = GemmExecutor::new());

impl PackedCodes {
    /// Packs codes `[outputs, inputs]` for the machine's fastest exact kernel.
    pub(super) fn new(codes: Vec<i8>, inputs: usize) -> Self {
        let fastest = Self::for_each_kernel(&codes, inputs).flatten().next();
        fastest.unwrap_or(Self::Plain { codes, inputs })
    }

    /// The codes for each kernel that this machine has, the fastest first. (Lazily: packing takes time.)
    fn for_each_kernel(codes: &[i8], inputs: usize) -> impl Iterator<Item = Option<Self>> + '_ {
        let kernels: &[Pack] = &[
            #[cfg(target_arch = "x86_64")]
            |codes, inputs| VnniWeights::new(codes, inputs).map(Self::Vnni),
            #[cfg(target_arch = "x86_64")]
            |codes, inputs| Avx2Weights::new(codes, inputs).map(Self::Avx2),
            Self::portable,
        ];
        kernels.iter().map(move |kernel| kernel(codes, inputs))
    }

    fn portable(codes: &[i8], inputs: usize) -> Option<Self> {
        PORTABLE.with(|executor| {
            // Its AVX2 kernel adds pairs of products in 16 bits.
            if executor.may_saturate() {
                return None;
            }
            let by_output = NdTensorView::from_data([codes.len() / inputs, inputs], codes);
            Some(Self::Portable {
                weights: executor.prepack_b(by_output.transposed()),
                inputs,
            })
        })
    }

    /// What computes the products, for reports.
    pub(super) fn kernel(&self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(_) => "AVX-512 VNNI",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "AVX2",
            Self::Portable { .. } => "rten-gemm",
            Self::Plain { .. } => "plain",
        }
    }

    /// How far apart rows of sums lie, where there are so many outputs: at least that many.
    pub(super) fn stride(&self, outputs: usize) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(weights) => weights.stride(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(weights) => weights.stride(),
            Self::Portable { .. } | Self::Plain { .. } => outputs,
        }
    }

    /// Codes u8 `[rows, inputs]` → sums int32 `[rows, stride]`.
    pub(super) fn multiply(&self, codes: &[u8], sums: &mut [i32]) -> candle_core::Result<()> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(weights) => weights.multiply(codes, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(weights) => weights.multiply(codes, sums),
            Self::Portable { weights, inputs } => {
                let codes = NdTensorView::from_data([codes.len() / inputs, *inputs], codes);
                let (codes, weights) = (GemmInputA::Unpacked(codes), GemmInputB::Packed(weights));
                return PORTABLE
                    .with(|executor| executor.gemm(sums, codes, weights, GemmOptions::default()))
                    .map_err(candle_core::Error::wrap);
            }
            Self::Plain {
                codes: weights,
                inputs,
            } => {
                let outputs = weights.chunks_exact(*inputs);
                let rows = codes.chunks_exact(*inputs);
                for (row, sums) in rows.zip(sums.chunks_exact_mut(outputs.len())) {
                    for (weights, sum) in outputs.clone().zip(sums) {
                        let products = row.iter().zip(weights);
                        *sum = products
                            .map(|(&code, &weight)| i32::from(code) * i32::from(weight))
                            .sum();
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Every kernel of the machine against the plain one, on random codes and on the extremes that
    /// would saturate 16 bits.
    #[test]
    fn every_kernel_is_exact() {
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let mut kernels = std::collections::BTreeSet::new();
        for (inputs, outputs) in [(1, 1), (2, 5), (4, 33), (32, 64), (384, 100), (1536, 384)] {
            for rows in [1, 2, 3, 5, 6, 7, 11, 12, 13, 64] {
                for extreme in [false, true] {
                    let (codes, weights): (Vec<u8>, Vec<i8>) = if extreme {
                        let weight = |_| if generator.random_bool(0.9) { 127 } else { -127 };
                        (
                            vec![255; rows * inputs],
                            (0..inputs * outputs).map(weight).collect(),
                        )
                    } else {
                        let codes = (0..rows * inputs).map(|_| generator.random()).collect();
                        let weights = (0..inputs * outputs).map(|_| generator.random_range(-127..=127));
                        (codes, weights.collect())
                    };
                    let plain = PackedCodes::Plain {
                        codes: weights.clone(),
                        inputs,
                    };
                    let mut expected = vec![0; rows * outputs];
                    plain.multiply(&codes, &mut expected).unwrap();
                    for packed in PackedCodes::for_each_kernel(&weights, inputs).flatten() {
                        kernels.insert(packed.kernel());
                        let stride = packed.stride(outputs);
                        let mut sums = vec![-1; rows * stride];
                        packed.multiply(&codes, &mut sums).unwrap();
                        for (found, expected) in sums.chunks(stride).zip(expected.chunks(outputs)) {
                            let kernel = packed.kernel();
                            assert_eq!(&found[..outputs], expected, "{kernel}: {rows} × {inputs}");
                        }
                    }
                }
            }
        }
        println!("kernels compared with the plain one: {kernels:?}");
        #[cfg(target_arch = "x86_64")]
        assert_eq!(kernels.contains("AVX2"), is_x86_feature_detected!("avx2"));
    }
}
