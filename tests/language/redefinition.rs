//# a type behind a dyn any in a static is another type when it is redefined
use std::any::Any; use std::sync::Mutex;
static HIDDEN: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());
struct Foo { canary: u64, n: u64 }
HIDDEN.lock()?.push(Box::new(Foo { canary: 1, n: 3 }));
//-
HIDDEN.lock()?[0].downcast_ref::<Foo>().map(|foo| foo.n)
//> Some(3)
struct Foo { canary: String }
HIDDEN.lock()?[0].downcast_ref::<Foo>().map(|foo| foo.canary.clone())
//> None
HIDDEN.lock()?.push(Box::new(Foo { canary: "second".into() })); HIDDEN.lock()?[1].downcast_ref::<Foo>().map(|foo| foo.canary.clone())
//> Some("second")
struct Foo { canary: u64, n: u64 }
let first = HIDDEN.lock()?[0].downcast_ref::<Foo>().map(|foo| foo.n);
let second = HIDDEN.lock()?[1].downcast_ref::<Foo>().is_none();
(first, second)
//> (Some(3), true)

//# a type behind a dyn any in a struct of ones own
use std::any::Any;
struct Holder { content: Box<dyn Any> }
struct Foo { n: u64 }
let holder = Holder { content: Box::new(Foo { n: 3 }) };
//-
struct Foo { text: String, more: String }
//-
holder.content.downcast_ref::<Foo>().map(|foo| foo.text.clone())
//> None

//# an error that is downcast
#[derive(Debug)] struct MyError { code: u64 }
impl std::fmt::Display for MyError { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "code {}", self.code) } }
impl std::error::Error for MyError {}
let error = std::io::Error::other(MyError { code: 7 });
//-
error.get_ref().and_then(|e| e.downcast_ref::<MyError>()).map(|e| e.code)
//> Some(7)
#[derive(Debug)] struct MyError { code: String }
impl std::fmt::Display for MyError { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "text {}", self.code) } }
//-
error.get_ref().and_then(|e| e.downcast_ref::<MyError>()).map(|e| e.code.clone())
//> None
error.to_string()
//> code 7

//# an alias between a type and its content
type Content = u64; struct Holder { canary: u8, content: Content } let holder = Holder { canary: 1, content: 2 };
//-
type Content = String;
//~ `holder` was dropped
holder.content
//! E0425 line 1: dropped
type Content = u64;
let holder = Holder { canary: 1, content: 2 };
//-
holder.content
//> 2

//# a const that sets a length
const N: usize = 2; struct Buffer([u64; N]); let buffer = Buffer([7; N]);
//-
const N: usize = 200;
//~ `buffer` was dropped
let buffer = Buffer([1; N]); buffer.0.len()
//> 200

//# a const fn that sets a length
const fn size() -> usize { 2 } struct Buffer { data: [u64; size()] } let buffer = Buffer { data: [1; size()] };
//-
const fn size() -> usize { 4 }
//~ `buffer` was dropped
buffer.data[3]
//! E0425 line 1

//# an associated const that sets a length
struct Dim; impl Dim { const N: usize = 2; } struct Vector { data: [u64; Dim::N] } let vector = Vector { data: [1; Dim::N] };
//-
impl Dim { const N: usize = 9; }
//~ `vector` was dropped
vector.data[8]
//! E0425 line 1

//# an associated type of a trait
trait Kind { type Inner; } struct Small; impl Kind for Small { type Inner = u8; }
struct Wrap<K: Kind> { inner: K::Inner } let wrap: Wrap<Small> = Wrap { inner: 200 };
//-
impl Kind for Small { type Inner = String; }
//~ `wrap` was dropped
wrap.inner
//! E0425 line 1

//# a macro that writes a field
macro_rules! fields { ($name:ident) => { struct $name { a: u64 } }; }
fields!(Foo);
let foo = Foo { a: 1 };
//-
foo.a
//> 1
macro_rules! fields { ($name:ident) => { struct $name { a: String } }; }
//~ `foo` was dropped
let foo = Foo { a: "text".into() };
foo.a.len()
//> 4

//# a macro in the place of a type
macro_rules! number { () => { u64 }; } struct Foo { n: number!() } let foo = Foo { n: 1 };
//-
macro_rules! number { () => { String }; }
//~ `foo` was dropped
foo.n
//! E0425 line 1

//# a renamed import
mod one { pub struct Inner(pub u64); } mod two { pub struct Inner(pub String); }
use one::Inner as Thing; struct Foo { thing: Thing } let foo = Foo { thing: Thing(1) };
//-
use two::Inner as Thing;
//~ `foo` was dropped
let foo = Foo { thing: Thing("x".into()) }; foo.thing.0.len()
//> 1

//# a module that is defined anew
mod shapes { pub struct Circle { pub r: f64 } } let c = shapes::Circle { r: 1.0 };
//-
mod shapes { pub struct Circle { pub name: String, pub r: f64 } }
//~ `c` was dropped
let c = shapes::Circle { name: "c".into(), r: 2.0 }; c.r
//> 2.0
c.name.len()
//> 1

//# a generic argument
struct A { n: u64 } struct Boxed<T>(Vec<T>); let boxed = Boxed(vec![A { n: 1 }]); let map = std::collections::HashMap::from([(1, A { n: 2 })]);
//-
struct A { n: String }
//~ dropped
map.len()
//! E0425 line 1

//# the discriminants of an enum
#[repr(u8)] #[derive(Clone, Copy)] enum Op { Add = 1, Sub = 2 } let op = Op::Sub;
//-
#[repr(u8)] #[derive(Clone, Copy)] enum Op { Sub = 1, Add = 2, Mul = 3 }
//~ `op` was dropped
op as u8
//! E0425 line 1

//# a variant that is added
#[derive(Debug)] enum Shape { Circle(f64) } let shapes = vec![Shape::Circle(1.0)];
//-
#[derive(Debug)] enum Shape { Named(String, u64), Circle(f64) }
//~ `shapes` was dropped
println!("{:?}", Shape::Circle(2.0));
//> Circle(2.0)

//# the field order and the repr
#[repr(C)] struct Pair { a: u32, b: u64 } let pair = Pair { a: 1, b: 2 };
//-
#[repr(C, packed)] struct Pair { a: u32, b: u64 }
//~ `pair` was dropped
std::mem::size_of::<Pair>()
//> 12

//# a redefined type keeps its private fields its derives and its methods
#[derive(Debug, Clone, PartialEq, Default)] struct Point { x: i32 }
let p = Point { x: 1 };
//-
#[derive(Debug, Clone, PartialEq, Default, Serialize)] struct Point { x: i32, y: i32, }
impl Point { fn sum(&self) -> i32 { self.x + self.y } }
//~ `p` was dropped
let p = Point { x: 1, ..Default::default() };
(p.clone(), p.sum(), p == Point { x: 1, y: 0 })
//> (Point { x: 1, y: 0 }, 1, true)
println!("{} {} {}", p.x, p.y, serde_json::to_string(&p)?);
//> 1 0 {"x":1,"y":0}

//# a redefined tuple struct and its constructor
struct Id(u64); let ids: Vec<Id> = vec![Id(1)];
//-
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)] struct Id(u32, u8);
//~ `ids` was dropped
let ids: Vec<Id> = (0..3).map(|n| Id(n, 0)).collect(); ids.iter().map(|id| id.0).sum::<u32>()
//> 3

//# a redefined enum with a glob import of its variants
#[derive(Debug, PartialEq)] enum Color { Red, Green } use Color::*;
let c = Red;
//-
#[derive(Debug, PartialEq)] enum Color { Blue, Red, Green }
//~ `c` was dropped
let c = Blue; (c == Blue, Red)
//> (true, Red)

//# a redefined generic type with bounds and a const
struct Ring<T> { items: Vec<T> } let ring = Ring { items: vec![1] };
//-
struct Ring<T, const N: usize> where T: Copy + Default { items: [T; N] }
impl<T: Copy + Default, const N: usize> Ring<T, N> { fn new() -> Self { Self { items: [T::default(); N] } } }
//~ `ring` was dropped
let ring: Ring<u8, 4> = Ring::new();
//-
ring.items.len()
//> 4

//# a redefined struct with lifetimes attributes and docs
struct Text<'a>(&'a str); let t = Text("a");
//-
/// A text.
#[derive(Clone, Copy)]
struct Text<'a> {
    /// The words.
    words: &'a str,
    pub count: usize,
}
//~ `t` was dropped
let t = Text { words: "a b", count: 2 };
//-
t.words.len() + t.count
//> 5

//# an error in a redefined type is told at its place
struct Foo { a: u64 } let f = Foo { a: 1 };
//-
struct Foo { a: u64, b: Unknown }
//! E0425 line 1: Unknown
f.a
//> 1
struct Foo { a: String, b: u64 } let g: Foo = Foo { a: 1, b: 2 };
//! E0308 line 1

//# a union and a trait that are redefined
union Bits { a: u32 } trait T { fn f(&self) -> i32; } impl T for u8 { fn f(&self) -> i32 { 1 } }
let b = Bits { a: 1 };
//-
union Bits { a: u64, b: [u8; 8] }
trait T { fn f(&self) -> i32; fn g(&self) -> i32 { self.f() + 1 } }
//~ `b` was dropped
(unsafe { Bits { a: 2 }.a }, 1u8.g())
//> (2, 2)

//# a boxed closure that captured an old value
struct Foo { n: u64 } let foo = Foo { n: 5 };
let read: Box<dyn Fn() -> u64> = Box::new(move || foo.n);
//-
struct Foo { n: String }
//~ `read` were dropped
read()
//! E0425 line 1

//# a function with a type inside
use std::any::Any;
fn make() -> Box<dyn Any> { struct Local { n: u64 } Box::new(Local { n: 1 }) }
fn check(b: &dyn Any) -> String { struct Local { n: u64 } b.downcast_ref::<Local>().map(|l| l.n.to_string()).unwrap_or("none".into()) }
check(&*make())
//> none

//# a value of an unchanged type outlives the redefinition of another
struct A { n: u64 } struct B { n: u64 } let a = A { n: 1 }; let b = B { n: 2 };
//-
struct A { n: String }
//~ `a` was dropped
b.n
//> 2

//# a type that is defined again as it was
#[derive(Debug)] struct Same { a: u64 } let same = Same { a: 1 };
//-
#[derive(Debug)] struct Same { a: u64 }
//-
same.a
//> 1

//# an own type with the name of a librarys leaves the librarys values alone
let t = Tensor::zeros(2, DType::F32, &Device::Cpu)?; let v = vec![1, 2];
//-
struct Tensor { mine: u8 } struct Vec3(f64); mod vec {}
//-
t.dims().len() + v.len()
//> 3

//# imports of names and globs leave variables alone
struct Foo { v: Vec<u8>, o: Option<String> } let foo = Foo { v: vec![1], o: None };
//-
use std::collections::*; use std::io::Write; mod tools { pub fn helper() -> u8 { 1 } } use tools::*;
//-
foo.v.len() + helper() as usize
//> 2

//# a glob that brings another meaning for a field
struct Foo { v: Vec<u8> } let foo = Foo { v: vec![1] };
//-
mod mine { pub struct Vec<T>(pub T, pub u64); } use mine::*;
//~ `foo` was dropped
foo.v
//! E0425 line 1

//# a destructor that comes later
struct Guard { n: u64 } struct Other { n: u64 }
let guard = Guard { n: 1 }; let guards = vec![Some(Guard { n: 2 })]; let other = Other { n: 3 };
//-
impl Drop for Guard { fn drop(&mut self) { println!("gone {}", self.n); } }
//~ `guard`, `guards` were dropped
guard.n
//! E0425 line 1: gave its type a destructor
let guard = Guard { n: 4 }; other.n
//> 3
impl Drop for Guard { fn drop(&mut self) { println!("gone again {}", self.n); } }
//-
drop(guard);
//> gone again 4
//~ `guard` was moved
//% 2
