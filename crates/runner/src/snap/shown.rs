//! Shows a change on a terminal: the differences, section by section, in colours. The writer strips the
//! colours if they are not wanted.

use super::change::{Change, State};
use super::content::is_end;
use crate::rehearsal::{Line, Sign, cut, differing};
use crate::table::count;
use std::fmt::Write as _;

/// A section that is gone is shown in full if it has at most this many lines.
const FEW: usize = 3;
/// Number of context lines around a change.
const AROUND: usize = 2;

const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const STRUCK: &str = "\u{1b}[9m";
const UNSTRUCK: &str = "\u{1b}[29m";
const OFF: &str = "\u{1b}[0m";

/// A highlighted line.
pub fn heading(text: &str) -> String {
    format!("{BOLD}{text}{OFF}")
}

/// The differences, in at most `most` lines.
pub fn shown(change: &Change, most: usize) -> String {
    let old = change.old.as_deref().unwrap_or_default();
    if change.state() == State::Gone {
        let lines = count(old.lines().count(), "line");
        let now = change.new.lines().next().unwrap_or_default();
        let was = old.lines().next().unwrap_or_default();
        return format!("{RED}- {was}{OFF} ({lines})\n{GREEN}+ {now}{OFF}\n");
    }
    let mut out = String::new();
    let (before, after) = (sections(old), sections(&change.new));
    let mut left = most;
    let mut hidden = 0;
    for name in ["", "text", "columns", "events"] {
        let of = |sections: &[(String, String)]| {
            sections
                .iter()
                .find(|(section, _)| section == name)
                .map(|(_, text)| text.clone())
                .unwrap_or_default()
        };
        let (old, new) = (of(&before), of(&after));
        if old == new {
            continue;
        }
        if !name.is_empty() {
            let _ = writeln!(out, "{DIM}--- {name}{OFF}");
        }
        let (was_end, is_end) = (is_end(change.old.as_deref().unwrap_or_default()), is_end(&change.new));
        if new.is_empty() && was_end != is_end {
            // A document that ends here has different sections from one that is passed on.
            let now = match name {
                "text" if was_end => "it is passed on unchanged",
                _ if was_end => "nothing to show",
                _ => "no longer shown: the document is dropped here",
            };
            let _ = writeln!(out, "{GREEN}+ {now}{OFF}");
            continue;
        }
        if new.is_empty() && old.lines().count() > FEW {
            let lines = old.lines().count();
            let _ = writeln!(out, "{RED}- {lines} lines are gone{OFF}");
            continue;
        }
        // Only the beginning of a document that ends here is shown, so a comparison with the full text would
        // be useless.
        if name == "text" && was_end != is_end {
            for line in new.lines() {
                if left == 0 {
                    hidden += 1;
                    continue;
                }
                left -= 1;
                out.push_str(&format!("{line}\n"));
            }
            continue;
        }
        for line in differing(&old, &new, AROUND) {
            if left == 0 {
                hidden += 1;
                continue;
            }
            left -= 1;
            let _ = writeln!(out, "{}", coloured(&line));
        }
    }
    if hidden > 0 {
        let _ = writeln!(out, "  … and {}", count(hidden, "more line"));
    }
    out
}

/// The sections of a content by name; the part before the first section has an empty name.
fn sections(content: &str) -> Vec<(String, String)> {
    let mut sections = vec![(String::new(), String::new())];
    for line in content.lines() {
        match line.strip_prefix("--- ") {
            Some(name) => sections.push((name.to_owned(), String::new())),
            None => {
                if let Some((_, text)) = sections.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    sections
}

fn coloured(line: &Line) -> String {
    let text = cut(&line.text, line.at);
    let text = match text.strip_prefix("~ ") {
        Some(removed) => {
            let end = removed.rfind("    [").unwrap_or(removed.len());
            format!("~ {STRUCK}{}{UNSTRUCK}{}", &removed[..end], &removed[end..])
        }
        None => text,
    };
    match line.sign {
        Sign::Removed => format!("{RED}- {text}{OFF}"),
        Sign::Added => format!("{GREEN}+ {text}{OFF}"),
        Sign::Same | Sign::Gap => format!("  {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::folder::Key;
    use super::*;

    #[test]
    fn a_document_that_is_kept_now_has_lost_no_text() {
        let dropped = "dropped by `too-short`\n--- text\n  one\n  two\n  … and 2 more lines";
        let kept = "kept\n--- columns\nwords: 3";
        let edited = "kept\n--- text\n~ one    [menu]\n  two";
        let said = |old: &str, new: &str| {
            let [old, new] = [old, new].map(str::to_owned);
            let (key, what) = (Key::Document(0, 1), "page.txt".to_owned());
            let change = Change { key, what, stage: Some("some-stage".into()), old: Some(old), new };
            anstream::adapter::strip_str(&shown(&change, 10)).to_string()
        };
        assert_eq!(
            said(dropped, kept),
            "- dropped by `too-short`\n+ kept\n--- text\n+ it is passed on unchanged\n--- columns\n+ words: 3\n"
        );
        assert_eq!(
            said(kept, dropped),
            "- kept\n+ dropped by `too-short`\n--- text\n  one\n  two\n  … and 2 more lines\n\
             --- columns\n+ no longer shown: the document is dropped here\n"
        );
        assert_eq!(
            said(dropped, edited),
            "- dropped by `too-short`\n+ kept\n--- text\n~ one    [menu]\n  two\n"
        );
    }

    #[test]
    fn an_event_that_is_gone_is_named() {
        let events = |count: usize| {
            let events = (0..count).map(|number| format!("\nannotate `rule-{number}`: value 2"));
            format!("kept\n--- columns\nwords: 3\n--- events{}", events.collect::<String>())
        };
        let said = |old: String| {
            let (key, what) = (Key::Document(0, 1), "page.txt".to_owned());
            let new = "kept\n--- columns\nwords: 3".to_owned();
            let change = Change { key, what, stage: Some("some-stage".into()), old: Some(old), new };
            anstream::adapter::strip_str(&shown(&change, 10)).to_string()
        };
        assert_eq!(said(events(1)), "--- events\n- annotate `rule-0`: value 2\n");
        assert_eq!(said(events(4)), "--- events\n- 4 lines are gone\n");
    }

    #[test]
    fn sections_that_are_the_same_are_not_shown() {
        let change = Change {
            key: Key::Document(0, 1),
            what: "page.txt".into(),
            stage: Some("some-stage".into()),
            old: Some("kept\n--- text\n  one\n  two\n  three\n  four\n  five\n--- columns\nwords: 3".into()),
            new: "kept\n--- text\n~ one    [menu]\n  two\n  three\n  four\n  five\n--- columns\nwords: 3\n--- events\nannotate `x`"
                .into(),
        };
        let plain = anstream::adapter::strip_str(&shown(&change, 10)).to_string();
        insta::assert_snapshot!(plain);
        assert!(shown(&change, 10).contains("\u{1b}[32m+ ~ \u{1b}[9mone\u{1b}[29m    [menu]"));
        assert!(shown(&change, 1).contains("… and 4 more lines"));
        let gone = Change { new: "kept, untouched".into(), ..change };
        let plain = anstream::adapter::strip_str(&shown(&gone, 10)).to_string();
        assert_eq!(plain, "- kept (9 lines)\n+ kept, untouched\n");
    }
}
