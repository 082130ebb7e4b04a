//! How much memory work takes, and how much is left of what the process may have.

use course_datasets::memory::{forget_peak, resident_memory};
use course_models::nn::BACKWARD_STACK_BYTES;

use crate::Result;

/// Where to ask.
pub(crate) trait Memory: Send + Sync {
    /// Runs `work`; gives the bytes that were taken at most meanwhile beyond those taken before, if the system tells.
    fn peak_of(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<Option<u64>>;

    /// The bytes that may still be taken, if there is a limit.
    fn left(&self) -> Option<u64>;
}

/// What Linux says of this process: `COURSE_MEMORY_LIMIT`, which the kernel has made its `RLIMIT_DATA`, else what the machine has left.
pub(crate) struct OfProcess;

impl Memory for OfProcess {
    fn peak_of(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<Option<u64>> {
        let before = forget_peak().and_then(|()| resident_memory()).ok();
        work()?;
        let after = before.and_then(|before| Some((before, resident_memory().ok()?)));
        Ok(after.map(|(before, after)| after.peak.saturating_sub(before.resident)))
    }

    fn left(&self) -> Option<u64> {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let limit = data_limit(&limits).zip(read("/proc/self/status", "VmData:"));
        // The stack of the backward pass counts where there is room for it; where there is none, it runs on another.
        let stack = BACKWARD_STACK_BYTES as u64;
        let of_limit = limit.map(|(limit, taken)| limit.saturating_sub(taken));
        let of_limit = of_limit.map(|left| if left > stack { left - stack } else { left });
        [of_limit, read("/proc/meminfo", "MemAvailable:")].into_iter().flatten().min()
    }
}

/// The bytes after a name in a file of `/proc`, which counts in kibibytes.
fn read(path: &str, name: &str) -> Option<u64> {
    kilobytes(&std::fs::read_to_string(path).ok()?, name)
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let number = text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
    number?.parse::<u64>().ok().map(|number| number << 10)
}

/// The soft limit on private writable memory in `/proc/self/limits`; none where it is unlimited.
fn data_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max data size"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What `rows` would take, from what other numbers of rows took: a straight line through the last two, and level where more took no more.
pub(crate) fn projected(taken: &[(usize, u64)], rows: usize) -> u64 {
    match taken {
        [.., (fewer, before), (more, after)] => {
            let each = after.saturating_sub(*before) / (more - fewer).max(1) as u64;
            (*after).max(*before) + each * rows.saturating_sub(*more) as u64
        }
        // What does not depend on the rows is not told apart from what does.
        [(_, taken)] => *taken,
        [] => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_rows_take_more_by_as_much_as_the_last_ones_did() {
        assert_eq!(projected(&[(1, 100)], 8), 100);
        assert_eq!(projected(&[(1, 100), (2, 150), (4, 250)], 8), 450);
        assert_eq!(projected(&[(1, 100), (2, 90)], 8), 100);
        assert_eq!(projected(&[(1, 100), (2, 150)], 2), 150);
    }

    #[test]
    fn the_limit_is_that_of_the_process() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\nMax data size             1073741824           \
            unlimited            bytes\nMax stack size            8388608              unlimited            bytes\n";
        assert_eq!(data_limit(limits), Some(1 << 30));
        assert_eq!(data_limit(&limits.replace("1073741824", "unlimited")), None);
        assert_eq!(kilobytes("VmHWM:\t    2000 kB\nVmRSS:\t    1000 kB\n", "VmRSS:"), Some(1_024_000));
    }

    /// Only where Linux tells; a gigabyte would show in the peak, a number in a cell does not.
    #[test]
    fn what_work_takes_shows() {
        let small = OfProcess.peak_of(&mut || Ok(())).unwrap();
        let large = OfProcess.peak_of(&mut || {
            let block = vec![1_u8; 200 << 20];
            assert_eq!(std::hint::black_box(&block).len(), 200 << 20);
            Ok(())
        });
        if let (Some(small), Some(large)) = (small, large.unwrap()) {
            assert!(large > small && large >= 190 << 20, "{small} {large}");
        }
    }
}
