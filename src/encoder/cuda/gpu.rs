//! Finding GPUs, and getting one ready.

use std::sync::Arc;

use cudarc::driver::sys::{self, CUdevice_attribute, CUresult};
use cudarc::driver::{CudaContext, CudaStream, DriverError};

use super::kernels::Kernels;
use super::Numbers;
use crate::device::{ComputeCapability, DeviceError, OLDEST_GPU};

/// A GPU with its kernels loaded.
#[derive(Clone)]
pub struct Gpu {
    context: Arc<CudaContext>,
    kernels: Arc<Kernels>,
    number: usize,
    name: String,
    capability: ComputeCapability,
}

/// The first driver whose library has all that `cudarc` calls without asking (`cuCtxSetFlags` is the newest of it).
const OLDEST_DRIVER: i32 = 12_010;

/// How many GPUs the driver shows.
///
/// # Errors
/// No driver, one that is too old, or no GPU.
pub fn gpus() -> Result<usize, DeviceError> {
    // SAFETY: it looks for the driver's library and loads it; that library's own start-up code is trusted.
    if !unsafe { sys::is_culib_present() } {
        return Err(DeviceError::NoDriver);
    }
    let mut version = 0;
    // SAFETY: it writes a number to where it is told, and may be called before all else. Every driver has it.
    let asked = unsafe { sys::cuDriverGetVersion(&mut version) };
    asked.result().map_err(no_gpu)?;
    check_driver(version)?;
    match CudaContext::device_count().map_err(no_gpu)? {
        count if count > 0 => Ok(count as usize),
        _ => Err(DeviceError::NoGpu {
            detail: "it counts 0".to_owned(),
        }),
    }
}

/// Refuses a driver for an older CUDA, by whose version it goes: 12,010 is 12.1.
fn check_driver(version: i32) -> Result<(), DeviceError> {
    if version >= OLDEST_DRIVER {
        return Ok(());
    }
    let named = |version: i32| format!("{}.{}", version / 1000, version % 1000 / 10);
    Err(DeviceError::TooOldDriver {
        detail: format!(
            "it is for CUDA {}, and {} or later is needed",
            named(version),
            named(OLDEST_DRIVER)
        ),
    })
}

/// Why the driver does not even count GPUs.
fn no_gpu(error: DriverError) -> DeviceError {
    let detail = described(error);
    match error.0 {
        CUresult::CUDA_ERROR_STUB_LIBRARY => DeviceError::NoDriver,
        // The driver's library and its kernel module are of different versions.
        CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => DeviceError::TooOldDriver { detail },
        _ => DeviceError::NoGpu { detail },
    }
}

impl Gpu {
    /// Gets GPU `number` ready, counted from 0, to compute in these numbers.
    ///
    /// # Errors
    /// [`DeviceError`]: no driver, no such GPU, one that is too old, a build without kernels.
    pub fn open(number: usize, numbers: Numbers) -> Result<Self, DeviceError> {
        let count = gpus()?;
        if number >= count {
            return Err(DeviceError::NoSuchGpu { number, count });
        }
        let unnamed = |error| failure(&format!("cuda:{number}"), "starting", error);
        let context = CudaContext::new(number).map_err(unnamed)?;
        let name = context.name().map_err(unnamed)?;
        let starting = |error| failure(&name, "starting", error);
        let (major, minor) = context.compute_capability().map_err(starting)?;
        let capability = ComputeCapability { major, minor };
        if capability < OLDEST_GPU {
            return Err(DeviceError::TooOldGpu {
                gpu: name,
                found: capability,
            });
        }
        // Threads that wait for the GPU leave their cores to those that tokenize for it.
        context.set_blocking_synchronize().map_err(starting)?;
        // SAFETY: events would order uses of a buffer by several streams. Each lane's buffers are used on its own
        // stream alone, and freed on it once it has been waited for. Weights are only read once the stream that brought
        // them has been waited for, and freed when the last lane, which waits for its stream, has let go of them.
        unsafe { context.disable_event_tracking() };
        let kernels = Arc::new(Kernels::load(&context, numbers, false, &name)?);
        Ok(Self {
            context,
            kernels,
            number,
            name,
            capability,
        })
    }

    /// As `--device` takes it, and the model of the GPU: `cuda:0 (NVIDIA H100 80GB HBM3)`.
    pub fn description(&self) -> String {
        format!("cuda:{} ({})", self.number, self.name)
    }

    /// Its place among the GPUs that the driver shows, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Nvidia's number for what it can do. GPUs of one number give the same results, to the last bit.
    pub fn capability(&self) -> ComputeCapability {
        self.capability
    }

    /// What the driver calls this GPU's bus, by which other tools know it: `00000000:07:00.0`.
    ///
    /// # Errors
    /// The driver's.
    pub fn bus(&self) -> Result<String, DeviceError> {
        let attribute = |attribute| {
            self.context
                .attribute(attribute)
                .map_err(|error| self.failure("looking at it", error))
        };
        Ok(format!(
            "{:08x}:{:02x}:{:02x}.0",
            attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID)?,
            attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_PCI_BUS_ID)?,
            attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID)?
        ))
    }

    pub(super) fn multiprocessors(&self) -> Result<usize, DeviceError> {
        let count = CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
        let count = self.context.attribute(count);
        Ok(count.map_err(|error| self.failure("looking at it", error))? as usize)
    }

    pub(super) fn kernels(&self) -> &Arc<Kernels> {
        &self.kernels
    }

    pub(super) fn context(&self) -> &Arc<CudaContext> {
        &self.context
    }

    pub(super) fn stream(&self) -> Result<Arc<CudaStream>, DeviceError> {
        self.context
            .new_stream()
            .map_err(|error| self.failure("opening a stream", error))
    }

    /// Bytes of memory that nobody uses.
    pub(super) fn free_memory(&self) -> Result<usize, DeviceError> {
        let (free, _) = self
            .context
            .mem_get_info()
            .map_err(|error| self.failure("looking at its memory", error))?;
        Ok(free)
    }

    /// An error of the driver's on this GPU.
    pub(super) fn failure(&self, doing: &'static str, error: DriverError) -> DeviceError {
        failure(&self.name, doing, error)
    }

    /// Refuses where there is not so much memory free.
    pub(super) fn check_memory(&self, needed: usize) -> Result<(), DeviceError> {
        let free = self.free_memory()?;
        if needed <= free {
            return Ok(());
        }
        Err(DeviceError::TooLittleMemory {
            gpu: self.description(),
            needed_mb: needed.div_ceil(1_000_000),
            free_mb: free / 1_000_000,
        })
    }
}

/// An error of the driver's, in our words.
pub(super) fn failure(gpu: &str, doing: &'static str, error: DriverError) -> DeviceError {
    let (gpu, detail) = (gpu.to_owned(), described(error));
    match error.0 {
        CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION | CUresult::CUDA_ERROR_NO_BINARY_FOR_GPU => {
            DeviceError::TooOldDriver { detail }
        }
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => DeviceError::OutOfMemory { gpu, doing },
        _ => DeviceError::Driver { gpu, doing, detail },
    }
}

fn described(error: DriverError) -> String {
    match error.error_string() {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(_) => format!("{:?}", error.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_drivers_are_refused_by_their_version() {
        for version in [12_010, 12_080, 13_000] {
            check_driver(version).unwrap();
        }
        let error = check_driver(11_080).unwrap_err().to_string();
        assert!(error.contains("for CUDA 11.8, and 12.1 or later"), "{error}");
    }
}
