//# consts of earlier cells
const N: usize = 3; const NAMES: [&str; N] = ["a", "b", "c"];
//-
let v = [0; N];
(v.len(), NAMES[N - 1])
//> (3, "c")

//# a static keeps its value
use std::sync::atomic::{AtomicU32, Ordering};
static COUNT: AtomicU32 = AtomicU32::new(0);
fn next() -> u32 { COUNT.fetch_add(1, Ordering::SeqCst) + 1 }
//-
next()
//> 1
next()
//> 2
COUNT.load(Ordering::SeqCst)
//> 2

//# a static that nothing used in its own cell keeps its value
use std::sync::Mutex;
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
//-
LOG.lock()?.push("a".into());
//-
LOG.lock()?.push("b".into());
//-
LOG.lock()?.join("")
//> ab

//# a static inside a function
fn id() -> u32 { use std::sync::atomic::*; static NEXT: AtomicU32 = AtomicU32::new(10); NEXT.fetch_add(1, Ordering::Relaxed) }
//-
id()
//> 10
id() + id()
//> 23

//# a static inside a method and a module
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
struct S; impl S { fn hit(&self) -> u8 { static HITS: AtomicU8 = AtomicU8::new(0); HITS.fetch_add(1, SeqCst) } }
mod m { use super::*; pub static SEEN: AtomicU8 = AtomicU8::new(5); pub fn see() -> u8 { SEEN.fetch_add(1, SeqCst) } }
//-
(S.hit(), m::see())
//> (0, 5)
(S.hit(), m::see(), m::SEEN.load(SeqCst))
//> (1, 6, 7)

//# thread locals
use std::cell::{Cell, RefCell};
thread_local! { static DEPTH: Cell<u32> = const { Cell::new(1) }; static NAMES: RefCell<Vec<String>> = RefCell::new(vec!["x".into()]); }
//-
DEPTH.set(DEPTH.get() + 1); NAMES.with_borrow_mut(|n| n.push("y".into()));
//-
(DEPTH.get(), NAMES.with_borrow(|n| n.join("")))
//> (2, "xy")
std::thread::spawn(|| DEPTH.get()).join().unwrap()
//> 1

//# static mut
static mut TOTAL: i64 = 5;
//-
unsafe { TOTAL += 10; }
//-
unsafe { TOTAL }
//> 15

//# lazy statics of the standard library
use std::sync::{LazyLock, OnceLock};
static TABLE: LazyLock<Vec<u32>> = LazyLock::new(|| { println!("filled"); (0..5).map(|n| n * n).collect() });
static ONCE: OnceLock<String> = OnceLock::new();
//-
TABLE[3]
//> filled
//> 9
ONCE.get_or_init(|| "first".into()); TABLE[4]
//> 16
ONCE.get_or_init(|| "second".into()).clone()
//> first

//# a static run again unchanged keeps its value
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
//-
static C: AtomicU32 = AtomicU32::new(0);
//-
C.fetch_add(7, SeqCst);
//-
static C: AtomicU32 = AtomicU32::new(0);
//-
C.load(SeqCst)
//> 7

//# a static defined anew begins anew
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static C: AtomicU32 = AtomicU32::new(0);
//-
C.fetch_add(7, SeqCst);
//-
static C: AtomicU32 = AtomicU32::new(100);
//-
C.fetch_add(1, SeqCst)
//> 100
static C: AtomicU32 = AtomicU32::new(0);
//-
C.load(SeqCst)
//> 0

//# a static whose type changes under it begins anew
use std::sync::Mutex;
#[derive(Debug)] struct Item { id: u64 }
static ITEMS: Mutex<Vec<Item>> = Mutex::new(Vec::new());
//-
ITEMS.lock()?.push(Item { id: 3 });
//-
#[derive(Debug)] struct Item { name: String, id: u64 }
//-
ITEMS.lock()?.len()
//> 0
ITEMS.lock()?.push(Item { name: "n".into(), id: 4 }); ITEMS.lock()?[0].name.clone()
//> n

//# a function edited around its static
fn id() -> u32 { use std::sync::atomic::*; static NEXT: AtomicU32 = AtomicU32::new(0); NEXT.fetch_add(1, Ordering::Relaxed) }
//-
id() + id()
//> 1
fn id() -> u32 { use std::sync::atomic::*; static NEXT: AtomicU32 = AtomicU32::new(0); 1000 + NEXT.fetch_add(1, Ordering::Relaxed) }
id()
//> 1002
fn id() -> u64 { use std::sync::atomic::*; static NEXT: AtomicU64 = AtomicU64::new(5); NEXT.fetch_add(1, Ordering::Relaxed) }
id()
//> 5

//# a method edited so that its static has another type
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};
struct S; impl S { fn hit(&self) -> u64 { static HITS: AtomicU8 = AtomicU8::new(3); HITS.fetch_add(1, SeqCst) as u64 } fn other(&self) -> u8 { static HITS: AtomicU8 = AtomicU8::new(7); HITS.fetch_add(1, SeqCst) } }
(S.hit(), S.other())
//> (3, 7)
impl S { fn hit(&self) -> u64 { static HITS: AtomicU64 = AtomicU64::new(1 << 40); HITS.fetch_add(1, SeqCst) } }
(S.hit(), S.other())
//> (1099511627776, 8)
(S.hit(), S.other())
//> (1099511627777, 9)

//# a static is not reset by what is added to its type
use std::sync::Mutex;
struct Log(Vec<u8>); static LOG: Mutex<Log> = Mutex::new(Log(Vec::new()));
LOG.lock()?.0.push(1);
//-
impl Log { const MOST: usize = 9; fn left(&self) -> usize { Self::MOST - self.0.len() } }
impl Iterator for Log { type Item = u8; fn next(&mut self) -> Option<u8> { self.0.pop() } }
//-
LOG.lock()?.left()
//> 8

//# clear forgets the values of statics
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static C: AtomicU32 = AtomicU32::new(0);
C.fetch_add(7, SeqCst);
//-
:clear
//-
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static C: AtomicU32 = AtomicU32::new(0);
C.load(SeqCst)
//> 0

//# a static survives a panic
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static C: AtomicU32 = AtomicU32::new(0);
C.fetch_add(1, SeqCst); panic!("after");
//! Panic line 3: after
C.load(SeqCst)
//> 1

//# two statics on one line and one in a generic function
use std::sync::atomic::{AtomicU32, Ordering::SeqCst}; static A: AtomicU32 = AtomicU32::new(1); static B: AtomicU32 = AtomicU32::new(2);
fn generic<T>(_: T) -> u32 { static CALLS: AtomicU32 = AtomicU32::new(0); CALLS.fetch_add(1, SeqCst) }
generic(1) + generic("x") + A.load(SeqCst) + B.load(SeqCst)
//> 4
generic(2.0)
//> 2

//# a static with a text and a reference to another
static GREETING: &str = "hi"; static TWICE: [&str; 2] = [GREETING, GREETING];
//-
TWICE.join(" ")
//> hi hi

//# a static of the cells own type with interior state and a method
use std::sync::RwLock; use std::collections::BTreeMap;
struct Registry(RwLock<BTreeMap<String, f32>>);
impl Registry { const fn new() -> Self { Self(RwLock::new(BTreeMap::new())) } fn set(&self, k: &str, v: f32) { self.0.write().unwrap().insert(k.into(), v); } fn get(&self, k: &str) -> Option<f32> { self.0.read().unwrap().get(k).copied() } }
static REGISTRY: Registry = Registry::new();
//-
REGISTRY.set("lr", 0.1);
//-
impl Registry { fn len(&self) -> usize { self.0.read().unwrap().len() } }
//-
(REGISTRY.get("lr"), REGISTRY.len())
//> (Some(0.1), 1)
