// Attention within each statement of a packed batch, without padding.
//
// A tile is up to 64 neighbouring queries of one statement. One warp does one head of one tile: it goes through the
// statement's keys once, keeping each query's greatest score so far and scaling what it has by it (Milakov and Gimelshein,
// "Online normalizer calculation for softmax", 2018; Dao et al., "FlashAttention", 2022). Statements are short: nothing
// needs shared memory, and no warp waits for another.
//
// `projected` is [tokens, 3 × width]: queries, keys and values side by side. A tile is three numbers: the
// statement's first token, its length, and the tile's first query within it.
#pragma once

#include "tensor_cores.cuh"

constexpr int TILE_QUERIES = 64;

struct AttentionTile {
    int start, length, first;
};

__device__ __forceinline__ AttentionTile tile_at(const unsigned *tiles, int index) {
    return AttentionTile{static_cast<int>(tiles[3 * index]), static_cast<int>(tiles[3 * index + 1]),
                         static_cast<int>(tiles[3 * index + 2])};
}

namespace tensor {

// Sixteen queries of one head, and what they have come to.
template <typename T, int HEAD> struct QueryBlock {
    unsigned query[HEAD / 16][4];
    float greatest[2] = {-INFINITY, -INFINITY}, total[2] = {0, 0};
    float sums[HEAD / 8][4] = {};

    // Takes sixteen keys and their values into account, of which those before `count` are the statement's.
    __device__ __forceinline__ void attend(const unsigned (&keys)[2][HEAD / 16][2],
                                           const unsigned (&values)[HEAD / 8][2], int count) {
        // 1 / √HEAD, and log₂ e for the faster exponential.
        const float scale = rsqrtf(static_cast<float>(HEAD)) * 1.44269504f;
        float scores[2][4] = {};
#pragma unroll
        for (int eight = 0; eight < 2; eight++) {
#pragma unroll
            for (int step = 0; step < HEAD / 16; step++) {
                multiply_add<T>(scores[eight], query[step], keys[eight][step][0], keys[eight][step][1]);
            }
        }
        if (count < 16) {
            const int pair = (threadIdx.x % 4) * 2;
#pragma unroll
            for (int number = 0; number < 8; number++) {
                const int at = number / 4 * 8 + pair + number % 2;
                if (at >= count) scores[number / 4][number % 4] = -INFINITY;
            }
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float high = fmaxf(fmaxf(scores[0][2 * half], scores[0][2 * half + 1]),
                               fmaxf(scores[1][2 * half], scores[1][2 * half + 1]));
            high = fmaxf(high, __shfl_xor_sync(ALL_LANES, high, 1));
            high = fmaxf(high, __shfl_xor_sync(ALL_LANES, high, 2));
            high = fmaxf(high, greatest[half]);
            const float shrink = fast_exp2((greatest[half] - high) * scale);
            greatest[half] = high;
            total[half] *= shrink;
#pragma unroll
            for (int eight = 0; eight < 2; eight++) {
#pragma unroll
                for (int number = 2 * half; number < 2 * half + 2; number++) {
                    scores[eight][number] = fast_exp2(fmaf(scores[eight][number], scale, -high * scale));
                    total[half] += scores[eight][number];
                }
            }
#pragma unroll
            for (int eight = 0; eight < HEAD / 8; eight++) {
                sums[eight][2 * half] *= shrink;
                sums[eight][2 * half + 1] *= shrink;
            }
        }
        const unsigned weights[4] = {
            pack<T>(scores[0][0], scores[0][1]), pack<T>(scores[0][2], scores[0][3]),
            pack<T>(scores[1][0], scores[1][1]), pack<T>(scores[1][2], scores[1][3])};
#pragma unroll
        for (int eight = 0; eight < HEAD / 8; eight++) {
            multiply_add<T>(sums[eight], weights, values[eight][0], values[eight][1]);
        }
    }
};

template <typename T, int HEAD>
__device__ __forceinline__ void attention(const T *projected, const unsigned *tiles, T *context, int tile_count,
                                          int heads) {
    // So many blocks of queries go through the keys together, as registers allow.
    constexpr int BLOCKS = HEAD <= 32 ? 4 : 2;
    const int task = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    if (task >= tile_count * heads) return;
    const AttentionTile tile = tile_at(tiles, task / heads);
    const int head = task % heads, width = heads * HEAD;
    const int group = (threadIdx.x % WARP) / 4, pair = (threadIdx.x % 4) * 2;
    const size_t stride = 3 * static_cast<size_t>(width);
    const T *const queries = projected + tile.start * stride + head * HEAD;
    const T *const keys = queries + width;
    const T *const values = keys + width;
    // Beyond a statement's end its last token stands in; its scores are masked and its results not stored.
    const auto row = [&](const T *part, int token) { return part + min(token, tile.length - 1) * stride; };
    const int end = min(tile.first + TILE_QUERIES, tile.length);

    for (int first = tile.first; first < end; first += BLOCKS * 16) {
        QueryBlock<T, HEAD> blocks[BLOCKS];
#pragma unroll
        for (int block = 0; block < BLOCKS; block++) {
#pragma unroll
            for (int step = 0; step < HEAD / 16; step++) {
                const T *const upper = row(queries, first + block * 16 + group) + step * 16 + pair;
                const T *const lower = row(queries, first + block * 16 + group + 8) + step * 16 + pair;
                unsigned(&query)[4] = blocks[block].query[step];
                query[0] = two(upper);
                query[1] = two(lower);
                query[2] = two(upper + 8);
                query[3] = two(lower + 8);
            }
        }
        for (int first_key = 0; first_key < tile.length; first_key += 16) {
            unsigned some_keys[2][HEAD / 16][2], some_values[HEAD / 8][2];
#pragma unroll
            for (int eight = 0; eight < 2; eight++) {
                const T *const key = row(keys, first_key + eight * 8 + group) + pair;
#pragma unroll
                for (int step = 0; step < HEAD / 16; step++) {
                    some_keys[eight][step][0] = two(key + step * 16);
                    some_keys[eight][step][1] = two(key + step * 16 + 8);
                }
            }
            const T *const value0 = row(values, first_key + pair) + group;
            const T *const value1 = row(values, first_key + pair + 1) + group;
            const T *const value8 = row(values, first_key + pair + 8) + group;
            const T *const value9 = row(values, first_key + pair + 9) + group;
#pragma unroll
            for (int eight = 0; eight < HEAD / 8; eight++) {
                some_values[eight][0] = pack(value0[eight * 8], value1[eight * 8]);
                some_values[eight][1] = pack(value8[eight * 8], value9[eight * 8]);
            }
#pragma unroll
            for (int block = 0; block < BLOCKS; block++) {
                // The same for the whole warp.
                if (first + block * 16 < end) {
                    blocks[block].attend(some_keys, some_values, tile.length - first_key);
                }
            }
        }
#pragma unroll
        for (int block = 0; block < BLOCKS; block++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float total = blocks[block].total[half];
                total += __shfl_xor_sync(ALL_LANES, total, 1);
                total += __shfl_xor_sync(ALL_LANES, total, 2);
                const int query_at = first + block * 16 + group + half * 8;
                if (query_at >= end) continue;
                T *const out = context + static_cast<size_t>(tile.start + query_at) * width + head * HEAD;
#pragma unroll
                for (int eight = 0; eight < HEAD / 8; eight++) {
                    const float *const sums = blocks[block].sums[eight] + 2 * half;
                    store_pair(out, (eight * 8 + pair) / 2, make_float2(sums[0] / total, sums[1] / total));
                }
            }
        }
    }
}

} // namespace tensor

namespace plain {

// In float32: a lane has a key at a time, and then a column of the values.
template <int HEAD>
__device__ __forceinline__ void attention(const float *projected, const unsigned *tiles, float *context,
                                          int tile_count, int heads) {
    constexpr int COLUMNS = (HEAD + WARP - 1) / WARP;
    const int task = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    if (task >= tile_count * heads) return;
    const AttentionTile tile = tile_at(tiles, task / heads);
    const int head = task % heads, width = heads * HEAD, lane = threadIdx.x % WARP;
    const size_t stride = 3 * static_cast<size_t>(width);
    const float *const queries = projected + tile.start * stride + head * HEAD;
    const float *const keys = queries + width;
    const float *const values = keys + width;
    const int last = min(tile.first + TILE_QUERIES, tile.length);
    for (int query_at = tile.first; query_at < last; query_at++) {
        const float *const query = queries + query_at * stride;
        float greatest = -INFINITY, total = 0, sums[COLUMNS] = {};
        for (int first_key = 0; first_key < tile.length; first_key += WARP) {
            const int count = min(WARP, tile.length - first_key);
            float score = -INFINITY;
            if (lane < count) {
                const float *const key = keys + (first_key + lane) * stride;
                score = 0;
                for (int column = 0; column < HEAD; column++) score += query[column] * key[column];
                score *= rsqrtf(static_cast<float>(HEAD));
            }
            const float high = fmaxf(greatest, warp_max(score));
            const float shrink = expf(greatest - high), weight = expf(score - high);
            greatest = high;
            total = total * shrink + warp_sum(weight);
#pragma unroll
            for (int column = 0; column < COLUMNS; column++) sums[column] *= shrink;
            for (int key = 0; key < count; key++) {
                const float of_key = __shfl_sync(ALL_LANES, weight, key);
                const float *const value = values + (first_key + key) * stride;
#pragma unroll
                for (int column = 0; column < COLUMNS; column++) {
                    const int at = lane + column * WARP;
                    if (at < HEAD) sums[column] += of_key * value[at];
                }
            }
        }
        float *const out = context + static_cast<size_t>(tile.start + query_at) * width + head * HEAD;
#pragma unroll
        for (int column = 0; column < COLUMNS; column++) {
            const int at = lane + column * WARP;
            if (at < HEAD) out[at] = sums[column] / total;
        }
    }
}

} // namespace plain
