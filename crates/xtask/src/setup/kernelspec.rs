//! The kernelspec and JupyterLab's settings, all inside `.venv`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use crate::files;
use crate::project::Project;
use crate::rust::stage::Stage;

/// The kernel's name in notebooks.
pub const NAME: &str = "rust-course";

const LOGO: &str = include_str!("../../assets/logo-svg.svg");

/// Writes what differs from what is there; says whether anything did.
pub fn install(project: &Project, stage: &Stage) -> Result<bool> {
    let share = project.venv().join("share/jupyter");
    let spec = json!({
        "argv": [stage.kernel, "run", "--connection-file", "{connection_file}", "--stage", stage.folder()],
        "display_name": "Rust (LLM course)",
        "language": "rust",
        // A signal would reach kernel, child and compiler at once; a message reaches the kernel, which knows what to stop.
        "interrupt_mode": "message",
        "env": { "COURSE_CACHE": project.cache },
        "metadata": { "course": { "build_id": stage.build_id } },
    });
    let server = json!({
        "KernelSpecManager": { "allowed_kernelspecs": [NAME], "ensure_native_kernel": false },
        "MultiKernelManager": { "default_kernel_name": NAME },
    });
    let quiet = json!({
        "@jupyterlab/apputils-extension:notification": { "fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": false },
    });
    let folder = share.join("kernels").join(NAME);
    let mut changed = put(&folder.join("kernel.json"), &serde_json::to_string_pretty(&spec)?)?;
    changed |= put(&folder.join("logo-svg.svg"), LOGO)?;
    changed |= put(&share.join("lab/settings/overrides.json"), &serde_json::to_string_pretty(&quiet)?)?;
    let config = project.venv().join("etc/jupyter/jupyter_server_config.d/course.json");
    changed |= put(&config, &serde_json::to_string_pretty(&server)?)?;
    Ok(changed)
}

fn put(path: &Path, text: &str) -> Result<bool> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(false);
    }
    let folder = path.parent().context("a file without a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    files::write_atomically(path, text.as_bytes())?;
    Ok(true)
}
