//! `course-kernel cells`: looks into the cell cache, and empties it.

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use course_wire::size;

use crate::engine::dylib::CellCache;

/// What to do with the cell cache.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub enum Cells {
    /// Every compiled cell: its key, its size, when it was last used.
    List,
    /// Remove them all.
    Clear,
    /// How many there are and what they take.
    Stats,
}

/// Prints what was asked for.
///
/// # Errors
/// When the folder cannot be emptied.
pub fn cells(what: Cells) -> anyhow::Result<ExitCode> {
    let Some(cache) = CellCache::from_environment() else {
        println!("the cell cache is off: COURSE_CELL_CACHE=off, or there is no home folder");
        return Ok(ExitCode::SUCCESS);
    };
    let entries = cache.list();
    let bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
    match what {
        Cells::List => {
            for entry in &entries {
                let age = SystemTime::now().duration_since(entry.used).unwrap_or_default();
                println!("{}  {:>9}  {}", entry.key, size::text(entry.bytes), ago(age.as_secs()));
            }
        }
        Cells::Clear => {
            cache.clear().with_context(|| format!("cannot empty {}", cache.folder().display()))?;
            println!("removed {} compiled cells, {}", entries.len(), size::text(bytes));
        }
        Cells::Stats => {
            println!("folder  {}", cache.folder().display());
            println!("cells   {}", entries.len());
            println!("size    {} of at most {}", size::text(bytes), size::text(cache.limit()));
            if let Some(oldest) = entries.last() {
                let age = SystemTime::now().duration_since(oldest.used).unwrap_or_default();
                println!("oldest  {}", ago(age.as_secs()));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn ago(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
