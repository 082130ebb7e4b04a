//! Interrupts, shutdown, and engines that fail.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::client::read;
use super::{Fake, ok, start};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_cell_is_interrupted_and_the_session_goes_on() {
    let (_session, mut client) = start(&Arc::default()).await;
    // With nothing running there is nothing to interrupt.
    assert_eq!(client.command("interrupt_request", json!({})).await, ok());
    let id = client.send_cell("print now\nwait").await;
    client.printed("now").await;
    assert_eq!(client.ask("kernel_info_request", json!({})).await["status"], "ok");
    assert_eq!(client.command("interrupt_request", json!({})).await, ok());
    assert_eq!(client.reply_to(&id).await["ename"], "Interrupted");
    assert_eq!(client.run("result 1").await.0["status"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_interrupts_the_running_cell_and_nothing_else() {
    let (session, mut client) = start(&Arc::default()).await;
    session.signal.send(()).await.unwrap();
    assert_eq!(client.run("result 1").await.0["status"], "ok");
    let id = client.send_cell("print now\nwait").await;
    client.printed("now").await;
    session.signal.send(()).await.unwrap();
    assert_eq!(client.reply_to(&id).await["ename"], "Interrupted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_withdraws_an_open_question() {
    let (_session, mut client) = start(&Arc::default()).await;
    let id = client.send_cell("ask who").await;
    read(&mut client.stdin).await;
    client.command("interrupt_request", json!({})).await;
    client.reply_to(&id).await;
    assert_eq!(client.published(&id).await[2].1["data"]["text/plain"], "nobody answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_answers_at_once_and_ends_a_cell_that_does_not_listen() {
    let fake = Arc::<Fake>::default();
    let (session, mut client) = start(&fake).await;
    client.send_cell("print now\nspin").await;
    client.printed("now").await;
    let reply = client.command("shutdown_request", json!({ "restart": true })).await;
    assert_eq!(reply, json!({ "status": "ok", "restart": true }));
    loop {
        let message = read(&mut client.iopub).await;
        // A restarting notebook must not be left with the last cell's error.
        assert_ne!(message.kind(), "error");
        if message.kind() == "shutdown_reply" {
            break;
        }
    }
    session.served.await.unwrap().unwrap();
    assert!(fake.shut_down.load(Ordering::SeqCst));
    assert_eq!(fake.interrupts.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_the_engine_too() {
    let fake = Arc::<Fake>::default();
    let (mut session, mut client) = start(&fake).await;
    client.run("print a").await;
    session.stop.take().unwrap().send(()).unwrap();
    session.served.await.unwrap().unwrap();
    assert!(fake.shut_down.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_the_engine_is_an_error_and_the_next_cell_has_a_new_engine() {
    let fake = Arc::<Fake>::default();
    let (_session, mut client) = start(&fake).await;
    let (reply, _) = client.run("panic index out of bounds").await;
    assert_eq!(reply["ename"], "KernelBug");
    assert!(reply["evalue"].as_str().unwrap().contains("index out of bounds"), "{reply}");
    assert!(fake.shut_down.load(Ordering::SeqCst));
    assert_eq!(client.run("print a").await.0["status"], "ok");
    assert_eq!(fake.starts.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_the_engine_but_cells() {
    let fake = Arc::<Fake>::default();
    fake.hold_start.store(true, Ordering::SeqCst);
    let (_session, mut client) = start(&fake).await;
    let info = client.ask("kernel_info_request", json!({})).await;
    assert_eq!(info["language_info"]["version"], "1.95.0");
    let interrupted = client.send_cell("print a").await;
    // Not running before the queue has been reached.
    while read(&mut client.iopub).await.kind() != "execute_input" {}
    client.command("interrupt_request", json!({})).await;
    tokio::task::yield_now().await;
    client.command("interrupt_request", json!({})).await;
    fake.hold_start.store(false, Ordering::SeqCst);
    let reply = client.reply_to(&interrupted).await;
    assert!(reply["ename"] == "Interrupted" || reply["status"] == "ok", "{reply}");
    assert_eq!(client.run("print b").await.0["status"], "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_cannot_start_is_tried_again_with_the_next_cell() {
    let fake = Arc::<Fake>::default();
    fake.fail_start.store(true, Ordering::SeqCst);
    let (_session, mut client) = start(&fake).await;
    let (reply, _) = client.run("print a").await;
    assert_eq!(reply["ename"], "KernelNotReady");
    assert_eq!(reply["evalue"], "cells cannot run yet: no library here");
    fake.fail_start.store(false, Ordering::SeqCst);
    assert_eq!(client.run("print a").await.0["status"], "ok");
}
