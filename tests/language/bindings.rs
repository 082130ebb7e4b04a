//# the last expression is shown
1 + 1
//> 2

//# a semicolon shows nothing
1 + 1;
//~ unused arithmetic operation

//# a later let shadows an earlier one in one cell
let x = 1;
let x = x * 10;
let x = format!("<{x}>");
x
//> <10>

//# a later cell shadows with another type
let x = 1;
//-
let x = format!("{x}{x}");
//-
x.len()
//> 2

//# shadowing with a value made of the old one keeps the new one
let words = "a b c";
//-
let words: Vec<&str> = words.split(' ').collect();
//-
words.len()
//> 3

//# a variable shadowed inside a block is untouched outside
let x = 1;
//-
{ let x = 2; println!("{x}"); }
x
//> 2
//> 1

//# mut is kept as declared
let mut counter = 0;
//-
counter += 5;
//-
counter
//> 5

//# a variable that is not mut stays so in the next cell
let fixed = 1;
//-
fixed = 2;
//! E0594 line 1: let mut

//# several variables in one pattern
let (a, [b, .., c], d @ 1..=9) = (1, [2, 3, 4], 5) else { panic!() };
//-
(a, b, c, d)
//> (1, 2, 4, 5)

//# let else that does not match ends in its else branch
let Some(n) = None::<i32> else { panic!("nothing there") };
//! Panic line 1: nothing there

//# let else keeps its names
let Ok(n) = "17".parse::<i32>() else { unreachable!() };
//-
n
//> 17

//# a struct pattern makes variables
struct Point { x: i32, y: i32 }
let Point { x, y: height } = Point { x: 1, y: 2 };
//-
x + height
//> 3

//# ref and ref mut patterns end with the cell
let pair = (String::from("a"), 1);
let (ref name, n) = pair;
println!("{name}");
//> a
//~ `name` borrows
//% 2
n + 1
//> 2

//# declared first and assigned later
let late;
if 1 < 2 { late = "yes" } else { late = "no" }
//-
late
//> yes

//# an underscore drops and an underscored name stays
struct Loud; impl Drop for Loud { fn drop(&mut self) { println!("bye"); } }
let _ = Loud;
println!("after");
//> bye
//> after
let _kept = Loud;
//-
drop(_kept);
//> bye
//~ moved
//% 2

//# the value of an if, a match, a loop and a labelled block
let a = if true { 1 } else { 2 };
let b = match a { 1 => "one", _ => "other" };
let c = loop { break 7 };
let d = 'found: { for i in 0.. { if i * i > 50 { break 'found i; } } 0 };
(a, b, c, d)
//> (1, "one", 7, 8)

//# a cell of comments only
// nothing
/* here /* at */ all */
//-

//# an empty cell
   
//-

//# a doc comment before an item
/// Twice as much.
fn double(x: i32) -> i32 { x * 2 }
double(4)
//> 8

//# a cell that ends in a comment
let x = 3;
x // the value
//> 3

//# unit values show nothing
let unit = ();
unit
//-

//# unicode names
let größe = 3; let 数 = 4; let переменная = 5;
//-
größe + 数 + переменная
//> 12

//# raw names
let r#type = "t"; fn r#match() -> i32 { 7 }
//-
(r#type, r#match())
//> ("t", 7)

//# one name as variable and function in turn
fn twice(x: i32) -> i32 { x * 2 }
let six = twice(3);
//-
let twice = twice(10);
//-
twice
//> 20

//# early return ends the cell
println!("one");
if 1 < 2 { return Ok(()); }
println!("two");
//> one

//# a variable made before an error is not kept
let before = 1;
let n: i32 = "x".parse()?;
//! ParseIntError line 2: invalid digit
before
//! E0425 line 1: before

//# a variable is kept as it was when its cell fails
let mut list = vec![1];
//-
list.push(2);
panic!("now");
//! Panic line 2: now
list.clone()
//> [1, 2]

//# a long tuple and a nested type live on
let long: (i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, char, bool) = (1, 2, 3, 4, 5, 6, 7, 8, 1.5, 2.5, 'c', true);
let nested: Option<Result<Vec<Box<[(u8, String); 2]>>, std::fmt::Error>> = Some(Ok(vec![]));
//-
(long.11, long.9, nested.unwrap().unwrap().len())
//> (true, 2.5, 0)
//~ `nested` was moved
//% 2

//# a never typed variable
let f = || -> ! { panic!("never") };
println!("still here");
//> still here
//~ closure
