//! Function words of a few languages, which the lists of top words and bigrams can leave out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A built-in list of function words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StopWords {
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl StopWords {
    /// The list in lower case, as one string with single spaces.
    fn list(self) -> &'static str {
        match self {
            Self::English => {
                "a about after again against all also am an and any are as at be because been before being \
                 between both but by can can't could did didn't do does doesn't don't down each for from had \
                 has have having he he's her here hers him his how i i'm if in into is isn't it it's its just \
                 me more most my no nor not of off on once only or other our out over own s said same she \
                 should so some such t than that that's the their them then there these they this those \
                 through to too under until up us very was wasn't we were what when where which while who \
                 whom why will with won't would you your"
            }
            Self::German => {
                "aber als am an auch auf aus bei bis da das dass dem den der des die dies diese dieser doch \
                 du durch ein eine einem einen einer eines er es für habe haben hat hatte ich ihm ihn ihr \
                 ihre im in ist ja kann kein keine man mehr mein mit nach nicht noch nun nur ob oder ohne \
                 sehr sein seine sich sie sind so über um und uns unter vom von vor war waren was weil wenn \
                 wer werden wie wir wird wurde wurden zu zum zur"
            }
            Self::French => {
                "à au aux avec ce ces c'est cette comme d'un d'une dans de des du elle en est et été être eu \
                 il ils je la le les leur leurs lui mais me même mes moi mon n'est ne nos notre nous on ont \
                 ou où par pas plus pour qu'il que qui s'est sa sans se ses si son sont sur ta te tes toi \
                 ton tu un une vos votre vous y était"
            }
            Self::Spanish => {
                "a al algo como con cuando de del desde donde dos el él ella ellos en entre era es esa ese \
                 eso esta está este esto fue ha hay la las le les lo los más me mi muy nada ni no nos o otra \
                 otro para pero poco por porque que qué quien se ser si sí sin sobre son su sus también \
                 tiene todo todos tu un una uno y ya yo"
            }
        }
    }

    /// Whether a lower-cased word is on one of the lists.
    pub fn hold(lists: &[Self], word: &str) -> bool {
        lists.iter().any(|list| list.list().split(' ').any(|known| known == word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_whole_words() {
        assert!(StopWords::hold(&[StopWords::English], "the"));
        assert!(!StopWords::hold(&[StopWords::English], "th"));
        assert!(!StopWords::hold(&[StopWords::English], "für"));
        assert!(StopWords::hold(&[StopWords::English, StopWords::German], "für"));
        assert!(!StopWords::hold(&[], "the"));
    }
}
