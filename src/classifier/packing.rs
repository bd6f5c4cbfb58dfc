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
}
