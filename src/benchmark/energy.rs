//! What GPUs have consumed, where their driver says so.

/// Counts what some GPUs consume from now on.
pub struct EnergyMeter(Option<Counters>);

#[cfg(feature = "cuda")]
struct Counters {
    driver: nvml_wrapper::Nvml,
    /// Each GPU's bus, and its counter at the start in millijoules.
    gpus: Vec<(String, u64)>,
}

#[cfg(not(feature = "cuda"))]
enum Counters {}

impl EnergyMeter {
    /// Starts counting for the GPUs at these buses, as [`crate::Classifier::gpu_buses`] names them.
    pub fn start(buses: &[String]) -> Self {
        Self(Counters::start(buses).filter(|_| !buses.is_empty()))
    }

    /// Joules since the start; `None` of no GPU, or where a driver does not say.
    pub fn joules(&self) -> Option<f64> {
        self.0.as_ref()?.joules()
    }
}

#[cfg(feature = "cuda")]
impl Counters {
    fn start(buses: &[String]) -> Option<Self> {
        let driver = nvml_wrapper::Nvml::init().ok()?;
        let gpus = buses
            .iter()
            .map(|bus| Some((bus.clone(), counter(&driver, bus)?)));
        Some(Self {
            gpus: gpus.collect::<Option<_>>()?,
            driver,
        })
    }

    fn joules(&self) -> Option<f64> {
        let consumed = |(bus, start): &(String, u64)| {
            let now = counter(&self.driver, bus)?;
            Some(now.saturating_sub(*start) as f64 / 1e3)
        };
        self.gpus.iter().map(consumed).sum()
    }
}

/// Millijoules since the driver was loaded.
#[cfg(feature = "cuda")]
fn counter(driver: &nvml_wrapper::Nvml, bus: &str) -> Option<u64> {
    let gpu = driver.device_by_pci_bus_id(bus).ok()?;
    gpu.total_energy_consumption().ok()
}

#[cfg(not(feature = "cuda"))]
impl Counters {
    fn start(_: &[String]) -> Option<Self> {
        None
    }

    fn joules(&self) -> Option<f64> {
        match *self {}
    }
}
