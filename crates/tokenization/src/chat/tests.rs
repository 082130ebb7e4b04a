use serde_json::json;

use super::{ChatOptions, ChatTemplate, Message};
use crate::{Error, SpecialTokens};

fn render(source: &str, messages: &[Message], options: &ChatOptions) -> Result<String, Error> {
    let special = SpecialTokens { bos: Some("<s>".into()), eos: Some("</s>".into()), ..SpecialTokens::default() };
    ChatTemplate::new(source)?.render(messages, &special, options)
}

fn text(source: &str) -> String {
    render(source, &[Message::user("Hi")], &ChatOptions::new()).unwrap()
}

/// Mistral's template, which checks that roles alternate.
const MISTRAL: &str = "{{ bos_token }}{% for message in messages %}\
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\
    {{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}\
    {% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}\
    {% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}";

#[test]
fn special_tokens_are_variables() {
    let turns = [Message::user("Hi"), Message::assistant("Hello"), Message::user("Bye")];
    let prompt = render(MISTRAL, &turns, &ChatOptions::new()).unwrap();
    assert_eq!(prompt, "<s>[INST] Hi [/INST]Hello</s>[INST] Bye [/INST]");
}

#[test]
fn what_a_template_raises_is_the_message() {
    let turns = [Message::user("Hi"), Message::user("again")];
    let error = render(MISTRAL, &turns, &ChatOptions::new()).unwrap_err();
    assert!(error.to_string().contains("Conversation roles must alternate"), "{error}");
}

#[test]
fn a_template_that_does_not_parse_says_where() {
    let error = ChatTemplate::new("a\n{% for %}").unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn blocks_on_lines_of_their_own_leave_no_line() {
    assert_eq!(
        text("{% for m in messages %}\n  {% if true %}\n{{ m.role }}\n  {% endif %}\n{% endfor %}\nend"),
        "user\nend"
    );
}

#[test]
fn python_methods_and_loop_controls_work() {
    let source =
        "{% for m in messages %}{{ m.content.strip().upper() }}{{ m.get('name', '-') }}{% break %}{% endfor %}";
    let turns = [Message::user("  hi "), Message::user("never")];
    assert_eq!(render(source, &turns, &ChatOptions::new()).unwrap(), "HI-");
    assert_eq!(text("{% for m in messages[::-1] %}{{ m.role }}{% endfor %}{{ 'a,b'.split(',')[1] }}"), "userb");
    assert_eq!(text("{{ none }} {{ true }} {{ 1.0 }} {{ 'x' if false }}"), "None True 1.0 ");
}

#[test]
fn extra_fields_and_variables_reach_the_template() {
    let turns = [Message::user("Hi").with("name", "Ada")];
    let options = ChatOptions::new().variable("tools", json!([{"name": "add"}])).add_generation_prompt(true);
    let source = "{{ messages[0].name }}{{ tools | length }}{% if add_generation_prompt %}!{% endif %}";
    assert_eq!(render(source, &turns, &options).unwrap(), "Ada1!");
}

#[test]
fn json_is_spaced_as_in_python_and_not_escaped_for_html() {
    let options = ChatOptions::new().variable("x", json!({"b": [1, 2.5, null, true], "a": "<ü> & 'q'\n"}));
    let render = |source: &str| render(source, &[], &options).unwrap();
    assert_eq!(render("{{ x | tojson }}"), r#"{"b": [1, 2.5, null, true], "a": "<ü> & 'q'\n"}"#);
    assert_eq!(render("{{ x.b | tojson(indent=2) }}"), "[\n  1,\n  2.5,\n  null,\n  true\n]");
    let compact = render("{{ x | tojson(sort_keys=true, separators=[',', ':'], ensure_ascii=false) }}");
    assert_eq!(compact, r#"{"a":"<ü> & 'q'\n","b":[1,2.5,null,true]}"#);
    assert_eq!(render("{{ {} | tojson(indent=2) }}{{ [] | tojson(indent=2) }}"), "{}[]");
}

#[test]
fn generation_marks_print_nothing() {
    let source = "{% for m in messages %}\n{%- generation %}\n{{ m.content }}\n{%- endgeneration -%}\n{% endfor %}";
    assert_eq!(text(source), "Hi");
}

#[test]
fn the_date_is_formatted_and_a_bad_format_is_no_panic() {
    let year = text("{{ strftime_now('%Y') }}");
    assert!(year.len() == 4 && year.parse::<u32>().unwrap() >= 2024, "{year}");
    let error = render("{{ strftime_now('%!') }}", &[], &ChatOptions::new()).unwrap_err();
    assert!(error.to_string().contains("%!"), "{error}");
}
