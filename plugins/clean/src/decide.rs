//! Decides which lines to remove where both the rules and the model have a say: sure cues first, then the
//! model.

use fearless_simd::{Level, Simd, dispatch};

use crate::model::features::Page;
use crate::model::simd::{cut_off, small};
use crate::model::{Model, Scratch};
use crate::options::{Rule, Rules};
use crate::rules::boilerplate::{Mark, State, Threshold, bit};
use textmill_plugin::descriptor::Drops;

/// The cut for lines of plain text that consist of a date only. Tables and timelines have such lines; in news
/// they belong to the page. In HTML, the markup tells the two apart.
const DATE_CUT: f64 = 0.8;

/// Lines above this likelihood, in thousandths, count towards the page's confidence. The constants below were
/// chosen with it.
const KEPT: u16 = 450;
/// Fallback if no line exceeds [`KEPT`]: a lower likelihood, and the fewest words that must be above it. Of
/// the pages with fewer words, half did not contain their text at all. With the fallback, 7 to 13 of 1,720
/// unseen pages come out with text; F1 is 0.002 higher on marked pages, 0.005 higher on listings, and the
/// same on others.
const DOUBTFUL: (u16, u64) = (200, 20);
/// As the confidence, in thousandths, rises from the first value to the second, the likelihood that a line
/// needs rises from the first to the second value of [`NEEDED`].
const CONFIDENCE: (f64, f64) = (700.0, 850.0);
/// The raw likelihoods that are mapped to [`KEPT`] on pages of low and of high confidence.
const NEEDED: (f64, f64) = (0.15, 0.5);
/// Words from which a kept line counts as the first paragraph of an article.
const FIRST_PARAGRAPH: usize = 12;

/// The decisions on the lines of a page.
pub struct Decided {
    /// The marks of the lines to remove.
    pub marks: Vec<Option<Mark>>,
    /// Lines that the model keeps by a narrow margin: their numbers, each with the mark that it would have
    /// had.
    pub near: Vec<(usize, Mark)>,
}

/// Marks the lines of a page: those with sure cues, and those whose likelihood is below a cut.
pub fn marks(model: &Model, cuts: &Cuts, page: &Page<'_>, scratch: &mut Scratch) -> Decided {
    let (states, shown) = (page.states, page.shown);
    let mut likelihoods = model.likelihoods(page, scratch);
    let confidence = settle(&mut likelihoods, shown.iter().map(|&i| page.lines[i].words()));
    let mut decided = Decided::by_rules(page.marks.to_vec(), cuts);
    let is_html = page.markup.is_some();
    decided.settle_marks(cuts, is_html, (page.marks, states), shown.iter().zip(&likelihoods));
    if is_html && confidence.is_some_and(|confidence| confidence >= CONFIDENCE.1) {
        decided.remove_dates_above_text(page, cuts);
    }
    decided
}

impl Decided {
    /// The decisions of the rules alone: their `marks`, except those of rules that are switched off.
    pub fn by_rules(mut marks: Vec<Option<Mark>>, cuts: &Cuts) -> Self {
        if cuts.off != 0 {
            marks.iter_mut().for_each(|mark| *mark = mark.filter(|m| cuts.off & bit(m.rule) == 0));
        }
        Self { marks, near: Vec::new() }
    }

    /// Replaces the marks of the rules by the model's decisions, unless the rules are sure. `lines` are line
    /// numbers with their likelihoods. A headline directly below a kept line counts as an item of a list and
    /// is kept if the model keeps it; of 34 such lines on labelled pages, the model kept 21, of which 18 were
    /// main text.
    // Not inlined: together with its caller, the loop runs out of registers.
    #[inline(never)]
    fn settle_marks<'l>(
        &mut self,
        cuts: &Cuts,
        is_html: bool,
        (by_rules, states): (&[Option<Mark>], &[State]),
        lines: impl Iterator<Item = (&'l usize, &'l u16)>,
    ) {
        // Lines of rules that are switched off are kept, whatever the model says.
        let sure = sure_rules(is_html) | cuts.off;
        let of_dates = if is_html { &cuts.lines } else { &cuts.dates };
        // Whether the line above is kept.
        let mut is_inside = false;
        for (&i, &likelihood) in lines {
            let (mark, state) = (&mut self.marks[i], &states[i]);
            let kind = by_rules[i].map(|m| m.rule);
            let was_inside = std::mem::take(&mut is_inside);
            let is_item = was_inside && kind == Some(Rule::Headline) && likelihood >= cuts.lines.goes;
            // The model does not know wrapped lines: in its training pages, a paragraph is a line.
            if state.wrapped || kind.is_some_and(|rule| sure & bit(rule) != 0) && !is_item {
                is_inside = mark.is_none() && kind.is_none();
                continue;
            }
            let Cut { goes, near, threshold } =
                if kind == Some(Rule::Timestamp) { of_dates } else { &cuts.lines };
            let unlikely = Mark::unlikely(likelihood, *threshold, kind);
            *mark = (likelihood < *goes).then_some(unlikely);
            is_inside = mark.is_none();
            if (likelihood >= *goes) & (likelihood < *near) {
                self.near.push((i, unlikely));
            }
        }
    }
}

impl Decided {
    /// Removes lines above the first paragraph of an article that are a date and nothing else. In HTML without
    /// class names, the model takes them for text. On labelled articles whose date lines it kept there, 12 of
    /// 14 such lines were not main text.
    fn remove_dates_above_text(&mut self, page: &Page<'_>, cuts: &Cuts) {
        if cuts.off & bit(Rule::Timestamp) != 0 {
            return;
        }
        let mut is_any = false;
        for &i in page.shown {
            let date = page.marks[i].filter(|mark| mark.rule == Rule::Timestamp);
            match (self.marks[i], date) {
                (None, Some(_)) => (self.marks[i], is_any) = (date, true),
                (None, None) if page.lines[i].words() >= FIRST_PARAGRAPH => break,
                _ => {}
            }
        }
        if is_any {
            self.near.retain(|(i, _)| self.marks[*i].is_none());
        }
    }
}

/// The likelihoods that lines need, and the rules that are off.
#[derive(Clone, Copy)]
pub struct Cuts {
    lines: Cut,
    /// The cut for lines of plain text that consist of a date only.
    dates: Cut,
    /// The rules that are switched off, one bit each.
    off: u64,
}

impl Cuts {
    /// Whether any rule is switched off.
    pub fn is_any_off(&self) -> bool {
        self.off != 0
    }

    /// `cut` is from 0 to 1.
    pub fn new(cut: f64, rules: &Rules) -> Self {
        let off = Rule::ALL.iter().filter(|rule| !rules.on(**rule)).map(|rule| bit(*rule));
        Self {
            lines: Cut::new(cut),
            dates: Cut::new(cut.max(DATE_CUT)),
            off: off.fold(0, |all, bit| all | bit),
        }
    }
}

/// The likelihoods, in thousandths, below which a line is removed (`goes`), or kept only by a narrow
/// margin (`near`).
#[derive(Clone, Copy)]
struct Cut {
    goes: u16,
    near: u16,
    threshold: Threshold,
}

impl Cut {
    fn new(cut: f64) -> Self {
        // The lowest likelihood that is not below the cut, so that comparing thousandths gives the same
        // result as comparing floating-point numbers.
        let first = |is_below: &dyn Fn(f64) -> bool| {
            (0..=WHOLE).find(|&likelihood| !is_below(f64::from(likelihood) / 1000.0)).unwrap_or(WHOLE + 1)
        };
        Self {
            goes: first(&|likelihood| Drops::Below.drops(likelihood, cut)),
            near: first(&|likelihood| Drops::Below.is_near(likelihood, cut)),
            threshold: Threshold::new(cut),
        }
    }
}

/// A likelihood of 1, in thousandths.
const WHOLE: u16 = 1000;

/// Scales the odds of all lines of a page by the model's confidence in the page as a whole: the mean
/// likelihood of the words that it would keep.
///
/// In an article, the main text is clearly distinct from the frame, and lines in doubt belong to the frame. A
/// listing or a forum is doubtful throughout, and loses most of its text if every line must be likely on its
/// own. Returns the confidence, in thousandths, if there is one. On sites that the model has not seen
/// (`train/train.py`, HTML), this makes F1 of listings 0.07 higher, of collections 0.045, of services 0.015,
/// and leaves news the same. Requiring 0.3 on a doubtful page in place of 0.15 takes 0.03 from listings and
/// gives news 0.0006. The threshold itself does not change, so that values on the ledger compare with a single
/// number.
fn settle(likelihoods: &mut [u16], words: impl Iterator<Item = usize> + Clone) -> Option<f64> {
    // If no line comes near, the likelihoods stay as they are: doubt alone makes no text.
    let confidence = [(KEPT, 1), DOUBTFUL].into_iter().find_map(|(least, fewest)| {
        let (mut sum, mut count) = (0, 0);
        for (&likelihood, words) in likelihoods.iter().zip(words.clone()) {
            // Branch-free: the outcome is unpredictable.
            let words = if likelihood > least { words as u64 } else { 0 };
            sum += u64::from(likelihood) * words;
            count += words;
        }
        (count >= fewest).then(|| sum as f64 / count as f64)
    })?;
    let (low, high) = CONFIDENCE;
    let needed = NEEDED.0 + (NEEDED.1 - NEEDED.0) * ((confidence - low) / (high - low)).clamp(0.0, 1.0);
    let odds = |likelihood: f64| likelihood / (1.0 - likelihood);
    let factor = odds(f64::from(KEPT) / 1000.0) / odds(needed);
    dispatch!(Level::new(), simd => weigh(simd, factor, likelihoods));
    Some(confidence)
}

/// Multiplies the odds of all lines by `factor`.
#[inline(always)]
fn weigh<S: Simd>(_: S, factor: f64, likelihoods: &mut [u16]) {
    for cell in likelihoods {
        let likelihood = f64::from(*cell) / 1000.0;
        let weighed = factor * likelihood;
        *cell = small(whole(1000.0 * weighed / (1.0 - likelihood + weighed)));
    }
}

/// Rounds a number from 0 to 1000 to the nearest integer, halves up. The standard library's rounding is a
/// function call where the machine may lack an instruction for it.
#[inline(always)]
fn whole(number: f64) -> f64 {
    let below = cut_off(number);
    if number - below >= 0.5 { below + 1.0 } else { below }
}

/// The rules whose lines are removed whatever the model says, one bit each. On labelled pages, removing all
/// that these rules mark costs no F1 of news and articles compared with leaving the choice to the model. In
/// HTML, comments that are the page itself (a forum) and headings of lists that are the page itself (a
/// listing) are better left to the model.
fn sure_rules(is_html: bool) -> u64 {
    let rules = [
        Rule::CookieNotice,
        Rule::ShareBar,
        Rule::SubscribeForm,
        Rule::LoginForm,
        Rule::SiteNotice,
        Rule::Advertisement,
        Rule::InlineTeaser,
        Rule::TagBar,
        Rule::PhotoCredit,
        Rule::Copyright,
        Rule::AuthorBox,
        Rule::UpdateMarker,
        Rule::Headline,
        Rule::Byline,
    ];
    let of_plain_text = [Rule::RelatedTeaser, Rule::CommentSection];
    let all = rules.into_iter().chain(of_plain_text.into_iter().filter(|_| !is_html));
    all.map(bit).fold(0, |all, bit| all | bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The weights depend on the values that training uses for these constants.
    #[test]
    fn training_weighs_pages_alike() {
        let script = include_str!("../train/train.py");
        let [kept, low, high, needed_low, needed_high, doubtful] = [
            f64::from(KEPT) / 1000.0,
            CONFIDENCE.0 / 1000.0,
            CONFIDENCE.1 / 1000.0,
            NEEDED.0,
            NEEDED.1,
            f64::from(DOUBTFUL.0) / 1000.0,
        ];
        for line in [
            format!("KEPT, CONFIDENCE, NEEDED = {kept}, ({low}, {high}), ({needed_low}, {needed_high})"),
            format!("DOUBTFUL = {doubtful}, {}", DOUBTFUL.1),
        ] {
            assert!(script.lines().any(|own| own == line), "{line}");
        }
    }

    fn settled(likelihoods: &[u16], words: usize) -> Vec<u16> {
        let mut settled = likelihoods.to_vec();
        settle(&mut settled, likelihoods.iter().map(|_| words));
        settled
    }

    #[test]
    fn doubt_weighs_for_lines_of_listings_and_against_those_of_articles() {
        let article = settled(&[970, 950, 520, 0, 1000], 20);
        assert!(
            article[0] > 900 && article[2] > KEPT && article[3] == 0 && article[4] == 1000,
            "{article:?}"
        );
        let article = settled(&[&[970; 9][..], &[490]].concat(), 20);
        assert!(article[0] > 900 && article[9] < KEPT, "{article:?}");
        let listing = settled(&[600, 500, 350, 100], 4);
        assert!(listing[2] > KEPT && listing[3] < KEPT, "{listing:?}");
        let doubtful = settled(&[440, 250, 90], 10);
        assert!(doubtful[1] > KEPT && doubtful[2] < KEPT, "{doubtful:?}");
        assert_eq!(settled(&[440, 250, 90], 9), [440, 250, 90]);
        assert_eq!(settled(&[200, 100], 99), [200, 100]);
    }

    #[test]
    fn the_order_of_likelihoods_stays() {
        let all: Vec<u16> = (0..=WHOLE).collect();
        for words in [0, 1, usize::MAX >> 24] {
            assert!(settled(&all, words).is_sorted());
        }
    }

    #[test]
    fn thousandths_are_cut_as_likelihoods_are() {
        for cut in [0.0, 0.0004, 0.45, 0.5, 0.7, 0.8, 0.9999, 1.0] {
            let Cut { goes, near, .. } = Cut::new(cut);
            for likelihood in 0..=WHOLE {
                let value = f64::from(likelihood) / 1000.0;
                assert_eq!(likelihood < goes, value < cut, "{likelihood} {cut}");
                assert_eq!(likelihood < near, Drops::Below.is_near(value, cut), "{likelihood} {cut}");
            }
        }
    }
}
