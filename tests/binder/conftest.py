"""A checkout as Binder sees it: the committed and new files of this one, and nothing that was built here."""

import shutil
import subprocess

import pytest


@pytest.fixture
def checkout(root, tmp_path):
    """A copy of the checkout, as HOME."""
    home = tmp_path / "home"
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (root / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, home / name)
    return home
