//! What to do where a model cannot run on a device, in the command line's own words.

use super::CommandError;
use crate::classifier::ClassifyError;
use crate::corpus::CorpusError;
use crate::device::DeviceError;
use crate::training::TrainError;

/// Which options help with an error, if some do.
pub(super) fn advice(error: &CommandError) -> Option<&'static str> {
    match error {
        CommandError::Classify(error)
        | CommandError::Corpus(CorpusError::Classify(error))
        | CommandError::Train(TrainError::Classify(error)) => of_classifying(error),
        _ => None,
    }
}

fn of_classifying(error: &ClassifyError) -> Option<&'static str> {
    match error {
        ClassifyError::Device(error) => of_device(error),
        ClassifyError::BeyondFloat16 => Some(WIDER),
        _ => None,
    }
}

const WIDER: &str = "choose --precision bf16 or f32";

fn of_device(error: &DeviceError) -> Option<&'static str> {
    Some(match error {
        DeviceError::NotBuilt => "build it with `--features cuda`, or choose --device cpu",
        DeviceError::NoKernels => "build it without DEMARCHE_WITHOUT_NVCC, or choose --device cpu",
        DeviceError::NoDriver => "install the driver, or choose --device cpu",
        DeviceError::NoGpu { .. } => {
            "see what `nvidia-smi` and CUDA_VISIBLE_DEVICES say, or choose --device cpu"
        }
        DeviceError::NoSuchGpu { .. } => "choose one of those, or --device cuda for all",
        DeviceError::TooOldGpu { .. } | DeviceError::UnsupportedModel { .. } => "choose --device cpu",
        DeviceError::TooOldDriver { .. } => "update the driver, or choose --device cpu",
        DeviceError::MixedGpus { .. } => {
            "choose one by --device cuda:N, or those of one kind by CUDA_VISIBLE_DEVICES"
        }
        DeviceError::OneOfSeveral { .. } => {
            "choose another by --device cuda:N, or leave it out by CUDA_VISIBLE_DEVICES"
        }
        DeviceError::TooLittleMemory { .. } | DeviceError::OutOfMemory { .. } => {
            "see by `nvidia-smi` what else runs there, or choose --device cpu"
        }
        DeviceError::BeyondFloat16 { .. } => WIDER,
        DeviceError::NeedsGpu { .. } => "choose --precision f32, int8 or auto for the CPU",
        DeviceError::Precision { .. } | DeviceError::Driver { .. } => return None,
    })
}
