// Products with all operands in registers: what throughput is measured against. Each warp makes `rounds` times
// eight independent products of 16 × 8 × 16 (tensor cores), or each thread 64 multiplications and additions.
#pragma once

#include "tensor_cores.cuh"

template <typename T> __device__ __forceinline__ void peak_tensor(int rounds, float *output) {
    float sums[8][4] = {};
    const unsigned number = pack<T>(1e-3f * threadIdx.x, 1e-3f);
    const unsigned a[4] = {number, number, number, number};
    for (int round = 0; round < rounds; round++) {
#pragma unroll
        for (int product = 0; product < 8; product++) multiply_add<T>(sums[product], a, number, number);
    }
    float sum = 0;
    for (int product = 0; product < 8; product++) sum += sums[product][0];
    // Never, but the compiler cannot know.
    if (sum == -1.0f) output[0] = sum;
}

__device__ __forceinline__ void peak_plain(int rounds, float *output) {
    float sums[16] = {};
    const float number = 1e-3f * threadIdx.x;
    for (int round = 0; round < rounds; round++) {
#pragma unroll
        for (int product = 0; product < 64; product++) {
            sums[product % 16] = fmaf(number, sums[product % 16], number);
        }
    }
    float sum = 0;
    for (int product = 0; product < 16; product++) sum += sums[product];
    if (sum == -1.0f) output[0] = sum;
}
