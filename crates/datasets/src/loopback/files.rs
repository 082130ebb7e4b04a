//! The files of a folder, whole or a range of their bytes.

use std::fs::File;
use std::io::{Error, Result, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::http::{Asked, Body, Reply};
use super::server::{Server, reading};

/// Serves the files of a folder: `data/a.csv` of it is then at `{url}/data/a.csv`. What lies outside of it is not there.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # let folder = tempfile::tempdir()?;
/// let server = course_datasets::loopback::serve_folder(folder.path())?;
/// let url = server.url() + "/reviews.tsv";
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there is no such folder, or no port is free.
pub fn serve_folder(folder: impl AsRef<Path>) -> Result<Server> {
    let folder = folder.as_ref();
    let root = folder.canonicalize().map_err(|error| {
        Error::new(error.kind(), format!("the folder {} cannot be served: {error}", folder.display()))
    })?;
    Server::start(format!("the files of {}", folder.display()), reading(move |asked| reply(&root, asked)))
}

fn reply(root: &Path, asked: &Asked) -> Reply {
    let file = inside(root, &asked.path).and_then(|path| File::open(path).ok());
    let length =
        file.as_ref().and_then(|file| file.metadata().ok()).filter(|found| found.is_file()).map(|found| found.len());
    let (Some(mut file), Some(length)) = (file, length) else { return Reply::text(404, "there is no such file") };
    let headers = vec![("content-type", "application/octet-stream".to_owned()), ("accept-ranges", "bytes".to_owned())];
    match asked.header("range").and_then(|range| range.strip_prefix("bytes=")).map(|range| ends(range, length)) {
        None => Reply { status: 200, headers, body: Body::File(file, length) },
        Some(Some((first, last))) if file.seek(SeekFrom::Start(first)).is_ok() => {
            let reply = Reply { status: 206, headers, body: Body::File(file, last + 1 - first) };
            reply.with("content-range", format!("bytes {first}-{last}/{length}"))
        }
        Some(_) => Reply::text(416, "no such bytes").with("content-range", format!("bytes */{length}")),
    }
}

/// The file that a path names, if it lies in the folder.
fn inside(root: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path.trim_start_matches('/'));
    if relative.components().any(|part| !matches!(part, Component::Normal(_))) {
        return None;
    }
    // A link may lead out of it again.
    root.join(relative).canonicalize().ok().filter(|found| found.starts_with(root))
}

/// The first and the last byte of `0-99`, `100-` or `-50`.
fn ends(range: &str, length: u64) -> Option<(u64, u64)> {
    let (first, last) = range.split_once('-')?;
    let last_byte = length.checked_sub(1)?;
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => (first, last.min(last_byte)),
        (Ok(first), Err(_)) if last.is_empty() => (first, last_byte),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => (length.saturating_sub(count), last_byte),
        _ => return None,
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use course_hub::web;

    use super::*;

    #[test]
    fn files_are_handed_out_whole_or_in_part_and_nothing_else_is() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("served");
        std::fs::create_dir_all(folder.join("inner")).unwrap();
        std::fs::write(outer.path().join("secret"), "secret").unwrap();
        std::fs::write(folder.join("inner/a b.txt"), "0123456789").unwrap();
        let server = serve_folder(&folder).unwrap();
        let url = server.url() + "/inner/a%20b.txt";
        assert_eq!(web::get(&url).unwrap().text().unwrap(), "0123456789");
        for (range, status, expected) in [
            ("2-4", 206, "234"),
            ("7-", 206, "789"),
            ("-2", 206, "89"),
            ("0-99", 206, "0123456789"),
            ("10-", 416, "no such bytes"),
        ] {
            let answer = web::Request::get(&url).header("range", &format!("bytes={range}")).send().unwrap();
            assert_eq!((answer.status(), answer.text().unwrap()), (status, expected), "{range}");
        }
        for path in ["/no", "/inner", "/%2e%2e/secret", "/inner/%2e%2e/%2e%2e/secret"] {
            assert_eq!(web::get(&(server.url() + path)).unwrap().status(), 404, "{path}");
        }
        assert!(serve_folder(outer.path().join("none")).is_err());
    }

    #[test]
    fn a_server_that_is_dropped_answers_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let server = serve_folder(folder.path()).unwrap();
        let url = server.url();
        drop(server);
        assert!(web::get(&url).is_err());
    }
}
