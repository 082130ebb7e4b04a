"""However a kernel ends, and whatever it was doing, no process and no file of it stays behind."""

import os
import signal
import time
import uuid

import pytest

from support.processes import LONG_COMPILE, alive, children, compilers, marked, runtime_of, wait_until
from support.session import Session

RUNNING = 'std::process::Command::new("sleep").arg("1000").spawn()?;\nprint!("running"); loop { std::hint::spin_loop(); }'
SHELL = "!echo running; sleep 1000; echo never"


@pytest.fixture
def marked_kernel(tmp_path):
    """A kernel whose processes can be found wherever they end up, and its folder for temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    mark = f"COURSE_TEST_MARK={uuid.uuid4()}"
    name, value = mark.split("=")
    session = Session(folder=tmp_path, TMPDIR=str(temporary), **{name: value})
    session.mark, session.temporary = mark, temporary
    yield session
    session.close()


def nothing_is_left(session):
    wait_until(lambda: not marked(session.mark), what=f"left behind: {marked(session.mark)}")
    wait_until(lambda: not list(session.temporary.iterdir()), what=f"left behind: {list(session.temporary.iterdir())}")


def begin(session, doing):
    """Gets the kernel to do something, and waits until it does."""
    if doing == "idle":
        session.ok("1")
    elif doing == "compiling":
        session.ok("1")
        session.send(LONG_COMPILE)
        wait_until(lambda: compilers(session.pid))
    elif doing == "starting":
        os.kill(runtime_of(session.pid), signal.SIGKILL)
        session.send("1")
    else:
        request = session.send(RUNNING if doing == "running" else SHELL)
        session.wait_for(request, "stream")


@pytest.mark.parametrize("doing", ["idle", "compiling", "running", "shell", "starting"])
def test_a_killed_kernel_leaves_nothing(marked_kernel, doing):
    begin(marked_kernel, doing)
    os.kill(marked_kernel.pid, signal.SIGKILL)
    nothing_is_left(marked_kernel)


@pytest.mark.parametrize("doing", ["compiling", "running", "shell"])
def test_a_shutdown_leaves_nothing_and_waits_for_nobody(marked_kernel, doing):
    begin(marked_kernel, doing)
    pid = marked_kernel.pid
    marked_kernel.client.shutdown()
    # Not a limit on how long it may take, which is 1 s on a free machine: the cell alone would take for ever.
    wait_until(lambda: not alive(pid), seconds=60)
    nothing_is_left(marked_kernel)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_kernel_leaves_nothing(marked_kernel, how):
    begin(marked_kernel, "running")
    pid = marked_kernel.pid
    os.kill(pid, how)
    wait_until(lambda: not alive(pid))
    nothing_is_left(marked_kernel)


def test_sigint_stops_the_cell_and_not_the_kernel(marked_kernel):
    marked_kernel.ok("let kept = 1;")
    request = marked_kernel.send('print!("running"); loop { interrupt::check()?; }')
    marked_kernel.wait_for(request, "stream")
    os.kill(marked_kernel.pid, signal.SIGINT)
    assert marked_kernel.finish(request).error["ename"] == "Interrupted"
    os.kill(marked_kernel.pid, signal.SIGINT)
    time.sleep(0.2)
    assert marked_kernel.ok("kept").text == "1"


def test_what_a_dead_kernel_left_is_swept_and_a_living_ones_is_not(marked_kernel):
    marked_kernel.ok("let alive = 1;")
    environment = dict([marked_kernel.mark.split("=")])
    living = set(marked_kernel.temporary.iterdir())
    dead = Session(TMPDIR=str(marked_kernel.temporary), **environment)
    dead.ok("1")
    (left,) = set(marked_kernel.temporary.iterdir()) - living
    # Nobody is left who could clean up: the worst of deaths.
    (warden,) = [pid for pid, command in children(dead.pid).items() if command.endswith("warden ")]
    for pid in (warden, dead.pid):
        os.kill(pid, signal.SIGKILL)
    dead.close()
    assert left.exists()
    with Session(TMPDIR=str(marked_kernel.temporary), **environment) as third:
        third.ok("1")
        wait_until(lambda: not left.exists())
        assert living < set(marked_kernel.temporary.iterdir())
        assert marked_kernel.ok("alive").text == "1"


def test_cells_leave_no_files_and_no_open_descriptors(marked_kernel):
    def count(pid):
        return len(os.listdir(f"/proc/{pid}/fd"))

    marked_kernel.ok("1")
    before = None
    for number in range(12):
        marked_kernel.run([f"let x = {number};", "x", f"missing_{number}", "panic!()", "!true", ":vars"][number % 6])
        if number == 5:
            before = count(marked_kernel.pid), count(runtime_of(marked_kernel.pid))
    assert (count(marked_kernel.pid), count(runtime_of(marked_kernel.pid))) == before
    (folder,) = marked_kernel.temporary.iterdir()
    assert not list(folder.iterdir())
