// The three kinds of number that states and weights are kept in, and what every kernel does with them.
// Sums are always float32.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

using f16 = __half;
using bf16 = __nv_bfloat16;

constexpr int WARP = 32;
constexpr unsigned ALL_LANES = 0xffffffff;

__device__ __forceinline__ float widen(float value) { return value; }
__device__ __forceinline__ float widen(f16 value) { return __half2float(value); }
__device__ __forceinline__ float widen(bf16 value) { return __bfloat162float(value); }

template <typename T> __device__ __forceinline__ T narrow(float value);
template <> __device__ __forceinline__ float narrow<float>(float value) { return value; }
template <> __device__ __forceinline__ f16 narrow<f16>(float value) { return __float2half_rn(value); }
template <> __device__ __forceinline__ bf16 narrow<bf16>(float value) { return __float2bfloat16_rn(value); }

// Two neighbours, read and written at once.
template <typename T> struct alignas(2 * sizeof(T)) Pair {
    T first, second;
};

template <typename T> __device__ __forceinline__ float2 load_pair(const T *numbers, int pair) {
    const Pair<T> loaded = reinterpret_cast<const Pair<T> *>(numbers)[pair];
    return make_float2(widen(loaded.first), widen(loaded.second));
}

template <typename T> __device__ __forceinline__ void store_pair(T *numbers, int pair, float2 values) {
    reinterpret_cast<Pair<T> *>(numbers)[pair] = Pair<T>{narrow<T>(values.x), narrow<T>(values.y)};
}

// Four neighbours, read and written at once.
template <typename T> struct alignas(4 * sizeof(T)) Quad {
    T numbers[4];
};

template <typename T> __device__ __forceinline__ float4 load_quad(const T *numbers, int quad) {
    const Quad<T> loaded = reinterpret_cast<const Quad<T> *>(numbers)[quad];
    return make_float4(widen(loaded.numbers[0]), widen(loaded.numbers[1]), widen(loaded.numbers[2]),
                       widen(loaded.numbers[3]));
}

template <typename T> __device__ __forceinline__ void store_quad(T *numbers, int quad, float4 values) {
    reinterpret_cast<Quad<T> *>(numbers)[quad] =
        Quad<T>{{narrow<T>(values.x), narrow<T>(values.y), narrow<T>(values.z), narrow<T>(values.w)}};
}

__device__ __forceinline__ float4 operator+(float4 a, float4 b) {
    return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

__device__ __forceinline__ float sum_of(float4 four) { return (four.x + four.y) + (four.z + four.w); }

// The sum over a warp, the same in every lane.
__device__ __forceinline__ float warp_sum(float value) {
    for (int distance = WARP / 2; distance > 0; distance /= 2) {
        value += __shfl_xor_sync(ALL_LANES, value, distance);
    }
    return value;
}

__device__ __forceinline__ float warp_max(float value) {
    for (int distance = WARP / 2; distance > 0; distance /= 2) {
        value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, distance));
    }
    return value;
}

// 2 to the power of x, and 1 / x, by one instruction each, within 2 of the last bits.
__device__ __forceinline__ float fast_exp2(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ __forceinline__ float fast_reciprocal(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// x · Φ(x) (Hendrycks and Gimpel, 2016), by the library's error function.
__device__ __forceinline__ float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678f)); }

// The same within 5e-7, a thousandth of float16's rounding, in half the instructions: Abramowitz and Stegun, 7.1.26,
// for the upper tail of Φ.
__device__ __forceinline__ float fast_gelu(float x) {
    const float z = fabsf(x) * 0.70710678f;
    const float t = fast_reciprocal(fmaf(0.3275911f, z, 1.0f));
    float polynomial = fmaf(1.061405429f, t, -1.453152027f);
    polynomial = fmaf(polynomial, t, 1.421413741f);
    polynomial = fmaf(polynomial, t, -0.284496736f);
    polynomial = fmaf(polynomial, t, 0.254829592f);
    const float tail = 0.5f * polynomial * t * fast_exp2(z * z * -1.44269504f);
    return x >= 0.0f ? fmaf(-x, tail, x) : x * tail;
}
