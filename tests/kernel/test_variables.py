"""What one cell makes, the next ones have: variables of any nameable type, items, imports, and what cannot live on says so."""

import pytest


@pytest.mark.parametrize(("declaration", "use", "text"), [
    ("let number = 7;", "number + 1", "8"),
    ('let word = "hello";', "word.len()", "5"),
    ('let owned = String::from("x");', "owned.clone()", '"x"'),
    ("let list = vec![(1, 'a'), (2, 'b')];", "list.len()", "2"),
    ("let map = std::collections::HashMap::from([(\"a\", vec![1u8])]);", 'map["a"][0]', "1"),
    ("let nested: Option<Result<Vec<Box<[f64; 2]>>, std::num::ParseIntError>> = Some(Ok(vec![Box::new([1., 2.])]));",
     "nested.is_some()", "true"),
    ("let tensor = Tensor::zeros((2, 3), DType::F32, &Device::Cpu)?;", "tensor.dims().to_vec()", "[2, 3]"),
    ("let boxed: Box<dyn Fn(i32) -> i32> = Box::new(|x| x + 1);", "boxed(1)", "2"),
    ("let shared = std::sync::Arc::new(std::sync::Mutex::new(1));", "*shared.lock().unwrap()", "1"),
    ("let (left, right) = (1, 2.5);", "left as f64 + right", "3.5"),
    ("let long: std::collections::BTreeMap<String, std::collections::BTreeMap<String, Vec<Option<Result<u64, String>>>>> = Default::default();",
     "long.len()", "0"),
])
def test_a_variable_lives_on(shared_kernel, declaration, use, text):
    shared_kernel.ok(declaration)
    shown = shared_kernel.ok(use).text
    assert shown.strip('"') == text.strip('"')


def test_mut_is_kept_as_declared(shared_kernel):
    shared_kernel.ok("let mut counter = 0; let fixed = 0;")
    shared_kernel.ok("counter += 5;")
    assert shared_kernel.ok("counter").text == "5"
    assert shared_kernel.run("fixed += 1;").error["ename"] in ("E0384", "E0594", "E0596")


def test_a_name_in_a_format_string_counts_as_a_mention(shared_kernel):
    shared_kernel.ok("let inlined = 3;")
    assert shared_kernel.ok('println!("{inlined} and {inlined:>3}");').stdout == "3 and   3\n"


def test_shadowing_changes_the_type(shared_kernel):
    shared_kernel.ok("let shadow = 1;")
    shared_kernel.ok('let shadow = format!("was {shadow}");')
    assert "was 1" in shared_kernel.ok("shadow.clone()").text


def test_a_struct_gets_its_impl_in_another_cell(shared_kernel):
    shared_kernel.ok("#[derive(Debug, Clone)]\nstruct Point { x: f64, y: f64 }")
    shared_kernel.ok("impl Point { fn norm(&self) -> f64 { self.x.hypot(self.y) } }")
    shared_kernel.ok("let point = Point { x: 3., y: 4. };")
    assert float(shared_kernel.ok("point.norm()").text) == 5.0


def test_an_impl_that_is_run_again_replaces_its_methods(shared_kernel):
    shared_kernel.ok("struct Speaker;\nimpl Speaker { fn say(&self) -> &str { \"one\" } }\nlet speaker = Speaker;")
    shared_kernel.ok('impl Speaker { fn say(&self) -> &str { "two" } }')
    assert "two" in shared_kernel.ok("Speaker.say()").text


def test_traits_macros_consts_modules_and_imports_live_on(shared_kernel):
    shared_kernel.ok("use std::collections::VecDeque;\nconst LIMIT: usize = 3;\ntrait Double { fn double(&self) -> Self; }")
    shared_kernel.ok("impl Double for i32 { fn double(&self) -> i32 { self * 2 } }")
    shared_kernel.ok("macro_rules! twice { ($e:expr) => { ($e).double() } }\nmod inner { pub fn one() -> i32 { 1 } }")
    assert shared_kernel.ok("let queue: VecDeque<i32> = (0..LIMIT as i32).map(|i| twice!(i) + inner::one()).collect(); queue").text.replace(" ", "") == "[1,3,5]"


def test_a_trait_object_of_ones_own_lives_on(shared_kernel):
    shared_kernel.ok("trait Animal { fn name(&self) -> String; }\nstruct Cat;\nimpl Animal for Cat { fn name(&self) -> String { \"cat\".into() } }")
    shared_kernel.ok("let zoo: Vec<Box<dyn Animal>> = vec![Box::new(Cat)];")
    assert "cat" in shared_kernel.ok("zoo[0].name()").text


def test_a_static_keeps_one_value(shared_kernel):
    shared_kernel.ok("use std::sync::atomic::{AtomicU32, Ordering};\nstatic CALLS: AtomicU32 = AtomicU32::new(0);\nfn call() -> u32 { CALLS.fetch_add(1, Ordering::SeqCst) + 1 }")
    assert [shared_kernel.ok("call()").text for _ in range(3)] == ["1", "2", "3"]
    assert shared_kernel.ok("CALLS.load(Ordering::SeqCst)").text == "3"


def test_a_destructor_runs_when_its_variable_is_replaced(shared_kernel):
    shared_kernel.ok('struct Loud(&\'static str);\nimpl Drop for Loud { fn drop(&mut self) { println!("bye {}", self.0); } }')
    shared_kernel.ok('let loud = Loud("first");')
    assert "bye first" in shared_kernel.ok('let loud = Loud("second");').stdout


class TestRedefinition:
    def test_a_value_of_the_old_type_is_never_read_as_the_new_one(self, kernel):
        kernel.ok("#[derive(Debug)] struct Pair { a: u64, b: u64 }\nlet pair = Pair { a: 1, b: 2 };")
        kernel.ok("#[derive(Debug)] struct Pair { a: String }")
        ran = kernel.run("pair.a.len()")
        assert ran.status == "error"
        assert "pair" in ran.traceback
        assert kernel.ok('Pair { a: "ok".into() }.a.len()').text == "2"

    def test_the_change_may_hide_behind_an_alias_or_a_constant(self, kernel):
        kernel.ok("type Content = u64;\nconst N: usize = 1;\nstruct Holder { content: [Content; N] }\nlet holder = Holder { content: [7; N] };")
        kernel.ok("const N: usize = 4;")
        assert kernel.run("holder.content[3]").status == "error"
        kernel.ok("let holder = Holder { content: [7; N] };")
        kernel.ok("type Content = String;")
        assert kernel.run("holder.content[0].len()").status == "error"

    def test_a_boxed_trait_object_of_the_old_type_is_dropped(self, kernel):
        kernel.ok("trait Named { fn name(&self) -> String; }\nstruct A { n: u64 }\nimpl Named for A { fn name(&self) -> String { self.n.to_string() } }")
        kernel.ok("let things: Vec<Box<dyn Named>> = vec![Box::new(A { n: 3 })];")
        kernel.ok("struct A { n: String }\nimpl Named for A { fn name(&self) -> String { self.n.clone() } }")
        assert kernel.run("things[0].name()").status == "error"

    def test_running_the_same_cell_again_keeps_everything(self, kernel):
        kernel.ok("#[derive(Debug)] struct Same { a: u64 }")
        kernel.ok("let same = Same { a: 1 };")
        kernel.ok("#[derive(Debug)] struct Same { a: u64 }")
        assert kernel.ok("same.a").text == "1"

    def test_a_redefined_function_is_used_by_its_callers(self, kernel):
        kernel.ok("fn base() -> i32 { 1 }\nfn caller() -> i32 { base() * 10 }")
        assert kernel.ok("caller()").text == "10"
        kernel.ok("fn base() -> i32 { 2 }")
        assert kernel.ok("caller()").text == "20"


class TestWhatCannotLiveOn:
    def test_a_moved_variable_says_so_in_a_sentence(self, kernel):
        kernel.ok('let parcel = String::from("x");')
        kernel.ok("let taken = parcel;")
        ran = kernel.run("parcel.len()")
        assert "parcel" in ran.traceback and "mov" in ran.traceback.lower()
        assert kernel.ok("taken.len()").text == "1"

    def test_a_borrow_across_cells_says_so_and_keeps_the_rest(self, kernel):
        kernel.ok("let source = vec![1, 2, 3];")
        ran = kernel.run("let borrowed = &source[1..];\nlet total: i32 = borrowed.iter().sum();\ntotal")
        assert "borrowed" in str(ran.outline())
        assert kernel.ok("source.len()").text == "3"
        assert kernel.ok("total").text == "5"

    def test_a_closure_says_so_and_names_the_way_out(self, kernel):
        ran = kernel.run("let add = |x: i32| x + 1;\nlet sum = add(1);")
        assert "add" in str(ran.outline()) and "Box" in str(ran.outline())
        assert kernel.ok("sum").text == "2"


def test_an_await_runs(shared_kernel):
    shared_kernel.ok("async fn answer() -> i32 { 42 }")
    assert shared_kernel.ok("answer().await").text == "42"


def test_a_derive_of_serde_works(shared_kernel):
    shared_kernel.ok("#[derive(Serialize, Deserialize, Debug)]\nstruct Row { word: String, score: f64 }")
    ran = shared_kernel.ok('vec![Row { word: "a".into(), score: 0.5 }, Row { word: "b".into(), score: 0.25 }]')
    assert "text/html" in ran.result and "word" in ran.text


def test_deep_recursion_fits_the_stack(shared_kernel):
    shared_kernel.ok("fn depth(n: u64) -> u64 { if n == 0 { 0 } else { std::hint::black_box(1 + depth(n - 1)) } }")
    assert shared_kernel.ok("depth(200_000)").text == "200000"
