//# cells run out of order and again
fn scale(x: f64) -> f64 { x * FACTOR }
//! E0425 line 1: FACTOR
const FACTOR: f64 = 3.0;
//-
fn scale(x: f64) -> f64 { x * FACTOR }
scale(2.0)
//> 6.0
const FACTOR: f64 = 10.0;
//-
scale(2.0)
//> 20.0

//# a failed cell leaves nothing behind
fn good() -> i32 { 1 }
fn bad() -> i32 { "text" }
//! E0308 line 2
good()
//! E0425 line 1

//# a cell that panics keeps what it defined
struct Kept(i32);
fn kept() -> Kept { Kept(4) }
panic!("after the definitions");
//! Panic line 3
kept().0
//> 4

//# the same cell many times
let mut n = 0;
//-
n += 1; n
//> 1
n += 1; n
//> 2
let mut n = 0;
//-
n += 1; n
//> 1

//# a variable becomes a function and a type a variable
let thing = 1;
//-
fn thing() -> i32 { 2 }
let value = thing();
//~ its name is now `fn thing`
value
//> 2

//# a function replaced by a struct of its name
fn Point() -> i32 { 1 }
//-
struct Point { x: i32 }
//-
Point { x: 3 }.x
//> 3

//# a trait implemented for a type of an earlier cell whose function changes
trait Area { fn area(&self) -> f64; }
struct Square(f64);
//-
impl Area for Square { fn area(&self) -> f64 { self.0 } }
let s = Square(3.0);
//-
s.area()
//> 3.0
impl Area for Square { fn area(&self) -> f64 { self.0 * self.0 } }
//-
s.area()
//> 9.0

//# restart keeps functions and loses variables
fn f() -> i32 { 5 } struct S(i32); let kept = S(1);
//-
:restart
//-
f()
//> 5
kept.0
//! E0425 line 1

//# clear loses all
fn f() -> i32 { 5 } let x = 1;
//-
:clear
//-
f()
//! E0425 line 1
x
//! E0425 line 1

//# inner attributes at the top of a cell
#![allow(unused_must_use)]
Ok::<i32, String>(1);
println!("quiet");
//> quiet

//# a nightly feature stays closed
#![feature(box_patterns)]
1
//! E0725

//# a shebang and a bom are no trouble
1 + 2
//> 3

//# many items and statements mixed
let a = 1;
fn f(x: i32) -> i32 { x + C }
let b = f(a);
const C: i32 = 10;
struct S(i32);
let c = S(b);
impl S { fn get(&self) -> i32 { self.0 } }
c.get()
//> 11

//# names of the engine are free
let store = 1; let result = 2; let run = 3; let name = 4; let value = 5; let cell = 6; let error = 7; let course_clock = 8;
//-
store + result + run + name + value + cell + error + course_clock
//> 36

//# a name of a macro and of a variable
let vec = 1; let format = 2; let println = 3;
//-
println!("{} {vec} {format} {println}", vec![1].len());
//> 1 1 2 3

//# std names shadowed by ones own
struct Result(i32); enum Option { Nothing } fn drop(x: i32) -> i32 { x + 1 }
//-
let r = Result(1); let n: std::option::Option<i32> = None;
//-
(r.0, drop(2), n)
//> (1, 3, None)
