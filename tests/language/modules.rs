//# a module with private parts
mod shapes { pub struct Circle { pub r: f64, id: u32 } impl Circle { pub fn new(r: f64) -> Self { Self { r, id: next() } } pub fn id(&self) -> u32 { self.id } } fn next() -> u32 { 7 } }
//-
let c = shapes::Circle::new(2.0);
//-
(c.r, c.id())
//> (2.0, 7)

//# a private thing of a module stays private
mod m { pub fn open() -> i32 { hidden() } fn hidden() -> i32 { 1 } }
m::open()
//> 1
m::hidden()
//! E0603 line 1: private

//# use with rename group self and glob
use std::collections::{self, HashMap as Map, BTreeSet};
use std::fmt::Write as _;
//-
let mut m: Map<&str, collections::VecDeque<u8>> = Map::new(); m.insert("k", [1].into());
let mut s = String::new(); write!(s, "{}", m["k"].len())?;
//-
s
//> 1

//# nested modules and super
mod outer { pub const K: i32 = 2; pub mod inner { pub fn f() -> i32 { super::K * super::helper() } } fn helper() -> i32 { 5 } pub use inner::f as exported; }
use outer::exported;
//-
exported() + outer::inner::f()
//> 20

//# crate paths and self paths
fn root() -> i32 { 3 }
mod m { pub fn f() -> i32 { crate::root() + self::g() } fn g() -> i32 { 1 } }
use self::m::f;
//-
f() + crate::m::f()
//> 8

//# glob import of a module of ours
mod math { pub fn add(a: i32, b: i32) -> i32 { a + b } pub const PI: i32 = 3; #[derive(Debug)] pub struct V(pub i32); }
use math::*;
//-
let v = V(add(PI, 1));
//-
v.0
//> 4

//# a module redefined
mod m { pub fn f() -> i32 { 1 } }
use m::f;
//-
mod m { pub fn f() -> i32 { 2 } }
//-
f()
//> 2

//# an import that shadows the prelude
use std::fmt::Result;
fn show() -> Result { Ok(()) }
//-
show().is_ok()
//> true

//# an own type that shadows one of the prelude
struct Tensor { name: &'static str }
let t = Tensor { name: "mine" };
//-
t.name
//> mine

//# imports of traits reach later cells
use std::io::{Read, Write};
//-
let mut buf = String::new();
"text".as_bytes().read_to_string(&mut buf)?;
buf
//> text

//# an import that does not exist
use std::collections::HashMapp;
//! E0432 line 1: HashMapp

//# the next cell is well after a wrong import
use no_such_crate::thing;
//! E0432 line 1
1
//> 1

//# two imports of one name the later wins
use std::io::Result as R;
//-
use std::result::Result as R;
//-
let r: R<i32, String> = Ok(3);
//-
r.is_ok()
//> true

//# a module with tests and attributes
#[cfg(test)] mod tests { fn nothing() {} }
#[allow(dead_code)] mod quiet { fn unused() {} pub fn used() -> i32 { 1 } }
quiet::used()
//> 1

//# enums inside modules through a use
mod token { #[derive(Debug, Clone, PartialEq)] pub enum Token { Word(String), Number(i64), End } impl Token { pub fn is_end(&self) -> bool { matches!(self, Token::End) } } }
use token::Token::{self, *};
//-
let tokens = vec![Word("a".into()), Number(3), End];
//-
tokens.iter().filter(|t| !t.is_end()).count()
//> 2

//# a glob of the course costs only the cells that use it
use course::polars::prelude::*; use course::candle_core::IndexOp as _;
let words = vec!["a", "b"];
//-
let n = words.len() + 1; n
//> 3
df!("a" => [1, 2])?.height()
//> 2
let numbers = Series::new("s".into(), [1, 2, 3]);
//-
numbers.sum::<i32>()?
//> 6
fn pick(words: &[&str]) -> Option<String> { words.first().map(|word| word.to_string()) }
//-
pick(&words)
//> Some("a")
fn count(frame: &DataFrame) -> usize { frame.width() }
count(&df!("a" => [1], "b" => [2])?)
//> 2
