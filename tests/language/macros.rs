//# a macro of an earlier cell
macro_rules! square { ($x:expr) => { $x * $x }; }
//-
square!(7)
//> 49

//# a macro with repetitions and recursion
macro_rules! hashmap { ($($k:expr => $v:expr),* $(,)?) => {{ let mut m = std::collections::BTreeMap::new(); $(m.insert($k, $v);)* m }}; }
macro_rules! count { () => { 0 }; ($head:tt $($tail:tt)*) => { 1 + count!($($tail)*) }; }
//-
let m = hashmap! { "a" => 1, "b" => 2, };
(m["b"], count!(a b c))
//> (2, 3)

//# a macro that makes a type
macro_rules! record { ($name:ident { $($field:ident : $ty:ty),* }) => { #[derive(Debug, Clone)] struct $name { $($field: $ty),* } impl $name { fn fields() -> Vec<&'static str> { vec![$(stringify!($field)),*] } } }; }
//-
record!(Person { name: String, age: u8 });
//-
let p = Person { name: "Ada".into(), age: 36 };
println!("{:?}", Person::fields());
//> ["name", "age"]
p.age
//> 36

//# a macro that makes a function
macro_rules! getter { ($name:ident, $value:expr) => { fn $name() -> i32 { $value } }; }
getter!(three, 3);
three()
//> 3
three() + 1
//> 4

//# a macro that implements a trait for many types
trait Zero { fn zero() -> Self; }
macro_rules! zero { ($($t:ty),*) => { $(impl Zero for $t { fn zero() -> Self { 0 as $t } })* }; }
zero!(i32, f64, u8);
//-
(i32::zero(), f64::zero())
//> (0, 0.0)

//# a macro redefined
macro_rules! answer { () => { 41 }; }
fn ask() -> i32 { answer!() }
//-
macro_rules! answer { () => { 42 }; }
//-
(answer!(), ask())
//> (42, 42)

//# a macro that uses an earlier function and type
struct Log(Vec<String>); fn stamp(s: &str) -> String { format!("[{s}]") }
macro_rules! log { ($log:expr, $($arg:tt)*) => { $log.0.push(stamp(&format!($($arg)*))) }; }
let mut l = Log(vec![]);
//-
let n = 3; log!(l, "n is {n} and {}", n + 1);
//-
l.0.join("")
//> [n is 3 and 4]

//# a macro used before its definition in the cell
let x = 1;
later!(x)
macro_rules! later { ($x:expr) => { $x }; }
//! SyntaxError line 2

//# a macro hygienic
macro_rules! swap_add { ($a:ident, $b:ident) => {{ let tmp = $a; $a = $b; $b = tmp; $a + $b }}; }
let (mut a, mut b) = (1, 2); let tmp = 5;
(swap_add!(a, b), a, b, tmp)
//> (3, 2, 1, 5)

//# macros of the standard library
let v = vec![0u8; 3]; assert_eq!(v.len(), 3); assert!(v.is_empty() == false, "text {}", 1);
let s = concat!("a", 1, true); let line = line!(); let m = module_path!();
println!("{s} {} {m}", stringify!(a + b)); eprint!(""); let _ = dbg_free();
fn dbg_free() -> i32 { todo_free() } fn todo_free() -> i32 { 1 }
//> a1true a + b notebook

//# todo and unimplemented point at their line
fn later() -> i32 {
    todo!("write this")
}
later()
//! Panic line 2: not yet implemented: write this

//# a macro with a block that returns a value in a let
macro_rules! maybe { ($e:expr) => { match $e { Some(v) => v, None => return Ok(()) } }; }
let x = maybe!(Some(4));
//-
let y: i32 = maybe!(None);
println!("not reached");
//-
x
//> 4

//# matching on token trees and visibility
macro_rules! fns { ($($vis:vis fn $name:ident = $e:expr;)*) => { $($vis fn $name() -> i32 { $e })* }; }
fns! { pub fn one = 1; fn two = 2; }
//-
one() + two()
//> 3

//# a macro made by a macro
macro_rules! make { ($name:ident, $value:expr) => { macro_rules! $name { () => { $value }; } }; }
make!(seven, 7);
seven!()
//> 7
