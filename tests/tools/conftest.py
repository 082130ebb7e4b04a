"""What the tests of tools share: the instructor's notebook, and a place apart from the user's."""

import copy
import os
from pathlib import Path

import nbformat
import pytest


@pytest.fixture(scope="session", autouse=True)
def apart(tmp_path_factory):
    """Nothing that runs here is a learner's progress, and no tool reads the user's settings."""
    home = tmp_path_factory.mktemp("home")
    os.environ["COURSE_PROGRESS"] = str(home / "progress.json")
    for name, folder in [("JUPYTER_CONFIG_DIR", "config"), ("JUPYTER_DATA_DIR", "data"), ("JUPYTER_RUNTIME_DIR", "runtime"), ("IPYTHONDIR", "ipython")]:
        os.environ[name] = str(home / folder)
    return home


@pytest.fixture(scope="session")
def instructors(root):
    """The instructor's notebook with three exercises, read once."""
    return nbformat.read(Path(__file__).parent / "exercises.ipynb", as_version=4)


@pytest.fixture
def master(instructors):
    """A copy of it, to change."""
    return copy.deepcopy(instructors)
