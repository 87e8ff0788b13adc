//! Options of the stage and the list of its rules. No text is looked at here.

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
    /// Fewest characters, white space not counted, that must be left of a document; with fewer it
    /// is dropped under the rule `no-text-left`. 0 keeps every document that is not empty.
    pub min_chars: u64,
    /// Share of bytes that no text has, in any encoding, above which a document that is not UTF-8 is dropped under the rule
    /// `binary-data`: pictures, archives and programs have from 0.08 on. 1 keeps all.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub binary_share: f64,
    /// Which documents are read as HTML.
    pub html: ReadAsHtml,
    /// Keeps headings, lists, tables, quotations and code of HTML pages as Markdown has them.
    pub keep_structure: bool,
    /// How likely a line must be to belong to the main text to be kept, where the rule `boilerplate-model` decides. Higher
    /// removes more.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub boilerplate_cut: f64,
    /// The Unicode normal form that the rule `unicode-form` brings characters to.
    pub normal_form: NormalForm,
    /// Joins words that are parted by a hyphen at a line end, as in text from printed pages.
    pub join_hyphenated: bool,
    /// Languages that are kept, by their codes of ISO 639-1, such as `en`; all where none are given. Others are dropped under the rule
    /// `language`.
    pub languages: Vec<String>,
    /// How sure it must be that a document is in another language to drop it.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub language_confidence: f64,
    /// Filters with published numbers; off until switched on.
    pub quality: Quality,
    /// What identifies persons and is masked; nothing until switched on.
    pub pii: Pii,
    /// Switches of the rules, by rule id.
    pub rules: Rules,
}

/// A Unicode normal form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NormalForm {
    /// Composed; looks the same.
    #[default]
    Nfc,
    /// Composed, and characters of the same meaning made one: ligatures, full-width letters, superscripts lose their form.
    Nfkc,
}

/// Which documents are read as HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadAsHtml {
    /// Those whose media type says so, and those without a media type, or with a plain one, that begin with `<!DOCTYPE html` or
    /// `<html`.
    Auto,
    /// All.
    Always,
    /// None.
    Never,
}

impl Default for Options {
    fn default() -> Self {
        // A shortest sentence worth keeping; the leftovers of a page without an article (a site
        // name, a slogan) stay below it.
        // The cut: by `train/train.py`, on news and articles of sites that the model had not seen, F1 is flat between 0.4
        // and 0.6; of these, one that rather keeps a line.
        Self {
            min_chars: 40,
            binary_share: 0.02,
            html: ReadAsHtml::Auto,
            keep_structure: false,
            boilerplate_cut: 0.45,
            normal_form: NormalForm::Nfc,
            join_hyphenated: false,
            languages: Vec::new(),
            // Below, the detector itself calls many answers unreliable.
            language_confidence: 0.8,
            quality: Quality::default(),
            pii: Pii::default(),
            rules: Rules::default(),
        }
    }
}

impl Options {
    /// Checks what the schema cannot say.
    ///
    /// # Errors
    /// Every mistake, with the name of the option.
    pub fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::new();
        let words = &self.quality.bad_words;
        checks.require(words.iter().all(|word| !word.trim().is_empty()), "quality.bad-words", || {
            "must not hold an empty word, which stands in every text".to_owned()
        });
        checks.finish()
    }
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $field:ident $variant:ident $id:literal;)+) => {
        /// Which rules run. All do by default.
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

            /// All rules off; for trying one at a time.
            pub fn none() -> Self { Self { $($field: false,)+ } }

            /// Switches one rule.
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

            /// The id that stands in the ledger and in the options.
            pub fn id(self) -> &'static str {
                match self { $(Rule::$variant => $id,)+ }
            }
        }
    };
}

rules! {
    /// Decodes bytes that were not UTF-8 by their detected encoding.
    legacy_encoding LegacyEncoding "legacy-encoding";
    /// Undoes UTF-8 read as windows-1252 or Latin-1, once or twice, as Mac OS Roman, code page 437, windows-1250, 1253 or 1254 or ISO 8859-2,
    /// and Cyrillic read as windows-1251.
    mojibake Mojibake "mojibake";
    /// Character references left in plain text, such as `&amp;`; those of HTML are always read.
    html_entity HtmlEntity "html-entity";
    /// `<br>` left in plain text becomes a line end.
    html_tag HtmlTag "html-tag";
    /// CRLF, CR, form feeds and line separators become LF.
    line_ends LineEnds "line-ends";
    /// Removes control characters and NUL; those that are signs in windows-1252, such as U+0092, become these.
    control_characters ControlCharacters "control-characters";
    /// Removes byte order marks, zero-width characters, soft hyphens and direction marks.
    invisible_characters InvisibleCharacters "invisible-characters";
    /// Brings characters to the normal form that `normal-form` names.
    unicode_form UnicodeForm "unicode-form";
    /// One space for each run of spaces, tabs and special spaces; none at line edges.
    white_space WhiteSpace "white-space";
    /// At most one blank line in a row, none at the start.
    blank_lines BlankLines "blank-lines";
    /// Menus, section lists, buttons and links of the site's frame.
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
    /// Marks of advertising places.
    advertisement Advertisement "advertisement";
    /// Lists of other articles under headings such as `Also Read`, with their headlines and dates.
    related_teaser RelatedTeaser "related-teaser";
    /// One-line references to another article such as `READ MORE: …`.
    inline_teaser InlineTeaser "inline-teaser";
    /// Lines of tags, topics and keywords.
    tag_bar TagBar "tag-bar";
    /// Credits of pictures and captions that bear one.
    photo_credit PhotoCredit "photo-credit";
    /// Copyright and imprint lines.
    copyright Copyright "copyright";
    /// Boxes about the author.
    author_box AuthorBox "author-box";
    /// Comment forms and the comments below the article.
    comment_section CommentSection "comment-section";
    /// Lines that are a date or a time and nothing else.
    timestamp Timestamp "timestamp";
    /// Lines that name the author.
    byline Byline "byline";
    /// `Being updated` and the like.
    update_marker UpdateMarker "update-marker";
    /// The headline and its repeats; `extract` finds it in the column `boilerplate`.
    headline Headline "headline";
    /// Other short lines before the first paragraph.
    page_header PageHeader "page-header";
    /// Short lines after the last paragraph.
    page_footer PageFooter "page-footer";
    /// Text that stands apart from the main text, such as summaries of other articles.
    outside_body OutsideBody "outside-body";
    /// Lines that a model takes for no part of the main text, by their shape, their place and the lines around them. Where it
    /// is on, it decides on all lines of a page but those that cues are sure of.
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
