//! What a GPU can do when nothing else holds it up: what throughput is measured against.

use std::time::{Duration, Instant};

use super::gpu::Gpu;
use crate::device::DeviceError;

/// A GPU's ceilings, as measured.
#[derive(Clone, Copy, Debug)]
pub struct Peak {
    /// Multiplications and additions a second, all operands in registers, by the instructions that the linear maps
    /// use.
    pub operations_per_second: f64,
    /// Bytes a second that a copy within the GPU's memory reads and writes.
    pub bytes_per_second: f64,
}

/// Products a launch makes: some milliseconds.
const ROUNDS: usize = 4096;
/// Far beyond any cache.
const COPIED_BYTES: usize = 512 << 20;

impl Gpu {
    /// Measures the ceilings, each over `duration`; the best of several rounds.
    ///
    /// # Errors
    /// [`DeviceError::TooLittleMemory`] where a gigabyte is not free, or the driver's.
    pub fn peak(&self, duration: Duration) -> Result<Peak, DeviceError> {
        self.check_memory(2 * COPIED_BYTES)?;
        let stream = self.stream()?;
        let failed = |error| self.failure("measuring its peak", error);
        let mut from = stream.alloc_zeros::<u8>(COPIED_BYTES).map_err(failed)?;
        let mut to = stream.alloc_zeros::<u8>(COPIED_BYTES).map_err(failed)?;
        let blocks = 8 * self.multiprocessors()?;
        let best = |work: &mut dyn FnMut() -> Result<f64, DeviceError>| -> Result<f64, DeviceError> {
            let begun = Instant::now();
            let mut best: f64 = 0.0;
            work()?;
            stream.synchronize().map_err(failed)?;
            while begun.elapsed() < duration {
                let round = Instant::now();
                let amount = work()?;
                stream.synchronize().map_err(failed)?;
                best = best.max(amount / round.elapsed().as_secs_f64());
            }
            Ok(best)
        };
        let operations_per_second = best(&mut || {
            let operations = self.kernels().peak(&stream, &mut from, blocks, ROUNDS);
            operations.map_err(failed)
        })?;
        let bytes_per_second = best(&mut || {
            stream.memcpy_dtod(&from, &mut to).map_err(failed)?;
            Ok(2.0 * COPIED_BYTES as f64)
        })?;
        Ok(Peak {
            operations_per_second,
            bytes_per_second,
        })
    }
}
