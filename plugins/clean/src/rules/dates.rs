//! Tells lines that are a date or a time from other lines. Does not read the date: `extract` does.

use crate::lines::unspaced;
use crate::quick::QuickMap;

/// Words that occur in date lines.
pub struct DateWords {
    /// Words in lower case, and whether each makes a line of numbers a date.
    words: QuickMap<&'static [u8], bool>,
    /// The lengths of the words, one bit each, indexed by the lower five bits of their first byte. Rejects
    /// most other words without a lookup.
    lengths: [u32; 32],
}

/// Longest date line, in bytes; longer ones say more than a date.
const LONGEST: usize = 120;
/// Most words and numbers in a date line: `Published Nov 18, 2019 at 4:07 PM | Updated at 5:36 PM CST on Nov
/// 18, 2019` has 19.
const MOST_TOKENS: usize = 24;

impl DateWords {
    /// Compiles the built-in table.
    pub fn builtin() -> Self {
        let mut words = QuickMap::default();
        let mut lengths = [0; 32];
        for line in include_str!("cues/dates.txt").lines() {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            let (word, strong) = match line.strip_prefix("! ") {
                Some(word) => (word, true),
                None => (line, false),
            };
            *words.entry(word.as_bytes()).or_insert(strong) |= strong;
            if let Some(first) = word.bytes().next().filter(|_| word.len() < 32) {
                lengths[usize::from(first & 31)] |= 1 << word.len();
            }
        }
        Self { words, lengths }
    }

    /// Whether `line` consists of a date, a time or an age (`2 hours ago`) only.
    pub fn is_timestamp(&self, line: &str) -> bool {
        if line.len() > LONGEST {
            return false;
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '\u{941}' || is_mark(c);
        let found = if line.is_ascii() {
            self.read_ascii(line.as_bytes())
        } else {
            self.read(line.split(|c: char| !is_part(c)).flat_map(apart))
        };
        let Some((numbers, strong)) = found else { return false };
        let mut shaped = false;
        // `20:05`, `27/09/2020`, `2021-06-03T08:00`.
        for pair in line.as_bytes().windows(3) {
            shaped |= pair[0].is_ascii_digit()
                && matches!(pair[1], b':' | b'/' | b'.' | b'-')
                && pair[2].is_ascii_digit();
        }
        // A single number suffices with a word such as `may` (`may 3`); a lone year does not.
        numbers >= 1 && (strong || shaped && numbers >= 2)
    }

    /// Returns how many numbers there are, and whether a word makes the line a date. Returns `None` if
    /// anything but numbers and words of dates is among the tokens, or there are too many.
    fn read<'l>(&self, tokens: impl Iterator<Item = &'l str>) -> Option<(usize, bool)> {
        let (mut all, mut numbers, mut strong) = (0usize, 0usize, false);
        for token in tokens.filter(|token| !token.is_empty()) {
            all += 1;
            if all > MOST_TOKENS {
                return None;
            }
            let digits = token.chars().filter(|c| c.is_numeric()).count();
            if !token.is_ascii()
                && token.chars().any(is_east_asian_date_sign)
                && token.chars().all(|c| c.is_numeric() || is_east_asian_date_sign(c))
            {
                // Words are not separated in these scripts: `午前10時30分`, `3小时前`.
                numbers += usize::from(digits > 0);
                strong = true;
            } else if token.starts_with(char::is_numeric) {
                numbers += 1;
                let others = token.chars().count() - digits;
                if digits > 4 && digits != 8 || others > 3 || token.chars().any(is_east_asian_date_sign) {
                    return None;
                }
            } else {
                strong |= self.word(token.as_bytes())?;
            }
        }
        Some((numbers, strong))
    }

    /// Like [`Self::read`], for a line in ASCII.
    fn read_ascii(&self, line: &[u8]) -> Option<(usize, bool)> {
        let (mut all, mut numbers, mut strong) = (0usize, 0usize, false);
        let mut rest = line;
        while let Some(begin) = rest.iter().position(u8::is_ascii_alphanumeric) {
            rest = &rest[begin..];
            let length = rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let (token, after) = rest.split_at(length);
            rest = after;
            all += 1;
            if all > MOST_TOKENS {
                return None;
            }
            if token.first().is_some_and(u8::is_ascii_digit) {
                numbers += 1;
                let digits = token.iter().filter(|b| b.is_ascii_digit()).count();
                if digits > 4 && digits != 8 || token.len() - digits > 3 {
                    return None;
                }
            } else {
                strong |= self.word(token)?;
            }
        }
        Some((numbers, strong))
    }

    /// Returns whether a word makes a line of numbers a date, or `None` if it is not in the table.
    fn word(&self, token: &[u8]) -> Option<bool> {
        // Lowercased on the stack: most lines with a number begin with a word that is not in the table, which
        // is not worth an allocation.
        let mut lower = [0u8; 31];
        match lower.get_mut(..token.len()).filter(|_| token.is_ascii()) {
            Some(lower) => {
                let lengths = self.lengths[usize::from(token.first()? & 31)];
                if lengths >> token.len() & 1 == 0 {
                    return None;
                }
                lower.copy_from_slice(token);
                lower.make_ascii_lowercase();
                self.words.get(&*lower).copied()
            }
            None => {
                let lower = std::str::from_utf8(token).ok()?.chars().flat_map(char::to_lowercase);
                self.words.get(lower.collect::<String>().as_bytes()).copied()
            }
        }
    }
}

/// Splits a token into numbers and words, which Thai, Lao, Khmer and Burmese write together: `ថ្ងៃទី១២`.
fn apart(token: &str) -> impl Iterator<Item = &str> {
    let is_glued = !token.is_ascii() && token.chars().any(|c| unspaced(c) && !is_east_asian(c));
    let mut rest = token;
    std::iter::from_fn(move || {
        let is_number = rest.chars().next()?.is_numeric();
        let end = rest.find(|c: char| is_glued && c.is_numeric() != is_number).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

fn is_east_asian(c: char) -> bool {
    c >= '\u{3000}'
}

fn is_mark(c: char) -> bool {
    // Accents, vowel signs of the Indic scripts, and vowel signs and tone marks of Thai, Lao, Burmese and
    // Khmer are part of the word.
    matches!(u32::from(c), 0x300..=0x36f | 0x900..=0xdff | 0xe31..=0xe4e | 0xeb1..=0xece | 0x102b..=0x103e | 0x17b4..=0x17d3)
}

fn is_east_asian_date_sign(c: char) -> bool {
    matches!(
        c,
        '年' | '月'
            | '日'
            | '時'
            | '时'
            | '分'
            | '秒'
            | '前'
            | '午'
            | '後'
            | '后'
            | '更'
            | '新'
            | '发'
            | '布'
            | '公'
            | '開'
            | '开'
            | '曜'
            | '火'
            | '水'
            | '木'
            | '金'
            | '土'
            | '星'
            | '期'
            | '周'
            | '週'
            | '一'
            | '二'
            | '三'
            | '四'
            | '五'
            | '六'
            | '上'
            | '下'
            | '間'
            | '间'
            | '掲'
            | '載'
            | '配'
            | '信'
            | '最'
            | '終'
            | '년'
            | '월'
            | '일'
            | '시'
            | '분'
            | '초'
            | '오'
            | '전'
            | '후'
            | '입'
            | '력'
            | '수'
            | '정'
            | '승'
            | '인'
            | '기'
            | '사'
            | '등'
            | '록'
            | '화'
            | '목'
            | '금'
            | '토'
            | '최'
            | '종'
            | '小'
            | '天'
            | '今'
            | '昨'
            | '于'
            | '於'
            | '钟'
            | '鐘'
            | '个'
            | '個'
            | 'か'
            | 'カ'
            | 'ヶ'
            | 'ヵ'
            | 'ケ'
            | '간'
            | '주'
            | '개'
            | '달'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_many_shapes() {
        let words = DateWords::builtin();
        for line in [
            "17 March, 16:20 GMT",
            "12 October 2023, 16:47",
            "18:37 GMT 16.05.2021 (Updated: 19:05 GMT 16.05.2021)",
            "June 3, 2024",
            "Published Nov 18, 2019 at 4:07 PM | Updated at 5:36 PM CST on Nov 18, 2019",
            "2 hours ago",
            "2021-06-03T08:00:00+02:00",
            "27/09/2020 06:30",
            "28. 4. 2023, 18:41 Uhr",
            "12 октября 2023, 16:47",
            "2025年1月13日 21時37分",
            "il y a 3 heures",
            "입력 2023.10.12 16:47",
            "3시간 전",
            "2주전",
            "5分钟前",
            "2カ月前",
            "午前10時30分",
            "昨天12:30",
            "3 ชั่วโมงที่แล้ว",
            "२४ अप्रैल २०२४",
            "১৮ জানুয়ারি ২০২৪",
            "3 saat önce",
            "5 minuter sedan",
            "12 października 2023",
            "12 Oktober 2023, 16:47",
            "12 ta' Ottubru 2023",
            "2023ko urriaren 12an, 16:47",
            "12 Hydref 2023",
            "12 Deireadh Fómhair 2023",
            "12. Oktober 2023 um 16:47 Auer",
            "E enjte, 12 tetor 2023",
            "12 outubro 2023, 16:47",
            "12 кастрычніка 2023",
            "12 октомври 2023 во 16:47",
            "12 қазан, 2023 жыл",
            "2023 жылғы 12 қазан",
            "12 oktyabr 2023, 16:47",
            "2023 йил 12 октябрь",
            "2023 оны 10 сарын 12",
            "12 October 2023, 16:47 (Huwebes)",
            "१२ ऑक्टोबर २०२३",
            "२०८० असोज २५ गते बिहीबार",
            "૧૨ ઑક્ટોબર ૨૦૨૩",
            "12 ਅਕਤੂਬਰ 2023",
            "12 అక్టోబర్ 2023",
            "3 గంటల క్రితం",
            "2023 ഒക്ടോബർ 12",
            "12 ಅಕ್ಟೋಬರ್ 2023",
            "2023 ඔක්තෝබර් 12",
            "12 ຕຸລາ 2023",
            "ວັນທີ12 ຕຸລາ 2023",
            "ថ្ងៃទី១២ ខែតុលា ឆ្នាំ២០២៣",
            "12 តុលា 2023",
            "၁၂ အောက်တိုဘာ ၂၀၂၃",
            "အောက်တိုဘာ ၁၂၊ ၂၀၂၃",
            "ጥቅምት 12 ቀን 2016 ዓ.ም",
            "12 ኦክቶበር 2023",
            "12 Oktoobar 2023",
            "12 Oktoba 2023",
            "12 Okthoba 2023",
            "12 cotmeh 2023",
            "12ی تشرینی یەکەمی 2023",
            "۱۲ اکتوبر ۲۰۲۳",
            "12 Ọ̀wẹwẹ̀ 2023",
        ] {
            assert!(words.is_timestamp(line), "{line}");
        }
        for line in [
            "2021",
            "Chapter 3",
            "In May 2021 the bridge opened",
            "1,204 loaves",
            "12",
            "Sunday best",
            "Results 3:1",
            "ថ្នាក់ទី១២",
            "ຫ້ອງ 12",
            "অধ্যায় ৩",
            "အခန်း ၁၂",
            "A 3",
            "1 a",
            "Julie, 24",
            "Ordu 1",
            "Maris 2",
            "Sent 3",
            "Da 3",
            "It 3",
        ] {
            assert!(!words.is_timestamp(line), "{line}");
        }
    }
}
