"""What a cell prints and shows arrives live, in order, byte for byte."""

from support.session import Session


def kinds(ran):
    return [entry[0] for entry in ran.outline()]


def test_print_without_a_newline_is_shown(shared_kernel):
    assert shared_kernel.ok('print!("no newline")').stdout == "no newline"


def test_the_next_cell_does_not_get_what_the_last_one_printed(shared_kernel):
    assert shared_kernel.ok('print!("first")').stdout == "first"
    assert shared_kernel.ok('println!("second")').stdout == "second\n"


def test_carriage_returns_arrive_as_they_are(shared_kernel):
    ran = shared_kernel.ok(r'for percent in [10, 50, 100] { print!("{percent} %\r"); } println!("done");')
    assert ran.stdout == "10 %\r50 %\r100 %\rdone\n"


def test_print_and_display_keep_their_order(shared_kernel):
    ran = shared_kernel.ok("""
        print!("before");
        display(&Html::new("<b>one</b>"));
        println!("between");
        display(&Html::new("<b>two</b>"));
        print!("after");
        40 + 2
    """)
    assert kinds(ran) == ["stdout", "display_data", "stdout", "display_data", "stdout", "execute_result"]
    assert [entry[1] for entry in ran.outline() if entry[0] == "stdout"] == ["before", "between\n", "after"]
    assert ran.text == "42"


def test_the_order_holds_through_a_hundred_turns(shared_kernel):
    ran = shared_kernel.ok('for i in 0..100 { print!("{i}"); display(&Html::new(format!("<i>{i}</i>"))); }')
    expected = [entry for i in range(100) for entry in (str(i), f"<i>{i}</i>")]
    shown = [
        content["text"] if "text" in content else content["data"]["text/html"]
        for content in ran.of("stream", "display_data")
    ]
    assert shown == expected


def test_every_bundle_has_plain_text(shared_kernel):
    ran = shared_kernel.ok("""
        display(&Html::new("<p>hello</p>"));
        display(&Svg::new("<svg xmlns='http://www.w3.org/2000/svg'/>"));
        Tensor::arange(0f32, 3., &Device::Cpu)?
    """)
    assert all("text/plain" in bundle for bundle in [*ran.displays, ran.result])
    assert "text/html" in ran.displays[0] and "image/svg+xml" in ran.displays[1]


def test_what_stderr_says_comes_as_stderr_and_nothing_else_does(shared_kernel):
    ran = shared_kernel.ok('println!("out"); eprintln!("err");')
    assert (ran.stdout, ran.stderr) == ("out\n", "err\n")
    assert shared_kernel.ok("let unused_in_this_cell = 1; fn never_called() {}").stderr == ""


def test_output_arrives_while_the_cell_runs(shared_kernel):
    request = shared_kernel.send("""
        print!("started");
        std::thread::sleep(std::time::Duration::from_secs(2));
        println!(", ended");
    """)
    early = shared_kernel.wait_for(request, "stream")
    assert early[-1]["content"]["text"] == "started"
    assert shared_kernel.finish(request).stdout == ", ended\n"


def test_a_display_can_be_updated(shared_kernel):
    ran = shared_kernel.ok("""
        let handle = display_handle(&Html::new("<b>1</b>"));
        handle.update(&Html::new("<b>2</b>"));
    """)
    (first,), (update,) = ran.of("display_data"), ran.of("update_display_data")
    assert first["transient"]["display_id"] == update["transient"]["display_id"]
    assert (first["data"]["text/html"], update["data"]["text/html"]) == ("<b>1</b>", "<b>2</b>")


def test_output_can_be_cleared(shared_kernel):
    ran = shared_kernel.ok('println!("old"); clear_output(true); println!("new");')
    assert kinds(ran) == ["stdout", "clear_output", "stdout"]
    assert ran.of("clear_output") == [{"wait": True}]


def test_bytes_that_are_no_text_do_not_end_anything(shared_kernel):
    ran = shared_kernel.ok(r'use std::io::Write; std::io::stdout().write_all(b"a\xffb\n").unwrap();')
    assert ran.stdout == "a\ufffdb\n"
    assert shared_kernel.ok('println!("still here")').stdout == "still here\n"


def test_a_letter_split_between_two_writes_stays_whole(shared_kernel):
    ran = shared_kernel.ok("""
        use std::io::Write;
        let bytes = "ü".as_bytes();
        std::io::stdout().write_all(&bytes[..1]).unwrap();
        std::io::stdout().flush().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        std::io::stdout().write_all(&bytes[1..]).unwrap();
        println!();
    """)
    assert ran.stdout == "ü\n"


def test_a_hundred_thousand_lines_arrive_in_order_in_few_messages(shared_kernel):
    ran = shared_kernel.ok('for i in 0..100_000 { println!("line {i} of a long list"); }')
    assert ran.stdout == "".join(f"line {i} of a long list\n" for i in range(100_000))
    # One message a line would be dropped by Jupyter's server, which takes a thousand a second.
    assert len(ran.of("stream")) < 1000


def test_one_huge_line_arrives_whole(shared_kernel):
    ran = shared_kernel.ok('println!("{}", "é".repeat(1_000_000));')
    assert ran.stdout == "é" * 1_000_000 + "\n"


def test_a_flood_is_cut_with_a_notice_and_its_end_is_shown(shared_kernel):
    ran = shared_kernel.ok('for i in 0..3_000_000 { println!("line {i}"); } "the end"')
    assert len(ran.stdout) < 9_000_000
    assert ran.stdout.startswith("line 0\nline 1\n")
    assert "what follows is cut" in ran.stdout and ":output" in ran.stdout
    assert "lines were cut here" in ran.stdout[-2000:]
    assert ran.stdout.endswith("line 2999998\nline 2999999\n")
    assert ran.text == "the end"
    assert shared_kernel.ok('println!("next")').stdout == "next\n"


def test_the_limit_of_output_can_be_set(shared_kernel):
    shared_kernel.ok(":output 1 kB")
    cut = shared_kernel.ok('for i in 0..10_000 { println!("{i}"); }')
    assert len(cut.stdout) < 4000 and "cut" in cut.stdout
    shared_kernel.ok(":output off")
    whole = shared_kernel.ok('for i in 0..10_000 { println!("{i}"); }')
    assert whole.stdout == "".join(f"{i}\n" for i in range(10_000))
    assert shared_kernel.run(":output plenty").status == "error"
    assert "8 MB" in shared_kernel.ok(":output 8 MB").displays[0]["text/plain"]


def test_the_environment_sets_the_limit(tmp_path):
    with Session(folder=tmp_path, COURSE_OUTPUT_LIMIT="1 kB") as kernel:
        ran = kernel.ok('for i in 0..10_000 { println!("{i}"); }')
        assert len(ran.stdout) < 4000 and "cut" in ran.stdout


def test_a_thread_prints_into_the_cell_that_started_it_also_after_its_end(shared_kernel):
    request = shared_kernel.send("""
        std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(500));
            println!("late");
            display(&Html::new("<b>late</b>"));
        });
        print!("early");
    """)
    assert shared_kernel.finish(request).stdout == "early"
    late = shared_kernel.wait_for(request, "display_data")
    assert [message["content"]["text"] for message in late if message["msg_type"] == "stream"] == ["late\n"]
    assert shared_kernel.ok('println!("next")').stdout == "next\n"


def test_a_thread_that_floods_between_cells_is_not_stuck(shared_kernel):
    request = shared_kernel.send("""
        std::thread::spawn(|| {
            for _ in 0..2000 { println!("{}", "x".repeat(99)); }
            display(&Html::new("<i>done</i>"));
        });
    """)
    first = shared_kernel.finish(request)
    rest = shared_kernel.wait_for(request, "display_data") if not first.displays else []
    printed = first.stdout + "".join(message["content"].get("text", "") for message in rest)
    assert printed == ("x" * 99 + "\n") * 2000


def test_many_updates_are_few_messages_and_the_last_is_there(shared_kernel):
    ran = shared_kernel.ok("""
        let handle = display_handle(&Html::new("start"));
        for i in 0..5000 { handle.update(&Html::new(format!("<b>{i}</b>"))); }
    """)
    updates = ran.of("update_display_data")
    assert len(updates) < 2500
    assert updates[-1]["data"]["text/html"] == "<b>4999</b>"


def test_evcxr_content_blocks_are_shown(shared_kernel):
    ran = shared_kernel.ok(r"""
        println!("before");
        println!("EVCXR_BEGIN_CONTENT text/html\n<b>from evcxr</b>\nEVCXR_END_CONTENT");
        println!("after");
    """)
    assert kinds(ran) == ["stdout", "display_data", "stdout"]
    assert ran.displays[0]["text/html"].strip() == "<b>from evcxr</b>"


def test_every_evcxr_block_is_shown_also_behind_text_without_a_newline(shared_kernel):
    ran = shared_kernel.ok(r"""
        print!("no newline ");
        for i in 1..=2 { println!("EVCXR_BEGIN_CONTENT text/html\n<b>{i}</b>\nEVCXR_END_CONTENT"); }
        print!("EVCXR_EXECUTION_COMPLETE");
    """)
    assert [bundle["text/html"] for bundle in ran.displays] == ["<b>1</b>", "<b>2</b>"]
    assert ran.stdout == "no newline EVCXR_EXECUTION_COMPLETE"


def test_plotters_own_figures_say_what_they_are(shared_kernel):
    ran = shared_kernel.ok("""
        use course::plotters::prelude::*;
        course::plotters::evcxr::evcxr_figure((320, 200), |root| { root.draw(&Circle::new((50, 50), 20, RED.filled()))?; Ok(()) })
    """)
    (bundle,) = ran.displays
    assert "<svg" in bundle["text/html"]
    assert bundle["text/plain"] == "<figure, 320 × 200 pixels>"


def test_a_process_that_the_cell_starts_prints_into_the_cell(shared_kernel):
    ran = shared_kernel.ok('std::process::Command::new("echo").arg("from a child").status()?;')
    assert ran.stdout == "from a child\n"
