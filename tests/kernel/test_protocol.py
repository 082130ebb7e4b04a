"""The Jupyter protocol: jupyter_kernel_test's own suite, and what it does not look at."""


import jupyter_kernel_test as suite
import pytest


class TestConformance(suite.KernelTests):
    kernel_name = "rust-course"
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("oops");'
    code_execute_result = [{"code": "6 * 7", "result": "42"}]
    code_display_data = [{"code": 'display(&Html::new("<b>x</b>"));', "mime": "text/html"}]
    code_generate_error = 'panic!("on purpose")'
    code_clear_output = "clear_output(false);"
    complete_code_samples = ["1 + 1", "fn f() {}", "let x = 5;", 'println!("{}", 1);', "struct A;"]
    incomplete_code_samples = ["fn f() {", "let x = (1,", "if true {\n    1", 'let s = "open', "vec![1, 2"]
    invalid_code_samples = ["fn f() }", "let x = );"]




def test_kernel_info_says_what_the_kernel_is(shared_kernel):
    shared_kernel.client.kernel_info()
    reply = shared_kernel.client.get_shell_msg(timeout=30)
    while reply["msg_type"] != "kernel_info_reply":
        reply = shared_kernel.client.get_shell_msg(timeout=30)
    content = reply["content"]
    assert content["status"] == "ok"
    assert content["language_info"]["name"] == "rust"
    assert content["language_info"]["version"].startswith("1.")
    assert content["language_info"]["file_extension"] == ".rs"
    assert content["language_info"]["mimetype"] == "text/rust"
    assert content["protocol_version"] >= "5.4"


def test_counts_start_at_one_and_silent_cells_do_not_count(kernel):
    assert kernel.ok("1").count == 1
    kernel.run("2", silent=True)
    assert kernel.ok("3").count == 2
    kernel.run("4", store_history=False)
    assert kernel.ok("5").count == 3


def test_a_silent_cell_shows_nothing(kernel):
    ran = kernel.run('println!("x"); 1', silent=True)
    assert not ran.of("execute_result", "execute_input")


def test_an_empty_cell_is_fine(shared_kernel):
    assert shared_kernel.ok("").result is None
    assert shared_kernel.ok("// only a comment").result is None


def test_a_semicolon_keeps_the_value_to_itself(shared_kernel):
    assert shared_kernel.ok("1 + 1;").result is None
    assert shared_kernel.ok("()").result is None


def test_busy_comes_first_and_the_input_is_echoed(shared_kernel):
    ran = shared_kernel.ok("1 + 2")
    types = [message["msg_type"] for message in ran.messages]
    assert types[:2] == ["status", "execute_input"]
    assert ran.of("execute_input")[0] == {"code": "1 + 2", "execution_count": ran.count}


def test_messages_are_answered_while_a_cell_runs(shared_kernel):
    request = shared_kernel.send('print!("busy"); std::thread::sleep(std::time::Duration::from_secs(3));')
    shared_kernel.wait_for(request, "stream")
    asked = shared_kernel.client.is_complete("fn f() {")
    reply = shared_kernel.client.get_shell_msg(timeout=2)
    assert reply["parent_header"]["msg_id"] == asked
    assert reply["content"]["status"] == "incomplete"
    shared_kernel.finish(request).ok()


@pytest.mark.parametrize("answer", ["comm_info", "history"])
def test_requests_of_every_front_end_are_answered(shared_kernel, answer):
    client = shared_kernel.client
    asked = client.comm_info() if answer == "comm_info" else client.history(hist_access_type="tail", n=1)
    reply = client.get_shell_msg(timeout=10)
    assert reply["parent_header"]["msg_id"] == asked
    assert reply["msg_type"] == f"{answer}_reply"
