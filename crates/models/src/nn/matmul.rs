//! Products of matrices that lie in memory row by row or column by column: nothing is transposed by copying.

use std::marker::PhantomData;

use gemm::Parallelism;

use super::cpu::Real;

/// A matrix in someone's memory.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a, T> {
    numbers: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T: Real> Matrix<'a, T> {
    /// `rows` rows of `columns` numbers, one after another.
    pub(super) fn new(numbers: &'a [T], rows: usize, columns: usize) -> Self {
        Self::with_stride(numbers, rows, columns, columns)
    }

    /// The same with rows that begin `row_stride` numbers apart.
    pub(super) fn with_stride(numbers: &'a [T], rows: usize, columns: usize, row_stride: usize) -> Self {
        Self { numbers, rows, columns, row_stride, column_stride: 1 }.checked()
    }

    /// The transpose, of the same numbers.
    pub(super) fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn checked(self) -> Self {
        if self.rows > 0 && self.columns > 0 {
            let last = (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride;
            assert!(last < self.numbers.len(), "a matrix of {} × {} ends in its memory", self.rows, self.columns);
        }
        self
    }
}

/// Where products go: borrowed numbers of which several threads may write different ones.
#[derive(Clone, Copy)]
pub(super) struct Output<'a, T> {
    start: *mut T,
    length: usize,
    numbers: PhantomData<&'a mut [T]>,
}

// SAFETY: as below; a pointer is not tied to a thread.
unsafe impl<T: Real> Send for Output<'_, T> {}
// SAFETY: only `multiply_at` writes, and its caller promises that no number is written by two threads; nothing is lent out.
unsafe impl<T: Real> Sync for Output<'_, T> {}

impl<'a, T: Real> Output<'a, T> {
    /// Lends out `numbers`.
    pub(super) fn new(numbers: &'a mut [T]) -> Self {
        Self { start: numbers.as_mut_ptr(), length: numbers.len(), numbers: PhantomData }
    }

    /// The same numbers from `first` on.
    pub(super) fn from(self, first: usize) -> Self {
        let first = first.min(self.length);
        // SAFETY: `first` is inside.
        Self { start: unsafe { self.start.add(first) }, length: self.length - first, ..self }
    }

    /// [`multiply`], on this thread, to the numbers from `first` on.
    ///
    /// # Safety
    /// No other thread may use the numbers of the product's rows meanwhile. Those between the rows may be in use.
    pub(super) unsafe fn multiply_at(
        &self,
        first: usize,
        row_stride: usize,
        how: Into,
        factor: T,
        a: Matrix<'_, T>,
        b: Matrix<'_, T>,
    ) {
        assert!(first <= self.length, "a product begins in its memory");
        // SAFETY: `first` is inside; the rest is this function's promise.
        unsafe { product(self.start.add(first), self.length - first, row_stride, how, factor, a, b, Parallelism::None) }
    }
}

/// What becomes of the numbers that are at the product's place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Into {
    /// They are overwritten.
    Replace,
    /// The product is added to them.
    Add,
}

/// `output = factor · a · b` (or `+=`), `output` lying row by row, its rows `row_stride` numbers apart. On all threads, or on this
/// one where many products are shared between threads.
///
/// # Panics
/// When the shapes do not fit, which callers check first.
pub(super) fn multiply<T: Real>(
    output: &mut [T],
    row_stride: usize,
    how: Into,
    factor: T,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    alone: bool,
) {
    let parallelism = if alone { Parallelism::None } else { Parallelism::Rayon(0) };
    // SAFETY: `output` is borrowed mutably, so that nobody else uses it.
    unsafe { product(output.as_mut_ptr(), output.len(), row_stride, how, factor, a, b, parallelism) }
}

/// # Safety
/// From `output` on, `length` numbers may be written to where the product's rows are, and nobody else uses those meanwhile.
#[allow(clippy::too_many_arguments)]
unsafe fn product<T: Real>(
    output: *mut T,
    length: usize,
    row_stride: usize,
    how: Into,
    factor: T,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    parallelism: Parallelism,
) {
    assert_eq!(a.columns, b.rows, "the inner sizes of a product are equal");
    let (m, n, k) = (a.rows, b.columns, a.columns);
    if m == 0 || n == 0 {
        return;
    }
    assert!((m - 1) * row_stride + n <= length && n <= row_stride, "a product of {m} × {n} ends in its memory");
    // SAFETY: `a` and `b` were checked to end in their memory when they were made, `output` just now; they are borrowed, so by the
    // caller's promise they overlap no `output`; `T` is f32 or f64, which `gemm` knows.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            output,
            1,
            row_stride as isize,
            how == Into::Add,
            a.numbers.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.numbers.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            T::ONE,
            factor,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_transposes_scaled_and_added() {
        // [[1, 2, 3], [4, 5, 6]] · [[1, 0], [2, 1], [0, 3]] = [[5, 11], [14, 23]]
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let b = [1.0, 0.0, 2.0, 1.0, 0.0, 3.0];
        let (rows, columns) = ([1.0, 2.0, 0.0, 0.0, 1.0, 3.0], [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        let plain = |a: Matrix<'_, f64>, b: Matrix<'_, f64>| {
            let mut output = [100.0; 4];
            multiply(&mut output, 2, Into::Replace, 1.0, a, b, true);
            output
        };
        let expected = [5.0, 11.0, 14.0, 23.0];
        assert_eq!(plain(Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2)), expected);
        assert_eq!(plain(Matrix::new(&a, 2, 3), Matrix::new(&rows, 2, 3).t()), expected);
        assert_eq!(plain(Matrix::new(&columns, 3, 2).t(), Matrix::new(&b, 3, 2)), expected);
        // Into every second column pair of a wider output, on top of what is there.
        let mut output = [1.0; 8];
        multiply(&mut output, 4, Into::Add, 0.5, Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2), false);
        assert_eq!(output, [3.5, 6.5, 1.0, 1.0, 8.0, 12.5, 1.0, 1.0]);
    }

    #[test]
    #[should_panic(expected = "ends in its memory")]
    fn a_matrix_larger_than_its_memory_is_refused() {
        let _ = Matrix::new(&[1.0_f32; 5], 2, 3);
    }
}
