//! JupyterLab in headless Chromium, with Chromium installed first where that can be done.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::python::pytest;
use super::{Context, Outcome};
use crate::bar::Step;
use crate::project::is_root;

/// Runs the browser tests; without a browser they are left out, except in CI, where that is a failure.
pub fn test(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    if !is_there("chromedriver") {
        install(step);
    }
    if is_there("chromedriver") {
        return pytest(context, step, "browser");
    }
    let note = "no chromium and chromedriver (Debian: `sudo apt install chromium chromium-driver`)";
    if env::var_os("CI").is_some() {
        Ok(Outcome::check(false, note))
    } else {
        Ok(Outcome { note: note.into(), ..Outcome::default() })
    }
}

fn is_there(program: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// Debian's packages, if this process may install them.
fn install(step: &Step) {
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return;
    }
    step.messages().set_message("installing chromium");
    let script = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-dejavu-core";
    // If it fails, the browser is still not there, and that is what gets reported.
    let _ = Command::new("sh")
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
