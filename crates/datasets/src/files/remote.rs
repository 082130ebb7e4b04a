//! Files at web addresses, brought into the cache.

use std::path::Path;

use course_display::Progress;

use super::{DataFile, disk};
use crate::{Error, Result};

/// Smaller files come too fast for a bar.
const BAR_FROM: u64 = 4 << 20;

/// Whether a path is a web address.
pub(crate) fn is_address(path: &str) -> bool {
    path.starts_with("https://") || path.starts_with("http://")
}

/// The file at an address: downloaded into `folder`, whole or not at all; what is there already is used, unless `again`. A token is
/// shown to the server of this address, not to where it sends us.
///
/// # Errors
/// [`Error::Hub`] when it does not come; [`Error::DiskFull`]; [`Error::Io`]; [`Error::Interrupted`].
pub(crate) fn download(address: &str, token: Option<&str>, folder: &Path, again: bool) -> Result<DataFile> {
    let path = folder.join(local_name(address));
    if path.is_file() && !again {
        return Ok(DataFile::named(path, address));
    }
    std::fs::create_dir_all(folder).map_err(Error::io("making", folder))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Error::io("writing in", folder))?;
    let mut bar = None;
    let mut full = None;
    let label = address.rsplit('/').next().unwrap_or(address);
    let mut arrived = |bytes: u64, of: Option<u64>| {
        if full.is_none()
            && let Err(error) = disk::check(address, folder, of.unwrap_or(bytes).saturating_sub(bytes))
        {
            full = Some(error);
        }
        let bar = bar.get_or_insert_with(|| of.filter(|of| *of >= BAR_FROM).map(|of| Progress::bytes(of, label)));
        if let Some(bar) = bar {
            // The download itself minds the interrupt.
            let _ = bar.set(bytes);
        }
    };
    let request = course_hub::web::Request::get(address);
    let request = token.into_iter().fold(request, course_hub::web::Request::bearer);
    let outcome = request.download(file.as_file_mut(), &mut arrived);
    if let Some(error) = full {
        return Err(error);
    }
    outcome?;
    file.persist(&path).map_err(|error| Error::io("writing", &path)(error.error))?;
    Ok(DataFile::named(path, address))
}

/// A name that no other address has, and that ends as the address does.
fn local_name(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    let end: String = path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .collect();
    let end = end.trim_start_matches('.');
    let tail = end.get(end.len().saturating_sub(80)..).unwrap_or(end);
    format!("{}-{tail}", &blake3::hash(address.as_bytes()).to_hex()[..24])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_names_keep_the_extension_and_nothing_dangerous() {
        let name = local_name("https://example.org/data/../SQuAD_it-train.json.gz?download=1");
        assert!(name.ends_with("-SQuAD_it-train.json.gz"), "{name}");
        let odd = local_name("https://example.org/a/..%2f..%2fx\u{202e}/..");
        assert!(!odd.contains('/') && !odd.contains('%'), "{odd}");
        assert_ne!(local_name("https://a.org/x.csv"), local_name("https://b.org/x.csv"));
    }
}
