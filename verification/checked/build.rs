//! Compiles the queue over the kernel. The cfg is set for this package alone: no environment variable,
//! feature or flag of another package is involved.

fn main() {
    println!("cargo::rustc-cfg=sentinel_queue_model");
    println!("cargo::rerun-if-changed=build.rs");
}
