//! Syntax errors: the message for each, and that the rest of the file is read.

use super::read;
use crate::config::{Problems, Source};
use std::fmt::Write as _;

#[test]
fn errors_are_told_in_words_of_their_own() {
    let mut shown = String::new();
    for text in [
        "a = \n",
        "mode = near\n",
        "mode = True # or not\n",
        "a = [1\n[output]\nx = 1\n",
        "a = \"abc\nb = 1\n",
        "a = \"\"\"abc\nb = 1\n",
        "[[stage]\nx = 1\n",
        "a: 1\n",
        "input:\n",
        "stage:\n",
        "[input]\npaths: pages\ntext-field: body\n",
        "a 1\n",
        "a\n",
        "a = 1 b = 2\n",
        "a = [1\n 2]\n",
        "a = 1\nb = 2\na = 3\n",
        "[a]\nx=1\n[[b]]\ny = 1\n[[b]]\nz.v = 1\nz.v = 2\n[a]\ny=1\n",
        "a = “x”\n",
        "a = 01\n",
        "a = .5\n",
        "a = 1,5\n",
        "a = \"C:\\dir\"\n",
        "a = {\n  b = 1\n  c = 2\n}\n",
        "a = {b = 1 c = 2}\n",
        "a = [yes, \"b\"]\n",
        "a = 'it's'\n",
        "a = 10s\n",
        "[stage]\nx = 1\n[[stage]]\ny = 2\n",
        "one = \ntwo = 2\nthree = 3 3\n[four\nfive = five\n[six]\nseven = near\n",
        "# a\u{1}b\na = 1\n",
        "<xml>not toml</xml>\n<at>all</at>\n",
        "a = {b = 1}\na.c = 2\n",
        "a == 1 # one\nb = 2\n",
        "a => near\nb = = \"c\"\n",
        "a == [\n  1,\n]\nb = 2\n",
        "\"a==b\" == 1\n",
    ] {
        let found = read(text, 0);
        let sources = vec![Source { path: "x.toml".into(), text: text.to_owned() }];
        let json = found.tree.to_json();
        let problems = Problems::new(sources, found.problems);
        assert!(found.gaps && problems.has_errors(), "{text}");
        let _ = writeln!(shown, "{}\nleft: {json}\n\n----\n", problems.render(false));
    }
    insta::assert_snapshot!(shown);
}
