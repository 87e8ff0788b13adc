//! Telephone numbers: with a country code, in the North American form, or after a word that announces one.

use crate::lines::separates;

/// Maximum number of digits (ITU-T E.164).
const MOST: usize = 15;
/// How many bytes before a number are searched for such a word.
const CONTEXT: usize = 36;

/// Announcing words of at most this many letters count only alone, not as the end of a longer word.
const SHORT: usize = 4;

/// Words that announce a number, in lower case.
const WORDS: &[&str] = &[
    "tel",
    "phone",
    "telefon",
    "fon",
    "fax",
    "telefax",
    "mobil",
    "mobile",
    "call",
    "ring",
    "handy",
    "hotline",
    "whatsapp",
    "gsm",
    "tél",
    "téléphone",
    "portable",
    "teléfono",
    "telf",
    "móvil",
    "telefono",
    "cell",
    "telefone",
    "tlf",
    "puhelin",
    "puh",
    "sími",
    "cep",
    "telefón",
    "telefonas",
    "tālrunis",
    "simu",
    "telepon",
    "telp",
    "điện thoại",
    "đt",
    "τηλ",
    "τηλέφωνο",
    "тел",
    "телефон",
    "факс",
    "моб",
    "טלפון",
    "هاتف",
    "الهاتف",
    "تلفن",
    "موبايل",
    "فون",
    "फ़ोन",
    "फोन",
    "ফোন",
    "மொபைல்",
    "โทร",
    "โทรศัพท์",
    "電話",
    "電話番号",
    "電話號碼",
    "电话号码",
    "전화번호",
    "电话",
    "手机",
    "전화",
    "ტელ",
    "հեռ",
];

/// One past the telephone number that begins at `start`.
pub fn phone(text: &str, start: usize) -> Option<usize> {
    let (end, groups) = run(text, start)?;
    let digits: usize = groups.iter().sum();
    let first = text.as_bytes()[start];
    let number = &text[start..end];
    let is_international = first == b'+' && (8..=MOST).contains(&digits) && !number[1..].starts_with('0');
    let is_right = is_international
        || first != b'+' && (north_american(number, &groups) || is_announced(text, start, digits));
    is_right.then_some(end)
}

/// The run of digits and separators at `start`: one past its end, and the number of digits in each group.
fn run(text: &str, start: usize) -> Option<(usize, Vec<usize>)> {
    let bytes = text.as_bytes();
    let mut at = start + usize::from(bytes.get(start) == Some(&b'+'));
    let (mut groups, mut end, mut open, mut gap) = (vec![0usize], at, false, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                if groups.iter().sum::<usize>() == MOST + 1 {
                    return None;
                }
                if gap > 0 && groups.last().is_some_and(|&g| g > 0) {
                    groups.push(0);
                }
                *groups.last_mut()? += 1;
                gap = 0;
                end = at + 1;
            }
            b'(' if !open && gap < 3 => {
                open = true;
                gap += 1;
            }
            b')' if open && gap < 4 => {
                open = false;
                gap += 1;
            }
            b' ' | b'-' | b'.' | b'/' if gap < 3 && end > start => gap += 1,
            _ => break,
        }
        at += 1;
    }
    let is_whole = !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (is_whole && groups.iter().sum::<usize>() >= 6).then_some((end, groups))
}

/// `(202) 555-0143`, `202-555-0143`, `202.555.0143`: neither area code nor exchange begins with 0 or 1.
fn north_american(number: &str, groups: &[usize]) -> bool {
    let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).collect();
    let is_form = groups == [3, 3, 4] && (number.starts_with('(') || !number.contains(['(', ' ', '/']));
    is_form && digits.first().is_some_and(|d| *d >= b'2') && digits.get(3).is_some_and(|d| *d >= b'2')
}

/// Whether a word before the number announces it as a telephone number.
fn is_announced(text: &str, start: usize, digits: usize) -> bool {
    if !(6..=13).contains(&digits) {
        return false;
    }
    let before = text[text.floor_char_boundary(start.saturating_sub(CONTEXT))..start].to_lowercase();
    let word = before.trim_end_matches([' ', ':', '：', '.', '\u{a0}', '(']);
    // `Hotel` does not announce `250 000`, but `Diensttelefon` does announce what follows it.
    let announces = |announcing: &str| {
        let rest = word.strip_suffix(announcing);
        let is_alone = |rest: &str| !rest.chars().next_back().is_some_and(separates);
        rest.is_some_and(|rest| announcing.chars().count() > SHORT || is_alone(rest))
    };
    WORDS.iter().any(|announcing| announces(announcing)) && word.len() + 4 >= before.len()
}
