"""The tour (docs/tour/tour.ipynb) on the evcxr engine: the same notebook, and the same texts where evcxr shows any."""

from pathlib import Path

import nbformat
import pytest
from support import compare, notebook
from support.session import EVCXR

pytestmark = pytest.mark.skipif(not EVCXR, reason="for the evcxr engine: `cargo xtask test --only evcxr`")

TOUR = Path(__file__).parents[2] / "docs/tour/tour.ipynb"
COMMITTED = nbformat.read(TOUR, as_version=4)


@pytest.fixture(scope="module")
def done():
    """The tour's run."""
    return notebook.run(TOUR)


def texts(cell) -> list[str]:
    """What a cell prints and shows as text; how an engine words its errors is its own."""
    if compare.policy(cell) != "text":
        return []
    shown = []
    for output in compare.merged(cell.outputs):
        text = output["text"] if output["output_type"] == "stream" else output.get("data", {}).get("text/plain", "")
        shown.append(text.strip())
    return [text for text in shown if text]


@pytest.mark.parametrize("index", notebook.code_cells(COMMITTED), ids=lambda index: COMMITTED.cells[index].id)
def test_a_cell_of_the_tour_shows_the_same_text(done, index):
    problem = done.failed(index)
    assert not problem, problem
    assert texts(done.notebook.cells[index]) == texts(COMMITTED.cells[index])
