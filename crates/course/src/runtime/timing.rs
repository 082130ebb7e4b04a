//! The clocks of `%time` and `%timeit`; both say what IPython's say, in its words.

use std::time::{Duration, Instant};

use course_wire::{Interrupted, interrupt};

/// `%timeit` takes as many loops as fill this.
const ENOUGH: Duration = Duration::from_millis(200);
/// So long at most between two looks at the interrupt, as long as a single loop does not take longer.
const LOOK: Duration = Duration::from_millis(50);

/// What `%time` holds.
#[derive(Debug)]
pub struct Clock {
    begun: Instant,
    user: Duration,
    system: Duration,
}

impl Clock {
    /// Starts it.
    pub fn start() -> Self {
        let (user, system) = processor_time();
        Self { begun: Instant::now(), user, system }
    }

    /// Prints how long it ran: the processors' time, in all threads, and the wall's.
    pub fn stop(self) {
        let wall = self.begun.elapsed();
        let (user, system) = processor_time();
        let (user, system) = (user.saturating_sub(self.user), system.saturating_sub(self.system));
        println!(
            "CPU times: user {}, sys: {}, total: {}\nWall time: {}",
            in_words(user.as_secs_f64()),
            in_words(system.as_secs_f64()),
            in_words((user + system).as_secs_f64()),
            in_words(wall.as_secs_f64())
        );
    }
}

/// The time that this process has used, in its own code and in the system's.
fn processor_time() -> (Duration, Duration) {
    // SAFETY: `rusage` is plain numbers, for which zero is a value; the call only writes into it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let duration = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    (duration(usage.ru_utime), duration(usage.ru_stime))
}

/// Calls `body` so often that its time can be told, and prints the mean and the deviation of `runs` runs.
///
/// # Errors
/// What `body` fails with; [`Interrupted`] when the learner has pressed ■.
pub fn timeit<E: From<Interrupted>>(
    loops: Option<u64>,
    runs: u32,
    mut body: impl FnMut() -> Result<(), E>,
) -> Result<(), E> {
    let mut chunk = 1;
    let loops = match loops {
        Some(loops) => loops,
        None => {
            let mut loops = 1;
            while run(loops, &mut chunk, &mut body)? < ENOUGH {
                loops *= 10;
            }
            loops
        }
    };
    let mut seconds = Vec::new();
    for _ in 0..runs {
        seconds.push(run(loops, &mut chunk, &mut body)?.as_secs_f64() / loops as f64);
    }
    println!("{}", summary(&seconds, loops));
    Ok(())
}

/// The time of `loops` calls. They are timed in chunks, which grow until the looks at the interrupt between them cost nothing.
fn run<E: From<Interrupted>>(
    loops: u64,
    chunk: &mut u64,
    body: &mut impl FnMut() -> Result<(), E>,
) -> Result<Duration, E> {
    let (mut left, mut total) = (loops, Duration::ZERO);
    while left > 0 {
        interrupt::check()?;
        let now = left.min(*chunk);
        let begun = Instant::now();
        for _ in 0..now {
            body()?;
        }
        let took = begun.elapsed();
        total += took;
        left -= now;
        if now == *chunk && took < LOOK / 10 {
            *chunk = chunk.saturating_mul(10);
        } else if took > LOOK {
            *chunk = (*chunk / 10).max(1);
        }
    }
    Ok(total)
}

/// "1.23 ms ± 45.6 μs per loop (mean ± std. dev. of 7 runs, 1,000 loops each)".
fn summary(seconds: &[f64], loops: u64) -> String {
    let runs = seconds.len();
    let mean = seconds.iter().sum::<f64>() / runs as f64;
    let variance = seconds.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / runs as f64;
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    format!(
        "{} ± {} per loop (mean ± std. dev. of {runs} run{}, {} loop{} each)",
        in_words(mean),
        in_words(variance.sqrt()),
        plural(runs as u64),
        grouped(loops),
        plural(loops)
    )
}

/// A time in three digits and the unit that suits it: "1.23 ms"; from a minute on "1min 5s".
fn in_words(seconds: f64) -> String {
    if seconds >= 60.0 {
        let mut left = seconds.round() as u64;
        let mut parts = Vec::new();
        for (unit, size) in [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)] {
            if left >= size {
                parts.push(format!("{}{unit}", left / size));
                left %= size;
            }
        }
        return parts.join(" ");
    }
    // Rounded first, so that 999.9 μs becomes 1 ms and not 1000 μs.
    for (unit, scale) in [("s", 1.0), ("ms", 1e3), ("μs", 1e6)] {
        let value = three_digits(seconds * scale);
        if value >= 1.0 {
            return format!("{value} {unit}");
        }
    }
    format!("{} ns", three_digits(seconds * 1e9))
}

fn three_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10f64.powi(2 - value.abs().log10().floor() as i32);
    let rounded = (value * scale).round() / scale;
    // What division leaves behind the digits is noise.
    format!("{rounded:.*}", 12).parse().unwrap_or(rounded)
}

fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        for (seconds, words) in [
            (0.0, "0 ns"),
            (3.456e-9, "3.46 ns"),
            (0.21e-9, "0.21 ns"),
            (1.5e-6, "1.5 μs"),
            (999.9e-6, "1 ms"),
            (0.0123456, "12.3 ms"),
            (2.0, "2 s"),
            (59.94, "59.9 s"),
            (65.2, "1min 5s"),
            (3600.0, "1h"),
        ] {
            assert_eq!(in_words(seconds), words, "{seconds}");
        }
    }

    #[test]
    fn a_summary_reads_as_pythons() {
        assert_eq!(
            summary(&[1e-3, 3e-3], 1_000_000),
            "2 ms ± 1 ms per loop (mean ± std. dev. of 2 runs, 1,000,000 loops each)"
        );
        assert_eq!(summary(&[2.0], 1), "2 s ± 0 ns per loop (mean ± std. dev. of 1 run, 1 loop each)");
    }

    #[test]
    fn a_body_is_called_as_often_as_it_says() {
        let mut calls = 0;
        let count = || {
            calls += 1;
            Ok::<(), Interrupted>(())
        };
        timeit(Some(1234), 3, count).unwrap();
        assert_eq!(calls, 3 * 1234);
        let mut calls = 0;
        let failing = || {
            calls += 1;
            if calls == 5 { Err(Interrupted) } else { Ok(()) }
        };
        assert_eq!(timeit(None, 7, failing), Err(Interrupted));
        assert_eq!(calls, 5);
    }
}
