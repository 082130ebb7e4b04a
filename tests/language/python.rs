//# print without its sign
print("hello")
//! E0423 line 1: Printing is a macro

//# len of a list
let x = vec![1]; let n = len(x);
//! E0425 line 1: `x.len()`

//# True and False
let flag = True;
//! E0425 line 1: written small

//# an assignment without let
x = 5;
//! E0425 line 1: A new variable begins with `let`: `let x = …;`

//# def
def area(w, h):
    return w * h
//! SyntaxError line 1: begins with `fn`

//# import
import torch
//! SyntaxError line 1: `use`

//# from import
from transformers import pipeline
//! SyntaxError line 1: `use`

//# class
class Dog:
    pass
//! SyntaxError line 1: `struct Name

//# and or not
let a = true; let b = false;
if a and b { println!("both") }
//! SyntaxError line 2: `&&` for and

//# an f string
let name = "Ada";
println!(f"hello {name}");
//! SyntaxError line 2: Names in braces work in every format string

//# single quotes
let s = 'hello';
//! SyntaxError line 1: double quotes

//# a comment with a hash
# a comment
let x = 1;
//! SyntaxError line 1: A comment begins with `//`

//# a for loop with a colon
for i in range(10):
    print(i)
//! SyntaxError line 1: braces

//# an if with a colon
let x = 3;
if x > 2:
    println!("big")
//! SyntaxError line 2: braces

//# elif
let x = 3;
if x > 2 { 1 } elif x > 1 { 2 } else { 3 }
//! SyntaxError line 2: else if

//# a range function
for i in range(3) { println!("{i}"); }
//! E0425 line 1: Ranges are written `0..n`

//# append to a list
let mut v = vec![1];
v.append(2);
//! E0308 line 2

//# upper
"text".upper()
//! E0599 line 1: to_uppercase

//# a power
let x = 3.0; let y = x ** 2;
//! E0614 line 1: power

//# counting up
let mut i = 0;
i++;
//! SyntaxError line 2: x += 1

//# lambda
let f = lambda x: x + 1;
//! SyntaxError line 1: closure

//# int of a text
let n = int("5");
//! E0425 line 1: parse::<i64>

//# null
let x: Option<i32> = null;
//! E0425 line 1: Nothing is `None`

//# a dictionary
let d = dict();
//! E0425 line 1: HashMap

//# a negative index
let v = vec![1, 2];
v[-1]
//! SyntaxError line 2: compute the index

//# a list comprehension
let squares = [x * x for x in 0..3];
//! SyntaxError line 1: built by an iterator

//# AutoTokeniser
let t = AutoTokeniser::from_pretrained("x")?;
//! E0433 line 1: AutoTokenizer

//# pipline
let p = pipline("text-generation")?;
//! E0425 line 1: pipeline

//# Tensr
let t: Tensr = todo!();
//! E0425 line 1: Tensor

//# matmull
let t = Tensor::zeros((2, 2), DType::F32, &Device::Cpu)?;
t.matmull(&t)?
//! E0599 line 2: matmul

//# a task that is misspelled
pipeline("text-generatoin")?
//! pipelines::Error line 1: Did you mean "text-generation"

//# a crate of the course by its own name
use candle_nn::Linear; use course::candle_nn::Module as M;
//-

//# a variable of an earlier cell misspelled
let learning_rate = 0.1;
//-
learning_rat * 2.0
//! E0425 line 1: Is `learning_rate` meant

//# a function of an earlier cell misspelled
fn tokenize(s: &str) -> Vec<&str> { s.split(' ').collect() }
//-
tokenise("a b")
//! E0425 line 1: Is `tokenize` meant

//# a type of an earlier cell misspelled
struct Sentence { n: u8 }
//-
let s = Sentense { n: 1 };
//! E0422 line 1: Is `Sentence` meant

//# a macro misspelled
printn!("x");
//! SyntaxError line 1: Is `print!` meant

//# a shape asked as in numpy
let t = Tensor::zeros((2, 2), DType::F32, &Device::Cpu)?;
t.numpy()
//! E0599 line 2: to_vec1

//# a method of ipython
%matplotlib inline
1 + 1
//! Command
