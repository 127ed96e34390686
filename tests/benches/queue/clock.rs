//! Processor time, and the median.

use std::time::Duration;

/// The processor time that all threads of this process have used so far.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // other systems report none
pub(crate) fn processor_time() -> Option<Duration> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(now.try_into().expect("processor time is not negative"))
}

/// Not measured on this system.
#[cfg(not(unix))]
pub(crate) fn processor_time() -> Option<Duration> {
    None
}

/// The processor time that this thread has used so far.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // other systems report none
pub(crate) fn thread_time() -> Option<Duration> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(now.try_into().expect("processor time is not negative"))
}

/// Not measured on this system.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> Option<Duration> {
    None
}

/// The processor time used since `before`.
pub(crate) fn processor_time_since(before: Option<Duration>) -> Option<Duration> {
    processor_time()?.checked_sub(before?)
}

/// The one in the middle; of an even number, the lower of the two.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}
