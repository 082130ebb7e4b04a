//# a function of an earlier cell
fn area(w: f64, h: f64) -> f64 { w * h }
//-
area(2.0, 4.5)
//> 9.0

//# functions that call each other in any order of definition
fn is_even(n: u32) -> bool { n == 0 || is_odd(n - 1) }
fn is_odd(n: u32) -> bool { n != 0 && is_even(n - 1) }
//-
(is_even(10), is_odd(7))
//> (true, true)

//# a function that calls one of a later cell
fn is_odd(n: u32) -> bool { n != 0 && !is_odd(n - 1) }
fn outer(n: u32) -> bool { is_odd(n) }
//-
fn is_odd(n: u32) -> bool { n % 2 == 1 }
//-
outer(3)
//> true

//# a redefined function is used by its callers
fn base() -> i32 { 1 }
fn caller() -> i32 { base() * 10 }
//-
fn base() -> i32 { 2 }
//-
caller()
//> 20

//# fn main is a function like any other
fn main() { println!("main"); }
main();
//> main

//# fn main alone defines and does not run
fn main() { println!("main"); }
//-
main()
//> main

//# generics and where clauses
fn largest<T>(items: &[T]) -> Option<&T> where T: PartialOrd { let mut it = items.iter(); let mut best = it.next()?; for i in it { if i > best { best = i } } Some(best) }
//-
println!("{:?} {:?}", largest(&[1, 5, 2]), largest::<f64>(&[]));
//> Some(5) None

//# closures capture and are local
let offset = 10;
let add = move |x: i32| x + offset;
add(1)
//> 11
//~ `add` is a closure

//# a boxed closure lives on
let offset = 10;
let add: Box<dyn Fn(i32) -> i32> = Box::new(move |x| x + offset);
//-
add(5) + offset
//> 25

//# closures that change and consume
let mut log: Vec<String> = Vec::new();
let mut note = |s: &str| log.push(s.to_owned());
note("a"); note("b");
log.len()
//> 2
//~ `note` borrows
//% 2

//# a function pointer lives on
fn double(x: i32) -> i32 { x * 2 }
let f: fn(i32) -> i32 = double;
//-
f(4)
//> 8

//# functions that return closures
fn adder(n: i32) -> impl Fn(i32) -> i32 { move |x| x + n }
fn boxed(n: i32) -> Box<dyn Fn(i32) -> i32> { Box::new(move |x| x * n) }
//-
let g = boxed(3);
//-
adder(1)(g(2))
//> 7

//# functions taking closures
fn apply<F: FnMut(i32) -> i32>(mut f: F, n: i32) -> Vec<i32> { (0..n).map(|i| f(i)).collect() }
//-
let mut seen = 0;
let out = apply(|i| { seen += i; i * i }, 4);
(seen, out.len())
//> (6, 4)

//# const generics
fn sum<const N: usize>(a: [i32; N]) -> i32 { a.iter().sum::<i32>() * N as i32 }
struct Grid<const R: usize, const C: usize>([[u8; C]; R]);
impl<const R: usize, const C: usize> Grid<R, C> { const CELLS: usize = R * C; fn size(&self) -> usize { Self::CELLS } }
//-
let grid = Grid([[0; 3]; 2]);
//-
(sum([1, 2, 3]), grid.size())
//> (18, 6)

//# const fn and a const made by it
const fn factorial(n: u64) -> u64 { if n == 0 { 1 } else { n * factorial(n - 1) } }
const TEN: u64 = factorial(10);
//-
[0u8; factorial(3) as usize].len() as u64 + TEN
//> 3628806

//# a function local to a function
fn outer() -> i32 { fn inner() -> i32 { 3 } inner() * inner() }
//-
outer()
//> 9

//# recursion with an accumulator
fn sum(list: &[i64], acc: i64) -> i64 { match list { [] => acc, [first, rest @ ..] => sum(rest, acc + first) } }
sum(&(1..=1000).collect::<Vec<_>>(), 0)
//> 500500

//# iterator chains
(1..=10).filter(|n| n % 2 == 0).map(|n| n * n).scan(0, |s, n| { *s += n; Some(*s) }).collect::<Vec<i32>>()
//> [4, 20, 56, 120, 220]

//# an opaque iterator stays in its cell
let evens = (0..10).filter(|n| n % 2 == 0);
let total: i32 = evens.sum();
total
//> 20
//% 2

//# attributes on functions
#[inline(never)] #[must_use] fn important() -> i32 { 1 }
//-
important();
//~ unused return value

//# unsafe and extern functions
unsafe fn raw(p: *const i32) -> i32 { unsafe { *p } }
extern "C" fn from_c(x: i32) -> i32 { x + 1 }
//-
let n = 41;
unsafe { raw(&n) + from_c(0) }
//> 42

//# an unsafe call without unsafe
unsafe fn raw() -> i32 { 1 }
raw()
//! E0133 line 2: unsafe
