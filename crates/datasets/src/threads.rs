//! Work in threads whose results come in order.

use course_wire::interrupt;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::{Error, Result};

/// Works on the items with this many threads, a few items for each at a time, and gives what comes of them to `done` in their order.
///
/// # Errors
/// The first of the items, of `work` or of `done`; `Interrupted` after ■.
pub(crate) fn in_order<I: Send, T: Send>(
    threads: usize,
    mut items: impl Iterator<Item = Result<I>>,
    work: impl Fn(I) -> Result<T> + Sync,
    mut done: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Error::Argument(format!("{threads} threads: {error}")))?;
    let one = |item: I| -> Result<T> {
        check()?;
        work(item)
    };
    loop {
        let window: Vec<I> = items.by_ref().take(4 * threads).collect::<Result<_>>()?;
        if window.is_empty() {
            return Ok(());
        }
        let made: Vec<Result<T>> = pool.install(|| window.into_par_iter().map(&one).collect());
        for made in made {
            done(made?)?;
        }
    }
}

/// Whether to go on, for threads of ours: only the thread of the cell answers widgets, as [`interrupt::check`] does.
///
/// # Errors
/// `Interrupted` after ■.
pub(crate) fn check() -> Result<()> {
    if interrupt::is_requested() { Err(Error::Interrupted(course_wire::Interrupted)) } else { Ok(()) }
}
