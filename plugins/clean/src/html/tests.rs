use super::*;

fn text(source: &str) -> String {
    let words = PartWords::builtin().unwrap();
    let page = page(source, &words);
    let text = page.edits.apply(source);
    // Lines of preformatted text are one block.
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
    // What stands in a field to be filled in is no text of the page, markup in it or not.
    assert_eq!(text("<p>x<textarea rows=2>\ntyped <p>in</b></textarea> y<textarea>open <p>z"), "x y");
    assert_eq!(text(""), "");
    assert_eq!(text("<"), "<");
    assert_eq!(text("<p"), "");
    assert_eq!(text("no markup\n at all"), "no markup at all");
}

/// A forum that is built by scripts, and holds its posts for readers without them.
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
    // A notice is no text of the page.
    assert_eq!(text("<p>Ferry</p><noscript><p>Please switch on JavaScript.</p></noscript>"), "Ferry");
    assert_eq!(text("<noscript>"), "");
    assert_eq!(text(&format!("<noscript>{post}")).lines().count(), 30);
}

#[test]
fn hostile_pages_take_linear_time() {
    let words = PartWords::builtin().unwrap();
    let deep = "<div><b>".repeat(50_000) + "x" + &"</i></p></div>".repeat(50_000);
    assert_eq!(page(&deep, &words).lines.len(), 1);
    let entities = "&amp;&lt;x".repeat(100_000);
    assert_eq!(page(&entities, &words).edits.len(), 200_000);
}

#[test]
fn an_empty_title_tells_nothing() {
    let words = PartWords::builtin().unwrap();
    let said = |source| page(source, &words).said.into_iter().map(|said| said.value).collect::<Vec<_>>();
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
