"""Every notebook of the course: a sound file, and on the real kernel the outputs that are committed, one test a cell."""

import hashlib
import json
import os
import re
from pathlib import Path

import nbformat
import pytest

from support import compare, notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "chapters").glob("**/[0-9]*.ipynb"))
OUTPUT_LIMIT = 200_000
CHAPTER_BUDGET = 120


def named(path: Path) -> str:
    return str(path.relative_to(ROOT / "chapters"))


def cells():
    """Every code cell of every notebook, as parameters."""
    for path in NOTEBOOKS:
        read = nbformat.read(path, as_version=4)
        for index in notebook.code_cells(read):
            yield pytest.param(path, index, id=f"{named(path)}-{read.cells[index].get('id', index)}")


@pytest.fixture(scope="session")
def runs(scratch):
    """Runs each notebook once, when its first cell is tested; not at all if it passed in this very state before."""
    return Runs(scratch / "notebooks")


class Runs:
    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.done, self.open = folder, {}, {}

    def of(self, path: Path) -> notebook.Run | None:
        """The run of a notebook, or None if nothing has changed since it passed."""
        if path not in self.done:
            unchanged = self.stamp(path).exists()
            self.done[path] = None if unchanged else notebook.run(path)
            self.open[path] = set(notebook.code_cells(nbformat.read(path, as_version=4)))
        return self.done[path]

    def passed(self, path: Path, index: int) -> None:
        """Notes a cell; with the last one of a notebook its stamp is written."""
        self.open[path].discard(index)
        if not self.open[path] and self.done[path] is not None:
            self.stamp(path).touch()

    def stamp(self, path: Path) -> Path:
        """A file named for everything that the outputs depend on: notebook, kernel and library, this harness."""
        parts = [path.read_bytes(), os.environ.get("COURSE_BUILD_ID", "").encode()]
        parts += [file.read_bytes() for file in sorted((ROOT / "tests" / "support").glob("*.py"))]
        return self.folder / hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
class TestFile:
    def test_it_is_a_notebook_of_the_course(self, path):
        read = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(read)
        assert (read.nbformat, read.nbformat_minor) == (4, 5)
        assert read.metadata.kernelspec.name == "rust-course"
        assert read.metadata.language_info.name == "rust"
        ids = [cell.id for cell in read.cells]
        assert len(set(ids)) == len(ids), "cell ids are unique"

    def test_it_carries_no_timing_and_no_path_of_a_machine(self, path):
        read = nbformat.read(path, as_version=4)
        assert not [cell.id for cell in read.cells if "execution" in cell.metadata]
        found = re.findall(r"/(?:home|root|Users|work|tmp)/[\w.\-/]+", path.read_text())
        assert not found, f"paths of a machine: {found[:3]}"

    def test_its_outputs_are_committed_and_small(self, path):
        read = nbformat.read(path, as_version=4)
        code = [read.cells[index] for index in notebook.code_cells(read)]
        missing = [cell.id for cell in code if cell.execution_count is None]
        assert not missing, f"cells without outputs: run `cargo xtask run {path.relative_to(ROOT)} --save`"
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), "cells were run in order, once"
        size = sum(len(json.dumps(cell.outputs)) for cell in code)
        assert size <= OUTPUT_LIMIT, f"{size} bytes of output; {OUTPUT_LIMIT} is the limit"

    def test_its_links_lead_somewhere(self, path):
        read = nbformat.read(path, as_version=4)
        prose = "\n".join(cell.source for cell in read.cells if cell.cell_type == "markdown")
        local = [link for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose) if "://" not in link and not link.startswith("attachment:")]
        assert not [link for link in local if not (path.parent / link).exists()]


@pytest.mark.parametrize(("path", "index"), list(cells()))
def test_a_cell_shows_what_is_committed(path, index, runs):
    done = runs.of(path)
    if done is not None:
        problem = done.failed(index)
        assert not problem, problem
        committed = nbformat.read(path, as_version=4).cells[index]
        found = compare.differences(committed.outputs, done.notebook.cells[index].outputs, compare.policy(committed))
        assert not found, "\n".join(found)
    runs.passed(path, index)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_it_stays_in_its_budget(path, runs):
    """Not a measurement: the bound is that of CI, far above what a notebook takes."""
    done = runs.of(path)
    if done is not None:
        slow = sorted(((seconds, index) for index, seconds in done.seconds.items()), reverse=True)[:3]
        total = sum(done.seconds.values())
        assert total <= CHAPTER_BUDGET, f"{total:.0f} s in all, most in {slow}"
