//! Numbers with check digits: payment cards and bank accounts.

/// One past the card number that begins at `start`: 13 to 19 digits in groups, with a length that fits the
/// issuer's prefix and a valid Luhn check digit (ISO/IEC 7812).
pub fn card(text: &str, start: usize) -> Option<usize> {
    const MOST: usize = 19;
    let bytes = text.as_bytes();
    let mut digits = [0u8; MOST];
    let (mut count, mut at, mut group) = (0, start, 0usize);
    let mut sign: Option<u8> = None;
    let mut groups = 1;
    loop {
        match bytes.get(at) {
            Some(b) if b.is_ascii_digit() => {
                if count == MOST {
                    return None;
                }
                digits[count] = b - b'0';
                count += 1;
                group += 1;
                at += 1;
            }
            Some(&b @ (b' ' | b'-'))
                if bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
                    && sign.is_none_or(|s| s == b)
                    && (3..=6).contains(&group) =>
            {
                sign = Some(b);
                group = 0;
                groups += 1;
                at += 1;
            }
            _ => break,
        }
    }
    let digits = &digits[..count];
    let is_grouped = groups == 1 || groups <= 5 && group >= 3;
    let is_whole = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    (is_grouped && is_whole && is_issued(digits) && luhn(digits)).then_some(at)
}

/// Whether an issuer uses this prefix with this length.
fn is_issued(digits: &[u8]) -> bool {
    let prefix = |n: usize| digits.get(..n).map_or(0, |d| d.iter().fold(0u32, |p, &d| p * 10 + u32::from(d)));
    match digits.len() {
        13 | 19 if prefix(1) == 4 => true,
        14 => matches!(prefix(2), 36 | 38) || (300..=305).contains(&prefix(3)),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || (51..=55).contains(&prefix(2))
                || (2221..=2720).contains(&prefix(4))
                || prefix(4) == 6011
                || prefix(2) == 65
                || (644..=649).contains(&prefix(3))
                || (3528..=3589).contains(&prefix(4))
                || prefix(2) == 62
        }
        17..=19 => prefix(2) == 62,
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| {
            let value = u32::from(digit) * if place % 2 == 1 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

/// One past the IBAN that begins at `start`: it has the length of its country, and a remainder of 1 modulo 97
/// (ISO 13616).
pub fn iban(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let country = text.get(start..start + 2)?;
    let (_, length) = LENGTHS.iter().find(|(code, _)| *code == country)?;
    let mut found = [0u8; 34];
    let (mut count, mut at) = (0, start);
    while count < *length {
        let &byte = bytes.get(at)?;
        if byte == b' ' && count % 4 == 0 && count > 0 && bytes[at - 1] != b' ' {
            at += 1;
            continue;
        }
        if !(byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
            return None;
        }
        *found.get_mut(count)? = byte;
        count += 1;
        at += 1;
    }
    if bytes.get(at).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let rest = found[4..count].iter().chain(&found[..4]).fold(0u32, |rest, &byte| {
        if byte.is_ascii_digit() {
            (rest * 10 + u32::from(byte - b'0')) % 97
        } else {
            (rest * 100 + u32::from(byte - b'A') + 10) % 97
        }
    });
    (rest == 1).then_some(at)
}

/// Number of characters of an IBAN by country, from the registry of ISO 13616.
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];
