use std::io::Write;

use super::*;

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A tar file with names as they are: the library's own writer refuses bad ones.
fn tar_of(members: &[(&str, &[u8], Option<&str>)]) -> Vec<u8> {
    let mut writer = tar::Builder::new(Vec::new());
    for (name, bytes, link) in members {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        if let Some(link) = link {
            header.set_entry_type(tar::EntryType::Symlink);
            header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
        }
        header.set_cksum();
        writer.append(&header, *bytes).unwrap();
    }
    writer.into_inner().unwrap()
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn unpack(&self, name: &str, bytes: &[u8], allowed: Option<u64>) -> Result<Option<Vec<DataFile>>> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        unpack(&DataFile::named(path, name), &self.folder.path().join("cache"), allowed)
    }

    /// What is refused leaves nothing behind, inside or outside the folder.
    fn refused(&self, name: &str, bytes: &[u8], allowed: Option<u64>) -> String {
        let error = self.unpack(name, bytes, allowed).unwrap_err().to_string();
        assert!(super::super::files_in(&self.folder.path().join("cache")).unwrap_or_default().is_empty());
        assert_eq!(std::fs::read_dir(self.folder.path().join("cache")).unwrap().count(), 0, "{error}");
        let outside = std::fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(outside, 2, "{error}");
        error
    }
}

#[test]
fn files_of_every_kind_of_archive_come_out() {
    let place = Place::new();
    let zip = zip_of(&[("data/train.csv", b"a\n1\n"), ("__MACOSX/x", b""), (".hidden", b""), ("test.csv", b"a\n2\n")]);
    let files = place.unpack("reviews.zip", &zip, None).unwrap().unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["reviews.zip: data/train.csv", "reviews.zip: test.csv"]);
    assert_eq!(std::fs::read(&files[1].path).unwrap(), b"a\n2\n");
    let tar = tar_of(&[("./a/b.csv", b"x\n1\n", None), ("c.csv", b"", Some("a/b.csv"))]);
    for (name, bytes) in [
        ("a.tar", tar.clone()),
        ("b.tar.zst", zstd::encode_all(&tar[..], 1).unwrap()),
        ("c.tgz", {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&tar).unwrap();
            encoder.finish().unwrap()
        }),
    ] {
        let files = place.unpack(name, &bytes, None).unwrap().unwrap();
        assert_eq!(files.len(), 1, "a link is not made");
        assert_eq!(files[0].name, format!("{name}: a/b.csv"));
        // A second time, what is there is used.
        assert_eq!(place.unpack(name, &bytes, None).unwrap().unwrap().len(), 1);
    }
    assert!(place.unpack("plain.csv", b"a,b\n", None).unwrap().is_none());
}

#[test]
fn members_that_lead_out_are_refused() {
    for bad in ["../evil.csv", "/tmp/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:\\evil.csv"] {
        let error = Place::new().refused("bad.zip", &zip_of(&[("good.csv", b"a\n"), (bad, b"x")]), None);
        assert!(error.contains(&format!("{bad:?}")) && error.starts_with("bad.zip"), "{error}");
        let error = Place::new().refused("bad.tar", &tar_of(&[("good.csv", b"a\n", None), (bad, b"x", None)]), None);
        assert!(error.contains("outside the folder"), "{error}");
    }
    let link = tar_of(&[("out", b"", Some("../..")), ("out/evil.csv", b"x", None)]);
    let error = Place::new().refused("link.tar", &link, None);
    assert!(error.contains("link to \"../..\""), "{error}");
}

#[test]
fn a_zip_bomb_is_refused_before_and_while_it_unpacks() {
    let zeros = vec![0; 8 << 20];
    let error = Place::new().refused("bomb.zip", &zip_of(&[("a.csv", &zeros)]), Some(1 << 20));
    assert!(error.contains("zip bomb") && error.contains("max_unpacked_bytes"), "{error}");
    let packed = zstd::encode_all(&tar_of(&[("a.csv", &zeros, None)])[..], 3).unwrap();
    let error = Place::new().refused("bomb.tar.zst", &packed, Some(1 << 20));
    assert!(error.contains("zip bomb"), "{error}");
    // A header that lies about the size does not help.
    let mut lying = zip_of(&[("a.csv", &zeros)]);
    let size = (8_u32 << 20).to_le_bytes();
    for place in 0..lying.len() - 4 {
        if lying[place..place + 4] == size {
            lying[place..place + 4].copy_from_slice(&1_u32.to_le_bytes());
        }
    }
    let error = Place::new().refused("liar.zip", &lying, Some(1 << 20));
    assert!(error.starts_with("liar.zip"), "{error}");
}

#[test]
fn damaged_and_empty_archives_are_said_so() {
    let zip = zip_of(&[("a.csv", &[b'a'; 5000])]);
    let error = Place::new().refused("cut.zip", &zip[..zip.len() / 2], None);
    assert!(error.contains("cannot be read"), "{error}");
    let mut random = tar_of(&[("a.csv", &[b'a'; 5000], None)]);
    random[700..].fill(b'a');
    random.truncate(3000);
    let error = Place::new().refused("cut.tar", &random, None);
    assert!(error.starts_with("cut.tar"), "{error}");
    let place = Place::new();
    let error = place.unpack("empty.zip", &zip_of(&[]), None).unwrap_err().to_string();
    assert!(error.contains("no files"), "{error}");
}
