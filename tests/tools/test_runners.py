"""nbmake, papermill and nbconvert run a notebook with our kernel, and fail where a cell does."""

import shutil
from pathlib import Path

import nbformat
import pytest

from support.tools import module, notebook, run

GOOD = "let total: i64 = (1..=10).sum();\ntotal"
# How a cell can fail, and a word of it that the tool's report has.
BAD = {
    "a panic": ("let numbers = vec![1, 2, 3];\nlet index = 7;\nnumbers[index]", "index out of bounds"),
    "an error by ?": ('"seven".parse::<i32>()?;', "invalid digit"),
    "what does not compile": ('let total: i64 = "ten";', "mismatched types"),
    "a failed check": ("check!(twice, |check| {\n    check.that(\"21\", || twice(21)).equals(42);\n});", "CheckFailed"),
}
RUNNERS = ["nbmake", "papermill", "nbconvert"]


def execute(tool: str, path: Path):
    match tool:
        case "nbmake":
            return module("pytest", "-q", "-p", "no:cacheprovider", "--nbmake", path, folder=path.parent)
        case "papermill":
            return module("papermill", path, path.with_suffix(".out.ipynb"), folder=path.parent)
        case "nbconvert":
            return run("jupyter", "nbconvert", "--to", "notebook", "--execute", "--output", path.with_suffix(".out.ipynb"), path, folder=path.parent)


@pytest.mark.parametrize("tool", RUNNERS)
def test_the_instructors_notebook_runs_to_its_end(tool, tmp_path, root):
    path = Path(shutil.copy(root / "tests/tools/exercises.ipynb", tmp_path))
    ran = execute(tool, path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    if tool != "nbmake":
        done = nbformat.read(path.with_suffix(".out.ipynb"), as_version=4)
        shown = [output.data["text/plain"] for cell in done.cells for output in cell.get("outputs", []) if "data" in output]
        assert sum("passed" in text for text in shown) == 3, shown


@pytest.mark.parametrize("tool", RUNNERS)
@pytest.mark.parametrize("how", BAD)
def test_a_cell_that_fails_fails_the_run(tool, how, tmp_path):
    code, word = BAD[how]
    path = notebook(tmp_path / "bad.ipynb", GOOD, "use course::prelude::*;\nfn twice(number: i64) -> i64 { number }", code, "1 + 1")
    ran = execute(tool, path)
    assert ran.returncode != 0, ran.stdout + ran.stderr
    assert word in ran.stdout + ran.stderr


def test_a_page_made_of_a_run_has_its_figures(tmp_path, root):
    """`nbconvert --to html` shows the cards of checks without a kernel."""
    path = Path(shutil.copy(root / "tests/tools/exercises.ipynb", tmp_path))
    made = run("jupyter", "nbconvert", "--to", "html", "--execute", path, folder=tmp_path)
    assert made.returncode == 0, made.stderr
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert page.count("passed") >= 3
