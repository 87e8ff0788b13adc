use super::*;

fn reading(keeps_names: bool) -> Reading {
    let (parts, names) = (PartWords::builtin().unwrap(), Lexicon::names().unwrap());
    Reading { parts: parts.into(), names: names.into(), keeps_names, keeps_items: true }
}

fn text(source: &str) -> String {
    let page = page(source, &reading(false));
    let text = page.edits.apply(source);
    // A preformatted block of several lines counts as one line.
    assert!(page.lines.len() <= text.lines().filter(|l| !l.trim().is_empty()).count(), "{text:?}");
    text
}

#[test]
fn blocks_are_lines() {
    let source = "<!DOCTYPE html><html><head><title>T</title><style>p{}</style></head><body>\n<div>One <b>bold</b>\n  word<p>Two<br>lines\
        <p>Three &amp; four</div><ul><li>a<li>b</ul><script>no();</script>end</body></html>";
    assert_eq!(text(source), "One bold word\nTwo\nlines\nThree & four\na\nb\nend");
}

#[test]
fn cells_stand_in_a_line() {
    assert_eq!(text("<table><tr><td>a<td>b<tr><td>c</td><td>d</td></table>x"), "a | b\nc | d\nx");
    assert_eq!(text("<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>"), "a\nb");
}

#[test]
fn odd_pages_are_read() {
    assert_eq!(text("a < b &lt; c & d &nbsp;e"), "a < b < c & d \u{a0}e");
    assert_eq!(
        text("<p>x</b></div></span>y<div hidden>no</div><div style='DISPLAY : none'>no</div>z"),
        "xy\nz"
    );
    assert_eq!(text("<pre>a\n  b</pre>c"), "a\n  b\nc");
    assert_eq!(text("a<hr>b<img>c"), "a\nbc");
    // The content of a text field is not text of the page, with or without markup in it.
    assert_eq!(text("<p>x<textarea rows=2>\ntyped <p>in</b></textarea> y<textarea>open <p>z"), "x y");
    assert_eq!(text(""), "");
    assert_eq!(text("<"), "<");
    assert_eq!(text("<p"), "");
    assert_eq!(text("no markup\n at all"), "no markup at all");
}

/// SVG and MathML have rules of their own: a tag may close itself, and a title is not raw text.
#[test]
fn drawings_end_where_they_do() {
    assert_eq!(text("<p>a<svg><title/><path d=x /></svg>b<p>c"), "ab\nc");
    let paths = "<path d='M0 0'/>".repeat(300);
    assert_eq!(text(&format!("<div>a<svg viewBox=x>{paths}</svg></div><p>b")), "a\nb");
    // An unclosed drawing ends before an element that cannot be inside one.
    assert_eq!(text("<div>a<svg><g><path><p>b</div>c"), "a\nb\nc");
    assert_eq!(text("<svg/>a<svg><style>b{}<!-- > --></style><script>c</script></svg>d"), "ad");
    assert_eq!(text("<svg><foreignObject><div>a</div><p>b</foreignObject></svg>c"), "c");
    assert_eq!(text("a<math><mi>x</mi><mtext><b>y</b></mtext></math>b"), "ab");
    // The slash means nothing in HTML.
    assert_eq!(text("<title/>a</title><div/>b<b/>c"), "bc");
    let said = page("<svg><title>Logo</title></svg><title>Ferry</title>", &reading(false)).page_meta;
    assert_eq!(said.iter().map(|item| item.value.as_str()).collect::<Vec<_>>(), ["Ferry"]);
}

/// Pieces of a page that scripts move to their places.
#[test]
fn pages_that_come_in_pieces_are_shown_whole() {
    assert_eq!(
        text(
            "<div>a<template id=B:0></template></div><div hidden id=S:0><p>b</div><div id='_r_S:1f' hidden=''>c</div>"
        ),
        "a\nb\nc"
    );
    for id in ["S:", "S:0x", "menu", "S0", ":0"] {
        assert_eq!(text(&format!("a<div hidden id='{id}'>b</div>c")), "a\nc", "{id}");
    }
}

/// Ruby annotations are shown in brackets, since plain text cannot put them above the characters.
#[test]
fn readings_of_characters_keep_their_brackets() {
    assert_eq!(text("<ruby>港<rp>（</rp><rt>みなと</rt><rp>）</rp></ruby>へ"), "港（みなと）へ");
}

/// A forum that is built by scripts and keeps its posts in `noscript` as well.
#[test]
fn pages_that_show_nothing_are_read_without_scripts() {
    let post = "<p>The ferry leaves at <b>seven</b>, and nobody minds.</p>".repeat(30);
    let page = |shown: &str| {
        format!("<body>{shown}<script>a<b</script><NOSCRIPT><div>{post}</div></noscript><p>end")
    };
    let lines = |shown: &str| text(&page(shown)).lines().count();
    assert_eq!(lines(""), 31);
    assert!(text(&page("")).starts_with("The ferry leaves at seven, and nobody minds.\nThe"));
    assert_eq!(lines(&"<p>A page that shows its own text needs no other.".repeat(11)), 12);
    // A notice is not text of the page.
    assert_eq!(text("<p>Ferry</p><noscript><p>Please switch on JavaScript.</p></noscript>"), "Ferry");
    assert_eq!(text("<noscript>"), "");
    assert_eq!(text(&format!("<noscript>{post}")).lines().count(), 30);
}

#[test]
fn hostile_pages_take_linear_time() {
    let reading = reading(false);
    let deep = "<div><b>".repeat(50_000) + "x" + &"</i></p></div>".repeat(50_000);
    assert_eq!(page(&deep, &reading).lines.len(), 1);
    let entities = "&amp;&lt;x".repeat(100_000);
    assert_eq!(page(&entities, &reading).edits.len(), 200_000);
}

#[test]
fn an_empty_title_tells_nothing() {
    let reading = reading(false);
    let said =
        |source| page(source, &reading).page_meta.into_iter().map(|item| item.value).collect::<Vec<_>>();
    assert_eq!(said("<title>a ferry</title>runs"), ["a ferry"]);
    assert!(said("<title></title>runs").is_empty());
}

#[test]
fn media_types() {
    assert!(
        is_html("text/html; charset=utf-8") && is_html("Application/XHTML+xml") && !is_html("text/plain")
    );
    assert!(
        looks_like_html("\u{feff}\n<!DOCTYPE HTML PUBLIC")
            && looks_like_html("<HTML lang=en>")
            && !looks_like_html("<p>")
    );
}

/// Training needs the names of the blocks around each line.
#[test]
fn names_of_blocks_are_kept_for_training() {
    let source = "<div class=page><p id=lead>a <b class=no>b</b></p><p>c</div>";
    let Blocks { blocks, lines } = page(source, &reading(true)).blocks.unwrap();
    let names = |block: u32| blocks[block as usize - 1].clone();
    assert_eq!(lines.iter().map(|&(at, _)| &source[at..=at]).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(names(lines[0].1), (1, vec!["<p".into(), "#lead".into(), "lead".into()]));
    assert_eq!(names(lines[1].1), (1, vec!["<p".into()]));
    assert_eq!(names(1), (0, vec!["<div".into(), "#page".into(), "page".into()]));
    assert!(page(source, &reading(false)).blocks.is_none());
}

#[test]
fn signs_of_places_are_no_text() {
    assert_eq!(
        text("<h2>Tides<a class=headerlink href=#t>¶</a></h2><p>a <a href=#b>&#182;</a>b"),
        "Tides\na b"
    );
    assert_eq!(text("<h2>Tides <a href=#t>#</a></h2><p>on <a href=/c>#</a> <a>¶ 5</a>"), "Tides\non # ¶ 5");
}

#[test]
fn nesting_has_an_end() {
    for tag in ["<b>", "<div>", "<li>", "<ul><li>", "<div hidden>"] {
        let page = page(&format!("{}x", tag.repeat(100_000)), &reading(false));
        assert!(page.lines.iter().all(|line| line.depth <= 512), "{tag}");
    }
    // Hidden text beyond the maximum depth stays hidden, and what follows it is shown.
    let deep = "<div>".repeat(600);
    assert_eq!(text(&format!("{deep}a<div hidden>b<p>c</p></div>")), "a");
    assert_eq!(text(&format!("{deep}a<script>b</script><p>c{}<p>d", "</div>".repeat(600))), "a\nc\nd");
}

#[test]
fn a_value_stands_in_the_attribute_of_its_element() {
    let said = |source: &str| {
        let page = page(source, &reading(false));
        page.page_meta.into_iter().map(|item| format!("{} {}", item.name, item.value)).collect::<Vec<_>>()
    };
    assert_eq!(said("<meta name=author content='Ines Tollgate' lang=en>"), ["author Ines Tollgate"]);
    assert_eq!(said("<time datetime=2020-02-03 lang=en content=x>3 Feb</time>"), ["datetime 2020-02-03"]);
    assert_eq!(
        said("<meta property=og:title name=twitter:title content='A ferry'>"),
        ["og:title A ferry", "twitter:title A ferry"]
    );
    assert_eq!(said("<link rel=canonical lang=en href=/ferry>"), ["canonical /ferry"]);
    // A drawing says nothing about the page, nor about the script after it.
    assert!(
        said("<svg><script type='application/ld+json'></script></svg><script>{\"headline\": \"x\"}</script>")
            .is_empty()
    );
}
