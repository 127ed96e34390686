//! Compiles the queue over the threads backend of the kernel. The cfg is set for this package alone:
//! no environment variable, feature or flag of another package is involved.

fn main() {
    println!("cargo::rustc-cfg=sentinel_queue_model");
    println!("cargo::rustc-cfg=sentinel_queue_model=\"threads\"");
    println!("cargo::rerun-if-changed=build.rs");
}
