//! Which of a machine's GPUs are used.

use crate::classifier::engine::Wanted;
use crate::classifier::ClassifyError;
use crate::device::{ComputeCapability, DeviceError};

/// A GPU that was got ready, or why it cannot be.
pub(super) struct Candidate<T> {
    pub(super) number: usize,
    pub(super) outcome: Result<(ComputeCapability, T), ClassifyError>,
}

/// The GPUs to use out of those that are wanted, one at least, and what is to be said of those left out.
///
/// All that are used are of one compute capability: another kind of GPU may sum in another order.
///
/// # Errors
/// Where all are wanted, that one cannot be used, or that they are of different kinds; otherwise why the first cannot.
/// What is no matter of the device is always an error.
pub(super) fn select<T>(
    candidates: Vec<Candidate<T>>,
    wanted: Wanted,
) -> Result<(Vec<T>, Vec<String>), ClassifyError> {
    let count = candidates.len();
    let (mut usable, mut unusable) = (Vec::new(), Vec::new());
    for Candidate { number, outcome } in candidates {
        match outcome {
            Ok((capability, ready)) => usable.push((number, capability, ready)),
            Err(ClassifyError::Device(why)) => unusable.push((number, why)),
            Err(error) => return Err(error),
        }
    }
    if usable.is_empty() || (wanted != Wanted::Usable && !unusable.is_empty()) {
        let (number, why) = unusable.swap_remove(0);
        return Err(match count {
            1 => why.into(),
            _ => DeviceError::OneOfSeveral {
                number,
                why: Box::new(why),
            }
            .into(),
        });
    }
    let kind = usable[0].1;
    if wanted != Wanted::Usable && usable.iter().any(|(_, capability, _)| *capability != kind) {
        let each = usable
            .iter()
            .map(|(number, capability, _)| format!("cuda:{number} has compute capability {capability}"));
        return Err(DeviceError::MixedGpus {
            found: each.collect::<Vec<_>>().join(", "),
        }
        .into());
    }
    let mut left_out: Vec<String> = unusable
        .into_iter()
        .map(|(number, why)| format!("cuda:{number} is left out: {why}"))
        .collect();
    let mut selected = Vec::new();
    for (number, capability, ready) in usable {
        if capability == kind {
            selected.push(ready);
        } else {
            left_out.push(format!(
                "cuda:{number} is left out: it has compute capability {capability}, and the first {kind}"
            ));
        }
    }
    Ok((selected, left_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMPERE: ComputeCapability = ComputeCapability { major: 8, minor: 0 };
    const HOPPER: ComputeCapability = ComputeCapability { major: 9, minor: 0 };

    /// GPUs of these kinds, in order; of `None`, one that cannot be used.
    fn selected(
        kinds: &[Option<ComputeCapability>],
        wanted: Wanted,
    ) -> Result<(Vec<usize>, Vec<String>), ClassifyError> {
        let candidates = kinds.iter().enumerate().map(|(number, kind)| Candidate {
            number,
            outcome: match kind {
                Some(kind) => Ok((*kind, number)),
                None => Err(DeviceError::OutOfMemory {
                    gpu: format!("GPU {number}"),
                    doing: "starting",
                }
                .into()),
            },
        });
        select(candidates.collect(), wanted)
    }

    #[test]
    fn gpus_of_one_kind_are_all_used() {
        for wanted in [Wanted::All, Wanted::Usable] {
            let (numbers, left_out) = selected(&[Some(HOPPER), Some(HOPPER)], wanted).unwrap();
            assert_eq!((numbers, left_out.len()), (vec![0, 1], 0));
        }
        let (numbers, _) = selected(&[Some(AMPERE)], Wanted::One(0)).unwrap();
        assert_eq!(numbers, [0]);
    }

    #[test]
    fn what_was_asked_for_and_cannot_be_used_is_an_error() {
        let error = selected(&[Some(HOPPER), None], Wanted::All)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("cuda:1 cannot be used: GPU 1 has run out"),
            "{error}"
        );
        let error = selected(&[Some(HOPPER), Some(AMPERE)], Wanted::All).unwrap_err();
        assert!(
            error.to_string().contains("cuda:1 has compute capability 8.0"),
            "{error}"
        );
        let error = selected(&[None], Wanted::One(0)).unwrap_err().to_string();
        assert!(error.starts_with("GPU 0 has run out"), "{error}");
    }

    #[test]
    fn where_it_is_left_to_us_the_rest_is_left_out_and_named() {
        let (numbers, left_out) =
            selected(&[None, Some(HOPPER), Some(AMPERE), Some(HOPPER)], Wanted::Usable).unwrap();
        assert_eq!(numbers, [1, 3]);
        assert!(
            left_out[0].starts_with("cuda:0 is left out: GPU 0 has run out"),
            "{left_out:?}"
        );
        assert!(
            left_out[1].starts_with("cuda:2 is left out: it has compute capability 8.0"),
            "{left_out:?}"
        );
        assert!(selected(&[None, None], Wanted::Usable).is_err());
    }

    #[test]
    fn an_error_of_the_model_is_no_matter_of_the_device() {
        let candidates = vec![Candidate::<()> {
            number: 0,
            outcome: Err(ClassifyError::NotFinite),
        }];
        let error = select(candidates, Wanted::Usable).unwrap_err();
        assert!(matches!(error, ClassifyError::NotFinite), "{error}");
    }
}
