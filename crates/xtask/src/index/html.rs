//! Just enough HTML to read rustdoc's pages: a tree of elements, and their text as Markdown.

/// An element or a piece of text.
#[derive(Debug, Default)]
pub struct Node {
    /// Its tag; empty for text.
    pub tag: String,
    attributes: String,
    /// Its text, if it is text.
    pub text: String,
    /// What is in it.
    pub children: Vec<Node>,
}

const VOID: [&str; 8] = ["meta", "link", "br", "hr", "img", "input", "wbr", "rustdoc-toolbar"];

impl Node {
    /// The tree of a page, under one element without a tag.
    pub fn parse(html: &str) -> Self {
        let mut open = vec![Self::default()];
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            push_text(&mut open, &rest[..at]);
            rest = &rest[at..];
            let end = rest.find('>').unwrap_or(rest.len() - 1);
            let inside = rest.get(1..end).unwrap_or_default();
            rest = &rest[end + 1..];
            if inside.starts_with('!') {
                continue;
            }
            if let Some(name) = inside.strip_prefix('/') {
                if open.iter().skip(1).any(|node| node.tag == name) {
                    while open.len() > 1 {
                        let Some(node) = open.pop() else { break };
                        let done = node.tag == name;
                        if let Some(parent) = open.last_mut() {
                            parent.children.push(node);
                        }
                        if done {
                            break;
                        }
                    }
                }
                continue;
            }
            let (tag, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
            let node = Self { tag: tag.to_owned(), attributes: attributes.to_owned(), ..Self::default() };
            if VOID.contains(&tag) {
                if let Some(parent) = open.last_mut() {
                    parent.children.push(node);
                }
            } else {
                open.push(node);
            }
        }
        push_text(&mut open, rest);
        while open.len() > 1 {
            let Some(node) = open.pop() else { break };
            if let Some(parent) = open.last_mut() {
                parent.children.push(node);
            }
        }
        open.pop().unwrap_or_default()
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<String> {
        for quote in ['"', '\''] {
            let start = format!("{name}={quote}");
            if let Some(at) = self.attributes.find(&start) {
                let value = &self.attributes[at + start.len()..];
                return Some(decode(&value[..value.find(quote).unwrap_or(value.len())]));
            }
        }
        None
    }

    /// Whether it is of a class.
    pub fn is(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split(' ').any(|own| own == class))
    }

    /// The first element below it that `wanted` accepts.
    pub fn find(&self, wanted: &dyn Fn(&Self) -> bool) -> Option<&Self> {
        self.children.iter().find_map(|child| if wanted(child) { Some(child) } else { child.find(wanted) })
    }

    /// All text, without any markup.
    pub fn plain(&self) -> String {
        self.tag_text(&|_| None)
    }

    /// All text; `replace` may say what stands for an element.
    pub fn tag_text(&self, replace: &dyn Fn(&Self) -> Option<String>) -> String {
        if self.tag.is_empty() && self.children.is_empty() {
            return self.text.clone();
        }
        match replace(self) {
            Some(text) => text,
            None => self.children.iter().map(|child| child.tag_text(replace)).collect(),
        }
    }

    /// A documentation block as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        self.write_markdown(&mut text);
        let mut tidy = text.trim().to_owned();
        while tidy.contains("\n\n\n") {
            tidy = tidy.replace("\n\n\n", "\n\n");
        }
        tidy
    }

    fn write_markdown(&self, into: &mut String) {
        let children = |into: &mut String| self.children.iter().for_each(|child| child.write_markdown(into));
        let wrapped = |into: &mut String, before: &str, after: &str| {
            into.push_str(before);
            children(into);
            into.push_str(after);
        };
        match self.tag.as_str() {
            "" if self.children.is_empty() => into.push_str(&self.text),
            "p" => wrapped(into, "\n\n", "\n\n"),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => wrapped(into, "\n\n# ", "\n\n"),
            "pre" => into.push_str(&format!("\n\n```\n{}\n```\n\n", self.plain().trim_end())),
            "code" => into.push_str(&format!("`{}`", self.plain())),
            "em" => wrapped(into, "*", "*"),
            "strong" => wrapped(into, "**", "**"),
            "li" => {
                let mut item = String::new();
                children(&mut item);
                into.push_str(&format!("\n- {}", item.trim().replace("\n\n", "\n")));
            }
            "ul" | "ol" | "table" => wrapped(into, "\n", "\n\n"),
            "tr" => wrapped(into, "\n| ", ""),
            "td" | "th" => wrapped(into, "", " | "),
            "a" if self.is("doc-anchor") || self.is("anchor") || self.is("tooltip") => {}
            "sup" => wrapped(into, "^", ""),
            _ => children(into),
        }
    }
}

fn push_text(open: &mut [Node], text: &str) {
    if let Some(parent) = open.last_mut().filter(|_| !text.is_empty()) {
        parent.children.push(Node { text: decode(text), ..Node::default() });
    }
}

fn decode(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut plain = text.to_owned();
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#34;", "\""),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&nbsp;", " "),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, character);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_documentation_block_becomes_markdown() {
        let page = "<div class=\"docblock\"><p>Appends <em>an</em> <code>T&lt;u8&gt;</code>.</p>\n<h5 id=\"x\"><a class=\"doc-anchor\" \
            href=\"#x\">§</a>Panics</h5>\n<ul>\n<li>one<br></li><li>two</li></ul><div><pre class=\"rust\"><code><span class=\"kw\">let \
            </span>v = 1;\nv</code></pre></div></div>";
        let tree = Node::parse(page);
        let block = tree.find(&|node| node.is("docblock")).unwrap();
        assert_eq!(block.markdown(), "Appends *an* `T<u8>`.\n\n# Panics\n\n- one\n- two\n\n```\nlet v = 1;\nv\n```");
        assert_eq!(tree.find(&|node| node.tag == "h5").unwrap().attribute("id").as_deref(), Some("x"));
    }

    #[test]
    fn tags_that_do_not_match_do_no_harm() {
        assert_eq!(Node::parse("a</b><i>c<u>d").plain(), "acd");
        assert_eq!(Node::parse("a<").plain(), "a");
    }
}
