//! Compiles the CUDA kernels, where the feature `cuda` is on; nothing otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const KERNELS: &str = "src/encoder/cuda/kernels";

/// Machine code for these, and the newest as assembly that a driver can translate for what comes after them:
/// Ampere and Ada (8.x), Hopper (9.0).
const TARGETS: [&str; 3] = [
    "arch=compute_80,code=sm_80",
    "arch=compute_90,code=sm_90",
    "arch=compute_90,code=compute_90",
];

/// Set to check the Rust side without CUDA's compiler. The binary then says that it lacks its kernels.
const WITHOUT: &str = "DEMARCHE_WITHOUT_NVCC";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    for variable in [WITHOUT, "NVCC", "CUDA_HOME", "CUDA_PATH"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    println!("cargo:rerun-if-changed={KERNELS}");
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("kernels.fatbin");
    if env::var_os(WITHOUT).is_some() {
        fs::write(&output, []).expect("OUT_DIR can be written to");
        return;
    }
    compile(&output);
}

fn compile(output: &Path) {
    let nvcc = nvcc();
    let targets = TARGETS.map(|target| format!("--generate-code={target}"));
    let status = Command::new(&nvcc)
        .args(["-fatbin", "-std=c++17", "-O3"])
        .args(targets)
        .arg("-o")
        .arg(output)
        .arg(Path::new(KERNELS).join("kernels.cu"))
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{} could not compile {KERNELS}/kernels.cu: {status}", nvcc.display()),
        Err(error) => panic!(
            "the feature `cuda` needs CUDA's compiler, 12.0 or later: cannot run {}: {error}. Set NVCC or CUDA_HOME, \
             or leave the feature out",
            nvcc.display()
        ),
    }
}

/// CUDA's compiler: what `NVCC` names, that of the toolkit that `CUDA_HOME` or `CUDA_PATH` names, or the path's.
fn nvcc() -> PathBuf {
    if let Some(nvcc) = env::var_os("NVCC") {
        return nvcc.into();
    }
    let homes = ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(env::var_os);
    let in_home = homes.map(|home| Path::new(&home).join("bin").join("nvcc"));
    in_home
        .into_iter()
        .find(|nvcc| nvcc.exists())
        .unwrap_or_else(|| "nvcc".into())
}
