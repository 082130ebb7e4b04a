//# ranges bindings guards and alternatives
let name = |n: i32| match n { i32::MIN..=-1 => "negative", 0 => "zero", x @ (1 | 2 | 3) if x != 2 => "one or three", 2 => "two", _ => "many" };
[-5, 0, 2, 3, 9].map(name).join(" ")
//> negative zero two one or three many
//~ closure

//# slices
fn describe(s: &[i32]) -> String {
    match s {
        [] => "empty".into(),
        [one] => format!("just {one}"),
        [first, rest @ ..] if rest.len() > 2 => format!("{first} and {} more", rest.len()),
        [first, .., last] => format!("{first} to {last}"),
    }
}
for s in [&[][..], &[1], &[1, 2], &[1, 2, 3, 4]] { println!("{}", describe(s)); }
//> empty
//> just 1
//> 1 to 2
//> 1 and 3 more

//# if let chains
let config = Some("8");
if let Some(text) = config && let Ok(n) = text.parse::<i32>() && n > 5 { println!("{n}") }
//> 8

//# while let
let mut stack = vec![1, 2, 3];
while let Some(top) = stack.pop() { print!("{top} ") }
//> 3 2 1 

//# an enum of an earlier cell is matched
enum Shape { Circle { r: f64 }, Rect(f64, f64), Unit }
//-
let shapes = vec![Shape::Circle { r: 1.0 }, Shape::Rect(2.0, 3.0), Shape::Unit];
//-
shapes.iter().map(|s| match s { Shape::Circle { r } => r * 3.0, Shape::Rect(w, h) => w * h, Shape::Unit => 1.0 }).sum::<f64>()
//> 10.0

//# a match that forgets a case
enum Light { Red, Green, Yellow }
//-
match Light::Red {
    Light::Red => 1,
    Light::Green => 2,
}
//! E0004 line 1: every case
//+ Light::Yellow

//# use of an enum's variants by glob
#[derive(Debug, Clone, Copy, PartialEq)] enum Color { Red, Green }
use Color::*;
let c = Red;
//-
(c == Red, Green)
//> (true, Green)

//# constants in patterns
const LIMIT: u8 = 10;
//-
match 10u8 { LIMIT => "at the limit", _ => "elsewhere" }
//> at the limit

//# matches
let token = Some('x');
matches!(token, Some('a'..='z'))
//> true

//# nested options and references
let v = vec![Some((1, "a")), None, Some((2, "b"))];
v.iter().flatten().map(|&(n, s)| format!("{n}{s}")).collect::<String>()
//> 1a2b

//# box and deref
let boxed = Box::new((1, 2));
let (a, b) = *boxed;
//-
a + b
//> 3

//# destructuring assignment
let (mut a, mut b) = (1, 2);
//-
(a, b) = (b, a + b);
[a, b] = [b, a + b];
//-
(a, b)
//> (3, 5)
