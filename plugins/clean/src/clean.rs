//! The complete cleaning of one document: decode, repair, normalise, remove line_rules and repeats.

mod judge;
mod normalised;
mod training;

use std::borrow::Cow;

use judge::{Judged, Judges};
use normalised::Normalised;
use textmill_plugin::edit::{EditError, Edits};
use textmill_plugin::error::Error;
pub use training::Features;

use crate::decide::Cuts;
use crate::html::Reading;
use crate::html::meta::MetaItem;
use crate::languages::Languages;
use crate::model::title::Title;
use crate::options::{NormalForm, Options, Rules};
use crate::outcome::doubtful::Stretch;
use crate::outcome::handed_on::RemovedLines;
use crate::outcome::places;
use crate::pii::{self, Pii};
use crate::quality::{self, BadWords, Measure, Quality};
use crate::rules::boilerplate::LineRules;
use crate::scratch::ScratchPool;
use crate::tables::Tables;

/// The result of cleaning a document.
#[derive(Clone, Debug)]
pub struct Cleaned<'a> {
    /// Edits of the received text, sorted.
    pub edits: Edits,
    /// The text after the edits.
    pub text: Cow<'a, str>,
    /// Encoding of the original bytes, if they were not UTF-8.
    pub encoding: Option<String>,
    /// Removed lines that may carry metadata.
    pub boilerplate: RemovedLines,
    /// Metadata that an HTML page states about itself.
    pub page_meta: Vec<MetaItem>,
    /// Stretches that the model kept by a narrow margin, sorted.
    pub doubtful: Vec<Stretch>,
    /// If only some languages are kept: the confidence that the text is in another one, and the detected language.
    pub foreign: Option<(f64, &'static str)>,
    /// Values of the active quality filters, measured on the text that is left.
    pub measured: Vec<(Measure, f64)>,
}

/// The format of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text as a page showed it, one block per line.
    Plain,
    /// HTML source.
    Html,
}

/// Cleans documents. Holds the tables; cheap to clone.
#[derive(Clone)]
pub struct Cleaner {
    rules: Rules,
    /// The judges of each format.
    plain: Judges,
    html: Judges,
    /// The tables and settings for reading HTML pages.
    reading: Reading,
    /// The likelihoods that lines need, and the rules that are off.
    cuts: Cuts,
    quality: Quality,
    bad_words: BadWords,
    pii: Pii,
    languages: Languages,
    scratch: ScratchPool,
    normal_form: NormalForm,
    join_hyphenated: bool,
    keep_structure: bool,
}

impl Cleaner {
    /// Compiles the tables.
    ///
    /// # Errors
    /// If a built-in table is malformed, which the tests rule out, or a list in the options is too long.
    pub fn new(options: &Options) -> Result<Self, Error> {
        let rules = options.rules.clone();
        let Tables { cues, dates, model, html_model, lexicon, html_lexicon, parts, names } =
            Tables::builtin()?;
        let judges = |model, lexicon, is_plain| {
            let is_on = rules.boilerplate_model;
            let lexicon = Some(lexicon).filter(|_| is_on);
            // The model was trained on the output of all rules. Lines of rules that are switched off are kept
            // in the end.
            let seen = if is_on { Rules::default() } else { rules.clone() };
            let line_rules = LineRules::new(cues.clone(), dates.clone(), seen, lexicon, is_plain);
            Judges { line_rules, model: Some(model).filter(|_| is_on) }
        };
        let plain = judges(model, lexicon, true);
        let html = judges(html_model, html_lexicon, false);
        Ok(Self {
            rules,
            plain,
            html,
            reading: Reading { parts, names, keeps_names: false, keeps_items: options.keep_structure },
            cuts: Cuts::new(options.boilerplate_cut, &options.rules),
            quality: options.quality.clone(),
            bad_words: BadWords::new(&options.quality.bad_words)?,
            pii: options.pii,
            languages: Languages::new(&options.languages)?,
            scratch: ScratchPool::default(),
            normal_form: options.normal_form,
            join_hyphenated: options.join_hyphenated,
            keep_structure: options.keep_structure,
        })
    }

    /// Cleans plain text; `raw` are the original bytes if they were not UTF-8.
    ///
    /// # Errors
    /// As [`Self::clean_as`].
    pub fn clean<'a>(&self, text: &'a str, raw: Option<&[u8]>) -> Result<Cleaned<'a>, EditError> {
        self.clean_as(Format::Plain, text, raw)
    }

    /// Cleans a page; `raw` are the original bytes if they were not UTF-8.
    ///
    /// # Errors
    /// If the edits of a pass do not fit the text, which would be a fault of this crate.
    pub fn clean_as<'a>(
        &self,
        format: Format,
        text: &'a str,
        raw: Option<&[u8]>,
    ) -> Result<Cleaned<'a>, EditError> {
        let Normalised { mut rewriter, encoding, markup, items, mut page_meta, indented, .. } =
            self.normalise(format, text, raw)?;
        let title = Title::of(&page_meta);
        let Judged { edits, mut boilerplate, places, doubtful } = self.scratch.with(|scratch| {
            self.judge(format, &rewriter, (markup, &items), title.as_ref(), indented, scratch)
        });
        rewriter.pass_packed(edits)?;
        // Before the quality filters, some of which empty texts that are not English.
        let foreign = self.languages.foreign(rewriter.text());
        let (edits, refined) = quality::removals(rewriter.text(), &self.quality);
        rewriter.pass(edits)?;
        let measured = quality::values(rewriter.text(), &self.quality, &self.bad_words, refined);
        let edits = pii::masks(rewriter.text(), &self.pii);
        rewriter.pass(edits)?;
        let (edits, text) = rewriter.finish_packed();
        for (at, place) in boilerplate.places_mut().zip(places::made(&edits, places.into_iter())) {
            *at = place as u64;
        }
        if self.pii.is_any() {
            boilerplate = boilerplate.with_texts(|text| pii::masked(text, &self.pii));
            page_meta.iter_mut().for_each(|item| item.value = pii::masked(&item.value, &self.pii));
        }
        Ok(Cleaned { edits, text, encoding, boilerplate, page_meta, doubtful, foreign, measured })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Rule;
    use proptest::prelude::*;

    fn cleaner() -> Cleaner {
        Cleaner::new(&Options::default()).unwrap()
    }

    const STORY: &str = "The ferry began running again on Tuesday, after a winter in which the boat was planed and painted.\n\
        The crossing takes nine minutes in calm weather, and eleven when the swan will not move, the board said.";

    #[test]
    fn no_holes_are_left() {
        let page = format!(
            "Menu\n\nShare\n\n{STORY}\n\nRead more: A bell\n\nThe end of it came in autumn, when the board met again.\n\nTags: swan\n\nMenu\n"
        );
        let cleaned = cleaner().clean(&page, None).unwrap();
        assert!(!cleaned.text.contains("\n\n\n"), "{:?}", cleaned.text);
        assert!(!cleaned.text.starts_with('\n') && !cleaned.text.ends_with("\n\n"));
    }

    #[test]
    fn offsets_of_handed_on_lines_lie_in_the_output() {
        let page = format!(
            "Menu\nA headline of the page stands here\n{STORY}\n17 March, 16:20 GMT\n{STORY} More.\nTags: swan, board\n"
        );
        let cleaned = cleaner().clean(&page, None).unwrap();
        let date = cleaned.boilerplate.iter().find(|r| r.rule == "timestamp").unwrap();
        assert_eq!(date.at as usize, STORY.len() + 1);
        assert!(cleaned.boilerplate.iter().all(|r| r.at as usize <= cleaned.text.len()));
    }

    #[test]
    fn a_page_of_many_lines_takes_linear_time() {
        let table = format!("<html><table>{}", "<tr><td>a<td>b".repeat(30_000));
        let cleaned = cleaner().clean_as(Format::Html, &table, None).unwrap();
        assert!(cleaned.edits.len() < 100_000);
    }

    /// The most important rule: text after a block of teasers in the article belongs to the article.
    #[test]
    fn paragraphs_after_a_teaser_block_stay() {
        let after = "The harbour board will meet again in the autumn, and the fare will be on its list once more.\n\
            Until then the boat runs from seven to dusk, and the swan, they say, is in no hurry at all.";
        for heading in ["Also Read", "Most read", "You may also like", "RELATED STORIES", "Lesen Sie auch"] {
            let page = format!(
                "Menu\nSearch\n{STORY}\n{heading}\nThe rope walk reopens with a longer rope\nA bell for the fog signal\n{after}\nPrivacy Policy\n"
            );
            let cleaned = cleaner().clean(&page, None).unwrap();
            assert_eq!(cleaned.text, format!("{STORY}\n{after}\n"), "{heading}");
        }
    }

    #[test]
    fn a_rule_that_is_off_keeps_its_lines_and_no_other_changes() {
        let (headline, bar) = ("The ferry across the harbour runs again", "Share on FacebookShare on X");
        let page =
            format!("Menu\nSearch\nNews\n{headline}\n{bar}\n{STORY}\nMost read\nA bell for the signal\n");
        let left = |off: &[Rule]| {
            let rules = off.iter().fold(Rules::default(), |rules, rule| rules.with(*rule, false));
            let cleaner = Cleaner::new(&Options { rules, ..Options::default() }).unwrap();
            cleaner.clean(&page, None).unwrap().text.into_owned()
        };
        assert_eq!(left(&[]), format!("{STORY}\n"));
        assert_eq!(left(&[Rule::Headline]), format!("{headline}\n{STORY}\n"));
        assert_eq!(left(&[Rule::ShareBar, Rule::Headline]), format!("{headline}\n{bar}\n{STORY}\n"));
        // A line that is kept because its rule is off does not draw the text below it into the main text.
        let page = format!("{page}Share on FacebookShare on X\nWake up with us.\n");
        let with = |rules| {
            let cleaner = Cleaner::new(&Options { rules, ..Options::default() }).unwrap();
            cleaner.clean(&page, None).unwrap().text.contains("Wake up")
        };
        assert_eq!(with(Rules::default()), with(Rules::default().with(Rule::ShareBar, false)));
        assert_eq!(left(&[Rule::Navigation]), format!("Menu\nSearch\n{STORY}\n"));
    }

    /// The middle of a long menu is judged as one line.
    #[test]
    fn long_menus_go_and_long_lists_stay() {
        const END: &str = "The swan was seen on Monday, when the boat crossed for the first time, and it did not move at all.";
        let items = |name: &str| (0..60).map(|n| format!("{name} {}\n", n * 7 % 60)).collect::<String>();
        let (menu, list) = (items("Section"), items("- Plank of oak, number"));
        let page = |menu: &str, list: &str| {
            format!("Home\n{menu}{STORY}\nThe board lists what it used:\n{list}{END}\nHome\n© 2020 Ledger\n")
        };
        let left = |page: &str, off: &[Rule]| {
            let rules = off.iter().fold(Rules::default(), |rules, rule| rules.with(*rule, false));
            let cleaner = Cleaner::new(&Options { rules, ..Options::default() }).unwrap();
            cleaner.clean(page, None).unwrap().text.into_owned()
        };
        let text = |list: &str| format!("{STORY}\nThe board lists what it used:\n{list}{END}\n");
        assert_eq!(left(&page(&menu, ""), &[]), text(""));
        assert_eq!(left(&page(&menu, &list), &[]), text(&list));
        // Rules that are switched off keep their lines.
        let bar = "Share on FacebookShare on X\n";
        let with_bar = menu.replace("Section 30\n", bar);
        assert_eq!(left(&page(&with_bar, ""), &[]), text(""));
        assert_eq!(left(&page(&with_bar, ""), &[Rule::ShareBar]), format!("{bar}{}", text("")));
        let kept = left(&page(&with_bar, ""), &[Rule::Navigation]);
        assert!(kept.contains("Section 29\nSection 36\nSection 43\n") && !kept.contains(bar), "{kept}");
        // Blank lines follow the line above them.
        let apart = menu.replace('\n', "\n\n");
        assert!(
            left(&page(&apart, ""), &[Rule::Navigation]).contains("Section 29\n\nSection 36\n\nSection 43\n")
        );
        // A menu below the text belongs to the page's footer.
        let below = format!("{}{menu}", page("", &list));
        assert_eq!(left(&below, &[]), text(&list));
        let kept = left(&below, &[Rule::PageFooter]);
        assert!(kept.contains(&menu[menu.len() / 3..]) && kept.contains(&list), "{kept}");
        // The rules alone judge menus alike.
        assert_eq!(left(&page(&with_bar, ""), &[Rule::BoilerplateModel]), text(""));
        // A text that is not a page has no menus.
        let bare = format!("{STORY}\n{list}{END}\n");
        assert_eq!(left(&bare, &[]), bare);
    }

    #[test]
    fn the_handed_on_column_is_capped() {
        let page = format!("{}{STORY}\n{STORY}", "Menu\nSome header line of the page here\n".repeat(2000));
        let cleaned = cleaner().clean(&page, None).unwrap();
        let size: usize = cleaned.boilerplate.iter().map(|r| r.text.len()).sum();
        assert!(size > 0 && size <= crate::outcome::handed_on::HANDED_ON);
    }

    #[test]
    fn hostile_texts_end() {
        let cleaner = cleaner();
        for text in [
            "word ".repeat(100_000),
            "Menu\n".repeat(50_000),
            "\n".repeat(100_000),
            format!("a{}", "\u{301}\u{323}".repeat(50_000)),
            "cafÃ© ".repeat(30_000),
            "Also Read\nA headline of some words\n".repeat(10_000),
            "\0\u{200b}\r\n".repeat(20_000),
            "Comments\nIt was good. I liked it.\n".repeat(10_000),
            format!("{STORY}\nMenu\n").repeat(10_000),
        ] {
            let cleaned = cleaner.clean(&text, None).unwrap();
            assert_eq!(cleaned.edits.apply(&text), cleaned.text);
        }
    }

    #[test]
    fn a_line_inside_a_decoded_run_lies_within_the_text() {
        let raw = b"\x95\x0b\xf6M\xc2\x95\x0b\xf6M\xc2\xb7M\xc2\xb7\xb7M\xc2\xb7\x8a";
        let text = String::from_utf8_lossy(raw).into_owned();
        for format in [Format::Plain, Format::Html] {
            let options = Options { normal_form: NormalForm::Nfkc, ..Options::default() };
            let cleaned = Cleaner::new(&options).unwrap().clean_as(format, &text, Some(raw)).unwrap();
            assert!(
                cleaned.boilerplate.iter().all(|line| line.at as usize <= cleaned.text.len()),
                "{cleaned:?}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The edits fit and rebuild the output, whatever lines are combined.
        #[test]
        fn edits_rebuild_the_text(picks in prop::collection::vec(0usize..PIECES.len(), 0..40), raw in prop::option::of(prop::collection::vec(any::<u8>(), 0..40))) {
            let page: String = picks.iter().map(|&i| PIECES[i]).collect();
            let text = raw.as_ref().map_or(page, |raw| String::from_utf8_lossy(raw).into_owned());
            let cleaned = cleaner().clean(&text, raw.as_deref()).unwrap();
            let mut edits = cleaned.edits.clone();
            edits.sort_and_check(&text).unwrap();
            prop_assert_eq!(edits.apply(&text), cleaned.text.as_ref());
            for line in cleaned.boilerplate.iter() {
                prop_assert!(line.at as usize <= cleaned.text.len());
            }
            prop_assert!(cleaned.doubtful.is_sorted_by_key(|stretch| stretch.span.end));
            prop_assert!(cleaned.doubtful.iter().all(|stretch| text.get(stretch.span.clone()).is_some()));
        }
    }

    const PIECES: &[&str] = &[
        "Menu\n",
        "\n",
        "  \r\n",
        "Also Read\n",
        "A headline of several words here\n",
        "READ MORE: Something\n",
        "It opened on Saturday, and the people walked over it until the evening came, they said.\n",
        "“Nobody left,” she said.\n",
        "2 hours ago\n",
        "3 Comments\n",
        "Tags: a, b\n",
        "cafÃ© \u{a0} x\n",
        "e\u{301}\u{200b}\n",
        "© 2020 Ledger\n",
        "Share on FacebookShare on X\n",
        "Photo: A. Morrow\n",
        "1. one item\n",
        "By Ines Tollgate\n",
        "x",
        " ",
    ];
}
