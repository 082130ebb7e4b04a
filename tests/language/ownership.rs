//# a moved variable is gone and says so
let parcel = String::from("x");
//-
let taken = parcel;
//~ `parcel` was moved in cell
//% 2
parcel.len()
//! E0425 line 1: moved
taken
//> x

//# a variable moved into a new one of its name
let a = String::from("x");
//-
let a = a + "y";
//-
//% 2
a.clone()
//> xy
let a = [a.clone(), a].concat(); let b = a.len();
//-
//% 2
a
//> xyxy

//# moved into a new one of its name, which is moved too
let a = String::from("x");
//-
let a = a + "y"; let b = a;
//-
//% 2
b
//> xy
a
//! E0425 line 1: moved

//# a variable moved in its own cell is simply not kept
let a = String::from("a"); let b = a;
b.len()
//> 1
//% 2

//# a borrow of the same cell
let owner = vec![1, 2, 3];
let view = &owner[1..];
view.len()
//> 2
//~ `view` borrows
//% 2
owner.len()
//> 3

//# a borrow of an earlier cells variable
let text = String::from("a b c");
//-
let words: Vec<&str> = text.split(' ').collect();
words.len()
//> 3
//~ `words` borrows
//% 2
text.len()
//> 5

//# collected references of a temporary cell block
let text = String::from("a b c");
let longest = text.split(' ').max().map(str::to_owned);
//-
longest
//> Some("c")

//# static strings collected live on
let words: Vec<&str> = "a b c".split(' ').collect();
//-
words.concat()
//> abc

//# a mutable borrow used across statements
let mut list = vec![3, 1, 2];
let last = list.last_mut().unwrap();
*last = 9;
list.sort();
list.clone()
//> [1, 3, 9]
//~ `last` borrows
//% 2

//# a move in a loop
let name = String::from("n");
for _ in 0..2 { drop(name); }
//! E0382 line 2: one owner

//# clone keeps
let name = String::from("n");
//-
drop(name.clone());
//-
name
//> n

//# a move into a closure that is kept
let name = String::from("n");
let hello: Box<dyn Fn() -> String> = Box::new(move || format!("hello {name}"));
//-
//% 2
hello()
//> hello n

//# option take and mem replace
let mut slot = Some(String::from("v"));
//-
let got = slot.take();
//-
(slot.is_none(), got.as_deref())
//> (true, Some("v"))

//# a conditional move
let s = String::from("s");
//-
if false { drop(s); }
//~ moved
//% 2

//# lifetimes in functions
fn longer<'a>(a: &'a str, b: &'a str) -> &'a str { if a.len() > b.len() { a } else { b } }
//-
let own = String::from("longest");
longer(&own, "short").to_owned()
//> longest

//# moving out of a vector
let v = vec![String::from("a")];
let first = v[0];
//! E0507 line 2: Clone it

//# two mutable borrows
let mut v = vec![1];
let a = &mut v;
let b = &mut v;
a.push(1); b.push(2);
//! E0499 line 3: Two writers

//# partial moves
struct Pair { a: String, b: String }
let pair = Pair { a: "a".into(), b: "b".into() };
let Pair { a, .. } = pair;
pair.b.len() + a.len()
//> 2
//% 2

//# boxed slices cows and rcs
use std::{borrow::Cow, rc::Rc};
let c: Cow<'static, str> = Cow::Borrowed("static"); let r: Rc<str> = "rc".into(); let b: Box<[u8]> = vec![1, 2].into();
//-
(c.len(), r.len(), b.len())
//> (6, 2, 2)

//# a leaked reference lives on
let forever: &'static [i32] = Vec::leak(vec![1, 2, 3]);
//-
forever.iter().sum::<i32>()
//> 6

//# many variables moved at once
let (a, b, c) = (String::from("a"), String::from("b"), String::from("c"));
//-
let all = [a, b, c].concat();
//~ moved
//% 2
all
//> abc
