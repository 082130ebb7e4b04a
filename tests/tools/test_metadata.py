"""The cells' metadata: valid to nbgrader, and what its toolbar in JupyterLab writes for the same choices."""

import re

import nbformat
import pytest
from nbgrader.nbgraderformat import SCHEMA_VERSION
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3

from support.tools import chapters

# `toJson` of the toolbar (nbgrader 0.9.6, "Autograded answer" and "Autograded tests"), besides the id and the points, which the instructor types.
ANSWER = {"grade": False, "locked": False, "schema_version": 3, "solution": True, "task": False}
TESTS = {"grade": True, "locked": True, "schema_version": 3, "solution": False, "task": False}
# What `nbgrader generate_assignment` adds, and the toolbar keeps away: it is allowed to be there already.
ON_RELEASE = {"cell_type", "checksum"}


def exercise_notebooks(root):
    return [root / "tests/tools/exercises.ipynb", *chapters(root)]


def cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if "nbgrader" in cell.metadata]


def test_schema_3_is_nbgraders_newest():
    assert SCHEMA_VERSION == 3


def test_nbgraders_validator_accepts_every_notebook(root):
    for path in exercise_notebooks(root):
        MetadataValidatorV3().validate_nb(nbformat.read(path, as_version=4))


def test_the_toolbar_would_write_the_same(root):
    for path in exercise_notebooks(root):
        for cell in cells(path):
            metadata = dict(cell.metadata.nbgrader)
            name = metadata.pop("grade_id")
            assert re.fullmatch(r"[a-zA-Z0-9_\-]+", name), f"{path.name}: {name}"
            if metadata.get("grade") and not metadata.get("solution"):
                points = metadata.pop("points")
                assert isinstance(points, int) and 1 <= points <= 3, f"{path.name}: {name}"
            kept = {key: value for key, value in metadata.items() if key not in ON_RELEASE}
            role = cell.metadata.get("course", {})
            if "exercise" in role:
                assert kept == ANSWER and name == role["exercise"], f"{path.name}: {name}"
            elif "grades" in role:
                assert kept == TESTS and name == f"{role['grades']}_check", f"{path.name}: {name}"


def test_nothing_of_ours_is_in_nbgraders_metadata(master):
    """A key that its schema does not know makes a cell invalid: hints and the like have a place of their own."""
    answer = next(cell for cell in master.cells if cell.metadata.get("nbgrader", {}).get("solution"))
    answer.metadata.nbgrader["hints"] = ["one"]
    with pytest.raises(Exception, match="hints"):
        MetadataValidatorV3().validate_cell(answer)
