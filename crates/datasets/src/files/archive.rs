//! Opening zip and tar archives: every file lands in one new folder, or none does.
//!
//! What an archive says is not trusted: a member's name may lead out of the folder (`../../.bashrc`), a link may point there, a
//! few kilobytes may unpack to a full disk. The members are unpacked into a folder under another name, which gets its own name
//! when all is well and is removed otherwise.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::packing::{Packing, Stopped, bomb_error, broken, copy_checked, unpacked};
use super::{DataFile, disk, limits};
use crate::readers::BadData;
use crate::{Error, Result};

const MOST_MEMBERS: usize = 1_000_000;

/// The files in an archive, unpacked below `folder` (once: what is there already is used again); `None` when the file is no
/// archive. What hides (`.name`, `__MACOSX`) is left out.
///
/// # Errors
/// [`Error::BadData`] for damaged archives, members that lead out of the folder, and bombs; [`Error::DiskFull`];
/// [`Error::Io`]; [`Error::Interrupted`].
pub(crate) fn unpack(file: &DataFile, folder: &Path, allowed: Option<u64>) -> Result<Option<Vec<DataFile>>> {
    let Some(kind) = Kind::of(file, allowed)? else { return Ok(None) };
    let target = folder.join(key(file)?);
    if !target.is_dir() {
        std::fs::create_dir_all(folder).map_err(Error::io("making", folder))?;
        let growing = tempfile::Builder::new().prefix(".unpacking-").tempdir_in(folder);
        let growing = growing.map_err(Error::io("making a folder in", folder))?;
        let mut unpacking = Unpacking { file, target: growing.path(), allowed, members: 0, unpacked: 0 };
        match kind {
            Kind::Zip => unpacking.zip()?,
            Kind::Tar(packing) => unpacking.tar(packing)?,
        }
        match std::fs::rename(growing.path(), &target) {
            // The folder has moved: there is nothing left to remove.
            Ok(()) => drop(growing.keep()),
            // Someone else unpacked the same file at the same time.
            Err(_) if target.is_dir() => {}
            Err(error) => return Err(Error::io("writing", &target)(error)),
        }
    }
    let mut files = Vec::new();
    for path in super::files_in(&target)? {
        let member = path.strip_prefix(&target).unwrap_or(&path).display().to_string();
        if !member.split('/').any(|part| part == "__MACOSX") {
            files.push(DataFile::named(path, format!("{}: {member}", file.name)));
        }
    }
    if files.is_empty() {
        return Err(
            BadData::new(&file.name, "there are no files in this archive", "Check that it is the right one.").into()
        );
    }
    Ok(Some(files))
}

/// A name for the folder: another one once the archive has changed.
fn key(file: &DataFile) -> Result<String> {
    use std::os::unix::fs::MetadataExt;
    let path = std::path::absolute(&file.path).map_err(Error::io("reading", &file.path))?;
    let about = std::fs::metadata(&path).map_err(Error::io("reading", &path))?;
    let text = format!("{} {} {}.{:09}", path.display(), about.len(), about.mtime(), about.mtime_nsec());
    Ok(blake3::hash(text.as_bytes()).to_hex()[..24].to_owned())
}

enum Kind {
    Zip,
    Tar(Packing),
}

impl Kind {
    fn of(file: &DataFile, allowed: Option<u64>) -> Result<Option<Self>> {
        let packing = Packing::of(file)?;
        let named_tar = file.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tar"));
        Ok(match packing {
            Packing::Zip => Some(Self::Zip),
            Packing::Tar => Some(Self::Tar(Packing::None)),
            // Tar files of before 1988 have no signature.
            Packing::None if named_tar => Some(Self::Tar(Packing::None)),
            Packing::Gzip | Packing::Zstd => {
                let open = File::open(&file.path).map_err(Error::io("opening", &file.path))?;
                let mut start = Vec::with_capacity(512);
                let bytes = unpacked(file, packing, open, allowed)?;
                bytes.take(512).read_to_end(&mut start).map_err(|error| broken(file, packing, error))?;
                (Packing::of_bytes(&start) == Packing::Tar).then_some(Self::Tar(packing))
            }
            other => {
                other.refuse(file)?;
                None
            }
        })
    }
}

struct Unpacking<'a> {
    file: &'a DataFile,
    target: &'a Path,
    allowed: Option<u64>,
    members: usize,
    unpacked: u64,
}

impl Unpacking<'_> {
    fn zip(&mut self) -> Result<()> {
        let open = File::open(&self.file.path).map_err(Error::io("opening", &self.file.path))?;
        let mut archive = zip::ZipArchive::new(io::BufReader::new(open)).map_err(|error| self.damaged(error))?;
        let announced = (0..archive.len())
            .filter_map(|index| archive.by_index_raw(index).ok().map(|member| member.size()))
            .fold(0_u64, u64::saturating_add);
        limits::check(self.file.size(), announced, self.allowed).map_err(|bomb| bomb_error(&self.file.name, bomb))?;
        disk::check(&self.file.name, self.target, announced)?;
        for index in 0..archive.len() {
            let mut member = archive.by_index(index).map_err(|error| self.damaged(error))?;
            let name = member.name().map(|name| name.into_owned()).map_err(|error| self.damaged(error))?;
            if member.is_symlink() {
                let mut link = String::new();
                let _ = (&mut member).take(4096).read_to_string(&mut link);
                self.check_link(&name, Path::new(&link))?;
            } else if member.is_file() {
                self.add(&name, &mut member)?;
            } else {
                self.place(&name)?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, packing: Packing) -> Result<()> {
        let open = File::open(&self.file.path).map_err(Error::io("opening", &self.file.path))?;
        let bytes = unpacked(self.file, packing, open, self.allowed)?;
        let mut archive = tar::Archive::new(bytes);
        let entries = archive.entries().map_err(|error| self.damaged_tar(packing, error))?;
        for entry in entries {
            let mut entry = entry.map_err(|error| self.damaged_tar(packing, error))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            if kind.is_symlink() || kind.is_hard_link() {
                let link = entry.link_name_bytes().map(|link| String::from_utf8_lossy(&link).into_owned());
                let link = link.unwrap_or_default();
                // A hard link's target is counted from the root of the archive.
                let from = if kind.is_symlink() { name.as_str() } else { "" };
                self.check_link(from, Path::new(&link)).map_err(|_| self.leads_out(&name, Some(&link)))?;
            } else if kind.is_file() || kind.is_gnu_sparse() {
                self.add(&name, &mut entry)?;
            } else if kind.is_dir() {
                self.place(&name)?;
            }
        }
        Ok(())
    }

    /// Where a member goes.
    fn place(&self, name: &str) -> Result<PathBuf> {
        let path = Path::new(name);
        let mut inside = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(part) => inside.push(part),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(self.leads_out(name, None));
                }
            }
        }
        // Archives made on Windows may separate folders by a backslash.
        let windows = name.contains('\\') && (name.split('\\').any(|part| part == "..") || name.starts_with('\\'));
        if windows || name.contains('\0') || name.get(1..3) == Some(":\\") {
            return Err(self.leads_out(name, None));
        }
        Ok(self.target.join(inside))
    }

    /// Links are not made, so nothing can be written through one; one that leads out is not there by mistake.
    fn check_link(&self, name: &str, link: &Path) -> Result<()> {
        let mut depth = Path::new(name).components().count().saturating_sub(1);
        for part in link.components() {
            match part {
                Component::Normal(_) => depth += 1,
                Component::CurDir => {}
                Component::ParentDir if depth > 0 => depth -= 1,
                _ => return Err(self.leads_out(name, Some(&link.display().to_string()))),
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, bytes: &mut dyn Read) -> Result<()> {
        let path = self.place(name)?;
        self.members += 1;
        if self.members > MOST_MEMBERS {
            let problem = format!("it has more than {MOST_MEMBERS} files in it");
            return Err(BadData::new(&self.file.name, problem, "Unpack it yourself if you trust it.").into());
        }
        if path == self.target {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(Error::io("making", parent))?;
        }
        let mut file = File::create(&path).map_err(Error::io("writing", &path))?;
        let bounded = &mut Counted { bytes, packed: self.file.size(), so_far: self.unpacked, allowed: self.allowed };
        let label = format!("{}: {name}", self.file.name);
        let count = copy_checked(bounded, &mut file, self.target, &label).map_err(|stopped| match stopped {
            Stopped::Other(error) => error,
            Stopped::Reading(error) => {
                let bomb = error.get_ref().and_then(|cause| cause.downcast_ref::<limits::Bomb>());
                match bomb {
                    Some(bomb) => bomb_error(&self.file.name, *bomb),
                    None => BadData::new(&label, format!("it does not unpack ({error})"), DAMAGED).into(),
                }
            }
        })?;
        self.unpacked += count;
        Ok(())
    }

    fn leads_out(&self, name: &str, link: Option<&str>) -> Error {
        let problem = match link {
            Some(link) => format!("its member {name:?} is a link to {link:?}, out of the folder it is unpacked into"),
            None => format!("its member {name:?} would be written outside the folder it is unpacked into"),
        };
        let advice = "Nothing was unpacked. An archive that does this is broken or hostile: ask where it comes from.";
        BadData::new(&self.file.name, problem, advice).into()
    }

    fn damaged(&self, error: zip::result::ZipError) -> Error {
        BadData::new(&self.file.name, format!("this zip archive cannot be read ({error})"), DAMAGED).into()
    }

    fn damaged_tar(&self, packing: Packing, error: io::Error) -> Error {
        if packing != Packing::None || error.get_ref().is_some_and(|cause| cause.is::<limits::Bomb>()) {
            return broken(self.file, packing, error);
        }
        BadData::new(&self.file.name, format!("this tar archive cannot be read ({error})"), DAMAGED).into()
    }
}

const DAMAGED: &str = "Copy or download it again; nothing of it has been kept.";

/// Counts what all members together unpack to.
struct Counted<'a> {
    bytes: &'a mut dyn Read,
    packed: u64,
    so_far: u64,
    allowed: Option<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.so_far += count as u64;
        limits::check(self.packed, self.so_far, self.allowed).map_err(io::Error::other)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
