//! What stands around what people write: greetings, signatures, disclaimers and threads, on every label alike.
//!
//! Deterministic: one seed, one noise. The words are those of everyday mail; what is quoted speaks of refunds, invoices and cancellations
//! whatever the mail itself is about, so that nothing can be learned from its being there.

mod words;

use domain::Language;

use crate::sequence::Sequence;
use words::Words;

/// What to put around a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// A greeting and a signature.
    Signed,
    /// The same and a disclaimer of the sender's house.
    Disclaimed,
    /// A greeting, a signature and the thread that is answered, quoted.
    Answering,
}

impl Noise {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Signed, Self::Disclaimed, Self::Answering];

    /// The kind of a seed.
    pub fn of(seed: u64) -> Self {
        match Sequence::of(seed).below(3) {
            0 => Self::Signed,
            1 => Self::Disclaimed,
            _ => Self::Answering,
        }
    }
}

/// Subject and text of a mail with noise around it, as they would arrive: with the thread and the signature not cut yet.
pub fn around(subject: &str, text: &str, language: Language, noise: Noise, seed: u64) -> (String, String) {
    let mut sequence = Sequence::of(seed);
    let words = Words::of(language);
    let pick = |choices: &[&'static str], sequence: &mut Sequence| {
        choices.get(sequence.below(choices.len())).copied().unwrap_or_default()
    };
    let mut parts = vec![
        pick(&words.greetings, &mut sequence).to_owned(),
        text.to_owned(),
        pick(&words.endings, &mut sequence).to_owned(),
        pick(&words.signatures, &mut sequence).to_owned(),
    ];
    match noise {
        Noise::Signed => {}
        Noise::Disclaimed => parts.push(pick(&words.disclaimers, &mut sequence).to_owned()),
        Noise::Answering => {
            let quoted = pick(&words.threads, &mut sequence);
            let lines: Vec<String> = quoted.lines().map(|line| format!("> {line}")).collect();
            parts.push(format!("{}\n{}", pick(&words.introductions, &mut sequence), lines.join("\n")));
        }
    }
    let answers = noise == Noise::Answering && !subject.is_empty();
    let subject = if answers { format!("Re: {subject}") } else { subject.to_owned() };
    (subject, parts.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_noise_and_the_text_stays_whole() {
        for language in Language::ALL {
            for noise in Noise::ALL {
                for seed in 0..20 {
                    let (subject, text) = around("Frage", "Wo ist es?", language, noise, seed);
                    assert_eq!(around("Frage", "Wo ist es?", language, noise, seed), (subject, text.clone()));
                    assert!(text.contains("\n\nWo ist es?\n\n"), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_quoted_thread_is_cut_as_in_real_mail() {
        for language in Language::ALL {
            for seed in 0..20 {
                let (_, text) = around("Q", "Wo ist es?", language, Noise::Answering, seed);
                let cut = mail::cut_quotes(&text);
                assert!(cut.written.contains("Wo ist es?") && !cut.written.contains('>'), "{}", cut.written);
            }
        }
    }
}
