//! The groups of filters, their rules and thresholds. No text is looked at here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_plugin::descriptor::Drops;

/// Quality filters, off until switched on.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quality {
    /// The quality filter of Gopher: number and length of words, symbols, bullets, ellipses, stop words (English).
    pub gopher_quality: bool,
    /// The repetition filter of Gopher: lines, paragraphs and n-grams that come again.
    pub gopher_repetition: bool,
    /// The rules of C4, in one of two readings.
    pub c4: C4,
    /// Words and phrases whose documents are dropped under the rule `c4-bad-words`, in any case; none where none are given. The list that C4
    /// was made with does not come with the plugin.
    pub bad_words: Vec<String>,
    /// The filter that FineWeb adds: ends of lines, short lines, repeated lines, line breaks.
    pub fineweb: bool,
    /// The line rules of RefinedWeb: counters, buttons, shouted lines; many of them drop the document.
    pub refinedweb: bool,
    /// Thresholds, by rule.
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

    /// The threshold of a rule: as given, else of the reading of C4, else as published.
    pub fn threshold(&self, measure: Measure) -> f64 {
        self.thresholds.of(measure).unwrap_or(match (measure, self.c4) {
            (Measure::C4Sentences, C4::Paper) => 3.0,
            _ => measure.published(),
        })
    }
}

/// Readings of the rules of C4, which differ in two numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum C4 {
    /// None.
    #[default]
    Off,
    /// As the paper says: lines of 5 words and more, pages of 3 sentences and more.
    Paper,
    /// As the code does that made the corpus, and datatrove after it: lines of 3 words and more, pages of 5 sentences and more.
    Code,
}

impl C4 {
    /// Words that a line must have.
    pub fn line_words(self) -> usize {
        match self {
            Self::Paper => 5,
            Self::Off | Self::Code => 3,
        }
    }
}

/// A set of rules that is switched as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Gopher, quality.
    GopherQuality,
    /// Gopher, repetition.
    GopherRepetition,
    /// C4.
    C4,
    /// The words that C4 leaves to a list.
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

    /// What a rule measures of a document.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Measure { $($(#[doc = $doc])+ $variant,)+ }

    impl Measure {
        /// All, in the order in which they are applied.
        pub const ALL: &'static [Measure] = &[$(Measure::$variant,)+];

        /// Id of the rule, and the name of its threshold.
        pub fn id(self) -> &'static str { match self { $(Self::$variant => $id,)+ } }

        /// Path of the option that is its threshold.
        pub fn option(self) -> &'static str { match self { $(Self::$variant => concat!("quality.thresholds.", $id),)+ } }

        /// The group that it belongs to.
        pub fn group(self) -> Group { match self { $(Self::$variant => Group::$group,)+ } }

        /// Which values it drops.
        pub fn drops(self) -> Drops { match self { $(Self::$variant => Drops::$drops,)+ } }

        /// The published threshold.
        pub fn published(self) -> f64 { match self { $(Self::$variant => $published,)+ } }
    }
} }

measures! {
    /// Fewest words; 50 where it is not said.
    gopher_fewest_words GopherFewestWords "gopher-fewest-words" GopherQuality Below 50.0;
    /// Most words; 100000 where it is not said.
    gopher_most_words GopherMostWords "gopher-most-words" GopherQuality Above 100_000.0;
    /// Least mean length of a word in characters; 3 where it is not said.
    gopher_shortest_mean_word GopherShortestMeanWord "gopher-shortest-mean-word" GopherQuality Below 3.0;
    /// Greatest mean length of a word in characters; 10 where it is not said.
    gopher_longest_mean_word GopherLongestMeanWord "gopher-longest-mean-word" GopherQuality Above 10.0;
    /// Most `#` for each word or sign; 0.1 where it is not said.
    gopher_hashes GopherHashes "gopher-hashes" GopherQuality Above 0.1;
    /// Most ellipses for each word or sign; 0.1 where it is not said.
    gopher_ellipses GopherEllipses "gopher-ellipses" GopherQuality Above 0.1;
    /// Greatest share of lines that begin with a bullet; 0.9 where it is not said.
    gopher_bullet_lines GopherBulletLines "gopher-bullet-lines" GopherQuality Above 0.9;
    /// Greatest share of lines that end with an ellipsis; 0.3 where it is not said.
    gopher_ellipsis_lines GopherEllipsisLines "gopher-ellipsis-lines" GopherQuality Above 0.3;
    /// Least share of words with a letter; 0.8 where it is not said.
    gopher_letter_words GopherLetterWords "gopher-letter-words" GopherQuality Below 0.8;
    /// Fewest different words of `the`, `be`, `to`, `of`, `and`, `that`, `have`, `with`; 2 where it is not said.
    gopher_stop_words GopherStopWords "gopher-stop-words" GopherQuality Below 2.0;
    /// Greatest share of lines that came before; 0.3 where it is not said.
    gopher_repeated_lines GopherRepeatedLines "gopher-repeated-lines" GopherRepetition Above 0.3;
    /// Greatest share of paragraphs that came before; 0.3 where it is not said.
    gopher_repeated_paragraphs GopherRepeatedParagraphs "gopher-repeated-paragraphs" GopherRepetition Above 0.3;
    /// Greatest share of characters in lines that came before; 0.2 where it is not said.
    gopher_repeated_line_characters GopherRepeatedLineCharacters "gopher-repeated-line-characters" GopherRepetition Above 0.2;
    /// Greatest share of characters in paragraphs that came before; 0.2 where it is not said.
    gopher_repeated_paragraph_characters GopherRepeatedParagraphCharacters "gopher-repeated-paragraph-characters" GopherRepetition Above 0.2;
    /// Greatest share of characters in the most frequent two words in a row; 0.2 where it is not said.
    gopher_top_2_gram GopherTop2Gram "gopher-top-2-gram" GopherRepetition Above 0.2;
    /// Greatest share of characters in the most frequent three words in a row; 0.18 where it is not said.
    gopher_top_3_gram GopherTop3Gram "gopher-top-3-gram" GopherRepetition Above 0.18;
    /// Greatest share of characters in the most frequent four words in a row; 0.16 where it is not said.
    gopher_top_4_gram GopherTop4Gram "gopher-top-4-gram" GopherRepetition Above 0.16;
    /// Greatest share of characters in five words in a row that came before; 0.15 where it is not said.
    gopher_repeated_5_grams GopherRepeated5Grams "gopher-repeated-5-grams" GopherRepetition Above 0.15;
    /// As for five, of six words; 0.14 where it is not said.
    gopher_repeated_6_grams GopherRepeated6Grams "gopher-repeated-6-grams" GopherRepetition Above 0.14;
    /// As for five, of seven words; 0.13 where it is not said.
    gopher_repeated_7_grams GopherRepeated7Grams "gopher-repeated-7-grams" GopherRepetition Above 0.13;
    /// As for five, of eight words; 0.12 where it is not said.
    gopher_repeated_8_grams GopherRepeated8Grams "gopher-repeated-8-grams" GopherRepetition Above 0.12;
    /// As for five, of nine words; 0.11 where it is not said.
    gopher_repeated_9_grams GopherRepeated9Grams "gopher-repeated-9-grams" GopherRepetition Above 0.11;
    /// As for five, of ten words; 0.10 where it is not said.
    gopher_repeated_10_grams GopherRepeated10Grams "gopher-repeated-10-grams" GopherRepetition Above 0.10;
    /// Fewest sentences in the lines that are left; 3 or 5 by the reading where it is not said.
    c4_sentences C4Sentences "c4-sentences" C4 Below 5.0;
    /// Most curly brackets, which tell code; 0 where it is not said.
    c4_curly_brackets C4CurlyBrackets "c4-curly-brackets" C4 Above 0.0;
    /// Most times of `lorem ipsum`; 0 where it is not said.
    c4_lorem_ipsum C4LoremIpsum "c4-lorem-ipsum" C4 Above 0.0;
    /// Most words of the list `bad-words`; 0 where it is not said.
    c4_bad_words C4BadWords "c4-bad-words" BadWords Above 0.0;
    /// Least share of lines that end with punctuation; 0.12 where it is not said.
    fineweb_line_ends FinewebLineEnds "fineweb-line-ends" Fineweb Below 0.12;
    /// Greatest share of lines of 30 characters and fewer; 0.67 where it is not said.
    fineweb_short_lines FinewebShortLines "fineweb-short-lines" Fineweb Above 0.67;
    /// Greatest share of characters in lines that came before; 0.01 where it is not said.
    fineweb_repeated_characters FinewebRepeatedCharacters "fineweb-repeated-characters" Fineweb Above 0.01;
    /// Most line breaks for each word; 0.3 where it is not said.
    fineweb_line_breaks FinewebLineBreaks "fineweb-line-breaks" Fineweb Above 0.3;
    /// Greatest share of words in lines that the line rules remove; 0.05 where it is not said.
    refinedweb_removed_words RefinedwebRemovedWords "refinedweb-removed-words" Refinedweb Above 0.05;
}
