//# a trait its impls and an object in four cells
trait Speak { fn name(&self) -> String; fn speak(&self) -> String { format!("{} speaks", self.name()) } }
//-
struct Dog; struct Cat { lives: u8 }
//-
impl Speak for Dog { fn name(&self) -> String { "dog".into() } }
impl Speak for Cat { fn name(&self) -> String { format!("cat{}", self.lives) } fn speak(&self) -> String { "no".into() } }
//-
let pets: Vec<Box<dyn Speak>> = vec![Box::new(Dog), Box::new(Cat { lives: 9 })];
//-
pets.iter().map(|p| p.speak()).collect::<Vec<_>>().join(", ")
//> dog speaks, no

//# a trait for a foreign type
trait Double { fn double(&self) -> Self; }
impl Double for i32 { fn double(&self) -> i32 { self * 2 } }
impl Double for String { fn double(&self) -> String { self.repeat(2) } }
//-
(4.double(), String::from("ab").double())
//> (8, "abab")

//# an extension trait with a blanket impl
trait Shout { fn shout(&self) -> String; }
impl<T: std::fmt::Display + ?Sized> Shout for T { fn shout(&self) -> String { format!("{self}!").to_uppercase() } }
//-
println!("{} {}", "hey".shout(), 42.shout());
//> HEY! 42!

//# associated types and constants
trait Container { type Item; const NAME: &'static str; fn get(&self, i: usize) -> Option<&Self::Item>; }
struct Letters(Vec<char>);
impl Container for Letters { type Item = char; const NAME: &'static str = "letters"; fn get(&self, i: usize) -> Option<&char> { self.0.get(i) } }
//-
fn describe<C: Container>(c: &C) -> String where C::Item: std::fmt::Debug { format!("{} {:?}", C::NAME, c.get(0)) }
//-
describe(&Letters(vec!['z']))
//> letters Some('z')

//# generic traits and several impls
trait Convert<T> { fn convert(&self) -> T; }
struct N(i32);
impl Convert<f64> for N { fn convert(&self) -> f64 { self.0 as f64 } }
impl Convert<String> for N { fn convert(&self) -> String { self.0.to_string() } }
//-
let s: String = N(3).convert(); let f: f64 = N(3).convert();
//-
(s, f)
//> ("3", 3.0)
//~ moved
//% 2

//# display and error
use std::fmt;
#[derive(Debug)] enum MyError { Empty, TooLong(usize) }
impl fmt::Display for MyError { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { match self { Self::Empty => write!(f, "empty"), Self::TooLong(n) => write!(f, "{n} too long") } } }
impl std::error::Error for MyError {}
//-
fn check(s: &str) -> Result<usize, MyError> { match s.len() { 0 => Err(MyError::Empty), n if n > 3 => Err(MyError::TooLong(n - 3)), n => Ok(n) } }
//-
check("ab")? + 1
//> 3
let x = 1;
check("abcdef")?
//! MyError line 2: 3 too long

//# an error that prints only with debug costs a second run
#[derive(Debug)] enum Bad { Worse(u8) }
fn fails() -> Result<(), Bad> { Err(Bad::Worse(3)) }
//-
fails().map(|_| 1).unwrap_or(2)
//> 2
fails()?;
//! Bad line 1: Worse(3)
let n = Ok::<u8, Bad>(7)?;
n
//> 7
//% 2

//# from and into and try from
struct Celsius(f64); struct Fahrenheit(f64);
impl From<Celsius> for Fahrenheit { fn from(c: Celsius) -> Self { Fahrenheit(c.0 * 9.0 / 5.0 + 32.0) } }
impl TryFrom<i64> for Celsius { type Error = String; fn try_from(n: i64) -> Result<Self, String> { if n < -273 { Err(format!("{n} is too cold")) } else { Ok(Celsius(n as f64)) } } }
//-
let f: Fahrenheit = Celsius(100.0).into();
f.0
//> 212.0
Celsius::try_from(-300)?;
//! Error line 1: -300 is too cold

//# an iterator of ones own
struct Fib { a: u64, b: u64 }
impl Iterator for Fib { type Item = u64; fn next(&mut self) -> Option<u64> { let r = self.a; (self.a, self.b) = (self.b, self.a + self.b); Some(r) } }
//-
Fib { a: 0, b: 1 }.skip(5).step_by(2).take(4).collect::<Vec<_>>()
//> [5, 13, 34, 89]

//# deref as ref and borrow
use std::ops::Deref;
struct Wrapper(Vec<i32>);
impl Deref for Wrapper { type Target = Vec<i32>; fn deref(&self) -> &Vec<i32> { &self.0 } }
//-
let w = Wrapper(vec![3, 1, 2]);
//-
w.iter().max().copied()
//> Some(3)

//# supertraits and generic bounds
trait Named { fn name(&self) -> String; }
trait Greeter: Named { fn greet(&self) -> String { format!("hello {}", self.name()) } }
struct A; impl Named for A { fn name(&self) -> String { "A".into() } } impl Greeter for A {}
//-
fn meet(g: &dyn Greeter) -> String { g.greet() }
meet(&A)
//> hello A

//# impl trait in arguments and results
fn evens(it: impl Iterator<Item = u32>) -> impl Iterator<Item = u32> { it.filter(|n| n % 2 == 0) }
//-
evens(0..7).map(|n| n * 10).collect::<Vec<_>>()
//> [0, 20, 40, 60]

//# any and downcasts
use std::any::Any;
#[derive(Debug)] struct Secret(u8);
let things: Vec<Box<dyn Any>> = vec![Box::new(1i32), Box::new("s"), Box::new(Secret(9))];
//-
things.iter().filter_map(|t| t.downcast_ref::<Secret>()).map(|s| s.0).sum::<u8>()
//> 9

//# a redefined trait drops its objects and says so
trait T { fn a(&self) -> i32; }
struct S; impl T for S { fn a(&self) -> i32 { 1 } }
let obj: Box<dyn T> = Box::new(S);
//-
trait T { fn b(&self) -> i32; fn a(&self) -> i32; }
impl T for S { fn a(&self) -> i32 { 1 } fn b(&self) -> i32 { 2 } }
//~ `obj` was dropped
obj.a()
//! E0425 line 1: obj
(S.a(), S.b())
//> (1, 2)

//# operators through a generic function
fn dot<T>(a: &[T], b: &[T]) -> T where T: Copy + std::ops::Mul<Output = T> + std::iter::Sum { a.iter().zip(b).map(|(x, y)| *x * *y).sum() }
//-
(dot(&[1, 2, 3], &[4, 5, 6]), dot(&[0.5], &[2.0]))
//> (32, 1.0)

//# generic associated types
trait Lend { type Item<'a> where Self: 'a; fn lend<'a>(&'a mut self) -> Option<Self::Item<'a>>; }
struct Windows { data: Vec<u8>, at: usize }
impl Lend for Windows { type Item<'a> = &'a mut [u8]; fn lend<'a>(&'a mut self) -> Option<&'a mut [u8]> { let at = self.at; self.at += 1; self.data.get_mut(at..at + 2) } }
//-
let mut w = Windows { data: vec![1, 2, 3], at: 0 };
while let Some(pair) = w.lend() { pair[1] += pair[0]; }
w.data.clone()
//> [1, 3, 6]

//# default generic parameters and phantom impls
trait Metric<T = f64> { fn value(&self) -> T; }
struct Acc; impl Metric for Acc { fn value(&self) -> f64 { 0.5 } }
Acc.value()
//> 0.5
