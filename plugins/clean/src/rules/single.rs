//! Judges a line alone, from its cues, its length and its punctuation. Knows no neighbours.

use crate::lines::blocks::Begins;
use crate::lines::{Line, separates};
use crate::options::Rule;
use crate::rules::boilerplate::{LONG, LineRules, Mark, PARAGRAPH, Single};
use crate::rules::cues::{Hits, class};
use crate::rules::grams::Phrases;
use std::sync::LazyLock;

impl LineRules {
    /// Judges a line alone.
    pub(crate) fn apply_to_line(&self, text: &str, line: &Line, begins: &Begins) -> Single {
        let content = line.text(text);
        let prose = line.words() >= PARAGRAPH && (line.sentence() || line.cut()) || line.words() >= LONG;
        let mut state = Single { hits: Hits::default(), mark: None, prose };
        if line.blank() {
            return state;
        }
        // Notices are short. Only the end of a longer line is searched, for the credit of a caption.
        let inside = match line.words() {
            0..=30 => 400,
            31..=60 => 120,
            _ => 0,
        };
        state.hits = self.cues.look_at_begins(text, line.start..line.end, inside, begins);
        state.mark = self.cue_rule(content, line, state.hits).filter(|m| self.rules.on(m.rule));
        if state.mark.is_some() {
            state.prose = false;
        }
        state
    }

    /// Returns the mark of a line that its own cues remove.
    fn cue_rule(&self, content: &str, line: &Line, hits: Hits) -> Option<Mark> {
        let words = line.words();
        // `Line::digits` counts ASCII digits only.
        let may_date = line.digits() > 0 || line.is_non_ascii() && content.contains(is_numeric);
        if may_date && !content.starts_with('|') && self.dates.is_timestamp(content) {
            return Some(Mark::by(Rule::Timestamp));
        }
        if !line.has_letters() {
            // Rules, arrows and counters. A number may be a row of a table and is kept at this stage, and so
            // is what Markdown writes around code and in tables.
            return (line.digits() == 0 && !is_markdown(content)).then(|| Mark::by(Rule::SiteNotice));
        }
        // Speech, or the end of a paragraph that is wrapped over several lines.
        let is_said = line.sentence() && (line.quote() || line.small());
        if hits.whole != 0 && !is_said {
            for (bit, rule) in WHOLE {
                if hits.whole & bit != 0 {
                    return Some(Mark::by(*rule));
                }
            }
        }
        if hits.start == 0 && hits.within == 0 && hits.end == 0 {
            let parts = if words <= 24 && content.len() <= 300 { self.cues.bar_parts(content) } else { 0 };
            return (parts >= 2).then(|| Mark::with(Rule::ShareBar, parts, 2));
        }
        let paragraph = words >= PARAGRAPH && line.full_stop() && line.breaks() > 0;
        // Cookie notices are sentences. A cue at the start suffices in up to 40 words, or with another cue
        // inside. A cue inside alone needs words that address the reader.
        if hits.start & class::COOKIE != 0 && (words <= 40 || hits.within & class::COOKIE != 0)
            || hits.within & class::COOKIE != 0 && words <= 40 && !line.small() && addresses_reader(content)
        {
            return Some(Mark::by(Rule::CookieNotice));
        }
        if hits.within & class::NOTICE != 0
            && words <= 40
            && !line.small()
            && (words < PARAGRAPH || addresses_reader(content))
        {
            return Some(Mark::by(Rule::SiteNotice));
        }
        let sign = content.contains(['©', '®']) || content.contains("(c)") || content.contains("(C)");
        let claim = sign || !line.full_stop() || content.bytes().any(|b| b.is_ascii_digit());
        if hits.start & class::COPYRIGHT != 0 && words <= 60 && claim
            || hits.within & class::COPYRIGHT != 0 && words <= 40 && (sign || !line.full_stop() || words < 20)
        {
            // `© Agency / …` credits a picture as often as a page.
            let rule = if content.starts_with('©')
                && !content.bytes().any(|b| b.is_ascii_digit())
                && hits.within & class::COPYRIGHT == 0
            {
                Rule::PhotoCredit
            } else {
                Rule::Copyright
            };
            return Some(Mark::by(rule));
        }
        if hits.start & class::AD != 0 && words <= 8 && !(line.full_stop() && words > LABEL) {
            return Some(Mark::by(Rule::Advertisement));
        }
        if hits.start & class::UPDATE != 0 && words <= 30 && !paragraph {
            return Some(Mark::by(Rule::UpdateMarker));
        }
        if hits.start & class::TAGS != 0 && !line.sentence() && words <= 60 {
            return Some(Mark::by(Rule::TagBar));
        }
        if hits.start & class::LOGIN != 0 && words <= 20 {
            return Some(Mark::by(Rule::LoginForm));
        }
        if hits.start & class::COMMENTS != 0 && words <= 30 {
            return Some(Mark::by(Rule::CommentSection));
        }
        if hits.end & class::COMMENTS != 0 && words <= 4
            || hits.within & class::COMMENTS != 0 && words <= 24 && !line.full_stop()
        {
            return Some(Mark::by(Rule::CommentSection));
        }
        if hits.start & class::SUBSCRIBE != 0 && words <= 30 && !(paragraph && words > 22) {
            return Some(Mark::by(Rule::SubscribeForm));
        }
        if hits.within & class::SUBSCRIBE != 0 && words <= 45 {
            return Some(Mark::by(Rule::SubscribeForm));
        }
        if hits.start & class::SHARE != 0 && words <= 10 && !(line.full_stop() && words > LABEL) {
            return Some(Mark::by(Rule::ShareBar));
        }
        let labelled =
            content.char_indices().take(26).any(|(_, c)| matches!(c, ':' | '：' | '©' | '/' | '=' | '('));
        if hits.start & class::CREDIT != 0 && words <= 24 && !paragraph && (!line.full_stop() || labelled) {
            return Some(Mark::by(Rule::PhotoCredit));
        }
        if hits.within & class::CREDIT != 0
            && words <= 60
            && credit_at_the_end(content, line, hits.credit_end as usize)
        {
            return Some(Mark::by(Rule::PhotoCredit));
        }
        if hits.start & class::INLINE != 0 && words <= 30 && line.breaks() <= 1 {
            return Some(Mark::by(Rule::InlineTeaser));
        }
        if hits.start & class::AUTHOR != 0 && words <= 12 && !line.full_stop() {
            return Some(Mark::by(Rule::AuthorBox));
        }
        if hits.start & class::RELATED != 0 && words <= 7 && !line.sentence() {
            return Some(Mark::by(Rule::RelatedTeaser));
        }
        if (hits.start | hits.end) & class::NAV != 0 && words <= 10 && !line.full_stop() {
            return Some(Mark::by(Rule::Navigation));
        }
        let parts = if words <= 24 && content.len() <= 300 { self.cues.bar_parts(content) } else { 0 };
        (parts >= 2).then(|| Mark::with(Rule::ShareBar, parts, 2))
    }
}

/// Most words of a label that ends with a full stop. Longer lines are sentences (`Advertisement was made of
/// it in the paper.`).
const LABEL: usize = 5;

/// Whether a line of symbols is what Markdown writes around code or below the head of a table.
fn is_markdown(content: &str) -> bool {
    let is_rule = || content.contains('-') && content.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    content.starts_with("```") || content.starts_with("~~~") || content.contains('|') && is_rule()
}

/// Like [`char::is_numeric`], without a table lookup for most letters beyond ASCII.
fn is_numeric(c: char) -> bool {
    match c {
        '\u{c0}'..'\u{660}' => false,
        _ => c.is_numeric(),
    }
}

/// The rule for a line that as a whole is a phrase of a class; the first match wins.
const WHOLE: &[(u32, Rule)] = &[
    (class::COMMENTS, Rule::CommentSection),
    (class::RELATED, Rule::RelatedTeaser),
    (class::INLINE, Rule::InlineTeaser),
    (class::COOKIE, Rule::CookieNotice),
    (class::LOGIN, Rule::LoginForm),
    (class::SUBSCRIBE, Rule::SubscribeForm),
    (class::TAGS, Rule::TagBar),
    (class::AD, Rule::Advertisement),
    (class::UPDATE, Rule::UpdateMarker),
    (class::SHARE, Rule::ShareBar),
    (class::COPYRIGHT, Rule::Copyright),
    (class::AUTHOR, Rule::AuthorBox),
    (class::NOTICE, Rule::SiteNotice),
    (class::NAV, Rule::Navigation),
];

/// Whether a caption ends with its credit: the cue, which ends at byte `cue_end`, is close to the end of the
/// line, and the line does not end as a sentence of the text.
fn credit_at_the_end(content: &str, line: &Line, cue_end: usize) -> bool {
    /// Most bytes after the cue, for the name of a person or an agency.
    const NAME: usize = 70;
    let sentence = line.full_stop() && line.words() >= PARAGRAPH && !content.ends_with([')', ']', '）']);
    content.len() - cue_end.min(content.len()) <= NAME && !sentence
}

/// Words, and beginnings of words, that address the reader of a site, in the languages of the tables.
const READER: &[&str] = &[
    "we ",
    "our",
    "your",
    "you ",
    "this site",
    "this website",
    "website",
    "this page",
    "wir ",
    "unser",
    "ihr",
    "diese ",
    "sie ",
    "nous",
    "vous",
    "vos ",
    "votre",
    "ce site",
    "sitio",
    "esta web",
    "nuestr",
    "usted",
    "tu ",
    "su ",
    "este ",
    "sito",
    "noi ",
    "você",
    "nós",
    "seu",
    "nosso",
    "wij ",
    "deze ",
    "uw ",
    "je ",
    "vi ",
    "мы ",
    "наш",
    "сайт",
    "вы ",
    "موقع",
    "نستخدم",
    "サイト",
    "当",
    "本网站",
    "我们",
    "本站",
    "사이트",
    "nasz",
    "serwis",
    "strony",
    "stronie",
    "witryn",
    "náš",
    "naše",
    "stránk",
    "oldal",
    "honlap",
    "az ön",
    "site-ul",
    "nostru",
    "noastr",
    "dumneavoastr",
    "вашия",
    "ваш",
    "ιστοσελίδ",
    "ιστότοπ",
    "μας",
    "σας",
    "sitemiz",
    "sizlere",
    "sivusto",
    "vefur",
    "síða",
    "svetain",
    "vietn",
    "mājaslap",
    "veebileh",
    "stranic",
    "sajt",
    "сајт",
    "aquest ",
    "אנו",
    "אתר",
    "سایت",
    "हम ",
    "आप",
    "वेबसाइट",
    "আমরা",
    "ওয়েবসাইট",
    "ہم ",
    "ویب سائٹ",
    "เรา",
    "เว็บไซต์",
    "chúng tôi",
    "kami ",
    "anda",
    "situs",
    "laman",
    "մենք",
    "կայք",
    "ჩვენ",
    "საიტ",
    "tovuti",
    "நாங்கள்",
    "தளம்",
    "당사",
    "hierdie ",
    "ons ",
    "kjo faqe",
    "ne përdorim",
    "ние ",
    "веб-страница",
    "bu sayt",
    "saytımız",
    "biz ",
    "біз ",
    "бид ",
    "webgune",
    "gwefan",
    "suíomh",
    "dës ",
    "is-sit",
    "आम्ही",
    "हामी",
    "અમે",
    "વેબસાઇટ",
    "ਅਸੀਂ",
    "ਵੈੱਬਸਾਈਟ",
    "మేము",
    "వెబ్",
    "ഞങ്ങൾ",
    "വെബ്",
    "ನಾವು",
    "ವೆಬ್",
    "අපි",
    "වෙබ්",
    "ພວກເຮົາ",
    "ເວັບ",
    "យើង",
    "គេហទំព័រ",
    "ကျွန်ုပ်တို့",
    "ဝက်ဘ်",
    "እኛ",
    "ድረ",
    "malper",
    "ئێمە",
    "ماڵپەڕ",
    "موږ",
    "وېبپاڼ",
    "la web ",
    "el web ",
    "pàgina web",
    "verkkosivu",
    "weboldal",
    "webhely",
    "webstran",
    "webside",
    "webbplats",
    "hemsida",
    "webseite",
    "internetseite",
    "hjemmeside",
    "nettside",
    "tento web",
    "web používá",
    "web využívá",
];

/// Whether a line addresses the reader of this site, as a notice does and most texts about cookies do not.
fn addresses_reader(content: &str) -> bool {
    static WORDS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(READER));
    let lower = content.to_lowercase();
    let bytes = lower.as_bytes();
    // `our` must not match inside `four hours`. Scripts without small letters write prefixes to their words,
    // which may match.
    let mut before = None;
    lower.char_indices().any(|(at, c)| {
        let is_inside = before.replace(c).is_some_and(separates) && c.is_lowercase();
        let mut is_any = false;
        if !is_inside && WORDS.may_begin(bytes, at) {
            WORDS.each_at(bytes, at, bytes.len(), |_, _| is_any = true);
        }
        is_any
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_those_of_the_standard_library() {
        assert!(('\0'..=char::MAX).all(|c| super::is_numeric(c) == c.is_numeric()));
    }
}
