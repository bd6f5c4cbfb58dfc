//! Where the encoder runs, by name, and why it cannot run there.

use std::str::FromStr;

/// What the user chooses: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// All Nvidia GPUs where this build can use one and one is there; otherwise the CPU.
    #[default]
    Auto,
    Cpu,
    /// All Nvidia GPUs that the driver shows.
    Cuda,
    /// One of them, counted from 0.
    CudaNumber(usize),
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Cpu => f.pad("cpu"),
            Self::Cuda => f.pad("cuda"),
            Self::CudaNumber(number) => f.pad(&format!("cuda:{number}")),
        }
    }
}

/// A name that stands for no device.
#[derive(Debug, thiserror::Error)]
#[error("there is no device `{0}`; choose auto, cpu, cuda or cuda:N, where N counts GPUs from 0")]
pub struct UnknownDevice(String);

impl FromStr for DeviceChoice {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            _ => {
                let digits = name.strip_prefix("cuda:").filter(|digits| {
                    // `parse` would take a sign, too.
                    digits.bytes().all(|byte| byte.is_ascii_digit())
                });
                let number = digits.and_then(|digits| digits.parse().ok());
                number
                    .map(Self::CudaNumber)
                    .ok_or_else(|| UnknownDevice(name.to_owned()))
            }
        }
    }
}

/// Why a GPU cannot be used. Nothing falls back to the CPU by itself: whoever asks for a GPU is told.
///
/// The messages say what is wrong; what to do about it is the caller's to say, in the words of its own options.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("this demarche was built without CUDA")]
    NotBuilt,
    #[error("this demarche was built without CUDA's compiler and has no GPU kernels")]
    NoKernels,
    #[error("no Nvidia driver is installed: its library, libcuda, is not found")]
    NoDriver,
    #[error("the Nvidia driver finds no GPU ({detail})")]
    NoGpu { detail: String },
    #[error("there is no GPU {number}: the driver shows {count}, counted from 0")]
    NoSuchGpu { number: usize, count: usize },
    #[error("{gpu} has compute capability {found}; the kernels need {OLDEST_GPU} (Ampere) or later")]
    TooOldGpu { gpu: String, found: ComputeCapability },
    #[error("the Nvidia driver is too old: {detail}")]
    TooOldDriver { detail: String },
    #[error("the GPUs are of different kinds, whose results may differ in their last bits: {found}")]
    MixedGpus { found: String },
    #[error("cuda:{number} cannot be used: {why}")]
    OneOfSeveral { number: usize, why: Box<DeviceError> },
    #[error("{gpu} has too little free memory: {needed_mb} MB are needed and {free_mb} MB are free")]
    TooLittleMemory {
        gpu: String,
        needed_mb: usize,
        free_mb: usize,
    },
    #[error("{gpu} has run out of memory while {doing}")]
    OutOfMemory { gpu: String, doing: &'static str },
    #[error("the GPU kernels cannot run this model: {what}")]
    UnsupportedModel { what: String },
    #[error("the model's `{tensor}` has numbers beyond float16's range")]
    BeyondFloat16 { tensor: String },
    #[error("{precision} does not run on {device}; there, choose {known}")]
    Precision {
        precision: &'static str,
        device: &'static str,
        known: &'static str,
    },
    #[error("{precision} runs on GPUs alone, and none can be used here: {why}")]
    NeedsGpu {
        precision: &'static str,
        why: Box<DeviceError>,
    },
    #[error("{gpu} failed while {doing}: {detail}")]
    Driver {
        gpu: String,
        doing: &'static str,
        detail: String,
    },
}

/// Nvidia's number for what a GPU can do: 8.0 is Ampere, 9.0 Hopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComputeCapability {
    pub major: i32,
    pub minor: i32,
}

/// The kernels use its instructions: `mma.sync` in bfloat16, `cp.async`.
pub const OLDEST_GPU: ComputeCapability = ComputeCapability { major: 8, minor: 0 };

impl std::fmt::Display for ComputeCapability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for choice in [
            DeviceChoice::Auto,
            DeviceChoice::Cpu,
            DeviceChoice::Cuda,
            DeviceChoice::CudaNumber(0),
            DeviceChoice::CudaNumber(11),
        ] {
            assert_eq!(choice.to_string().parse::<DeviceChoice>().unwrap(), choice);
        }
        for name in [
            "",
            "gpu",
            "CUDA",
            "cuda:",
            "cuda:x",
            "cuda:-1",
            "cuda:+1",
            "cuda:99999999999999999999",
        ] {
            let error = name.parse::<DeviceChoice>().unwrap_err();
            assert!(error.to_string().contains("cuda:N"), "{error}");
        }
    }

    #[test]
    fn capabilities_are_compared_and_written_as_numbers() {
        let hopper = ComputeCapability { major: 9, minor: 0 };
        let ada = ComputeCapability { major: 8, minor: 9 };
        assert!(ada > OLDEST_GPU && hopper > ada);
        let error = DeviceError::TooOldGpu {
            gpu: "T4".to_owned(),
            found: ComputeCapability { major: 7, minor: 5 },
        };
        assert_eq!(
            error.to_string(),
            "T4 has compute capability 7.5; the kernels need 8.0 (Ampere) or later"
        );
    }
}
