use std::process::ExitCode;

// Tensors of a few megabytes come and go with every operation; the system's allocator gives their
// pages back to the kernel each time, and a third of the time goes to faulting them in again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    demarche::cli::run()
}
