//! Small words in dates, and valid days.

use crate::date::days_in_month;

pub(super) fn valid(year: u16, month: u8, day: u8) -> bool {
    day >= 1 && day <= days_in_month(year, month)
}

pub(super) fn is_ordinal(word: &str) -> bool {
    matches!(
        word,
        "st" | "nd"
            | "rd"
            | "th"
            | "er"
            | "ST"
            | "ND"
            | "RD"
            | "TH"
            | "e"
            | "ème"
            | "º"
            | "ª"
            | "o"
            | "de"
            | "η"
    )
}

pub(super) fn is_of(word: &str) -> bool {
    matches!(word, "of" | "de" | "del" | "d" | "do" | "OF" | "DE" | "DEL" | "of the" | "tháng")
}
