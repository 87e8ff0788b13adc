//! Masks what identifies persons: e-mail and IP addresses, telephone numbers, card and account numbers. Off
//! by default. Does not look for names.
//!
//! Numbers with check digits are masked if the digits are right. Others are masked by their form and the
//! words before them, rather too few than too many.

mod address;
mod numbers;
mod phone;

use crate::lines::separates;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_plugin::edit::Edit;

/// Personal data to mask; off by default.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pii {
    /// Replaces e-mail addresses by `<EMAIL>`.
    pub email: bool,
    /// Replaces IP addresses (IPv4 and IPv6) by `<IP>`.
    pub ip_address: bool,
    /// Replaces telephone numbers by `<PHONE>`: international and North American ones, and others after a word such as `Tel.`.
    pub phone: bool,
    /// Replaces payment card numbers with a valid check digit by `<CARD>`.
    pub card_number: bool,
    /// Replaces IBANs with valid check digits by `<IBAN>`.
    pub iban: bool,
}

/// A match: one past its last byte, the rule and the mask.
type Found = (usize, &'static str, &'static str);

impl Pii {
    /// Whether anything is masked.
    pub fn is_any(self) -> bool {
        let Self { email, ip_address, phone, card_number, iban } = self;
        email || ip_address || phone || card_number || iban
    }
}

/// Returns `text` with the masks applied.
pub fn masked(text: &str, pii: &Pii) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for edit in masks(text, pii) {
        out.push_str(text.get(from..edit.start).unwrap_or_default());
        out.push_str(&edit.replacement);
        from = edit.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// The edits that mask `text`, in order.
pub fn masks(text: &str, pii: &Pii) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut taken = 0;
    if pii.ip_address || pii.phone || pii.card_number || pii.iban {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| begins(*b))) {
            let start = at + found;
            at = start + 1;
            // The byte at `start` is ASCII, so `start` is a character boundary.
            if text[..start].chars().next_back().is_some_and(separates) {
                continue;
            }
            if let Some((end, rule, mask)) = number(text, start, pii) {
                edits.push(Edit::replace(start..end, mask, rule));
                at = end;
            }
        }
    }
    if pii.email {
        let mut emails = Vec::new();
        for at in memchr::memchr_iter(b'@', text.as_bytes()) {
            if let Some((start, end)) = address::email(text, at, taken) {
                emails.push(Edit::replace(start..end, "<EMAIL>", "email"));
                taken = end;
            }
        }
        // A match that overlaps an e-mail address is dropped in its favour.
        edits.retain(|edit| {
            let next = emails.partition_point(|email| email.end <= edit.start);
            emails.get(next).is_none_or(|email| edit.end <= email.start)
        });
        edits.extend(emails);
        edits.sort_by_key(|edit| edit.start);
    }
    edits
}

/// Whether a number or an IP address may begin with this byte.
fn begins(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte.is_ascii_uppercase() || matches!(byte, b'+' | b'(' | b':')
}

fn number(text: &str, start: usize, pii: &Pii) -> Option<Found> {
    let first = text.as_bytes()[start];
    if pii.iban
        && first.is_ascii_uppercase()
        && let Some(end) = numbers::iban(text, start)
    {
        return Some((end, "iban", "<IBAN>"));
    }
    if pii.ip_address
        && let Some(end) = address::ip(text, start)
    {
        return Some((end, "ip-address", "<IP>"));
    }
    if pii.card_number
        && first.is_ascii_digit()
        && let Some(end) = numbers::card(text, start)
    {
        return Some((end, "card-number", "<CARD>"));
    }
    if pii.phone
        && (first.is_ascii_digit() || matches!(first, b'+' | b'('))
        && let Some(end) = phone::phone(text, start)
    {
        return Some((end, "phone", "<PHONE>"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use textmill_plugin::edit::{apply, sort_and_check};

    const ALL: Pii = Pii { email: true, ip_address: true, phone: true, card_number: true, iban: true };

    fn masked(text: &str) -> String {
        apply(text, &masks(text, &ALL))
    }

    #[test]
    fn what_identifies_is_masked() {
        for (text, with) in [
            ("write to ada.reed+quay@post.example.org.", "write to <EMAIL>."),
            (
                "schreibt an jürgen.groß@müller.example, пишите на ада@почта.рф",
                "schreibt an <EMAIL>, пишите на <EMAIL>",
            ),
            (
                "連絡先ada@post.exampleまで、문의ada@post.example입니다",
                "連絡先<EMAIL>まで、문의<EMAIL>입니다",
            ),
            ("from 192.0.2.17 and 2001:db8::8a2e:370:7334, twice", "from <IP> and <IP>, twice"),
            (
                "a lamp in building 192.0.2.17, section 203.0.113.9, server 1.2.3.4",
                "a lamp in building <IP>, section <IP>, server <IP>",
            ),
            ("The server that answers you is 10.4.2.3", "The server that answers you is <IP>"),
            ("ada@post.example-Подробнее, ada@post.example.Écrivez", "<EMAIL>-Подробнее, <EMAIL>.Écrivez"),
            ("адрес-ada@post.example, ада@почта.рф", "адрес-<EMAIL>, <EMAIL>"),
            ("call +44 20 7946 0958 or (202) 555-0143.", "call <PHONE> or <PHONE>."),
            ("Tel.: 030 / 901820, Fax 089 123456-78", "Tel.: <PHONE>, Fax <PHONE>"),
            ("Diensttelefon 030 901820, Hotel 250 000", "Diensttelefon <PHONE>, Hotel 250 000"),
            ("나루터전화 02-555-0143, 電話番号：03-5555-0143", "나루터전화 <PHONE>, 電話番号：<PHONE>"),
            ("card 4111 1111 1111 1111, 3782-822463-10005", "card <CARD>, <CARD>"),
            ("GB82 WEST 1234 5698 7654 32 and DE89370400440532013000", "<IBAN> and <IBAN>"),
        ] {
            assert_eq!(masked(text), with);
            assert_eq!(super::masked(text, &ALL), with);
        }
    }

    #[test]
    fn what_looks_like_it_stays() {
        for text in [
            "the ship 1.2.3.4, version 1.2.3.4, build 10.14.6.2, and 10.4.2.300, and section 2.1.4.3",
            "at 12:30:45 on 2024-05-02, 02.05.2024, 3/4/1999",
            "ISBN 978-3-16-148410-0, order 4111 1111 1111 1112",
            "GB82 WEST 1234 5698 7654 33 is no account, nor is GB82",
            "@ada said user@host and a@b.c, é@ and @é.é, 20 000 boats, 1 000 000 000 gulls",
            "the score was 555-1234, the year 1918-1922, room 020 7946",
            "face:dead:beef, ::, 10::, a::b is C++",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    proptest! {
        #[test]
        fn edits_fit_any_text(text in "[-+@.:()/ 0-9a-fA-Fé]{0,80}") {
            let mut edits = masks(&text, &ALL);
            prop_assert!(sort_and_check(&text, &mut edits).is_ok());
        }
    }

    #[test]
    fn hostile_input_is_linear() {
        for piece in [
            "1",
            "1 ",
            "@",
            "a@",
            "é@",
            "é@é.",
            "1.",
            "a:",
            "GB82",
            "+1",
            "(1",
            "1-",
            "()",
            "a@b.example 202-555-0143 ",
        ] {
            let text = piece.repeat(1_000_000 / piece.len());
            assert!(sort_and_check(&text, &mut masks(&text, &ALL)).is_ok(), "{piece}");
        }
    }
}
