//! What a rule remembers of a parameter from one step to the next.

use candle_core::{Device, Tensor};

use crate::{Error, Result};

/// Numbers that a rule remembers of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Buffer {
    /// What they are, such as `exp_avg`.
    pub name: &'static str,
    /// The numbers.
    pub numbers: Numbers,
}

/// The numbers of a [`Buffer`].
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// In full.
    F32(Vec<f32>),
    /// As codes of one byte.
    U8(Vec<u8>),
}

impl Buffer {
    /// `count` zeros.
    pub fn zeros(name: &'static str, count: usize) -> Self {
        Self { name, numbers: Numbers::F32(vec![0.0; count]) }
    }

    /// `count` times one code.
    pub fn codes(name: &'static str, code: u8, count: usize) -> Self {
        Self { name, numbers: Numbers::U8(vec![code; count]) }
    }

    /// The numbers; empty where they are codes.
    pub fn f32(&mut self) -> &mut [f32] {
        match &mut self.numbers {
            Numbers::F32(numbers) => numbers,
            Numbers::U8(_) => &mut [],
        }
    }

    /// The codes; empty where they are numbers.
    pub fn u8(&mut self) -> &mut [u8] {
        match &mut self.numbers {
            Numbers::U8(codes) => codes,
            Numbers::F32(_) => &mut [],
        }
    }

    pub(super) fn to_tensor(&self) -> Result<Tensor> {
        Ok(match &self.numbers {
            Numbers::F32(numbers) => Tensor::from_slice(numbers, numbers.len(), &Device::Cpu)?,
            Numbers::U8(codes) => Tensor::from_slice(codes, codes.len(), &Device::Cpu)?,
        })
    }

    /// Takes over saved numbers, which must be as many and of the same kind.
    pub(super) fn load(&mut self, place: &str, saved: &Tensor) -> Result<()> {
        let problem = |wanted: usize, found: usize| {
            Error::data(
                place,
                format!("{found} numbers were saved, {wanted} are needed: the state is of another model or optimizer"),
            )
        };
        match &mut self.numbers {
            Numbers::F32(numbers) => {
                let saved = saved.to_vec1::<f32>()?;
                if saved.len() != numbers.len() {
                    return Err(problem(numbers.len(), saved.len()));
                }
                *numbers = saved;
            }
            Numbers::U8(codes) => {
                let saved = saved.to_vec1::<u8>()?;
                if saved.len() != codes.len() {
                    return Err(problem(codes.len(), saved.len()));
                }
                *codes = saved;
            }
        }
        Ok(())
    }
}
