"""Lines that speak to the kernel: `:help`, `:vars`, `!ls`."""


def shown(ran):
    """All plain text of a cell."""
    texts = [bundle["text/plain"] for bundle in ran.displays] + ([ran.text] if ran.text else [])
    return "\n".join([*texts, ran.stdout])


def test_help_lists_the_commands(shared_kernel):
    text = shown(shared_kernel.ok(":help"))
    for command in [":help", ":vars", ":type", ":opt", ":timing", ":clear", "!"]:
        assert command in text


def test_vars_is_a_table_of_name_type_and_size(shared_kernel):
    shared_kernel.ok("let apples = 3u64; let mut pears = vec![1.5f32];")
    ran = shared_kernel.ok(":vars")
    text = shown(ran)
    assert "apples" in text and "u64" in text and "8 B" in text
    assert "pears" in text and "Vec<f32>" in text
    assert "text/html" in ran.displays[0]


def test_type_shows_a_type(shared_kernel):
    shared_kernel.ok("let typed = std::collections::HashMap::from([(1u8, String::new())]);")
    assert "HashMap<u8" in shown(shared_kernel.ok(":type typed"))
    assert shared_kernel.run(":type nothing_of_that_name").status == "error"


def test_opt_changes_how_a_cell_is_built(shared_kernel):
    shared_kernel.ok(":opt 2")
    assert "2" in shown(shared_kernel.ok(":opt"))
    assert shared_kernel.ok("cfg!(debug_assertions)").text in ("true", "false")
    shared_kernel.ok(":opt auto")
    shared_kernel.ok("// opt: 3\n(0..10).sum::<i32>()")


def test_timing_tells_compile_and_run_time_until_it_is_switched_off(shared_kernel):
    shared_kernel.ok(":timing")
    assert "compiled in" in shown(shared_kernel.ok("2 + 2"))
    shared_kernel.ok(":timing")
    assert "compiled in" not in shown(shared_kernel.ok("2 + 3"))


def test_clear_forgets_everything(kernel):
    kernel.ok("let forgotten = 1;\nfn forgotten_too() {}")
    kernel.ok(":clear")
    assert kernel.run("forgotten").status == "error"
    assert kernel.run("forgotten_too()").status == "error"
    assert "forgotten" not in shown(kernel.ok(":vars"))


def test_an_unknown_command_names_the_near_ones(shared_kernel):
    ran = shared_kernel.run(":varz")
    assert ":vars" in ran.traceback


def test_a_shell_command_prints_live(shared_kernel):
    request = shared_kernel.send("!echo one; sleep 2; echo two")
    early = shared_kernel.wait_for(request, "stream")
    assert early[-1]["content"]["text"] == "one\n"
    assert shared_kernel.finish(request).ok().stdout == "two\n"


def test_a_failing_shell_command_fails_the_cell(shared_kernel):
    ran = shared_kernel.run("!echo why >&2; exit 3")
    assert ran.stdout + ran.stderr == "why\n"
    assert "3" in ran.error["evalue"]


def test_commands_and_code_share_a_cell(shared_kernel):
    ran = shared_kernel.ok("!echo shell\nlet both = 1;\nboth")
    assert (ran.stdout, ran.text) == ("shell\n", "1")
