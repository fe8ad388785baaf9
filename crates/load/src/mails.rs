//! Mails without end, each unlike every other.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::EmailAddress;
use domain::intent::Label;

use crate::dice::Dice;
use crate::letters::{LETTERS, Letter};
use crate::mix::{Mix, Sizes};

/// What makes a run of mails: the same run, the same mails.
#[derive(Debug, Clone)]
pub struct Mails {
    /// Tells runs apart: stands in every message id. Letters, digits and dashes.
    pub run: String,
    /// Where chance begins.
    pub seed: u64,
    /// How many of which intent.
    pub mix: Mix,
    /// How many of which size.
    pub sizes: Sizes,
    /// Who writes; each as often as the others. Without any, nobody that Stripe knows does.
    pub senders: Vec<EmailAddress>,
    /// How many mails of a thousand come from an address that nobody knows.
    pub strangers_permille: u16,
    /// How they arrive.
    pub arriving: Arriving,
}

/// What a mail server adds to each.
#[derive(Debug, Clone)]
pub struct Arriving {
    /// The business's own address.
    pub to: String,
    /// Who authenticates senders, by its name in Authentication-Results; without one, nobody is authenticated.
    pub authserv_id: Option<String>,
    /// As a mail says it: `Mon, 23 Nov 2026 14:00:00 +0000`.
    pub date: String,
}

/// A mail of a run.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// Its id on the broker.
    pub message_id: String,
    /// What it asks for.
    pub label: Label,
    /// The mail.
    pub bytes: Vec<u8>,
}

/// Up to this size a mail is long by what it quotes; above, by what is attached.
const QUOTED_UP_TO: usize = 12_000;
/// Characters of base64 in a line, line end included.
const BASE64_LINE: usize = 78;

impl Mails {
    /// The mail of that number.
    pub fn mail(&self, number: u64) -> Written {
        let mut dice = Dice::new(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (label, size) = (self.mix.pick(&mut dice), self.sizes.pick(&mut dice));
        let message_id = self.message_id(number);
        let from = self.sender(&mut dice);
        let bytes = match dice.one_of(LETTERS) {
            Some(letter) => {
                Writing { mails: self, letter, label, from, message_id: &message_id }.bytes(size, &mut dice)
            }
            None => Vec::new(),
        };
        Written { message_id, label, bytes }
    }

    /// The id of the mail of that number: on the broker, and within `<…@load.postill.invalid>` in the mail.
    pub fn message_id(&self, number: u64) -> String {
        format!("{}-{number}", self.run)
    }

    /// The number of the mail that has this id, when it is one of this run.
    pub fn number(&self, message_id: &str) -> Option<u64> {
        message_id.strip_prefix(self.run.as_str())?.strip_prefix('-')?.parse().ok()
    }

    fn sender(&self, dice: &mut Dice) -> String {
        let is_stranger = dice.below(1_000) < usize::from(self.strangers_permille);
        match dice.one_of(&self.senders) {
            Some(sender) if !is_stranger => sender.as_str().to_owned(),
            _ => format!("singer{}@nobody.example", dice.below(1_000_000)),
        }
    }
}

/// One mail on the way to paper.
struct Writing<'a> {
    mails: &'a Mails,
    letter: &'a Letter,
    label: Label,
    from: String,
    message_id: &'a str,
}

impl Writing<'_> {
    fn bytes(&self, size: usize, dice: &mut Dice) -> Vec<u8> {
        let mut mail = self.header();
        if size <= QUOTED_UP_TO {
            mail.push_str(
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
            );
            mail.push_str(&self.words());
            self.quote(&mut mail, size);
        } else {
            self.attach(&mut mail, size, dice);
        }
        mail.into_bytes()
    }

    fn header(&self) -> String {
        let Arriving { to, authserv_id, date } = &self.mails.arriving;
        let (subject, _) = self.letter.request(self.label);
        let (from, id, subject) = (&self.from, self.message_id, encoded(subject));
        let domain = from.rsplit('@').next().unwrap_or_default();
        let server = authserv_id.as_deref().unwrap_or("mx.example");
        let verdict = authserv_id.as_ref().map_or_else(String::new, |id| {
            format!(
                "Authentication-Results: {id}; dkim=pass header.d={domain}; spf=pass\r\n smtp.mailfrom={domain}; dmarc=pass header.from={domain}\r\n"
            )
        });
        format!(
            "Received: from mail.{domain} (mail.{domain} [192.0.2.7])\r\n by {server} with ESMTPS id {id}\r\n for <{to}>; {date}\r\n{verdict}\
             From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{id}@load.postill.invalid>\r\n\
             MIME-Version: 1.0\r\n"
        )
    }

    fn words(&self) -> String {
        let (_, request) = self.letter.request(self.label);
        format!("{}\r\n\r\n{request}\r\n\r\n{}\r\n", self.letter.greeting, self.letter.closing)
    }

    /// Quotes an earlier mail until the mail is as long as it should be.
    fn quote(&self, mail: &mut String, size: usize) {
        let above = format!("\r\n{}\r\n", self.letter.wrote);
        if mail.len() + above.len() + 80 > size {
            return;
        }
        mail.push_str(&above);
        for sentence in self.letter.history.iter().cycle() {
            let line = format!("> {sentence}\r\n");
            if mail.len() + line.len() > size {
                break;
            }
            mail.push_str(&line);
        }
    }

    /// Attaches what looks like a document.
    fn attach(&self, mail: &mut String, size: usize, dice: &mut Dice) {
        let boundary = format!("=_{}", self.message_id);
        let head = format!(
            "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n{}\r\n--{boundary}\r\nContent-Type: application/pdf; name=\"programme.pdf\"\r\n\
             Content-Disposition: attachment; filename=\"programme.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            self.words()
        );
        mail.push_str(&head);
        let end = format!("--{boundary}--\r\n");
        while mail.len() + BASE64_LINE + end.len() <= size {
            let bytes: Vec<u8> = (0..8).flat_map(|_| dice.number().to_le_bytes()).take(57).collect();
            mail.push_str(&BASE64_STANDARD.encode(bytes));
            mail.push_str("\r\n");
        }
        mail.push_str(&end);
    }
}

/// A subject as a header may hold it.
fn encoded(subject: &str) -> String {
    if subject.is_ascii() {
        return subject.to_owned();
    }
    format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(subject))
}

/// Mails of corpora may be people's own: only the length is shown.
impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Written")
            .field("message_id", &self.message_id)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mails(sizes: &str) -> Mails {
        Mails {
            run: "load-1".to_owned(),
            seed: 1,
            mix: Mix::default(),
            sizes: sizes.parse().unwrap(),
            senders: vec!["ada@choir.example".parse().unwrap()],
            strangers_permille: 100,
            arriving: Arriving {
                to: "billing@larkspur.example".to_owned(),
                authserv_id: Some("mx.larkspur.example".to_owned()),
                date: "Mon, 23 Nov 2026 14:00:00 +0000".to_owned(),
            },
        }
    }

    #[test]
    fn the_same_run_has_the_same_mails_and_no_two_are_alike() {
        let mails = mails("1k");
        assert_eq!(mails.mail(5), mails.mail(5));
        assert_ne!(mails.mail(5).bytes, mails.mail(6).bytes);
        assert_eq!(mails.number(&mails.message_id(17)), Some(17));
        assert_eq!(mails.number("load-12-17"), None);
    }

    #[test]
    fn mails_are_as_long_as_they_should_be() {
        for size in [4_000, 12_000, 100_000, 1_000_000] {
            let longest =
                (0..50).map(|number| mails(&size.to_string()).mail(number).bytes.len()).max().unwrap();
            assert!(longest <= size && longest + 200 > size, "{longest} of {size}");
        }
        let shortest = mails("300").mail(0);
        assert!(shortest.bytes.len() < 1_500, "the request is never cut: {shortest:?}");
    }

    #[test]
    fn some_come_from_whom_nobody_knows() {
        let mails = mails("1k");
        let known =
            |number| String::from_utf8(mails.mail(number).bytes).unwrap().contains("ada@choir.example");
        let strangers = (0..2_000).filter(|number| !known(*number)).count();
        assert!((150..250).contains(&strangers), "{strangers} of 2,000");
    }

    #[test]
    fn all_lines_are_short_enough_for_mail() {
        for number in 0..30 {
            let mail = String::from_utf8(mails("300,4k,50k").mail(number).bytes).unwrap();
            assert!(mail.split("\r\n").all(|line| line.len() < 998 && !line.contains('\n')));
        }
    }
}
