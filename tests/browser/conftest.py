"""JupyterLab as `cargo xtask lab` starts it, on copies of the notebooks, and headless Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service

TOKEN = "only-for-this-test"


@pytest.fixture(scope="session")
def lab(root, tmp_path_factory):
    """The address of a running JupyterLab; opening a notebook there saves into a copy."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(root / "chapters", folder / "chapters")
    with running(folder) as address:
        yield address


@pytest.fixture(scope="module")
def learner(root, tmp_path_factory):
    """The address of a JupyterLab on a learner's copies of the notebooks, with no progress yet."""
    folder = tmp_path_factory.mktemp("learner")
    xtask = os.environ.get("XTASK") or root / "target" / "release" / "xtask"
    subprocess.run([xtask, "notebooks", "student", "--out", folder / "learn"], check=True, cwd=root)
    with running(folder, COURSE_PROGRESS=str(folder / "learn" / "progress.json")) as address:
        yield address


@contextmanager
def running(folder: Path, **variables):
    """JupyterLab with this folder as its root."""
    settings = folder / "settings"
    tracker = settings / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    # All cells in the page at once, so that looking for one does not depend on scrolling.
    tracker.write_text('{"windowingMode": "none"}')
    port = free_port()
    own = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR",
                                                         "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")}
    environment = {**os.environ, **own, "JUPYTERLAB_SETTINGS_DIR": str(settings), "JUPYTER_TOKEN": TOKEN, **variables}
    log = (folder / "lab.log").open("w")
    command = [Path(sys.executable).parent / "jupyter", "lab", "--no-browser", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}",
               "--LabApp.expose_app_in_browser=True", "--ServerApp.allow_root=True"]
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{address}/api?token={TOKEN}"), "JupyterLab did not start", lambda: (folder / "lab.log").read_text())
        yield address
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, with nothing kept from or for other sessions."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    # A container has neither a sandbox for root nor much shared memory.
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1600", "--hide-scrollbars"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False


def wait_for(condition, otherwise: str, more=lambda: "", seconds: float = 180):
    """Waits until `condition()` is true and returns what it returned; what is redrawn while it is read is read again."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(StaleElementReferenceException):
            value = condition()
            if value:
                return value
        assert time.monotonic() < deadline, f"{otherwise}\n{more()}"
        time.sleep(0.2)
