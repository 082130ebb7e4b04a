//! Reading and converting at once: while one thread reads the next blocks of a file, the others convert those read before.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::RecordBatch;
use rayon::prelude::*;

use crate::Result;

/// Record batches in the order of the file, a few blocks ahead of who takes them.
pub(crate) struct Pipeline<B> {
    read: Box<dyn FnMut() -> Result<Option<B>> + Send>,
    convert: Arc<dyn Fn(B) -> Result<RecordBatch> + Send + Sync>,
    /// Blocks that were read and are to be converted.
    waiting: Vec<B>,
    /// What comes out next.
    ready: VecDeque<Result<RecordBatch>>,
    ended: bool,
}

impl<B: Send> Pipeline<B> {
    /// Blocks come from `read` one after the other and are converted by `convert`, several at once.
    pub(crate) fn new(
        read: impl FnMut() -> Result<Option<B>> + Send + 'static,
        convert: impl Fn(B) -> Result<RecordBatch> + Send + Sync + 'static,
    ) -> Self {
        Self {
            read: Box::new(read),
            convert: Arc::new(convert),
            waiting: Vec::new(),
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// Puts a block before all that will be read.
    pub(crate) fn with_first(mut self, blocks: Vec<B>) -> Self {
        self.waiting = blocks;
        self
    }

    fn advance(&mut self) {
        let current = std::mem::take(&mut self.waiting);
        let (read, convert, ended) = (&mut self.read, &self.convert, self.ended);
        let count = rayon::current_num_threads();
        let ((following, problem), converted) = rayon::join(
            || if ended { (Vec::new(), None) } else { read_some(read, count) },
            || current.into_par_iter().map(|block| convert(block)).collect::<Vec<_>>(),
        );
        self.ended |= following.is_empty() || problem.is_some();
        self.ready.extend(converted);
        // What was read before the problem comes first.
        if problem.is_some() && !following.is_empty() {
            let convert = &self.convert;
            self.ready.extend(following.into_par_iter().map(|block| convert(block)).collect::<Vec<_>>());
        } else {
            self.waiting = following;
        }
        self.ready.extend(problem.map(Err));
    }
}

fn read_some<B>(read: &mut (dyn FnMut() -> Result<Option<B>> + Send), count: usize) -> (Vec<B>, Option<crate::Error>) {
    let mut blocks = Vec::with_capacity(count);
    while blocks.len() < count {
        match read() {
            Ok(Some(block)) => blocks.push(block),
            Ok(None) => break,
            Err(error) => return (blocks, Some(error)),
        }
    }
    (blocks, None)
}

impl<B: Send> Iterator for Pipeline<B> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Err(error) = course_wire::interrupt::check() {
                self.ended = true;
                self.waiting.clear();
                self.ready.clear();
                return Some(Err(error.into()));
            }
            if let Some(batch) = self.ready.pop_front() {
                if batch.is_err() {
                    self.ended = true;
                    self.waiting.clear();
                    self.ready.clear();
                }
                return Some(batch);
            }
            if self.ended && self.waiting.is_empty() {
                return None;
            }
            self.advance();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;

    use super::*;

    fn batch(number: i64) -> Result<RecordBatch> {
        if number == 13 {
            return Err(crate::Error::Argument("thirteen".to_owned()));
        }
        Ok(RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![number])) as _)]).unwrap())
    }

    fn numbers(upto: i64, breaks_at: i64) -> Vec<Result<i64, String>> {
        let mut next = 0;
        let read = move || {
            next += 1;
            match next {
                number if number > upto => Ok(None),
                number if number == breaks_at => Err(crate::Error::Argument("broken".to_owned())),
                number => Ok(Some(number)),
            }
        };
        let out = Pipeline::new(read, batch).with_first(vec![0]);
        out.map(|batch| match batch {
            Ok(batch) => Ok(batch.column(0).as_primitive::<Int64Type>().value(0)),
            Err(error) => Err(error.to_string()),
        })
        .collect()
    }

    #[test]
    fn blocks_come_out_in_order_up_to_the_first_problem() {
        assert_eq!(numbers(12, 99), (0..=12).map(Ok).collect::<Vec<_>>());
        let broken = |number, problem: &str| (0..number).map(Ok).chain([Err(problem.to_owned())]).collect::<Vec<_>>();
        assert_eq!(numbers(40, 99), broken(13, "thirteen"));
        assert_eq!(numbers(40, 8), broken(8, "broken"));
        assert_eq!(numbers(0, 1), [Ok(0)]);
    }
}
