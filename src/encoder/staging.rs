//! A packed batch as the GPU's kernels read it.

use super::PackedBatch;

/// Queries in one tile of attention, as in `cuda/kernels/`.
pub(super) const TILE_QUERIES: usize = 64;

/// A statement has two tokens at least.
const FEWEST_TOKENS: usize = 2;

/// How many statements so many tokens can be.
pub(super) fn statements_of(tokens: usize) -> usize {
    tokens / FEWEST_TOKENS
}

/// How many numbers tell of a batch of so many tokens: ids, positions, starts and tiles.
pub(super) fn staged_len(tokens: usize) -> usize {
    let statements = statements_of(tokens);
    2 * tokens + statements + 1 + 3 * (tokens / TILE_QUERIES + statements)
}

/// Writes a batch as the kernels read it: ids, positions, each statement's first token with the number of all behind
/// them, and the tiles of attention. Returns how many tiles there are.
pub(super) fn stage(batch: &PackedBatch, staged: &mut [u32]) -> usize {
    let rows = batch.token_ids.len();
    let (ids, rest) = staged.split_at_mut(rows);
    let (positions, rest) = rest.split_at_mut(rows);
    let (starts, tiles) = rest.split_at_mut(batch.lengths.len() + 1);
    ids.copy_from_slice(&batch.token_ids);
    positions.copy_from_slice(&batch.positions);
    let mut tiles = tiles.chunks_exact_mut(3);
    let mut count = 0;
    for ((start, length), place) in batch.spans().zip(starts.iter_mut()) {
        *place = start as u32;
        for first in (0..length).step_by(TILE_QUERIES) {
            let tile = tiles.next().expect("there is room for the tiles of any lengths");
            tile.copy_from_slice(&[start as u32, length as u32, first as u32]);
            count += 1;
        }
    }
    starts[batch.lengths.len()] = rows as u32;
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_staged_as_the_kernels_read_it() {
        let statements: [Vec<u32>; 3] = [vec![5, 6], (0..130).collect(), vec![7; 64]];
        let batch = PackedBatch::new(statements.iter().map(Vec::as_slice));
        let rows = 2 + 130 + 64;
        let mut staged = vec![u32::MAX; staged_len(rows)];
        let tile_count = stage(&batch, &mut staged);
        let (ids, rest) = staged.split_at(rows);
        let (positions, rest) = rest.split_at(rows);
        let (starts, tiles) = rest.split_at(4);
        assert_eq!(ids, statements.concat());
        assert_eq!(
            (&positions[..3], positions[131], positions[132]),
            (&[0, 1, 0][..], 129, 0)
        );
        assert_eq!(starts, [0, 2, 132, 196]);
        let expected = [[0, 2, 0], [2, 130, 0], [2, 130, 64], [2, 130, 128], [132, 64, 0]];
        assert_eq!(tile_count, expected.len());
        assert_eq!(tiles[..3 * tile_count], expected.concat());
    }

    /// However tokens fall to statements, what a lane keeps for them is enough.
    #[test]
    fn there_is_room_for_any_batch() {
        for lengths in [vec![2; 100], vec![200], vec![65, 65, 70], vec![2, 63, 64, 65, 6]] {
            let tokens: usize = lengths.iter().sum();
            let ids = vec![1; tokens];
            let mut rest = ids.as_slice();
            let statements = lengths.iter().map(|&length| {
                let (own, others) = rest.split_at(length);
                rest = others;
                own
            });
            let batch = PackedBatch::new(statements);
            let mut staged = vec![0; staged_len(tokens)];
            let tile_count = stage(&batch, &mut staged);
            let used = 2 * tokens + lengths.len() + 1 + 3 * tile_count;
            assert!(used <= staged.len(), "{lengths:?}");
        }
    }
}
