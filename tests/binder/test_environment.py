"""`COURSE_VENV`: the course in a Python environment that somebody else made, as Binder's image has one."""

import json
import os
import subprocess
import sys
from pathlib import Path


def setup(root, environment) -> subprocess.CompletedProcess:
    return subprocess.run([os.environ["XTASK"], "setup"], cwd=root, env={**os.environ, "COURSE_VENV": str(environment)}, capture_output=True, text=True,
                          timeout=600)


def test_the_kernel_is_installed_into_it(root, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    # The packages of the course's own environment, under another roof.
    [theirs] = (root / ".venv/lib").glob("python3*/site-packages")
    [ours] = tmp_path.glob("lib/python3*/site-packages")
    (ours / "theirs.pth").write_text(str(theirs))
    before = sorted(path.name for path in tmp_path.iterdir())
    made = setup(root, tmp_path)
    assert made.returncode == 0, made.stdout + made.stderr
    spec = json.loads((tmp_path / "share/jupyter/kernels/rust-course/kernel.json").read_text())
    assert spec["language"] == "rust"
    assert Path(spec["argv"][0]).is_file() and Path(spec["argv"][spec["argv"].index("--stage") + 1]).is_dir()
    server = json.loads((tmp_path / "etc/jupyter/jupyter_server_config.json").read_text())
    assert server["MultiKernelManager"]["default_kernel_name"] == "rust-course"
    # Nothing of the owner's is gone, and nothing is stamped as the course's own to remove.
    assert set(before) <= {path.name for path in tmp_path.iterdir()}
    assert not (tmp_path / "course-setup").exists()


def test_one_without_jupyterlab_is_left_alone(root, tmp_path):
    (tmp_path / "mine").write_text("x")
    made = setup(root, tmp_path)
    assert made.returncode == 1
    assert "where no Python finds JupyterLab" in made.stderr and "unset COURSE_VENV" in made.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
