"""Memory: a limit of the child's own, and who dies first when the machine's is out."""

import os
import re
import uuid
from pathlib import Path

import pytest

from support.processes import runtime_of
from support.session import Session

CGROUP = Path("/sys/fs/cgroup/memory")
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A kernel whose child may have 400 MB."""
    with Session(folder=tmp_path_factory.mktemp("memory"), COURSE_MEMORY_LIMIT="400M") as session:
        yield session


@pytest.mark.parametrize(("code", "asked"), [
    ("let big = vec![1u8; 3 << 30];", "3 GB"),
    ("let mut rows: Vec<Vec<u8>> = Vec::new();\nloop { rows.push(vec![1u8; 2 << 20]); }", "2 MB"),
    ("let big = Tensor::zeros((20_000, 20_000), DType::F32, &Device::Cpu)?;", "1.5 GB"),
], ids=["at once", "bit by bit", "a tensor"])
def test_too_much_memory_ends_the_child_and_says_the_limit_what_was_asked_and_what_to_do(limited, code, asked):
    limited.ok("let lost = 1;\nfn kept() -> i32 { 5 }")
    ran = limited.run(code)
    error = ran.error
    assert error["ename"] == "ProcessDied"
    for part in ("out of memory", asked, "400 MB", "COURSE_MEMORY_LIMIT"):
        assert part in error["evalue"]
    assert "lost" in ran.traceback and "drop(name)" in ran.traceback
    assert limited.ok("kept()").text == "5"


def test_what_fits_is_not_in_the_way_of_the_limit(limited):
    # Memory that is given back can be had again, and a file that is mapped costs nothing of it.
    limited.ok("let half = vec![1u8; 200 << 20];")
    limited.ok("drop(half);")
    ran = limited.ok("""
let half = vec![1u8; 200 << 20];
let file = std::fs::File::create_new("sparse")?;
file.set_len(4 << 30)?;
use std::os::fd::AsRawFd;
let file = std::fs::File::open("sparse")?;
let mapped = unsafe { libc::mmap(std::ptr::null_mut(), 4 << 30, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0) };
let sum = unsafe { (0..4096).map(|page| *(mapped as *const u8).add(page << 20) as u64).sum::<u64>() };
(mapped != libc::MAP_FAILED, sum)
""")
    assert ran.text == "(true, 0)"


def test_a_refusal_that_is_asked_for_is_an_error_like_others(limited):
    assert limited.ok("Vec::<u8>::new().try_reserve(3 << 30).is_err()").text == "true"


@pytest.mark.parametrize("value", ["lots", "1.5", "-1G"])
def test_what_is_no_amount_is_told_in_every_cell(tmp_path, value):
    with Session(folder=tmp_path, COURSE_MEMORY_LIMIT=value) as session:
        for _ in range(2):
            error = session.run("1").error
            assert value in error["evalue"] and "1.5G" in error["evalue"]


@pytest.fixture
def small_container(tmp_path):
    """Starts kernels in a control group of 700 MB, as a host such as Binder does."""
    group = CGROUP / f"course-test-{uuid.uuid4().hex[:8]}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(700 * MEGABYTE))
    except OSError as error:
        pytest.skip(f"no control group of version 1 can be made here: {error}")
    before = (CGROUP / "cgroup.procs", os.getpid())
    sessions = []

    def start(**environment):
        (group / "cgroup.procs").write_text(str(os.getpid()))
        try:
            sessions.append(Session(folder=tmp_path, **environment))
        finally:
            before[0].write_text(str(before[1]))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()
    group.rmdir()


def data_limit(pid: int) -> int | None:
    (line,) = [line for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith("Max data size")]
    soft = re.split(r"\s{2,}", line)[1]
    return None if soft == "unlimited" else int(soft)


def test_a_container_gives_the_child_its_share_of_its_memory(small_container):
    session = small_container()
    # The stack of 512 MB that cells run on is reserved beside it.
    share = 700 * MEGABYTE * 3 // 4
    assert share < data_limit(runtime_of(session.pid)) < share + 700 * MEGABYTE
    error = session.run("let big = vec![1u8; 2 << 30];").error
    assert "525 MB" in error["evalue"] and "700 MB" in error["evalue"]
    assert session.ok("1 + 1").text == "2"


def test_where_the_container_runs_out_the_child_goes_and_the_kernel_stays(small_container):
    session = small_container(COURSE_MEMORY_LIMIT="off")
    session.ok("let lost = 1;\nfn kept() -> i32 { 5 }")
    assert data_limit(runtime_of(session.pid)) is None
    ran = session.run("let mut rows: Vec<Vec<u8>> = Vec::new();\nloop { rows.push(vec![1u8; 4 << 20]); }")
    assert ran.error["ename"] == "ProcessDied"
    assert "memory ran out" in ran.error["evalue"]
    assert session.ok("kept()").text == "5"
