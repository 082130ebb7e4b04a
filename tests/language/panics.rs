//# an index out of bounds
let v = vec![1, 2, 3]; let i = v.len();
println!("before");
v[i]
//> before
//! Panic line 3: index out of bounds: the len is 3 but the index is 3

//# unwrap on none and on an error
let n: Option<i32> = None;
n.unwrap()
//! Panic line 2: called `Option::unwrap()` on a `None` value
let n = "x".parse::<i32>();

n.expect("a number")
//! Panic line 3: a number: ParseIntError

//# divide by zero
fn share(total: u32, people: u32) -> u32 {
    total / people
}
let zero = 0;
share(6, zero)
//! Panic line 2: attempt to divide by zero
//+ line 5

//# overflow in a loop that is optimised
let mut n: u8 = 1;
for _ in 0..10 {
    n *= 2;
}
//! Panic line 3: attempt to multiply with overflow

//# a slice out of range and a char boundary
let s = "größe";
&s[0..3]
//! Panic line 2
let v = [1, 2, 3]; let to = 9;
v[1..to].len()
//! Panic line 2: range end index 9 out of range

//# a refcell borrowed twice
use std::cell::RefCell;
let c = RefCell::new(1);
let a = c.borrow_mut();
let b = c.borrow_mut();
//! Panic line 4: already

//# assertions with both sides
let left = 2;
assert_eq!(left + 2, 5, "sums of {left}");
//! Panic line 2: sums of 2
//+ left: 4

//# a panic two cells deep names each line
fn inner(v: &[i32]) -> i32 {
    v[10]
}
//-

fn outer(v: &[i32]) -> i32 {
    inner(v) + 1
}
//-
let v = vec![1];
outer(&v)
//! Panic line 2 of 1: index out of bounds
//+ line 2

//# a panic inside a library names the line that called it
let v: Vec<i32> = Vec::with_capacity(usize::MAX);
//! Panic line 1: capacity overflow

//# a panic inside the course crate names the line that called it
fn pick() -> Tensor {
    Tensor::zeros((2, 2), DType::F32, &Device::Cpu).unwrap()
}
let t = pick();
let n = t.reshape((3, 3)).unwrap();
//! Panic line 5: Shape mismatch

//# a question mark names its line in a long cell
let a: i32 = "1".parse()?;

let text = "seven";
let b: i32 = text
    .parse()?;
a + b
//! ParseIntError line 4: invalid digit found in string

//# a question mark on an error of the course
let a = Tensor::zeros((2, 3), DType::F32, &Device::Cpu)?;
let b = Tensor::zeros((2, 3), DType::F32, &Device::Cpu)?;
a.matmul(&b)?
//! candle_core::Error line 3: shape mismatch in matmul

//# a question mark inside a closure is the closures own
let parse = |s: &str| -> Result<i32, std::num::ParseIntError> { Ok(s.parse::<i32>()? + 1) };
println!("{}", parse("1")?);
parse("x")?
//> 2
//! ParseIntError line 3

//# a file that is not there
std::fs::read_to_string("/no/such/file")?
//! io::Error line 1: No such file

//# a panic in a destructor
struct Bad; impl Drop for Bad { fn drop(&mut self) { panic!("in drop"); } }
{ let b = Bad; }
//! Panic line 1: in drop

//# a panic with a value that is no text
std::panic::panic_any(42);
//! Panic line 1: not text

//# catch unwind of ones own
let r = std::panic::catch_unwind(|| { let v: Vec<i32> = vec![]; v[0] });
r.is_err()
//> true

//# recursion that ends in a panic
fn down(n: u32) -> u32 { if n == 0 { panic!("bottom") } else { down(n - 1) + 1 } }
down(50)
//! Panic line 1: bottom
//+ line 2

//# unreachable and a wrong literal
let kind = "b";
match kind { "a" => 1, other => unreachable!("kind {other}") }
//! Panic line 2: kind b
