//! Line rules of C4 and RefinedWeb: which lines are removed, as edits. `documents` measures what that means
//! for the document.

use super::options::{C4, Quality};
use crate::lines::Line;
use textmill_plugin::edit::Edit;

/// Longest word allowed in a line that C4 keeps, in bytes.
const LONGEST_WORD: usize = 1000;
/// Longest line that RefinedWeb searches for buttons, in words.
const BUTTON_WORDS: usize = 10;

/// The edits that remove lines, and the share of words in the lines that RefinedWeb's rules removed.
pub fn removals(text: &str, quality: &Quality) -> (Vec<Edit>, f64) {
    let (mut edits, mut removed, mut all) = (Vec::new(), 0usize, 0usize);
    if quality.c4 == C4::Off && !quality.refinedweb {
        return (edits, 0.0);
    }
    for line in Line::all(text).iter().filter(|line| !line.blank()) {
        let content = line.text(text).trim();
        let words = content.split_whitespace().count();
        all += words;
        let refined = quality.refinedweb.then(|| refinedweb(content, words)).flatten();
        if refined.is_some() {
            removed += words;
        }
        let rule = refined.or_else(|| c4(content, words, quality.c4));
        if let Some(rule) = rule {
            let end = text.len().min(line.end + 1);
            match edits.last_mut() {
                Some(Edit { end: last, rule: before, .. }) if *last == line.start && *before == rule => {
                    *last = end
                }
                _ => edits.push(Edit::remove(line.start..end, rule)),
            }
        }
    }
    (edits, removed as f64 / all.max(1) as f64)
}

/// The C4 rule that removes the line, if any.
fn c4(line: &str, words: usize, reading: C4) -> Option<&'static str> {
    const POLICIES: [&str; 6] =
        ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"];
    if reading == C4::Off {
        return None;
    }
    if line.split_whitespace().any(|word| word.len() > LONGEST_WORD) {
        return Some("c4-long-word");
    }
    let is_ended = line.ends_with(['.', '?', '!', '"', '\'', '”', '’']) && !line.ends_with("...");
    if !is_ended {
        return Some("c4-line-end");
    }
    if words < reading.line_words() {
        return Some("c4-line-words");
    }
    let lower = line.to_ascii_lowercase();
    if lower.contains("javascript") {
        return Some("c4-javascript");
    }
    POLICIES.iter().any(|policy| lower.contains(policy)).then_some("c4-policy")
}

/// The RefinedWeb rule that removes the line, if any.
fn refinedweb(line: &str, words: usize) -> Option<&'static str> {
    let (mut upper, mut letters, mut digits, mut others) = (0usize, 0usize, 0usize, 0usize);
    for c in line.chars() {
        letters += usize::from(c.is_alphabetic());
        upper += usize::from(c.is_uppercase());
        digits += usize::from(c.is_numeric());
        others += usize::from(!c.is_alphanumeric() && !c.is_whitespace());
    }
    if letters > 0 && upper * 2 > letters {
        return Some("refinedweb-uppercase");
    }
    if digits > 0 && letters == 0 && others <= digits {
        return Some("refinedweb-numbers");
    }
    let lower = line.to_lowercase();
    if is_counter(&lower) {
        return Some("refinedweb-counter");
    }
    if words == 1 {
        return Some("refinedweb-one-word");
    }
    let is_button = words <= BUTTON_WORDS
        && (lower.starts_with("sign-in")
            || lower.starts_with("sign in")
            || lower.ends_with("read more...")
            || lower.ends_with("read more…")
            || lower.contains("items in cart"));
    is_button.then_some("refinedweb-button")
}

/// Whether a line is a number and what it counts, such as `3 likes`.
fn is_counter(lower: &str) -> bool {
    const COUNTED: [&str; 12] = [
        "like", "likes", "share", "shares", "comment", "comments", "retweet", "retweets", "repost",
        "reposts", "view", "views",
    ];
    let mut words = lower.split_whitespace();
    let (Some(number), Some(what), None) = (words.next(), words.next(), words.next()) else { return false };
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | 'k' | 'm'));
    is_number && COUNTED.contains(&what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_by_their_rules() {
        for (line, rule) in [
            ("The ferry runs again.", None),
            ("The ferry runs again", Some("c4-line-end")),
            ("It waited and waited...", Some("c4-line-end")),
            ("Gone away.", Some("c4-line-words")),
            ("Please switch on Javascript now.", Some("c4-javascript")),
            ("We use cookies on this page.", Some("c4-policy")),
        ] {
            assert_eq!(c4(line, line.split_whitespace().count(), C4::Code), rule, "{line}");
        }
        assert_eq!(c4("The ferry runs again.", 4, C4::Paper), Some("c4-line-words"));
        for (line, rule) in [
            ("3 likes", Some("refinedweb-counter")),
            ("1,204 comments", Some("refinedweb-counter")),
            ("3 boats", None),
            ("16:47 - 2020", Some("refinedweb-numbers")),
            ("BREAKING NEWS from the quay", Some("refinedweb-uppercase")),
            ("Tides", Some("refinedweb-one-word")),
            ("Sign in to go on", Some("refinedweb-button")),
            ("The signs in the window were taken down", None),
        ] {
            assert_eq!(refinedweb(line, line.split_whitespace().count()), rule, "{line}");
        }
    }
}
