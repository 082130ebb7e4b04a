//! The child's side of the kernel's binary: it loads the course library and hands the process over to it.

use std::path::Path;

/// Runs the child's side: loads the library, calls its main loop, and ends the process.
pub fn runtime_main(fd: i32, library: &Path) -> ! {
    let status = load_and_run(fd, library).unwrap_or_else(|error| {
        // The kernel that started this process reads it and puts it into its own error.
        eprintln!("{error}");
        1
    });
    // SAFETY: the process ends here. Not by `exit`: threads of the learner's may still run, and destructors would run beside them.
    unsafe { libc::_exit(status) }
}

fn load_and_run(fd: i32, library: &Path) -> Result<i32, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};
    // SAFETY: the staged library was built with this kernel; loading it runs no code but its own initialisers.
    let library = unsafe { Library::open(Some(library), RTLD_NOW | RTLD_GLOBAL) }?;
    // SAFETY: `crates/course` exports the function with this signature.
    let main: Symbol<unsafe extern "C" fn(i32) -> i32> = unsafe { library.get("course_runtime_main") }?;
    // SAFETY: the kernel hands over the descriptor of a socket for this process alone.
    let status = unsafe { main(fd) };
    // Other threads may still run code of the library.
    std::mem::forget(library);
    Ok(status)
}
