//# raw strings with braces and quotes
let raw = r#"{"name": "x", "list": [{}, {y}]}"#; let y = 1;
//-
println!("{raw} {y}");
//> {"name": "x", "list": [{}, {y}]} 1

//# format captures of earlier variables
let name = "Ada"; let width = 6usize; let precision = 2usize; let x = 3.14159;
//-
println!("{name:>width$}|{x:.precision$}|{x:>width$.precision$}|{name:?}|{{x}}|{0:#x}", 255);
//>    Ada|3.14|  3.14|"Ada"|{x}|0xff

//# captures in nested macros and in assert
let expected = 3usize; let list = vec![1, 2, 3];
//-
assert_eq!(list.len(), expected, "{list:?} should have {expected}"); println!("{}", format!("{}", format_args!("{expected:03}")));
//> 003

//# strings over several lines
let text = "one
two \
   three";
println!("{text}");
//> one
//> two three

//# code in strings is no code
let s = "let hidden = 1; fn f() {} // no"; let c = '"'; let b = b"bytes\x00"; let cs = c"c text";
//-
(s.len(), c, b.len(), cs.to_bytes().len())
//> (31, '"', 6, 6)

//# emoji and combining characters
let family = "👨‍👩‍👧"; let e = "e\u{301}";
//-
(family.chars().count(), e.chars().count(), family.len())
//> (5, 2, 18)

//# a lifetime a label and a char look alike
fn first<'a>(s: &'a str) -> char { 'outer: loop { for c in s.chars() { break 'outer c; } break 'x'; } }
//-
(first("abc"), first(""))
//> ('a', 'x')

//# numbers in all writings
(1_000u64, 0xff, 0o17, 0b1010, 1e3, 2.5e-1f32, b'a', 1.0f64 as i32, i128::MAX)
//> (1000, 255, 15, 10, 1000.0, 0.25, 97, 1, 170141183460469231731687303715884105727)

//# printing without a newline and on stderr
print!("a"); print!("b"); eprintln!("c");
//> abc

//# byte strings and utf 8
let bytes = "grüße".as_bytes().to_vec();
//-
(bytes.len(), String::from_utf8(bytes.clone())?.chars().rev().collect::<String>())
//> (7, "eßürg")

//# comments inside expressions
let v = vec![ // first
    1, /* two */ 2,
    // 3,
];
v.iter() // all of them
    .sum::<i32>() // the sum
//> 3
