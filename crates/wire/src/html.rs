//! What is left of HTML for a terminal.

/// HTML without its tags, scripts and styles: one line a block, entities as characters, `<figure, 640 × 480 pixels>` for a drawing.
///
/// ```
/// assert_eq!(course_wire::html::plain_text("<p>a &lt; <b>b</b></p>"), "a < b");
/// ```
pub fn plain_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('>') else {
            text.push_str(&rest[start..]);
            rest = "";
            break;
        };
        let tag = rest[start + 1..start + end].trim_end_matches('/').trim().to_ascii_lowercase();
        let name = tag.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
        rest = &rest[start + end + 1..];
        match name {
            // A name that is no tag was a sign: `a < b > c`.
            "style" | "script" => rest = after(rest, name),
            "svg" => {
                text.push_str(&figure(&tag));
                rest = after(rest, name);
            }
            "br" | "/p" | "/div" | "/tr" | "/li" | "/h1" | "/h2" | "/h3" | "/table" | "/pre" => text.push('\n'),
            "/td" | "/th" => text.push(' '),
            "img" => {
                text.push_str(&attribute(&tag, "alt").map_or("<picture>".into(), |alt| format!("<picture: {alt}>")))
            }
            "audio" => text.push_str("<audio>"),
            "video" => text.push_str("<video>"),
            _ => {}
        }
    }
    text.push_str(rest);
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// What follows the end tag of an element that has no text of its own to show.
fn after<'a>(rest: &'a str, name: &str) -> &'a str {
    let close = format!("</{name}");
    // Tags may be written in capitals; none of them is more than ASCII.
    let position =
        rest.as_bytes().windows(close.len()).position(|window| window.eq_ignore_ascii_case(close.as_bytes()));
    position.map_or("", |position| &rest[position..])
}

/// A drawing in a word, with its size where the tag says it.
fn figure(tag: &str) -> String {
    let size = |name| attribute(tag, name).and_then(|value| value.trim_end_matches("px").parse::<f64>().ok());
    match (size("width"), size("height")) {
        (Some(width), Some(height)) => format!("<figure, {width} × {height} pixels>"),
        _ => "<figure>".into(),
    }
}

/// The value of `name="value"` in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.match_indices(name).find_map(|(at, _)| {
        let before = tag[..at].chars().next_back()?;
        let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        before.is_whitespace().then_some(value[1..].split(quote).next()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_reads_without_its_tags() {
        for (html, text) in [
            ("<style>p{}</style><p>a &lt; b</p><table><tr><td>1</td><td>2</td></tr></table>x < y", "a < b\n1 2\nx < y"),
            (
                "<div style='color:red'><svg width=\"640\" height=\"480\" viewBox=\"0 0 1 1\"><text>axis</text></svg></div>",
                "<figure, 640 × 480 pixels>",
            ),
            ("<SVG><text>axis</text></SVG>\nbelow", "<figure>\nbelow"),
            ("<img src='data:…' alt='a cat'><img src=x>", "<picture: a cat><picture>"),
            ("<script>alert(1)", ""),
            ("no end <b", "no end <b"),
            ("ä<br>ö", "ä\nö"),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }
}
