//! Completion and inspection: what a learner may type next, and what something is.
//!
//! | file | what |
//! |---|---|
//! | [`lex`], [`place`] | what the cursor stands on |
//! | [`source`], [`scope`], [`library`] | what a name means there: the cell, the session, the crates |
//! | [`types`], [`infer`], [`postfix`], [`members`] | of what type an expression is, and what that type has |
//! | [`chain`], [`learn`], [`closures`] | where an expression begins, and what the cell has bound before it |
//! | [`complete`], [`inspect`] | the answers; [`render`] shows the second |
//!
//! All of it works on texts: on tokens, on the types that rustc has told the engine, and on an index of what the crates declare
//! (`crates/index`). So it answers while a cell runs, it answers for code that does not parse, and it costs neither a compiler nor its
//! memory. It knows less than a compiler: what it cannot read off, it leaves out.

mod chain;
mod closures;
mod complete;
mod infer;
mod inspect;
mod keywords;
mod learn;
mod lex;
mod library;
mod members;
mod place;
mod postfix;
mod render;
mod scope;
mod source;
#[cfg(test)]
mod tests;
mod types;

use std::sync::{Arc, Mutex, Once, PoisonError, RwLock};

use course_wire::Bundle;

pub use self::complete::Proposal;
pub use self::library::Library;
use self::scope::Scope;
use self::source::Source;
use crate::engine::Known;

/// Answers questions about code. It looks at what the engine knew after the last cell, so it answers while one runs.
pub struct Assistant {
    library: Library,
    session: RwLock<Arc<Session>>,
    /// What the items were read from; they are read again only when it changes.
    texts: Mutex<Arc<[String]>>,
    opened: Once,
}

#[derive(Default)]
struct Session {
    known: Known,
    items: Arc<Source>,
}

/// The longest cell that is looked at, in bytes.
const LONGEST: usize = 256 << 10;

impl Assistant {
    /// An assistant for a new session.
    pub fn new(library: Library) -> Self {
        Self { library, session: RwLock::default(), texts: Mutex::default(), opened: Once::new() }
    }

    /// Takes up what a cell has changed.
    pub fn learn(&self, known: Known) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let items = if Arc::ptr_eq(&texts, &known.items) {
            Arc::clone(&self.session().items)
        } else {
            let mut source = Source::default();
            known.items.iter().for_each(|text| source.read(text));
            *texts = Arc::clone(&known.items);
            Arc::new(source)
        };
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Session { known, items });
        // The first question after the first cell finds the indices mapped; the kernel's start does not wait for them.
        self.opened.call_once(|| {
            let library = self.library.clone();
            let _ = std::thread::Builder::new().name("index".into()).spawn(move || library.open());
        });
    }

    fn session(&self) -> Arc<Session> {
        Arc::clone(&self.session.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What can stand at byte `at`, best first, and where the word begins that it replaces.
    pub fn complete(&self, code: &str, at: usize) -> (usize, Vec<Proposal>) {
        let Some(before) = code.get(..at).filter(|before| before.len() <= LONGEST) else { return (at, Vec::new()) };
        let session = self.session();
        let scope = scope_at(&self.library, &session, code, before);
        let place = place::place(before);
        let typed = match &place {
            place::Place::File(path) => path.rsplit('/').next().unwrap_or_default(),
            place => place.prefix(),
        };
        (at - typed.len(), complete::complete(&scope, &place))
    }

    /// What stands at byte `at`; `whole` asks for all of its documentation.
    pub fn inspect(&self, code: &str, at: usize, whole: bool) -> Option<Bundle> {
        let before = code.get(..at).filter(|_| code.len() <= LONGEST)?;
        let session = self.session();
        // A name may be bound by the very line that the cursor is on.
        let upto = code.get(at..)?.find('\n').map_or(code, |line| &code[..at + line]);
        let scope = scope_at(&self.library, &session, code, if upto.ends_with(';') { upto } else { before });
        inspect::inspect(&scope, code, at).map(|entry| bundle(&entry, whole))
    }

    /// All that is known about a name or path, as in `Tensor::matmul`.
    pub fn about(&self, path: &str) -> Option<Bundle> {
        let session = self.session();
        let scope = Scope::new(&self.library, &session.known, &session.items);
        let known = inspect::about(&scope, path).map(|entry| bundle(&entry, true));
        // `x.matmul`, and what else is no path.
        known.or_else(|| self.inspect(path, path.len(), true))
    }
}

fn bundle(entry: &inspect::Entry, whole: bool) -> Bundle {
    Bundle::html(render::html(entry, whole), render::text(entry, whole))
}

fn scope_at<'a>(library: &'a Library, session: &'a Session, code: &str, before: &str) -> Scope<'a> {
    let mut scope = Scope::new(library, &session.known, &session.items);
    scope.cell.read(code);
    let tokens: Vec<_> = lex::lex(before).into_iter().filter(|token| token.kind != lex::Kind::Comment).collect();
    scope.learn(&tokens);
    scope
}
