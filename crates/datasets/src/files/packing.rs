//! How a file is packed, told from its first bytes rather than its name.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::limits::{Bomb, Bounded};
use super::{DataFile, disk};
use crate::readers::BadData;
use crate::{Error, Result};

/// What a file's first bytes say about how it is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not packed, as far as one can tell.
    None,
    Gzip,
    Zstd,
    /// An archive of files.
    Zip,
    /// An archive of files, not packed itself.
    Tar,
    Bzip2,
    Xz,
    SevenZip,
    Rar,
}

impl Packing {
    /// The packing of a file.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(crate) fn of(file: &DataFile) -> Result<Self> {
        let open = File::open(&file.path).map_err(Error::io("opening", &file.path))?;
        let mut start = Vec::with_capacity(512);
        open.take(512).read_to_end(&mut start).map_err(Error::io("reading", &file.path))?;
        Ok(Self::of_bytes(&start))
    }

    /// The packing that the first bytes (512 of them, if there are so many) tell of.
    pub(crate) fn of_bytes(start: &[u8]) -> Self {
        const SIGNATURES: [(&[u8], Packing); 9] = [
            (b"\x1f\x8b", Packing::Gzip),
            (b"\x28\xb5\x2f\xfd", Packing::Zstd),
            (b"PK\x03\x04", Packing::Zip),
            (b"PK\x05\x06", Packing::Zip),
            (b"PK\x07\x08", Packing::Zip),
            (b"BZh", Packing::Bzip2),
            (b"\xfd7zXZ\x00", Packing::Xz),
            (b"7z\xbc\xaf\x27\x1c", Packing::SevenZip),
            (b"Rar!\x1a\x07", Packing::Rar),
        ];
        match SIGNATURES.iter().find(|(signature, _)| start.starts_with(signature)) {
            Some((_, packing)) => *packing,
            None if start.get(257..262) == Some(b"ustar") => Self::Tar,
            None => Self::None,
        }
    }

    /// The error for packings that are not opened here.
    pub(crate) fn refuse(self, file: &DataFile) -> Result<()> {
        let (name, command) = match self {
            Self::Bzip2 => ("bzip2", "bunzip2"),
            Self::Xz => ("xz", "unxz"),
            Self::SevenZip => ("7z", "7z x"),
            Self::Rar => ("rar", "unrar x"),
            _ => return Ok(()),
        };
        let advice = format!(
            "Unpack it in a terminal (`{command} {}`) and load what comes out; gzip, zstd, zip and tar files are opened on the way.",
            file.path.display()
        );
        Err(BadData::new(&file.name, format!("it is packed with {name}, which is not opened here"), advice).into())
    }
}

/// The unpacked bytes of an opened file, never more of them than a file of its size may have.
///
/// # Errors
/// [`Error::BadData`] for packings that are not opened here; [`Error::Io`].
pub(crate) fn unpacked(
    file: &DataFile,
    packing: Packing,
    bytes: impl Read + Send + 'static,
    allowed: Option<u64>,
) -> Result<Box<dyn Read + Send>> {
    packing.refuse(file)?;
    Ok(match packing {
        Packing::Gzip => Box::new(Bounded::new(
            flate2::bufread::MultiGzDecoder::new(io::BufReader::new(bytes)),
            file.size(),
            allowed,
        )),
        Packing::Zstd => {
            let decoder = zstd::stream::read::Decoder::new(bytes).map_err(Error::io("unpacking", &file.path))?;
            Box::new(Bounded::new(decoder, file.size(), allowed))
        }
        _ => Box::new(bytes),
    })
}

/// The error for bytes that did not come out of a file.
pub(crate) fn broken(file: &DataFile, packing: Packing, error: io::Error) -> Error {
    if let Some(bomb) = error.get_ref().and_then(|cause| cause.downcast_ref::<Bomb>()) {
        return bomb_error(&file.name, *bomb);
    }
    let what = match packing {
        Packing::Gzip => "gzip",
        Packing::Zstd => "zstd",
        _ => return Error::io("reading", &file.path)(error),
    };
    let problem = if error.kind() == io::ErrorKind::UnexpectedEof {
        format!("the {what} data ends before its end: the file is cut off")
    } else {
        format!("the {what} data is damaged ({error})")
    };
    BadData::new(&file.name, problem, "Copy or download the file again; nothing of it has been kept.").into()
}

/// The error for what unpacks to far more than it should.
pub(crate) fn bomb_error(name: &str, bomb: Bomb) -> Error {
    BadData::new(
        name,
        format!(
            "it looks like a zip bomb: {} of packed data have become {} already, and unpacking was stopped there",
            disk::size(bomb.packed),
            disk::size(bomb.unpacked)
        ),
        "If you trust the file, allow so much with `.max_unpacked_bytes(…)`; nothing of it has been kept.",
    )
    .into()
}

/// A copy of a packed file without its packing, in `folder`; for formats that are not read from front to back. Files that
/// are not packed are returned as they are.
///
/// # Errors
/// [`Error::BadData`] for damaged files and bombs; [`Error::DiskFull`]; [`Error::Io`]; [`Error::Interrupted`].
pub(crate) fn unpacked_copy(file: &DataFile, folder: &Path, allowed: Option<u64>) -> Result<DataFile> {
    let packing = Packing::of(file)?;
    packing.refuse(file)?;
    if !matches!(packing, Packing::Gzip | Packing::Zstd) {
        return Ok(file.clone());
    }
    let open = File::open(&file.path).map_err(Error::io("opening", &file.path))?;
    let mut bytes = unpacked(file, packing, open, allowed)?;
    std::fs::create_dir_all(folder).map_err(Error::io("making", folder))?;
    let mut copy = tempfile::NamedTempFile::new_in(folder).map_err(Error::io("writing in", folder))?;
    copy_checked(&mut bytes, &mut copy, folder, &file.name).map_err(|error| match error {
        Stopped::Reading(error) => broken(file, packing, error),
        Stopped::Other(error) => error,
    })?;
    let key = blake3::hash(format!("{}", file.path.display()).as_bytes()).to_hex();
    let path: PathBuf = folder.join(format!("{}-{}", &key[..16], bare_name(&file.path)));
    copy.persist(&path).map_err(|error| Error::io("writing", &path)(error.error))?;
    Ok(DataFile::named(path, &file.name))
}

fn bare_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

pub(super) enum Stopped {
    Reading(io::Error),
    Other(Error),
}

/// Copies all there is, minding the interrupt and the room on the disk; returns the number of bytes.
pub(super) fn copy_checked(
    from: &mut dyn Read,
    to: &mut dyn Write,
    folder: &Path,
    what: &str,
) -> std::result::Result<u64, Stopped> {
    const CHECK_EVERY: u64 = 64 << 20;
    let mut buffer = vec![0; 256 << 10];
    let (mut copied, mut next_check) = (0, 0);
    loop {
        if copied >= next_check {
            disk::check(what, folder, CHECK_EVERY).map_err(Stopped::Other)?;
            next_check += CHECK_EVERY;
        }
        course_wire::interrupt::check().map_err(|error| Stopped::Other(error.into()))?;
        let count = from.read(&mut buffer).map_err(Stopped::Reading)?;
        if count == 0 {
            return Ok(copied);
        }
        let bytes = buffer.get(..count).unwrap_or_default();
        to.write_all(bytes).map_err(|error| Stopped::Other(Error::io("writing in", folder)(error)))?;
        copied += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn write(folder: &Path, name: &str, bytes: &[u8]) -> DataFile {
        std::fs::write(folder.join(name), bytes).unwrap();
        DataFile::named(folder.join(name), name)
    }

    #[test]
    fn packing_is_told_from_the_first_bytes() {
        assert_eq!(Packing::of_bytes(&gzip(b"x")), Packing::Gzip);
        assert_eq!(Packing::of_bytes(&zstd::encode_all(&b"x"[..], 1).unwrap()), Packing::Zstd);
        assert_eq!(Packing::of_bytes(b"a,b\n1,2\n"), Packing::None);
        assert_eq!(Packing::of_bytes(b""), Packing::None);
    }

    #[test]
    fn a_copy_is_unpacked_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("unpacked");
        let file = write(folder.path(), "a.parquet.gz", &gzip(b"content"));
        let copy = unpacked_copy(&file, &target, None).unwrap();
        assert_eq!(std::fs::read(&copy.path).unwrap(), b"content");
        assert_eq!(copy.name, "a.parquet.gz");
        assert!(copy.path.to_str().unwrap().ends_with("a.parquet"));
        let bytes = gzip(&vec![7; 100_000]);
        let cut = write(folder.path(), "b.parquet.gz", &bytes[..bytes.len() / 2]);
        let error = unpacked_copy(&cut, &target, None).unwrap_err().to_string();
        assert!(error.contains("b.parquet.gz") && error.contains("cut off"), "{error}");
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), 1);
    }

    #[test]
    fn a_bomb_is_stopped_and_what_is_not_opened_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = write(folder.path(), "bomb.csv.zst", &zstd::encode_all(&vec![b'a'; 8 << 20][..], 3).unwrap());
        let error = unpacked_copy(&file, folder.path(), Some(1 << 20)).unwrap_err().to_string();
        assert!(error.contains("zip bomb"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let xz = write(folder.path(), "a.csv.xz", b"\xfd7zXZ\x00rest");
        let error = unpacked_copy(&xz, folder.path(), None).unwrap_err().to_string();
        assert!(error.contains("unxz"), "{error}");
    }
}
