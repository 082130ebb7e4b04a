//# a struct its impl and a variable in three cells
#[derive(Debug, Clone, PartialEq, Default)]
struct Point { x: f64, y: f64 }
//-
impl Point { fn norm(&self) -> f64 { (self.x * self.x + self.y * self.y).sqrt() } fn shift(&mut self, by: f64) { self.x += by; } }
//-
let mut p = Point { x: 3.0, ..Default::default() };
//-
p.shift(0.0); p.y = 4.0;
//-
p.norm()
//> 5.0

//# a variable keeps its methods when an impl is added later
struct Counter(u32);
let c = Counter(3);
//-
impl Counter { fn double(&self) -> u32 { self.0 * 2 } }
//-
c.double()
//> 6

//# an impl with an associated constant added later keeps the variable
struct Counter(u32);
let c = Counter(3);
//-
impl Counter { const MOST: u32 = 5; fn left(&self) -> u32 { Self::MOST - self.0 } }
//-
c.left()
//> 2

//# an iterator implemented later keeps the variable
struct Down(u32);
let down = Down(3);
//-
impl Iterator for Down { type Item = u32; fn next(&mut self) -> Option<u32> { self.0 = self.0.checked_sub(1)?; Some(self.0) } }
//-
down.collect::<Vec<_>>()
//> [2, 1, 0]
//~ moved
//% 2

//# a method redefined alone
struct P(i32);
impl P { fn a(&self) -> i32 { 1 } fn b(&self) -> i32 { self.a() * 10 } }
let p = P(0);
//-
impl P { fn a(&self) -> i32 { 2 } }
//-
p.b()
//> 20

//# tuple structs newtypes and unit structs
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)] struct Metres(u32);
#[derive(Debug, Default)] struct Marker;
//-
let far = Metres(3).max(Metres(9));
//-
println!("{far:?} {:?}", Marker);
//> Metres(9) Marker

//# operators
use std::ops::{Add, Mul, Neg, Index, AddAssign};
#[derive(Debug, Clone, Copy, PartialEq)] struct V(f64, f64);
impl Add for V { type Output = V; fn add(self, o: V) -> V { V(self.0 + o.0, self.1 + o.1) } }
impl Mul<f64> for V { type Output = V; fn mul(self, k: f64) -> V { V(self.0 * k, self.1 * k) } }
impl Neg for V { type Output = V; fn neg(self) -> V { V(-self.0, -self.1) } }
impl AddAssign for V { fn add_assign(&mut self, o: V) { *self = *self + o } }
impl Index<usize> for V { type Output = f64; fn index(&self, i: usize) -> &f64 { if i == 0 { &self.0 } else { &self.1 } } }
//-
let mut v = V(1.0, 2.0);
//-
v += V(1.0, 1.0) * 2.0;
//-
(-v, v[1])
//> (V(-3.0, -4.0), 4.0)

//# generic types
#[derive(Debug)] struct Stack<T> { items: Vec<T> }
impl<T: Clone> Stack<T> { fn new() -> Self { Stack { items: vec![] } } fn push(&mut self, t: T) -> &mut Self { self.items.push(t); self } fn peek(&self) -> Option<T> { self.items.last().cloned() } }
//-
let mut stack = Stack::new();
stack.push("a").push("b");
//-
stack.push("c"); stack.peek()
//> Some("c")

//# an enum with data and methods
#[derive(Debug, Clone)] enum Expr { Num(f64), Add(Box<Expr>, Box<Expr>), Mul(Box<Expr>, Box<Expr>) }
impl Expr { fn eval(&self) -> f64 { match self { Expr::Num(n) => *n, Expr::Add(a, b) => a.eval() + b.eval(), Expr::Mul(a, b) => a.eval() * b.eval() } } }
//-
let e = Expr::Add(Box::new(Expr::Num(1.0)), Box::new(Expr::Mul(Box::new(Expr::Num(2.0)), Box::new(Expr::Num(3.0)))));
//-
e.eval()
//> 7.0

//# an enum with discriminants
#[repr(u8)] #[derive(Clone, Copy)] enum Op { Add = 10, Sub = 20, Next }
//-
let op = Op::Next;
//-
op as u8
//> 21

//# a union
#[repr(C)] union Bits { f: f32, u: u32 }
let bits = Bits { f: 1.0 };
//-
unsafe { format!("{:#x}", bits.u) }
//> 0x3f800000

//# type aliases
type Pairs = Vec<(String, u32)>;
//-
let pairs: Pairs = vec![("a".into(), 1)];
//-
pairs[0].1
//> 1

//# a type with a lifetime
struct Words<'a> { text: &'a str }
impl<'a> Words<'a> { fn first(&self) -> &'a str { self.text.split(' ').next().unwrap_or("") } }
//-
let w = Words { text: "static text" };
//-
w.first()
//> static

//# a type local to the cell
let n = { #[derive(Debug)] struct Inner(i32); Inner(4).0 };
n
//> 4

//# a drop runs once when a variable is replaced
struct Loud(&'static str); impl Drop for Loud { fn drop(&mut self) { println!("bye {}", self.0); } }
let loud = Loud("one");
//-
let loud = Loud("two");
//> bye one
drop(loud);
//> bye two
//~ moved
//% 2

//# a drop added later runs for what is made later and what was there before is dropped and said to be
struct Quiet(u8);
let q = Quiet(1);
//-
impl Drop for Quiet { fn drop(&mut self) { println!("now loud {}", self.0); } }
//~ `q` was dropped
let q = Quiet(2);
//-
let q = 0;
//> now loud 2

//# recursive types and reference counts
use std::rc::{Rc, Weak}; use std::cell::RefCell;
struct Node { name: String, parent: RefCell<Weak<Node>>, children: RefCell<Vec<Rc<Node>>> }
fn node(name: &str) -> Rc<Node> { Rc::new(Node { name: name.into(), parent: Default::default(), children: Default::default() }) }
//-
let root = node("root"); let leaf = node("leaf");
*leaf.parent.borrow_mut() = Rc::downgrade(&root);
root.children.borrow_mut().push(leaf.clone());
//-
let up = leaf.parent.borrow().upgrade().map(|p| p.name.clone());
//-
(up, Rc::strong_count(&leaf), Rc::weak_count(&root))
//> (Some("root"), 2, 1)
//~ `up` was moved
//% 2

//# visibility words do no harm
pub struct Open { pub a: i32, pub(crate) b: i32 }
pub fn open() -> Open { Open { a: 1, b: 2 } }
//-
open().a + open().b
//> 3

//# serde derive
#[derive(Serialize, Deserialize, Debug)] struct Row { #[serde(rename = "w")] word: String, n: Option<u8> }
//-
let row: Row = serde_json::from_str(r#"{"w": "x"}"#)?;
//-
serde_json::to_string(&row)?
//> {"w":"x","n":null}

//# phantom data and zero sized types
use std::marker::PhantomData;
struct Typed<T> { id: u32, marker: PhantomData<T> } struct User;
let id: Typed<User> = Typed { id: 7, marker: PhantomData };
//-
(id.id, std::mem::size_of_val(&id))
//> (7, 4)

//# derives for a map key
use std::collections::{HashMap, BTreeMap, HashSet};
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)] enum Key { A(u8), B }
let mut map: BTreeMap<Key, Vec<&'static str>> = BTreeMap::new();
//-
map.entry(Key::A(1)).or_default().push("x");
map.entry(Key::B).or_default().push("y");
//-
map.len()
//> 2
