//! A parallel directory walk: the workers feed their own queue, so no count of handles and no
//! sentinel can detect its end. The scope can: when all of them wait for more, there is none.
//!
//! Usage: `parallel_walk [DIRECTORY]`

use sentinel_queue::scope;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const WORKERS: usize = 4;

fn main() -> io::Result<()> {
    let root = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let (files, directories) = walk_in_parallel(root.clone());
    assert_eq!((files, directories), walk(&root)?, "as many as a sequential walk finds");
    println!("the workers found as many files and directories as a sequential walk");
    Ok(())
}

/// Files and directories under `root`, counted by workers that feed each other.
fn walk_in_parallel(root: PathBuf) -> (usize, usize) {
    let walked = scope(|s| {
        let (found, directories) = s.unbounded();
        found.send(root).expect("the queue is open");
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                let (found, directories) = (found.clone(), directories.clone());
                s.spawn(move || {
                    let mut count = (0, 0);
                    for directory in &directories {
                        let (files, inner) = list(&directory).expect("a readable directory");
                        count = (count.0 + files, count.1 + 1);
                        found.send_many(inner).expect("the queue is open");
                    }
                    count
                })
            })
            .collect();
        let counts = workers.into_iter().map(|worker| worker.join().expect("no panic"));
        counts.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
    });
    // The expected end is a deadlock: all workers wait, and no thread is left to send.
    walked.unwrap_or_else(sentinel_queue::WouldBlockForever::into_inner)
}

fn walk(directory: &Path) -> io::Result<(usize, usize)> {
    let (mut files, inner) = list(directory)?;
    let mut directories = 1;
    for directory in inner {
        let (more_files, more_directories) = walk(&directory)?;
        files += more_files;
        directories += more_directories;
    }
    Ok((files, directories))
}

/// How many files are in a directory, and which directories; links are not followed.
fn list(directory: &Path) -> io::Result<(usize, Vec<PathBuf>)> {
    let mut files = 0;
    let mut directories = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            directories.push(entry.path());
        } else {
            files += 1;
        }
    }
    Ok((files, directories))
}
