//! Tests of the list of tests: each has a file, a sentence and a line in the README.

use super::TESTS;
use std::path::Path;

#[test]
fn every_test_has_the_name_of_its_file_and_a_line_in_the_readme() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let mut files: Vec<String> = std::fs::read_dir(folder.join("checks"))
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().path().file_stem()?.to_str()?.replace('_', "-")))
        .filter(|name| name != "mod")
        .collect();
    files.sort();
    let mut ids: Vec<&str> = TESTS.iter().map(|test| test.id).collect();
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for test in TESTS {
        let line = format!("| `{}` | {} |", test.id, test.doc);
        assert!(readme.lines().any(|known| known == line), "the README lacks the line\n{line}");
    }
    ids.sort_unstable();
    assert_eq!(ids, files);
}
