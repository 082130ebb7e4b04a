//! What a front end hears of cells.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Fake, start};
use crate::engine::UNCOUNTED;

fn kinds(messages: &[(String, Value)]) -> Vec<&str> {
    messages.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_is_told_in_order_and_counted_from_one() {
    let (_session, mut client) = start(&Arc::default()).await;
    let code = "print a\nwarn b\ndisplay c\nupdate d\nclear\nprint \nresult e";
    let (reply, messages) = client.run(code).await;
    assert_eq!(reply, json!({ "status": "ok", "execution_count": 1, "user_expressions": {}, "payload": [] }));
    let heard = ["busy", "execute_input", "stream", "stream", "display_data", "update_display_data", "clear_output"];
    assert_eq!(kinds(&messages), [&heard[..], &["execute_result", "idle"]].concat());
    assert_eq!(messages[1].1, json!({ "code": code, "execution_count": 1 }));
    assert_eq!(messages[2].1, json!({ "name": "stdout", "text": "a" }));
    assert_eq!(messages[3].1["name"], "stderr");
    assert_eq!(messages[4].1["transient"], json!({ "display_id": "d" }));
    assert_eq!(messages[7].1, json!({ "data": { "text/plain": "e" }, "metadata": {}, "execution_count": 1 }));
    assert_eq!(client.run("").await.0["execution_count"], 1);
    assert_eq!(client.run("print").await.0["execution_count"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_cell_gives_one_error_and_says_the_same_in_its_reply() {
    let (_session, mut client) = start(&Arc::default()).await;
    let (reply, messages) = client.run("print a\nfail").await;
    assert_eq!(kinds(&messages), ["busy", "execute_input", "stream", "error", "idle"]);
    let error = json!({ "ename": "E0382", "evalue": "why", "traceback": ["one", "two"] });
    assert_eq!(messages[3].1, error);
    let of_the_reply = json!({
        "status": "error", "ename": "E0382", "evalue": "why", "traceback": ["one", "two"], "execution_count": 1,
        "user_expressions": {}, "payload": [],
    });
    assert_eq!(reply, of_the_reply);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cells_behind_a_failed_one_are_aborted_and_later_ones_run() {
    let (_session, mut client) = start(&Arc::default()).await;
    let ids = [client.send_cell("fail").await, client.send_cell("print a").await, client.send_cell("print b").await];
    assert_eq!(client.reply_to(&ids[0]).await["status"], "error");
    for id in &ids[1..] {
        assert_eq!(client.reply_to(id).await, json!({ "status": "aborted" }));
        assert_eq!(kinds(&client.published(id).await), ["busy", "idle"]);
    }
    // Sent at once after the replies, so it was never behind the failed one.
    let (reply, _) = client.run("print c").await;
    assert_eq!((&reply["status"], &reply["execution_count"]), (&json!("ok"), &json!(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_stop_on_error_the_next_cell_runs() {
    let (_session, mut client) = start(&Arc::default()).await;
    let failing = client.send("execute_request", json!({ "code": "fail", "stop_on_error": false })).await;
    let next = client.send_cell("print a").await;
    assert_eq!(client.reply_to(&failing).await["status"], "error");
    assert_eq!(client.reply_to(&next).await["status"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_cells_are_not_heard_and_unstored_ones_not_counted() {
    let fake = Arc::<Fake>::default();
    let (_session, mut client) = start(&fake).await;
    let id = client.send("execute_request", json!({ "code": "print a\nresult b\nfail", "silent": true })).await;
    let next = client.send_cell("print c").await;
    let reply = client.reply_to(&id).await;
    assert_eq!((&reply["ename"], &reply["execution_count"]), (&json!("E0382"), &json!(0)));
    assert_eq!(kinds(&client.published(&id).await), ["busy", "idle"]);
    assert_eq!(client.reply_to(&next).await["status"], "ok");
    let reply = client.ask("execute_request", json!({ "code": "print d", "store_history": false })).await;
    assert_eq!(reply["execution_count"], 1);
    // Its lines must not be taken for those of cell 1.
    let number = fake.last_number.load(Ordering::SeqCst);
    assert_eq!(number & UNCOUNTED, UNCOUNTED);
    client.ask("execute_request", json!({ "code": "print e", "store_history": false })).await;
    assert_ne!(fake.last_number.load(Ordering::SeqCst), number);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expressions_are_evaluated_after_a_cell_that_succeeds_and_nobody_hears_of_it() {
    let (_session, mut client) = start(&Arc::default()).await;
    // The fake engine reads orders line by line; these are Rust as well.
    let expressions = json!({ "good": "print", "value": "give", "bad": "fail", "wrong": "let x = 1;", "number": 1 });
    let cell = json!({ "code": "result e", "user_expressions": expressions, "silent": true });
    let id = client.send("execute_request", cell.clone()).await;
    let replies = client.reply_to(&id).await["user_expressions"].clone();
    assert_eq!(replies["good"], json!({ "status": "ok", "data": { "text/plain": "()" }, "metadata": {} }));
    assert_eq!(replies["value"]["data"], json!({ "text/plain": "given" }));
    assert_eq!((&replies["bad"]["status"], &replies["bad"]["ename"]), (&json!("error"), &json!("E0382")));
    for name in ["wrong", "number"] {
        assert_eq!(replies[name]["ename"], "SyntaxError", "{replies}");
    }
    assert_eq!(kinds(&client.published(&id).await), ["busy", "idle"]);
    let failing = json!({ "code": "fail", "user_expressions": expressions });
    assert_eq!(client.ask("execute_request", failing).await["user_expressions"], json!({}));
    assert_eq!(client.run("print a").await.0["execution_count"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_comes_with_the_reply_and_an_unknown_name_is_an_error() {
    let (_session, mut client) = start(&Arc::default()).await;
    let (reply, messages) = client.run("?\nprint a").await;
    assert_eq!(reply["payload"][0]["source"], "page");
    assert!(reply["payload"][0]["data"]["text/plain"].as_str().unwrap().contains(":help"));
    assert_eq!(kinds(&messages), ["busy", "execute_input", "stream", "idle"]);
    let (reply, _) = client.run("?no_such_name_anywhere").await;
    assert_eq!((&reply["ename"], &reply["payload"]), (&json!("Command"), &json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_has_what_was_counted_with_its_results() {
    let (_session, mut client) = start(&Arc::default()).await;
    client.run("result one").await;
    client.ask("execute_request", json!({ "code": "result no", "store_history": false })).await;
    client.ask("execute_request", json!({ "code": "result no", "silent": true })).await;
    client.run("  ").await;
    client.run("fail").await;
    let asked = json!({ "hist_access_type": "tail", "n": 9, "output": true, "raw": true });
    let history = client.ask("history_request", asked).await;
    assert_eq!(history["history"], json!([[1, 1, ["result one", "one"]], [1, 2, ["fail", null]]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_reaches_the_client_that_runs_the_cell() {
    let (session, mut client) = start(&Arc::default()).await;
    let mut other = super::Client::connect(&session.info).await;
    let id = client.send_cell("ask Your name?").await;
    let question = super::client::read(&mut client.stdin).await;
    assert_eq!(question.kind(), "input_request");
    assert_eq!(question.content, json!({ "prompt": "Your name?", "password": false }));
    assert_eq!(question.parent.as_ref().unwrap().msg_id, id);
    let answer = |value: &str| crate::jupyter::message::new("input_reply", json!({ "value": value }), None);
    // Neither someone else's answer nor one to an earlier question counts.
    other.stdin.send(answer("Eve")).await.unwrap();
    let mut late = answer("Late");
    late.parent_header = Some(late.header.clone());
    client.stdin.send(late).await.unwrap();
    let mut right = answer("Ada");
    right.parent_header = Some(question.header.clone());
    client.stdin.send(right).await.unwrap();
    assert_eq!(client.reply_to(&id).await["status"], "ok");
    let messages = client.published(&id).await;
    assert_eq!(messages[2].1["data"]["text/plain"], "Ada");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_cannot_be_asked_is_not_asked() {
    let (_session, mut client) = start(&Arc::default()).await;
    let id = client.send("execute_request", json!({ "code": "ask who", "allow_stdin": false })).await;
    assert_eq!(client.published(&id).await[2].1["data"]["text/plain"], "nobody answered");
}
