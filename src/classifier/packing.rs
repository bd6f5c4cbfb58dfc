//! Which statements share a batch.

/// Sorts statements by length and cuts the row into batches of at most `batch_tokens` tokens.
///
/// Returns the indices of each batch's statements. Longest first, so that the last batches to
/// finish are the small ones and no thread waits long for another. A statement longer than
/// `batch_tokens` has a batch of its own.
pub(super) fn pack(lengths: &[usize], batch_tokens: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(lengths[index]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for index in order {
        match batches.last_mut() {
            Some(batch) if lengths[index] <= room => batch.push(index),
            _ => {
                batches.push(vec![index]);
                room = batch_tokens;
            }
        }
        room = room.saturating_sub(lengths[index]);
    }
    batches
}

/// The most tokens in a batch for a GPU, of `all` tokens and at most `most`: so many that every lane gets as many batches as the
/// others.
#[cfg(any(feature = "cuda", test))]
pub(super) fn balanced(all: usize, most: usize, lanes: usize) -> usize {
    let batches = all.div_ceil(most).max(1).next_multiple_of(lanes);
    // Batches are not filled to the last token: without some room, a small one would be left over.
    let share = all.div_ceil(batches) + FILLING_ROOM;
    most.min(share.max(SMALLEST_SHARE))
}

/// A batch of fewer tokens does not fill a GPU.
#[cfg(any(feature = "cuda", test))]
const SMALLEST_SHARE: usize = 4096;

/// What a batch may stay under its share for want of a statement that fits.
#[cfg(any(feature = "cuda", test))]
const FILLING_ROOM: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_statement_lands_in_one_batch_within_the_budget(
            lengths in prop::collection::vec(2usize..600, 0..200),
            batch_tokens in 1usize..2000,
        ) {
            let batches = pack(&lengths, batch_tokens);
            let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for batch in &batches {
                let tokens: usize = batch.iter().map(|&index| lengths[index]).sum();
                prop_assert!(tokens <= batch_tokens || batch.len() == 1);
            }
        }
    }

    #[test]
    fn batches_are_full_and_the_longest_come_first() {
        assert_eq!(pack(&[3, 9, 4, 2], 10), vec![vec![1], vec![2, 0, 3]]);
    }

    #[test]
    fn every_lane_gets_as_many_batches() {
        for (all, lanes, batches) in [(60_000, 2, 2), (70_000, 2, 4), (200_000, 4, 8), (130_000, 2, 4)] {
            let tokens = balanced(all, 32_768, lanes);
            assert!(tokens <= 32_768);
            assert_eq!(all.div_ceil(tokens), batches, "{all} tokens on {lanes} lanes");
        }
    }

    #[test]
    fn little_work_is_not_cut_to_pieces() {
        assert_eq!(balanced(0, 32_768, 2), SMALLEST_SHARE);
        assert_eq!(balanced(5_000, 32_768, 2), SMALLEST_SHARE);
        // A GPU with little memory, or the user, may want fewer.
        assert_eq!(balanced(5_000, 1_000, 2), 1_000);
    }
}
