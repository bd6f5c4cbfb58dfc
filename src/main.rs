use std::process::ExitCode;

// Training makes and drops tensors of a few megabytes with every operation. The system's allocator gives
// their pages back to the kernel each time; faulting them in again took a third of a training step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    demarche::cli::run()
}
