//! `bundle_of!` over every kind of type, from outside the crate as a cell uses it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use course_display::{Bundle, Html, Rich, bundle_of};
use serde::Serialize;

fn plain(bundle: Option<Bundle>) -> String {
    bundle.expect("something to show").plain().to_owned()
}

#[derive(Serialize, Debug)]
struct Score {
    label: String,
    score: f32,
}

/// Has every rung from `Rich` down.
#[derive(Serialize, Debug, Clone)]
struct Everything(Cell2);

#[derive(Serialize, Debug, Clone, Default)]
struct Cell2(u8);

impl Rich for Everything {
    fn rich(&self) -> Bundle {
        Bundle::text("rich")
    }
}

impl Everything {
    fn evcxr_display(&self) {
        panic!("a rich value is not shown twice");
    }
}

#[derive(Debug, Default)]
struct Inherent {
    calls: Cell<u32>,
}

impl Inherent {
    fn evcxr_display(&self) {
        self.calls.set(self.calls.get() + 1);
    }
}

trait Picture {
    fn evcxr_display(&self) -> Result<(), String>;
}

#[derive(Default)]
struct ByTrait {
    calls: Cell<u32>,
}

impl Picture for ByTrait {
    fn evcxr_display(&self) -> Result<(), String> {
        self.calls.set(self.calls.get() + 1);
        Ok(())
    }
}

#[test]
fn unit_and_calls_for_their_effect_show_nothing() {
    assert!(bundle_of!(()).is_none());
    assert!(
        bundle_of!({
            let _unused = 1;
        })
        .is_none()
    );
    assert!(bundle_of!(&()).is_none());
}

#[test]
fn rich_comes_first_also_behind_pointers() {
    let value = Everything(Cell2::default());
    assert_eq!(plain(bundle_of!(value)), "rich");
    assert_eq!(plain(bundle_of!(&&value)), "rich");
    assert_eq!(plain(bundle_of!(Box::new(value.clone()))), "rich");
    assert_eq!(plain(bundle_of!(&mut value.clone())), "rich");
    let boxed: Box<dyn Rich> = Box::new(Html::new("<b>x</b>"));
    assert_eq!(bundle_of!(boxed).unwrap().data["text/html"], "<b>x</b>");
    assert_eq!(plain(bundle_of!(Ok::<_, String>(value))), "rich");
    assert_eq!(plain(bundle_of!(Err::<f64, _>("no"))), "Err(\"no\")");
}

#[test]
fn numbers_and_strings_show_bare() {
    assert_eq!(plain(bundle_of!(1 + 1)), "2");
    assert_eq!(plain(bundle_of!(0.5f64 * 2.0)), "1.0");
    assert_eq!(plain(bundle_of!(String::from("a \"b\""))), "a \"b\"");
    assert_eq!(plain(bundle_of!("text")), "text");
    assert_eq!(plain(bundle_of!(*"unsized")), "unsized");
    assert_eq!(plain(bundle_of!('c')), "c");
    assert_eq!(plain(bundle_of!(true)), "true");
}

#[test]
fn evcxr_display_runs_once_inherent_or_of_a_trait() {
    let inherent = Inherent::default();
    assert!(bundle_of!(inherent).is_none());
    assert!(bundle_of!(&inherent).is_none());
    assert_eq!(inherent.calls.get(), 2);
    let by_trait = ByTrait::default();
    assert!(bundle_of!(by_trait).is_none());
    assert!(bundle_of!(&&by_trait).is_none());
    assert_eq!(by_trait.calls.get(), 2);
}

#[test]
fn rows_of_structs_become_a_table_and_other_vectors_do_not() {
    let scores = vec![Score { label: "joy".into(), score: 0.5 }];
    let table = bundle_of!(scores).unwrap();
    assert!(table.data.contains_key("text/html"));
    assert_eq!(table.plain(), "label  score\n─────  ─────\njoy      0.5");
    assert!(bundle_of!(&scores[..]).unwrap().data.contains_key("text/html"));
    assert_eq!(plain(bundle_of!(vec![1, 2, 3])), "[1, 2, 3]");
    assert_eq!(plain(bundle_of!([(1, "a")])), "[(1, \"a\")]");
    assert_eq!(plain(bundle_of!(Vec::<Score>::new())), "[]");
}

#[test]
fn a_type_that_only_prints_with_braces_shows_so() {
    struct Grade(u8);
    impl std::fmt::Display for Grade {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "grade {}", self.0)
        }
    }
    assert_eq!(plain(bundle_of!(Grade(1))), "grade 1");
}

#[test]
fn the_rest_shows_by_debug_or_by_its_type() {
    struct Opaque;
    struct Holder<T>(#[allow(dead_code)] T);
    assert_eq!(plain(bundle_of!(Some("x"))), "Some(\"x\")");
    assert_eq!(plain(bundle_of!(BTreeMap::from([(1, 'a')]))), "{1: 'a'}");
    assert_eq!(plain(bundle_of!(RefCell::new(1))), "RefCell { value: 1 }");
    assert!(plain(bundle_of!(Opaque)).starts_with("a value of type ladder::"));
    assert!(plain(bundle_of!(vec![Holder(Opaque)])).starts_with("a value of type alloc::vec::Vec<"));
    let closure: Box<dyn Fn() -> u8> = Box::new(|| 1);
    assert_eq!(plain(bundle_of!(closure)), "a value of type dyn core::ops::function::Fn() -> u8");
    let error: Box<dyn std::error::Error> = "broken".into();
    assert_eq!(plain(bundle_of!(error)), "\"broken\"");
    assert_eq!(plain(bundle_of!(None::<u8>)), "None");
}

#[test]
fn a_value_is_borrowed_and_made_once() {
    let made = Cell::new(0);
    let make = || {
        made.set(made.get() + 1);
        vec![String::from("kept")]
    };
    assert_eq!(plain(bundle_of!(make())), "[\"kept\"]");
    assert_eq!(made.get(), 1);
    let kept = vec![String::from("kept")];
    let _ = bundle_of!(kept);
    assert_eq!(kept.len(), 1);
}

#[test]
fn plotters_own_figures_print_their_block() {
    let figure = plotters::evcxr::evcxr_figure((10, 10), |_| Ok(()));
    assert!(bundle_of!(figure).is_none());
}

#[test]
#[allow(unreachable_code, clippy::diverging_sub_expression)]
fn an_expression_that_never_returns_compiles_too() {
    fn leave() -> Option<Bundle> {
        bundle_of!(panic!("left"))
    }
    assert!(std::panic::catch_unwind(leave).is_err());
}

#[test]
fn an_expression_may_use_the_question_mark_and_borrow() {
    fn parse(text: &str) -> Result<Option<Bundle>, std::num::ParseIntError> {
        Ok(bundle_of!(text.parse::<i32>()? + 1))
    }
    assert_eq!(plain(parse("41").unwrap()), "42");
    assert!(parse("x").is_err());
    let text = String::from("a b");
    assert_eq!(plain(bundle_of!(text.split(' ').collect::<Vec<_>>())), "[\"a\", \"b\"]");
    assert_eq!(plain(bundle_of!((0..3).map(|x| x * 2))), "Map { iter: 0..3 }");
}

/// What a cell that names nothing of the course shows, and what it would show with the course.
macro_rules! same {
    ($($value:expr),* $(,)?) => {$({
        course_cell::keep!($value);
        let alone = course_cell::ladder::kept();
        let with = bundle_of!($value);
        let only_text = with.as_ref().is_none_or(|bundle| bundle.data.len() == 1);
        assert!(only_text, "{}: {:?}", stringify!($value), with);
        assert_eq!(alone, with.map(|bundle| bundle.plain().to_owned()), "{}", stringify!($value));
    })*};
}

#[test]
fn a_cell_without_the_course_shows_the_same() {
    #[derive(Debug, Clone)]
    #[allow(dead_code)]
    struct Point {
        x: f64,
    }
    struct Grade(u8);
    impl std::fmt::Display for Grade {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "grade {}", self.0)
        }
    }
    struct Opaque;
    let shown = Inherent::default();
    let text = String::from("a \"b\"\nc");
    let (boxed, dynamic): (Box<dyn Fn() -> u8>, Box<dyn std::error::Error>) = (Box::new(|| 1), "broken".into());
    let nothing: [i32; 0] = [];
    same!((), &(), 1 + 1, -7i8, u128::MAX, usize::MIN, 0.1 + 0.2, 1.0, -0.0, 1e300, f32::NAN, f64::INFINITY, 0.1f32);
    same!(
        true,
        'c',
        '\n',
        "text",
        *"text",
        text,
        &text,
        &&text,
        text.as_bytes(),
        text.clone(),
        &text[..1],
        format!("{text}")
    );
    same!(
        Some(1),
        None::<u8>,
        Some("x"),
        Some(&text),
        Ok::<_, String>(1),
        Err::<u8, _>("no"),
        Ok::<_, String>(vec![1])
    );
    same!(
        Ok::<_, ()>("text"),
        Ok::<(), String>(()),
        "x".parse::<i32>(),
        "1".parse::<i32>(),
        Err::<f64, _>(text.clone())
    );
    same!((1, "a", 2.5), vec![1, 2, 3], vec!["a"], vec![Some(1.5), None], [[1, 2], [3, 4]], nothing, vec![(1, 'a')]);
    same!((0..200).collect::<Vec<i32>>(), "long ".repeat(60), vec!["long".repeat(40)], "é".repeat(70_000));
    same!(vec![Ok(1), Err("no")], vec![Box::new(1)], [Some(vec![1])], vec![()], &vec![1][..], vec![String::new()]);
    same!(BTreeMap::from([(1, 'a')]), HashMap::from([("k", 2)]), BTreeSet::from([3, 1]), VecDeque::from([1, 2]));
    same!(0..3, (0..3).map(|x| x * 2), "a b".split(' '), "a b".split(' ').collect::<Vec<_>>(), 1.cmp(&2), text.chars());
    same!(Point { x: 1.0 }, vec![Point { x: 1.0 }], Some(Point { x: 1.0 }), &Point { x: 2.0 }, (Point { x: 1.0 }, 1));
    same!(Grade(1), &Grade(1), Opaque, vec![Opaque], Box::new(Opaque), boxed, dynamic, std::io::Error::other("x"));
    same!(std::rc::Rc::new(1), std::sync::Arc::new(text.clone()), Box::new(&text), RefCell::new(1), Cell::new(2));
    same!(std::borrow::Cow::Borrowed("x"), std::borrow::Cow::<str>::Owned(text.clone()), std::sync::Mutex::new(1));
    same!(std::time::Duration::from_millis(1500), std::path::Path::new("a/b"), std::path::PathBuf::from("a"), &mut 3);
    same!(shown, std::mem::size_of::<Point>(), std::any::type_name::<u8>(), std::num::NonZeroU8::new(3), ());
    assert_eq!(shown.calls.get(), 2, "each ladder has shown it once");
}
