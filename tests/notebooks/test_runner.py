"""The runner on small notebooks: what it tells of cells, its budgets, and what it leaves in a file."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from support import notebook

from . import runner


@pytest.fixture
def written(tmp_path):
    """Writes a notebook of the course's kernel with these cells: an id and code, or code and tags."""
    def write(**cells) -> Path:
        made = v4.new_notebook(metadata={"kernelspec": {"name": "rust-course", "display_name": "Rust", "language": "rust"},
                                         "language_info": {"name": "rust"}})
        for name, code in cells.items():
            code, *tags = code if isinstance(code, tuple) else (code,)
            made.cells.append(v4.new_code_cell(code, id=name.replace("_", "-"), metadata={"tags": tags} if tags else {}))
        path = tmp_path / "small.ipynb"
        nbformat.write(made, path)
        return path

    return write


def told(path: Path, **job) -> tuple[dict, dict]:
    """What the runner tells of a notebook: its cells' events by id, and the last one."""
    events = []
    runner.perform({"path": str(path), "folder": str(path.parent), **job}, events.append)
    *cells, over = [json.loads(json.dumps(event)) for event in events]
    return {event["cell"]: event for event in cells}, over


def test_cells_are_told_with_what_they_showed_and_how_they_failed(written):
    path = written(one="// a comment\nlet x = 6;", two='println!("{x}"); x * 7', three='panic!("no")', four=('panic!("yes")', "raises-exception"),
                   five=("x", "raises-exception"))
    cells, over = told(path)
    assert cells["one"]["first"] == "let x = 6;" and cells["one"]["shown"] == "no output" and cells["one"]["count"] == 1
    assert cells["two"]["shown"].startswith("stdout, execute_result") and cells["two"]["problem"] is None
    assert "no" in cells["three"]["problem"] and cells["four"]["problem"] is None
    assert "did not fail" in cells["five"]["problem"]
    assert over["event"] == "done" and over["seconds"] > 0 and over["memory_mb"] > 10 and not over["saved"]


def test_what_must_become_of_a_cell_is_the_jobs_to_say(written):
    path = written(stub='let x: u8 = { todo!("your code here") };', other='let y: u8 = { todo!("something else") };', check="x", fine="1")
    must = {"stub": "stub", "other": "stub", "check": "fail", "fine": "fail"}
    cells, _ = told(path, must=must)
    assert cells["stub"]["problem"] is None and cells["check"]["problem"] is None
    assert "something else" in cells["other"]["problem"]
    assert "must: its exercise is not solved" in cells["fine"]["problem"]


def test_a_check_in_a_learners_copy_fails_for_want_of_a_solution_and_for_nothing_else(written):
    path = written(broken="no_such_name(1)", stub='fn one() -> u8 { todo!("your code here") }',
                   check='check!(one, |check| { check.that("nothing", one).equals(1); });', solved="assert_eq!(1, 1);")
    cells, _ = told(path, must={"broken": "unsolved", "check": "unsolved", "solved": "unsolved"})
    assert "no_such_name" in cells["broken"]["problem"]
    assert cells["check"]["problem"] is None
    assert "must: its exercise is not solved" in cells["solved"]["problem"]


def test_a_cell_that_takes_too_long_is_interrupted_and_the_next_one_runs(written):
    path = written(endless="loop { std::thread::sleep(std::time::Duration::from_millis(10)); }", after="1 + 1")
    cells, over = told(path, cell_budget=3)
    assert cells["endless"]["problem"] == "the cell was interrupted: it had not ended after 3 s"
    assert cells["after"]["problem"] is None and over["not_run"] == 0


def test_a_notebook_that_has_taken_its_time_is_stopped(written):
    slow = "std::thread::sleep(std::time::Duration::from_secs(2));"
    path = written(one=slow, two=slow, three=slow)
    cells, over = told(path, notebook_budget=1)
    assert "has taken its 1 s" in next(event["problem"] for event in cells.values() if "taken" in (event["problem"] or ""))
    assert over["not_run"] >= 1


def test_it_can_stop_at_the_first_cell_that_fails(written):
    cells, over = told(written(one="1", two="nothing_here", three="3"), stop=True)
    assert "nothing_here" in cells["two"]["problem"] and cells["three"]["problem"] == "the run stopped at an earlier cell"
    assert over["not_run"] == 1


def test_saved_outputs_compare_equal_and_a_changed_one_is_told(written):
    path = written(one='println!("{}", 6 * 7)', two="6 * 7")
    _, over = told(path, save=True)
    assert over["saved"]
    cells, _ = told(path, compare=True)
    assert [event["differs"] for event in cells.values()] == [[], []]
    path.write_text(path.read_text().replace('"42\\n"', '"43\\n"'))
    cells, _ = told(path, compare=True)
    (found,) = cells["one"]["differs"]
    assert found == "output 1: line 1: expected '43'\n        got '42'"


def test_what_fails_is_not_saved(written):
    path = written(one="1", two="nothing_here")
    before = path.read_bytes()
    _, over = told(path, save=True)
    assert not over["saved"] and path.read_bytes() == before


def test_an_output_that_differs_only_in_a_time_stays_as_it_was(written):
    path = written(one='println!("took {} ms", std::time::Instant::now().elapsed().as_nanos());')
    told(path, save=True)
    before = path.read_bytes()
    told(path, save=True)
    assert path.read_bytes() == before


def test_a_learners_progress_is_not_touched(written, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "mine.json"))
    path = written(one='println!("{}", std::env::var("COURSE_PROGRESS").unwrap());')
    told(path, save=True)
    (output,) = nbformat.read(path, as_version=4).cells[0].outputs
    assert "mine.json" not in output.text and "progress.json" in output.text


def test_the_budgets_are_those_of_the_course():
    assert (notebook.CELL_BUDGET, notebook.NOTEBOOK_BUDGET) == (60, 120)
