//! `cargo xtask lab`: JupyterLab on this machine, with the learner's copies made and the start page open.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::learn::{self, LEARN, Made};
use crate::problem::Problem;
use crate::project::{Project, is_root};
use crate::setup::setup;

/// The notebooks of which the first that is there is opened.
const FIRST: [&str; 2] = ["learn/START.ipynb", "learn/00-setup/01-welcome.ipynb"];
/// Where JupyterLab listens unless told otherwise; it takes the next free port when this one is not.
const PORT: u16 = 8888;

/// Sets up, then becomes JupyterLab: on the loopback address only, with its token.
pub fn lab(project: &Project, browser: bool, port: Option<u16>) -> Result<()> {
    if let Some(port) = port {
        check_free(port)?;
    }
    setup(project)?;
    let made = learn::update(project)?;
    made.tell();
    trust(project, &made);
    let mut lab = jupyter(project);
    lab.args(["lab", "--ServerApp.ip=127.0.0.1"]);
    lab.arg(format!("--ServerApp.root_dir={}", project.root.display()));
    lab.arg(format!("--ServerApp.port={}", port.unwrap_or(PORT)));
    if port.is_some() {
        lab.arg("--ServerApp.port_retries=0");
    }
    if let Some(first) = FIRST.iter().find(|first| project.root.join(first).is_file()) {
        lab.arg(format!("--LabApp.default_url=/lab/tree/{first}"));
    }
    if !browser {
        lab.arg("--no-browser");
    }
    if is_root() {
        // As in a container; JupyterLab listens on the loopback address alone and asks for its token.
        lab.arg("--allow-root");
    }
    println!("JupyterLab starts; its address with the token follows. Stop it with Ctrl-C.\n");
    // It takes this process's place, so that Ctrl-C and exit codes are its own.
    Err(lab.exec()).context("JupyterLab cannot be started")
}

/// Signs the copies that were just made and the notebooks that are as the repository has them, or JupyterLab shows the text form in
/// place of their figures.
///
/// They are as trustworthy as the code that was just built. A notebook that was changed or added is left to its owner's
/// judgement, and so are those of the repository where git cannot be asked; nothing but figures is lost then.
fn trust(project: &Project, made: &Made) {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").current_dir(&project.root).args(arguments).args(["--", "chapters"]).output();
        let text = output.ok().filter(|output| output.status.success()).map(|output| output.stdout).unwrap_or_default();
        let paths: Vec<String> =
            text.split(|byte| *byte == 0).map(|path| String::from_utf8_lossy(path).into()).collect();
        paths
    };
    let changed = git(&["diff", "-z", "--name-only", "HEAD"]);
    let mut committed = git(&["ls-tree", "-z", "-r", "--name-only", "HEAD"]);
    committed.retain(|path| path.ends_with(".ipynb") && !changed.contains(path));
    let copies = made.new.iter().map(|path| format!("{LEARN}/{}", path.display()));
    let notebooks: Vec<String> = copies.filter(|path| path.ends_with(".ipynb")).chain(committed).collect();
    if !notebooks.is_empty() {
        // Without it the notebooks work all the same.
        let _ = jupyter(project).arg("trust").args(notebooks).output();
    }
}

/// `jupyter` of the environment, which keeps its settings, workspaces and run files there too.
pub fn jupyter(project: &Project) -> Command {
    let mut jupyter = Command::new(project.venv_program("jupyter"));
    environment(project, &mut jupyter);
    jupyter
}

/// The variables that keep every Jupyter program out of the user's home.
pub fn environment(project: &Project, command: &mut Command) {
    let own = project.venv().join("share/course");
    command.current_dir(&project.root);
    for (name, folder) in [
        ("JUPYTER_CONFIG_DIR", "config"),
        ("JUPYTER_DATA_DIR", "data"),
        ("JUPYTER_RUNTIME_DIR", "runtime"),
        ("JUPYTERLAB_SETTINGS_DIR", "lab/settings"),
        ("JUPYTERLAB_WORKSPACES_DIR", "lab/workspaces"),
        ("IPYTHONDIR", "ipython"),
    ] {
        command.env(name, own.join(folder));
    }
    command.env("COURSE_CACHE", &project.cache);
    // Kernelspecs and extensions of the environment come first, whatever else is installed.
    command.env("JUPYTER_PREFER_ENV_PATH", "1").env_remove("JUPYTER_PATH").env_remove("JUPYTER_CONFIG_PATH");
}

fn check_free(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => Err(Problem::error(
            format!("port {port} cannot be used ({error}): another program listens there, or it needs special rights"),
            "choose another with --port, or leave --port away and the first free one is taken",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_one_sentence() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = check_free(port).unwrap_err();
        assert!(error.to_string().starts_with(&format!("port {port} cannot be used")));
        drop(taken);
        assert!(check_free(port).is_ok());
    }
}
