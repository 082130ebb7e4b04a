"""Every small notebook of this folder, on one kernel: what its cells show, how they fail, and that each took one rustc run."""

import re
from pathlib import Path

import pytest

from support.sanitise import without_colours
from support.session import Ran, Session

from .notebooks import Cell, Notebook, read

NOTEBOOKS = [notebook for path in sorted(Path(__file__).parent.glob("*.rs")) for notebook in read(path)]
TIMING = re.compile(r"note: compiled in .* \((\d+) rustc runs?\), ran in .*")


def named(notebook: Notebook) -> str:
    return f"{notebook.path.stem}-{notebook.title.replace(' ', '-')}"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel for all of them. Without the cell cache: what is tested is what the compiler is asked."""
    with Session(folder=tmp_path_factory.mktemp("language"), COURSE_CELL_CACHE="off") as session:
        session.ok(":timing")
        yield session


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=named)
def test_a_small_notebook(kernel, notebook):
    kernel.ok(":restart\n:clear")
    numbers = []
    for cell in notebook.cells:
        ran = kernel.run(cell.code)
        numbers.append(ran.count)
        where = f"{notebook.path.name}:{cell.line}\n{cell.code}\n"
        if cell.failure:
            check_failure(cell, ran, numbers, where)
        else:
            check_shown(cell, ran, where)


def check_shown(cell: Cell, ran: Ran, where: str) -> None:
    """The cell ran to its end, showed what it must, said what it must, in as many rustc runs as it may cost."""
    assert ran.status == "ok", where + report(ran)
    texts = [content["data"]["text/plain"] for content in ran.of("display_data")]
    timings = [TIMING.match(text) for text in texts]
    notes = [text for text, timing in zip(texts, timings) if not timing]
    shown = (ran.stdout + ran.stderr + (ran.text or "")).splitlines()
    assert shown == cell.shown, where
    for wanted in cell.notes:
        assert any(wanted in note for note in notes), f"{where}the notes: {notes}"
    assert len(notes) == 0 or cell.notes, f"{where}a note nobody expected: {notes}"
    runs = [int(timing[1]) for timing in timings if timing]
    assert sum(runs) == (cell.runs if runs else 0), f"{where}rustc runs"


def check_failure(cell: Cell, ran: Ran, numbers: list[int], where: str) -> None:
    """The cell failed with the right name, at the right line, in the right words."""
    wanted = cell.failure
    text = report(ran) + ran.stderr
    assert ran.status == "error", where + text
    assert ran.error["ename"] == wanted["name"], where + text
    if wanted["line"]:
        number = numbers[int(wanted["cell"]) - 1] if wanted["cell"] else ran.count
        place = rf"cell \[{number}\](, line |:){wanted['line']}\b"
        assert re.search(place, text), f"{where}no {place} in\n{text}"
    flat = " ".join(text.split())
    for part in [wanted["text"] or "", *cell.contained]:
        assert " ".join(part.split()) in flat, f"{where}no {part!r} in\n{text}"
    for part in cell.absent:
        assert part not in flat, f"{where}{part!r} in\n{text}"
    if ran.stdout or cell.shown:
        assert ran.stdout.splitlines() == cell.shown, where


def report(ran: Ran) -> str:
    """The error's texts without colours."""
    lines = [line for error in ran.errors for line in [error["evalue"], *error["traceback"]]]
    return without_colours("\n".join(lines)) or str(ran.outline())
