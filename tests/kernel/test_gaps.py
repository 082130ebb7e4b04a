"""Places where evcxr_jupyter falls short that no other file tests; docs/gaps.md lists all of them."""

import time

import pytest


@pytest.mark.parametrize(
    "marker", ["EVCXR_EXECUTION_COMPLETE", "EVCXR_PANIC_NOTIFICATION", "EVCXR_ERROR_OCCURRED", "EVCXR_VARIABLE_CHANGED_TYPE:x"]
)
def test_markers_in_the_output_are_only_text(shared_kernel, marker):
    ran = shared_kernel.ok(f'let x = 1; println!("{marker}"); eprint!("{marker}"); print!("after {marker}");')
    assert ran.stdout == f"{marker}\nafter {marker}"
    assert ran.stderr == marker
    assert shared_kernel.ok("x").text == "1"


def test_an_error_marks_text_that_is_not_ascii(shared_kernel):
    failed = shared_kernel.run('let größe = 1;\nlet s: u8 = "👩 é";')
    assert failed.error["ename"] == "E0308"
    assert 'let s: u8 = "👩 é";' in failed.traceback and f"cell [{failed.count}]" in failed.traceback
    assert "^" in failed.traceback


def test_an_interrupt_ends_a_question(shared_kernel):
    request = shared_kernel.send('let kept = 1; print!("asking"); input("who?")?;', allow_stdin=True)
    question = shared_kernel.client.get_stdin_msg(timeout=60)
    assert question["content"] == {"prompt": "who?", "password": False}
    shared_kernel.interrupt()
    assert shared_kernel.finish(request).status == "error"
    assert shared_kernel.ok("2 + 2").text == "4"


def test_reading_stdin_directly_does_not_hang(shared_kernel):
    ran = shared_kernel.ok("let mut line = String::new(); std::io::stdin().read_line(&mut line)?")
    assert ran.text == "0", "the end of the input, at once"


def test_shutdown_does_not_wait_for_a_cell(kernel):
    request = kernel.send('print!("on"); loop { std::hint::black_box(()); }')
    kernel.wait_for(request, "stream")
    kernel.client.shutdown()
    begun = time.monotonic()
    while kernel.manager.is_alive():
        # Only a failing test waits for this.
        assert time.monotonic() - begun < 60, "the kernel does not end"
        time.sleep(0.01)
    print(f"ended after {time.monotonic() - begun:.2f} s")
