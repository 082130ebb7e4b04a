"""What rustc once made of a cell is used again: in other sessions, by other kernels, and never when it is damaged."""

import os
import re
import subprocess

import pytest

from support.session import Session


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "course"


def open_kernel(cache, **environment):
    return Session(COURSE_CACHE=str(cache), **environment)


def entries(cache):
    return sorted(path for path in (cache / "cells").rglob("*") if path.is_file())


def compiled(session, code):
    """How often rustc ran for a cell: each run leaves an entry or none, so the files tell."""
    before = set(entries(session.cache))
    ran = session.run(code)
    return ran, len(set(entries(session.cache)) - before)


@pytest.fixture
def kernels(cache):
    """Kernels that share a cache; each is closed at the end."""
    opened = []

    def another(**environment):
        session = open_kernel(cache, **environment)
        session.cache = cache
        opened.append(session)
        return session

    yield another
    for session in opened:
        session.close()


NOTEBOOK = [
    ("let numbers = vec![1, 2, 3];", None),
    ("fn total(numbers: &[i32]) -> i32 { numbers.iter().sum() }", None),
    ("total(&numbers)", "6"),
    ("numbers.len() as f32 / 2.0", "1.5"),
]


def test_a_notebook_that_ran_once_is_not_compiled_again(kernels):
    first = kernels()
    assert sum(compiled(first, code)[1] for code, _ in NOTEBOOK) == len(NOTEBOOK)
    second = kernels()
    for code, shown in NOTEBOOK:
        ran, runs = compiled(second, code)
        assert (ran.ok().text, runs) == (shown, 0), code


def test_the_number_of_a_cell_does_not_matter(kernels):
    session = kernels()
    code = 'println!("again");'
    assert compiled(session, code)[1] == 1
    session.ok("let between = 1;")
    ran, runs = compiled(session, code)
    assert (ran.ok().stdout, runs) == ("again\n", 0)


def test_a_cached_cell_starts_anew_each_time(kernels):
    """Its library is loaded afresh: what it defined inside its own lines is not what an earlier run left."""
    code = "{ use std::cell::Cell; thread_local! { static N: Cell<u32> = Cell::new(0); } N.set(N.get() + 1); N.get() }"
    session = kernels()
    assert [session.ok(code).text for _ in range(3)] == ["1", "1", "1"]


def test_statics_keep_their_value_cached_or_not(kernels):
    cells = ["use std::sync::atomic::*; static N: AtomicU32 = AtomicU32::new(0);", "N.fetch_add(1, Ordering::SeqCst)"]
    for _ in range(2):
        session = kernels()
        session.ok(cells[0])
        assert [session.ok(cells[1]).text for _ in range(3)] == ["0", "1", "2"]


def test_an_error_is_told_again_in_the_lines_of_the_cell_that_has_it(kernels):
    session = kernels()
    first = session.run("let a = 1;\nmissing(a)").error
    session.ok("let other = 2;")
    second = session.run("let a = 1;\nmissing(a)").error
    assert first["ename"] == second["ename"] == "E0425"
    assert "cell [1], line 2" in first["evalue"] and "cell [3], line 2" in second["evalue"]


def test_a_panic_in_a_cached_cell_names_the_cell_that_runs(kernels):
    session = kernels()
    code = 'let word = "x";\nword.parse::<u8>().unwrap();'
    assert "cell [1], line 2" in session.run(code).traceback
    assert "cell [2], line 2" in session.run(code).traceback


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "gone"])
def test_a_damaged_entry_is_compiled_again(kernels, damage):
    session = kernels()
    code = 'println!("{}", [1, 2, 3].iter().sum::<i32>());'
    session.ok(code)
    (entry,) = entries(session.cache)
    whole = entry.read_bytes()
    match damage:
        case "cut":
            entry.write_bytes(whole[: len(whole) // 2])
        case "flipped":
            entry.write_bytes(whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:])
        case "emptied":
            entry.write_bytes(b"")
        case "gone":
            entry.unlink()
    assert session.ok(code).stdout == "6\n"
    assert len(entry.read_bytes()) == len(whole), "it was written anew"


def test_what_a_cell_reads_while_it_compiles_is_read_each_time(kernels, tmp_path):
    file = tmp_path / "words.txt"
    session = kernels()
    code = f'include_str!("{file}").len()'
    file.write_text("one")
    assert session.ok(code).text == "3"
    file.write_text("three")
    assert session.ok(code).text == "5"


def test_off_means_off(kernels):
    session = kernels(COURSE_CELL_CACHE="off")
    session.ok("let a = 1;")
    assert entries(session.cache) == []


def test_it_stays_within_its_limit(kernels):
    session = kernels(COURSE_CELL_CACHE="200K")
    for index in range(16):
        session.ok(f"let value{index} = vec![{index}u8]; println!(\"{{value{index}:?}}\");")
    kept = entries(session.cache)
    assert 0 < sum(path.stat().st_size for path in kept) <= 200 << 10
    assert len(kept) < 16


def test_a_folder_that_cannot_be_written_to_only_costs_time(kernels, cache):
    cache.mkdir()
    (cache / "cells").write_text("a file is in the way")
    session = kernels()
    session.ok("let a = 1;")
    assert session.ok("a + 1").text == "2"


def test_two_kernels_at_once_share_a_cell(kernels):
    sessions = [kernels(), kernels()]
    requests = [session.send("let shared = 41; println!(\"{}\", shared + 1);") for session in sessions]
    assert [session.finish(request).ok().stdout for session, request in zip(sessions, requests)] == ["42\n", "42\n"]
    assert len(entries(sessions[0].cache)) == 1


def test_the_command_line_lists_and_clears(kernels):
    session = kernels()
    session.ok("let a = 1;")
    program = session.manager.kernel_spec.argv[0]

    def cells(what):
        run = subprocess.run(
            [program, "cells", what], env={**os.environ, "COURSE_CACHE": str(session.cache)}, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        return run.stdout

    (listed,) = cells("list").splitlines()
    assert entries(session.cache)[0].name in listed
    assert re.search(r"cells +1\n", cells("stats"))
    assert "removed 1 compiled cells" in cells("clear")
    assert cells("list") == "" and entries(session.cache) == []
    session.ok("let b = 2;")
