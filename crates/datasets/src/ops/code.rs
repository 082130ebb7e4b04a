//! By what a function is known: the code it was compiled to.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

/// What tells this function from every other: the library that holds it, where in it `address` lies, and the course library it calls.
///
/// In a notebook the library is the cell, compiled with everything of earlier cells that it uses: whatever is written otherwise there gives
/// another library. `None` for a function that holds variables, whose values nobody can read from here, and where the library cannot be read.
pub(crate) fn fingerprint_of<F>(_function: &F, address: *const ()) -> Option<String> {
    if size_of::<F>() > 0 {
        return None;
    }
    let place = Place::of(address)?;
    let hash = hash_of(&place.library)?;
    let course = COURSE.as_ref()?;
    Some(format!("{hash} +{:x} {} {course}", place.offset, std::any::type_name::<F>()))
}

/// The build of this crate that runs: where its library lies, how long it is, and when it was written, since it is too long to be read.
static COURSE: LazyLock<Option<String>> = LazyLock::new(|| {
    let library = Place::of(hash_of as *const ())?.library;
    let metadata = std::fs::metadata(&library).ok()?;
    Some(format!("{} {} {:?}", library.display(), metadata.len(), metadata.modified().ok()?))
});

/// Where code lies.
struct Place {
    library: PathBuf,
    /// Bytes from where the library begins in memory.
    offset: usize,
}

impl Place {
    fn of(address: *const ()) -> Option<Self> {
        let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
        // SAFETY: `dladdr` only looks the address up in its tables, and fills `info` where it gives anything but 0.
        let info = unsafe {
            if libc::dladdr(address.cast(), info.as_mut_ptr()) == 0 {
                return None;
            }
            info.assume_init()
        };
        if info.dli_fname.is_null() {
            return None;
        }
        // SAFETY: the name is a C string that lives as long as the library is loaded, and this library runs right now.
        let name = unsafe { CStr::from_ptr(info.dli_fname) };
        let path = Path::new(OsStr::from_bytes(name.to_bytes()));
        // The main program's name may be no path.
        let library = if path.is_absolute() { path.to_owned() } else { std::env::current_exe().ok()? };
        Some(Self { library, offset: (address as usize).wrapping_sub(info.dli_fbase as usize) })
    }
}

/// The hash of the library's file.
fn hash_of(path: &Path) -> Option<String> {
    static KNOWN: LazyLock<Mutex<HashMap<PathBuf, String>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(hash) = known.get(path) {
        return Some(hash.clone());
    }
    let mut hasher = blake3::Hasher::new();
    let mut file = std::fs::File::open(path).ok()?;
    std::io::copy(&mut file, &mut hasher).ok()?;
    let hash = hasher.finalize().to_hex().to_string();
    known.insert(path.to_owned(), hash.clone());
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<F: Fn(i32) -> i32>(function: &F) -> Option<String> {
        fn call<F: Fn(i32) -> i32>(function: &F, number: i32) -> i32 {
            function(number)
        }
        fingerprint_of(function, call::<F> as fn(&F, i32) -> i32 as *const ())
    }

    #[test]
    fn functions_are_told_apart_and_known_again() {
        let one = of(&|number| number + 1).unwrap();
        let two = of(&|number| number * 2).unwrap();
        assert_ne!(one, two);
        let closure = |number| number - 7;
        assert_eq!(of(&closure), of(&closure));
        let captured = 3;
        assert_eq!(of(&|number| number + captured), None);
    }
}
