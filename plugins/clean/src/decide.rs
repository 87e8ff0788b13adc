//! What becomes of each line where the rules and the model both have a say: sure cues first, then the model.

use fearless_simd::{Level, Simd, dispatch};

use crate::model::features::Page;
use crate::model::wide::{cut_off, small};
use crate::model::{Model, Room};
use crate::options::{Rule, Rules};
use crate::rules::boilerplate::{Mark, State, Threshold, bit};
use textmill_plugin::descriptor::Drops;

/// How likely a line of plain text must be that is a date and nothing else. Tables and timelines have such lines; in news they
/// are the page's. In HTML the markup tells them apart.
const DATE_CUT: f64 = 0.8;

/// Lines above this likelihood, in thousandths, count for the page's confidence; the constants below were chosen with it.
const KEPT: u16 = 450;
/// Where no line exceeds [`KEPT`]: a lower likelihood, and the fewest words above it. With fewer words, half of the pages did not hold their text at all.
/// Of 1,720 unseen pages 7 to 13 come out with text by this; F1 of marked pages is 0.002 higher, of listings 0.005, of others the same.
const DOUBTFUL: (u16, u64) = (200, 20);
/// Between these two confidences, in thousandths, the likelihood that a line needs rises from the first to the second of [`NEEDED`].
const CONFIDENCE: (f64, f64) = (700.0, 850.0);
/// The raw likelihood that becomes [`KEPT`] on a page of low and of high confidence.
const NEEDED: (f64, f64) = (0.15, 0.5);

/// What becomes of the lines of a page.
pub struct Decided {
    /// The marks of those that go.
    pub marks: Vec<Option<Mark>>,
    /// Numbers of lines that the model keeps though they came near to going, each with the mark that it would have.
    pub near: Vec<(usize, Mark)>,
}

/// The marks of a page's lines: those of sure cues, and those of the model below a cut.
pub fn marks(model: &Model, cuts: &Cuts, page: &Page<'_>, room: &mut Room) -> Decided {
    let (states, shown) = (page.states, page.shown);
    let mut likelihoods = model.likelihoods(page, room);
    settle(&mut likelihoods, shown.iter().map(|&i| page.lines[i].words()));
    let mut decided = Decided::by_rules(page.marks.to_vec(), cuts);
    decided.settle_marks(cuts, page.markup.is_some(), (page.marks, states), shown.iter().zip(&likelihoods));
    decided
}

impl Decided {
    /// What the rules make of a page, of whose lines they have put marks: those of rules that are switched off do not count.
    pub fn by_rules(mut marks: Vec<Option<Mark>>, cuts: &Cuts) -> Self {
        if cuts.off != 0 {
            marks.iter_mut().for_each(|mark| *mark = mark.filter(|m| cuts.off & bit(m.rule) == 0));
        }
        Self { marks, near: Vec::new() }
    }

    /// Puts what the model says of lines in the place of what the rules say, unless these are sure. Lines come with their likelihoods. A headline below a
    /// line that stays is an item of a list; of 34 on labelled pages the model kept 21, of which 18 were main text.
    // Not inlined: together with its caller, the loop runs out of registers.
    #[inline(never)]
    fn settle_marks<'l>(
        &mut self,
        cuts: &Cuts,
        is_html: bool,
        (by_rules, states): (&[Option<Mark>], &[State]),
        lines: impl Iterator<Item = (&'l usize, &'l u16)>,
    ) {
        // Lines of rules that are switched off stay.
        let sure = sure_rules(is_html) | cuts.off;
        let of_dates = if is_html { &cuts.lines } else { &cuts.dates };
        // Whether the line above stays.
        let mut is_inside = false;
        for (&i, &likelihood) in lines {
            let (mark, state) = (&mut self.marks[i], &states[i]);
            let kind = by_rules[i].map(|m| m.rule);
            let was_inside = std::mem::take(&mut is_inside);
            let is_item = was_inside && kind == Some(Rule::Headline) && likelihood >= cuts.lines.goes;
            // The model knows no wrapped lines: in its pages a paragraph is a line.
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

/// How likely lines must be, and which rules count.
#[derive(Clone, Copy)]
pub struct Cuts {
    lines: Cut,
    /// Of lines of plain text that are a date and nothing else.
    dates: Cut,
    /// The rules that are switched off, a bit each.
    off: u64,
}

impl Cuts {
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

/// Below which likelihoods lines go, and below which they come near, in thousandths.
#[derive(Clone, Copy)]
struct Cut {
    goes: u16,
    near: u16,
    threshold: Threshold,
}

impl Cut {
    fn new(cut: f64) -> Self {
        // The least likelihood that is not below the cut, so that comparing thousandths comes to the same as comparing numbers.
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

/// A likelihood of one, in thousandths.
const WHOLE: u16 = 1000;

/// Weighs the odds of all lines of a page by how sure the model is of the page as a whole: its confidence is the mean likelihood
/// of the words that it would keep. An article is told from its frame by far, and what is in doubt there belongs to the frame; a
/// listing or a forum is all doubt, and loses most of its text where every line must be likely by itself. On sites that the
/// model has not seen (`train/train.py`, HTML) F1 of listings is 0.07 higher so, of collections 0.045, of services 0.015, of news
/// the same; needing 0.3 of a page of doubt in place of 0.15 takes 0.03 from listings and gives news 0.0006. The threshold stays
/// what it is, so that values on the ledger compare with one number.
fn settle(likelihoods: &mut [u16], words: impl Iterator<Item = usize> + Clone) {
    // A page of which nothing comes near is left so: doubt alone makes no text.
    let Some(confidence) = [(KEPT, 1), DOUBTFUL].into_iter().find_map(|(least, fewest)| {
        let (mut sum, mut count) = (0, 0);
        for (&likelihood, words) in likelihoods.iter().zip(words.clone()) {
            // Not by a branch, which would be taken at random.
            let words = if likelihood > least { words as u64 } else { 0 };
            sum += u64::from(likelihood) * words;
            count += words;
        }
        (count >= fewest).then(|| sum as f64 / count as f64)
    }) else {
        return;
    };
    let (low, high) = CONFIDENCE;
    let needed = NEEDED.0 + (NEEDED.1 - NEEDED.0) * ((confidence - low) / (high - low)).clamp(0.0, 1.0);
    let odds = |likelihood: f64| likelihood / (1.0 - likelihood);
    let factor = odds(f64::from(KEPT) / 1000.0) / odds(needed);
    dispatch!(Level::new(), simd => weigh(simd, factor, likelihoods));
}

/// Multiplies the odds of all lines.
#[inline(always)]
fn weigh<S: Simd>(_: S, factor: f64, likelihoods: &mut [u16]) {
    for cell in likelihoods {
        let likelihood = f64::from(*cell) / 1000.0;
        let weighed = factor * likelihood;
        *cell = small(whole(1000.0 * weighed / (1.0 - likelihood + weighed)));
    }
}

/// The whole number nearest to one from 0 to 1000, of two the larger; the standard library's is a call where the machine may lack an
/// instruction for it.
#[inline(always)]
fn whole(number: f64) -> f64 {
    let below = cut_off(number);
    if number - below >= 0.5 { below + 1.0 } else { below }
}

/// The rules of which lines go whatever the model says, a bit each. On labelled pages, removing all that these rules mark costs no F1 of news
/// and articles beside leaving the choice to the model. In HTML, comments that are the page (a forum), headings of lists
/// that are the page (a listing) are better left to the model.
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

    /// Weights are chosen with what training takes for these.
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
