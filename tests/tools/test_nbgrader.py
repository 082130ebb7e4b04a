"""nbgrader from PyPI with this course's kernel: it makes the assignment, validates it, and grades what students hand in."""

import copy
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from support.tools import chapters, module, run

# The points of tests/tools/exercises.ipynb.
FULL = {"twice_check": 1, "mean_of_check": 2, "read_numbers_check": 3}


class Course:
    """A course folder as an instructor keeps one."""

    def __init__(self, folder: Path, root: Path):
        self.folder = folder
        shutil.copy(root / "nbgrader_config.py", folder)

    def put(self, notebook, place: str) -> Path:
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    def nbgrader(self, *arguments: str):
        return module("nbgrader", *arguments, folder=self.folder)

    def released(self, assignment: str, name: str):
        return nbformat.read(self.folder / f"release/{assignment}/{name}.ipynb", as_version=4)

    def points(self, student: str) -> dict:
        """What each of the student's checks got."""
        with Gradebook(f"sqlite:///{self.folder}/gradebook.db") as book:
            return {grade.name: grade.score for grade in book.find_submission_notebook("exercises", "week1", student).grades}

    def graded(self, student: str):
        return nbformat.read(self.folder / f"autograded/{student}/week1/exercises.ipynb", as_version=4)


def find(notebook, grade_id: str):
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def answer(notebook, grade_id: str, body: str):
    """Writes `body` where the stub stands, as a student does."""
    cell = find(notebook, grade_id)
    assert 'todo!("your code here")' in cell.source
    cell.source = cell.source.replace('todo!("your code here")', body)


def right(notebook):
    """Good answers, and other ones than the instructor's."""
    answer(notebook, "twice", "number + number")
    answer(notebook, "mean_of", "numbers.iter().sum::<f32>() / numbers.len().max(1) as f32")
    answer(notebook, "read_numbers", "let mut read = Vec::new();\n    for word in text.split(' ') { read.push(word.parse()?); }\n    Ok(read)")


def hard_coded_and_panicking(notebook):
    answer(notebook, "twice", "if number == 21 { 42 } else { 0 }")
    answer(notebook, "mean_of", "numbers[7]")
    answer(notebook, "read_numbers", "Ok(vec![3, 1, 4])")


def endless(notebook):
    right(notebook)
    find(notebook, "twice").source = "fn twice(number: i64) -> i64 {\n    loop {}\n}"


def does_not_compile(notebook):
    right(notebook)
    find(notebook, "twice").source = "fn twice(number: i64) -> i64 {\n    \"forty-two\"\n}"


def passes_what_is_shown_and_not_what_is_hidden(notebook):
    right(notebook)
    find(notebook, "mean_of").source = "fn mean_of(numbers: &[f32]) -> f32 { numbers.iter().sum::<f32>() / numbers.len() as f32 }"


def copied_a_cell(notebook):
    """Copying a cell copies its id: the earlier of the two is a try that the student left behind."""
    right(notebook)
    first = copy.deepcopy(find(notebook, "twice"))
    first.source, first.id = "fn twice(number: i64) -> i64 { number }", "copied"
    notebook.cells.insert(notebook.cells.index(find(notebook, "twice")), first)


def changed_the_check(notebook):
    find(notebook, "twice_check").source = "println!(\"all well\");"


# Who hands in what, and the points they must get.
STUDENTS = {
    "ada": (right, FULL),
    "ben": (hard_coded_and_panicking, {"twice_check": 0, "mean_of_check": 0, "read_numbers_check": 0}),
    "cleo": (endless, {**FULL, "twice_check": 0}),
    "dana": (does_not_compile, {**FULL, "twice_check": 0}),
    "emil": (passes_what_is_shown_and_not_what_is_hidden, {**FULL, "mean_of_check": 0}),
    "fay": (copied_a_cell, FULL),
    "gus": (changed_the_check, {"twice_check": 0, "mean_of_check": 0, "read_numbers_check": 0}),
    "hana": (lambda notebook: None, {"twice_check": 0, "mean_of_check": 0, "read_numbers_check": 0}),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory, root, instructors):
    """Week 1, released, handed in by all, and graded."""
    course = Course(tmp_path_factory.mktemp("course"), root)
    course.put(instructors, "source/week1/exercises.ipynb")
    made = course.nbgrader("generate_assignment", "week1", "--create")
    assert made.returncode == 0, made.stderr
    for student, (hand_in, _) in STUDENTS.items():
        notebook = course.released("week1", "exercises")
        hand_in(notebook)
        course.put(notebook, f"submitted/{student}/week1/exercises.ipynb")
    course.autograded = course.nbgrader("autograde", "week1", "--create")
    return course


def test_the_release_has_stubs_in_place_of_solutions(course, instructors):
    released = course.released("week1", "exercises")
    assert [cell.cell_type for cell in released.cells] == [cell.cell_type for cell in instructors.cells]
    text = "\n".join(cell.source for cell in released.cells)
    assert text.count('    todo!("your code here")') == 3
    for gone in ["BEGIN", "END", "number * 2\n    //", "no numbers at all", "split_whitespace().map"]:
        assert gone not in text
    assert not find(released, "twice_check").metadata.editable
    # Ours stays: the kernel reads titles and hints there.
    assert find(released, "twice").metadata.course["hints"] == find(instructors, "twice").metadata.course["hints"]


def test_everything_could_be_graded(course):
    assert course.autograded.returncode == 0, course.autograded.stderr[-4000:]


@pytest.mark.parametrize("student", STUDENTS)
def test_points(course, student):
    assert course.points(student) == STUDENTS[student][1]


def errors(cell) -> list[str]:
    return [f"{output.ename}: {output.evalue}" for output in cell.outputs if output.output_type == "error"]


def test_a_failed_check_is_one_error_that_says_what_failed(course):
    for student, grade_id in [("ben", "twice_check"), ("ben", "mean_of_check"), ("cleo", "twice_check"), ("hana", "twice_check")]:
        found = errors(find(course.graded(student), grade_id))
        assert len(found) == 1 and found[0].startswith("CheckFailed: "), f"{student}, {grade_id}: {found}"


def test_a_good_notebook_prints_nothing_to_stderr(course):
    """nbgrader takes a word there for a failure."""
    for cell in course.graded("ada").cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error" and output.get("name") != "stderr", f"{cell.source}\n{output}"


def test_a_copied_cells_id_is_taken_away(course):
    ids = [cell.metadata.nbgrader.grade_id for cell in course.graded("fay").cells if cell.metadata.get("nbgrader")]
    assert len(ids) == len(set(ids))
    assert "exists multiple times" in course.autograded.stderr


def test_a_changed_check_is_put_back(course):
    assert find(course.graded("gus"), "twice_check").source.startswith("check!(twice")


def test_grading_is_nobodys_progress(course, apart):
    assert not (apart / "progress.json").exists()


def test_feedback_has_the_finding(course):
    made = course.nbgrader("generate_feedback", "week1", "--student=ben")
    assert made.returncode == 0, made.stderr
    page = (course.folder / "feedback/ben/week1/exercises.html").read_text(encoding="utf-8")
    assert "CheckFailed" in page and "panic" in page


def test_validate_accepts_the_master_and_counts_what_a_stub_fails(course, instructors):
    master = course.put(instructors, "look/master.ipynb")
    good = course.nbgrader("validate", str(master))
    assert "Success! Your notebook passes all the tests." in good.stdout, good.stdout + good.stderr
    stub = course.put(course.released("week1", "exercises"), "look/stub.ipynb")
    bad = course.nbgrader("validate", str(stub))
    assert "VALIDATION FAILED ON 3 CELL(S)" in bad.stdout, bad.stdout + bad.stderr


def test_without_our_config_rust_is_refused(tmp_path, root, instructors):
    course = Course(tmp_path, root)
    (tmp_path / "nbgrader_config.py").unlink()
    course.put(instructors, "source/week1/exercises.ipynb")
    made = course.nbgrader("generate_assignment", "week1", "--create")
    assert made.returncode != 0 and "language 'rust' has not been specified" in made.stderr


def test_a_loop_outside_of_a_check_ends_at_nbgraders_limit(tmp_path, root, instructors):
    course = Course(tmp_path, root)
    course.put(instructors, "source/week1/exercises.ipynb")
    assert course.nbgrader("generate_assignment", "week1", "--create").returncode == 0
    notebook = course.released("week1", "exercises")
    right(notebook)
    notebook.cells.insert(2, nbformat.v4.new_code_cell("loop { std::hint::black_box(1); }"))
    course.put(notebook, "submitted/ivo/week1/exercises.ipynb")
    graded = course.nbgrader("autograde", "week1", "--create", "--Execute.timeout=8")
    assert graded.returncode == 0, graded.stderr[-4000:]
    # The kernel had to be ended or was interrupted; what comes after is graded as far as it still can be, and nothing hangs.
    assert set(course.points("ivo")) == set(FULL)


def test_nbgrader_takes_every_chapter_and_makes_our_learners_copy(tmp_path, root):
    """What `cargo xtask notebooks student` hands out and what nbgrader releases have the same text in every cell."""
    masters = chapters(root)
    course = Course(tmp_path, root)
    for path in masters:
        course.put(nbformat.read(path, as_version=4), f"source/{path.parent.name}/{path.name}")
    for chapter in sorted({path.parent.name for path in masters}):
        made = course.nbgrader("generate_assignment", chapter, "--create")
        assert made.returncode == 0, made.stderr[-4000:]
    ours = tmp_path / "ours"
    made = run(os.environ["XTASK"], "notebooks", "student", "--out", ours, folder=root)
    assert made.returncode == 0, made.stdout + made.stderr
    assert masters, "there are chapters with exercises"
    for path in masters:
        released = course.released(path.parent.name, path.stem)
        copied = nbformat.read(ours / path.relative_to(root / "chapters"), as_version=4)
        assert [cell.source for cell in copied.cells] == [cell.source for cell in released.cells], path
        for cell in copied.cells:
            assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", cell.source), f"{path}: {cell.id}"
