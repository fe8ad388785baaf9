//! The model in the binary is the one that its situations give.

use std::path::Path;

use anyhow::Result;
use intent::{Classifier, ModelError};
use training::dataset;
use training::example::Example;
use training::train::train;

const MODEL: &[u8] = include_bytes!("../../intent/model/embedded.bin");

/// Where it fails: `postill train --data crates/intent/data/situations --out crates/intent/model/embedded.bin --card
/// crates/intent/model/CARD.md`, and commit both.
#[test]
fn a_retrain_gives_the_committed_model_byte_for_byte() -> Result<()> {
    let situations = dataset::embedded()?;
    let trained_on: Vec<_> = situations.into_iter().filter(|one| !dataset::is_held_out(&one.name)).collect();
    let bytes = train(&Example::of_situations(&trained_on)).weights.to_bytes();
    assert!(
        bytes == MODEL,
        "the situations, the tables or the features changed: train again and commit the model"
    );
    Ok(())
}

#[test]
fn the_model_in_the_binary_is_read_and_named_by_its_checksum() -> Result<()> {
    let version = Classifier::from_bytes(MODEL)?.version().to_owned();
    assert_eq!(Classifier::embedded().version(), version);
    assert!(version.starts_with("linear-1.") && version.len() == "linear-1.".len() + 8, "{version}");
    let card =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../intent/model/CARD.md"))?;
    assert!(card.contains(&version), "the card is of another model");
    Ok(())
}

#[test]
fn what_is_no_model_is_refused_and_says_why() {
    let refused = |bytes: &[u8]| Classifier::from_bytes(bytes).unwrap_err();
    assert_eq!(refused(b""), ModelError::NotAModel);
    assert_eq!(refused(b"%PDF-1.7 and more"), ModelError::NotAModel);
    let mut changed = MODEL.to_vec();
    changed[8] = 9;
    assert_eq!(refused(&changed), ModelError::OtherFormat(9));
    for at in [20, 400, MODEL.len() - 1] {
        let mut changed = MODEL.to_vec();
        changed[at] ^= 1;
        assert_eq!(refused(&changed), ModelError::Damaged);
    }
    assert_eq!(refused(&MODEL[..MODEL.len() / 2]), ModelError::Damaged);
    assert_eq!(refused(&MODEL[..10]), ModelError::Damaged);
}
