//! Processor time, context switches, and the median.

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

/// How many times a thread of this process has stopped running so far, by itself or not.
#[cfg(unix)]
pub(crate) fn context_switches() -> Option<f64> {
    use nix::sys::resource::{getrusage, UsageWho};
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let switches = usage.voluntary_context_switches() + usage.involuntary_context_switches();
    u32::try_from(switches).ok().map(f64::from)
}

/// Not measured on this system.
#[cfg(not(unix))]
pub(crate) fn context_switches() -> Option<f64> {
    None
}

/// The one in the middle; of an even number, the lower of the two.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}
