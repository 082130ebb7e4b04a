"""`cargo xtask lab` without a screen: JupyterLab answers on the loopback address, asks for its token, and knows the kernel."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest


@pytest.fixture(scope="module")
def address(root):
    """Where a started lab can be reached, with its token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    xtask = os.environ.get("XTASK") or shutil.which("xtask", path=str(root / "target" / "release"))
    lab = subprocess.Popen([xtask, "lab", "--no-browser", "--port", str(port)], cwd=root, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = []
    threading.Thread(target=lambda: lines.extend(iter(lab.stdout.readline, "")), daemon=True).start()
    try:
        deadline = time.monotonic() + 300
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)(/\S*)\?token=(\w+)", "".join(lines))):
            assert lab.poll() is None and time.monotonic() < deadline, "".join(lines)
            time.sleep(0.1)
        yield f"http://127.0.0.1:{found[1]}", found[2], found[3]
    finally:
        lab.terminate()
        lab.wait(30)


def test_it_opens_the_first_notebook(address):
    _, path, _ = address
    assert path == "/lab/tree/chapters/00-setup/01-welcome.ipynb"


def test_its_one_kernel_is_the_courses(address):
    server, _, token = address
    with urllib.request.urlopen(f"{server}/api/kernelspecs?token={token}", timeout=30) as reply:
        specs = json.load(reply)
    assert specs["default"] == "rust-course" and list(specs["kernelspecs"]) == ["rust-course"]


def test_it_asks_for_the_token(address):
    server, _, _ = address
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{server}/api/kernels", timeout=30)


def test_it_listens_on_this_machine_alone(address):
    port = int(address[0].rsplit(":", 1)[1])
    listening = [line.split()[1] for name in ("tcp", "tcp6") for line in open(f"/proc/net/{name}").readlines()[1:]
                 if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]
