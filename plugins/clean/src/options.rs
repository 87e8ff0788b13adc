//! Options of the stage and the list of its rules. Does not look at any text.

use crate::pii::Pii;
use crate::quality::Quality;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_plugin::error::Error;
use textmill_plugin::options::Checks;

/// Options of the `clean` stage.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Minimum number of characters, white space not counted, that must be left of a document. Documents with
    /// fewer are dropped under the rule `no-text-left`. 0 keeps every document that is not empty.
    pub min_chars: u64,
    /// A document that is not UTF-8 is dropped under the rule `binary-data` if more than this share of its bytes
    /// occur in no text encoding. Pictures, archives and programs have 0.08 or more. 1 keeps all.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub binary_share: f64,
    /// Which documents are read as HTML.
    pub html: ReadAsHtml,
    /// Keeps headings, lists, tables, quotations and code of HTML pages as Markdown.
    pub keep_structure: bool,
    /// Minimum likelihood of being main text that a line needs to be kept by the rule `boilerplate-model`. Higher
    /// values remove more.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub boilerplate_cut: f64,
    /// The Unicode normalization form that the rule `unicode-form` applies.
    pub normal_form: NormalForm,
    /// Joins words that are split by a hyphen at a line end, as in text from printed pages.
    pub join_hyphenated: bool,
    /// Languages to keep, as ISO 639-1 codes such as `en`. Documents in other languages are dropped under the rule
    /// `language`. Empty: all languages are kept.
    pub languages: Vec<String>,
    /// Minimum confidence of the language detector to drop a document that is in another language.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub language_confidence: f64,
    /// Quality filters with published thresholds; off by default.
    pub quality: Quality,
    /// Personal data to mask; off by default.
    pub pii: Pii,
    /// Switches for single rules, by rule id.
    pub rules: Rules,
}

/// A Unicode normalization form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NormalForm {
    /// Canonical composition; does not change how text looks.
    #[default]
    Nfc,
    /// Compatibility composition: also replaces ligatures, full-width letters and superscripts by plain characters.
    Nfkc,
}

/// Which documents are read as HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadAsHtml {
    /// Documents with the media type of HTML, and documents without a media type, or with a plain one, that begin with
    /// `<!DOCTYPE html` or `<html`.
    Auto,
    /// All documents.
    Always,
    /// No document.
    Never,
}

impl Default for Options {
    fn default() -> Self {
        // `min_chars` is the length of a shortest sentence worth keeping. The leftovers of a page without an
        // article (a site name, a slogan) are shorter.
        //
        // `boilerplate_cut`: by `train/train.py`, on news and articles of sites that the model has not seen, F1
        // is flat between 0.4 and 0.6; this value is one of those that keep more lines.
        Self {
            min_chars: 40,
            binary_share: 0.02,
            html: ReadAsHtml::Auto,
            keep_structure: false,
            boilerplate_cut: 0.45,
            normal_form: NormalForm::Nfc,
            join_hyphenated: false,
            languages: Vec::new(),
            // Below this value, the detector itself calls many answers unreliable.
            language_confidence: 0.8,
            quality: Quality::default(),
            pii: Pii::default(),
            rules: Rules::default(),
        }
    }
}

impl Options {
    /// Checks what the schema cannot express.
    ///
    /// # Errors
    /// Lists every mistake, with the name of the option.
    pub fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::new();
        let words = &self.quality.bad_words;
        checks.require(words.iter().all(|word| !word.trim().is_empty()), "quality.bad-words", || {
            "must not contain an empty word, which occurs in every text".to_owned()
        });
        checks.finish()
    }
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $field:ident $variant:ident $id:literal;)+) => {
        /// Which rules run. All are on by default.
        #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Rules { $($(#[doc = $doc])+ pub $field: bool,)+ }

        impl Default for Rules {
            fn default() -> Self { Self { $($field: true,)+ } }
        }

        impl Rules {
            /// Whether `rule` is switched on.
            pub fn on(&self, rule: Rule) -> bool {
                match rule { $(Rule::$variant => self.$field,)+ }
            }

            /// All rules off, for trying one at a time.
            pub fn none() -> Self { Self { $($field: false,)+ } }

            /// Switches `rule` on or off.
            #[must_use]
            pub fn with(mut self, rule: Rule, on: bool) -> Self {
                match rule { $(Rule::$variant => self.$field = on,)+ }
                self
            }
        }

        /// A rule of this stage.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[doc = $doc])+ $variant,)+ }

        impl Rule {
            /// Every rule, in the order of the options.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)+];

            /// The rule's id in the ledger and in the options.
            pub fn id(self) -> &'static str {
                match self { $(Rule::$variant => $id,)+ }
            }
        }
    };
}

rules! {
    /// Decodes bytes that were not UTF-8 by their detected encoding.
    legacy_encoding LegacyEncoding "legacy-encoding";
    /// Repairs UTF-8 that was decoded as windows-1252 or Latin-1 (once or twice), Mac OS Roman, code page 437,
    /// windows-1250, 1253, 1254 or ISO 8859-2, and Cyrillic that was decoded as windows-1251.
    mojibake Mojibake "mojibake";
    /// Replaces character references left in plain text, such as `&amp;`; those in HTML are always replaced.
    html_entity HtmlEntity "html-entity";
    /// Replaces `<br>` left in plain text by a line end.
    html_tag HtmlTag "html-tag";
    /// Replaces CRLF, CR, form feeds and line separators by LF.
    line_ends LineEnds "line-ends";
    /// Removes control characters and NUL; those that are printable in windows-1252, such as U+0092, are replaced by that character.
    control_characters ControlCharacters "control-characters";
    /// Removes byte order marks, zero-width characters, soft hyphens and direction marks.
    invisible_characters InvisibleCharacters "invisible-characters";
    /// Applies the normalization form that `normal-form` names.
    unicode_form UnicodeForm "unicode-form";
    /// Replaces runs of spaces, tabs and special spaces by one space; removes them at line edges.
    white_space WhiteSpace "white-space";
    /// Removes blank lines at the start, and all but one of several in a row.
    blank_lines BlankLines "blank-lines";
    /// Menus, section lists, buttons and links of the site.
    navigation Navigation "navigation";
    /// The path of sections above the headline.
    breadcrumb Breadcrumb "breadcrumb";
    /// Cookie and consent notices with their buttons.
    cookie_notice CookieNotice "cookie-notice";
    /// Share, follow, print and save bars.
    share_bar ShareBar "share-bar";
    /// Newsletter, subscription, app and donation prompts.
    subscribe_form SubscribeForm "subscribe-form";
    /// Login, registration, password and playlist forms.
    login_form LoginForm "login-form";
    /// Notices of the site or the browser: scripts, alternate addresses, loading, disclosures.
    site_notice SiteNotice "site-notice";
    /// Labels of advertisements.
    advertisement Advertisement "advertisement";
    /// Lists of other articles under headings such as `Also Read`, with their headlines and dates.
    related_teaser RelatedTeaser "related-teaser";
    /// One-line references to another article such as `READ MORE: …`.
    inline_teaser InlineTeaser "inline-teaser";
    /// Lines of tags, topics and keywords.
    tag_bar TagBar "tag-bar";
    /// Photo credits, and captions that contain one.
    photo_credit PhotoCredit "photo-credit";
    /// Copyright and imprint lines.
    copyright Copyright "copyright";
    /// Boxes about the author.
    author_box AuthorBox "author-box";
    /// Comment forms and the comments below the article.
    comment_section CommentSection "comment-section";
    /// Lines that contain only a date or a time.
    timestamp Timestamp "timestamp";
    /// Lines that name the author.
    byline Byline "byline";
    /// `Being updated` and the like.
    update_marker UpdateMarker "update-marker";
    /// The headline and its repetitions; `extract` finds it in the column `boilerplate`.
    headline Headline "headline";
    /// Other short lines before the first paragraph.
    page_header PageHeader "page-header";
    /// Short lines after the last paragraph.
    page_footer PageFooter "page-footer";
    /// Text that is separate from the main text, such as summaries of other articles.
    outside_body OutsideBody "outside-body";
    /// Lines that a model judges not to be main text, by their words, form, position and neighbours. If it is on, it decides
    /// on all lines of a page that no sure rule matches.
    boilerplate_model BoilerplateModel "boilerplate-model";
    /// Second and later copies of a paragraph within the page.
    repeated_paragraph RepeatedParagraph "repeated-paragraph";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_field_names_in_kebab_case() {
        let json = serde_json::to_value(Rules::default()).unwrap();
        let fields: Vec<&String> = json.as_object().unwrap().keys().collect();
        let mut ids: Vec<&str> = Rule::ALL.iter().map(|r| r.id()).collect();
        ids.sort_unstable();
        let mut sorted = fields.clone();
        sorted.sort();
        assert_eq!(sorted, ids.iter().collect::<Vec<_>>());
        for &rule in Rule::ALL {
            assert!(Rules::default().on(rule));
            assert!(!Rules::default().with(rule, false).on(rule));
            assert!(Rules::none().with(rule, true).on(rule));
        }
    }
}
