//! The groups of filters, their rules and thresholds. Reads no text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_plugin::descriptor::Drops;

/// Quality filters, off by default.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quality {
    /// Gopher's quality filter: number and length of words, symbols, bullets, ellipses, stop words (English).
    pub gopher_quality: bool,
    /// Gopher's repetition filter: repeated lines, paragraphs and n-grams.
    pub gopher_repetition: bool,
    /// The rules of C4, according to its paper or its code.
    pub c4: C4,
    /// Words and phrases, matched whole, in upper or lower case. Documents with more of them than the threshold
    /// `c4-bad-words` (default: 0) are dropped. The list that C4 used is not included.
    pub bad_words: Vec<String>,
    /// FineWeb's own filter: line ends, short lines, repeated lines, line breaks.
    pub fineweb: bool,
    /// RefinedWeb's line rules: removes counters, buttons and upper-case lines; documents with many of them are dropped.
    pub refinedweb: bool,
    /// Thresholds that replace the published ones, by rule.
    pub thresholds: Thresholds,
}

impl Quality {
    /// Whether a group is switched on.
    pub fn is_on(&self, group: Group) -> bool {
        match group {
            Group::GopherQuality => self.gopher_quality,
            Group::GopherRepetition => self.gopher_repetition,
            Group::C4 => self.c4 != C4::Off,
            Group::BadWords => !self.bad_words.is_empty(),
            Group::Fineweb => self.fineweb,
            Group::Refinedweb => self.refinedweb,
        }
    }

    /// The threshold of a rule: the one given, or that of the chosen reading of C4, or the published one.
    pub fn threshold(&self, measure: Measure) -> f64 {
        self.thresholds.of(measure).unwrap_or(match (measure, self.c4) {
            (Measure::C4Sentences, C4::Paper) => 3.0,
            _ => measure.published(),
        })
    }
}

/// Versions of the rules of C4, which differ in two numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum C4 {
    /// Off.
    #[default]
    Off,
    /// As in the paper: lines of at least 5 words, pages of at least 3 sentences.
    Paper,
    /// As in the code that produced the corpus, and in datatrove: lines of at least 3 words, pages of at least 5 sentences.
    Code,
}

impl C4 {
    /// Fewest words that a line must have to be kept.
    pub fn line_words(self) -> usize {
        match self {
            Self::Paper => 5,
            Self::Off | Self::Code => 3,
        }
    }
}

/// A set of rules that are switched on together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Gopher's quality rules.
    GopherQuality,
    /// Gopher's repetition rules.
    GopherRepetition,
    /// C4.
    C4,
    /// C4's rule on bad words, whose list the user gives.
    BadWords,
    /// FineWeb.
    Fineweb,
    /// RefinedWeb.
    Refinedweb,
}

macro_rules! measures { ($($(#[doc = $doc:literal])+ $field:ident $variant:ident $id:literal $group:ident $drops:ident $published:literal;)+) => {
    /// Thresholds other than the published ones.
    #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    pub struct Thresholds { $($(#[doc = $doc])+ #[schemars(range(min = 0.0))] pub $field: Option<f64>,)+ }

    impl Thresholds {
        fn of(&self, measure: Measure) -> Option<f64> {
            match measure { $(Measure::$variant => self.$field,)+ }
        }
    }

    /// What a rule measures in a document.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Measure { $($(#[doc = $doc])+ $variant,)+ }

    impl Measure {
        /// All measures, in the order in which their rules are applied.
        pub const ALL: &'static [Measure] = &[$(Measure::$variant,)+];

        /// The id of the rule, which is also the name of its threshold.
        pub fn id(self) -> &'static str { match self { $(Self::$variant => $id,)+ } }

        /// The path of the option that holds the threshold.
        pub fn option(self) -> &'static str { match self { $(Self::$variant => concat!("quality.thresholds.", $id),)+ } }

        /// The group that the rule belongs to.
        pub fn group(self) -> Group { match self { $(Self::$variant => Group::$group,)+ } }

        /// Which side of the threshold it drops.
        pub fn drops(self) -> Drops { match self { $(Self::$variant => Drops::$drops,)+ } }

        /// The published threshold.
        pub fn published(self) -> f64 { match self { $(Self::$variant => $published,)+ } }
    }
} }

measures! {
    /// Minimum number of words. Default: 50.
    gopher_fewest_words GopherFewestWords "gopher-fewest-words" GopherQuality Below 50.0;
    /// Maximum number of words. Default: 100000.
    gopher_most_words GopherMostWords "gopher-most-words" GopherQuality Above 100_000.0;
    /// Minimum mean word length in characters. Default: 3.
    gopher_shortest_mean_word GopherShortestMeanWord "gopher-shortest-mean-word" GopherQuality Below 3.0;
    /// Maximum mean word length in characters. Default: 10.
    gopher_longest_mean_word GopherLongestMeanWord "gopher-longest-mean-word" GopherQuality Above 10.0;
    /// Maximum number of `#` per token (words and punctuation marks). Default: 0.1.
    gopher_hashes GopherHashes "gopher-hashes" GopherQuality Above 0.1;
    /// Maximum number of ellipses per token (words and punctuation marks). Default: 0.1.
    gopher_ellipses GopherEllipses "gopher-ellipses" GopherQuality Above 0.1;
    /// Maximum share of lines that begin with a bullet. Default: 0.9.
    gopher_bullet_lines GopherBulletLines "gopher-bullet-lines" GopherQuality Above 0.9;
    /// Maximum share of lines that end with an ellipsis. Default: 0.3.
    gopher_ellipsis_lines GopherEllipsisLines "gopher-ellipsis-lines" GopherQuality Above 0.3;
    /// Minimum share of words with a letter. Default: 0.8.
    gopher_letter_words GopherLetterWords "gopher-letter-words" GopherQuality Below 0.8;
    /// Minimum number of distinct words among `the`, `be`, `to`, `of`, `and`, `that`, `have`, `with`. Default: 2.
    gopher_stop_words GopherStopWords "gopher-stop-words" GopherQuality Below 2.0;
    /// Maximum share of lines that occurred before. Default: 0.3.
    gopher_repeated_lines GopherRepeatedLines "gopher-repeated-lines" GopherRepetition Above 0.3;
    /// Maximum share of paragraphs that occurred before. Default: 0.3.
    gopher_repeated_paragraphs GopherRepeatedParagraphs "gopher-repeated-paragraphs" GopherRepetition Above 0.3;
    /// Maximum share of characters in lines that occurred before. Default: 0.2.
    gopher_repeated_line_characters GopherRepeatedLineCharacters "gopher-repeated-line-characters" GopherRepetition Above 0.2;
    /// Maximum share of characters in paragraphs that occurred before. Default: 0.2.
    gopher_repeated_paragraph_characters GopherRepeatedParagraphCharacters "gopher-repeated-paragraph-characters" GopherRepetition Above 0.2;
    /// Maximum share of characters in the most frequent word 2-gram. Default: 0.2.
    gopher_top_2_gram GopherTop2Gram "gopher-top-2-gram" GopherRepetition Above 0.2;
    /// Maximum share of characters in the most frequent word 3-gram. Default: 0.18.
    gopher_top_3_gram GopherTop3Gram "gopher-top-3-gram" GopherRepetition Above 0.18;
    /// Maximum share of characters in the most frequent word 4-gram. Default: 0.16.
    gopher_top_4_gram GopherTop4Gram "gopher-top-4-gram" GopherRepetition Above 0.16;
    /// Maximum share of characters in word 5-grams that occurred before. Default: 0.15.
    gopher_repeated_5_grams GopherRepeated5Grams "gopher-repeated-5-grams" GopherRepetition Above 0.15;
    /// Maximum share of characters in word 6-grams that occurred before. Default: 0.14.
    gopher_repeated_6_grams GopherRepeated6Grams "gopher-repeated-6-grams" GopherRepetition Above 0.14;
    /// Maximum share of characters in word 7-grams that occurred before. Default: 0.13.
    gopher_repeated_7_grams GopherRepeated7Grams "gopher-repeated-7-grams" GopherRepetition Above 0.13;
    /// Maximum share of characters in word 8-grams that occurred before. Default: 0.12.
    gopher_repeated_8_grams GopherRepeated8Grams "gopher-repeated-8-grams" GopherRepetition Above 0.12;
    /// Maximum share of characters in word 9-grams that occurred before. Default: 0.11.
    gopher_repeated_9_grams GopherRepeated9Grams "gopher-repeated-9-grams" GopherRepetition Above 0.11;
    /// Maximum share of characters in word 10-grams that occurred before. Default: 0.10.
    gopher_repeated_10_grams GopherRepeated10Grams "gopher-repeated-10-grams" GopherRepetition Above 0.10;
    /// Minimum number of sentences in the remaining lines. Default: 3 with `c4 = "paper"`, 5 with `"code"`.
    c4_sentences C4Sentences "c4-sentences" C4 Below 5.0;
    /// Maximum number of curly brackets, which indicate code. Default: 0.
    c4_curly_brackets C4CurlyBrackets "c4-curly-brackets" C4 Above 0.0;
    /// Maximum number of occurrences of `lorem ipsum`. Default: 0.
    c4_lorem_ipsum C4LoremIpsum "c4-lorem-ipsum" C4 Above 0.0;
    /// Maximum number of words of the list `bad-words`. Default: 0.
    c4_bad_words C4BadWords "c4-bad-words" BadWords Above 0.0;
    /// Minimum share of lines that end with punctuation. Default: 0.12.
    fineweb_line_ends FinewebLineEnds "fineweb-line-ends" Fineweb Below 0.12;
    /// Maximum share of lines of at most 30 characters. Default: 0.67.
    fineweb_short_lines FinewebShortLines "fineweb-short-lines" Fineweb Above 0.67;
    /// Maximum share of characters in lines that occurred before. Default: 0.01.
    fineweb_repeated_characters FinewebRepeatedCharacters "fineweb-repeated-characters" Fineweb Above 0.01;
    /// Maximum number of line breaks per word. Default: 0.3.
    fineweb_line_breaks FinewebLineBreaks "fineweb-line-breaks" Fineweb Above 0.3;
    /// Maximum share of words in lines that the line rules remove. Default: 0.05.
    refinedweb_removed_words RefinedwebRemovedWords "refinedweb-removed-words" Refinedweb Above 0.05;
}
