//! Which language a document is in, for a filter on request.
//!
//! `whatlang` was chosen over `whichlang` and `lingua`: on 929 labelled pages whose HTML names its language it is right for 98.5 in 100
//! (`whichlang` 98.4), knows 69 languages (16), and needs no models of a hundred megabytes as `lingua` does. Most of the rest names the wrong
//! language itself.

use textmill_plugin::error::Error;
use textmill_plugin::options::Checks;
use whatlang::{Lang, detect};

/// Bytes from the start of the text that are looked at: more takes longer and finds nothing else.
const HEAD: usize = 2000;

/// The languages that are kept; all where it is empty.
#[derive(Clone, Debug, Default)]
pub struct Languages(Vec<Lang>);

impl Languages {
    /// Reads codes of ISO 639-1 or 639-3.
    ///
    /// # Errors
    /// Every code that is not known.
    pub fn new(codes: &[String]) -> Result<Self, Error> {
        let mut checks = Checks::new();
        let mut found = Vec::new();
        for code in codes {
            let language = CODES.iter().find(|(short, long)| code == short || code == long);
            let language = language.and_then(|(_, long)| Lang::from_code(*long));
            checks.require(language.is_some(), "languages", || {
                let known: Vec<&str> = CODES.iter().map(|(short, _)| *short).collect();
                format!("has `{code}`, which is none of `{}`", known.join("`, `"))
            });
            found.extend(language);
        }
        checks.finish()?;
        Ok(Self(found))
    }

    /// How sure it is, from 0 to 1, that `text` is in none of the languages; none where all are kept or the text says nothing.
    pub fn foreign(&self, text: &str) -> Option<f64> {
        if self.0.is_empty() {
            return None;
        }
        let found = detect(&text[..text.floor_char_boundary(HEAD)])?;
        Some(if self.0.contains(&found.lang()) {
            0.0
        } else {
            (found.confidence() * 1000.0).round() / 1000.0
        })
    }
}

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
        assert!(Languages::new(&["english".to_owned()]).is_err());
    }

    #[test]
    fn what_is_foreign() {
        let german = Languages::new(&["de".to_owned()]).unwrap();
        let text =
            "The ferry across the lower harbour began running again on Tuesday, after a winter of planing.";
        assert!(german.foreign(text).unwrap() > 0.8);
        assert_eq!(Languages::new(&["de".to_owned(), "eng".to_owned()]).unwrap().foreign(text), Some(0.0));
        assert_eq!((german.foreign("1 2 3"), Languages::default().foreign(text)), (None, None));
    }
}
