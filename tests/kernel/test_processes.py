"""The processes behind a notebook: a child that dies is replaced, two kernels do not meet, nothing is left behind."""

import os
import signal
import time

import pytest

from support.processes import children, resident_mb, runtime_of
from support.session import Session


@pytest.mark.parametrize("code", [
    "std::process::abort()",
    "std::process::exit(3)",
    "unsafe { std::ptr::null_mut::<u8>().write_volatile(1) }",
    "fn endless(n: u64) -> u64 { std::hint::black_box(endless(n + 1) + 1) }\nendless(0)",
])
def test_a_dead_child_is_replaced_and_what_was_lost_is_said(kernel, code):
    kernel.ok("let lost = 1;\nfn kept() -> i32 { 5 }\nuse std::collections::BTreeMap;")
    ran = kernel.run(f'println!("last words");\n{code}')
    assert ran.error["ename"] == "ProcessDied"
    assert "lost" in ran.traceback
    assert ran.stdout == "last words\n"
    assert kernel.ok("BTreeMap::from([(1, kept())]).len()").text == "1"
    assert kernel.run("lost").status == "error"


def test_a_child_killed_between_two_cells_is_replaced(kernel):
    kernel.ok("let gone = 1;")
    os.kill(runtime_of(kernel.pid), signal.SIGKILL)
    ran = kernel.run("1 + 1")
    if ran.status == "error":
        assert ran.error["ename"] == "ProcessDied"
        ran = kernel.run("1 + 1")
    assert ran.text == "2"


def test_two_kernels_do_not_meet(tmp_path):
    with Session(folder=tmp_path) as one, Session(folder=tmp_path) as two:
        first, second = one.send("let mine = 1; mine"), two.send("let mine = 2; mine")
        assert (one.finish(first).text, two.finish(second).text) == ("1", "2")
        one.run("std::process::abort()").error
        assert two.ok("mine").text == "2"
        assert one.run("mine").status == "error"


def test_a_restart_begins_anew(kernel):
    kernel.ok("let before = 1;")
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=60)
    ran = kernel.ok("1")
    assert ran.count == 1
    assert kernel.run("before").status == "error"


@pytest.mark.parametrize("gently", [True, False], ids=["shutdown", "killed"])
def test_nothing_is_left_behind(tmp_path, gently):
    session = Session(folder=tmp_path)
    session.ok("1")
    running = session.send('print!("busy"); loop { std::hint::spin_loop(); }')
    session.wait_for(running, "stream")
    below = children(session.pid)
    assert below
    if gently:
        session.manager.shutdown_kernel(now=False)
    else:
        os.kill(session.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in below):
        assert time.monotonic() < deadline, f"left behind: {below}"
        time.sleep(0.1)
    session.close()


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_kernel_stays_small(kernel):
    for i in range(5):
        kernel.ok(f"let t{i} = Tensor::zeros((10, 10), DType::F32, &Device::Cpu)?; t{i}")
    assert resident_mb(kernel.pid) <= 60
