//! A matrix that several threads write at once, each its own columns.

use std::marker::PhantomData;

/// A borrowed matrix, row after row, whose elements may be written from several threads.
pub(crate) struct Columns<'a> {
    start: *mut f32,
    rows: usize,
    columns: usize,
    matrix: PhantomData<&'a mut [f32]>,
}

// SAFETY: a `Columns` only lets elements be written, by `write`, whose caller promises that no element is written by two
// threads; nothing is read through it.
unsafe impl Sync for Columns<'_> {}

impl<'a> Columns<'a> {
    /// Lends out a matrix of `columns` columns.
    pub(crate) fn new(matrix: &'a mut [f32], columns: usize) -> Self {
        let rows = matrix.len().checked_div(columns).unwrap_or(0);
        Self { start: matrix.as_mut_ptr(), rows, columns, matrix: PhantomData }
    }

    /// Writes `values` into a row, from a column on.
    ///
    /// # Safety
    /// No other thread may write the same elements while the matrix is lent out.
    pub(crate) unsafe fn write(&self, row: usize, column: usize, values: &[f32]) {
        assert!(row < self.rows && column + values.len() <= self.columns, "outside the matrix");
        // SAFETY: the elements are inside the matrix, which is borrowed for `'a`, and by the caller's promise no one else
        // writes them; `values` cannot overlap a matrix that is mutably borrowed.
        unsafe {
            let to = self.start.add(row * self.columns + column);
            std::ptr::copy_nonoverlapping(values.as_ptr(), to, values.len());
        }
    }
}
