//! What the columns ask of each line that is not blank, side by side and small: lines and states are too large to be walked through
//! for every column. Decides nothing.

use crate::line::Line;
use crate::model::features::Page;
use crate::options::Rule;

/// Of one line.
#[derive(Clone, Copy)]
pub struct Row {
    pub chars: u32,
    pub words: u32,
    pub letters: u32,
    pub capitals: u32,
    pub digits: u32,
    /// Words, where the line is prose.
    pub prose_words: u32,
    /// Set of the kinds ([`KINDS`]) that the rule for the line by itself is of.
    pub kinds: u16,
    /// How the line ends and starts, as the model knows it.
    pub end: u8,
    pub start: u8,
    pub prose: bool,
    /// A rule for the line by itself marks it.
    pub marked: bool,
    pub sentence: bool,
}

/// Kinds of rules: the first seven are those whose nearest line above and below is told.
pub const KINDS: [&[Rule]; 8] = [
    &[Rule::RelatedTeaser, Rule::InlineTeaser],
    &[Rule::CommentSection],
    &[Rule::ShareBar],
    &[Rule::Timestamp, Rule::Byline, Rule::UpdateMarker],
    &[Rule::Copyright],
    &[Rule::CookieNotice, Rule::LoginForm, Rule::SubscribeForm, Rule::SiteNotice],
    &[Rule::Navigation, Rule::Breadcrumb, Rule::TagBar],
    &[Rule::Timestamp, Rule::Byline],
];
/// Numbers of kinds.
pub const TEASERS: usize = 0;
pub const COMMENTS: usize = 1;
pub const DATES: usize = 7;

/// The kinds of each rule.
static KINDS_OF: [u16; 256] = {
    let mut table = [0; 256];
    let mut kind = 0;
    while kind < KINDS.len() {
        let mut n = 0;
        while n < KINDS[kind].len() {
            table[KINDS[kind][n] as u8 as usize] |= 1 << kind;
            n += 1;
        }
        kind += 1;
    }
    table
};

impl Row {
    /// The rows of a page.
    pub fn all(page: &Page<'_>) -> Vec<Row> {
        let row = |&i: &usize| {
            let (line, state) = (&page.lines[i], &page.states[i]);
            let rule = state.mark.map(|m| m.rule);
            let prose = state.prose && rule.is_none();
            let words = small(line.words());
            Row {
                chars: small(line.chars()),
                words,
                letters: small(line.letters()),
                capitals: small(line.capitals()),
                digits: small(line.digits()),
                prose_words: if prose { words } else { 0 },
                kinds: rule.map_or(0, |rule| KINDS_OF[usize::from(rule as u8)]),
                end: end(page.text, line),
                start: start(page.text, line),
                prose,
                marked: rule.is_some(),
                sentence: line.sentence,
            }
        };
        page.shown.iter().map(row).collect()
    }

    /// Whether the line's rule is of a kind.
    pub fn is(&self, kind: usize) -> bool {
        self.kinds >> kind & 1 == 1
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn end(text: &str, line: &Line) -> u8 {
    match () {
        () if line.full_stop => 5,
        () if line.sentence => 4,
        () if line.colon => 3,
        () if line.cut => 2,
        () => u8::from(text.as_bytes().get(line.end - 1).is_some_and(u8::is_ascii_digit)),
    }
}

fn start(text: &str, line: &Line) -> u8 {
    match text.as_bytes()[line.start] {
        _ if line.bullet => 5,
        _ if line.quote => 4,
        _ if line.small => 3,
        b'0'..=b'9' => 1,
        b if b.is_ascii_punctuation() => 0,
        _ => 2,
    }
}
