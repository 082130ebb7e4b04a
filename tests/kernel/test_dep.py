"""`:dep`: crates of folders, of git repositories and of crates.io, and what they do to the variables that are there.

All but the last test work without a network: what their crates depend on is in the course's own Cargo.lock, so cargo has it.
"""

import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from support.session import TIMEOUT, Session

SHAPES = """
use std::sync::atomic::{AtomicU32, Ordering};
pub static CALLS: AtomicU32 = AtomicU32::new(0);
/// Counts its own calls.
pub fn call() -> u32 { CALLS.fetch_add(1, Ordering::SeqCst) + 1 }
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Circle { pub radius: f64 }
pub trait Area { fn area(&self) -> f64; }
impl Area for Circle { fn area(&self) -> f64 { 3.0 * self.radius * self.radius } }
pub fn to_value(text: &str) -> serde_json::Value { serde_json::from_str(text).unwrap() }
"""

MACROS = """
use proc_macro::TokenStream;
#[proc_macro_derive(Hello)]
pub fn hello(input: TokenStream) -> TokenStream {
    let text = input.to_string();
    let name = text.split_whitespace().skip_while(|word| *word != "struct").nth(1).unwrap().trim_end_matches(';').to_owned();
    format!("impl {name} {{ pub fn hello() -> String {{ \\"hello from {name}\\".to_owned() }} }}").parse().unwrap()
}
"""


def crate(folder: Path, name: str, source: str, more: str = "", version: str = "0.1.0") -> Path:
    """A crate in a folder of its name."""
    place = folder / name
    (place / "src").mkdir(parents=True, exist_ok=True)
    (place / "Cargo.toml").write_text(
        f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2024"\n[workspace]\n{more}'
    )
    (place / "src/lib.rs").write_text(source)
    return place


@pytest.fixture(scope="module")
def crates(tmp_path_factory):
    """The crates of these tests."""
    folder = tmp_path_factory.mktemp("crates")
    needs = '[dependencies]\nserde = { version = "1", features = ["derive"] }\nserde_json = "1"\n'
    crate(folder, "shapes", SHAPES, needs)
    crate(folder, "hello-derive", MACROS, "[lib]\nproc-macro = true\n")
    user = "pub fn ring() -> shapes::Circle { shapes::call(); shapes::Circle { radius: 2.0 } }"
    crate(folder, "rings", user, '[dependencies]\nshapes = { path = "../shapes" }\n')
    crate(folder, "horn", "pub struct Horn;\n#[cfg(feature = \"loud\")] pub fn shout() -> &'static str { \"LOUD\" }", "[features]\nloud = []\n")
    crate(folder, "broken", "pub fn f() -> u32 { \"text\" }")
    return folder


@pytest.fixture(scope="module")
def session(crates):
    """One kernel, started in the folder of the crates."""
    with Session(folder=crates) as session:
        yield session


def texts(ran) -> str:
    """All that a cell showed, bars included."""
    shown = ran.of("display_data", "update_display_data")
    return "\n".join(content["data"]["text/plain"] for content in shown)


def test_a_crate_of_a_folder_is_built_and_shares_the_courses_serde(session):
    ran = session.ok(':dep shapes = { path = "shapes" }\nuse shapes::{Area, Circle};\nlet c = Circle { radius: 2.0 };\nc.area()')
    assert ran.text == "12.0"
    assert "shapes 0.1.0" in texts(ran)
    # The trait of serde that `shapes` derives is the one that the course's serde_json wants.
    assert "radius" in session.ok("serde_json::to_string(&c)?").text
    # And a value made by its serde_json is a value of the notebook's.
    session.ok('let v: serde_json::Value = shapes::to_value("[1,2]");')
    assert session.ok("v.as_array().unwrap().len()").text == "2"


def test_the_same_line_again_changes_nothing_and_needs_no_cargo(session):
    session.ok("let kept = Circle { radius: 1.0 };")
    ran = session.ok('kept.radius')
    assert ran.text == "1.0"
    again = session.ok(':dep hello-derive = { path = "hello-derive" }\n:dep shapes = { path = "shapes" }')
    assert "shapes 0.1.0" in texts(again) and "hello_derive" in texts(again)
    assert session.ok("kept.radius").text == "1.0", "another crate is no reason to drop a variable"


def test_statics_of_a_crate_have_one_value_in_all_cells(session):
    before = int(session.ok("shapes::call()").text)
    assert session.ok("shapes::call() + 0").text == str(before + 1)
    # `rings` depends on `shapes` itself, and must find the very same one.
    session.ok(':dep rings = { path = "rings" }')
    assert session.ok("let r: shapes::Circle = rings::ring(); r.radius").text == "2.0"
    count = "shapes::CALLS.load(std::sync::atomic::Ordering::SeqCst)"
    assert session.ok(count).text == str(before + 2)


def test_variables_of_its_types_live_on(session):
    session.ok("let shared = std::rc::Rc::new(vec![Circle { radius: 3.0 }]);")
    session.ok('struct Holder { circle: shapes::Circle }\nlet holder = Holder { circle: Circle { radius: 5.0 } };')
    session.ok("let boxed: Box<dyn Area> = Box::new(Circle { radius: 1.0 });")
    assert session.ok("(shared[0].radius, holder.circle.radius, boxed.area())").text == "(3.0, 5.0, 3.0)"
    session.ok(":restart")
    assert session.ok("shapes::call()").text == "1", "a fresh process has the crates, and their statics anew"


def test_a_derive_macro(session):
    session.ok("use hello_derive::Hello;\n#[derive(Hello)]\nstruct World;")
    assert session.ok("World::hello()").text == "hello from World"


def test_features_and_another_name(session):
    line = ':dep loud = { path = "horn", package = "horn", features = ["loud"] }'
    session.ok(f'{line}\nassert_eq!(loud::shout(), "LOUD");\nlet horn = loud::Horn;')
    assert "loud::Horn" in texts(session.ok(":type horn"))
    session.ok("let again: loud::Horn = horn;")
    ran = session.run(':dep loud = { path = "horn", package = "horn", features = ["silent"] }')
    assert "silent" in ran.error["evalue"] and "does not have" in ran.error["evalue"], ran.error["evalue"]
    twice = session.run(':dep horn = { path = "horn" }').error
    assert "under another name already" in twice["evalue"], twice
    session.ok("let once_more = again;")


def test_the_list(session):
    table = texts(session.ok(":dep"))
    for name in ["shapes", "rings", "hello_derive", "loud"]:
        assert name in table
    assert "silent" not in table


def test_an_edited_crate_drops_what_was_made_with_it(crates):
    folder = crates / "edited"
    crate(folder, "point", "#[derive(Debug)] pub struct P { pub x: u64 }\npub fn p() -> P { P { x: 1 } }")
    wrap = "pub struct W(pub point::P);\npub fn w() -> W { W(point::p()) }"
    crate(folder, "wrap", wrap, '[dependencies]\npoint = { path = "../point" }\n')
    lines = ':dep point = { path = "point" }\n:dep wrap = { path = "wrap" }'
    with Session(folder=folder) as session:
        session.ok(f"{lines}\nlet p = point::p(); let w = wrap::w(); let any: Box<dyn std::any::Any> = Box::new(point::p()); let n = 7;")
        session.ok("struct Mine(point::P);\nlet mine = Mine(point::p());\nstatic LAST: std::sync::Mutex<Option<point::P>> = std::sync::Mutex::new(None);\n*LAST.lock().unwrap() = Some(point::p());")
        # The same lines once more: nothing was edited, nothing is dropped.
        session.ok(lines)
        assert session.ok("(p.x, w.0.x, n)").text == "(1, 1, 7)"
        # What was one number becomes a text: reading the old bytes as the new type would be undefined behaviour.
        crate(folder, "point", "#[derive(Debug)] pub struct P { pub x: String }\npub fn p() -> P { P { x: \"new\".into() } }")
        ran = session.ok(lines)
        said = texts(ran)
        for name in ["p", "w", "any", "mine"]:
            assert f"`{name}`" in said, said
        assert "`n`" not in said
        assert session.ok("n").text == "7"
        assert "p" in session.run("p").error["evalue"]
        assert "w" in session.run("w.0").error["evalue"]
        assert session.ok("LAST.lock().unwrap().is_none()").text == "true"
        assert session.ok("let p = point::p(); let w = wrap::w(); (p.x.len(), w.0.x.len())").text == "(3, 3)"
        assert session.ok("(p.x.len(), w.0.x.len())").text == "(3, 3)"


def test_a_git_repository(crates):
    source = crates / "repository"
    crate(source, "told", 'pub fn version() -> u32 { 1 }')
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(source / "told")]
    for arguments in [["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v1"]]:
        subprocess.run([*git, *arguments], check=True)
    (source / "told/src/lib.rs").write_text("pub fn version() -> u32 { 2 }")
    subprocess.run([*git, "commit", "-qam", "two"], check=True)
    address = (source / "told").as_uri()
    with Session(folder=crates) as session:
        assert session.ok(f':dep told = {{ git = "{address}", tag = "v1" }}\ntold::version()').text == "1"
        assert session.ok(f':dep told = {{ git = "{address}", branch = "main" }}\ntold::version()').text == "2"
        error = session.run(f':dep told = {{ git = "{address}", branch = "no-such" }}').error
        assert "git" in error["evalue"], error["evalue"]
        assert session.ok("told::version()").text == "2"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (":dep broken = { path = \"broken\" }", "`broken` does not compile: mismatched types"),
        (":dep nowhere = { path = \"nowhere\" }", "there is no crate at"),
        (":dep shapes = 1", "text in quotes"),
        (":dep shapes = { path = \"shapes\"", "cannot be read"),
        (":dep shapes = { paht = \"shapes\" }", "did you mean `path`?"),
        (":dep course = \"1\"", "is there already"),
    ],
)
def test_what_goes_wrong_is_one_readable_error_and_changes_nothing(session, line, wanted):
    session.ok(':dep shapes = { path = "shapes" }\nlet still = shapes::Circle { radius: 6.0 };')
    error = session.run(line).error
    assert wanted in error["evalue"], error
    assert session.ok("still.radius").text == "6.0"


def test_without_a_network_the_error_says_so_and_the_rest_works(crates):
    """Cargo is sent to a port where nobody listens."""
    nobody = {"CARGO_HTTP_PROXY": "http://127.0.0.1:9", "CARGO_NET_RETRY": "0"}
    with Session(folder=crates, **nobody) as session:
        session.ok("let before = 1u32;")
        error = session.run(':dep no-such-crate-as-this = "1"').error
        assert "there is no network" in error["evalue"], error
        # What cargo has in its cache still works.
        session.ok(':dep shapes = { path = "shapes" }\nshapes::call() + before')


def test_interrupting_cargo_keeps_everything(crates):
    slow = crate(crates, "slow", "pub fn f() -> u32 { 1 }")
    (slow / "build.rs").write_text("fn main() { std::thread::sleep(std::time::Duration::from_secs(600)); }")
    with Session(folder=crates) as session:
        session.ok("let before = 1u32;")
        request = session.send(':dep slow = { path = "slow" }')
        deadline = time.monotonic() + TIMEOUT
        while True:
            message = session.next(deadline)
            of_cell = message is not None and message["parent_header"].get("msg_id") == request
            if of_cell and "slow" in message["content"].get("data", {}).get("text/plain", ""):
                break
        session.interrupt()
        ran = session.finish(request)
        assert ran.error["ename"] == "Interrupted"
        assert session.ok("before").text == "1"
        (slow / "build.rs").unlink()
        assert session.ok(':dep slow = { path = "slow" }\nslow::f() + before').text == "2"


def test_a_second_build_of_a_crate_of_the_courses_is_said_and_explained(crates):
    """A crate with a copy of `serde` under serde's own name, but of another version."""
    folder = crates / "twice"
    crate(folder, "serde", "pub trait Serialize { fn save(&self) -> u32; }", version="0.1.0")
    user = "pub fn save<T: serde::Serialize>(value: &T) -> u32 { value.save() }"
    crate(folder, "saver", user, '[dependencies]\nserde = { path = "../serde" }\n')
    with Session(folder=folder) as session:
        said = texts(session.ok(':dep saver = { path = "saver" }'))
        assert "two versions" in said and "saver" in said and "0.1.0" in said, said
        session.ok("use serde::Serialize;\n#[derive(Serialize)]\nstruct Mine { a: u32 }")
        ran = session.run("saver::save(&Mine { a: 1 })")
        assert ran.error["ename"] == "E0277"
        assert "two crates" in ran.traceback, ran.traceback


def test_two_kernels_add_the_same_crate_at_once(crates):
    crate(crates, "common", "pub fn two() -> u32 { 2 }")
    with Session(folder=crates) as first, Session(folder=crates) as second:
        requests = [session.send(':dep common = { path = "common" }\ncommon::two()') for session in (first, second)]
        assert [session.finish(request).ok().text for session, request in zip((first, second), requests)] == ["2", "2"]


def reachable() -> bool:
    try:
        urllib.request.urlopen("https://index.crates.io/config.json", timeout=10).close()
    except (urllib.error.URLError, TimeoutError, OSError):
        return False
    return True


def test_a_crate_of_crates_io(crates):
    if not reachable():
        pytest.skip("crates.io cannot be reached from here")
    with Session(folder=crates) as session:
        assert session.ok(':dep fastrand = "2"\nlet mut dice = fastrand::Rng::with_seed(1);').status == "ok"
        assert int(session.ok("dice.u32(1..7)").text) in range(1, 7)
        error = session.run(':dep fastrnad-no-such = "2"').error
        assert "no crate `fastrnad-no-such`" in error["evalue"], error
        error = session.run(':dep fastrand = "999"').error
        assert "no version fits" in error["evalue"] and "2." in error["evalue"], error
        error = session.run(':dep fastrand = { version = "2", features = ["no-such"] }').error
        assert "no-such" in error["evalue"], error
        assert int(session.ok("dice.u32(1..7)").text) in range(1, 7)


def test_a_damaged_set_is_built_again(crates):
    """Half a file in the cache must not reach a cell."""
    crate(crates, "whole", "pub fn three() -> u32 { 3 }")
    line = ':dep whole = { path = "whole" }\nwhole::three()'
    with Session(folder=crates) as session:
        assert session.ok(line).text == "3"


        cache = Path(os.environ.get("COURSE_CACHE", Path.home() / ".cache/llm-course-rust"))
        for library in cache.glob("dep/*/sets/*/deps/libwhole-*.rmeta"):
            library.write_bytes(library.read_bytes()[:100])
    with Session(folder=crates) as session:
        assert session.ok(line).text == "3"
