"""A failed cell gives one error, in cell lines, and keeps what was there before."""

import pytest


@pytest.mark.parametrize(("code", "ename"), [
    ('let word: i32 = "five";', "E0308"),
    ("undefined_name + 1", "E0425"),
    ("let v = vec![1]; drop(v); v.len()", "E0382"),
    ('"text".no_such_method()', "E0599"),
    ("fn broken( {", None),
])
def test_a_compile_error_is_one_error_with_rustcs_code(shared_kernel, code, ename):
    ran = shared_kernel.run(code)
    assert ran.error["ename"] == ename if ename else ran.error["ename"]
    assert f"cell [{ran.count}]" in ran.traceback
    assert ran.stderr == ""


def test_several_compile_errors_are_still_one_output(shared_kernel):
    ran = shared_kernel.run("missing_one();\nmissing_two();")
    assert "missing_one" in ran.traceback and "missing_two" in ran.traceback


def test_a_panic_is_an_error_in_cell_lines(shared_kernel):
    ran = shared_kernel.run('println!("before");\nlet list: Vec<i32> = vec![];\nlist[3]')
    assert ran.stdout == "before\n"
    assert ran.error["ename"] == "Panic"
    assert "index out of bounds" in ran.error["evalue"]
    assert f"cell [{ran.count}], line 3" in ran.traceback
    assert ran.stderr == "", "the panic is in the error, not also on stderr"


def test_a_failing_assertion_fails_the_cell(shared_kernel):
    assert "left" in shared_kernel.run("assert_eq!(1 + 1, 3);").error["evalue"]


def test_a_panic_names_the_cell_that_the_function_was_written_in(shared_kernel):
    definition = shared_kernel.ok("fn inner(x: u32) -> u32 {\n    10 / x\n}")
    ran = shared_kernel.run("inner(0)")
    assert f"cell [{definition.count}], line 2" in ran.traceback


@pytest.mark.parametrize("code", [
    'std::fs::read_to_string("/no/such/file")?',
    'let number: i32 = "seven".parse()?;',
])
def test_a_question_mark_on_an_error_fails_the_cell(shared_kernel, code):
    ran = shared_kernel.run(code)
    assert ran.error["ename"] not in ("", "Panic")
    assert ran.error["evalue"]


def test_errors_of_different_types_pass_through_one_cell(shared_kernel):
    shared_kernel.ok("""
        let number: i32 = "7".parse()?;
        let text = std::fs::read_to_string("/proc/self/stat")?;
        number + text.len().min(1) as i32
    """)


def test_variables_survive_a_panic_and_an_error(shared_kernel):
    shared_kernel.ok("let mut kept = vec![1, 2, 3];")
    shared_kernel.run('kept.push(4); panic!("now")').error
    assert shared_kernel.ok("kept.len()").text == "4"
    shared_kernel.run("kept.push(5); Err::<(), _>(std::fmt::Error)?").error
    assert shared_kernel.ok("kept.clone()").text == "[1, 2, 3, 4, 5]"


def test_a_panic_in_a_thread_does_not_fail_the_cell(shared_kernel):
    ran = shared_kernel.ok('std::thread::spawn(|| panic!("in a thread")).join().is_err()')
    assert ran.text == "true"


def test_common_errors_come_with_a_plain_sentence(shared_kernel):
    for code in ['let a = String::from("a"); let b = a; a.len()', 'let x: u8 = "1";', "not_there", "1.nothing()"]:
        assert "in short" in shared_kernel.run(code).traceback.lower(), code


def test_the_queue_is_aborted_behind_a_failure(shared_kernel):
    requests = [shared_kernel.send(code) for code in ["1", 'std::thread::sleep(std::time::Duration::from_secs(1)); panic!("stop")', "2", "3"]]
    statuses = [shared_kernel.finish(request).status for request in requests]
    assert statuses == ["ok", "error", "aborted", "aborted"]
    assert shared_kernel.ok("4").text == "4"


def test_the_queue_goes_on_when_it_is_told_to(shared_kernel):
    requests = [shared_kernel.send(code, stop_on_error=False) for code in ['panic!("go on")', "2"]]
    assert [shared_kernel.finish(request).status for request in requests] == ["error", "ok"]


def test_nothing_of_nightly_is_open_to_cells(shared_kernel):
    assert shared_kernel.run("#![feature(never_type)]\nlet x: ! = panic!();").status == "error"


def test_an_error_has_colours(shared_kernel):
    assert "\x1b[" in "\n".join(shared_kernel.run("missing_name").error["traceback"])
