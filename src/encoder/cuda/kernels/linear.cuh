// Linear maps, x · Wᵀ + b: rows [rows, inputs], weights [outputs, inputs], both row by row.
//
// However many rows there are, each result is summed in the same order: what a statement gets never depends on
// its neighbours.
#pragma once

#include "tensor_cores.cuh"

// In half precision on tensor cores. A block makes 128 × 128 results; three or four steps of inputs are in shared
// memory or on their way there (CUTLASS's scheme of tiles: Kerr et al., 2017).
namespace tensor {

constexpr int TILE = 128;
// Eight numbers, sixteen bytes, are copied at once.
constexpr int CHUNK = 8;

// How a block goes about it: its warps, down and across its tile; inputs in a step; and steps in shared memory.
template <int DOWN, int ACROSS, int STEP_, int STAGES_> struct Scheme {
    static constexpr int WARPS_DOWN = DOWN, WARPS_ACROSS = ACROSS, STEP = STEP_, STAGES = STAGES_;
    static constexpr int THREADS = DOWN * ACROSS * WARP;
    static constexpr int STAGE_NUMBERS = 2 * TILE * STEP;
    static constexpr int SHARED_BYTES = STAGES * STAGE_NUMBERS * 2;
    // Blocks of sixteen rows, and of eight columns, that are a warp's.
    static constexpr int ROW_BLOCKS = TILE / DOWN / 16, COLUMN_BLOCKS = TILE / ACROSS / 8;
    // A row of results on its way out, so far from the next that no two fall into one bank.
    static constexpr int OUT_STRIDE = TILE + CHUNK;
    static_assert(SHARED_BYTES >= TILE * OUT_STRIDE * 2, "the results pass through the same memory");

    // Where a chunk of a row lies in shared memory: eight rows read together fall into all banks.
    static __device__ __forceinline__ int place(int row, int chunk) {
        const int turn = STEP == 32 ? (row >> 1) & 3 : row & 7;
        return row * STEP + ((chunk ^ turn) * CHUNK);
    }
};

template <typename S, typename T>
__device__ __forceinline__ void copy_tile(T *shared, const T *numbers, int first_row, int rows, int first_column,
                                          int columns) {
    constexpr int ROW_CHUNKS = S::STEP / CHUNK;
#pragma unroll
    for (int copy = 0; copy < TILE * ROW_CHUNKS / S::THREADS; copy++) {
        const int index = copy * S::THREADS + threadIdx.x;
        const int row = index / ROW_CHUNKS, chunk = index % ROW_CHUNKS;
        const int column = first_column + chunk * CHUNK;
        const bool is_there = first_row + row < rows && column < columns;
        const size_t from = is_there ? static_cast<size_t>(first_row + row) * columns + column : 0;
        copy_later(shared + S::place(row, chunk), numbers + from, is_there);
    }
}

template <typename S, typename T, bool GELU>
__device__ __forceinline__ void linear(const T *input, const T *weight, const float *bias, T *output, int rows,
                                       int inputs, int outputs) {
    extern __shared__ __align__(16) unsigned char memory[];
    T *const tiles = reinterpret_cast<T *>(memory);
    const int first_row = blockIdx.y * TILE, first_output = blockIdx.x * TILE;
    const int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    const int warp_row = (warp / S::WARPS_ACROSS) * S::ROW_BLOCKS * 16;
    const int warp_output = (warp % S::WARPS_ACROSS) * S::COLUMN_BLOCKS * 8;
    const int steps = (inputs + S::STEP - 1) / S::STEP;
    const auto copy_step = [&](int step) {
        T *const stage = tiles + (step % S::STAGES) * S::STAGE_NUMBERS;
        copy_tile<S>(stage, input, first_row, rows, step * S::STEP, inputs);
        copy_tile<S>(stage + TILE * S::STEP, weight, first_output, outputs, step * S::STEP, inputs);
    };
    float sums[S::ROW_BLOCKS][S::COLUMN_BLOCKS][4] = {};
    for (int step = 0; step < S::STAGES - 1; step++) {
        if (step < steps) copy_step(step);
        close_copies();
    }
    for (int step = 0; step < steps; step++) {
        await_copies<S::STAGES - 2>();
        // Everyone's copies are there, and everyone has done with the stage that is filled next.
        __syncthreads();
        if (step + S::STAGES - 1 < steps) copy_step(step + S::STAGES - 1);
        close_copies();
        const T *const stage = tiles + (step % S::STAGES) * S::STAGE_NUMBERS;
#pragma unroll
        for (int sixteen = 0; sixteen < S::STEP / 16; sixteen++) {
            unsigned a[S::ROW_BLOCKS][4], b[S::COLUMN_BLOCKS / 2][4];
#pragma unroll
            for (int block = 0; block < S::ROW_BLOCKS; block++) {
                const int row = warp_row + block * 16 + lane % 16;
                load_blocks(a[block], stage + S::place(row, sixteen * 2 + lane / 16));
            }
#pragma unroll
            for (int block = 0; block < S::COLUMN_BLOCKS / 2; block++) {
                const int row = warp_output + block * 16 + lane % 8 + (lane / 16) * 8;
                load_blocks(b[block], stage + TILE * S::STEP + S::place(row, sixteen * 2 + (lane / 8) % 2));
            }
#pragma unroll
            for (int down = 0; down < S::ROW_BLOCKS; down++) {
#pragma unroll
                for (int across = 0; across < S::COLUMN_BLOCKS; across++) {
                    const unsigned *const columns = b[across / 2] + (across % 2) * 2;
                    multiply_add<T>(sums[down][across], a[down], columns[0], columns[1]);
                }
            }
        }
    }
    // The results go out by way of shared memory, so that whole rows are written at once.
    await_copies<0>();
    __syncthreads();
#pragma unroll
    for (int across = 0; across < S::COLUMN_BLOCKS; across++) {
        const int column = warp_output + across * 8 + (lane % 4) * 2;
        const int at = min(first_output + column, outputs - 2);
        const float2 added = load_pair(bias, at / 2);
#pragma unroll
        for (int down = 0; down < 2 * S::ROW_BLOCKS; down++) {
            const int row = warp_row + down * 8 + lane / 4;
            const float *const two_sums = sums[down / 2][across] + (down % 2) * 2;
            float2 values = make_float2(two_sums[0] + added.x, two_sums[1] + added.y);
            if (GELU) values = make_float2(fast_gelu(values.x), fast_gelu(values.y));
            store_pair(tiles + row * S::OUT_STRIDE, column / 2, values);
        }
    }
    __syncthreads();
    constexpr int ROW_CHUNKS = TILE / CHUNK;
#pragma unroll
    for (int copy = 0; copy < TILE * ROW_CHUNKS / S::THREADS; copy++) {
        const int index = copy * S::THREADS + threadIdx.x;
        const int row = index / ROW_CHUNKS, column = (index % ROW_CHUNKS) * CHUNK;
        if (first_row + row < rows && first_output + column < outputs) {
            const size_t to = static_cast<size_t>(first_row + row) * outputs + first_output + column;
            *reinterpret_cast<uint4 *>(output + to) =
                *reinterpret_cast<const uint4 *>(tiles + row * S::OUT_STRIDE + column);
        }
    }
}

} // namespace tensor

// In float32 on the ordinary units: the reference on this device. A block of 256 threads makes 128 × 128
// results, a thread 8 × 8.
namespace plain {

constexpr int TILE = 128;
constexpr int STEP = 8;
constexpr int THREADS = 256;

// Each thread brings four neighbours of a row, turned so that a column lies together.
__device__ __forceinline__ void copy_tile(float (&shared)[STEP][TILE], const float *numbers, int first_row, int rows,
                                          int first_column, int columns) {
    const int row = threadIdx.x / 2, column = (threadIdx.x % 2) * 4;
    float4 four = make_float4(0, 0, 0, 0);
    if (first_row + row < rows && first_column + column < columns) {
        const size_t from = static_cast<size_t>(first_row + row) * columns + first_column + column;
        four = *reinterpret_cast<const float4 *>(numbers + from);
    }
    shared[column][row] = four.x;
    shared[column + 1][row] = four.y;
    shared[column + 2][row] = four.z;
    shared[column + 3][row] = four.w;
}

enum class Activation { NONE, GELU, TANH };

template <Activation ACTIVATION> __device__ __forceinline__ float activated(float value) {
    if (ACTIVATION == Activation::GELU) return gelu(value);
    if (ACTIVATION == Activation::TANH) return tanhf(value);
    return value;
}

template <Activation ACTIVATION>
__device__ __forceinline__ void linear(const float *input, const float *weight, const float *bias, float *output,
                                       int rows, int inputs, int outputs) {
    __shared__ float row_tile[STEP][TILE], output_tile[STEP][TILE];
    const int first_row = blockIdx.y * TILE, first_output = blockIdx.x * TILE;
    const int down = (threadIdx.x / 16) * 8, across = (threadIdx.x % 16) * 8;
    float sums[8][8] = {};
    for (int column = 0; column < inputs; column += STEP) {
        copy_tile(row_tile, input, first_row, rows, column, inputs);
        copy_tile(output_tile, weight, first_output, outputs, column, inputs);
        __syncthreads();
#pragma unroll
        for (int step = 0; step < STEP; step++) {
#pragma unroll
            for (int row = 0; row < 8; row++) {
#pragma unroll
                for (int other = 0; other < 8; other++) {
                    sums[row][other] += row_tile[step][down + row] * output_tile[step][across + other];
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int row = 0; row < 8; row++) {
#pragma unroll
        for (int other = 0; other < 8; other++) {
            const int at_row = first_row + down + row, at = first_output + across + other;
            if (at_row < rows && at < outputs) {
                const float value = activated<ACTIVATION>(sums[row][other] + bias[at]);
                output[static_cast<size_t>(at_row) * outputs + at] = value;
            }
        }
    }
}

} // namespace plain
