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


def test_it_opens_the_start_page_of_the_learners_folder(address, root):
    _, path, _ = address
    first = "START" if (root / "chapters" / "START.ipynb").exists() else "00-setup/01-welcome"
    assert path == f"/lab/tree/learn/{first}.ipynb"


def test_every_notebook_has_a_copy_without_outputs_and_solutions(address, root):
    masters = {path.relative_to(root / "chapters") for path in (root / "chapters").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts}
    for name in masters:
        copy = json.loads((root / "learn" / name).read_text())
        assert not [cell["id"] for cell in copy["cells"] if cell.get("outputs")], name
        assert "BEGIN SOLUTION" not in json.dumps(copy), name


def test_its_kernels_know_the_checkout(address, root):
    server, _, token = address
    with urllib.request.urlopen(f"{server}/api/kernelspecs/rust-course?token={token}", timeout=30) as reply:
        spec = json.load(reply)["spec"]
    assert spec["env"]["COURSE_ROOT"] == str(root)


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
