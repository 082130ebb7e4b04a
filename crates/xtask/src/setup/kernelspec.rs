//! The kernelspec and JupyterLab's settings, all inside `.venv`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::files;
use crate::project::Project;
use crate::rust::stage::Stage;

/// The kernel's name in notebooks.
pub const NAME: &str = "rust-course";

const LOGO: &str = include_str!("../../assets/logo-svg.svg");

/// Has the kernel write its kernelspec, and adds what differs of the rest; says whether anything did.
pub fn install(project: &Project, stage: &Stage) -> Result<bool> {
    let share = project.venv().join("share/jupyter");
    let folder = share.join("kernels").join(NAME);
    let spec = folder.join("kernel.json");
    let before = fs::read_to_string(&spec).unwrap_or_default();
    let mut kernel = Command::new(&stage.kernel);
    kernel.arg("install").arg("--prefix").arg(project.venv()).arg("--stage").arg(stage.folder());
    // The kernelspec remembers the cache folder and the checkout, whichever program starts the kernel.
    kernel.env("COURSE_CACHE", &project.cache).env("COURSE_ROOT", &project.root);
    let output = kernel.output().context("the kernel cannot be started")?;
    if !output.status.success() {
        bail!("the kernel cannot be installed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let mut changed = fs::read_to_string(&spec).unwrap_or_default() != before;

    let server = json!({
        "KernelSpecManager": { "allowed_kernelspecs": [NAME], "ensure_native_kernel": false },
        "MultiKernelManager": { "default_kernel_name": NAME },
        // The server drops what comes faster, without a word in the cell: a picture of 3 MB, or 8 MB of printed lines, which is
        // where the kernel itself cuts. Few messages carry much here, so their number keeps its limit.
        "ZMQChannelsWebsocketConnection": { "iopub_data_rate_limit": 50_000_000 },
    });
    let quiet = json!({
        "@jupyterlab/apputils-extension:notification": { "fetchNews": "false", "checkForUpdates": false },
    });
    changed |= put(&folder.join("logo-svg.svg"), LOGO)?;
    changed |= put(&share.join("lab/settings/overrides.json"), &serde_json::to_string_pretty(&quiet)?)?;
    let config = project.venv().join("etc/jupyter/jupyter_server_config.json");
    // What Jupyter's programs would else put into the user's home.
    fs::create_dir_all(share.with_file_name("course"))?;
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
