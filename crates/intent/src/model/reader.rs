//! Reads a model file, and refuses what is not one.

use std::borrow::Cow;

use super::{FORMAT, HIDDEN, Limits, MAGIC, Model, Second, WORD_BITS};
use crate::features::BUCKETS;
use crate::inputs::{HEADS, INPUTS};
use crate::scores::LABELS;
use crate::{concepts, cues};

/// Why bytes are no model that this binary can read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Another kind of file.
    #[error("it does not begin as a model does")]
    NotAModel,
    /// Written by another version of postill.
    #[error("its format is {0}, which this postill does not read")]
    OtherFormat(u32),
    /// Bytes were changed or are missing.
    #[error("its checksum does not fit, so some of it was changed or cut off")]
    Damaged,
    /// Trained by a postill whose tables of words were others.
    #[error("it was trained with other tables of words than this postill has")]
    OtherTables,
    /// A number of it is none, so that nothing could be compared with it.
    #[error("a number in it is not finite")]
    NotANumber,
}

/// The model in `bytes`.
pub(super) fn read(bytes: Cow<'static, [u8]>) -> Result<Model, ModelError> {
    let mut rest = Rest { bytes: &bytes };
    if rest.take(MAGIC.len()) != Some(MAGIC.as_slice()) {
        return Err(ModelError::NotAModel);
    }
    let format = rest.u32()?;
    if format != FORMAT {
        return Err(ModelError::OtherFormat(format));
    }
    let sum = rest.u64()?;
    if sum != checksum(rest.bytes) {
        return Err(ModelError::Damaged);
    }
    let of_tables = rest.u64()?;
    if of_tables != tables() || rest.u32()? as usize != INPUTS {
        return Err(ModelError::OtherTables);
    }
    let limits = Limits {
        labels: rest.floats::<LABELS>()?,
        plain: rest.floats()?,
        margin: rest.float()?,
        unknown: rest.float()?,
    };
    let temperature = rest.float()?;
    let scales = rest.floats()?;
    let second =
        Second { direct: rest.rows(INPUTS + 1)?, hidden: rest.rows(INPUTS + 1)?, raised: rest.rows(HIDDEN)? };
    let end = rest.bytes.len();
    if end != WORD_BITS / 8 + BUCKETS * HEADS {
        return Err(ModelError::Damaged);
    }
    let (words, rows) = parts(bytes, end)?;
    let version = format!("linear-{FORMAT}.{:08x}", sum >> 32).into();
    Ok(Model { version, limits, temperature, scales, words, rows, second })
}

type Part = Cow<'static, [u8]>;

/// The last `length` bytes: the known words, then the rows.
fn parts(bytes: Part, length: usize) -> Result<(Part, Part), ModelError> {
    let from = bytes.len().checked_sub(length).ok_or(ModelError::Damaged)?;
    let cut = |bytes: &[u8]| {
        let (words, rows) = bytes.get(from..)?.split_at_checked(WORD_BITS / 8)?;
        Some((words.to_vec(), rows.to_vec()))
    };
    match bytes {
        Cow::Borrowed(all) => {
            let rest = all.get(from..).and_then(|rest| rest.split_at_checked(WORD_BITS / 8));
            rest.map(|(words, rows)| (words.into(), rows.into())).ok_or(ModelError::Damaged)
        }
        Cow::Owned(all) => {
            cut(&all).map(|(words, rows)| (words.into(), rows.into())).ok_or(ModelError::Damaged)
        }
    }
}

/// What has not been read yet.
struct Rest<'b> {
    bytes: &'b [u8],
}

impl<'b> Rest<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let taken = self.take(N).ok_or(ModelError::Damaged)?;
        taken.try_into().map_err(|_of_length| ModelError::Damaged)
    }

    fn u32(&mut self) -> Result<u32, ModelError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, ModelError> {
        self.array().map(u64::from_le_bytes)
    }

    fn float(&mut self) -> Result<f32, ModelError> {
        let number = f32::from_le_bytes(self.array()?);
        if number.is_finite() { Ok(number) } else { Err(ModelError::NotANumber) }
    }

    fn rows<const N: usize>(&mut self, count: usize) -> Result<Vec<[f32; N]>, ModelError> {
        (0..count).map(|_| self.floats()).collect()
    }

    fn floats<const N: usize>(&mut self) -> Result<[f32; N], ModelError> {
        let mut numbers = [0.0; N];
        for number in &mut numbers {
            *number = self.float()?;
        }
        Ok(numbers)
    }
}

/// FNV-1a over 64 bits: against accidents, not against malice; whoever may write the model may write anything.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum: u64, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The tables of words that features are made with.
pub(crate) fn tables() -> u64 {
    let all = cues::tables().chain([concepts::WORDS]);
    all.fold(0, |sum, table| checksum(table.as_bytes()) ^ sum.rotate_left(7))
}
