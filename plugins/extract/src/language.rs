//! Detects the language of a document by the letter trigrams of its running text (`whatlang`).

use crate::lines::{Line, head};

/// Bytes of text that are sampled. A larger sample changes the result of hardly any page and costs time.
const SAMPLE_BYTES: usize = 1000;
/// A sample with fewer letters has no language.
const LEAST_LETTERS: usize = 24;

/// The ISO 639-1 code of the language of most of the running text; `None` if it is too short or unclear.
pub fn language(lines: &[Line<'_>]) -> Option<&'static str> {
    let mut sample = String::with_capacity(SAMPLE_BYTES + 600);
    // Running text first; menus only if there is none.
    for prose in [true, false] {
        for line in lines.iter().filter(|line| line.prose == prose) {
            if sample.len() >= SAMPLE_BYTES || !prose && sample.len() >= 300 {
                break;
            }
            sample.push_str(head(line.text, SAMPLE_BYTES - sample.len().min(SAMPLE_BYTES)));
            sample.push('\n');
        }
    }
    if sample.chars().filter(|c| c.is_alphabetic()).take(LEAST_LETTERS).count() < LEAST_LETTERS {
        return None;
    }
    if is_english(&sample) {
        return Some("en");
    }
    let info = whatlang::detect(&sample)?;
    // `is_reliable` is too strict for texts of a few hundred letters.
    let least = if sample.len() >= 300 { 0.05 } else { 0.2 };
    (info.is_reliable() || info.confidence() >= least).then(|| code(info.lang()))?
}

/// Whether a text is certainly English: it has at least 20 words, an eighth of them are among sixteen words
/// that are frequent only in English, and `the` and four others of the sixteen occur. Spares most pages the
/// trigrams.
fn is_english(sample: &str) -> bool {
    const WORDS: [&str; 16] = [
        "the", "and", "of", "to", "that", "with", "was", "for", "which", "this", "from", "is", "are", "have",
        "by", "it",
    ];
    let (mut all, mut hits, mut seen) = (0u32, 0u32, 0u32);
    for word in sample.split_ascii_whitespace() {
        all += 1;
        if word.len() <= 5
            && let Some(at) = WORDS.iter().position(|w| *w == word)
        {
            hits += 1;
            seen |= 1 << at;
        }
    }
    all >= 20 && hits * 8 >= all && seen.count_ones() >= 5 && seen & 1 != 0
}

fn code(lang: whatlang::Lang) -> Option<&'static str> {
    use whatlang::Lang;
    Some(match lang {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jav => "jv",
        Lang::Jpn => "ja",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Nld => "nl",
        Lang::Nob => "nb",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Sna => "sn",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Yid => "yi",
        Lang::Zul => "zu",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<&'static str> {
        language(&crate::lines::lines(text, &[]))
    }

    #[test]
    fn languages() {
        assert_eq!(
            of(
                "The new bridge over the river was opened on Tuesday, and hundreds of people walked across it within an hour."
            ),
            Some("en")
        );
        assert_eq!(
            of(
                "Die neue Brücke über den Fluss wurde am Dienstag eröffnet, und Hunderte gingen in der ersten Stunde hinüber."
            ),
            Some("de")
        );
        assert_eq!(
            of(
                "Новый мост через реку открыли во вторник, и за первый час по нему прошли сотни жителей города."
            ),
            Some("ru")
        );
        assert_eq!(of("Bridge"), None);
        assert_eq!(of(""), None);
    }
}
