"""Completion and inspection over the protocol, on the real API index: the course's crates, what they re-export, std."""

import re

import pytest

SETUP = """
use std::collections::HashMap;
/// A round thing.
struct Circle { radius: f64 }
impl Circle { fn area(&self) -> f64 { self.radius * self.radius * 3.14 } }
let x = Tensor::new(&[[1f32, 2.], [3., 4.]], &Device::Cpu)?;
let names = vec![String::from("a"), String::from("b")];
let counts: HashMap<String, Vec<u32>> = HashMap::new();
let circle = Circle { radius: 1.0 };
"""


@pytest.fixture(scope="module")
def session(shared_kernel):
    """A kernel with some variables and a type."""
    shared_kernel.ok(SETUP)
    return shared_kernel


def ask(session, kind, code, cursor=None, **options):
    """Sends a request with the cursor at `|`, or at the end, or where it is told; returns the reply's content."""
    if cursor is None:
        cursor = code.find("|") if "|" in code else len(code)
        code = code.replace("|", "", 1)
    asked = getattr(session.client, kind)(code, cursor, **options)
    while True:
        reply = session.client.get_shell_msg(timeout=30)
        if reply["parent_header"]["msg_id"] == asked:
            return reply["content"]


def matches(session, code):
    """What is proposed, and the reply's form checked on the way."""
    content = ask(session, "complete", code)
    assert content["status"] == "ok"
    typed = content["metadata"]["_jupyter_types_experimental"]
    assert [entry["text"] for entry in typed] == content["matches"]
    assert all((entry["start"], entry["end"]) == (content["cursor_start"], content["cursor_end"]) for entry in typed)
    return content["matches"]


@pytest.mark.parametrize("code, wanted", [
    # The course and what it re-exports.
    ("x.mat", "matmul"),
    ("x.matmul(&x)?.dim", "dims"),
    ("x.matmul(&x)?.reshape((2, 2))?.to_v", "to_vec2"),
    ("Tensor::ze", "zeros"),
    ("Device::C", "Cpu"),
    ("DType::F", "F32"),
    ("x.device().is_c", "is_cpu"),
    ("course::candle_core::Var::fr", "from_tensor"),
    ("course::candle_nn::lin", "linear"),
    ("use course::candle_nn::{ops::soft", "softmax"),
    ("course::polars::prelude::Data", "DataFrame"),
    ("course::polars::prelude::DataFrame::ne", "new"),
    ("course::plotters::pre", "prelude"),
    ("course::serde_json::from_", "from_str"),
    ("let config = GenerationConfig::def", "default"),
    ("pipel", "pipeline"),
    ("AutoTok", "AutoTokenizer"),
    ("AutoTokenizer::from_p", "from_pretrained"),
    ("clear_o", "clear_output"),
    # std.
    ("names.pu", "push"),
    ("names.iter().enum", "enumerate"),
    ("names.iter().map(|n| n.len()).coll", "collect"),
    ("names[0].to_upp", "to_uppercase"),
    ("counts.get(\"a\").unwrap().fir", "first"),
    ("Vec::wi", "with_capacity"),
    ("String::from_u", "from_utf8"),
    ("std::fs::read_to", "read_to_string"),
    ("std::time::Inst", "Instant"),
    ("println", "println!"),
    ("1.5f32.sq", "sqrt"),
    ("\"text\".spl", "split_whitespace"),
    ("BTreeM", "std::collections::BTreeMap"),
    # The session.
    ("cir", "circle"),
    ("circle.rad", "radius"),
    ("circle.ar", "area"),
    ("HashMap::n", "new"),
    ("let fresh = circle.area();\nfresh.sq", "sqrt"),
    ("let row = x.get(0)?;\nrow.unsq", "unsqueeze"),
    # Commands and the rest.
    (":va", ":vars"),
    (":doc Tensor::mat", "matmul"),
    ("#[derive(Seri", "Serialize"),
    ("whi", "while"),
])
def test_what_can_follow_is_proposed(session, code, wanted):
    content = ask(session, "complete", code, cursor=len(code))
    assert wanted in content["matches"], content["matches"][:20]


def test_commands_are_those_that_help_lists(session):
    listed = session.ok(":help").displays[0]["text/plain"]
    names = {line.split()[0] for line in listed.splitlines()[1:] if line.startswith((":", "%"))}
    assert names <= set(matches(session, ":")) | set(matches(session, "%"))


def test_files_are_proposed_in_strings(session):
    session.ok('std::fs::create_dir_all("texts")?; std::fs::write("texts/one.txt", "1")?;')
    assert matches(session, 'std::fs::read_to_string("tex') == ["texts/"]
    assert matches(session, 'std::fs::read_to_string("texts/o') == ["one.txt"]


def test_the_cursor_is_counted_in_code_points(session):
    content = ask(session, "complete", 'let s = "👩‍🔬é"; circ')
    assert "circle" in content["matches"]
    assert content["cursor_end"] - content["cursor_start"] == len("circ")
    assert content["cursor_end"] == len('let s = "👩‍🔬é"; circ')


@pytest.mark.parametrize("code", ["unheard_of.", "x.unheard_of().a", "// x.ma", "let 1", "std::unheard_of::", "\"unclosed {", "((((", ""])
def test_odd_places_are_answered(session, code):
    content = ask(session, "complete", code)
    assert content["status"] == "ok"


@pytest.mark.parametrize("code, wanted", [
    ("x.mat|mul(&x)", r"fn matmul\(&self, rhs: &Self\) -> Result<Self>[\s\S]*matrix-multiplication"),
    ("Tens|or::new", r"The core struct for manipulating tensors"),
    ("Tensor::zeros(|)", r"fn zeros"),
    ("|x", r"let x: .*Tensor\s+variable of cell \[\d+\]"),
    ("pipe|line", r"fn pipeline"),
    ("names.pu|sh", r"Appends an element to the back"),
    ("Ve|c", r"A contiguous growable array type"),
    ("String::from_ut|f8", r"Converts a vector of bytes"),
    ("print|ln!(\"\")", r"Prints to the standard output"),
    ("names.iter().enume|rate()", r"current iteration count"),
    ("Circ|le", r"A round thing"),
    ("circle.radi|us", r"radius: f64"),
    ("whi|le", r"As|as long as"),
    (":va|rs", r"variables"),
    ("std::fs::read_to_str|ing", r"Reads the entire contents of a file into a string"),
])
def test_a_word_is_explained(session, code, wanted):
    content = ask(session, "inspect", code)
    assert content["found"], code
    assert re.search(wanted, content["data"]["text/plain"]), content["data"]["text/plain"]
    assert "<code>" in content["data"]["text/html"]
    assert "http" not in re.sub(r">[^<]*<", "><", content["data"]["text/html"]), "no links"


@pytest.mark.parametrize("code", ["unheard|_of", "x.unheard|_of", "12|3", "// wo|rd", "", "\"te|xt\""])
def test_what_is_not_known_is_not_found(session, code):
    content = ask(session, "inspect", code)
    assert (content["status"], content["found"], content["data"]) == ("ok", False, {})


def test_more_detail_is_more_text(session):
    short = ask(session, "inspect", "Ve|c", detail_level=0)["data"]["text/plain"]
    whole = ask(session, "inspect", "Ve|c", detail_level=1)["data"]["text/plain"]
    assert len(whole) > 2 * len(short)


@pytest.mark.parametrize("line", [":doc Tensor::matmul", "?Tensor::matmul", ":doc x.matmul"])
def test_doc_shows_the_same(session, line):
    (page,) = session.ok(line).reply["content"]["payload"]
    assert "fn matmul(&self, rhs: &Self) -> Result<Self>" in page["data"]["text/plain"]
    assert "matrix-multiplication" in page["data"]["text/html"]
    assert session.run(":doc unheard::of").status == "error"


def test_questions_are_answered_while_a_cell_runs(session):
    request = session.send('print!("busy"); std::thread::sleep(std::time::Duration::from_secs(60));')
    session.wait_for(request, "stream")
    assert "matmul" in matches(session, "x.mat")
    assert ask(session, "inspect", "Ve|c")["found"]
    # The cell would sleep for a minute: these answers did not wait for it.
    session.interrupt()
    session.interrupt()
    assert session.finish(request).status == "error"
    session.ok(SETUP)


def test_what_is_gone_is_no_longer_proposed(kernel):
    kernel.ok("let unusual = 1; fn uncommon() {}")
    assert {"unusual", "uncommon"} <= set(matches(kernel, "un"))
    kernel.ok(":clear")
    assert not {"unusual", "uncommon"} & set(matches(kernel, "un"))


def test_every_crate_has_its_index(session):
    """`cargo xtask setup` leaves a crate out, and says so, if rustdoc fails on it."""
    children = matches(session, "course::")
    for module in ["display", "hub", "pipelines", "tokenizers", "transformers", "widgets"]:
        assert module in children
        assert matches(session, f"course::{module}::"), module
    for crate in ["candle_core", "candle_nn", "indicatif", "plotters", "polars", "serde", "serde_json", "tokio"]:
        assert crate in children
        assert matches(session, f"course::{crate}::"), crate
