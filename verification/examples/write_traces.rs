//! Records executions of queues and of groups, and writes them into a folder, for Coq to replay:
//!
//! ```text
//! cargo run --release -p sentinel-queue-verification --example write_traces FOLDER [HOW MANY]
//! models/proofs/traces.sh FOLDER
//! ```

use sentinel_queue_verification::layers::group_traces;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: write_traces FOLDER [HOW MANY]")?;
    let count = arguments.next().map_or(Ok(1000), |count| count.parse())?;
    std::fs::create_dir_all(&folder)?;
    let counts = group_traces::record_and_write(usize::div_ceil(count, 2), Path::new(&folder))?;
    for (what, (recorded, tampered)) in ["queues", "groups"].into_iter().zip(counts) {
        println!("{what}: {recorded} recorded traces, {tampered} tampered ones");
    }
    Ok(())
}
