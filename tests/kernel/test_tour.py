"""The tour (docs/tour/tour.ipynb), a notebook in evcxr's manner: what it shows here is what is committed."""

from pathlib import Path

import nbformat
import pytest
from support import compare, notebook

TOUR = Path(__file__).parents[2] / "docs/tour/tour.ipynb"
COMMITTED = nbformat.read(TOUR, as_version=4)


@pytest.fixture(scope="module")
def done():
    """The tour's run."""
    return notebook.run(TOUR)


@pytest.mark.parametrize("index", notebook.code_cells(COMMITTED), ids=lambda index: COMMITTED.cells[index].id)
def test_a_cell_of_the_tour_shows_what_is_committed(done, index):
    problem = done.failed(index)
    assert not problem, problem
    committed = COMMITTED.cells[index]
    assert committed.execution_count is not None, "not run: `cargo xtask run docs/tour/tour.ipynb --save`"
    found = compare.differences(committed.outputs, done.notebook.cells[index].outputs, compare.policy(committed))
    assert not found, "\n".join(found)
