//! Detects the language of a document by the frequent words of its running text, and if these leave a doubt, by its
//! letter trigrams (`whatlang`).

use crate::lines::{Line, head};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

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
    if let Some(code) = by_frequent_words(&sample) {
        return Some(code);
    }
    let info = whatlang::detect(&sample)?;
    // `is_reliable` is too strict for texts of a few hundred letters.
    let least = if sample.len() >= 300 { 0.05 } else { 0.2 };
    (info.is_reliable() || info.confidence() >= least).then(|| code(info.lang()))?
}

/// The frequent words of a language; the first of them must occur.
struct Frequent {
    code: &'static str,
    words: [&'static str; 16],
}

/// Words that are frequent in one of these languages and rare in the others, and in languages close to it: Catalan
/// has no `y`, Afrikaans no `een`, Luxembourgish no `und`.
const FREQUENT: [Frequent; 7] = [
    Frequent {
        code: "en",
        words: [
            "the", "and", "of", "to", "that", "with", "was", "for", "which", "this", "from", "is", "are",
            "have", "by", "it",
        ],
    },
    Frequent {
        code: "de",
        words: [
            "und", "der", "die", "das", "nicht", "ist", "mit", "von", "auch", "sich", "eine", "dem", "auf",
            "für", "zu", "im",
        ],
    },
    Frequent {
        code: "fr",
        words: [
            "les", "et", "des", "est", "dans", "une", "pour", "qui", "sur", "avec", "pas", "cette", "sont",
            "aux", "du", "ces",
        ],
    },
    Frequent {
        code: "es",
        words: [
            "y", "el", "los", "las", "una", "con", "del", "más", "pero", "fue", "en", "su", "ha", "sus",
            "por", "como",
        ],
    },
    Frequent {
        code: "it",
        words: [
            "che", "il", "di", "della", "per", "una", "sono", "gli", "nel", "alla", "più", "anche", "dei",
            "con", "è", "le",
        ],
    },
    Frequent {
        code: "pt",
        words: [
            "não", "os", "uma", "para", "com", "mais", "dos", "das", "foi", "pelo", "são", "ao", "também",
            "em", "da", "do",
        ],
    },
    Frequent {
        code: "nl",
        words: [
            "een", "het", "van", "en", "dat", "niet", "zijn", "voor", "met", "op", "ook", "aan", "bij",
            "maar", "wordt", "deze",
        ],
    },
];

/// The language of a text whose frequent words leave no doubt: of at least 20 words, an eighth are frequent words
/// of the language, at least five different ones and its first among them, and no other language has half as
/// many. Spares most pages the trigrams, which cost more than all else that is done to a short text.
fn by_frequent_words(sample: &str) -> Option<&'static str> {
    let known = &*KNOWN;
    // The different words that occur, one bit each.
    let (mut all, mut hits, mut seen) = (0u32, [0u32; FREQUENT.len()], 0u128);
    for word in sample.split_ascii_whitespace() {
        all += 1;
        let Some(&bit) = known.words.get(word).filter(|_| word.len() <= LONGEST) else { continue };
        seen |= bit;
        for (hits, own) in hits.iter_mut().zip(known.of_language) {
            *hits += u32::from(own & bit != 0);
        }
    }
    let best = (0..FREQUENT.len()).max_by_key(|&number| hits[number])?;
    let rival = (0..FREQUENT.len()).filter(|&number| number != best).map(|number| hits[number]).max()?;
    let Frequent { code, words } = &FREQUENT[best];
    let is_sure = all >= 20
        && hits[best] * 8 >= all
        && rival * 2 < hits[best]
        && (seen & known.of_language[best]).count_ones() >= 5
        && known.words.get(words[0]).is_some_and(|first| seen & first != 0);
    is_sure.then_some(*code)
}

/// The frequent words of all languages.
struct Known {
    /// A bit for each word.
    words: FxHashMap<&'static str, u128>,
    /// The bits of the words of each language.
    of_language: [u128; FREQUENT.len()],
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    const { assert!(FREQUENT.len() * 16 <= 128) }
    let mut known = Known { words: FxHashMap::default(), of_language: [0; FREQUENT.len()] };
    for (own, Frequent { words, .. }) in known.of_language.iter_mut().zip(&FREQUENT) {
        for word in words {
            let next = 1 << known.words.len();
            *own |= *known.words.entry(word).or_insert(next);
        }
    }
    known
});

/// Bytes of the longest frequent word.
const LONGEST: usize = 7;

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
