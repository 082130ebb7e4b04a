"""Random notebooks that define types anew while values of them are kept, and what must hold when the values are read again.

Every value carries a number, and a description of its own that the code which made it wrote: sizes, the fields' types, the fields. To read it
is to describe it again and compare. So a value that is read as another type than it was made of gives itself away, if it does not
crash at once. A notebook is a list of steps, each a cell; any of them can be left out, which is how a failure is made small.
"""

import random
from dataclasses import dataclass

BASE = """
use std::any::{Any, type_name_of_val}; use std::cell::RefCell; use std::collections::HashMap; use std::rc::Rc; use std::sync::{Arc, Mutex};
static SHELF: Mutex<Vec<(u64, Box<dyn Any + Send>)>> = Mutex::new(Vec::new());
thread_local! { static DRAWER: RefCell<Vec<(u64, Box<dyn Any>)>> = const { RefCell::new(Vec::new()) }; }
struct Holder { inner: Box<dyn Any> }
struct Pair<L, R> { left: L, right: R }
""".strip()

TRAITS = [
    "trait Reader {{ fn read_dyn(&self) -> String; }}",
    "trait Reader {{ fn first(&self) -> u64 {{ {n} }} fn read_dyn(&self) -> String; }}",
    "trait Reader {{ fn second(&self) -> String {{ String::from(\"{n}\") }} fn first(&self) -> u64 {{ 1 }} fn read_dyn(&self) -> String; }}",
]
ALIASES = [("u64", "id * 7"), ("String", 'format!("alias {id}")'), ("[u8; 40]", "[id as u8; 40]"), ("Vec<T3>", "vec![T3::make(id)]")]
CONSTS = [1, 2, 9, 33]
KINDS = [("u8", "id as u8"), ("String", 'format!("kind {id}")'), ("Box<[u64; 6]>", "Box::new([id; 6])")]
WORDS = [("i16", "id as i16"), ("String", 'format!("word {id}")'), ("(u64, String)", '(id, format!("w{id}"))')]

# Fields of a type, with what they begin as; of other types only later ones, so that none holds itself.
FIELDS = [
    ("u64", "id * 3"),
    ("String", 'format!("text {id}")'),
    ("[u8; 24]", "[id as u8; 24]"),
    ("Vec<u16>", "vec![id as u16; 5]"),
    ("Box<str>", 'format!("boxed {id}").into()'),
    ("(bool, char, u128)", "(true, 'x', id as u128)"),
    ("Alias", "alias(id)"),
    ("[u16; LENGTH]", "[id as u16; LENGTH]"),
    ("<Tag as Kind>::Inner", "kind(id)"),
    ("word!()", "word(id)"),
    ("m::inner::Part", "m::inner::part(id)"),
    ("Record", "record(id)"),
]
TYPES = ["T0", "T1", "T2", "T3"]

# How a value is kept: the code that keeps it and the code that reads it; `$` is its name, `#` its number, `@` its type.
PLACES = {
    "variable": ("let $ = @::make(#);", 'println!("READ # {}", $.read());'),
    "boxed": ("let $ = Box::new(@::make(#));", 'println!("READ # {}", $.read());'),
    "rc": ("let $ = Rc::new(@::make(#));", 'let other = $.clone(); println!("READ # {}", other.read());'),
    "list": ("let $ = vec![@::make(#)];", 'println!("READ # {}", $[0].read());'),
    "map": ('let $ = HashMap::from([("k", @::make(#))]);', 'println!("READ # {}", $["k"].read());'),
    "option": ("let $ = Some(RefCell::new(@::make(#)));", 'println!("READ # {}", $.as_ref().unwrap().borrow().read());'),
    "pair": ("let $ = Pair { left: #u8, right: @::make(#) };", 'println!("READ # {}", $.right.read());'),
    "shared": ("let $ = Arc::new(Mutex::new(@::make(#)));", 'println!("READ # {}", $.lock().unwrap().read());'),
    "trait object": ("let $: Box<dyn Reader> = Box::new(@::make(#));", 'println!("READ # {}", $.read_dyn());'),
    "rc of a trait": ("let $: Rc<dyn Reader> = Rc::new(@::make(#));", 'println!("READ # {}", $.read_dyn());'),
    "closure": ("let $: Box<dyn Fn() -> String> = { let own = @::make(#); Box::new(move || own.read()) };", 'println!("READ # {}", $());'),
    "function": ("let $: fn(u64) -> String = |id| @::make(id).read();", 'println!("READ # {}", $(#));'),
    "any": ("let $: Box<dyn Any> = Box::new(@::make(#));", 'println!("READ # {}", $.downcast_ref::<@>().map_or("none".into(), |v| v.read()));'),
    "taken": ("let $: Box<dyn Any> = Box::new(@::make(#));", 'println!("READ # {}", $.downcast::<@>().map_or("none".into(), |v| v.read()));'),
    "holder": (
        "let $ = Holder { inner: Box::new(@::make(#)) };",
        'println!("READ # {}", $.inner.downcast_ref::<@>().map_or("none".into(), |v| v.read()));',
    ),
    "static": (
        "SHELF.lock().unwrap().push((#, Box::new(@::make(#))));",
        'for (id, v) in SHELF.lock().unwrap().iter().filter(|(id, _)| *id == #) { '
        'println!("READ {id} {}", v.downcast_ref::<@>().map_or("none".into(), |v| v.read())); }',
    ),
    "thread local": (
        "DRAWER.with_borrow_mut(|d| d.push((#, Box::new(@::make(#)))));",
        'DRAWER.with_borrow(|d| for (id, v) in d.iter().filter(|(id, _)| *id == #) { '
        'println!("READ {id} {}", v.downcast_ref::<@>().map_or("none".into(), |v| v.read())); });',
    ),
    "typed static": (
        "static KEPT_@: Mutex<Vec<@>> = Mutex::new(Vec::new());\nKEPT_@.lock().unwrap().push(@::make(#));",
        'println!("READ # {}", KEPT_@.lock().unwrap().iter().find(|v| v.id() == #).map_or("none".into(), |v| v.read()));',
    ),
}


@dataclass(frozen=True)
class Step:
    """A cell: `define` something, `keep` the value `number` or `read` it."""

    kind: str
    code: str
    number: int = 0
    place: str = ""

    def __str__(self) -> str:
        return self.code


def notebook(seed: int, length: int = 11) -> list[Step]:
    """A random notebook; the same one for the same seed."""
    chance = random.Random(seed)
    types = chance.sample(TYPES, 2)
    steps = [Step("define", "\n".join([surroundings(chance)] + [definition(chance, name) for name in reversed(TYPES)]))]
    kept: list[Step] = []
    for _ in range(length):
        what = chance.random()
        if not kept or what < 0.3:
            # Together with its reading at once, so that a place that never works is seen.
            name, number = chance.choice(types), len(steps) * 10 + 1
            place = chance.choice(sorted(PLACES))
            steps.append(Step("keep", filled(PLACES[place][0], name, number), number, place))
            kept.append(Step("read", filled(PLACES[place][1], name, number), number, place))
        elif what < 0.65:
            steps.append(Step("define", change(chance, types)))
        else:
            # The last ones are the more interesting.
            steps.append(kept[-1 - min(int(chance.expovariate(0.7)), len(kept) - 1)])
    steps += kept[-2:]
    return steps


def filled(code: str, name: str, number: int) -> str:
    return code.replace("@", name).replace("#", str(number)).replace("$", f"value_{number}")


def surroundings(chance: random.Random) -> str:
    """Everything that the types may be made of."""
    return "\n".join([trait(chance), alias(chance), const(chance), kind(chance), word(chance), module(chance), record(chance)])


def change(chance: random.Random, types: list[str]) -> str:
    """One thing defined anew, or a destructor for a type."""
    makers = [trait, alias, const, kind, word, module, record, drop]
    if chance.random() < 0.55:
        return definition(chance, chance.choice(types))
    return chance.choice(makers)(chance)


def definition(chance: random.Random, name: str) -> str:
    """A struct or an enum, with the code that makes, describes and reads it."""
    later = TYPES[TYPES.index(name) + 1:]
    choices = FIELDS + [(of, f"{of}::make(id)") for of in later] + [(f"Option<Box<{of}>>", f"Some(Box::new({of}::make(id)))") for of in later]
    # An alias may hold a T3.
    choices = [choice for choice in choices if name != "T3" or choice[0] != "Alias"]
    fields = [chance.choice(choices) for _ in range(chance.randint(1, 2))]
    attribute = chance.choice(["", "", "#[repr(C)] "])
    if chance.random() < 0.3:
        other = chance.choice(["Other", "Other(u64)", "Other { a: String, b: [u64; 9] }"])
        order = [f"One(u64, String, {fields[0][0]})", other]
        chance.shuffle(order)
        return methods(
            name,
            f"#[derive(Debug)] enum {name} {{ {', '.join(order)} }}",
            make=f"Self::One(id, String::new(), {fields[0][1]})",
            set_made="if let Self::One(_, place, _) = &mut new { *place = made; }",
            parts="match self { Self::One(id, made, field) => (*id, made.as_str(), format!(\"{}={field:?}\", type_name_of_val(field))), "
            "_ => (0, \"another variant\", String::new()) }",
        )
    names = ["id: u64", "made: String"] + [f"field_{index}: {of}" for index, (of, _) in enumerate(fields)]
    chance.shuffle(names)
    begun = ", ".join(f"field_{index}: {value}" for index, (_, value) in enumerate(fields))
    shown = " + &".join(f'format!("{{}}={{:?}};", type_name_of_val(&self.field_{index}), self.field_{index})' for index in range(len(fields)))
    return methods(
        name,
        f"{attribute}#[derive(Debug)] struct {name} {{ {', '.join(names)} }}",
        make=f"Self {{ id, made: String::new(), {begun} }}",
        set_made="new.made = made;",
        parts=f"(self.id, self.made.as_str(), {shown})",
    )


def methods(name: str, item: str, make: str, set_made: str, parts: str) -> str:
    return (
        f"{item}\nimpl {name} {{\n"
        f"    fn make(id: u64) -> Self {{ let mut new = {make}; let made = new.look(); {set_made} new }}\n"
        f"    fn parts(&self) -> (u64, &str, String) {{ {parts} }}\n"
        "    fn look(&self) -> String { let (id, _, parts) = self.parts(); format!(\"{id}/{}/{parts}\", size_of_val(self)) }\n"
        "    fn id(&self) -> u64 { self.parts().0 }\n"
        "    fn read(&self) -> String { let now = self.look(); let (id, made, _) = self.parts(); "
        "if made == now { format!(\"{id} right\") } else { format!(\"{id} WRONG: {made} is read as {now}\") } }\n"
        f"}}\nimpl Reader for {name} {{ fn read_dyn(&self) -> String {{ self.read() }} }}"
    )


def trait(chance: random.Random) -> str:
    return chance.choice(TRAITS).format(n=chance.randint(0, 99))


def alias(chance: random.Random) -> str:
    of, value = chance.choice(ALIASES)
    return f"type Alias = {of}; fn alias(id: u64) -> Alias {{ {value} }}"


def const(chance: random.Random) -> str:
    number = chance.choice(CONSTS)
    return chance.choice([f"const LENGTH: usize = {number};", f"const fn size() -> usize {{ {number} }} const LENGTH: usize = size();"])


def kind(chance: random.Random) -> str:
    of, value = chance.choice(KINDS)
    return f"trait Kind {{ type Inner; }} struct Tag; impl Kind for Tag {{ type Inner = {of}; }} fn kind(id: u64) -> <Tag as Kind>::Inner {{ {value} }}"


def word(chance: random.Random) -> str:
    of, value = chance.choice(WORDS)
    return f"macro_rules! word {{ () => {{ {of} }}; }} fn word(id: u64) -> word!() {{ {value} }}"


def module(chance: random.Random) -> str:
    of, value = chance.choice(WORDS)
    extra = chance.choice(["", "pub const UNUSED: u8 = 1; "])
    return f"mod m {{ {extra}pub mod inner {{ #[derive(Debug)] pub struct Part(pub {of}); pub fn part(id: u64) -> Part {{ Part({value}) }} }} }}"


def record(chance: random.Random) -> str:
    of, value = chance.choice(WORDS)
    rules = "macro_rules! record { ($name:ident { $field:ident : $of:ty }) => { #[derive(Debug)] struct $name { $field: $of } }; }"
    return f"{rules}\nrecord!(Record {{ field: {of} }});\nfn record(id: u64) -> Record {{ Record {{ field: {value} }} }}"


def drop(chance: random.Random) -> str:
    name = chance.choice(TYPES)
    return f'impl Drop for {name} {{ fn drop(&mut self) {{ println!("DROP {{}}", self.id()); }} }}'
