//! Going over rows of any width in vectors.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Elem, Simd};

/// Calls `body` with the place and length of each vector of a row of `width` numbers: `lanes`, but for
/// what is left at its end.
#[inline(always)]
pub(super) fn for_each_vector(lanes: usize, width: usize, mut body: impl FnMut(usize, usize)) {
    let whole = width - width % lanes;
    let mut at = 0;
    while at < whole {
        body(at, lanes);
        at += lanes;
    }
    if whole < width {
        body(whole, width - whole);
    }
}

/// The numbers of a slice that is at most one vector long, zeros after them.
#[inline(always)]
pub(super) fn load<T: Elem, O: BitOps<T>>(ops: O, slice: &[T]) -> O::Simd {
    if slice.len() == ops.len() {
        ops.load(slice)
    } else {
        ops.load_pad(slice).0
    }
}

/// Fills a slice that is at most one vector long.
#[inline(always)]
pub(super) fn store<T: Elem, O: NumOps<T>>(ops: O, vector: O::Simd, slice: &mut [T])
where
    O::Simd: Simd<Elem = T>,
{
    if slice.len() == ops.len() {
        ops.store(vector, slice);
    } else {
        slice.copy_from_slice(&vector.to_array().as_ref()[..slice.len()]);
    }
}
