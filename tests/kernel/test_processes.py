"""The processes behind a notebook: a child that dies is replaced and says why, and two kernels do not meet."""

import os
import signal
import threading

import pytest

from support.processes import alive, children, resident_mb, runtime_of, wait_until
from support.session import Session

# How a cell can end its process, and what the report says about it.
DEATHS = {
    "abort": ("std::process::abort()", "abort"),
    "exit": ("std::process::exit(3)", "status 3"),
    "exit in a thread": ("std::thread::spawn(|| std::process::exit(4)).join().unwrap();", "status 4"),
    "segfault": ("unsafe { std::ptr::null_mut::<u8>().write_volatile(1) }", "SIGSEGV"),
    "recursion": (
        "fn endless(n: u64) -> u64 { std::hint::black_box(endless(n + 1) + 1) }\nendless(0)",
        "called itself too deeply",
    ),
    "recursion in a thread": (
        "fn endless(n: u64) -> u64 { std::hint::black_box(endless(n + 1) + 1) }\n"
        "std::thread::spawn(|| endless(0)).join().unwrap()",
        "SIGSEGV",
    ),
    "panic in a panic": (
        'struct Bad; impl Drop for Bad { fn drop(&mut self) { panic!("again") } }\nlet _bad = Bad; panic!("once")',
        "SIGABRT",
    ),
    "a signal": ("unsafe { libc::raise(libc::SIGTERM); }", "signal 15"),
    "killed": ("unsafe { libc::raise(libc::SIGKILL); }", "SIGKILL"),
}


@pytest.mark.parametrize("name", DEATHS)
def test_a_dead_child_is_replaced_and_what_was_lost_is_said(shared_kernel, name):
    code, why = DEATHS[name]
    shared_kernel.ok("let lost = 1;\nfn kept() -> i32 { 5 }\nuse std::collections::BTreeMap;")
    ran = shared_kernel.run(f'println!("last words");\n{code}')
    assert ran.error["ename"] == "ProcessDied"
    assert why in ran.error["evalue"]
    assert "lost" in ran.traceback
    assert ran.stdout == "last words\n"
    assert shared_kernel.ok("BTreeMap::from([(1, kept())]).len()").text == "1"
    assert shared_kernel.run("lost").error["ename"] == "E0425"


# What a cell can do to its process without ending it.
LIBERTIES = {
    "closes the standard descriptors": "for fd in 0..3 { unsafe { libc::close(fd); } }\nprintln!(\"into nothing\");",
    "closes the low descriptors": "for fd in 0..64 { unsafe { libc::close(fd); } }",
    "puts a file in the place of stdout": (
        'use std::os::fd::AsRawFd;\nlet file = std::fs::File::create("elsewhere.txt")?;\n'
        'unsafe { libc::dup2(file.as_raw_fd(), 1); libc::dup2(file.as_raw_fd(), 2); }\nprintln!("elsewhere");'
    ),
    "starts threads that go on": (
        "for _ in 0..8 { std::thread::spawn(|| loop { std::thread::sleep(std::time::Duration::from_millis(5)); }); }"
    ),
    "starts a process that holds its pipes": 'std::process::Command::new("sleep").arg("1000").spawn()?;',
    "starts a process of its own session": 'std::process::Command::new("setsid").args(["sleep", "5"]).spawn()?;',
    "writes into a pipe that nobody reads": (
        'use std::io::Write;\nlet mut child = std::process::Command::new("true").stdin(std::process::Stdio::piped()).spawn()?;\n'
        'let mut pipe = child.stdin.take().unwrap();\nchild.wait()?;\nlet error = pipe.write_all(&[0; 100_000]).unwrap_err();\n'
        "assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);"
    ),
    "opens a thousand files": 'let open: Vec<_> = (0..1_000).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();',
    "changes to a folder that goes away": (
        'let back = std::env::current_dir()?;\nstd::fs::create_dir("gone")?; std::env::set_current_dir("gone")?;\n'
        'std::fs::remove_dir("../gone")?;'
    ),
    "panics in a thread": 'let _ = std::thread::spawn(|| panic!("in a thread")).join();',
}


@pytest.fixture(scope="module")
def few_files(tmp_path_factory):
    """A kernel with the usual soft limit on open files."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    with Session(folder=tmp_path_factory.mktemp("few")) as session:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        session.ok("let mut visits = 0;\nfn kept() -> i32 { 5 }\nuse std::collections::BTreeMap;")
        yield session


@pytest.mark.parametrize("name", LIBERTIES)
def test_a_cell_that_takes_liberties_harms_no_other(few_files, name):
    child = runtime_of(few_files.pid)
    visits = int(few_files.ok("visits").text)
    few_files.ok(LIBERTIES[name])
    ran = few_files.ok('visits += 1;\nprintln!("heard");\neprintln!("as well");\nBTreeMap::from([(1, kept())]).len()')
    assert (ran.stdout, ran.stderr, ran.text) == ("heard\n", "as well\n", "1")
    assert few_files.ok("visits").text == str(visits + 1)
    assert runtime_of(few_files.pid) == child


def test_a_cell_that_cuts_the_link_to_the_kernel_ends_its_process_only(kernel):
    kernel.ok("let lost = 1;\nfn kept() -> i32 { 5 }")
    ran = kernel.run("for fd in 3..1000 { unsafe { libc::close(fd); } }")
    assert ran.error["ename"] == "ProcessDied"
    assert kernel.ok("kept()").text == "5"


def test_a_process_that_was_forked_does_not_hide_the_childs_end(kernel):
    kernel.ok("fn kept() -> i32 { 5 }")
    # The copy has the link and the pipes, and a session of its own.
    ran = kernel.run("unsafe { if libc::fork() == 0 { libc::setsid(); libc::sleep(30); libc::_exit(0); } libc::raise(libc::SIGKILL); }")
    assert ran.error["ename"] == "ProcessDied"
    assert kernel.ok("kept()").text == "5"


def test_a_child_killed_between_two_cells_is_replaced_and_that_is_said(kernel):
    kernel.ok("let gone = 1;\nfn kept() -> i32 { 5 }")
    child = runtime_of(kernel.pid)
    os.kill(child, signal.SIGKILL)
    wait_until(lambda: not alive(child))
    ran = kernel.ok("kept()")
    assert ran.text == "5"
    (note,) = [shown["text/plain"] for shown in ran.displays]
    assert "ended since the last cell" in note and "gone" in note
    assert kernel.run("gone").error["ename"] == "E0425"


def test_two_kernels_do_not_meet_though_they_start_at_once(tmp_path):
    sessions = {}

    def start(name):
        sessions[name] = Session(folder=tmp_path, TMPDIR=str(tmp_path))

    threads = [threading.Thread(target=start, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions["one"] as one, sessions["two"] as two, sessions["three"] as three:
        running = [(session, session.send(f"let mine = {number}; mine")) for number, session in enumerate([one, two, three])]
        assert [session.finish(request).text for session, request in running] == ["0", "1", "2"]
        assert one.run("std::process::abort()").error
        assert two.ok("mine").text == "1"
        assert three.ok("mine").text == "2"
        assert one.run("mine").status == "error"


def test_a_restart_begins_anew(kernel):
    kernel.ok("let before = 1;")
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=60)
    ran = kernel.ok("1")
    assert ran.count == 1
    assert kernel.run("before").status == "error"


def test_a_kernel_stays_small(kernel):
    for i in range(5):
        kernel.ok(f"let t{i} = Tensor::zeros((10, 10), DType::F32, &Device::Cpu)?; t{i}")
    assert resident_mb(kernel.pid) <= 60


def test_memory_runs_out_for_the_child_before_the_kernel(kernel):
    kernel.ok("1")

    def score(pid):
        with open(f"/proc/{pid}/oom_score_adj") as file:
            return int(file.read())

    assert score(runtime_of(kernel.pid)) > score(kernel.pid)
    kernel.ok('let shell = std::process::Command::new("sleep").arg("1000").spawn()?;')
    (sleeper,) = [pid for pid, command in children(kernel.pid).items() if command.startswith("sleep")]
    assert score(sleeper) > score(kernel.pid)
