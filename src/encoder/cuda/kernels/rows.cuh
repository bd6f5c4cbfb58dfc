// What is done row by row: embedding, adding and normalising, pooling, classifying. One warp does one row.
#pragma once

#include "numbers.cuh"

// Rows of up to 4 × 32 × 8 = 1,024 numbers stay in a warp's registers.
constexpr int LANE_QUADS = 8;

__device__ __forceinline__ int own_row() { return blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP; }

// Calls `each(turn, quad)` for the quads of a row that are this lane's.
template <typename Each> __device__ __forceinline__ void for_own_quads(int width, Each each) {
    const int lane = threadIdx.x % WARP;
#pragma unroll
    for (int turn = 0; turn < LANE_QUADS; turn++) {
        const int quad = lane + turn * WARP;
        if (quad < width / 4) each(turn, quad);
    }
}

// Layer normalisation (Ba et al., 2016) of a row in registers, in two passes: the mean first.
template <typename T>
__device__ __forceinline__ void normalize(float4 (&values)[LANE_QUADS], const float *weight, const float *bias,
                                          float eps, int width, T *output) {
    float sum = 0, squares = 0;
    for_own_quads(width, [&](int turn, int) { sum += sum_of(values[turn]); });
    const float mean = warp_sum(sum) / width;
    for_own_quads(width, [&](int turn, int) {
        float4 &value = values[turn];
        value = value + make_float4(-mean, -mean, -mean, -mean);
        squares += sum_of(make_float4(value.x * value.x, value.y * value.y, value.z * value.z, value.w * value.w));
    });
    const float scale = rsqrtf(warp_sum(squares) / width + eps);
    for_own_quads(width, [&](int turn, int quad) {
        const float4 value = values[turn], by = load_quad(weight, quad), added = load_quad(bias, quad);
        store_quad(output, quad,
                   make_float4(value.x * scale * by.x + added.x, value.y * scale * by.y + added.y,
                               value.z * scale * by.z + added.z, value.w * scale * by.w + added.w));
    });
}

template <typename T>
__device__ __forceinline__ void embed(const T *words, const float *places, const float *weight, const float *bias,
                                      float eps, const unsigned *ids, const unsigned *positions, T *output, int rows,
                                      int width) {
    const int row = own_row();
    if (row >= rows) return;
    const T *const word = words + static_cast<size_t>(ids[row]) * width;
    const float *const place = places + static_cast<size_t>(positions[row]) * width;
    float4 values[LANE_QUADS];
    for_own_quads(width, [&](int turn, int quad) { values[turn] = load_quad(word, quad) + load_quad(place, quad); });
    normalize(values, weight, bias, eps, width, output + static_cast<size_t>(row) * width);
}

// Normalises `states + others` into `states`.
template <typename T>
__device__ __forceinline__ void add_norm(T *states, const T *others, const float *weight, const float *bias,
                                         float eps, int rows, int width) {
    const int row = own_row();
    if (row >= rows) return;
    T *const state = states + static_cast<size_t>(row) * width;
    const T *const other = others + static_cast<size_t>(row) * width;
    float4 values[LANE_QUADS];
    for_own_quads(width, [&](int turn, int quad) { values[turn] = load_quad(state, quad) + load_quad(other, quad); });
    normalize(values, weight, bias, eps, width, state);
}

// The mean of a statement's first `most` states, in float32; `starts` has each statement's first token, and last
// the number of all tokens.
template <typename T>
__device__ __forceinline__ void pool(const T *states, const unsigned *starts, float *output, int statements, int most,
                                     int width) {
    const int statement = own_row();
    if (statement >= statements) return;
    const int start = starts[statement];
    const int length = min(static_cast<int>(starts[statement + 1]) - start, most);
    const T *const first = states + static_cast<size_t>(start) * width;
    float4 sums[LANE_QUADS] = {};
#pragma unroll 4
    for (int token = 0; token < length; token++) {
        const T *const state = first + static_cast<size_t>(token) * width;
        for_own_quads(width, [&](int turn, int quad) { sums[turn] = sums[turn] + load_quad(state, quad); });
    }
    float *const mean = output + static_cast<size_t>(statement) * width;
    for_own_quads(width, [&](int turn, int quad) {
        const float4 sum = sums[turn];
        store_quad(mean, quad, make_float4(sum.x / length, sum.y / length, sum.z / length, sum.w / length));
    });
}

// A linear map to a handful of outputs, all float32.
__device__ __forceinline__ void classify(const float *input, const float *weight, const float *bias, float *output,
                                         int rows, int width, int outputs) {
    const int row = own_row();
    if (row >= rows) return;
    const float *const own = input + static_cast<size_t>(row) * width;
    for (int label = 0; label < outputs; label++) {
        const float *const column = weight + static_cast<size_t>(label) * width;
        float sum = 0;
        for_own_quads(width, [&](int, int quad) {
            const float4 one = load_quad(own, quad), other = load_quad(column, quad);
            sum += sum_of(make_float4(one.x * other.x, one.y * other.y, one.z * other.z, one.w * other.w));
        });
        sum = warp_sum(sum);
        if (threadIdx.x % WARP == 0) output[static_cast<size_t>(row) * outputs + label] = sum + bias[label];
    }
}
