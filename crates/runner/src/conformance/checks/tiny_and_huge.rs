//! Whether documents of one byte and of ten megabytes pass, in a time that fits their size.

use crate::conformance::breach::broken;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::table::{bytes, duration};
use std::time::Instant;
use textmill_plugin::call::NoHost;
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "tiny-and-huge",
    doc: "Documents of 0 and 1 bytes and of 10 MB, among them a single line, a single word, only line \
          ends and only combining marks, are processed in time.",
    advice: "let time grow linearly with the text, do not recurse deeper for longer texts, and handle the \
             empty text",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let huge = usize::try_from(subject.request.huge_bytes)?;
    let filled = |pattern: &str| pattern.repeat(huge / pattern.len());
    let sentence =
        "The ferry to Velmara left the quay at half past seven, \"a little late\", said Ada Lind. ";
    let texts: [(&str, String); 10] = [
        ("0 bytes", String::new()),
        ("1 byte", "a".into()),
        ("1 line end", "\n".into()),
        (
            "pages of lines",
            filled("The ferry left the quay.\nHome | News\n\n3 May 2031, 14:05\n“Late,” he said.\n"),
        ),
        ("a single line", filled(sentence)),
        ("a single word", filled("a")),
        ("line ends", filled("\n")),
        ("combining marks", filled("e\u{301}\u{300}\u{302}")),
        ("opened brackets and quotes", filled("(\"[{<“")),
        ("letters of four bytes", filled("\u{1F600}")),
    ];
    let mut seen = Vec::new();
    let mut slowest = (0, "");
    for (name, text) in &texts {
        let mut case = subject.case_of(std::slice::from_ref(text));
        if let Some(document) = case.documents.first_mut() {
            document.id = (*name).to_owned();
        }
        let documents = case.batch()?;
        notes.doing(format!("running a document of {} ({name})", bytes(text.len() as u64)));
        let bound = subject.bind(&documents)?;
        let started = Instant::now();
        let outcome = bound.run(&NoHost, std::slice::from_ref(&documents))?;
        slowest = slowest.max((started.elapsed().as_nanos() as u64, *name));
        seen.extend(broken(&outcome));
    }
    let (nanos, name) = slowest;
    Ok(Verdict::of(seen, format!("{} in {} at most ({name})", bytes(huge as u64), duration(nanos))))
}
