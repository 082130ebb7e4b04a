//! `course-kernel install`: writes the kernelspec into a Python environment.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use super::kernelspec::Kernelspec;
use crate::engine::stage::Stage;

/// Installs; a kernelspec that is there is replaced in one step, so Jupyter never sees half of one.
///
/// # Errors
/// When there is no course library in `stage`, or the environment cannot be written to.
pub fn install(prefix: &Path, stage: &Path, evcxr: Option<&Path>) -> anyhow::Result<ExitCode> {
    Stage::load(stage)?;
    anyhow::ensure!(
        prefix.is_dir(),
        "{} is not a folder: --prefix takes the Python environment that JupyterLab runs in",
        prefix.display()
    );
    let mut spec = Kernelspec::new(stage)?;
    let mut folder = Kernelspec::folder(prefix);
    if let Some(helper) = evcxr {
        anyhow::ensure!(helper.is_file(), "{} is not there: build it in kernel/evcxr", helper.display());
        spec = spec.with_evcxr(helper)?;
        folder = Kernelspec::evcxr_folder(prefix);
    }
    write(&spec, &folder)?;
    println!("installed the kernel at {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

fn write(spec: &Kernelspec, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join("kernel.json");
    let draft = folder.join(format!("kernel.json.{}", std::process::id()));
    let text = serde_json::to_string_pretty(spec)? + "\n";
    let written = fs::write(&draft, text).and_then(|()| fs::rename(&draft, &file));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installing_twice_leaves_one_whole_kernelspec() {
        let prefix = tempfile::tempdir().unwrap();
        for stage in ["first", "second"] {
            write(&Kernelspec::new(Path::new(stage)).unwrap(), &Kernelspec::folder(prefix.path())).unwrap();
        }
        let spec = Kernelspec::read(prefix.path()).unwrap();
        assert_eq!(spec.argv[1..4], ["run", "--connection-file", "{connection_file}"]);
        assert!(spec.stage().unwrap().is_absolute() && spec.stage().unwrap().ends_with("second"));
        assert!(spec.kernel().unwrap().is_absolute());
        assert_eq!((spec.language.as_str(), spec.interrupt_mode.as_str()), ("rust", "message"));
        assert_eq!(fs::read_dir(Kernelspec::folder(prefix.path())).unwrap().count(), 1);
    }

    #[test]
    fn the_second_engine_has_a_kernelspec_of_its_own() {
        let spec = Kernelspec::new(Path::new("stage")).unwrap().with_evcxr(Path::new("/bin/course-evcxr")).unwrap();
        assert_eq!(spec.display_name, "Rust (evcxr engine)");
        assert_eq!(spec.argv.last().map(String::as_str), Some("/bin/course-evcxr"));
        let prefix = Path::new("/p");
        assert_ne!(Kernelspec::evcxr_folder(prefix), Kernelspec::folder(prefix));
    }

    #[test]
    fn without_a_library_nothing_is_installed() {
        let prefix = tempfile::tempdir().unwrap();
        let error = install(prefix.path(), Path::new("no/such/stage"), None).unwrap_err();
        assert!(error.to_string().contains("cargo xtask setup"), "{error}");
        assert!(Kernelspec::read(prefix.path()).is_err());
    }
}
