//! One paragraph in plain words for the errors a learner meets most: what they mean in a notebook, and what to do.

use super::palette::{CYAN, RESET};
use super::session::{Gone, Session};
use crate::engine::CellName;

/// Characters in a line of a report; front ends break longer ones in the middle of a word.
const WIDTH: usize = 88;

/// A paragraph as the report shows it: marked, and broken between words.
pub fn in_short(note: &str) -> String {
    let mut text = format!("{CYAN}in short{RESET}:");
    let mut column = "in short:".len();
    for word in note.split_whitespace() {
        let width = word.chars().count() + 1;
        if column + width > WIDTH {
            text.push('\n');
            column = 0;
        } else {
            text.push(' ');
        }
        text.push_str(word);
        column += width;
    }
    text
}

/// What an error code means here.
pub fn code(code: &str) -> Option<&'static str> {
    Some(match code {
        "E0382" => {
            "A value in Rust has one owner. Giving it to a function, a loop or another variable moves it, and the old name is \
             empty from then on. Lend it with `&value`, or keep a copy with `value.clone()`."
        }
        "E0502" => {
            "Something is being read through a reference while it is being changed. Rust allows many readers or one writer, \
             never both: finish with the reference first, or copy what you need out of it."
        }
        "E0499" => "Two writers at once: a second `&mut` to the same value begins before the first one is done.",
        "E0505" => {
            "The value is given away while a reference to it is still used further down. Use the reference first, or clone the value."
        }
        "E0506" => "The variable is assigned to while a reference to its old value is still used further down.",
        "E0507" => {
            "A value behind a reference cannot be moved out, it belongs to someone else. Clone it, or borrow it with `&`."
        }
        "E0515" => {
            "The function returns a reference to something that ends with the function. Return the value itself, such as a \
             `String` instead of a `&str`."
        }
        "E0597" | "E0716" => {
            "A reference outlives what it points to: the value is dropped at the end of its block while the reference goes on. \
             Give the value a name in the outer scope."
        }
        "E0308" => {
            "Rust never converts between types by itself. The report says which type was expected and which one came; \
             `as`, `.into()`, `.to_string()` or `&` usually close the gap."
        }
        "E0277" => {
            "An operation needs an ability (a trait) that this type lacks: `+` needs `Add`, `{}` needs `Display`, `{:?}` needs \
             `Debug`, a `for` loop needs an iterator. `#[derive(Debug, Clone)]` on your own types gives the common ones."
        }
        "E0425" => {
            "Nothing of that name is known yet. Has its cell been run, and is it spelled this way? `:vars` lists the variables."
        }
        "E0412" | "E0405" | "E0422" => {
            "No type or trait of that name is known yet. Has its cell been run, is it spelled this way, or is a `use` for it missing?"
        }
        "E0433" | "E0432" => {
            "The path does not lead anywhere: a module or type in it is misspelled, or a `use` for it is missing."
        }
        "E0599" => {
            "The type has no such method. Check the spelling and the type (`:type name` shows it); a method of a trait needs the \
             trait in scope with `use`."
        }
        "E0282" | "E0283" => {
            "Rust cannot tell which type is meant. Say it at the variable, `let v: Vec<i32> = …`, or at the call, `.collect::<Vec<_>>()`."
        }
        "E0106" => {
            "A reference in a type or a return value needs a lifetime that says whose data it borrows. Owned data \
             (`String`, `Vec<T>`) needs none."
        }
        "E0384" | "E0594" => {
            "Variables do not change unless they say so: declare it `let mut` in its own cell, and run that again."
        }
        "E0560" => "The struct has no field of that name: the report says which fields it has.",
        "E0609" | "E0610" => {
            "The value has no field of that name. `:type name` shows the type of a variable; a method is called with `()`."
        }
        "E0603" => "The thing exists, but its module keeps it to itself: `pub` before it opens it.",
        "E0046" => "An `impl` of a trait must define everything that the trait asks for and has no default of its own.",
        "E0107" => "The type takes another number of type parameters: `Vec<T>` one, `HashMap<K, V>` two.",
        "E0023" | "E0026" | "E0027" => {
            "A pattern must name the parts that the type has; `..` stands for those that do not matter."
        }
        "E0604" | "E0605" | "E0606" => {
            "`as` converts between numbers only. A text becomes a number with `.parse()`, anything becomes a text with `.to_string()`, \
             other types convert with `From` and `into()`."
        }
        "E0614" => "`*` follows a reference to its value; this is no reference.",
        "E0600" => {
            "The sign in front is not defined for this type: `-` is for signed numbers, `!` for truth values and bits."
        }
        "E0618" => "Only functions and closures are called with `(…)`; this is a value.",
        "E0423" => "The name is known, but as something else than a value.",
        "E0428" => "One name is defined twice in this cell. Across cells that is allowed: the later one counts.",
        "E0072" => "The type contains itself and would be endless: put the inner one into a `Box`.",
        "E0117" => {
            "A trait of a library cannot be implemented for a type of a library: wrap the type in a `struct` of your own."
        }
        "E0204" => "A `Copy` type is made of `Copy` parts only; `Clone` alone is possible here.",
        "E0038" => {
            "This trait cannot stand behind `dyn`: a method is generic or returns `Self`. Use a type parameter, `impl Trait`."
        }
        "E0521" => {
            "A reference would have to live as long as a thread or task does: give it an owned copy, or an `Arc`."
        }
        "arithmetic_overflow" => {
            "The result does not fit the type, which the compiler can see here: use a wider type, or `.checked_add(…)`."
        }
        "unconditional_panic" => "This line would stop the program whenever it runs, which the compiler can see here.",
        "E0596" => "Changing a value through a name or a reference needs `mut`: `let mut x`, `&mut x`.",
        "E0061" => "The call has more or fewer arguments than the function takes.",
        "E0063" => "A struct is built with all its fields, or with `..Default::default()` for the rest.",
        "E0004" => "A `match` must cover every case; `_ => …` stands for all the others.",
        "E0015" | "E0658" => "This is not possible in stable Rust, which the notebook uses.",
        "E0133" => "This call is `unsafe`: the compiler cannot check it. A chapter of this course never needs one.",
        "E0369" => {
            "The operator is not defined for this type. Both sides often need the same type, or a reference removed with `*`."
        }
        "E0373" => "A closure that outlives this place must own what it uses: write `move |…|`.",
        "E0728" => {
            "`.await` works at the top of a cell and in `async` functions and blocks, not in a plain function or closure."
        }
        _ => return None,
    })
}

/// What became of a name that was a variable once.
pub fn gone(session: &Session, name: &str) -> Option<String> {
    Some(match session.gone.get(name)? {
        Gone::Moved(cell) => format!(
            "`{name}` was moved in {cell}: its value went to a new owner. Run the cell that made it again, and lend it \
             with `&{name}` or give `{name}.clone()` away.",
            cell = CellName(*cell),
        ),
        Gone::Borrowed(cell) => format!(
            "`{name}` ended with {cell}, because it borrowed from another variable. Keep an owned copy \
             (`.to_owned()`, `.clone()`), or make it again here.",
            cell = CellName(*cell),
        ),
        Gone::Unnamed(type_text) => local_type(name, type_text),
        Gone::Redefined(cell) => format!(
            "`{name}` was dropped when {cell} changed what its type is made of: its bytes belong to the old type. Make it again.",
            cell = CellName(*cell),
        ),
        Gone::Destructor(cell) => format!(
            "`{name}` was dropped when {cell} gave its type a destructor (`impl Drop`), which a value from before would never run. \
             Make it again.",
            cell = CellName(*cell),
        ),
        Gone::Died(cell) => {
            let cell = CellName(*cell);
            format!("`{name}` was lost when the process ended in {cell}. Run the cell that made it again.")
        }
    })
}

/// Why a variable without a nameable type stays in its cell.
pub fn local_type(name: &str, type_text: &str) -> String {
    let is_closure = type_text.starts_with("{closure");
    match (is_closure, type_text.contains("{closure")) {
        (true, _) => format!(
            "`{name}` is a closure, and a closure's type has no name that a later cell could use: `{name}` works in this cell \
             only. To keep it, box it (`let {name}: Box<dyn Fn(i32) -> i32> = Box::new(…)`) or write it as a `fn`."
        ),
        (false, true) => format!(
            "`{name}` holds a closure, whose type has no name that a later cell could use: `{name}` works in this cell only. To \
             keep what it gives, collect it (`let {name}: Vec<_> = ….collect()`)."
        ),
        (false, false) => format!(
            "`{name}` has a type without a name (`{}`): it works in this cell only. Box it as a `Box<dyn Trait>`, or collect it.",
            super::diagnostics::shorten(type_text)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_breaks_between_words() {
        let text = in_short(code("E0382").unwrap());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 1 && lines[1..].iter().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.replace('\n', " "), format!("{CYAN}in short{RESET}: {}", code("E0382").unwrap()));
    }
}
