//! `:dep`: crates of the learner's choice, built once by cargo beside the course library and linked to later cells.
//!
//! | file | what it does |
//! |---|---|
//! | [`spec`] | reads the line |
//! | [`project`] | the side project that cargo builds |
//! | [`cargo`] | the run, and how far it is |
//! | [`wrapper`] | stands between cargo and rustc, so that crates of the course library are not built a second time |
//! | [`set`] | what is kept of a build: metadata for the compiler, one library for the process |
//! | [`trouble`] | what went wrong, in a sentence |
//! | [`shown`] | the bar, the summary, the list |
//!
//! All of it lives in `<cache>/dep/<build id>/`: a set belongs to the course library that it was built against.

mod cargo;
mod project;
mod set;
mod shown;
mod spec;
mod trouble;
pub mod wrapper;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use course_wire::Bundle;
use nix::fcntl::{Flock, FlockArg};

use self::cargo::Progress;
use self::set::{Assembly, Set};
use self::shown::Shown;
use self::spec::Spec;
use self::wrapper::Inside;
use super::interrupt::Control;
use super::report;
use crate::engine::stage::Stage;
use crate::engine::{CellError, Output};

/// The crates that a session has added.
#[derive(Debug, Clone, Default)]
pub struct Dependencies {
    wanted: BTreeMap<String, Spec>,
    /// First to last: each builds on those before it, and the last one knows all crates.
    sets: Vec<Set>,
    clashes: Vec<Clash>,
}

/// What a cell's rustc run needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// Crates the cell can name, and their metadata.
    pub externs: BTreeMap<String, PathBuf>,
    /// More arguments.
    pub arguments: Vec<String>,
    /// Lines for the top of the generated file.
    pub lines: Vec<String>,
}

/// A crate that is there twice: in the course library, and in another build among the added ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The crate.
    pub name: String,
    /// The version of the course's.
    pub course: String,
    /// The other one's.
    pub other: String,
    /// Who brought the other one; empty if the learner asked for it.
    pub users: Vec<String>,
}

/// What adding crates has changed.
#[derive(Debug, Default)]
pub struct Added {
    /// Crates whose earlier build is replaced: values of their types are values of another type now.
    pub replaced: BTreeSet<String>,
}

impl Dependencies {
    /// Adds what the lines ask for; nothing changes if any of it fails.
    ///
    /// # Errors
    /// One for the whole attempt, in words for the learner.
    pub fn add(
        &mut self,
        lines: &[String],
        stage: &Stage,
        control: &Control,
        output: &dyn Output,
    ) -> Result<Added, CellError> {
        let here = std::env::current_dir().unwrap_or_default();
        let mut wanted = self.wanted.clone();
        let mut asked = BTreeSet::new();
        for line in lines {
            let spec = Spec::parse(line, &here).map_err(report::command)?;
            asked.insert(spec.crate_name());
            wanted.insert(spec.crate_name(), spec);
        }
        // The sources of a folder may have changed since the last time; whatever else is wanted stays as it was built.
        let edited = asked.iter().any(|name| wanted.get(name).is_some_and(|spec| spec.path().is_some()));
        let mut shown = Shown::new(output);
        if wanted == self.wanted && !edited && self.sets.iter().all(Set::is_whole) {
            shown.summary(&asked, &self.crates(), &[], None);
            return Ok(Added::default());
        }
        let builder = Builder { stage, control, earlier: &self.sets };
        let begun = Instant::now();
        let (set, built) = builder.build(&wanted, &mut shown)?;
        let mut next = Self { wanted, sets: self.sets.clone(), clashes: Vec::new() };
        if next.sets.last().is_none_or(|last| last.id != set.id) {
            next.sets.push(set);
        }
        next.clashes = next.find_clashes(stage).map_err(|error| report::kernel(&error))?;
        let new: Vec<Clash> = next.clashes.iter().filter(|clash| !self.clashes.contains(clash)).cloned().collect();
        let added = Added { replaced: self.replaced_by(&next) };
        shown.summary(&asked, &next.crates(), &new, built.then(|| begun.elapsed()));
        *self = next;
        Ok(added)
    }

    /// The table that `:dep` alone shows.
    pub fn list(&self) -> Bundle {
        shown::list(self.wanted.values(), &self.crates())
    }

    /// Each wanted crate as it was built.
    fn crates(&self) -> Vec<(String, set::Crate)> {
        let Some(last) = self.sets.last() else { return Vec::new() };
        let of = |(name, file): (&String, &PathBuf)| {
            let found = last.crates.iter().find(|one| &one.file == file)?;
            Some((name.clone(), found.clone()))
        };
        last.externs.iter().filter_map(of).collect()
    }

    /// What a cell that mentions these identifiers needs.
    pub fn link(&self, stage: &Stage, reached: &BTreeSet<String>) -> Link {
        let mut link = Link { externs: stage.externs.clone(), ..Link::default() };
        let Some(last) = self.sets.last() else { return link };
        let mut uses_any = false;
        for one in &last.crates {
            // The type of a variable may name a crate that only another crate asked for.
            if reached.contains(&one.name) && !last.externs.contains_key(&one.name) && !wrapper::is_macro(&one.file) {
                let alone = last.crates.iter().filter(|other| other.name == one.name).count() == 1;
                if alone && !link.externs.contains_key(&one.name) {
                    link.externs.insert(one.name.clone(), one.file.clone());
                }
                uses_any |= !one.shared;
            }
        }
        for (name, file) in &last.externs {
            link.externs.insert(name.clone(), file.clone());
            if reached.contains(name) {
                uses_any = true;
                // A renamed crate's types would print under its old name.
                let renamed = last.crates.iter().any(|one| &one.file == file && &one.name != name);
                if renamed {
                    link.lines.push(format!("extern crate {name};"));
                }
            }
        }
        if uses_any {
            // The sets' libraries depend on the course library, which lies beside its dependencies, not among them.
            link.arguments.extend(["-L".into(), format!("dependency={}", stage.folder().display())]);
            for set in &self.sets {
                link.arguments.extend(["-L".into(), format!("dependency={}", set.folder.join("deps").display())]);
                if let (Some(name), Some(file)) = (&set.library, set.library_file()) {
                    link.lines.push(format!("extern crate {name} as _;"));
                    link.externs.insert(name.clone(), file);
                    link.arguments.push(format!("-Clink-arg=-Wl,-rpath,{}", set.folder.display()));
                }
            }
        }
        link
    }

    /// The crates of this state that `next` has in another build, or no more.
    fn replaced_by(&self, next: &Self) -> BTreeSet<String> {
        let builds = |dependencies: &Self| -> BTreeMap<String, BTreeSet<String>> {
            let mut builds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for one in dependencies.sets.last().iter().flat_map(|set| &set.crates) {
                builds.entry(one.name.clone()).or_default().insert(one.identity.clone());
            }
            // A renamed crate goes by both names.
            for (name, one) in dependencies.crates() {
                builds.entry(name).or_default().insert(one.identity);
            }
            builds
        };
        let (old, new) = (builds(self), builds(next));
        old.into_iter().filter(|(name, builds)| new.get(name) != Some(builds)).map(|(name, _)| name).collect()
    }

    fn find_clashes(&self, stage: &Stage) -> anyhow::Result<Vec<Clash>> {
        let Some(last) = self.sets.last() else { return Ok(Vec::new()) };
        let inside = Inside::read(stage.folder())?;
        let users = Users::read(&last.folder.join("Cargo.lock"));
        let direct: BTreeSet<&PathBuf> = last.externs.values().collect();
        let mut clashes = Vec::new();
        for one in last.crates.iter().filter(|one| !one.shared && !wrapper::is_macro(&one.file)) {
            // The course hands on its direct dependencies; what those are made of, a cell never meets.
            let Some(file) = stage.externs.get(&one.name) else { continue };
            let course = inside.iter().find(|other| stage.folder().join(&other.file) == *file);
            let Some(course) = course else { continue };
            let users = if direct.contains(&one.file) { Vec::new() } else { users.of(&one.package, &one.version) };
            clashes.push(Clash {
                name: one.name.clone(),
                course: course.version.clone(),
                other: one.version.clone(),
                users,
            });
        }
        Ok(clashes)
    }

    /// The clash that an error speaks of, as a note for the learner.
    pub fn explain(&self, report: &str) -> Option<String> {
        let about = |clash: &&Clash| {
            report.contains(&format!("{}::", clash.name)) || report.contains(&format!("crate `{}`", clash.name))
        };
        self.clashes.iter().find(about).map(Clash::sentence)
    }
}

impl Clash {
    /// What it means.
    pub fn sentence(&self) -> String {
        let Self { name, course, other, users } = self;
        let versions = match course == other {
            true => format!("`{name}` {other} is here in two builds with different features"),
            false => format!("`{name}` is here in two versions"),
        };
        let whose = match users.as_slice() {
            [] => format!(
                "cells see {other}, which `:dep` added, while the course library was built with its own {course}"
            ),
            users => format!("cells and the course see {course}, while `{}` uses {other}", users.join("` and `")),
        };
        format!(
            "{versions}: {whose}. To the compiler these are two crates: a type or trait of one does not fit where the other's is \
             wanted, even if both print the same."
        )
    }
}

/// Builds a set, or finds it in the cache.
struct Builder<'a> {
    stage: &'a Stage,
    control: &'a Control,
    earlier: &'a [Set],
}

impl Builder<'_> {
    /// The set, and whether cargo had to be asked.
    fn build(&self, wanted: &BTreeMap<String, Spec>, shown: &mut Shown<'_>) -> Result<(Set, bool), CellError> {
        let kernel = |error: anyhow::Error| report::kernel(&error);
        let root = self.root().map_err(kernel)?;
        let manifest = project::manifest(wanted);
        let key = self.key(&manifest);
        let known = root.join("keys").join(&key);
        if wanted.values().all(|spec| spec.path().is_none())
            && let Some(set) =
                fs::read_to_string(&known).ok().and_then(|id| Set::read(&root.join("sets").join(id.trim())))
        {
            return Ok((set, false));
        }
        let _lock = self.lock(&root, shown)?;
        let project = root.join("project");
        let mut locks: Vec<PathBuf> = self.earlier.iter().rev().map(|set| set.folder.join("Cargo.lock")).collect();
        locks.push(self.stage.folder().join("Cargo.lock"));
        project::write(&project, &manifest, &locks).map_err(kernel)?;
        let target = root.join("target");
        let mut ran = self.cargo(&project, &target, false, shown)?;
        let mut offline = false;
        if !ran.success && trouble::is_network(&ran.said) {
            shown.progress(&Progress::Step("no network: trying with what cargo has in its cache".into()));
            ran = self.cargo(&project, &target, true, shown)?;
            offline = trouble::is_network(&ran.said) || ran.said.contains("no matching package");
        }
        if !ran.success {
            let trouble = trouble::of(&ran.said, wanted, offline);
            shown.failed();
            return Err(report::dependency(&trouble.sentence, &trouble.details));
        }
        let assembly = Assembly {
            stage: self.stage,
            ran: &ran,
            target: &target,
            sets: &root.join("sets"),
            earlier: self.earlier,
            control: self.control,
        };
        let set = assembly.set();
        if self.control.interrupted() {
            shown.failed();
            return Err(report::interrupted_dependency());
        }
        let set = set.map_err(kernel)?;
        let lock = set.folder.join("Cargo.lock");
        if !lock.exists() {
            // Only later builds' preferences and one note depend on it.
            let _ = fs::copy(project.join("Cargo.lock"), lock);
        }
        let _ = fs::write(&known, &set.id);
        Ok((set, true))
    }

    fn cargo(
        &self,
        project: &Path,
        target: &Path,
        offline: bool,
        shown: &mut Shown<'_>,
    ) -> Result<cargo::Ran, CellError> {
        let ran = project::cargo(self.stage, project, target, offline)
            .and_then(|command| cargo::run(command, self.control, |progress| shown.progress(&progress)));
        if self.control.interrupted() {
            shown.failed();
            return Err(report::interrupted_dependency());
        }
        ran.map_err(|error| report::kernel(&error))
    }

    /// The folder for this course library; those of libraries that are gone are removed.
    fn root(&self) -> anyhow::Result<PathBuf> {
        let stage = self.stage.folder();
        let cache = stage.parent().and_then(Path::parent).context("the stage is in no cache folder")?;
        let all = cache.join("dep");
        let root = all.join(&self.stage.build_id);
        for sub in ["keys", "sets"] {
            let folder = root.join(sub);
            fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        }
        for other in fs::read_dir(&all).into_iter().flatten().flatten() {
            let stage = cache.join("stage").join(other.file_name());
            if !stage.exists() && other.path() != root {
                let _ = fs::remove_dir_all(other.path());
            }
        }
        Ok(root)
    }

    /// Equal wishes on top of equal sets have equal keys.
    fn key(&self, manifest: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for set in self.earlier {
            hasher.update(set.id.as_bytes());
        }
        hasher.update(manifest.as_bytes());
        hasher.finalize().to_hex()[..16].to_owned()
    }

    /// One build at a time: two kernels would write the same files.
    fn lock(&self, root: &Path, shown: &mut Shown<'_>) -> Result<Flock<File>, CellError> {
        let path = root.join("lock");
        let mut file = File::create(&path)
            .with_context(|| format!("writing {}", path.display()))
            .map_err(|error| report::kernel(&error))?;
        loop {
            match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(lock),
                Err((back, _)) => file = back,
            }
            if self.control.interrupted() {
                shown.failed();
                return Err(report::interrupted_dependency());
            }
            shown.progress(&Progress::Step("another notebook is adding crates; waiting for it".into()));
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Who depends on whom, from a lock file.
#[derive(Debug, Default)]
struct Users(Vec<(String, Vec<String>)>);

impl Users {
    fn read(lock: &Path) -> Self {
        let table: toml::Table = fs::read_to_string(lock).unwrap_or_default().parse().unwrap_or_default();
        let packages = table.get("package").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let of = |package: toml::Value| {
            let name = package.get("name")?.as_str()?.to_owned();
            let needs = package.get("dependencies").and_then(toml::Value::as_array).cloned().unwrap_or_default();
            Some((name, needs.iter().filter_map(|need| need.as_str().map(str::to_owned)).collect()))
        };
        Self(packages.into_iter().filter_map(of).collect())
    }

    /// The packages that depend directly on one.
    fn of(&self, package: &str, version: &str) -> Vec<String> {
        let is = |need: &String| {
            let mut words = need.split(' ');
            words.next() == Some(package) && words.next().is_none_or(|word| word == version)
        };
        let mut users: Vec<String> =
            self.0.iter().filter(|(_, needs)| needs.iter().any(is)).map(|(name, _)| name.clone()).collect();
        users.retain(|name| name != wrapper::ROOT);
        users.dedup();
        users
    }
}
