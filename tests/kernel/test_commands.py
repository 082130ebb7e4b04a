"""Lines that speak to the kernel: `:help`, `:vars`, `!ls`."""

import re

import pytest


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


def test_warnings_can_be_hidden_and_shown_again(shared_kernel):
    code = "let warned = 200u32; let never = warned < 0;"
    assert "1 warning" in shared_kernel.ok(code).displays[0]["text/html"]
    shared_kernel.ok(":warn off")
    assert not shared_kernel.ok(code).displays
    shared_kernel.ok(":warn on")
    assert shared_kernel.ok(code).displays


def test_bash_runs_a_whole_cell_and_prints_live(shared_kernel):
    request = shared_kernel.send('%%bash\nname=world\nfor i in 1 2; do echo "$i $name"; sleep 1; done\necho "${name^^}" >&2')
    early = shared_kernel.wait_for(request, "stream")
    assert early[-1]["content"]["text"] == "1 world\n"
    ran = shared_kernel.finish(request).ok()
    assert (ran.stdout, ran.stderr) == ("2 world\n", "WORLD\n")


def test_bash_names_the_line_and_its_status_fails_the_cell(shared_kernel):
    ran = shared_kernel.run("%%bash\necho first\nno_such_program_here\nexit 3")
    assert "line 3" in ran.stderr and "cell [" in ran.stderr
    assert ran.error["ename"] == "Command" and "3" in ran.error["evalue"]
    assert shared_kernel.run("%%bash -e\nfalse\necho not reached").stdout == ""


@pytest.mark.parametrize("code", ["%%bash\necho running; sleep 1000", "%timeit print!(\".\")",
                                  "%time for _ in 0.. { print!(\".\"); interrupt::check()?; }"])
def test_an_interrupt_stops_them(shared_kernel, code):
    shared_kernel.ok("let survivor = 1;")
    request = shared_kernel.send(code)
    shared_kernel.wait_for(request, "stream")
    shared_kernel.interrupt()
    assert shared_kernel.finish(request).error["ename"] == "Interrupted"
    assert shared_kernel.ok("survivor").text == "1"


CPU_TIMES = re.compile(r"CPU times: user [\d.]+ (ns|μs|ms|s), sys: [\d.]+ (ns|μs|ms|s), total: [\d.]+ (ns|μs|ms|s)\n"
                       r"Wall time: [\d.]+ (ns|μs|ms|s)\n")
PER_LOOP = re.compile(r"^[\d.]+ (ns|μs|ms|s) ± [\d.]+ (ns|μs|ms|s) per loop "
                      r"\(mean ± std\. dev\. of (\d+) runs?, ([\d,]+) loops? each\)\n$")


def test_time_runs_a_statement_once_and_keeps_what_it_makes(shared_kernel):
    ran = shared_kernel.ok("print!(\"a \");\n%time let timed = (0..1000u64)\n    .sum::<u64>();\ntimed + 1")
    assert CPU_TIMES.search(ran.stdout) and ran.stdout.startswith("a CPU times")
    assert ran.text == "499501"
    assert shared_kernel.ok("timed").text == "499500"


def test_time_shows_the_value_and_a_whole_cell_can_be_timed(shared_kernel):
    ran = shared_kernel.ok("%time 6 * 7")
    assert CPU_TIMES.match(ran.stdout) and ran.text == "42"
    ran = shared_kernel.ok("%%time\nlet whole = 5;\nprintln!(\"inside\");\nwhole * 2")
    assert ran.stdout.startswith("inside\nCPU times") and ran.text == "10"
    ran = shared_kernel.ok("%time 1\n%time 2")
    assert (ran.displays[0]["text/plain"], ran.text) == ("1", "2")


def test_timeit_says_mean_and_deviation(shared_kernel):
    ran = shared_kernel.ok("let numbers: Vec<u64> = (0..1000).collect();\n%timeit numbers.iter().sum::<u64>()")
    runs, loops = PER_LOOP.match(ran.stdout).group(3, 4)
    assert runs == "7" and int(loops.replace(",", "")) > 1 and ran.text is None
    ran = shared_kernel.ok("%timeit -n 5 -r 2 numbers.len()")
    assert PER_LOOP.match(ran.stdout).group(3, 4) == ("2", "5")


def test_timeit_does_all_the_work_and_the_setup_once(shared_kernel):
    shared_kernel.ok("let mut calls = 0; let mut setups = 0;")
    shared_kernel.ok("%%timeit -n 10 -r 3 setups += 1;\nlet name = String::from(\"x\");\ncalls += 1;\ndrop(name);")
    assert shared_kernel.ok("(calls, setups)").text == "(30, 1)"


def test_timeit_does_not_let_the_compiler_leave_the_work_out(shared_kernel):
    """A million square roots take longer than a nanosecond, even for a compiler that knows that they are all the same."""
    ran = shared_kernel.ok("let count = 1_000_000u32;\n%timeit -n 3 -r 2 (0..count).map(|x| (x as f64).sqrt()).sum::<f64>()")
    assert re.match(r"[\d.]+ (ms|s|μs) ", ran.stdout), ran.stdout


def test_magic_errors_are_about_the_cells_own_lines(shared_kernel):
    ran = shared_kernel.run("let fine = 1;\n%time let broken: u8 = \"text\";")
    assert ran.error["ename"] == "E0308" and "line 2" in ran.error["evalue"]
    assert "broken" in ran.traceback
    ran = shared_kernel.run("%timeit [1].iter().nothing_like_that()")
    assert ran.error["ename"] == "E0599" and "line 1" in ran.error["evalue"]
    for code, say in [("%tiem 1", "%time"), ("%%bahs\nls", "%%bash"), ("%time", "measure"), ("%timeit -n x 1", "-n")]:
        assert say in shared_kernel.run(code).error["evalue"], code


def test_errors_with_a_question_mark_end_a_measured_line(shared_kernel):
    assert shared_kernel.run('%timeit "x".parse::<u8>()?').error["ename"] == "ParseIntError"
    assert shared_kernel.run('%time "x".parse::<u8>()?').error["ename"] == "ParseIntError"


def test_a_remainder_is_no_magic(shared_kernel):
    assert shared_kernel.ok("let time = 4;\n10\n  %time").text == "2"
