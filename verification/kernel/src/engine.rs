//! What the kernel needs from a model checker. The mutex and the condition variable are written
//! once over this; only acquiring a mutex is visible to the checker's reduction.

/// A model checker that runs all threads as coroutines of one operating system thread.
pub trait Engine: 'static {
    /// The checker's part of a mutex.
    type EngineMutex: Send + Sync;
    /// The guard of an engine mutex; dropping it releases the mutex without a scheduling point.
    type EngineGuard<'a>;

    /// The checker's name.
    const NAME: &'static str;
    /// The maximum number of threads, main included.
    const THREADS: usize;

    /// Creates an unlocked engine mutex.
    fn new_mutex() -> Self::EngineMutex;
    /// Returns the number of the running thread.
    fn me() -> usize;
    /// Acquires the engine mutex: the only scheduling point.
    fn lock(mutex: &Self::EngineMutex) -> Self::EngineGuard<'_>;
    /// Blocks until woken. May return early; the caller checks its condition again.
    fn sleep();
    /// Wakes a blocked thread, without a scheduling point.
    fn wake(thread: usize);
    /// Returns any number below `options`, which is at least two.
    fn choose(options: usize) -> usize;
    /// Starts a thread; threads are numbered in this order, main is 0.
    fn start(body: Box<dyn FnOnce() + Send>);
    /// Records that main has started all threads.
    fn all_spawned();
    /// Records that main has released a mutex.
    fn main_released();
    /// Ends the execution, whose failure is known, from inside of it.
    fn stop() -> !;
}
