//! The invariants of the design, on generated documents.

use crate::support::{Bench, CHAIN, SAME, plugin, succeeded};
use proptest::prelude::*;
use textmill_core::edit::{Edit, apply, sort_and_check};
use textmill_plugin::harness::{Case, Document, run};

/// Lines of pages, sound and broken.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Z][a-z]{2,9}( [a-z]{2,9}){6,30}\\.",
        1 => Just("Share on FacebookShare on X".to_owned()),
        1 => Just("  • About Us".to_owned()),
        1 => Just("Also Read: The bridge that nobody wanted".to_owned()),
        1 => Just("This website uses cookies. Accept all".to_owned()),
        1 => Just("18:37 GMT 16.05.2021 (Updated: 19:05 GMT 16.05.2021)".to_owned()),
        1 => Just("It isnâ€™t over, said Mara Ilves, the mayor, \u{201c}not yet\u{201d}.".to_owned()),
        1 => Just("HARBORTON, 3 May (Tidewire) - The ferry is back, the company said on Monday.".to_owned()),
        1 => Just(String::new()),
        1 => "\\PC{0,40}",
        1 => "[\u{0}-\u{ff}]{0,30}",
        1 => "[\u{200b}\u{ad}\u{a0}e\u{301}\u{fb01}\u{feff} \t\r]{0,20}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..25).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants 1 and 2: the output does not depend on threads and batches, and every document comes out
    /// once.
    #[test]
    fn runs_agree_and_no_document_vanishes(
        texts in prop::collection::vec(text(), 1..30),
        copies in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        threads in 2u8..9,
        batch in 1u8..40,
        bytes in 1u32..20_000,
    ) {
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for copy in copies {
            texts.push(texts[copy.index(texts.len())]);
        }
        let bench = Bench::new();
        bench.documents(&texts);
        succeeded(&bench.run(CHAIN, &["--threads", "1"]));
        let first = bench.same();
        let mut ids: Vec<String> = SAME[..3].iter().flat_map(|file| bench.ids(file)).collect();
        ids.sort_by_key(|id| id[1..].parse::<usize>().unwrap_or(usize::MAX));
        prop_assert_eq!(ids, (0..texts.len()).map(|n| format!("d{n}")).collect::<Vec<_>>());
        let (threads, bytes) = (threads.to_string(), format!("run.batch-bytes={bytes}"));
        let batch = format!("run.batch-documents={batch}");
        succeeded(&bench.run(CHAIN, &["--threads", &threads, "--set", &batch, "--set", &bytes]));
        prop_assert!(first == bench.same());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariant 3: the text that a stage received, with its edits applied, is the text that it passed on.
    #[test]
    fn events_rebuild_the_text(texts in prop::collection::vec(text(), 1..6), tail in prop::collection::vec(any::<u8>(), 0..40)) {
        let documents = texts.iter().enumerate().map(|(n, text)| {
            // One document has bytes that are not UTF-8.
            let mut bytes = text.clone().into_bytes();
            if n == 0 {
                bytes.extend(&tail);
            }
            Document { id: format!("d{n}"), bytes, ..Document::default() }
        });
        let case = Case { documents: documents.collect(), ..Case::of("") };
        for name in ["clean", "extract"] {
            let outcome = run(&plugin(name), None, &case, 3).unwrap();
            prop_assert_eq!(outcome.verdicts.len(), texts.len());
            for verdict in outcome.verdicts {
                let mut edits: Vec<Edit> = verdict.events.iter().filter_map(|e| e.to_edit()).collect();
                sort_and_check(&verdict.before, &mut edits).unwrap();
                match verdict.after {
                    Some(after) => prop_assert_eq!(apply(&verdict.before, &edits), after),
                    None => prop_assert!(verdict.events.iter().any(|e| e.note.is_some() || e.value.is_some())),
                }
            }
        }
    }
}

/// Broken lines are recorded as failed documents; the sound ones are read.
#[test]
fn broken_input_is_on_record() {
    let bench = Bench::new();
    bench.write("input.jsonl", "{\"id\": \"a\", \"text\": \"fine\"}\n{broken\n\n[1]\n{\"id\": \"b\"}\n{\"text\": 3}\n{\"id\": \"a\", \"text\": \"again\", \"n\": 1.50}\n\
                 {\"text\":\"one\"} {\"text\":\"two\"}\n{\"text\":\"x\\ud800\"}\n{\"text\":\"1\",\"text\":\"2\"}\n");
    succeeded(&bench.run("", &[]));
    assert_eq!(bench.ids("documents.jsonl"), ["a", "a~2", "input.jsonl#9"]);
    assert_eq!(bench.ids("failed.jsonl"), [2, 4, 5, 6, 8, 10].map(|line| format!("input.jsonl#{line}")));
    assert!(bench.read("documents.jsonl").contains("\"n\":1.50"));
    insta::assert_snapshot!(
        bench.read("failed.jsonl").replace(&bench.folder.path().display().to_string(), "[folder]")
    );
}

/// Fields that no stage asked for come out as they went in; declared ones reach stages with their types.
#[test]
fn fields_travel_along_untouched() {
    let bench = Bench::new();
    let fields = "\"url\":\"https://example.org/\\u00e9\",\"n\":1.0e3,\"deep\":{\"a\" : [1,2,{}]},\"big\":123456789012345678901234567890";
    bench.write("input.jsonl", format!("{{\"id\":7,\"text\":\"x\",{fields}}}\n"));
    succeeded(&bench.run("[input.columns]\nurl = \"utf8\"\n", &[]));
    let line = bench.read("documents.jsonl");
    assert!(line.contains(fields), "{line}");
    assert_eq!(bench.ids("documents.jsonl"), ["7"]);
}

/// Compressed inputs, in any mixture, give the same documents as plain ones.
#[test]
fn compressed_input_is_read() {
    use std::io::Write as _;
    let plain = "{\"id\":\"a\",\"text\":\"one\"}\n{\"id\":\"b\",\"text\":\"two\"}\n";
    let bench = Bench::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain.as_bytes()).unwrap();
    bench.write("corpus/1.jsonl.gz", gzip.finish().unwrap());
    bench.write("corpus/2.jsonl.zst", zstd::encode_all(plain.as_bytes(), 3).unwrap());
    bench.write("corpus/3.txt", "three");
    bench.write("corpus/readme.pdf", "not a document");
    let input = bench.path("corpus");
    bench.write("input.jsonl", "");
    let output = bench.run("", &["--input", input.to_str().unwrap()]);
    succeeded(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("skipped: 1 file of another kind"));
    assert_eq!(bench.ids("documents.jsonl"), ["a", "b", "a~2", "b~2", "3.txt"]);
    succeeded(&bench.run("", &["--input", input.to_str().unwrap(), "--limit", "3"]));
    assert_eq!(bench.ids("documents.jsonl"), ["a", "b", "a~2"]);
}

/// Files that cannot be read or are cut off are recorded; the others are read.
#[test]
fn unreadable_files_are_on_record() {
    let bench = Bench::new();
    bench.write("corpus/a.txt", "sound");
    let whole = zstd::encode_all("{\"id\":\"z\",\"text\":\"one\"}\n".repeat(9999).as_bytes(), 1).unwrap();
    bench.write("corpus/b.jsonl.zst", &whole[..whole.len() / 2]);
    bench.write("corpus/c.jsonl.gz", "not gzip");
    #[cfg(unix)]
    std::os::unix::fs::symlink(bench.path("nowhere"), bench.path("corpus/d.txt")).unwrap();
    bench.write("input.jsonl", "");
    succeeded(&bench.run("", &["--input", bench.path("corpus").to_str().unwrap()]));
    assert_eq!(bench.ids("documents.jsonl")[0], "a.txt");
    let failed = bench.ids("failed.jsonl");
    assert!(failed.iter().any(|id| id.starts_with("b.jsonl.zst#")), "{failed:?}");
    assert!(failed.contains(&"c.jsonl.gz".to_owned()), "{failed:?}");
    #[cfg(unix)]
    assert!(failed.contains(&"d.txt".to_owned()), "{failed:?}");
}

/// Values may be nested to any depth, and a byte order mark is not part of a document.
#[test]
fn deep_values_and_byte_order_marks_are_read() {
    let bench = Bench::new();
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    bench.write("input.jsonl", format!("\u{feff}{{\"id\":\"a\",\"text\":\"x\",\"deep\":{deep}}}\n"));
    succeeded(&bench.run("", &[]));
    let line = bench.read("documents.jsonl");
    assert!(line.starts_with("{\"id\":\"a\"") && line.contains(&deep));
}

/// A column that a stage writes takes the place of the field with the same name, which is kept separately. An
/// excluded field is gone.
#[test]
fn a_written_column_outweighs_the_field_of_its_name() {
    let bench = Bench::new();
    bench.write("input.jsonl", "{\"id\":\"a\",\"text\":\"x\",\"note\":\"old\",\"secret\":1}\n");
    let stages = "[[stage]]\nplugin = \"bad-plugin\"\n[stage.options]\ndefect = \"error-on-batch\"\n\
                  [input.columns]\nnote = \"utf8\"\nsecret = \"int64\"\n";
    let text = format!(
        "[input]\npaths = [\"input.jsonl\"]\n[output]\nfolder = \"out\"\nexclude = [\"secret\"]\n{stages}"
    );
    let pipeline = bench.write("pipeline.toml", text);
    succeeded(&crate::support::textmill().arg("run").arg(pipeline).output());
    let row = &crate::support::rows(&bench.read("documents.jsonl"))[0];
    assert_eq!((&row["note"], &row["carried"]["note"]), (&"seen".into(), &"old".into()));
    assert!(row.get("secret").is_none());
}

/// A record that does not fit a declared column fails alone, does not use up an id, and none of its events is
/// recorded for a neighbour.
#[test]
fn a_wrong_type_costs_its_record_alone() {
    let lines = "{\"id\":\"a\",\"text\":\"1\",\"n\":1}\n{\"id\":\"a\",\"text\":\"2\",\"n\":\"two\"}\n{\"id\":\"b\",\"text\":\"3\"}\n";
    let mut ledgers = Vec::new();
    for batch in ["1", "100"] {
        let bench = Bench::new();
        bench.write("input.jsonl", lines);
        let set = format!("run.batch-documents={batch}");
        succeeded(&bench.run("[input.columns]\nn = \"int64\"\n", &["--set", &set]));
        assert_eq!(
            (bench.ids("documents.jsonl"), bench.ids("failed.jsonl")),
            (vec!["a".into(), "b".into()], vec!["a".into()])
        );
        assert!(bench.read("failed.jsonl").contains("\"offset\":28"), "{}", bench.read("failed.jsonl"));
        ledgers.push(std::fs::read(bench.path("out/ledger.parquet")).unwrap());
    }
    assert!(ledgers[0] == ledgers[1]);
}

/// What a run wrote into its own input folder is not read by the next one. A staging folder that somebody
/// else made is kept.
#[test]
fn outputs_are_no_inputs_and_strangers_stay() {
    let bench = Bench::new();
    bench.write("input.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n");
    let folder = bench.folder.path().to_str().unwrap().to_owned();
    for _ in 0..2 {
        succeeded(&bench.run("", &["--input", &folder]));
        assert_eq!(bench.ids("documents.jsonl"), ["a"]);
    }
    let mine = bench.write(".out.partial/mine.txt", "mine");
    assert!(!bench.run("", &[]).status.success());
    assert!(mine.exists());
}

/// A pipeline in a folder whose name has special characters of globs.
#[test]
fn a_glob_is_relative_to_a_folder_of_any_name() {
    let bench = Bench::new();
    bench.write("x[1]/seeds/a.txt", "one");
    bench.write("x[1]/seeds/b.md", "two");
    let text = "[input]\npaths = [\"seeds//*.txt\"]\n[output]\nfolder = \"../out\"\n";
    let pipeline = bench.write("x[1]/pipeline.toml", text);
    succeeded(&crate::support::textmill().arg("run").arg(pipeline).output());
    assert_eq!(bench.ids("documents.jsonl"), ["a.txt"]);
}
