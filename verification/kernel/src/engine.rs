//! What the kernel needs from a model checker. The mutex and the condition variable are written
//! once over this; only acquiring a mutex is visible to the checker's reduction.

/// A model checker that runs all threads as coroutines of one operating system thread.
pub trait Engine: 'static {
    /// What a mutex is to the checker.
    type Gate: Send + Sync;
    /// Holding a gate; dropping it opens the gate without a scheduling point.
    type Pass<'gate>;

    /// The checker's name.
    const NAME: &'static str;
    /// How many threads it can run, main included.
    const THREADS: usize;

    /// A new, open gate.
    fn gate() -> Self::Gate;
    /// The running thread.
    fn me() -> usize;
    /// Passes the gate as soon as it is open: the one scheduling point there is.
    fn enter(gate: &Self::Gate) -> Self::Pass<'_>;
    /// Sleeps until woken. May return early; the caller looks again.
    fn sleep();
    /// Wakes a sleeping thread. No scheduling point.
    fn wake(thread: usize);
    /// Any number below `options`, which is at least two.
    fn choose(options: usize) -> usize;
    /// Starts a thread; threads are numbered in this order, main is 0.
    fn start(body: Box<dyn FnOnce() + Send>);
    /// Main has started all threads.
    fn all_spawned();
    /// Main has released a mutex.
    fn main_released();
    /// Ends the execution, whose failure is known, from inside of it.
    fn stop() -> !;
}
