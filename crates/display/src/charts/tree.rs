//! A tree that grows to the right.

use plotters::prelude::*;

use super::canvas::{Align, CHARACTER, FONT, SMALL, clean, coloured, width};
use crate::{Figure, Result};

/// The height of a line, in pixels.
const ROW: i32 = 24;
/// The room between a node and its children, where the branches run.
const GAP: i32 = 34;

/// A node of a tree to draw, with everything below it.
///
/// ```
/// use course_display::{Rich, TreeNode, tree_figure};
///
/// let tree = TreeNode::new("The").children([
///     TreeNode::new("cat").edge("0.7").strong().children([TreeNode::new("sat").edge("0.9").strong()]),
///     TreeNode::new("sky").edge("0.2").faint(),
/// ]);
/// assert_eq!(tree_figure(&tree)?.rich().plain(), "The\n├─ 0.7 cat *\n│  └─ 0.9 sat *\n└─ 0.2 sky");
/// # Ok::<(), course_display::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TreeNode {
    label: String,
    edge: String,
    note: String,
    weight: Weight,
    children: Vec<TreeNode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Faint,
    Plain,
    Strong,
}

impl TreeNode {
    /// A node with this text.
    pub fn new(label: impl Into<String>) -> Self {
        let (edge, note, children) = (String::new(), String::new(), Vec::new());
        Self { label: label.into(), edge, note, weight: Weight::Plain, children }
    }

    /// Sets the text on the branch that leads here.
    #[must_use]
    pub fn edge(mut self, text: impl Into<String>) -> Self {
        self.edge = text.into();
        self
    }

    /// Sets the small text after the label.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = text.into();
        self
    }

    /// Sets the nodes below it, from top to bottom.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = TreeNode>) -> Self {
        self.children = children.into_iter().collect();
        self
    }

    /// Steps back.
    #[must_use]
    pub fn faint(mut self) -> Self {
        self.weight = Weight::Faint;
        self
    }

    /// Stands out, with the branch that leads here; in the text form a star marks it.
    #[must_use]
    pub fn strong(mut self) -> Self {
        self.weight = Weight::Strong;
        self
    }

    /// How wide the texts are: edge, label, note.
    fn widths(&self) -> [i32; 3] {
        let small = |text: &str| if text.is_empty() { 0 } else { width(text) + 6 };
        [small(&self.edge), width(&clean(&self.label)) + 8, small(&self.note)]
    }
}

/// The tree as a figure: the root on the left, a column for each step, the branches between them.
///
/// # Errors
/// [`Error::Size`](crate::Error::Size) when the tree is too large to be shown.
pub fn tree_figure(root: &TreeNode) -> Result<Figure> {
    let mut columns = Vec::new();
    measure(root, 0, &mut columns);
    let mut left = 8;
    let starts: Vec<i32> = columns
        .iter()
        .map(|column| {
            let start = left;
            left += column + GAP;
            start
        })
        .collect();
    let mut placed = Vec::new();
    let mut rows = 0;
    place(root, 0, None, &mut rows, &mut placed);
    let size = ((left - GAP + 8).max(1) as u32, (ROW * rows + 12) as u32);
    let figure = Figure::new(size, |area| {
        // Branches first, the strong ones last, so that no text and no marked path is crossed out.
        for strong in [false, true] {
            for node in placed.iter().filter(|node| (node.node.weight == Weight::Strong) == strong) {
                let Some(parent) = node.parent.and_then(|parent| placed.get(parent)) else { continue };
                let end = starts[parent.depth] + parent.node.widths().iter().sum::<i32>();
                let turn = starts[parent.depth] + columns[parent.depth];
                let style = match node.node.weight {
                    Weight::Strong => Figure::series(0).stroke_width(3),
                    Weight::Plain => Figure::ink().mix(0.8).stroke_width(1),
                    Weight::Faint => Figure::ink().mix(0.4).stroke_width(1),
                };
                let line = vec![(end, parent.y), (turn, parent.y), (starts[node.depth] - 3, node.y)];
                area.draw(&PathElement::new(line, style))?;
            }
        }
        for Placed { node, depth, y, .. } in &placed {
            let [edge, label, _] = node.widths();
            let (start, y) = (starts[*depth], *y);
            if node.weight == Weight::Strong {
                let box_ = [(start + edge, y - ROW / 2 + 3), (start + edge + label, y + ROW / 2 - 3)];
                area.draw(&Rectangle::new(box_, Figure::series(0).mix(0.25).filled()))?;
            }
            let ink = Figure::ink().mix(if node.weight == Weight::Faint { 0.6 } else { 1.0 });
            coloured(&area, &node.edge, (start, y), SMALL, Align::Left, &ink)?;
            coloured(&area, &clean(&node.label), (start + edge + 4, y), FONT, Align::Left, &ink)?;
            coloured(&area, &node.note, (start + edge + label + 2, y), SMALL, Align::Left, &ink)?;
        }
        Ok(())
    })?;
    let mut text = String::new();
    write(root, "", "", &mut text);
    Ok(figure.text(text.trim_end()))
}

/// How wide each column must be.
fn measure(node: &TreeNode, depth: usize, columns: &mut Vec<i32>) {
    if columns.len() == depth {
        columns.push(CHARACTER as i32);
    }
    columns[depth] = columns[depth].max(node.widths().iter().sum());
    node.children.iter().for_each(|child| measure(child, depth + 1, columns));
}

/// A node with its place: a leaf has a row of its own, any other node stands in the middle of its children.
struct Placed<'a> {
    node: &'a TreeNode,
    parent: Option<usize>,
    depth: usize,
    y: i32,
}

fn place<'a>(
    node: &'a TreeNode,
    depth: usize,
    parent: Option<usize>,
    rows: &mut i32,
    placed: &mut Vec<Placed<'a>>,
) -> i32 {
    let number = placed.len();
    placed.push(Placed { node, parent, depth, y: 0 });
    let children: Vec<i32> =
        node.children.iter().map(|child| place(child, depth + 1, Some(number), rows, placed)).collect();
    let y = match (children.first(), children.last()) {
        (Some(first), Some(last)) => (first + last) / 2,
        _ => {
            *rows += 1;
            6 + ROW * (*rows - 1) + ROW / 2
        }
    };
    placed[number].y = y;
    y
}

/// A line for the node, and one for each below it: `first` goes before its own, `rest` before those.
fn write(node: &TreeNode, first: &str, rest: &str, text: &mut String) {
    let label = clean(&node.label);
    // The root is where everything starts; a star there would say nothing.
    let star = if node.weight == Weight::Strong && !first.is_empty() { "*" } else { "" };
    let parts = [node.edge.as_str(), &label, &node.note, star];
    let line = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    *text += &format!("{first}{line}\n");
    for (number, child) in node.children.iter().enumerate() {
        let last = number + 1 == node.children.len();
        let (branch, trunk) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        write(child, &format!("{rest}{branch}"), &format!("{rest}{trunk}"), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Rich};

    fn tree() -> TreeNode {
        let dropped = TreeNode::new("<d>").edge("-3.2").faint();
        let best = TreeNode::new("b").edge("-0.1").note("score -0.2").strong();
        let kept = TreeNode::new("a").edge("-0.5").strong().children([best, dropped.clone()]);
        TreeNode::new("The long prompt of this tree").strong().children([kept, TreeNode::new("c").edge("-1"), dropped])
    }

    #[test]
    fn a_tree_has_its_branches_its_marks_and_a_text_form() {
        let figure = tree_figure(&tree()).unwrap();
        insta::assert_snapshot!(figure.svg());
        insta::assert_snapshot!(figure.rich().plain());
    }

    #[test]
    fn leaves_have_rows_of_their_own_and_parents_stand_between_their_children() {
        let tree = tree();
        let (mut placed, mut rows) = (Vec::new(), 0);
        place(&tree, 0, None, &mut rows, &mut placed);
        assert_eq!(rows, 4);
        let leaves = placed.iter().filter(|node| node.node.children.is_empty()).map(|node| node.y);
        assert_eq!(leaves.collect::<Vec<_>>(), [18, 42, 66, 90]);
        assert_eq!((placed[1].y, placed[0].y), (30, (30 + 90) / 2));
    }

    #[test]
    fn a_tree_that_no_page_can_show_is_an_error() {
        let wide = TreeNode::new("x").children((0..500).map(|_| TreeNode::new("y")));
        assert!(matches!(tree_figure(&wide), Err(Error::Size { .. })));
    }
}
