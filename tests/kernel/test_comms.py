"""Widgets over comms: what the kernel sends for them, and what becomes of what the page says."""

import pytest
from support.comms import VIEW, Page
from support.sanitise import without_colours


@pytest.fixture(scope="module")
def page(shared_kernel):
    """One kernel for the file; each test makes widgets of its own."""
    return Page(shared_kernel)


def kinds(messages):
    return [message["msg_type"] for message in messages]


def data(messages, method=None):
    """The data of the comm messages among these, or of those with a method."""
    found = [message["content"]["data"] for message in messages if message["msg_type"] == "comm_msg"]
    return [one for one in found if method in (None, one.get("method"))]


def test_showing_a_widget_opens_its_comms_first(page):
    ran = page.run('let first = IntSlider::new("n", 0..=10).with_value(3); display(&first);')
    opened = [message for message in ran.messages if message["msg_type"] == "comm_open"]
    assert all(message["metadata"]["version"].startswith("2.") for message in opened)
    assert all(message["content"]["target_name"] == "jupyter.widget" for message in opened)
    known = set()
    for message in opened:
        state = message["content"]["data"]["state"]
        references = [value for value in state.values() if isinstance(value, str)] + state.get("children", [])
        needed = {value.removeprefix("IPY_MODEL_") for value in references if value.startswith("IPY_MODEL_")}
        assert needed <= known, "what a widget refers to is opened before it"
        known.add(message["content"]["comm_id"])
    slider = page.states[page.find("IntSliderModel")]
    assert (slider["value"], slider["min"], slider["max"], slider["description"]) == (3, 0, 10, "n")
    (shown,) = ran.displays
    assert shown[VIEW]["model_id"] in known
    assert shown["text/plain"] == "n: 3 (0 to 10)" and "<input" in shown["text/html"]
    assert kinds(ran.messages).index("display_data") > max(i for i, kind in enumerate(kinds(ran.messages)) if kind == "comm_open")


def test_showing_it_again_opens_nothing(page):
    again = page.run("display(&first);")
    assert "comm_open" not in kinds(again.messages)


def test_comm_info_lists_what_is_open(page):
    slider = page.find("IntSliderModel")
    assert page.info()[slider] == "jupyter.widget"
    assert slider in page.info(target_name="jupyter.widget")
    assert page.info(target_name="elsewhere") == {}


def test_a_moved_slider_has_its_value_in_rust_and_runs_its_callback(page):
    page.show("""
        let second = FloatSlider::new("t", 0.0..=2.0).with_step(0.1);
        second.on_change(|value| println!("now {value}"));
        second.clone()
    """)
    slider = page.find("FloatSliderModel")
    messages = page.do(slider, value=1.5)
    (echo,) = data(messages, "echo_update")
    assert echo["state"] == {"value": 1.5}
    assert page.printed() == "now 1.5\n", "what a callback prints stands under the widget"
    assert "stream" not in kinds(messages)
    assert page.run("second.value()").text == "1.5"
    page.do(slider, value=0.5)
    assert page.printed() == "now 0.5\n", "the next callback's output takes its place"


def test_a_value_set_in_rust_moves_the_slider(page):
    ran = page.run("second.set_value(5.0);")
    (update,) = [one for one in data(ran.messages, "update") if "value" in one["state"]]
    assert update["state"]["value"] == 2.0


@pytest.mark.parametrize(("code", "model", "state", "said"), [
    ('let w = Dropdown::new("d", ["a", "b"]); w.on_change(|v| println!("{v}")); w', "DropdownModel", {"index": 1}, "b\n"),
    ('let w = Text::new("d"); w.on_change(|v| println!("{v}")); w', "TextModel", {"value": "größer"}, "größer\n"),
    ('let w = Text::area("d", 3); w.on_change(|v| println!("{v}")); w', "TextareaModel", {"value": "a\nb"}, "a\nb\n"),
    ('let w = Checkbox::new("d"); w.on_change(|v| println!("{v}")); w', "CheckboxModel", {"value": True}, "true\n"),
    ('let w = Tabs::new().with_tab("a", &Button::new("x")).with_tab("b", &Button::new("y")); w.on_change(|v| println!("{v}")); w',
     "TabModel", {"selected_index": 1}, "1\n"),
    ('let w = IntSlider::new("d", 1..=5); w.on_change(|v| println!("{v}")); VBox::new((HBox::new([&w]), Button::new("x")))',
     "IntSliderModel", {"value": 99}, "5\n"),
])
def test_every_widget_calls_back(page, code, model, state, said):
    page.show(code)
    page.do(page.find(model), **state)
    assert page.printed() == said


def test_a_button_is_clicked(page):
    page.show('let b = Button::new("go"); let mut clicks = 0; b.on_click(move || { clicks += 1; println!("click {clicks}") }); b')
    button = page.find("ButtonModel")
    page.custom(button, {"event": "click"})
    page.custom(button, {"event": "click"})
    assert page.printed() == "click 2\n"
    page.custom(button, {"event": "something else"})
    assert page.printed() == "click 2\n"


def test_an_anywidget_shares_values_messages_and_bytes(page):
    page.show("""
        let any = AnyWidget::new("export default { render() {} }").with_css("b { color: red }").with("count", 1);
        any.set_bytes("image", vec![1u8, 2, 255]);
        any.on_change("count", |count: u32| println!("count {count}"));
        any.on_message({
            let any = any.clone();
            move |content, buffers| {
                let mut bytes = buffers[0].0.clone();
                bytes.reverse();
                any.send(content.clone(), vec![bytes]);
            }
        });
        any.clone()
    """)
    widget = page.find("AnyModel")
    state = page.states[widget]
    assert (state["_model_module"], state["_view_name"], state["_esm"]) == ("anywidget", "AnyView", "export default { render() {} }")
    assert "image" not in state, "bytes travel as a buffer"
    page.do(widget, count=2)
    assert page.printed() == "count 2\n"
    answer = [m for m in page.custom(widget, {"k": [1, None]}, [b"\x00\x01\xff", b""]) if m["msg_type"] == "comm_msg"]
    assert answer[0]["content"]["data"] == {"method": "custom", "content": {"k": [1, None]}}
    assert [bytes(buffer) for buffer in answer[0]["buffers"]] == [b"\xff\x01\x00"]
    page.over(page.change(widget, [b"new bytes"], [["image"]]))
    assert page.run('any.get_bytes("image")').text == f"Some({list(b'new bytes')})"
    page.do(widget, count="many")
    assert "is \"many\", which is no u32" in page.printed()


def test_a_page_that_is_opened_again_gets_every_state(page):
    page.show('let kept = Text::new("kept").with_value("before"); kept.clone()')
    text = page.find("TextModel")
    page.do(text, value="typed")
    (state,) = data(page.over(page.message(text, {"method": "request_state"})), "update")
    assert state["state"]["value"] == "typed" and state["state"]["_model_name"] == "TextModel"

    page.over(page.send("comm_open", {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}))
    answers = page.over(page.message("control", {"method": "request_states"}))
    (message,) = [message for message in answers if message["msg_type"] == "comm_msg"]
    states = message["content"]["data"]["states"]
    assert set(states) == {comm for comm, target in page.info().items() if target == "jupyter.widget"}
    assert states[text]["state"]["value"] == "typed"
    assert (states[text]["model_name"], states[text]["model_module_version"]) == ("TextModel", "2.0.0")
    paths = message["content"]["data"]["buffer_paths"]
    assert [path[1:] for path in paths] == [["state", "image"]] and bytes(message["buffers"][0]) == b"new bytes"
    page.over(page.send("comm_close", {"comm_id": "control", "data": {}}))
    assert "control" not in page.info()


def test_callbacks_run_while_a_cell_polls(page):
    page.show("""
        let stop = Button::new("stop");
        let flag = std::rc::Rc::new(std::cell::Cell::new(false));
        stop.on_click({ let flag = flag.clone(); move || { println!("stopping"); flag.set(true) } });
        stop.clone()
    """)
    button = page.find("ButtonModel")
    cell = page.session.send("""
        print!("begun");
        while !flag.get() { interrupt::check()?; std::thread::sleep(std::time::Duration::from_millis(1)); }
        println!("ended");
    """)
    page.session.wait_for(cell, "stream")
    click = page.message(button, {"method": "custom", "content": {"event": "click"}})
    messages, deadline = [], 10**12
    while not any(m["content"].get("execution_state") == "idle" and m["parent_header"]["msg_id"] == cell for m in messages):
        message = page.session.next(deadline)
        messages += [message] if message else []
    page.follow(messages)
    of = lambda request: [m for m in messages if m["parent_header"].get("msg_id") == request]
    assert "ended\n" in "".join(m["content"].get("text", "") for m in of(cell))
    assert [m["content"]["execution_state"] for m in of(click) if m["msg_type"] == "status"] == ["busy", "idle"]
    assert page.printed() == "stopping\n"


def test_a_cell_that_does_not_poll_is_not_disturbed_and_the_page_still_gets_states(page):
    page.show('let late = IntSlider::new("late", 0..=9); late.on_change(|v| println!("got {v}")); late.clone()')
    slider = page.find("IntSliderModel")
    cell = page.session.send('print!("begun"); let before = late.value(); std::thread::sleep(std::time::Duration::from_secs(2)); before == late.value()')
    page.session.wait_for(cell, "stream")
    moved = page.change(slider, value=7)
    asked = page.message(slider, {"method": "request_state"})
    messages, deadline = [], 10**12
    while not any(m["content"].get("execution_state") == "idle" and m["parent_header"]["msg_id"] == moved for m in messages):
        message = page.session.next(deadline)
        messages += [message] if message else []
    page.follow(messages)
    order = [(m["parent_header"].get("msg_id"), m["content"].get("execution_state", m["msg_type"])) for m in messages]
    assert order.index((asked, "idle")) < order.index((cell, "execute_result")) < order.index((moved, "idle"))
    (state,) = [m["content"]["data"]["state"] for m in messages if m["parent_header"].get("msg_id") == asked and m["msg_type"] == "comm_msg"]
    assert state["value"] == 7
    assert page.printed() == "got 7\n"
    assert page.run("late.value()").text == "7"


def test_a_callback_that_panics_is_an_error_under_the_widget(page):
    page.show('let risky = IntSlider::new("risky", 0..=9); risky.on_change(|v| println!("{}", 10 / (v - 5)));\nrisky.clone()')
    slider = page.find("IntSliderModel")
    messages = page.do(slider, value=5)
    assert "error" not in kinds(messages)
    (error,) = page.states[page.find("OutputModel")]["outputs"]
    assert error["output_type"] == "error" and error["ename"] == "Panic" and "divide by zero" in error["evalue"]
    assert "line 1" in without_colours("\n".join(error["traceback"]))
    page.do(slider, value=6)
    assert page.printed() == "10\n", "the callback is still there, and the error is gone"


def test_a_callback_that_returns_an_error_says_so(page):
    page.show("""
        let number = Text::new("number");
        number.on_change(|text| -> Result<(), std::num::ParseIntError> { println!("{}", text.parse::<i32>()? + 1); Ok(()) });
        number.clone()
    """)
    text = page.find("TextModel")
    page.do(text, value="x")
    (error,) = page.states[page.find("OutputModel")]["outputs"]
    assert (error["ename"], error["evalue"]) == ("ParseIntError", "invalid digit found in string")
    page.do(text, value="41")
    assert page.printed() == "42\n"


def test_an_output_area_takes_what_is_printed_into_it(page):
    page.show('let area = OutputArea::new(); area.clone()')
    area = page.find("OutputModel")
    ran = page.run('print!("outside"); area.capture(|| { println!("inside"); display(&Html::new("<b>x</b>")); }); println!(" again");')
    assert ran.stdout == "outside again\n" and not ran.displays
    assert [output["output_type"] for output in page.states[area]["outputs"]] == ["stream", "display_data"]
    page.run('area.append("more");')
    assert len(page.states[area]["outputs"]) == 3
    page.run('area.show("only");')
    assert [output["data"]["text/plain"] for output in page.states[area]["outputs"]] == ["only"]
    failed = page.session.run('area.capture(|| panic!("inside"));')
    assert failed.error["ename"] == "Panic"
    assert page.run('println!("outside");').stdout == "outside\n"
    page.run("area.clear();")
    assert page.states[area]["outputs"] == []


def test_a_progress_bar_in_a_callback_moves_under_the_widget(page):
    page.show("""
        let work = Button::new("work");
        work.on_click(|| for _ in progress(0..3, "steps") {});
        work.clone()
    """)
    messages = page.custom(page.find("ButtonModel"), {"event": "click"})
    assert "display_data" not in kinds(messages) and "update_display_data" not in kinds(messages)
    (bar,) = page.states[page.find("OutputModel")]["outputs"]
    assert "3 of 3" in bar["data"]["text/plain"]


def test_a_target_of_ones_own_and_unknown_ones(page):
    page.run("""
        course::widgets::comm::register_target("echo", |comm: &course::widgets::comm::Comm, data| {
            let line = comm.clone();
            comm.send(data.clone(), Vec::new());
            comm.on_message(move |message| line.send(message.data.clone(), message.buffers.iter().map(|b| b.0.clone()).collect()));
        });
    """)
    opened = page.over(page.send("comm_open", {"comm_id": "mine", "target_name": "echo", "data": {"hello": 1}}))
    assert data(opened) == [{"hello": 1}]
    assert page.info()["mine"] == "echo"
    (echoed,) = page.over(page.message("mine", {"x": "y"}, [b"\xff"]))
    assert echoed["content"]["data"] == {"x": "y"} and bytes(echoed["buffers"][0]) == b"\xff"
    page.over(page.send("comm_close", {"comm_id": "mine", "data": {}}))
    assert "mine" not in page.info()
    (closed,) = page.over(page.send("comm_open", {"comm_id": "other", "target_name": "nobody", "data": {}}))
    assert (closed["msg_type"], closed["content"]["comm_id"]) == ("comm_close", "other")


def test_closing_from_either_end(page):
    page.show('let brief = Checkbox::new("brief"); brief.clone()')
    box = page.find("CheckboxModel")
    page.over(page.send("comm_close", {"comm_id": box, "data": {}}))
    assert box not in page.info()
    assert page.run("brief.set_value(true); brief.value()").text == "true"
    page.show('let gone = Checkbox::new("gone"); gone.clone()')
    box = page.find("CheckboxModel")
    page.run("gone.close();")
    assert box in page.closed and box not in page.info()


@pytest.mark.parametrize(("kind", "content"), [
    ("comm_msg", {"comm_id": "nowhere", "data": {}}),
    ("comm_close", {"comm_id": "nowhere", "data": {}}),
    ("comm_msg", {"data": {}}),
    ("comm_msg", {"comm_id": 7}),
    ("comm_open", {}),
    ("comm_open", {"comm_id": "x", "target_name": "jupyter.widget", "data": None}),
])
def test_what_makes_no_sense_is_survived(page, kind, content):
    assert set(kinds(page.over(page.send(kind, content, [b"\x00" * 10])))) <= {"comm_close"}
    assert page.run("1 + 1").text == "2"


@pytest.mark.parametrize("odd", [
    {}, {"method": "update"}, {"method": "update", "state": [1]}, {"method": "update", "state": {"value": "text"}, "buffer_paths": 3},
    {"method": "update", "state": {}, "buffer_paths": [["value"], [], "x", [1, 2]]}, {"method": 5}, [1, 2], None, {"method": "custom"},
])
def test_odd_data_for_a_widget_is_survived(page, odd):
    page.show('let odd = IntSlider::new("odd", 3..=9); odd.clone()')
    page.over(page.message(page.find("IntSliderModel"), odd, [b"one", b""]))
    assert 3 <= int(page.run("odd.value()").text) <= 9


def test_large_buffers_go_both_ways(page):
    page.show('let big = AnyWidget::new(""); big.clone()')
    widget = page.find("AnyModel")
    page.over(page.change(widget, [bytes(20_000_000)], [["data"]]))
    ran = page.run('let bytes = big.get_bytes("data").unwrap_or_default(); big.set_bytes("back", bytes.clone()); bytes.len()')
    assert ran.text == "20000000"
    assert len(page.states[widget]["back"]) == 20_000_000
    # More than the link takes: dropped with a word in the log, and everything goes on.
    page.over(page.change(widget, [bytes(140_000_000)], [["data"]]))
    assert page.run('big.get_bytes("data").map(|bytes| bytes.len())').text == "Some(20000000)"
    page.run("big.close();")


def test_the_stop_button_ends_a_callback_and_keeps_variables(page):
    page.show("""
        let long = Button::new("long");
        long.on_click(|| -> Result<(), course::Interrupted> { print!("on it"); loop { interrupt::check()?; } });
        long.clone()
    """)
    area = page.find("OutputModel")
    click = page.message(page.find("ButtonModel"), {"method": "custom", "content": {"event": "click"}})
    while not page.states[area]["outputs"]:
        message = page.session.next(10**12)
        page.follow([message] if message else [])
    page.session.interrupt()
    deadline = 10**12
    while True:
        message = page.session.next(deadline)
        page.follow([message] if message else [])
        if message and message["parent_header"].get("msg_id") == click and message["content"].get("execution_state") == "idle":
            break
    assert page.states[area]["outputs"][-1]["ename"] == "Interrupted"
    assert page.run("late.value()").text == "7"


def test_a_cell_sees_what_was_touched_before_it_was_sent(page):
    page.show('let quick = IntSlider::new("quick", 0..=99); quick.clone()')
    slider = page.find("IntSliderModel")
    for value in range(10, 15):
        page.change(slider, value=value)
    assert page.session.ok("quick.value()").text == "14"


def test_comms_close_when_the_process_dies(page):
    open_before = set(page.info())
    assert open_before
    ran = page.session.run("std::process::abort();")
    assert ran.error["ename"] == "ProcessDied"
    page.follow(ran.messages)
    assert open_before <= set(page.closed) and page.info() == {}
    page.over(page.change(page.find("IntSliderModel"), value=1))
    page.show('let anew = IntSlider::new("anew", 0..=9); anew.on_change(|v| println!("{v}")); anew.clone()')
    page.do(page.find("IntSliderModel"), value=4)
    assert page.printed() == "4\n"
