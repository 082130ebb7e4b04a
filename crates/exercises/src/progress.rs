//! What a learner has reached, in one small file: passed exercises and quiz scores.
//!
//! The file is `$COURSE_PROGRESS`, else `$COURSE_ROOT/learn/progress.json`. Two kernels may write it at once: each change takes a
//! lock, reads, changes, writes under another name and renames. Nothing a learner does with the file breaks a check: a file that
//! cannot be understood is put aside, one that cannot be written is kept in memory, and either is told once ([`notices`]).

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{ExerciseError, Result};

/// How long to wait for another kernel that is writing; it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a learner has reached.
///
/// ```
/// use course_exercises::Progress;
/// # // SAFETY: nothing else runs here.
/// # unsafe { std::env::set_var("NBGRADER_EXECUTION", "test") };
/// Progress::update(|progress| progress.exercises.entry("softmax".into()).or_default().attempts += 1)?;
/// assert_eq!(Progress::load()?.exercises["softmax"].attempts, 1);
/// # Ok::<(), course_exercises::ExerciseError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// By the exercise's name.
    pub exercises: BTreeMap<String, ExerciseProgress>,
    /// By the chapter's number in two digits, as in `"01"`.
    pub quizzes: BTreeMap<String, QuizProgress>,
    /// What a later version of the course has written.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// One exercise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExerciseProgress {
    /// Whether its check has ever passed.
    pub passed: bool,
    /// How often it was checked.
    pub attempts: u32,
    /// How many of its hints were shown.
    pub hints: u32,
}

/// One chapter's quiz.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuizProgress {
    /// Right answers in the last round.
    pub right: u32,
    /// Questions there are.
    pub of: u32,
    /// Right answers in the best round.
    pub best: u32,
}

impl Progress {
    /// What has been reached so far.
    ///
    /// # Errors
    /// None today: what cannot be read is told by [`notices`], and counts as nothing reached.
    pub fn load() -> Result<Self> {
        Ok(Store::from_environment().load())
    }

    /// Changes it: reads, changes and writes while no other kernel does.
    ///
    /// # Errors
    /// None today: what cannot be written is kept until the kernel ends, and told by [`notices`].
    pub fn update(change: impl FnOnce(&mut Self)) -> Result<()> {
        Store::from_environment().update(&mut Some(change));
        Ok(())
    }

    /// Takes over what `other` has reached beyond this.
    fn merge(&mut self, other: &Self) {
        for (name, theirs) in &other.exercises {
            let ours = self.exercises.entry(name.clone()).or_default();
            ours.passed |= theirs.passed;
            ours.attempts = ours.attempts.max(theirs.attempts);
            ours.hints = ours.hints.max(theirs.hints);
        }
        for (chapter, theirs) in &other.quizzes {
            let ours = self.quizzes.entry(chapter.clone()).or_insert(*theirs);
            if theirs.best > ours.best {
                *ours = *theirs;
            }
        }
    }
}

/// What could not be kept since the kernel started, and only in memory from there on.
static MEMORY: Mutex<Progress> =
    Mutex::new(Progress { exercises: BTreeMap::new(), quizzes: BTreeMap::new(), rest: BTreeMap::new() });

/// What is still to be told, and all that was.
static NOTICES: Mutex<(Vec<String>, Vec<String>)> = Mutex::new((Vec::new(), Vec::new()));

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the learner should know about the progress file, each sentence once in a kernel's life; shown below the next card.
pub fn notices() -> Vec<String> {
    std::mem::take(&mut lock(&NOTICES).0)
}

fn tell(notice: String) {
    let mut notices = lock(&NOTICES);
    if !notices.1.contains(&notice) {
        notices.1.push(notice.clone());
        notices.0.push(notice);
    }
}

/// Where progress is kept.
struct Store {
    path: Option<PathBuf>,
    memory: &'static Mutex<Progress>,
}

impl Store {
    fn from_environment() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let path = match (variable("NBGRADER_EXECUTION"), variable("COURSE_PROGRESS"), variable("COURSE_ROOT")) {
            // Someone else's run of the learner's notebook.
            (Some(_), ..) => None,
            (None, Some(path), _) => Some(PathBuf::from(path)),
            (None, None, Some(root)) => Some(Path::new(&root).join("learn/progress.json")),
            (None, None, None) => {
                tell("Progress is not kept: this kernel does not know where the course is (COURSE_ROOT).".to_owned());
                None
            }
        };
        Self { path, memory: &MEMORY }
    }

    fn load(&self) -> Progress {
        let mut progress = match &self.path {
            // Read under the lock, since a broken file is put aside: not one that another kernel has just put right.
            Some(path) => {
                let _lock = locked(path);
                read(path).unwrap_or_default()
            }
            None => Progress::default(),
        };
        progress.merge(&lock(self.memory));
        progress
    }

    fn update<F: FnOnce(&mut Progress)>(&self, change: &mut Option<F>) {
        let Some(change) = change.take() else { return };
        let Some(path) = &self.path else { return change(&mut lock(self.memory)) };
        if let Some(folder) = path.parent() {
            // A failure shows when the file is written.
            let _ = std::fs::create_dir_all(folder);
        }
        let _lock = locked(path);
        let (mut progress, unread) = match read(path) {
            Ok(progress) => (progress, None),
            Err(error) => (Progress::default(), Some(error)),
        };
        progress.merge(&lock(self.memory));
        change(&mut progress);
        // What cannot be read is not written over.
        let failed = unread.or_else(|| write(path, &progress).map_err(ExerciseError::file("write", path)).err());
        match failed {
            None => *lock(self.memory) = Progress::default(),
            Some(error) => {
                tell(format!("Progress is kept only until the kernel ends: {error}."));
                *lock(self.memory) = progress;
            }
        }
    }
}

/// Waits for other kernels; the lock ends with the returned file. Where it cannot be had, the rename alone has to do.
fn locked(path: &Path) -> Option<File> {
    let file = File::options().create(true).append(true).open(hidden(path, ".lock")).ok()?;
    let begun = Instant::now();
    while let Err(TryLockError::WouldBlock) = file.try_lock() {
        if begun.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Some(file)
}

/// `progress.json` → `.progress.json.lock`, which JupyterLab does not list.
fn hidden(path: &Path, ending: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(ending);
    path.with_file_name(name)
}

/// `progress.json` → `progress.json.broken`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// The file's content; nothing if there is no file, or one that had to be put aside.
fn read(path: &Path) -> Result<Progress> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Progress::default()),
        Err(error) => {
            let error = ExerciseError::file("read", path)(error);
            tell(format!("Progress so far is not known: {error}."));
            return Err(error);
        }
    };
    if text.trim_ascii().is_empty() {
        return Ok(Progress::default());
    }
    match serde_json::from_slice(&text) {
        Ok(progress) => Ok(progress),
        Err(error) => {
            let aside = beside(path, ".broken");
            std::fs::rename(path, &aside).map_err(ExerciseError::file("put aside", path))?;
            tell(format!(
                "{} could not be understood ({error}). It is now {}, and progress begins anew.",
                path.display(),
                aside.display()
            ));
            Ok(Progress::default())
        }
    }
}

/// Writes the file whole or not at all.
fn write(path: &Path, progress: &Progress) -> std::io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = hidden(path, &format!(".{}-{number}.part", std::process::id()));
    let mut text = serde_json::to_string_pretty(progress)?;
    text.push('\n');
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| std::fs::rename(&temporary, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    done
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn store(path: Option<PathBuf>) -> Store {
        Store { path, memory: Box::leak(Box::default()) }
    }

    fn attempt(store: &Store, name: &str) {
        store.update(&mut Some(|progress: &mut Progress| {
            progress.exercises.entry(name.to_owned()).or_default().attempts += 1;
        }));
    }

    fn told(part: &str) -> usize {
        lock(&NOTICES).1.iter().filter(|notice| notice.contains(part)).count()
    }

    #[test]
    fn what_was_reached_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("learn/progress.json");
        attempt(&store(Some(path.clone())), "softmax");
        store(Some(path.clone())).update(&mut Some(|progress: &mut Progress| {
            progress.exercises.entry("softmax".into()).or_default().passed = true;
            progress.quizzes.insert("01".into(), QuizProgress { right: 5, of: 8, best: 7 });
        }));
        let progress = store(Some(path.clone())).load();
        assert_eq!(progress.exercises["softmax"], ExerciseProgress { passed: true, attempts: 1, hints: 0 });
        assert_eq!(progress.quizzes["01"].best, 7);
        let files: Vec<_> =
            std::fs::read_dir(path.parent().unwrap()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files.len(), 2, "the file and its lock: {files:?}");
    }

    #[test]
    fn kernels_that_write_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress.json");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let store = store(Some(path.clone()));
                    (0..25).for_each(|_| attempt(&store, "shared"));
                });
            }
        });
        assert_eq!(store(Some(path)).load().exercises["shared"].attempts, 100);
    }

    #[test]
    fn a_broken_file_is_put_aside_and_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("torn.json");
        std::fs::write(&path, "{\"exercises\": {\"softm").unwrap();
        let store = store(Some(path.clone()));
        attempt(&store, "softmax");
        attempt(&store, "softmax");
        assert_eq!(store.load().exercises["softmax"].attempts, 2);
        assert_eq!(
            std::fs::read_to_string(folder.path().join("torn.json.broken")).unwrap(),
            "{\"exercises\": {\"softm"
        );
        assert_eq!(told("torn.json.broken"), 1);
    }

    #[test]
    fn what_a_later_version_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress.json");
        std::fs::write(&path, r#"{"exercises":{"a":{"passed":true}},"badges":[1]}"#).unwrap();
        attempt(&store(Some(path.clone())), "a");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("badges") && text.contains("\"passed\": true"), "{text}");
    }

    #[test]
    fn where_nothing_can_be_written_progress_lives_as_long_as_the_kernel() {
        let folder = tempfile::tempdir().unwrap();
        // A folder that is a file cannot be written to by root either.
        let path = folder.path().join("file/progress.json");
        std::fs::write(folder.path().join("file"), "").unwrap();
        let store_here = store(Some(path));
        attempt(&store_here, "a");
        attempt(&store_here, "a");
        assert_eq!(store_here.load().exercises["a"].attempts, 2);
        assert!((1..=2).contains(&told("only until the kernel ends")));

        let nowhere = store(None);
        attempt(&nowhere, "b");
        assert_eq!(nowhere.load().exercises["b"].attempts, 1);
    }

    #[test]
    fn a_file_that_was_read_only_for_a_while_gets_what_it_missed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress.json");
        let store = store(Some(path.clone()));
        attempt(&store, "a");
        let mode = |mode| std::fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        mode(0o500);
        attempt(&store, "a");
        mode(0o700);
        attempt(&store, "a");
        assert_eq!(read(&path).unwrap().exercises["a"].attempts, 3);
    }
}
