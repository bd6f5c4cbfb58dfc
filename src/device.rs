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
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error("this demarche was built without CUDA; build it with `--features cuda`, or choose --device cpu")]
    NotBuilt,
    #[error(
        "this demarche was built without CUDA's compiler and has no GPU kernels; build it without \
         DEMARCHE_WITHOUT_NVCC, or choose --device cpu"
    )]
    NoKernels,
    #[error("no Nvidia driver is installed: its library, libcuda, is not found; install the driver, or choose --device cpu")]
    NoDriver,
    #[error(
        "the Nvidia driver finds no GPU ({detail}); see what `nvidia-smi` and CUDA_VISIBLE_DEVICES say, or choose \
         --device cpu"
    )]
    NoGpu { detail: String },
    #[error("there is no GPU {number}: the driver shows {count}, counted from 0")]
    NoSuchGpu { number: usize, count: usize },
    #[error(
        "{gpu} has compute capability {found}; the kernels need 8.0 (Ampere) or later; choose --device cpu"
    )]
    TooOldGpu { gpu: String, found: String },
    #[error("the Nvidia driver is older than the CUDA that this demarche was built with ({detail}); update the driver, or build with an older CUDA")]
    TooOldDriver { detail: String },
    #[error(
        "{gpu} has too little free memory: {needed_mb} MB are needed and {free_mb} MB are free; see what else runs \
         there, or lower --batch-tokens"
    )]
    TooLittleMemory {
        gpu: String,
        needed_mb: usize,
        free_mb: usize,
    },
    #[error("the GPU kernels cannot run this model: {what}; choose --device cpu")]
    UnsupportedModel { what: String },
    #[error("{precision} does not run on {device}; there, choose {known}")]
    Precision {
        precision: &'static str,
        device: &'static str,
        known: &'static str,
    },
    #[error("{gpu} failed while {doing}: {detail}")]
    Driver {
        gpu: String,
        doing: &'static str,
        detail: String,
    },
}

impl DeviceError {
    /// What is wrong, without the advice to choose the CPU: for where it is chosen anyway.
    pub fn cause(&self) -> String {
        let message = self.to_string();
        let advice = [", or choose --device cpu", "; choose --device cpu"];
        let stripped = advice.iter().find_map(|advice| message.strip_suffix(advice));
        stripped.unwrap_or(&message).to_owned()
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
    fn a_cause_comes_without_advice() {
        assert_eq!(
            DeviceError::NotBuilt.cause(),
            "this demarche was built without CUDA; build it with `--features cuda`"
        );
        let error = DeviceError::NoSuchGpu { number: 3, count: 1 };
        assert_eq!(error.cause(), error.to_string());
    }
}
