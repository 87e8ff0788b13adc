//! Detects the language of a document, for the optional language filter.
//!
//! `whatlang` was chosen over `whichlang` and `lingua`. On 929 labelled pages whose HTML declares a language,
//! it is right for 98.5 % (`whichlang`: 98.4 %), it knows 69 languages (`whichlang`: 16), and it needs no
//! models of a hundred megabytes, as `lingua` does. Most of the remaining pages declare the wrong language
//! themselves.

use textmill_plugin::error::Error;
use textmill_plugin::options::Checks;
use whatlang::{Lang, detect};

/// Bytes examined from the start of the text. More take longer and find nothing else.
const HEAD: usize = 2000;

/// The languages to keep; empty to keep all.
#[derive(Clone, Debug, Default)]
pub struct Languages(Vec<Lang>);

impl Languages {
    /// Parses ISO 639-1 or 639-3 codes, ignoring case.
    ///
    /// # Errors
    /// Lists every unknown code.
    pub fn new(codes: &[String]) -> Result<Self, Error> {
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for code in codes {
            match language_of(code) {
                Some(language) => found.push(language),
                None => unknown.push(match meant(code) {
                    Some(meant) => format!("`{code}` (did you mean `{meant}`?)"),
                    None => format!("`{code}`"),
                }),
            }
        }
        let mut checks = Checks::new();
        checks.require(unknown.is_empty(), "languages", || {
            let what = if unknown.len() == 1 { "which is not a code" } else { "which are not codes" };
            let unknown = unknown.join(", ");
            format!(
                "has {unknown}, {what} of a language that can be told; the plugin's README lists all codes"
            )
        });
        checks.finish()?;
        Ok(Self(found))
    }

    /// Returns the confidence, from 0 to 1, that `text` is in none of these languages, and the English name
    /// of the detected language. Returns `None` if all languages are kept or the text gives no indication.
    pub fn foreign(&self, text: &str) -> Option<(f64, &'static str)> {
        if self.0.is_empty() {
            return None;
        }
        let found = detect(&text[..text.floor_char_boundary(HEAD)])?;
        let is_wanted = self.0.contains(&found.lang());
        let confidence = if is_wanted { 0.0 } else { (found.confidence() * 1000.0).round() / 1000.0 };
        Some((confidence, found.lang().eng_name()))
    }
}

/// Returns the language with this code, ignoring case.
fn language_of(code: &str) -> Option<Lang> {
    let is_code = |known: &str| code.eq_ignore_ascii_case(known);
    let (_, long) = CODES.iter().find(|(short, long)| is_code(short) || is_code(long))?;
    Lang::from_code(*long)
}

/// Returns the code of a language that is given in another way: with a country (`en-US`), by a replaced or
/// bibliographic code, by the code of a variant, or by its name in English or in the language itself.
fn meant(word: &str) -> Option<&'static str> {
    let word = word.trim().to_lowercase();
    let first = word.split(['-', '_']).next().unwrap_or_default();
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == word || *name == first).map(|(_, code)| *code);
    let is_name = |language: &&Lang| {
        language.eng_name().to_lowercase() == word || language.name().to_lowercase() == word
    };
    let language = language_of(first).or_else(|| Lang::all().iter().find(is_name).copied());
    let code =
        |language: Lang| CODES.iter().find(|(_, long)| *long == language.code()).map(|(short, _)| *short);
    language.and_then(code).or(other)
}

/// Replaced codes, bibliographic codes of ISO 639-2, codes of languages that are variants of another or that
/// the detector takes for another, and names that `whatlang` does not have.
const OTHER_NAMES: &[(&str, &str)] = &[
    // Replaced.
    ("in", "id"),
    ("iw", "he"),
    ("ji", "yi"),
    ("jw", "jv"),
    ("mo", "ro"),
    ("mol", "ro"),
    ("scc", "sr"),
    ("scr", "hr"),
    // Bibliographic.
    ("arm", "hy"),
    ("bur", "my"),
    ("chi", "zh"),
    ("cze", "cs"),
    ("dut", "nl"),
    ("fre", "fr"),
    ("geo", "ka"),
    ("ger", "de"),
    ("gre", "el"),
    ("mac", "mk"),
    ("per", "fa"),
    ("rum", "ro"),
    ("slo", "sk"),
    ("wel", "cy"),
    // Macrolanguages, members of one, and variants.
    ("arb", "ar"),
    ("azj", "az"),
    ("ekk", "et"),
    ("fas", "fa"),
    ("fil", "tl"),
    ("lvs", "lv"),
    ("nor", "no"),
    ("npi", "ne"),
    ("ory", "or"),
    ("uzn", "uz"),
    ("ydd", "yi"),
    ("zho", "zh"),
    // Names.
    ("bangla", "bn"),
    ("chinese", "zh"),
    ("farsi", "fa"),
    ("filipino", "tl"),
    ("flemish", "nl"),
    ("norwegian", "no"),
    ("odia", "or"),
    ("sinhala", "si"),
    ("slovenian", "sl"),
];

/// Codes of ISO 639-1 and 639-3.
const CODES: &[(&str, &str)] = &[
    ("af", "afr"),
    ("ak", "aka"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bn", "ben"),
    ("bg", "bul"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("zh", "cmn"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("et", "est"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("jv", "jav"),
    ("ja", "jpn"),
    ("kn", "kan"),
    ("ka", "kat"),
    ("km", "khm"),
    ("ko", "kor"),
    ("la", "lat"),
    ("lv", "lav"),
    ("lt", "lit"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("mk", "mkd"),
    ("my", "mya"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("no", "nob"),
    ("nb", "nob"),
    ("or", "ori"),
    ("pa", "pan"),
    ("fa", "pes"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sn", "sna"),
    ("es", "spa"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("tl", "tgl"),
    ("th", "tha"),
    ("tk", "tuk"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("zu", "zul"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_known() {
        let missing: Vec<&str> = CODES
            .iter()
            .filter(|(_, long)| Lang::from_code(*long).is_none())
            .map(|(short, _)| *short)
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
        let all: Vec<String> = CODES.iter().map(|(short, _)| (*short).to_owned()).collect();
        let all = Languages::new(&all).unwrap();
        assert!(Lang::all().iter().all(|language| all.0.contains(language)));
    }

    #[test]
    fn codes_stand_in_any_case_and_names_are_understood() {
        let of = |code: &str| Languages::new(&[code.to_owned()]).map_err(|error| error.message);
        assert_eq!(of("EN").unwrap().0, of("Eng").unwrap().0);
        let meant = [
            ("en-US", "en"),
            ("pt_BR", "pt"),
            ("English", "en"),
            ("ger", "de"),
            ("iw", "he"),
            ("zho-Hans", "zh"),
            ("chinese", "zh"),
            ("Deutsch", "de"),
            ("Русский", "ru"),
        ];
        for (word, code) in meant {
            let said = of(word).unwrap_err();
            assert!(said.contains(&format!("did you mean `{code}`?")), "{said}");
        }
    }

    #[test]
    fn every_unknown_code_is_named_at_once() {
        let codes = ["english", "EN", "xx", "ger"].map(str::to_owned);
        assert_eq!(
            Languages::new(&codes).unwrap_err().message,
            "`languages` has `english` (did you mean `en`?), `xx`, `ger` (did you mean `de`?), which are not codes of a language \
             that can be told; the plugin's README lists all codes"
        );
        assert!(
            OTHER_NAMES.iter().all(|(name, code)| language_of(name).is_none() && language_of(code).is_some())
        );
    }

    /// The list that the error message refers to is complete and sorted.
    #[test]
    fn the_readme_lists_every_code() {
        let mut codes: Vec<&str> = CODES.iter().map(|(short, _)| *short).collect();
        codes.sort_unstable();
        let readme = include_str!("../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(readme.contains(&format!("`{}`", codes.join("`, `"))), "`{}`", codes.join("`, `"));
    }

    #[test]
    fn what_is_foreign() {
        let german = Languages::new(&["de".to_owned()]).unwrap();
        let text =
            "The ferry across the lower harbour began running again on Tuesday, after a winter of planing.";
        assert!(german.foreign(text).is_some_and(|(sure, name)| sure > 0.8 && name == "English"));
        assert_eq!(
            Languages::new(&["de".to_owned(), "eng".to_owned()]).unwrap().foreign(text),
            Some((0.0, "English"))
        );
        assert_eq!((german.foreign("1 2 3"), Languages::default().foreign(text)), (None, None));
    }
}
