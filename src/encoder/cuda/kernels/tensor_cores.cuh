// The tensor cores' product of 16 rows × 16 by 16 × 8 columns, and loads of its operands.
//
// How lanes hold the operands: "Matrix Fragments for mma.m16n8k16" in the PTX manual. With g = lane / 4 and
// t = lane % 4, a lane has of A rows g and g + 8, columns 2t, 2t + 1, 2t + 8 and 2t + 9; of B the rows of the
// same numbers, column g; of the sums rows g and g + 8, columns 2t and 2t + 1.
#pragma once

#include "numbers.cuh"

template <typename T>
__device__ __forceinline__ void multiply_add(float (&sums)[4], const unsigned (&a)[4], unsigned b0, unsigned b1);

template <>
__device__ __forceinline__ void multiply_add<f16>(float (&sums)[4], const unsigned (&a)[4], unsigned b0,
                                                  unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

template <>
__device__ __forceinline__ void multiply_add<bf16>(float (&sums)[4], const unsigned (&a)[4], unsigned b0,
                                                   unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four 8 × 8 blocks from shared memory; each lane names one row of eight numbers.
template <typename T> __device__ __forceinline__ void load_blocks(unsigned (&blocks)[4], const T *row) {
    const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(blocks[0]), "=r"(blocks[1]), "=r"(blocks[2]), "=r"(blocks[3])
                 : "r"(address)
                 : "memory");
}

// Sixteen bytes from global to shared memory, in the background; zeros where there is nothing to read.
__device__ __forceinline__ void copy_later(void *shared, const void *global, bool is_there) {
    const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(global),
                 "r"(is_there ? 16 : 0)
                 : "memory");
}

__device__ __forceinline__ void close_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most `OPEN` of the last groups of copies are under way.
template <int OPEN> __device__ __forceinline__ void await_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(OPEN) : "memory");
}

template <typename T> __device__ __forceinline__ unsigned pack(float first, float second) {
    const Pair<T> pair{narrow<T>(first), narrow<T>(second)};
    return *reinterpret_cast<const unsigned *>(&pair);
}

template <typename T> __device__ __forceinline__ unsigned pack(T first, T second) {
    const Pair<T> pair{first, second};
    return *reinterpret_cast<const unsigned *>(&pair);
}

// Two neighbours as they lie in global memory.
template <typename T> __device__ __forceinline__ unsigned two(const T *numbers) {
    return *reinterpret_cast<const unsigned *>(numbers);
}
