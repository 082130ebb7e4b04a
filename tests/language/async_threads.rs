//# await at the top of a cell
async fn answer(n: i32) -> i32 { n * 2 }
//-
answer(21).await
//> 42
let x = answer(4).await;
//-
x
//> 8

//# await inside a macro and behind a question mark
async fn fetch(ok: bool) -> Result<i32, String> { if ok { Ok(1) } else { Err("offline".into()) } }
//-
println!("{}", fetch(true).await? + 1);
//> 2
println!("{:?}", (fetch(true).await, vec![fetch(true).await?]));
//> (Ok(1), [1])
let a = 1;
fetch(false).await?
//! Error line 2: offline

//# tokio join at the top of a cell
use course::tokio;
async fn twice(n: i32) -> i32 { tokio::time::sleep(std::time::Duration::from_millis(n as u64)).await; n * 2 }
//-
let (a, b) = tokio::join!(twice(1), twice(2));
//-
a + b
//> 6
tokio::select! { x = twice(1) => println!("{x}"), _ = twice(2000) => println!("late") }
//> 2

//# a macro of ones own that awaits
macro_rules! wait { ($e:expr) => { $e.await } }
async fn one() -> i32 { 1 }
//-
wait!(one()) + 1
//> 2
//% 2

//# tasks and channels
use course::tokio;
let (tx, mut rx) = tokio::sync::mpsc::channel(4);
for i in 0..3 { let tx = tx.clone(); tokio::spawn(async move { tx.send(i * 10).await.unwrap(); }); }
drop(tx);
let mut got = vec![]; while let Some(n) = rx.recv().await { got.push(n); }
got.sort(); got
//> [0, 10, 20]
//% 2

//# an async block and a boxed future
use std::future::Future; use std::pin::Pin;
fn later(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> { Box::pin(async move { n + 1 }) }
let f = async { later(1).await + later(2).await };
f.await
//> 5
//% 2

//# threads and scoped threads
let data = vec![1, 2, 3, 4];
let total: i32 = std::thread::scope(|s| { let (l, r) = data.split_at(2); let a = s.spawn(|| l.iter().sum::<i32>()); let b = s.spawn(|| r.iter().sum::<i32>()); a.join().unwrap() + b.join().unwrap() });
total
//> 10
data.len()
//> 4

//# shared state across threads and cells
use std::sync::{Arc, Mutex, mpsc};
let shared = Arc::new(Mutex::new(0));
//-
let handles: Vec<_> = (1..=4).map(|i| { let shared = Arc::clone(&shared); std::thread::spawn(move || *shared.lock().unwrap() += i) }).collect();
for h in handles { h.join().unwrap(); }
//-
//% 2
*shared.lock().unwrap()
//> 10

//# a thread handle joined in a later cell
let handle = std::thread::spawn(|| 6 * 7);
//-
handle.join().unwrap()
//> 42
//~ moved
//% 2

//# a channel across cells
let (tx, rx) = std::sync::mpsc::channel::<String>();
//-
std::thread::spawn({ let tx = tx.clone(); move || { tx.send("from a thread".into()).unwrap(); } });
//-
rx.recv()?
//> from a thread

//# a panic in a thread names its cell and line
let h = std::thread::spawn(|| {
    let v: Vec<i32> = vec![];
    v[0]
});
h.join().unwrap();
//! Panic line 5
//+ line 3

//# something that must not be sent
let rc = std::rc::Rc::new(1);
std::thread::spawn(move || println!("{rc}"));
//! E0277 line 2: cannot be sent between threads

//# a closure that may outlive what it borrows
let v = vec![1];
std::thread::spawn(|| println!("{}", v.len()));
//! E0373 line 2: move

//# await in a closure
async fn one() -> i32 { 1 }
let f = || one().await;
//! E0728 line 2: `.await` works at the top of a cell

//# atomics and barriers
use std::sync::{atomic::{AtomicUsize, Ordering}, Barrier};
let hits = AtomicUsize::new(0); let barrier = Barrier::new(3);
std::thread::scope(|s| for _ in 0..3 { s.spawn(|| { hits.fetch_add(1, Ordering::SeqCst); barrier.wait(); assert_eq!(hits.load(Ordering::SeqCst), 3); }); });
hits.into_inner()
//> 3
//% 2
