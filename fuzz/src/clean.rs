//! Runs the `clean` plugin on pages of any bytes, as text and as HTML, with one target for each. It must not
//! panic, its edits must produce its text, and the same page must give the same result twice.

use clean_plugin::clean::{Cleaner, Format};
use clean_plugin::options::{NormalForm, Options, Rule, Rules};
use clean_plugin::pii::Pii;
use clean_plugin::quality::{C4, Quality};
use std::sync::LazyLock;

/// One with the default options, one with everything on, and one with some rules off.
static CLEANERS: LazyLock<[Cleaner; 3]> = LazyLock::new(|| {
    let all = Options {
        keep_structure: true,
        join_hyphenated: true,
        normal_form: NormalForm::Nfkc,
        quality: Quality {
            gopher_quality: true,
            gopher_repetition: true,
            c4: C4::Code,
            fineweb: true,
            refinedweb: true,
            bad_words: ["menu", "橋"].map(str::to_owned).to_vec(),
            ..Quality::default()
        },
        pii: Pii { email: true, ip_address: true, phone: true, card_number: true, iban: true },
        ..Options::default()
    };
    let rules = Rules::default().with(Rule::ShareBar, false).with(Rule::Navigation, false);
    let some = Options { rules, ..Options::default() };
    [Options::default(), all, some].map(|options| Cleaner::new(&options).unwrap_or_else(|e| panic!("{e:?}")))
});

/// Pieces that the parsers look for. The bytes of an input can be indices into them, so that chance puts them
/// side by side.
const PIECES: &[&str] = &[
    // Four of these are a long menu.
    "Menu\nNews\nTown\nSport\nHarbour\nShare on FacebookShare on X\nWeather\nLetters\nJobs\nBoats\nSwans\nBells\n",
    "The ferry sails at noon, the office said.\n",
    "<p>",
    "</p>",
    "<div class=\"article-body\">",
    "</div>",
    "<a href=x>",
    "</a>",
    "<br>",
    "<table><tr><td>",
    "</table>",
    "<li>",
    "<pre>",
    "</pre>",
    "<script>",
    "</script>",
    "<title>",
    "</title>",
    "<!--",
    "-->",
    "<h2>",
    "&amp;",
    "&#39;",
    "&copy",
    "&",
    "<",
    "<![CDATA[",
    "\0",
    "\n",
    "\n\n",
    " ",
    "\t",
    "\u{a0}",
    "\u{ad}",
    "e\u{301}",
    "ﬁ",
    "Ã©",
    "â€™",
    "exam-\nple",
    "Menu\n",
    "Share on Facebook\n",
    "Also read\n",
    "We use cookies on this site.\n",
    "By Ines Tollgate\n",
    "17 March, 16:20 GMT\n",
    "© 2020 Ledger\n",
    "a@b.example",
    "+44 20 7946 0958",
    "4111 1111 1111 1111",
    "192.0.2.17",
    "GB82 WEST 1234 5698 7654 32",
    "The ferry runs again, after a winter of planing. ",
    "橋が開通した。",
    "{",
    "<time datetime=2020-02-03>",
    "<meta name=author content=x>",
    "<script type=application/ld+json>{\"@type\":\"Article\",\"headline\":\"x\"}</script>",
    "<svg>",
    "</svg>",
    "<ul>",
    "</ul>",
    "<b>",
    "</b>",
    "<div hidden>",
    "<textarea>",
    "“",
];

/// The target `clean_text`.
pub fn text(data: &[u8]) {
    run(Format::Plain, data);
}

/// The target `clean_html`.
pub fn html(data: &[u8]) {
    run(Format::Html, data);
}

/// Runs one input. The first byte selects whether the others are the page or indices of pieces, and which
/// options are on.
fn run(format: Format, data: &[u8]) {
    let Some((&how, rest)) = data.split_first() else { return };
    let made: Vec<u8> = if how & 1 == 0 {
        rest.to_vec()
    } else {
        rest.iter().flat_map(|&byte| PIECES[usize::from(byte) % PIECES.len()].bytes()).collect()
    };
    let cleaner = &CLEANERS[usize::from(how >> 1) % CLEANERS.len()];
    let text = String::from_utf8_lossy(&made);
    let raw = std::str::from_utf8(&made).is_err().then_some(made.as_slice());
    let cleaned = cleaner.clean_as(format, &text, raw).unwrap_or_else(|e| panic!("{e}"));
    for stretch in &cleaned.doubtful {
        assert!(text.get(stretch.span.clone()).is_some(), "{stretch:?} is no part of the text");
    }
    let mut edits = cleaned.edits.clone();
    edits.sort_and_check(&text).unwrap_or_else(|e| panic!("{e}"));
    assert!(edits.apply(&text) == cleaned.text, "the edits make another text");
    assert!(
        cleaned.boilerplate.iter().all(|line| line.at as usize <= cleaned.text.len()),
        "a line lies beyond the text"
    );
    let again = cleaner.clean_as(format, &text, raw).unwrap_or_else(|e| panic!("{e}"));
    assert!(again.text == cleaned.text && again.edits == cleaned.edits, "twice is not the same");
}
