"""The stop button: a compile is killed, running code is asked, and what polls nothing is ended; state is kept or named."""

import time

import pytest

from support.processes import children

# A constant the compiler has to evaluate for a long time.
LONG_COMPILE = """
const fn spin(n: u64) -> u64 { let mut i = 0; let mut s = 0u64; while i < n { s = s.wrapping_mul(31).wrapping_add(i); i += 1; } s }
#[allow(long_running_const_eval)]
const SLOW: u64 = spin(4_000_000_000);
SLOW
"""


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def compilers(kernel):
    return [pid for pid, command in children(kernel.pid).items() if "rustc" in command.split(" ")[0]]


def test_an_interrupt_kills_a_compile_and_keeps_all_state(kernel):
    kernel.ok("let mut kept = vec![1];")
    child = {pid for pid, command in children(kernel.pid).items() if " runtime " in command}
    request = kernel.send(LONG_COMPILE)
    wait_until(lambda: compilers(kernel))
    time.sleep(0.3)
    kernel.interrupt()
    ran = kernel.finish(request)
    assert ran.error["ename"] == "Interrupted"
    assert not compilers(kernel)
    assert kernel.ok("kept.push(2); kept.len()").text == "2"
    assert child <= set(children(kernel.pid)), "the child was left alone"


@pytest.mark.parametrize("code", [
    "loop { interrupt::check()?; }",
    'for _ in progress(0..1_000_000_000u64, "counting") { std::thread::sleep(std::time::Duration::from_millis(1)); }',
    'for _ in 0.. { display(&Html::new("<b>x</b>")); interrupt::check()?; }',
])
def test_running_code_that_polls_stops_and_keeps_its_variables(kernel, code):
    kernel.ok("let mut steps = 0;")
    request = kernel.send(f"steps = 7;\nprint!(\"running\");\n{code}")
    kernel.wait_for(request, "stream")
    kernel.interrupt()
    ran = kernel.finish(request)
    assert ran.error["ename"] == "Interrupted"
    assert kernel.ok("steps").text == "7"


def test_code_that_polls_nothing_is_ended_and_the_lost_variables_are_named(kernel):
    kernel.ok("let treasure = vec![1, 2, 3];\nfn still_here() -> i32 { 1 }")
    request = kernel.send('print!("running");\nloop { std::hint::spin_loop(); }')
    kernel.wait_for(request, "stream")
    kernel.interrupt()
    kernel.interrupt()
    ran = kernel.finish(request)
    assert ran.error["ename"] == "Interrupted"
    assert "treasure" in ran.traceback
    assert kernel.ok("still_here()").text == "1"
    assert kernel.run("treasure.len()").status == "error"


def test_one_interrupt_is_enough_in_the_end(kernel):
    request = kernel.send('print!("running");\nloop { std::hint::spin_loop(); }')
    kernel.wait_for(request, "stream")
    kernel.interrupt()
    assert kernel.finish(request).error["ename"] == "Interrupted"
    assert kernel.ok("1 + 1").text == "2"


def test_an_interrupt_ends_a_shell_command(kernel):
    request = kernel.send("!echo started; sleep 1000")
    kernel.wait_for(request, "stream")
    kernel.interrupt()
    assert kernel.finish(request).error["ename"] == "Interrupted"
    assert not [command for command in children(kernel.pid).values() if "sleep 1000" in command]


def test_an_interrupt_of_an_idle_kernel_changes_nothing(kernel):
    kernel.ok("let calm = 1;")
    kernel.interrupt()
    time.sleep(0.3)
    assert kernel.ok("calm").text == "1"


def test_the_cells_behind_an_interrupted_one_are_aborted(kernel):
    running = kernel.send('print!("running"); loop { interrupt::check()?; }')
    behind = kernel.send("1")
    kernel.wait_for(running, "stream")
    kernel.interrupt()
    assert kernel.finish(running).error["ename"] == "Interrupted"
    assert kernel.finish(behind).status == "aborted"
