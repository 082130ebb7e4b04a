//! Weights in memory once, however many pipelines use them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The models that some pipeline holds now: a second pipeline shares one, and the last to go frees it.
pub(crate) struct Shared<T>(Mutex<Vec<(String, Weak<T>)>>);

impl<T> Shared<T> {
    /// Nothing loaded yet.
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The model of this name: the one in memory, or what `load` gives.
    pub(crate) fn get<E>(&self, name: &str, load: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        // Held while loading: two cells never load the same weights twice.
        // Loading polls, and a widget's callback that wants a model as well would wait for this lock for ever.
        let _held = course_wire::comm::hold();
        let mut loaded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|(_, model)| model.strong_count() > 0);
        if let Some(model) = loaded.iter().find(|(known, _)| known == name).and_then(|(_, model)| model.upgrade()) {
            return Ok(model);
        }
        let model = Arc::new(load()?);
        loaded.push((name.to_owned(), Arc::downgrade(&model)));
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_loaded_once_while_it_is_held_and_again_afterwards() {
        let shared = Shared::<u32>::new();
        let first = shared.get("a", || Ok::<_, ()>(1)).unwrap();
        let second = shared.get("a", || Ok::<_, ()>(2)).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(*shared.get("b", || Ok::<_, ()>(3)).unwrap(), 3);
        drop((first, second));
        assert_eq!(*shared.get("a", || Ok::<_, ()>(4)).unwrap(), 4);
        assert_eq!(shared.get("c", || Err("missing")), Err("missing"));
    }
}
