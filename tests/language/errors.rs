//# E0382 a value used after it was moved
let a = String::from("a");
let b = a;
a.len()
//! E0382 line 3: A value in Rust has one owner

//# E0502 reading while changing
let mut v = vec![1, 2, 3];
for x in &v { v.push(*x); }
//! E0502 line 2: many readers or one writer

//# E0505 moved while borrowed
let s = String::from("s");
let r = &s;
drop(s);
println!("{r}");
//! E0505 line 3: given away while a reference

//# E0506 assigned while borrowed
let mut n = 1;
let r = &n;
n = 2;
println!("{r}");
//! E0506 line 3: assigned to while a reference

//# E0515 a reference to a local
fn name() -> &'static str { let s = String::from("s"); &s }
//! E0515 line 1: ends with the function

//# E0597 a reference that outlives its block
let r;
{ let x = 5; r = &x; }
println!("{r}");
//! E0597 line 2: outlives what it points to

//# E0716 a reference to a temporary
let s: &str = String::from("a b").as_str();
println!("{s}");
//! E0716 line 1: Give the value a name

//# E0308 the wrong type
let n: i32 = "five";
//! E0308 line 1: never converts between types by itself

//# E0308 a missing reference
fn show(s: &String) -> usize { s.len() }
show(String::from("x"))
//! E0308 line 2: never converts

//# E0277 a trait that is missing
struct P;
println!("{}", P);
//! E0277 line 2: needs an ability

//# E0277 adding different numbers has no list of strangers
let a = 1i32 + 1.5f64;
//! E0277 line 1: needs `Add`
//= candle
//= polars
//= Complex

//# E0277 adding a number to a text
let a = 1 + "one";
//! E0277 line 1: needs `Add`
//= polars

//# E0277 an index of the wrong type
let v = vec![1, 2]; let i = 1i32;
v[i]
//! E0277 line 2: An index is a `usize`

//# E0277 a question mark on an option
let v: Vec<i32> = vec![];
let first = v.first()?;
//! E0277 line 2: ok_or

//# E0277 not an iterator
for x in 5 { println!("{x}"); }
//! E0277 line 1: a `for` loop needs an iterator

//# E0282 a type nobody can tell
let v = Vec::new();
//! E0282 line 1: Rust cannot tell which type

//# E0283 a collect without a target
let v = "a b".split(' ').collect();
//! E0283 line 1: Rust cannot tell which type

//# E0425 a name nobody knows
let total = unheard_of + 1;
//! E0425 line 1: Nothing of that name is known yet

//# E0433 a path that leads nowhere
let m = unheard::of();
//! E0433 line 1: does not lead anywhere

//# E0432 an import that is wrong
use std::collections::Hashmap;
//! E0432 line 1: does not lead anywhere

//# E0412 a type nobody knows
fn f(x: Unheard) {}
//! E0425 line 1

//# E0599 a method that is not there
vec![1].frobnicate()
//! E0599 line 1: has no such method

//# E0560 a field that is not there
struct Point { x: i32 }
let p = Point { x: 1, z: 2 };
//! E0560 line 2: no field of that name

//# E0609 a field read that is not there
struct Point { x: i32 }
Point { x: 1 }.z
//! E0609 line 2: no field of that name

//# E0063 a field forgotten
struct Point { x: i32, y: i32 }
let p = Point { x: 1 };
//! E0063 line 2: all its fields

//# E0061 too many arguments
fn f(x: i32) -> i32 { x }
f(1, 2)
//! E0061 line 2: more or fewer arguments

//# E0106 a lifetime left out
struct Words { text: &str }
//! E0106 line 1: needs a lifetime

//# E0384 changed without mut
fn f() { let x = 1; x = 2; }
//! E0384 line 1: declare it `let mut`

//# E0384 changed at the top of a cell
let x = 1;
x = 2;
//! E0384 line 2: declare it `let mut`

//# E0594 changed in a later cell
let x = 1;
//-
x += 2;
//! E0594 line 1: declare it `let mut`

//# E0596 a list that is not mut
let v = vec![1];
v.push(2);
//! E0596 line 2: needs `mut`

//# E0369 an operator that is not defined
struct P;
let p = P == P;
//! E0369 line 2: operator is not defined

//# E0369 two texts added
let a = "a" + "b";
//! E0369 line 1: operator is not defined

//# E0373 a thread that borrows
let v = vec![1];
let t = std::thread::spawn(|| println!("{v:?}"));
//! E0373 line 2: write `move |…|`

//# E0004 a match with a hole
match 3u8 { 0..=9 => "digit" }
//! E0004 line 1: cover every case

//# E0603 something private
mod m { fn hidden() {} }
m::hidden();
//! E0603 line 2: keeps it to itself

//# E0046 a trait half done
trait T { fn a(&self); fn b(&self); }
struct S;
impl T for S { fn a(&self) {} }
//! E0046 line 3: everything that the trait asks for

//# E0107 too few type parameters
let m: std::collections::HashMap<u8> = Default::default();
//! E0107 line 1: number of type parameters

//# E0605 a cast that does not go
let n = "5" as i32;
//! E0606 line 1: `as` converts between numbers only

//# E0072 a type that contains itself
struct List { next: Option<List> }
//! E0072 line 1: into a `Box`

//# E0117 a foreign trait for a foreign type
impl std::fmt::Display for Vec<u8> { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { Ok(()) } }
//! E0117 line 1: wrap the type

//# E0428 a name twice in a cell
struct A;
struct A;
//! E0428 line 2: defined twice in this cell

//# E0038 a trait that cannot be an object
trait Make { fn make() -> Self; }
fn f(x: &dyn Make) {}
//! E0038 line 2: cannot stand behind `dyn`

//# E0521 data borrowed into a task
fn run(s: &str) { std::thread::spawn(move || println!("{s}")); }
//! E0521 line 1: owned copy

//# an error in a function of an earlier cell is told in that cells lines
struct Config { size: usize }
fn area(c: &Config) -> usize {
    c.size * c.size
}
//-
struct Config { width: usize }
area(&Config { width: 1 })
//! E0425 line 2: `fn area` of cell

//# several errors are one report in order
let a = missing_one;
let b = missing_two;
//! E0425 line 1: missing_one
//+ missing_two

//# the line is right behind text of several bytes
let s = "äöü→😀"; let n: i32 = "x";
//! E0308 line 1

//# the line is right in a long cell with items between statements
let a = 1;

fn helper() -> i32 {
    2
}

let b = a + helper() + "x";
//! E0277 line 7

//# brackets that do not match
fn f() {
    let v = vec![1, 2;
}
//! SyntaxError line 2

//# a missing semicolon
let a = 1
let b = 2;
//! SyntaxError line 1: expected `;`

//# a string that does not end
let s = "never closed;
s.len()
//! E0765 line 1

//# a warning is told and does no harm
let unused_result = Ok::<i32, String>(1);
Ok::<i32, String>(1);
println!("ran");
//> ran
//~ unused `Result` that must be used

//# what the compiler knows will overflow
let x: u8 = 255 + 1;
//! arithmetic_overflow line 1: does not fit the type
