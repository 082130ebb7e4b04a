"""The stop button: a compile is killed, running code is asked, and what polls nothing is ended; state is kept or named."""

import time

import pytest

from support.processes import LONG_COMPILE, children, compilers, runtime_of, wait_until


def test_an_interrupt_kills_a_compile_and_keeps_all_state(kernel):
    kernel.ok("let mut kept = vec![1];")
    child = runtime_of(kernel.pid)
    request = kernel.send(LONG_COMPILE)
    wait_until(lambda: compilers(kernel.pid))
    kernel.interrupt()
    ran = kernel.finish(request)
    assert ran.error["ename"] == "Interrupted"
    assert not compilers(kernel.pid)
    assert kernel.ok("kept.push(2); kept.len()").text == "2"
    assert runtime_of(kernel.pid) == child, "the child was left alone"


@pytest.mark.parametrize("code", [
    "loop { interrupt::check()?; }",
    'for _ in progress(0..1_000_000_000u64, "counting") { std::thread::sleep(std::time::Duration::from_millis(1)); }',
    'let _ = loop { interrupt::check().unwrap(); };',
    'for _ in 0.. { display(&Html::new("<b>x</b>")); }',
    'let shown = display_handle(&Html::new("0"));\nfor n in 0.. { shown.update(&Html::new(format!("{n}"))); }',
    'let texts = vec!["a word and another"; 2_000_000];\nAutoTokenizer::from_pretrained("all-MiniLM-L6-v2")?.encode_batch(&texts)?;',
    'let texts = vec!["a word and another"; 100_000];\ncourse::pipelines::FeatureExtraction::new()?.embed(texts)?;',
], ids=["check", "progress", "unwrapped", "displays", "updates", "tokenization", "embedding"])
def test_running_code_that_polls_stops_and_keeps_its_variables(shared_kernel, code):
    kernel = shared_kernel
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


def test_a_double_click_leaves_polling_code_the_time_to_stop(kernel):
    kernel.ok("let kept = 7;")
    request = kernel.send('print!("running");\nloop { std::thread::sleep(std::time::Duration::from_millis(100)); interrupt::check()?; }')
    kernel.wait_for(request, "stream")
    for _ in range(4):
        kernel.interrupt()
    assert kernel.finish(request).error["ename"] == "Interrupted"
    assert kernel.ok("kept").text == "7"


def test_interrupts_at_every_moment_keep_variables_and_never_hang(kernel):
    kernel.ok("let kept = 7;\nlet mut rounds = 0;")
    child = runtime_of(kernel.pid)
    stopped = 0
    for number in range(12):
        # From before the compile to after the end of the cell.
        request = kernel.send(f"rounds += 1; for _ in 0..40 {{ interrupt::check()?; std::thread::sleep(std::time::Duration::from_millis({number + 1})); }}")
        time.sleep(0.06 * number)
        kernel.interrupt()
        stopped += kernel.finish(request).status == "error"
        # Interrupts and cells come on two sockets: one sent before the other may arrive after it.
        time.sleep(0.3)
        assert kernel.ok("kept").text == "7", "an interrupt that came late does not stop the next cell"
    assert stopped, "none of them came in time"
    assert runtime_of(kernel.pid) == child


def test_an_interrupt_while_a_cell_waits_for_an_answer_stops_it(kernel):
    kernel.ok("let kept = 7;")
    request = kernel.send('let name = input("name?")?; name', allow_stdin=True)
    wait_until(kernel.client.stdin_channel.msg_ready)
    kernel.client.get_stdin_msg(timeout=10)
    kernel.interrupt()
    assert kernel.finish(request).error["ename"] == "Interrupted"
    assert kernel.ok("kept").text == "7"


def test_an_interrupt_while_the_child_starts_is_not_lost(kernel):
    kernel.ok("fn kept() -> i32 { 5 }")
    kernel.run("std::process::abort()")
    # The cell may have begun by the time the interrupt arrives; it then polls, so that either way it must be stopped.
    request = kernel.send("loop { interrupt::check()?; }")
    wait_until(lambda: compilers(kernel.pid) or [1 for command in children(kernel.pid).values() if " runtime " in command])
    kernel.interrupt()
    assert kernel.finish(request).error["ename"] == "Interrupted"
    assert kernel.ok("kept()").text == "5"


def test_code_that_printed_its_last_and_polls_nothing_loses_only_its_variables(kernel):
    kernel.ok("let lost = 1;\nuse std::collections::BTreeMap;\nfn kept() -> i32 { 5 }")
    request = kernel.send('println!("running"); loop { std::hint::spin_loop(); }')
    kernel.wait_for(request, "stream")
    kernel.interrupt()
    time.sleep(0.7)
    kernel.interrupt()
    ran = kernel.finish(request)
    assert ran.error["ename"] == "Interrupted" and "Lost with it: lost." in ran.traceback
    assert kernel.ok("BTreeMap::from([(1, kept())]).len()").text == "1"
    assert "interrupted" in kernel.run("lost").traceback.lower() or "ended" in kernel.run("lost").traceback
