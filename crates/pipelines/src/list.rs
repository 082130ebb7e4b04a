//! Results of several texts: each type is a slice of its items in every respect but how it shows itself.

/// Makes a type with a field `items` a slice of them: `len`, `iter`, `[0]` and `for` work.
macro_rules! slice_of {
    ($list:ident, $item:ty) => {
        impl std::ops::Deref for $list {
            type Target = [$item];

            fn deref(&self) -> &[$item] {
                &self.items
            }
        }

        impl<'a> IntoIterator for &'a $list {
            type Item = &'a $item;
            type IntoIter = std::slice::Iter<'a, $item>;

            fn into_iter(self) -> Self::IntoIter {
                self.items.iter()
            }
        }
    };
}

pub(crate) use slice_of;
