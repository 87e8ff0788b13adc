//! Inspecting a finished run: its ledger, and what happened to a document.

use crate::support::{Bench, CHAIN, hide, rows, stderr, succeeded, textmill};

/// A run over pages, one of which repeats another, and one of which is only boilerplate.
fn milled(arguments: &[&str]) -> Bench {
    let bench = Bench::new();
    let page = |name: &str, end: &str| {
        let text = format!(
            "{name}\n\nHome | News | Sport | Weather\n\nThe ferry to Orle Island sails twice a day from Monday, the \
             harbour office said.\n\n\"We have waited for this since the spring,\" said Ada Moor, who keeps the inn \
             on the island and counts the guests.\n\nShare on FacebookShare on X\n\n{end}\n"
        );
        bench.write(&format!("pages/{name}.txt"), text);
    };
    page(
        "ferry-harbour",
        "The first boat leaves at seven and the last one comes back at eight in the evening.",
    );
    page(
        "ferry-island",
        "The first boat leaves at seven and the last one comes back at eight in the evening.",
    );
    bench.write("pages/frame.txt", "Home | News | Sport | Weather\n\nShare on FacebookShare on X\n");
    let text = format!("[input]\npaths = [\"pages\"]\n[output]\nfolder = \"out\"\n{CHAIN}");
    let pipeline = bench.write("pipeline.toml", text);
    succeeded(&textmill().arg("run").arg(pipeline).args(arguments).output());
    bench
}

fn shown(bench: &Bench, command: &[&str]) -> String {
    let output = textmill().arg(command[0]).arg(bench.path("out")).args(&command[1..]).output();
    succeeded(&output);
    hide(&String::from_utf8_lossy(&output.stdout), bench.folder.path())
}

#[test]
fn a_ledger_is_filtered_and_counted() {
    let bench = milled(&[]);
    let all = shown(&bench, &["ledger"]);
    let drops = shown(&bench, &["ledger", "--action", "drop", "--rows", "5"]);
    insta::assert_snapshot!(format!("{all}\n{drops}"));
    let events = rows(&shown(&bench, &["ledger", "--json", "--id", "frame.txt"]));
    assert!(!events.is_empty() && events.iter().all(|event| event["id"] == "frame.txt"));
    assert!(shown(&bench, &["ledger", "--rule", "no-text-left"]).ends_with("\n1 event of 1 rule\n"));
    // A rule without events is not an error, and a misspelt one causes a note.
    let note = |arguments: &[&str]| {
        let output = textmill().arg("ledger").arg(bench.path("out")).args(arguments).output();
        succeeded(&output);
        (String::from_utf8_lossy(&output.stdout).trim().to_owned(), stderr(&output, bench.folder.path()))
    };
    let (shown, said) = note(&["--rule", "no-text-lef"]);
    assert_eq!(shown, "no event matches the filter");
    assert_eq!(said, "note: no event has the rule `no-text-lef`; did you mean `no-text-left`?\n");
    let (_, said) = note(&["--json", "--stage", "dedupe", "--rule", "no-text-left"]);
    assert!(
        said.starts_with("note: no event of stage `dedupe` has the rule `no-text-left`; there are `"),
        "{said}"
    );
    assert_eq!(note(&["--rule", "no-text-left", "--action", "edit"]).1, "");
}

#[test]
fn a_document_is_explained() {
    let bench = milled(&[]);
    let explained: Vec<String> = ["ferry-harbour.txt", "ferry-island.txt", "frame.txt"]
        .iter()
        .map(|id| shown(&bench, &["explain", id]))
        .collect();
    insta::assert_snapshot!(explained.join("\n----------\n"));
    let known = shown(&bench, &["explain", "ferry-island.txt", "--json"]);
    let known: serde_json::Value = serde_json::from_str(&known).unwrap();
    assert_eq!(
        (&known["fate"], &known["document"]["other"]),
        (&"rejected".into(), &"ferry-harbour.txt".into())
    );
    // The input may be gone, or have changed.
    std::fs::remove_file(bench.path("pages/ferry-harbour.txt")).unwrap();
    bench.write("pages/frame.txt", "Nothing of what was there.");
    let gone = shown(&bench, &["explain", "ferry-harbour.txt"]);
    assert!(gone.contains("its input is missing") && gone.contains("The ferry to Orle"), "{gone}");
    shown(&bench, &["explain", "frame.txt"]);
    // With another size, and with the same size.
    let page = std::fs::read_to_string(bench.path("pages/ferry-island.txt")).unwrap();
    for other in ["Nothing of what was there.".repeat(30), page.replace("Share on", "Spare an")] {
        bench.write("pages/ferry-island.txt", other);
        let changed = shown(&bench, &["explain", "ferry-island.txt"]);
        assert!(changed.contains("was modified since"), "{changed}");
        assert!(!changed.contains("Nothing of what") && !changed.contains("Spare an"), "{changed}");
    }
}

/// Relative paths are resolved from the folder in which the run was started, wherever it is inspected from.
#[test]
fn a_document_is_explained_from_elsewhere() {
    let bench = Bench::new();
    bench.write(
        "pages/a.txt",
        "Home | News | Sport | Weather\n\nThe ferry to Orle Island sails twice a day from Monday.\n",
    );
    let text = format!("[input]\npaths = [\"pages\"]\n[output]\nfolder = \"out\"\n{CHAIN}");
    bench.write("pipeline.toml", text);
    let run = textmill().current_dir(bench.folder.path()).args([
        "run",
        "pipeline.toml",
        "--set",
        "clean.min-chars=5",
    ]);
    succeeded(&run.output());
    let explained = shown(&bench, &["explain", "a.txt"]);
    assert!(!explained.contains("not there any more") && explained.contains("Home | News"), "{explained}");
}

/// Documents are found in every format of the output.
#[test]
fn a_document_is_found_in_every_format() {
    for set in ["compression=\"gzip\"", "compression=\"zstd\"", "format=\"parquet\"", "part-bytes=200"] {
        let bench = milled(&["--set", &format!("output.{set}")]);
        let known = shown(&bench, &["explain", "ferry-harbour.txt", "--json"]);
        let known: serde_json::Value = serde_json::from_str(&known).unwrap();
        assert_eq!(known["fate"], "written", "{set}");
        assert!(known["document"]["text"].as_str().unwrap().contains("Orle Island"), "{set}");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let bench = milled(&[]);
    let mut said = String::new();
    for command in [
        &["explain", "out", "ferry"][..],
        &["ledger", "out", "--stage", "claen"],
        &["ledger", "out", "--id", "nope"],
        &["ledger", "pages"],
    ] {
        let output = textmill().arg(command[0]).arg(bench.path(command[1])).args(&command[2..]).output();
        assert_eq!(output.status.code(), Some(1));
        said.push_str(&stderr(&output, bench.folder.path()));
    }
    insta::assert_snapshot!(said);
}

/// Missing files of a run do not count as differences between documents.
#[test]
fn a_damaged_run_is_named() {
    let bench = milled(&[]);
    let before = bench.path("before");
    std::fs::create_dir(&before).unwrap();
    for file in
        ["run.json", "summary.json", "documents.jsonl", "rejected.jsonl", "failed.jsonl", "ledger.parquet"]
    {
        std::fs::copy(bench.path("out").join(file), before.join(file)).unwrap();
    }
    let diff = || textmill().arg("diff").args([&before, &bench.path("out")]).output();
    succeeded(&diff());
    for (file, why) in [
        ("documents.jsonl", "it is missing"),
        ("rejected.jsonl", "No such file"),
        ("ledger.parquet", ""),
        ("run.json", "it is not what a run writes"),
        ("summary.json", ""),
    ] {
        let whole = std::fs::read(before.join(file)).unwrap();
        for cut in [true, false] {
            if cut {
                // Cut at the end of a line, so that the remaining lines are whole.
                let end = whole.iter().position(|byte| *byte == b'\n').unwrap_or(0);
                std::fs::write(before.join(file), &whole[..end]).unwrap();
            } else if file == "run.json" {
                // Without `run.json`, it is not a run folder.
                continue;
            } else {
                std::fs::remove_file(before.join(file)).unwrap();
            }
            let output = diff();
            let said = stderr(&output, bench.folder.path());
            assert_eq!(output.status.code(), Some(1), "{file}");
            assert!(
                said.contains("the run is damaged") && said.contains(&format!("before/{file}")),
                "{said}"
            );
            assert!(cut != (file == "run.json") || said.contains(why), "{said}");
            std::fs::write(before.join(file), &whole).unwrap();
        }
    }
    succeeded(&diff());
}

/// A document that a limited run did not read is not taken for a misspelt id.
#[test]
fn a_document_behind_the_limit_is_told_of() {
    let bench = milled(&["--limit", "1"]);
    let output = textmill().arg("explain").arg(bench.path("out")).arg("frame.txt").output();
    let said = stderr(&output, bench.folder.path());
    assert!(said.contains("the run ended at its limit of 1 document"), "{said}");
    assert!(!said.contains("did you mean"), "{said}");
}

/// One threshold differs, one document is new, and one is gone.
#[test]
fn two_runs_are_compared() {
    let bench = milled(&[]);
    std::fs::rename(bench.path("out"), bench.path("before")).unwrap();
    bench.write(
        "pages/new.txt",
        "The ferry has a new captain.\n\nShe has sailed these waters for thirty years.\n",
    );
    std::fs::remove_file(bench.path("pages/frame.txt")).unwrap();
    let pipeline = bench.path("pipeline.toml");
    let run = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        succeeded(&textmill().arg("run").arg(&pipeline).args(sets).output());
    };
    let diff = |arguments: &[&str]| {
        let output =
            textmill().arg("diff").args([bench.path("before"), bench.path("out")]).args(arguments).output();
        (output.status.code(), hide(&String::from_utf8_lossy(&output.stdout), bench.folder.path()))
    };
    run(&["clean.rules.share-bar=false", "dedupe.mode=\"exact\""]);
    let (status, shown) = diff(&[]);
    assert_eq!(status, Some(1));
    insta::assert_snapshot!(shown);
    let (_, json) = diff(&["--json", "--documents", "1"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["documents"]["most"].as_array().unwrap().len(), 1);
    std::fs::remove_dir_all(bench.path("before")).unwrap();
    std::fs::rename(bench.path("out"), bench.path("before")).unwrap();
    run(&["clean.rules.share-bar=false", "dedupe.mode=\"exact\"", "run.threads=1"]);
    let (status, shown) = diff(&[]);
    assert_eq!(status, Some(0), "{shown}");
    // A different order of columns is not a change.
    let columns_in_another_order = |line: &str| {
        let mut line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let title = line.shift_remove("title");
        line.extend(title.map(|title| ("title".to_owned(), title)));
        serde_json::to_string(&line).unwrap() + "\n"
    };
    let documents = bench.path("out/documents.jsonl");
    let lines = std::fs::read_to_string(&documents).unwrap();
    std::fs::write(&documents, lines.lines().map(columns_in_another_order).collect::<String>()).unwrap();
    let (status, shown) = diff(&[]);
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.contains("3 the same, 0 changed") && shown.contains("another order"), "{shown}");
    let output = textmill().arg("run").arg(&pipeline).args(["--limit", "1"]).output();
    succeeded(&output);
    let (_, shown) = diff(&[]);
    assert!(shown.contains("`limit` is new: 1"), "{shown}");
}

/// Another threshold is tried with the ledger only; a run with it gives the same result.
#[test]
fn another_threshold_is_tried() {
    let bench = Bench::new();
    let texts: Vec<String> = (1..=40).map(|chars| "x".repeat(chars)).collect();
    bench.documents(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let stages = "[[stage]]\nplugin = \"min-length\"\n[stage.options]\nmin-chars = 10\n\
                  [[stage]]\nplugin = \"min-length\"\n[stage.options]\nmin-chars = 14\n";
    succeeded(&bench.run(stages, &[]));
    let tried = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        let output = textmill().arg("what-if").arg(bench.path("out")).args(sets).output();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (status, shown) =
        tried(&["min-length.min-chars=16", "min-length-2.min-chars=12", "min-length.min-chars=25"]);
    assert_eq!(status, Some(0), "{shown}");
    insta::assert_snapshot!(shown);
    let rejected = bench.ids("rejected.jsonl").len();
    succeeded(&bench.run(&stages.replace("= 10", "= 16"), &[]));
    assert_eq!(bench.ids("rejected.jsonl").len(), rejected + 2);
    // A rule that edits, and rules whose threshold the plugin chose.
    let page = "Menu\nThe ferry across the lower harbour began running again on Tuesday, after a winter in which it was planed.\n\
                The crossing takes nine minutes in calm weather, and eleven when a swan will not move, the board said.\nTides\nBoats\n";
    bench.documents(&[page]);
    let stages = "[[stage]]\nplugin = \"clean\"\noptions = { quality = { gopher-quality = true, thresholds = { gopher-fewest-words = 20 } } }\n";
    succeeded(&bench.run(stages, &[]));
    let sets = [
        "clean.boilerplate-cut=0.01",
        "clean.boilerplate-cut=0.89",
        "clean.boilerplate-cut=0.95",
        "clean.quality.thresholds.gopher-letter-words=1.5",
    ];
    let (status, shown) = tried(&sets);
    assert_eq!(status, Some(0), "{shown}");
    insta::assert_snapshot!("another_threshold_of_edits_is_tried", shown);
    let (status, shown) = tried(&["clean.quality.thresholds.c4-sentences=3"]);
    assert_eq!(status, Some(1));
    assert!(shown.contains("rule `c4-sentences` has no values on the ledger of this run"), "{shown}");
    // Events that the rule compared with another threshold are left out, and the output says so.
    let dated = page.replacen("Menu\n", "Menu\n\nFerry returns to the lower harbour\n\n12 May 2024\n\n", 1);
    bench.documents(&[&dated]);
    succeeded(&bench.run(stages, &[]));
    let (_, shown) = tried(&["clean.boilerplate-cut=0.3"]);
    assert!(shown.contains("not counted: 1 edit or near passage that is held to 0.8, whatever `"), "{shown}");
    // For what cannot be replayed, the hint names what can, but not everything that a plugin has.
    let (_, shown) = tried(&["clean.gopher-fewest-words=3"]);
    assert!(shown.contains("hint: did you mean `clean.quality.thresholds.gopher-fewest-words`?"), "{shown}");
    let (_, shown) = tried(&["clean.min-words=3"]);
    assert!(shown.contains("stage `clean` has no option `min-words`"), "{shown}");
    assert!(shown.contains("hint: `what-if` can try `clean.") && shown.len() < 500, "{shown}");
    let (_, shown) = tried(&["clean.keep-structure=0.5"]);
    assert!(shown.contains("does not hold what is needed to try another `keep-structure`"), "{shown}");
    assert!(shown.contains("--set clean.keep-structure=0.5 --output NEW`, then `textmill diff "), "{shown}");
    let (_, shown) = tried(&["clean.languages=[\"de\"]"]);
    assert!(shown.contains("`clean.languages`: `[\"de\"]` is not a number"), "{shown}");
    succeeded(&bench.run("[[stage]]\nplugin = \"min-length\"\n", &[]));
    let mut said = String::new();
    for set in [
        "min-length.min-words=3",
        "min-length",
        "min-lenth.min-chars=3",
        "min-length.min-chars=many",
        "min-length.min-chars=1.5",
        "min-length.min-chars=-1",
        "min-length.min-chars=99999999999999999999",
    ] {
        let (status, shown) = tried(&[set]);
        assert_eq!(status, Some(1));
        said.push_str(&hide(&shown, bench.folder.path()));
    }
    insta::assert_snapshot!("what_cannot_be_tried_is_said", said);
    // `check` says the same.
    let set = "min-length.min-chars=-1";
    let output = textmill().arg("check").arg(bench.path("pipeline.toml")).args(["--set", set]).output();
    assert!(!output.status.success() && said.contains(&stderr(&output, bench.folder.path())), "{said}");
}

/// The text as it was read is also found in JSON Lines, whatever else they contain.
#[test]
fn removed_passages_are_found_in_lines() {
    let bench = Bench::new();
    let page = "The ferry sails at noon, the harbour office said on Monday, and the island's inn is open. \
        The crossing takes nine minutes in calm weather, and eleven when the swan will not move.";
    let twice = format!("Share on FacebookShare on X\n\n{page}");
    let lines = [
        serde_json::json!({"text": format!("A page that speaks of \"twin\" and no more. {page}"), "id": "first"}),
        serde_json::json!({"about": "twin", "id": "second", "text": page}),
        serde_json::json!({"id": "twin", "text": twice}),
        serde_json::json!({"id": "twin", "text": format!("{twice} And another ferry at one.")}),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n");
    bench.write("input.jsonl", lines);
    succeeded(&bench.run("[[stage]]\nplugin = \"clean\"\n", &[]));
    for id in ["twin", "twin~2"] {
        let explained = shown(&bench, &["explain", id]);
        assert!(explained.contains("    - Share on FacebookShare on X"), "{explained}");
        assert!(!explained.contains("has changed since"), "{explained}");
    }
}

/// A page in an old encoding is shown decoded, and an id that is nearly right leads to the right one.
#[test]
fn a_page_in_an_old_encoding_is_shown_decoded() {
    let bench = Bench::new();
    let page = "Меню\n\nПаром через гавань снова ходит со вторника, после зимы, в которую его чинили, сообщила контора порта.\n\n\
                Переправа занимает девять минут в тихую погоду и одиннадцать, когда лебедь не хочет уйти с дороги.\n\n\
                Первый паром отходит в семь утра, а последний возвращается в восемь вечера, и билеты продают на пристани.\n\n\
                Поделиться в Facebook\n";
    // Windows-1251, where Cyrillic letters have the same order as in Unicode.
    let byte = |sign: char| match u32::from(sign) {
        code @ 0x410..=0x44f => (code - 0x410 + 0xc0) as u8,
        code => code as u8,
    };
    let bytes: Vec<u8> = page.chars().map(byte).collect();
    bench.write("pages/harbour-ru.txt", bytes);
    let text = "[input]\npaths = [\"pages\"]\n[output]\nfolder = \"out\"\n[[stage]]\nplugin = \"clean\"\n";
    let pipeline = bench.write("pipeline.toml", text);
    succeeded(&textmill().arg("run").arg(&pipeline).output());
    let told = shown(&bench, &["explain", "harbour-ru.txt"]);
    assert!(
        told.contains("its bytes are not UTF-8: removed passages are shown decoded as windows-1251"),
        "{told}"
    );
    assert!(
        !told.contains('\u{fffd}')
            && told.contains("    - Поделиться в Facebook")
            && told.contains("    + Паром через"),
        "{told}"
    );
    // Without the column, the encoding is unknown.
    let set = "output.exclude=[\"encoding\"]";
    succeeded(&textmill().arg("run").arg(&pipeline).args(["--set", set]).output());
    let told = shown(&bench, &["explain", "harbour-ru.txt"]);
    assert!(
        told.contains("with a replacement character for each invalid sequence") && told.contains('\u{fffd}'),
        "{told}"
    );
    let output = textmill().arg("explain").arg(bench.path("out")).arg("harbour-ru").output();
    let said = stderr(&output, bench.folder.path());
    assert_eq!(
        said,
        "error: the run `[folder]/out` has no document `harbour-ru`\n  hint: did you mean `harbour-ru.txt`?\n"
    );
}
