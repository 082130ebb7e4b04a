//! The quiz's colours, measured: WCAG AA on light and on dark pages.

use std::collections::HashMap;

use course_display::contrast;

type Colour = (u8, u8, u8);

/// Text on its ground.
const TEXT: &[(&str, &str)] = &[
    ("text", "ground"),
    ("text", "code-ground"),
    ("text", "right-ground"),
    ("text", "wrong-ground"),
    ("muted", "ground"),
    ("muted", "code-ground"),
    ("muted", "right-ground"),
    ("muted", "wrong-ground"),
    ("right", "ground"),
    ("right", "right-ground"),
    ("wrong", "ground"),
    ("wrong", "wrong-ground"),
    ("on-accent", "accent"),
];
/// Borders, bars and the ring of the focus.
const SHAPES: &[(&str, &str)] =
    &[("border", "ground"), ("accent", "ground"), ("right", "right-ground"), ("wrong", "wrong-ground")];

/// The colours that the first rule with this selector sets.
fn palette(selector: &str) -> HashMap<&'static str, Colour> {
    let css = include_str!("front.css");
    let rule = css.split_once(selector).and_then(|(_, rest)| rest.split_once('{')).unwrap().1;
    let block = rule.split('}').next().unwrap();
    let declarations = block.split(';').filter_map(|line| line.trim().strip_prefix("--cq-")?.split_once(": #"));
    declarations
        .map(|(name, hex)| {
            let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (name, (channel(0), channel(2), channel(4)))
        })
        .collect()
}

#[test]
fn both_palettes_read_well() {
    let light = palette(".course-quiz {");
    let dark = palette("[data-jp-theme-light=\"false\"] .course-quiz");
    assert_eq!((light.len(), dark.len()), (11, 11));
    for (page, colours) in [("light", light), ("dark", dark)] {
        for (pairs, least) in [(TEXT, 4.5), (SHAPES, 3.0)] {
            for (front, ground) in pairs {
                let ratio = contrast(colours[front], colours[ground]);
                assert!(ratio >= least, "{front} on {ground}, {page}: {ratio:.2}, less than {least}");
            }
        }
    }
}

#[test]
fn colours_stand_in_the_palettes_alone() {
    let css = include_str!("front.css");
    let stray: Vec<&str> = css.lines().filter(|line| line.contains('#') && !line.trim().starts_with("--cq-")).collect();
    assert!(stray.is_empty(), "{stray:?}");
}
