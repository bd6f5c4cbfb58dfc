// Every kernel by the name that `kernels.rs` loads it by: what it does, and the numbers it does it in.

#include "attention.cuh"
#include "linear.cuh"
#include "peak.cuh"
#include "rows.cuh"

#define ROW_KERNELS(NAME, T)                                                                                         \
    extern "C" __global__ __launch_bounds__(128) void embed_##NAME(                                                  \
        const T *words, const float *places, const float *weight, const float *bias, float eps, const unsigned *ids, \
        const unsigned *positions, T *output, int rows, int width) {                                                 \
        embed(words, places, weight, bias, eps, ids, positions, output, rows, width);                                \
    }                                                                                                                \
    extern "C" __global__ __launch_bounds__(128) void add_norm_##NAME(T *states, const T *others,                    \
                                                                      const float *weight, const float *bias,        \
                                                                      float eps, int rows, int width) {              \
        add_norm(states, others, weight, bias, eps, rows, width);                                                    \
    }                                                                                                                \
    extern "C" __global__ __launch_bounds__(128) void pool_##NAME(const T *states, const unsigned *starts,           \
                                                                  float *output, int statements, int most,           \
                                                                  int width) {                                       \
        pool(states, starts, output, statements, most, width);                                                       \
    }

ROW_KERNELS(f32, float)
ROW_KERNELS(f16, f16)
ROW_KERNELS(bf16, bf16)

// The fastest of seven schemes on an H200, for multiprocessors with room for two of its blocks; and the next best, of
// half the shared memory. Both sum in the same order.
using Wide = tensor::Scheme<2, 2, 64, 3>;
using Narrow = tensor::Scheme<2, 2, 32, 3>;

#define TENSOR_LINEAR(NAME, T, GELU)                                                                                 \
    extern "C" __global__ __launch_bounds__(Wide::THREADS, 2) void NAME##_wide(                                      \
        const T *input, const T *weight, const float *bias, T *output, int rows, int inputs, int outputs) {          \
        tensor::linear<Wide, T, GELU>(input, weight, bias, output, rows, inputs, outputs);                           \
    }                                                                                                                \
    extern "C" __global__ __launch_bounds__(Narrow::THREADS, 2) void NAME##_narrow(                                  \
        const T *input, const T *weight, const float *bias, T *output, int rows, int inputs, int outputs) {          \
        tensor::linear<Narrow, T, GELU>(input, weight, bias, output, rows, inputs, outputs);                         \
    }

TENSOR_LINEAR(linear_f16, f16, false)
TENSOR_LINEAR(linear_gelu_f16, f16, true)
TENSOR_LINEAR(linear_bf16, bf16, false)
TENSOR_LINEAR(linear_gelu_bf16, bf16, true)

#define PLAIN_LINEAR(NAME, ACTIVATION)                                                                               \
    extern "C" __global__ __launch_bounds__(plain::THREADS) void NAME(                                               \
        const float *input, const float *weight, const float *bias, float *output, int rows, int inputs,             \
        int outputs) {                                                                                               \
        plain::linear<ACTIVATION>(input, weight, bias, output, rows, inputs, outputs);                               \
    }

PLAIN_LINEAR(linear_f32, plain::Activation::NONE)
PLAIN_LINEAR(linear_gelu_f32, plain::Activation::GELU)
PLAIN_LINEAR(linear_tanh_f32, plain::Activation::TANH)

extern "C" __global__ __launch_bounds__(128) void classify_f32(const float *input, const float *weight,
                                                               const float *bias, float *output, int rows,
                                                               int width, int outputs) {
    classify(input, weight, bias, output, rows, width, outputs);
}

#define ATTENTION(HEAD)                                                                                              \
    extern "C" __global__ __launch_bounds__(128) void attention_##HEAD##_f16(                                        \
        const f16 *projected, const unsigned *tiles, f16 *context, int tile_count, int heads) {                      \
        tensor::attention<f16, HEAD>(projected, tiles, context, tile_count, heads);                                  \
    }                                                                                                                \
    extern "C" __global__ __launch_bounds__(128) void attention_##HEAD##_bf16(                                       \
        const bf16 *projected, const unsigned *tiles, bf16 *context, int tile_count, int heads) {                    \
        tensor::attention<bf16, HEAD>(projected, tiles, context, tile_count, heads);                                 \
    }                                                                                                                \
    extern "C" __global__ __launch_bounds__(128) void attention_##HEAD##_f32(                                        \
        const float *projected, const unsigned *tiles, float *context, int tile_count, int heads) {                  \
        plain::attention<HEAD>(projected, tiles, context, tile_count, heads);                                        \
    }

ATTENTION(16)
ATTENTION(32)
ATTENTION(64)

extern "C" __global__ void peak_f16(int rounds, float *output) { peak_tensor<f16>(rounds, output); }
extern "C" __global__ void peak_bf16(int rounds, float *output) { peak_tensor<bf16>(rounds, output); }
extern "C" __global__ void peak_f32(int rounds, float *output) { peak_plain(rounds, output); }
