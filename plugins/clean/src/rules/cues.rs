//! The phrases that indicate boilerplate, in many languages, and how they are looked up. The tables say what
//! a phrase hints at; the rules decide whether to remove a line.
//!
//! A table is a text file: `[class mode]` opens a section, each line below is a phrase, `# ` starts a comment
//! line. Modes: with `=`, the phrase is the whole line; with `^`, the line starts with it; with `$`, the line
//! ends with it; with `~`, the line contains it; with `+`, it is a part of a bar (several such parts glued
//! together make one). Digits and punctuation around a `=` phrase are ignored, and so is case.

mod tables;

use std::ops::Range;

use textmill_plugin::error::Error;

use crate::lines::blocks::Begins;
use crate::lines::separates;
use crate::quick::QuickMap;
use crate::rules::grams::Phrases;
use tables::{DOTTED, TABLES};

/// What a phrase hints at; one bit each.
pub mod class {
    macro_rules! classes { ($($name:ident $bit:literal $word:literal;)+) => {
        $(#[doc = concat!("Section `", $word, "` of the tables.")] pub const $name: u32 = 1 << $bit;)+
        /// The bit of a section's name.
        pub fn parse(word: &str) -> Option<u32> { match word { $($word => Some($name),)+ _ => None } }
    } }
    classes! {
        SHARE 0 "share"; SUBSCRIBE 1 "subscribe"; LOGIN 2 "login"; COOKIE 3 "cookie"; NAV 4 "nav";
        NOTICE 5 "notice"; AD 6 "ad"; RELATED 7 "related"; INLINE 8 "inline"; TAGS 9 "tags";
        CREDIT 10 "credit"; COPYRIGHT 11 "copyright"; AUTHOR 12 "author"; COMMENTS 13 "comments";
        UPDATE 14 "update"; BY 15 "by"; BYEND 16 "byend";
    }
}

/// The hints of one line, as sets of [`class`] bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hits {
    /// A phrase is the whole line.
    pub whole: u32,
    /// The line starts with a phrase.
    pub start: u32,
    /// The line ends with a phrase.
    pub end: u32,
    /// The line contains a phrase.
    pub within: u32,
    /// Byte at which the last credit in the line ends.
    pub credit_end: u32,
}

impl Hits {
    /// Every class hinted at in any way.
    pub fn any(&self) -> u32 {
        self.whole | self.start | self.end | self.within
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Whole,
    Start,
    End,
    Within,
}

#[derive(Clone, Copy)]
struct Phrase {
    class: u32,
    mode: Mode,
    /// Whether the phrase begins (left) or ends (right) with a character of a word, in a script that
    /// separates words.
    bound_left: bool,
    bound_right: bool,
}

/// The compiled tables.
pub struct Cues {
    /// Phrases at the start of a line.
    starts: Phrases,
    start_phrases: Vec<Phrase>,
    /// Phrases anywhere in a line.
    anywhere: Phrases,
    anywhere_phrases: Vec<Phrase>,
    /// Parts of share bars.
    parts: Phrases,
}

impl Cues {
    /// Compiles the built-in tables.
    ///
    /// # Errors
    /// If a table is malformed; the tests rule that out for the built-in ones.
    pub fn builtin() -> Result<Self, Error> {
        let (mut starts, mut start_phrases) = (Vec::new(), Vec::new());
        let (mut anywhere, mut anywhere_phrases) = (Vec::new(), Vec::new());
        let mut parts = Vec::new();
        // A phrase that several languages share is compiled once, except for Turkish and Azerbaijani, whose
        // capitals differ.
        let mut known = QuickMap::default();
        for table in TABLES {
            let is_dotted = DOTTED.contains(table);
            let mut section: Option<(u32, &str)> = None;
            for line in table.lines().map(str::trim_end) {
                if line.is_empty() || line.starts_with("# ") {
                    continue;
                }
                if let Some((name, mode)) =
                    line.strip_prefix('[').and_then(|l| l.strip_suffix(']')).and_then(|l| l.rsplit_once(' '))
                    && let Some(bit) = class::parse(name)
                {
                    section = Some((bit, mode));
                    continue;
                }
                let Some((class, mode)) = section else {
                    return Err(format!("cue `{line}` stands before the first section").into());
                };
                let phrase = if mode == "=" {
                    line.trim_matches(|c: char| !c.is_alphanumeric() && !is_mark(c))
                } else {
                    line.trim()
                };
                if phrase.is_empty() || known.insert((class, mode, phrase, is_dotted), ()).is_some() {
                    continue;
                }
                let entry = Phrase {
                    class,
                    mode: match mode {
                        "=" => Mode::Whole,
                        "^" => Mode::Start,
                        "$" => Mode::End,
                        _ => Mode::Within,
                    },
                    bound_left: phrase.chars().next().is_some_and(goes_on),
                    bound_right: phrase.chars().next_back().is_some_and(goes_on),
                };
                for form in spellings(phrase).iter().flat_map(|spelling| forms(spelling, is_dotted)) {
                    match mode {
                        "=" | "^" => {
                            starts.push(form);
                            start_phrases.push(entry);
                        }
                        "$" | "~" => {
                            anywhere.push(form);
                            anywhere_phrases.push(entry);
                        }
                        "+" => parts.push(form),
                        _ => return Err(format!("mode `{mode}` of cue `{line}` is not known").into()),
                    }
                }
            }
        }
        Ok(Self {
            starts: Phrases::new(&starts),
            start_phrases,
            anywhere: Phrases::new(&anywhere),
            anywhere_phrases,
            parts: Phrases::new(&parts),
        })
    }

    /// Like [`Self::look_at_begins`], for a line alone.
    #[cfg(test)]
    pub fn look(&self, line: &str, inside: usize) -> Hits {
        self.look_at_begins(line, 0..line.len(), inside, &Begins::of(line))
    }

    /// Returns the hints of the line at `span` of a text in which phrases may begin at `begins`. The line has
    /// no white space at its ends. Phrases that may be anywhere are looked for in its last `inside` bytes.
    pub fn look_at_begins(&self, text: &str, span: Range<usize>, inside: usize, begins: &Begins) -> Hits {
        let mut hits = Hits::default();
        let line = &text[span.clone()];
        let Some(first_alnum) = line.find(char::is_alphanumeric) else { return hits };
        let first_letter = match line.as_bytes()[first_alnum].is_ascii_alphabetic() {
            true => first_alnum,
            false => line.find(char::is_alphabetic).unwrap_or(first_alnum),
        };
        for (nth, at) in [first_letter, first_alnum, 0].into_iter().enumerate() {
            if nth > 0 && at == first_letter || nth > 1 && at == first_alnum {
                continue;
            }
            // Digits may precede a whole-line phrase, but not a start phrase.
            self.look_at(line, at, at != first_letter || first_letter == first_alnum, &mut hits);
        }
        if inside > 0 {
            let from = span.start + line.ceil_char_boundary(line.len().saturating_sub(inside));
            let bytes = text.as_bytes();
            begins.each_that(
                from..span.end,
                |place| self.anywhere.may_begin(bytes, place),
                |place| self.look_inside(line, place - span.start, &mut hits),
            );
        }
        hits
    }

    /// Records the phrases that begin at byte `at`; those for the start of a line only if `is_start`.
    fn look_at(&self, line: &str, at: usize, is_start: bool, hits: &mut Hits) {
        self.starts.each_at(line.as_bytes(), at, line.len(), |number, length| {
            let Some(phrase) = self.start_phrases.get(number) else { return };
            let end = at + length;
            if phrase.bound_right && !boundary_after(line, end) {
                return;
            }
            match phrase.mode {
                Mode::Whole if end >= last_letter(line) => hits.whole |= phrase.class,
                Mode::Start if is_start => hits.start |= phrase.class,
                _ => {}
            }
        });
    }

    /// Records the phrases for any place that begin at byte `at`.
    #[inline(never)]
    fn look_inside(&self, line: &str, at: usize, hits: &mut Hits) {
        self.anywhere.each_at(line.as_bytes(), at, line.len(), |number, length| {
            let Some(phrase) = self.anywhere_phrases.get(number) else { return };
            let end = at + length;
            if phrase.bound_right && !boundary_after(line, end)
                || phrase.bound_left && !boundary_before(line, at)
            {
                return;
            }
            match phrase.mode {
                Mode::End if end >= last_letter(line) => hits.end |= phrase.class,
                Mode::Within => {
                    hits.within |= phrase.class;
                    if phrase.class == class::CREDIT {
                        hits.credit_end = hits.credit_end.max(u32::try_from(end).unwrap_or(u32::MAX));
                    }
                }
                _ => {}
            }
        });
    }

    /// Returns the number of share-bar parts in `line` if it consists of nothing else (up to a tenth of its
    /// letters), and 0 otherwise. Parts are matched from the left; the longest match wins.
    pub fn bar_parts(&self, line: &str) -> usize {
        // Most lines do not begin with a part, and a few bytes suffice to see that.
        let Some(first) = line.find(char::is_alphabetic) else { return 0 };
        if self.longest_part(line, first) == 0 {
            return 0;
        }
        let letters_in = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
        let letters = letters_in(line);
        let (mut at, mut parts, mut others) = (0, 0, 0);
        while let Some(c) = line[at..].chars().next() {
            let length = self.longest_part(line, at);
            let end = at + length.max(c.len_utf8());
            // Parts of up to two bytes, such as `on` or `x`, count only at the end of a word or before a
            // capital.
            if length > 2 || length > 0 && (boundary_after(line, end) || glued(line, end)) {
                // Short words (`on`, `no`) occur in bars but are not counted as parts.
                parts += usize::from(length > 2 || line[at..end].eq_ignore_ascii_case("x"));
            } else {
                others += letters_in(&line[at..end]);
                // More than a tenth rules out a bar, whatever follows.
                if others * 10 > letters {
                    return 0;
                }
            }
            at = end;
        }
        parts
    }

    /// Returns the length of the longest part of a bar at `at`; 0 if there is none.
    fn longest_part(&self, line: &str, at: usize) -> usize {
        let mut longest = 0;
        self.parts.each_at(line.as_bytes(), at, line.len(), |_, length| longest = longest.max(length));
        longest
    }
}

/// The end of the last letter.
fn last_letter(line: &str) -> usize {
    line.trim_end_matches(|c: char| !c.is_alphabetic()).len()
}

/// Whether a capital follows directly, as in `FacebookShare`.
fn glued(line: &str, at: usize) -> bool {
    line[at..].chars().next().is_some_and(char::is_uppercase)
}

fn boundary_after(line: &str, at: usize) -> bool {
    line[at..].chars().next().is_none_or(|c| !goes_on(c))
}

fn boundary_before(line: &str, at: usize) -> bool {
    line[..at].chars().next_back().is_none_or(|c| !goes_on(c))
}

/// Whether `c` continues a word, in scripts that separate words.
fn goes_on(c: char) -> bool {
    separates(c) || is_mark(c)
}

/// Whether `c` is a sign of an Indic script that removes a letter's vowel (virama) or changes the letter
/// (nukta). Such signs are not letters, but a word does not end before them.
fn is_mark(c: char) -> bool {
    match u32::from(c) {
        0x0dca => true,
        // These blocks have the same layout.
        code @ 0x0900..=0x0d7f => matches!(code % 0x80, 0x3c | 0x4d),
        _ => false,
    }
}

/// Returns the spellings of a phrase in texts: some texts write certain letters of Lao and Malayalam as two,
/// or leave out joiners.
fn spellings(phrase: &str) -> Vec<String> {
    const LAO: [(&str, &str); 3] = [("ຳ", "ໍາ"), ("ໜ", "ຫນ"), ("ໝ", "ຫມ")];
    const MALAYALAM: [(&str, &str); 5] =
        [("ൺ", "ണ്\u{200d}"), ("ൻ", "ന്\u{200d}"), ("ർ", "ര്\u{200d}"), ("ൽ", "ല്\u{200d}"), ("ൾ", "ള്\u{200d}")];
    const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];
    let mut spellings = vec![phrase.to_owned()];
    for (letter, two) in LAO {
        for at in 0..spellings.len() {
            if spellings[at].contains(letter) {
                spellings.push(spellings[at].replace(letter, two));
            }
        }
    }
    let older = MALAYALAM.iter().fold(phrase.to_owned(), |phrase, (letter, two)| phrase.replace(letter, two));
    if older != phrase {
        // Texts have no joiners left at the ends of words.
        spellings.push(older.replace("\u{200d} ", " ").trim_end_matches(JOINERS).to_owned());
    }
    if older.contains(JOINERS) {
        spellings.push(older.replace(JOINERS, ""));
    }
    spellings
}

/// Returns the forms in which a phrase is looked for. The search ignores ASCII case; for other letters the
/// capitals are spelt out: at the beginning of the phrase, of every word, or everywhere. Greek words in
/// capitals have no accents.
fn forms(phrase: &str, is_dotted: bool) -> Vec<String> {
    let lower = phrase.to_lowercase();
    if lower.is_ascii() && !is_dotted {
        return vec![lower];
    }
    let capitalised = |is_first: fn(char) -> bool| {
        let mut out = String::with_capacity(lower.len());
        let mut before = '\n';
        for c in lower.chars() {
            match c {
                _ if !is_first(std::mem::replace(&mut before, c)) => out.push(c),
                'i' if is_dotted => out.push('İ'),
                'ı' if is_dotted => out.push('I'),
                _ => out.extend(c.to_uppercase()),
            }
        }
        out
    };
    let all = capitalised(|_| true);
    if all == lower {
        return vec![lower];
    }
    let bare = all.chars().map(without_accent).collect();
    let mut forms = vec![all];
    for form in [bare, capitalised(|before| before == '\n'), capitalised(char::is_whitespace), lower] {
        if !forms.iter().any(|other| other.eq_ignore_ascii_case(&form)) {
            forms.push(form);
        }
    }
    forms
}

/// A Greek capital without its accent, as in words written in capitals.
fn without_accent(c: char) -> char {
    match c {
        'Ά' => 'Α',
        'Έ' => 'Ε',
        'Ή' => 'Η',
        'Ί' => 'Ι',
        'Ό' => 'Ο',
        'Ύ' => 'Υ',
        'Ώ' => 'Ω',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::class::*;
    use super::*;

    #[test]
    fn whole_line_phrases_ignore_case_digits_and_punctuation() {
        let cues = Cues::builtin().unwrap();
        assert_eq!(cues.look("READ MORE", 999).whole & INLINE, INLINE);
        assert_eq!(cues.look("• Newsletter »", 999).whole & SUBSCRIBE, SUBSCRIBE);
        assert_eq!(cues.look("Comments (12)", 999).whole & COMMENTS, COMMENTS);
        assert_eq!(cues.look("12 Comments", 999).whole & COMMENTS, COMMENTS);
        assert_eq!(cues.look("ЧИТАЙТЕ ТАКЖЕ", 999).whole & RELATED, RELATED);
        assert_eq!(cues.look("Comments were mixed", 999).whole, 0);
    }

    #[test]
    fn capitals_are_those_of_the_language() {
        let cues = Cues::builtin().unwrap();
        for line in
            ["En Çok Okunanlar", "EN ÇOK OKUNANLAR", "En çok okunanlar", "İLGİLİ HABERLER", "İlgili Haberler"]
        {
            assert_eq!(cues.look(line, 999).whole & RELATED, RELATED, "{line}");
        }
        // Other tables have this phrase, too.
        for line in ["GALERİ", "galeri"] {
            assert_ne!(cues.look(line, 999).whole, 0, "{line}");
        }
        for line in ["ŞİFRƏNİ UNUTMUSUNUZ?", "Şifrəni unutmusunuz?"] {
            assert_eq!(cues.look(line, 999).whole & LOGIN, LOGIN, "{line}");
        }
        for line in ["Όροι Χρήσης", "ΟΡΟΙ ΧΡΗΣΗΣ", "όροι χρήσης"] {
            assert_eq!(cues.look(line, 999).whole & NAV, NAV, "{line}");
        }
    }

    #[test]
    fn start_phrases_end_at_a_word() {
        let cues = Cues::builtin().unwrap();
        assert_eq!(cues.look("READ MORE: A bridge opens", 999).start & INLINE, INLINE);
        assert_eq!(cues.look("Also Read: A bridge opens", 999).start & INLINE, INLINE);
        assert_eq!(cues.look("Tags: bridgeriver", 999).start & TAGS, TAGS);
        assert_eq!(cues.look("Tagsatzung", 999).start, 0);
        assert_eq!(cues.look("関連記事：橋が開通", 999).start & INLINE, INLINE);
    }

    #[test]
    fn signs_of_vowels_belong_to_the_word() {
        let cues = Cues::builtin().unwrap();
        assert_eq!(cues.look("टैग", 999).whole & TAGS, TAGS);
        assert_eq!(cues.look("टैग्", 999).whole, 0);
        assert_eq!(cues.look("लिङ्क कपी गर्नुहोस्", 999).whole & SHARE, SHARE);
    }

    #[test]
    fn letters_that_are_written_in_two_ways() {
        let cues = Cues::builtin().unwrap();
        // The last form is that of texts whose joiners at the ends of words are removed.
        for line in ["വാർത്തകൾ", "വാര്\u{200d}ത്തകള്", "വാര്ത്തകള്"]
        {
            assert_eq!(cues.look(line, 999).whole & NAV, NAV, "{line}");
        }
        for line in ["ໜ້າທຳອິດ", "ຫນ້າທໍາອິດ", "ໜ້າທໍາອິດ"]
        {
            assert_eq!(cues.look(line, 999).whole & NAV, NAV, "{line}");
        }
        for line in ["మరిన్ని వార్తలు", "ఫేస్\u{200c}బుక్", "ఫేస్బుక్"]
        {
            assert_ne!(cues.look(line, 999).whole, 0, "{line}");
        }
    }

    #[test]
    fn a_phrase_inside_another_does_not_count() {
        let cues = Cues::builtin().unwrap();
        assert_eq!(cues.look("Facebook", 999).whole, SHARE);
        assert_eq!(cues.look("Oak", 999), Hits::default());
    }

    #[test]
    fn glued_bars_are_counted() {
        let cues = Cues::builtin().unwrap();
        assert_eq!(cues.bar_parts("Share on FacebookShare on X"), 4);
        assert_eq!(cues.bar_parts("ShareTweetSend"), 3);
        assert_eq!(cues.bar_parts("Youtube Twitter Facebook"), 3);
        assert_eq!(cues.bar_parts("The share of the market"), 0);
    }
}
