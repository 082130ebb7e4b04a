"""The Jupyter protocol: jupyter_kernel_test's own suite, and what it does not look at."""

import jupyter_kernel_test as suite
import pytest

from support.session import EVCXR, KERNEL, Session

# evcxr's cells have no `display`, and show what is printed as a block.
BLOCK = r'println!("EVCXR_BEGIN_CONTENT text/html\n<b>x</b>\nEVCXR_END_CONTENT");'
DISPLAY = BLOCK if EVCXR else 'display(&Html::new("<b>x</b>"));'


class TestConformance(suite.KernelTests):
    """With every sample set, so that none of the suite's tests is skipped."""

    kernel_name = KERNEL
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("oops");'
    code_execute_result = [{"code": '"conformance".len() * 6 - 24', "result": "42"}]
    code_display_data = [{"code": DISPLAY, "mime": "text/html"}]
    code_generate_error = 'panic!("on purpose")'
    code_clear_output = "clear_output(false);"
    code_page_something = "?"
    code_history_pattern = '"conformance".len() ?*'
    supported_history_operations = ("tail", "range", "search")
    complete_code_samples = ["1 + 1", "fn f() {}", "let x = 5;", 'println!("{}", 1);', "struct A;"]
    incomplete_code_samples = ["fn f() {", "let x = (1,", "if true {\n    1", 'let s = "open', "vec![1, 2"]
    invalid_code_samples = ["fn f() }", "let x = );"]
    code_inspect_sample = "Vec"
    completion_samples = [{"text": ":v", "matches": [":vars"]}]


class TestWelcome(suite.IopubWelcomeTests):
    """The first thing a subscriber hears."""

    kernel_name = KERNEL
    support_iopub_welcome = True


def reply_to(session: Session, request: str, timeout: float = 30) -> dict:
    """The reply on shell to a request; replies to others are passed over."""
    while True:
        reply = session.client.get_shell_msg(timeout=timeout)
        if reply["parent_header"].get("msg_id") == request:
            return reply


def ask(session: Session, kind: str, content: dict, channel: str = "shell") -> dict:
    """Sends a request of any type and returns the content of its reply."""
    client = session.client
    message = client.session.msg(kind, content)
    sender = getattr(client, f"{channel}_channel")
    sender.send(message)
    while True:
        reply = sender.get_msg(timeout=30)
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            assert reply["msg_type"] == kind.replace("_request", "_reply")
            return reply["content"]


def test_kernel_info_says_what_the_kernel_is(shared_kernel):
    for channel in ["shell", "control"]:
        content = ask(shared_kernel, "kernel_info_request", {}, channel)
        assert content["status"] == "ok"
        assert content["protocol_version"] == "5.5"
        assert content["supported_features"] == [] and content["debugger"] is False
        assert content["implementation"] == "course-kernel" and content["implementation_version"]
        assert "Rust" in content["banner"]
        assert all(link["url"].startswith("https://") for link in content["help_links"])
        language = content["language_info"]
        assert (language["name"], language["file_extension"], language["mimetype"]) == ("rust", ".rs", "text/rust")
        assert (language["pygments_lexer"], language["codemirror_mode"]) == ("rust", "rust")
        assert language["version"].startswith("1.")


def test_the_ports_are_told(shared_kernel):
    content = ask(shared_kernel, "connect_request", {})
    info = shared_kernel.manager.get_connection_info()
    assert {name: content[name] for name in content if name.endswith("_port")} == {
        name: info[name] for name in info if name.endswith("_port")
    }


def test_messages_carry_the_kernels_own_session(shared_kernel):
    ran = shared_kernel.ok("1")
    sessions = {message["header"]["session"] for message in ran.messages} | {ran.reply["header"]["session"]}
    assert len(sessions) == 1 and shared_kernel.client.session.session not in sessions
    assert all(message["header"]["version"] == "5.5" for message in ran.messages)


def test_counts_start_at_one_and_silent_cells_do_not_count(kernel):
    assert kernel.ok("1").count == 1
    kernel.run("2", silent=True)
    assert kernel.ok("3").count == 2
    kernel.run("4", store_history=False)
    assert kernel.ok("5").count == 3


def test_a_silent_cell_shows_nothing(kernel):
    ran = kernel.run('println!("x"); 1', silent=True)
    assert not ran.of("execute_result", "execute_input", "stream")


def test_a_silent_cell_is_not_taken_for_the_one_before(kernel):
    kernel.ok("let before = 1;\nlet two_lines = 2;")
    kernel.run("fn silent_one() -> u8 { panic!(\"in\\nsilence\") }", silent=True)
    failed = kernel.run("silent_one()")
    assert failed.error["ename"] == "Panic"
    assert "a silent cell, line 1" in failed.traceback and "fn silent_one" in failed.traceback
    assert "cell [1]" not in failed.traceback
    listed = kernel.ok(":vars").displays[0]["text/plain"]
    assert "[1]" in listed


def test_user_expressions_are_evaluated_for_real(shared_kernel):
    expressions = {
        "sum": "measured.iter().sum::<i32>()",
        "html": 'Html::new("<i>x</i>")',
        "unit": "()",
        "not": "!true",
        "missing": "no_such_name",
        "panics": "measured[7]",
        "statement": "let x = 1;",
    }
    ran = shared_kernel.ok("let measured = vec![20, 22];", user_expressions=expressions)
    values = ran.reply["content"]["user_expressions"]
    assert list(values) == list(expressions)
    assert values["sum"] == {"status": "ok", "data": {"text/plain": "42"}, "metadata": {}}
    assert values["html"]["data"]["text/html"] == "<i>x</i>"
    assert values["unit"]["data"] == {"text/plain": "()"}
    assert values["not"]["data"] == {"text/plain": "false"}
    assert {name: values[name]["ename"] for name in ["missing", "panics", "statement"]} == {
        "missing": "E0425",
        "panics": "Panic",
        "statement": "SyntaxError",
    }
    assert not ran.of("error", "execute_result", "display_data")
    assert shared_kernel.ok("measured.len()").count == ran.count + 1
    failed = shared_kernel.run("panic!()", user_expressions={"x": "1"})
    assert failed.error and failed.reply["content"]["user_expressions"] == {}


def test_a_name_is_looked_up_in_the_pager(shared_kernel):
    (page,) = shared_kernel.ok("?").reply["content"]["payload"]
    assert page["source"] == "page" and ":vars" in page["data"]["text/plain"]
    assert "no_such_name" in shared_kernel.run("?no_such_name").error["evalue"]
    assert shared_kernel.ok('let parsed: u8 = "7".parse::<u8>()?;\nparsed').text == "7"


def test_the_queue_behind_a_failed_cell_is_aborted(shared_kernel):
    failing = shared_kernel.send("panic!()")
    behind = [shared_kernel.send(f"{number}") for number in range(3)]
    replies = {request: reply_to(shared_kernel, request)["content"] for request in [failing, *behind]}
    assert replies[failing]["status"] == "error"
    assert [replies[request] for request in behind] == [{"status": "aborted"}] * 3
    count = shared_kernel.ok("4").count
    assert count == replies[failing]["execution_count"] + 1
    going_on = [shared_kernel.send("panic!()", stop_on_error=False), shared_kernel.send("5")]
    assert [reply_to(shared_kernel, request)["content"]["status"] for request in going_on] == ["error", "ok"]


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
    code = 'print!("busy"); for _ in 0..600 { course::interrupt::check()?; std::thread::sleep(std::time::Duration::from_millis(100)); }'
    request = shared_kernel.send(code)
    shared_kernel.wait_for(request, "stream")
    while_it_runs = {
        "kernel_info_request": {},
        "is_complete_request": {"code": "fn f() {"},
        "complete_request": {"code": ":va", "cursor_pos": 3},
        "inspect_request": {"code": "x", "cursor_pos": 1, "detail_level": 0},
        "history_request": {"hist_access_type": "tail", "n": 1, "output": False, "raw": True},
        "comm_info_request": {},
        "connect_request": {},
    }
    replies = {kind: ask(shared_kernel, kind, content) for kind, content in while_it_runs.items()}
    assert replies["is_complete_request"] == {"status": "incomplete", "indent": "    "}
    assert ":vars" in replies["complete_request"]["matches"]
    assert [line[2] for line in replies["history_request"]["history"]] == [code]
    assert all(replies[kind]["status"] == "ok" for kind in while_it_runs if kind != "is_complete_request")
    shared_kernel.interrupt()
    assert shared_kernel.finish(request).error["ename"] == "Interrupted"


def test_what_a_client_cannot_have_meant_is_answered_with_an_error(shared_kernel):
    assert ask(shared_kernel, "nonsense_request", {})["ename"] == "UnknownRequest"
    for kind in ["execute_request", "complete_request", "inspect_request", "is_complete_request"]:
        assert ask(shared_kernel, kind, {"code": 7, "cursor_pos": "x"})["ename"] == "MalformedRequest", kind
    assert ask(shared_kernel, "history_request", {"hist_access_type": ["tail"]})["ename"] == "MalformedRequest"
    shared_kernel.ok("1")


def test_history_outlives_the_kernel(tmp_path):
    def tail(kernel: Session, **request) -> list:
        request = {"hist_access_type": "tail", "n": 9, "output": True, "raw": True, **request}
        return ask(kernel, "history_request", request)["history"]

    environment = {"COURSE_HISTORY": str(tmp_path / "history")}
    with Session(folder=tmp_path, **environment) as session:
        session.ok("6 * 7")
        session.run("silent()", silent=True)
        session.run("unstored()", store_history=False)
        session.run("let = ")
        assert tail(session) == [[1, 1, ["6 * 7", "42"]], [1, 2, ["let = ", None]]]
    with (tmp_path / "history" / "cells.jsonl").open("ab") as file:
        file.write(b'\xff{"half a line')
    with Session(folder=tmp_path, **environment) as session:
        session.ok("6 * 7")
        assert tail(session, n=2) == [[1, 2, ["let = ", None]], [2, 1, ["6 * 7", "42"]]]
        assert tail(session, hist_access_type="range", session=-1, start=1, stop=2) == [[1, 1, ["6 * 7", "42"]]]
        assert tail(session, hist_access_type="search", pattern="6*", unique=True) == [[2, 1, ["6 * 7", "42"]]]


def test_a_history_that_cannot_be_kept_lasts_for_the_session(tmp_path):
    (tmp_path / "history").write_text("in the way")
    with Session(folder=tmp_path, COURSE_HISTORY=str(tmp_path / "history")) as session:
        session.ok("6 * 7")
        request = {"hist_access_type": "tail", "n": 9, "output": False, "raw": True}
        assert ask(session, "history_request", request)["history"] == [[1, 1, "6 * 7"]]


def test_two_clients_share_one_kernel(shared_kernel):
    other = shared_kernel.manager.blocking_client()
    other.start_channels()
    other.wait_for_ready(timeout=60)
    try:
        ran = shared_kernel.ok('println!("for all"); let shared_by_clients = 40;')
        heard = []
        while not heard or heard[-1] != "idle":
            message = other.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") == ran.reply["parent_header"]["msg_id"]:
                heard.append(message["content"].get("execution_state") or message["msg_type"])
        assert heard == ["busy", "execute_input", "stream", "idle"]
        reply = other.execute_interactive("shared_by_clients + 2", timeout=60, output_hook=lambda message: None)
        assert (reply["content"]["status"], reply["content"]["execution_count"]) == ("ok", ran.count + 1)
    finally:
        other.stop_channels()


@pytest.mark.parametrize("answer", ["comm_info", "history"])
def test_requests_of_every_front_end_are_answered(shared_kernel, answer):
    client = shared_kernel.client
    asked = client.comm_info() if answer == "comm_info" else client.history(hist_access_type="tail", n=1)
    reply = reply_to(shared_kernel, asked)
    assert reply["msg_type"] == f"{answer}_reply"


def test_what_is_not_offered_is_declined(shared_kernel):
    for kind in ["debug_request", "create_subshell_request", "list_subshell_request"]:
        content = ask(shared_kernel, kind, {"type": "request", "seq": 1, "command": "initialize"}, "control")
        assert (content["status"], content["ename"]) == ("error", "UnknownRequest"), kind
