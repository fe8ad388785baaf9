//! An order drawn by a number: the same for the same archive and number, on every machine.

use std::sync::Arc;

use load::Dice;
use tokio_util::sync::CancellationToken;

use super::archive::{Archive, Content};
use crate::complaint::Advice;

/// Where every mail begins, 8 bytes each: the file in the upper 24 bits, the offset in the lower 40. So there may be 16 million files
/// of up to a terabyte.
#[derive(Debug)]
pub(crate) struct Shuffled {
    places: Vec<u64>,
    /// Files of which mails were read up to a place from where nothing could be.
    pub(crate) broken_files: u64,
}

const OFFSET_BITS: u32 = 40;
const MOST_FILES: usize = 1 << (64 - OFFSET_BITS);
/// 400 MB of places. More are replayed in shards.
const MOST_MAILS: usize = 50_000_000;

impl Shuffled {
    /// Reads the whole archive for where its mails begin, and draws their order. `None` when told to stop.
    pub(crate) fn draw(
        archive: &Archive,
        seed: u64,
        max_bytes: usize,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<Self>> {
        if archive.entries.len() > MOST_FILES {
            return Err(too_many());
        }
        let (mut places, mut broken_files) = (Vec::new(), 0);
        for (number, entry) in archive.entries.iter().enumerate() {
            let begin = (number as u64) << OFFSET_BITS;
            let Content::File(file) = &entry.content else {
                places.push(begin);
                continue;
            };
            let before = places.len();
            for found in file.messages(0, max_bytes, &Arc::default()) {
                if stop.is_cancelled() {
                    return Ok(None);
                }
                let offset = match found.map_err(|error| error.offset()) {
                    Ok(found) => found.offset,
                    Err(Some(offset)) => offset,
                    Err(None) if places.len() == before => 0,
                    Err(None) => {
                        broken_files += 1;
                        continue;
                    }
                };
                if offset >> OFFSET_BITS != 0 || places.len() >= MOST_MAILS {
                    return Err(too_many());
                }
                places.push(begin | offset);
            }
        }
        let mut dice = Dice::new(seed);
        for last in (1..places.len()).rev() {
            places.swap(last, below(&mut dice, last as u64 + 1));
        }
        Ok(Some(Self { places, broken_files }))
    }

    pub(crate) fn len(&self) -> u64 {
        self.places.len() as u64
    }

    /// File and offset of the mail that is drawn as that number.
    pub(crate) fn at(&self, turn: u64) -> Option<(usize, u64)> {
        let place = self.places.get(usize::try_from(turn).ok()?)?;
        let file = usize::try_from(place >> OFFSET_BITS).ok()?;
        Some((file, place & ((1 << OFFSET_BITS) - 1)))
    }
}

fn too_many() -> anyhow::Error {
    Advice::usage(
        format!(
            "--shuffle keeps the places of at most {MOST_MAILS} mails, in files of up to a terabyte, and there are more"
        ),
        "give fewer paths at once",
    )
}

/// From 0 up to, and without, `end`. The bias of the multiplication is below one in a hundred billion here.
fn below(dice: &mut Dice, end: u64) -> usize {
    let scaled = (u128::from(dice.number()) * u128::from(end)) >> 64;
    usize::try_from(scaled).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    const MAILS: usize = 50;

    fn archive(folder: &tempfile::TempDir) -> Archive {
        let path: PathBuf = folder.path().join("mbox");
        let mail = |number| format!("From a@b.example Tue Mar  3 10:00:00 2026\nA: {number}\n\nx\n\n");
        fs::write(&path, (0..MAILS).map(mail).collect::<String>()).unwrap();
        Archive::of(&[path]).unwrap()
    }

    fn order(archive: &Archive, seed: u64) -> Vec<(usize, u64)> {
        let stop = CancellationToken::new();
        let shuffled = Shuffled::draw(archive, seed, 1_000, &stop).unwrap().unwrap();
        assert_eq!(shuffled.at(shuffled.len()), None);
        (0..shuffled.len()).map(|turn| shuffled.at(turn).unwrap()).collect()
    }

    #[test]
    fn an_order_is_drawn_by_its_number_alone_and_holds_every_mail_once() {
        let folder = tempfile::tempdir().unwrap();
        let archive = archive(&folder);
        let (one, again, other) = (order(&archive, 1), order(&archive, 1), order(&archive, 2));
        assert_eq!(one, again);
        assert_ne!(one, other);
        let sorted = |mut places: Vec<(usize, u64)>| {
            places.sort_unstable();
            places.dedup();
            places
        };
        assert_ne!(one, sorted(one.clone()));
        assert_eq!(sorted(one).len(), MAILS);
    }
}
