//! How texts with edits are shown.

use super::*;
use proptest::prelude::*;
use textmill_core::edit::{apply, sort_and_check};

fn show(text: &str, edits: Vec<Edit>) -> String {
    let mut edits = edits;
    sort_and_check(text, &mut edits).unwrap();
    struck(text, &edits).join("\n")
}

fn of(text: &str, part: &str) -> Range<usize> {
    let start = text.find(part).unwrap();
    start..start + part.len()
}

#[test]
fn lines_that_go_are_struck_out() {
    let text = "Home | News\nThe ferry leaves.\n\nShare\nSubscribe\nIt is back at noon.\n";
    let edits = vec![
        Edit::remove(of(text, "Home | News\n"), "menu").measured(0.75, 0.5),
        Edit::remove(of(text, "\nShare\nSubscribe"), "footer").note("a cue"),
    ];
    assert_eq!(
        show(text, edits),
        "~ Home | News    [menu: value 0.75, threshold 0.5]\n  The ferry leaves.\n\n\
         ~ Share    [footer: a cue]\n~ Subscribe    [footer]\n  It is back at noon."
    );
}

#[test]
fn edits_inside_a_line_stand_in_it() {
    let text = "at noon!!! or a\u{a0}bit\u{a0}later \nso";
    let space = |part: &str| {
        let start = of(text, part).start + part.len();
        Edit::replace(start..start + 2, " ", "space")
    };
    let edits = vec![
        Edit::replace(of(text, "!!!"), "!", "marks"),
        space("or a"),
        space("bit"),
        Edit::remove(text.len() - 4..text.len() - 3, "end"),
    ];
    assert_eq!(
        show(text, edits),
        "* at noon![-!!-] or a[-\\u{a0}-]{+ +}bit[-\\u{a0}-]{+ +}later[- -]    \
         [marks] [space ×2] [end]\n  so"
    );
    let text = format!("{}\nand so\u{a0}on", "gone ".repeat(30));
    let space = Edit::replace(text.len() - 4..text.len() - 2, " ", "space");
    let line = format!("~ {}gone\\u{{20}}    [menu]", "gone ".repeat(29));
    assert_eq!(
        show(&text, vec![Edit::remove(0..151, "menu"), space]),
        format!("{}\n* and so[-\\u{{a0}}-]{{+ +}}on    [space]", line.replace("\\u{20}", " "))
    );
    // Parts that an edit leaves unchanged are not marked.
    let edit = Edit::replace(1..7, "\n\nb", "space");
    assert_eq!(show("a\n\n   bc", vec![edit]), "  a\n\n* [-   -]bc    [space]");
    let lines = Edit::replace(0..5, "A\nb\nC", "upper");
    assert_eq!(show("a\nb\nc", vec![lines]), "* [-a-]{+A+}    [upper]\n  b\n* [-c-]{+C+}    [upper]");
    let text = "hy-\nphen\nnext";
    assert_eq!(show(text, vec![Edit::remove(2..4, "hyphen")]), "* hy[--\\n-]phen    [hyphen]\n  next");
    assert_eq!(show("ab", vec![Edit::replace(1..1, "-", "in")]), "* a{+-+}b    [in]");
}

#[test]
fn empty_lines_are_counted_right() {
    assert_eq!(
        show("a\n\n\n\nb", vec![Edit::remove(2..4, "blank")]),
        "  a\n~     [blank]\n~     [blank]\n\n  b"
    );
    assert_eq!(show("a\n  \nb", vec![Edit::remove(2..4, "spaces")]), "  a\n* [-  -]    [spaces]\n  b");
    assert_eq!(show("a\nb", vec![Edit::remove(0..3, "all")]), "~ a    [all]\n~ b    [all]");
    assert_eq!(show("a\n", vec![Edit::remove(1..2, "end")]), "  a\n~     [end]");
    assert_eq!(show("a\nb\n", vec![Edit::remove(2..4, "last")]), "  a\n~ b    [last]");
    assert_eq!(show("", vec![]), "");
}

#[test]
fn long_ones_stand_below_one_another() {
    let old = "o".repeat(100);
    let text = format!("one {old}\ntwo\nthree");
    let edit = Edit::replace(4..text.len() - 6, "all\nnew\nwords", "decode").measured(2.0, 1.0);
    assert_eq!(
        show(&text, vec![edit]),
        format!(
            "~ one {old}    [decode: value 2, threshold 1]\n~ two    [decode]\n> one all\n> new\n> words\n  three"
        )
    );
    let many = (0..50).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
    let shown = show(&many, vec![Edit::remove(0..2, "first")]);
    assert!(
        shown.starts_with("~ 0    [first]\n  1\n") && shown.contains("  20\n  … 9 lines …\n  30\n"),
        "{shown}"
    );
    assert_eq!(piece(&"x".repeat(500)).len(), 400 + " […100 characters…] ".len());
}

#[test]
fn a_line_between_removed_lines_stays() {
    let link = "<a href=\"/about\">About this newspaper</a> ".repeat(3);
    let text = format!(
        "<table>{link}</table>\n<p>It is due in May.</p>\n</article>\n<aside><h3>Most read</h3>{link}</aside>\n"
    );
    let edits = vec![
        Edit::remove(0..of(&text, "<p>").end, "model").measured(0.2, 0.5),
        Edit::replace(of(&text, "</p>\n</article>\n<aside><h3>"), "\n", "markup"),
        Edit::remove(of(&text, "Most read").start..text.len(), "teaser"),
    ];
    let link = link.trim_end();
    assert_eq!(
        show(&text, edits),
        format!(
            "~ <table>{link} </table>    [model: value 0.2, threshold 0.5]\n\
             * [-<p>-]It is due in May.[-</p>-]    [markup]\n\
             ~ </article>    [markup]\n\
             ~ <aside><h3>Most read</h3>{link} </aside>    [teaser]"
        )
    );
    // A line that is broken up stays as well.
    let text = format!("A</li><li>B</li></ul>\n<p>{link}</p>\n");
    let edits = vec![
        Edit::replace(of(&text, "</li><li>"), "\n", "markup"),
        Edit::replace(of(&text, "</li></ul>\n<p>"), "\n", "markup"),
        Edit::remove(of(&text, link).start..text.len(), "links"),
    ];
    assert_eq!(
        show(&text, edits),
        format!("* A[-</li><li>-]{{+\\n+}}B[-</li></ul>-]    [markup ×2]\n~ <p>{link}</p>    [links]")
    );
}

#[test]
fn a_rule_is_named_with_the_lines_it_removes() {
    let text = "<div>Home</div>\n<h1>The ferry</h1>\n<p>By A. B.</p>\n<p>It leaves.</p>";
    let edits = vec![
        Edit::remove(0..of(text, "<h1>").end, "menu"),
        Edit::remove(of(text, "The ferry</h1>\n<p>"), "headline"),
        Edit::remove(of(text, "By A. B.</p>\n<p>"), "byline"),
        Edit::remove(text.len() - 4..text.len(), "markup"),
    ];
    assert_eq!(
        show(text, edits),
        "~ <div>Home</div>    [menu]\n~ <h1>The ferry</h1>    [headline]\n~ <p>By A. B.</p>    [byline]\n\
         * [-<p>-]It leaves.[-</p>-]    [markup]"
    );
}

/// The text after the edits, as read from what is shown.
fn read(shown: &str) -> String {
    let line = |line: &str| match line.get(..2) {
        Some("~ ") => None,
        Some("* ") => {
            let line = line[2..].rsplit_once("    [").map_or(line, |(line, _)| line);
            let mut out = String::new();
            let mut rest = line;
            while let Some(at) = rest.find(['[', '{']) {
                out.push_str(&rest[..at]);
                let (end, added) = if rest[at..].starts_with('[') { ("-]", false) } else { ("+}", true) };
                let length = rest[at..].find(end).unwrap();
                if added {
                    out.push_str(&rest[at + 2..at + length].replace("\\n", "\n"));
                }
                rest = &rest[at + length + 2..];
            }
            Some(out + rest)
        }
        Some("> " | "  ") => Some(line[2..].to_owned()),
        _ => Some(line.trim_start_matches(['>', '~']).to_owned()),
    };
    shown.lines().filter_map(line).collect::<Vec<_>>().join("\n")
}

proptest! {
    /// What is shown for any text and edits reads as the text after them, except for trailing empty lines;
    /// and every rule is named.
    #[test]
    fn what_is_shown_reads_as_the_text_afterwards(
        text in "[abé\n]{0,40}",
        cuts in proptest::collection::vec((0_usize..41, 0_usize..8, "[cd\n]{0,4}"), 0..6),
    ) {
        let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut edits: Vec<Edit> = Vec::new();
        let mut cuts = cuts;
        cuts.sort();
        let mut from = 0;
        for (number, (start, length, replacement)) in cuts.into_iter().enumerate() {
            let start = start.max(from).min(bounds.len() - 1);
            let end = (start + length).min(bounds.len() - 1);
            if start < from || (start == end && replacement.is_empty()) {
                continue;
            }
            from = end + 1;
            edits.push(Edit::replace(bounds[start]..bounds[end], replacement, format!("rule-{number}")));
        }
        sort_and_check(&text, &mut edits).unwrap();
        // Edits that change nothing need not be recognizable.
        edits.retain(|edit| text[edit.span()] != edit.replacement);
        let shown = struck(&text, &edits).join("\n");
        let (read, after) = (read(&shown), apply(&text, &edits));
        prop_assert_eq!(read.trim_end_matches('\n'), after.trim_end_matches('\n'), "{}", shown);
        for edit in &edits {
            let named = format!("[{}", edit.rule);
            prop_assert!(shown.contains(&named), "{} in {}", edit.rule, shown);
        }
    }
}
