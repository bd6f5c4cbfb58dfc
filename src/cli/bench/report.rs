//! What was measured, as a table or as JSON.

use std::io::Write;

use serde::Serialize;

use crate::benchmark::{Latency, Parity, Spread, Throughput};
use crate::classifier::Precision;

/// Everything that was measured.
#[derive(Serialize)]
pub(super) struct Report {
    version: &'static str,
    pub(super) results: Vec<Measured>,
    /// Each result against the CPU in float32, on the same statements.
    pub(super) parity: Vec<Compared>,
    /// Of this whole benchmark, in bytes.
    pub(super) peak_memory: Option<u64>,
}

/// One device in one precision.
#[derive(Serialize)]
pub(super) struct Measured {
    pub(super) device: String,
    /// With the GPU's model.
    pub(super) device_name: String,
    pub(super) precision: &'static str,
    pub(super) kernel: String,
    pub(super) threads: usize,
    /// Of all statements that throughput was measured on.
    pub(super) tokens: usize,
    pub(super) load_ms: f64,
    pub(super) throughput: Throughput,
    pub(super) latency_ms: Option<Latency>,
    /// True where classifying again gave the same bytes.
    pub(super) repeats: bool,
    /// Milliseconds from start to end of a process that classifies one short article.
    pub(super) start_up_ms: Option<Spread>,
}

impl Measured {
    /// True of the result that all others are compared with: the CPU's in float32.
    pub(super) fn is_reference(&self) -> bool {
        self.device == "cpu" && self.precision == Precision::Float32.name()
    }
}

/// How far a result lies from the reference.
#[derive(Serialize)]
pub(super) struct Compared {
    pub(super) device: String,
    pub(super) precision: &'static str,
    #[serde(flatten)]
    pub(super) parity: Parity,
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            results: Vec::new(),
            parity: Vec::new(),
            peak_memory: None,
        }
    }

    pub(super) fn print(&self, json: bool) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        if json {
            let value = serde_json::to_value(self).map_err(std::io::Error::other)?;
            return writeln!(out, "{value:#}");
        }
        self.print_speeds(&mut out)?;
        self.print_notes(&mut out)?;
        self.print_parity(&mut out)?;
        if let Some(bytes) = self.peak_memory {
            writeln!(
                out,
                "most memory held by this benchmark: {} MB",
                bytes / 1_000_000
            )?;
        }
        Ok(())
    }

    fn print_speeds(&self, out: &mut impl Write) -> std::io::Result<()> {
        let mut said = String::new();
        for measured in &self.results {
            let throughput = &measured.throughput;
            let line = format!(
                "{}: {} statements of {:.1} tokens, {} threads",
                measured.device_name,
                throughput.statements,
                measured.tokens as f64 / throughput.statements as f64,
                measured.threads
            );
            if line != said {
                writeln!(out, "{line}")?;
            }
            said = line;
        }
        writeln!(
            out,
            "\n{:<8}{:<10}{:>13}{:>20}{:>11}{:>9}{:>9}{:>23}{:>10}{:>10}",
            "device",
            "precision",
            "statements/s",
            "(min to max)",
            "tokens/s",
            "GOP/s",
            "of peak",
            "one alone p50/p90/p99",
            "loading",
            "start-up"
        )?;
        for measured in &self.results {
            let throughput = &measured.throughput;
            let rate = throughput.statements_per_second;
            let latency = measured.latency_ms.map_or("-".to_owned(), |latency| {
                format!("{:.1}/{:.1}/{:.1} ms", latency.p50, latency.p90, latency.p99)
            });
            let start_up = measured
                .start_up_ms
                .map_or("-".to_owned(), |start_up| format!("{:.0} ms", start_up.median));
            let of_peak = throughput
                .share_of_peak
                .map_or("-".to_owned(), |share| format!("{:.0}%", 100.0 * share));
            writeln!(
                out,
                "{:<8}{:<10}{:>13.0}{:>20}{:>11.0}{:>9.0}{:>9}{:>23}{:>7.0} ms{:>10}",
                measured.device,
                measured.precision,
                rate.median,
                format!("({:.0} to {:.0})", rate.min, rate.max),
                throughput.tokens_per_second,
                throughput.giga_operations_per_second,
                of_peak,
                latency,
                measured.load_ms,
                start_up
            )?;
        }
        writeln!(out)
    }

    fn print_notes(&self, out: &mut impl Write) -> std::io::Result<()> {
        for measured in &self.results {
            let throughput = &measured.throughput;
            let Measured {
                device,
                precision,
                kernel,
                ..
            } = measured;
            write!(out, "{device} {precision}: products by {kernel}")?;
            if let Some(peak) = throughput.peak_giga_operations_per_second {
                write!(out, ", at most {peak:.0} GOP/s here")?;
            }
            if let Some(share) = throughput.share_of_bandwidth {
                write!(
                    out,
                    "; states pass at {:.0}% of the memory's bandwidth",
                    100.0 * share
                )?;
            }
            if let Some(busy) = throughput.gpu_busy {
                write!(out, "; has a batch {:.0}% of the time", 100.0 * busy)?;
            }
            if let Some(joules) = throughput.joules_per_thousand {
                write!(out, "; {joules:.2} J for 1,000 statements")?;
            }
            let again = match measured.repeats {
                true => "the same bytes again",
                false => "NOT the same bytes again",
            };
            writeln!(out, "; {again}")?;
        }
        Ok(())
    }

    fn print_parity(&self, out: &mut impl Write) -> std::io::Result<()> {
        for Compared {
            device,
            precision,
            parity,
        } in &self.parity
        {
            writeln!(
                out,
                "{device} {precision} against cpu f32: {} of {} statements have another label ({:.2}%); \
                 probabilities differ by at most {:.6}",
                parity.flips(),
                parity.statements,
                100.0 * parity.flips() as f64 / parity.statements as f64,
                parity.largest_difference
            )?;
            for worst in parity
                .worst
                .iter()
                .filter(|worst| worst.difference > SHOWN_DIFFERENCE)
            {
                let labels = match worst.reference == worst.found {
                    true => worst.found.to_string(),
                    false => format!("{} → {}", worst.reference, worst.found),
                };
                let text: String = worst.text.chars().take(SHOWN_CHARACTERS).collect();
                let cut = if text.len() < worst.text.len() { "…" } else { "" };
                writeln!(out, "    {:.4}  {labels}: {text}{cut}", worst.difference)?;
            }
        }
        Ok(())
    }
}

/// Smaller differences are rounding.
const SHOWN_DIFFERENCE: f32 = 1e-3;

/// So much of a statement is shown.
const SHOWN_CHARACTERS: usize = 80;
