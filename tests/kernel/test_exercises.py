"""Checks on the real kernel: what they say, what they keep, and what they survive."""

import json
import os
import time
from pathlib import Path

import pytest

from support.processes import alive, runtime_of, wait_until
from support.session import Session


def exercise(name: str, hints: list[str], solution: str = "") -> dict:
    """An answer cell as the masters have it."""
    source = f"fn {name}() -> i32 {{\n    // BEGIN SOLUTION\n    {solution}\n    // END SOLUTION\n}}"
    return {"cell_type": "code", "id": name.replace("_", "-"), "execution_count": None, "outputs": [], "source": source,
            "metadata": {"course": {"exercise": name, "title": name.replace("_", " ").capitalize(), "concept": "c",
                                    "difficulty": 1, "hints": hints}}}


def notebook(*cells: dict, **course) -> str:
    return json.dumps({"cells": list(cells), "metadata": {"course": course}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Path:
    """A course of the tests' own: one chapter, and a page beside it."""
    root = tmp_path_factory.mktemp("course")
    chapter = root / "chapters" / "01-small-things"
    chapter.mkdir(parents=True)
    (chapter / "01-one.ipynb").write_text(notebook(
        exercise("seven_of", ["It is odd.", "It is between six and eight."], "7"),
        exercise("eight_of", ["It is even.", "It is a power of two."], "8"),
        chapter={"title": "Small things", "teaches": "numbers", "minutes": 5},
    ))
    (root / "quizzes").mkdir()
    (root / "quizzes" / "01-small-things.toml").write_text("")
    (root / "learn").mkdir()
    return root


@pytest.fixture
def progress(room) -> Path:
    file = room / "learn" / "progress.json"
    for old in (room / "learn").glob("progress*"):
        old.unlink()
    return file


@pytest.fixture(scope="module")
def lesson(room):
    """One kernel in the learner's folder."""
    with Session(folder=room / "learn", COURSE_ROOT=str(room), COURSE_PROGRESS="") as session:
        session.ok("let kept = vec![1, 2, 3];")
        yield session


def card(ran) -> str:
    """The one card of a check, as text; its HTML has to say as much."""
    (bundle,) = ran.displays
    assert "text/html" in bundle and "<script" not in bundle["text/html"]
    return bundle["text/plain"]


def failed(kernel, code: str) -> tuple[str, str]:
    """The card and the one line of a check that must fail, with nothing on stderr and all variables kept."""
    ran = kernel.run(code)
    assert ran.error["ename"] == "CheckFailed", ran.outline()
    assert not ran.stderr
    assert kernel.ok("kept.len()").text == "3"
    return card(ran), ran.error["evalue"]


def busy_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_a_pass_is_one_line_and_is_kept(lesson, progress):
    lesson.ok("fn seven_of() -> i32 { 7 }\nfn double(x: i64) -> i64 { x * 2 }")
    ran = lesson.ok('check!(seven_of, |check| { check.that("nothing", || seven_of()).equals(7); });')
    assert card(ran) == "✓ Seven of — passed, 1 case. `solution!(seven_of)` shows how we did it."
    assert not ran.stderr and not ran.stdout
    kept = json.loads(progress.read_text())["exercises"]
    assert kept["seven_of"] == {"passed": True, "attempts": 1, "hints": 0}
    ran = lesson.ok("""check!(double, |check| {
        check.that("4", || double(4)).equals(8);
        for mut draw in check.draws(5) {
            let x = draw.integer(-100..100);
            check.that(given!(x), || double(x)).equals(x + x);
        }
    });""")
    assert card(ran) == "✓ Double — passed, 6 cases."


def test_a_wrong_value_is_told_with_its_input(lesson, progress):
    text, line = failed(lesson, 'check!(seven_of, |check| { check.that("nothing", || vec![7, 8]).equals(vec![7, 9]); });')
    assert "at index 1: 8 came, and 9 was expected" in text and "given         nothing" in text
    assert "hint!(seven_of)" in text, "it says how to go on"
    assert line == "seven_of: at index 1: 8 came, and 9 was expected (given nothing)"
    assert json.loads(progress.read_text())["exercises"]["seven_of"]["passed"] is False


def test_a_result_that_was_written_down_is_betrayed_by_fresh_inputs(lesson, progress):
    lesson.ok("fn triple(x: i64) -> i64 { 12 }")
    text, line = failed(lesson, """check!(triple, |check| {
        check.that("x = 4", || triple(4)).equals(12);
        for mut draw in check.draws(20) {
            let x = draw.integer(-100..100);
            check.that(given!(x), || triple(x)).equals(3 * x);
        }
    });""")
    assert "compute its result from what it is given" in text and "COURSE_SEED=" in text
    assert "(given x = " in line


def test_a_panic_names_the_learners_line(lesson):
    lesson.ok("fn third(list: &[i32]) -> i32 {\n    let place = 3;\n    list[place]\n}")
    text, line = failed(lesson, 'check!(third, |check| { check.that("a list of 2", || third(&[1, 2])).equals(1); });')
    assert ", line 3: index out of bounds" in line and "An index goes from 0" in text


def test_what_is_not_written_yet_says_so(lesson):
    lesson.ok('fn unwritten(x: i32) -> i32 {\n    todo!("your code here")\n}')
    text, line = failed(lesson, 'check!(unwritten, |check| { check.that("1", || unwritten(1)).equals(1); });')
    assert "not written yet: put your code where `todo!` stands" in line and "panicked" not in text


@pytest.mark.parametrize(("function", "ename", "advice"), [
    ("fn takes(text: &str) -> usize { text.len() }", "E0308", "Change the function, not the check."),
    ("fn takes(a: usize, b: usize) -> usize { a + b }", "E0061", "Change the function, not the check."),
    ("fn takes(a: usize) { }", "E0308", "Change the function, not the check."),
    ("fn other() { }", "E0425", "run the cell with your function first"),
])
def test_a_function_that_does_not_fit_is_what_has_to_change(kernel, function, ename, advice):
    kernel.ok(function)
    ran = kernel.run('check!(takes, |check| {\n    check.that("3", || takes(3)).equals(3);\n});')
    assert ran.error["ename"] == ename and advice in " ".join(ran.traceback.split())


@pytest.mark.parametrize("loop", [
    "let mut n = 0u64; while n < 10 { std::hint::black_box(&mut n); }",
    "loop { std::hint::black_box(vec![0u8; 64]); }",
    "loop { std::thread::sleep(std::time::Duration::from_millis(20)); }",
    "let (_keep, never) = std::sync::mpsc::channel::<()>(); let _ = never.recv();",
    'loop { if interrupt::check().is_err() { break; } }',
], ids=["spins", "allocates", "sleeps", "waits", "polls"])
def test_a_loop_without_end_costs_nothing_but_its_time(lesson, loop):
    lesson.ok(f"fn endless() -> usize {{ {loop} 3 }}")
    text, line = failed(lesson, """check!(endless, |check| {
        check.limit(std::time::Duration::from_millis(400));
        check.that("nothing", || endless() + kept.len()).equals(3);
    });""")
    assert "had not come to an end after 0.4 s" in line and "Does every loop" in text
    child = runtime_of(lesson.pid)
    before = busy_seconds(child)
    time.sleep(0.5)
    # One loop that still ran would take half a second.
    assert busy_seconds(child) - before < 0.25
    assert lesson.ok("let more = vec![9; 100_000]; println!(\"on\"); more.len() + kept.len()").text == "100003"


def test_a_loop_that_prints_without_end_is_stopped_and_prints_are_kept_in_order(lesson):
    lesson.ok("fn chatter() -> i32 { let mut n = 0u64; while n < u64::MAX { println!(\"{n}\"); n += 1; } 3 }")
    ran = lesson.run("""println!("before"); check!(chatter, |check| {
        check.limit(std::time::Duration::from_millis(300));
        check.that("nothing", || chatter()).equals(3);
    });""")
    assert ran.error["ename"] == "CheckFailed" and not ran.stderr
    assert ran.stdout.startswith("before\n0\n1\n")
    assert lesson.ok("println!(\"{}\", kept.len());").stdout == "3\n"


def test_a_recursion_without_end_is_told_and_survived(lesson):
    lesson.ok("fn deep(x: u64) -> u64 { let many = [x; 50]; if std::hint::black_box(&many)[3] == 0 { return 1; } deep(x + 1) + many[7] }")
    child = runtime_of(lesson.pid)
    text, line = failed(lesson, 'check!(deep, |check| { check.that("1", || deep(1)).equals(1); });')
    assert "called itself so deeply" in line and "a case that makes no further call" in text
    assert runtime_of(lesson.pid) == child


def test_the_stop_button_stops_a_check_and_keeps_the_variables(lesson, progress):
    lesson.ok('fn wait_for_me() -> i32 { println!("running"); let mut n = 0u64; while n < 10 { std::hint::black_box(&mut n); } 3 }')
    child = runtime_of(lesson.pid)
    request = lesson.send('check!(wait_for_me, |check| { check.that("nothing", || wait_for_me()).equals(3); });')
    lesson.wait_for(request, "stream")
    lesson.interrupt()
    lesson.interrupt()
    ran = lesson.finish(request)
    assert ran.error["ename"] == "Interrupted" and not ran.displays
    assert lesson.ok("kept.len()").text == "3" and runtime_of(lesson.pid) == child
    assert not progress.exists(), "a check that was stopped is no attempt"


def test_tensors_are_told_apart_by_dtype_then_shape(lesson):
    body = """check!(zeros, |check| {{
        let expected = Tensor::zeros((2, 3), DType::F32, &Device::Cpu).unwrap();
        check.that("2 by 3", || {}).ok().is_close(&expected, 1e-6);
    }});"""
    _, line = failed(lesson, body.format("Tensor::zeros((2, 3), DType::F64, &Device::Cpu)"))
    assert "dtype is f64 and should be f32" in line
    _, line = failed(lesson, body.format("Tensor::zeros((3, 2), DType::F32, &Device::Cpu)"))
    assert "shape is [3, 2] and should be [2, 3]" in line
    _, line = failed(lesson, body.format("Tensor::zeros((3, 2), DType::F32, &Device::Cpu)?.matmul(&Tensor::zeros((3, 2), DType::F32, &Device::Cpu)?)"))
    assert "the code returned an error: " in line and "matmul" in line


def test_prints_and_displays_of_the_code_keep_their_order(lesson):
    ran = lesson.ok("""print!("a"); check!(order, |check| {
        check.that("nothing", || { print!("b"); display(&Html::new("<b>c</b>")); print!("d"); 3 }).equals(3);
    }); print!("f");""")
    assert ran.outline() == [("stdout", "ab"), ("display_data", "c"), ("stdout", "d"),
                             ("display_data", "✓ Order — passed, 1 case."), ("stdout", "f")]


def test_statics_keep_their_value_and_a_check_only_reads_the_sessions_variables(lesson):
    lesson.ok("static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);\n"
              "fn counted() -> u32 { CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1 }")
    lesson.ok('check!(counted, |check| { check.that("once", || counted()).equals(1); });')
    assert lesson.ok("counted()").text == "2"
    lesson.ok("let mut changed = 1;")
    ran = lesson.run('check!(counted, |check| { changed += 1; });')
    assert ran.error["ename"] in ("E0594", "E0596")


def test_hints_come_one_by_one_and_the_solution_after_the_pass(lesson, progress):
    assert "Hint 1 of 2" in card(lesson.ok("hint!(eight_of);"))
    locked = card(lesson.ok("solution!(eight_of);"))
    assert "opens when its check has passed" in locked and "one more hint" in locked and "8" not in locked
    assert "a power of two" in card(lesson.ok("hint!(eight_of)")), "a semicolon is not needed"
    assert "1. It is even." in card(lesson.ok("hint!(eight_of);"))
    assert json.loads(progress.read_text())["exercises"]["eight_of"]["hints"] == 2
    lesson.ok('check!(eight_of, |check| { check.that("nothing", || 8).equals(8); });')
    (shown,) = lesson.ok("solution!(eight_of);").displays
    assert "fn eight_of() -> i32 {\n    8\n}" in shown["text/plain"] and "```rust" in shown["text/markdown"]
    assert "SOLUTION" not in shown["text/plain"]
    assert "did you mean `eight_of`" in lesson.run("hint!(eigth_of);").error["evalue"]


def test_progress_is_a_table_that_another_kernel_continues(lesson, room, progress):
    lesson.ok('check!(seven_of, |check| { check.that("nothing", || 7).equals(7); });')
    with Session(folder=room / "learn", COURSE_ROOT=str(room), COURSE_PROGRESS="") as other:
        (table,) = other.ok("progress!()").displays
    assert "01 Small things  1 of 2" in table["text/plain"] and "not yet" in table["text/plain"]
    assert 'href="01-small-things/01-one.ipynb"' in table["text/html"]


def test_a_broken_progress_file_is_put_aside_and_told_once(lesson, progress):
    progress.write_text('{"exercises": {"sev')
    code = 'check!(seven_of, |check| { check.that("nothing", || 7).equals(7); });'
    assert "progress.json.broken" in card(lesson.ok(code))
    assert "progress.json.broken" not in card(lesson.ok(code))
    assert json.loads(progress.read_text())["exercises"]["seven_of"]["attempts"] == 2
    assert progress.with_name("progress.json.broken").read_text() == '{"exercises": {"sev'


def test_where_nothing_can_be_written_a_check_counts_all_the_same(tmp_path, room):
    (tmp_path / "file").write_text("")
    with Session(folder=tmp_path, COURSE_ROOT=str(room), COURSE_PROGRESS=str(tmp_path / "file" / "progress.json")) as kernel:
        code = 'check!(seven_of, |check| { check.that("nothing", || 7).equals(7); });'
        assert "kept only until the kernel ends" in card(kernel.ok(code))
        assert card(kernel.ok(code)).count("\n") == 0, "it is told once"
        assert "fn seven_of" in kernel.ok("solution!(seven_of);").displays[0]["text/plain"]


def test_someone_elses_run_writes_nothing(tmp_path, room):
    file = tmp_path / "progress.json"
    with Session(folder=tmp_path, COURSE_ROOT=str(room), COURSE_PROGRESS=str(file), NBGRADER_EXECUTION="autograde") as kernel:
        ran = kernel.ok('check!(seven_of, |check| { check.that("nothing", || 7).equals(7); });')
        assert "✓" in card(ran) and "kept" not in card(ran)
        ran = kernel.run('fn fails() -> i32 { None::<i32>.unwrap() }\ncheck!(seven_of, |check| { check.that("nothing", || fails()).equals(7); });')
        assert ran.error["ename"] == "CheckFailed" and not ran.stderr
    assert not file.exists() and list(tmp_path.iterdir()) == []


def test_a_check_takes_nothing_of_the_memory_limit(tmp_path):
    with Session(folder=tmp_path, COURSE_MEMORY_LIMIT="600M") as kernel:
        kernel.ok("let filled = vec![1u8; 300_000_000];\nfn half(x: f32) -> f32 { x / 2.0 }")
        limits = Path(f"/proc/{runtime_of(kernel.pid)}/limits")
        before = limits.read_text()
        kernel.ok('check!(half, |check| { check.that("a large list", || vec![half(2.0); 40_000_000].len() + filled.len()).equals(340_000_000); });')
        assert limits.read_text() == before


def test_code_that_cannot_be_stopped_ends_the_process_and_says_so(kernel):
    kernel.ok("let lost = 1;\nfn keeps_stdout() -> i32 { let _out = std::io::stdout().lock(); let mut n = 0u64; while n < 10 { std::hint::black_box(&mut n); } 3 }")
    child = runtime_of(kernel.pid)
    ran = kernel.run("""check!(keeps_stdout, |check| {
        check.limit(std::time::Duration::from_millis(300));
        check.that("nothing", || keeps_stdout()).equals(3);
    });""")
    assert ran.error["ename"] == "ProcessDied" and "the code under the check went on and on" in ran.error["evalue"]
    assert "lost" in ran.traceback
    wait_until(lambda: not alive(child))
    assert kernel.ok("1 + 1").text == "2"
