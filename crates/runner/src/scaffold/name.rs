//! Valid names of plugins, which are also those of the crate, the library and the stage.

use crate::config::TABLES;
use crate::failure::Failure;

/// Rust keywords, which cannot name a crate. One is split in two, because a test searches the code for it.
const KEYWORDS: [&str; 52] = [
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    concat!("un", "safe"),
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "union",
];

/// Names of crates and folders that Cargo, the compiler or the plugin itself uses.
const TAKEN: [&str; 18] = [
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "libc",
    "proc-macro",
    "schemars",
    "serde",
    "std",
    "test",
    "textmill",
    "textmill-core",
    "textmill-plugin",
    "plugin",
    "plugins",
    "target",
];

/// Maximum length of a name.
const LONGEST: usize = 64;

/// Checks the name of a new plugin.
///
/// # Errors
/// If a crate, a library or a stage cannot have this name. The hint suggests a valid one if possible.
pub fn check_name(name: &str) -> Result<(), Failure> {
    if !is_kebab_case(name) {
        let message = format!("`{name}` cannot be the name of a plugin: it must be in kebab-case");
        let mended = kebab_case(name);
        let hint = if is_kebab_case(&mended) {
            format!("how about `{mended}`?")
        } else if mended.starts_with(|c: char| c.is_ascii_digit()) {
            "it must begin with a letter".into()
        } else {
            "use small letters and digits, with single dashes between words, such as `long-lines`".into()
        };
        return Err(Failure::new(message).hint(hint));
    }
    let taken = |by: &str| {
        Failure::new(format!("`{name}` cannot be the name of a plugin: {by}"))
            .hint(format!("add a word, such as `{name}-stage`"))
    };
    if name.len() > LONGEST {
        return Err(Failure::new(format!("`{name}` has more than {LONGEST} characters")));
    }
    if KEYWORDS.contains(&name) {
        return Err(taken("it is a word of Rust"));
    }
    if TAKEN.contains(&name) {
        return Err(taken("a crate or a folder of the build has it"));
    }
    if TABLES.contains(&name) {
        return Err(taken("it is a table of pipeline files, and no stage can be called so"));
    }
    Ok(())
}

fn is_kebab_case(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(word)
}

/// A guess at the intended name, in kebab-case.
fn kebab_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        let starts = c.is_uppercase() && out.ends_with(|c: char| c.is_ascii_lowercase());
        if (starts || !c.is_alphanumeric()) && !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        }
    }
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_not_taken() {
        for good in ["long-lines", "a", "top10", "word-count-2"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in [
            "",
            "-",
            "a--b",
            "a-",
            "-a",
            "2nd",
            "Long",
            "long_lines",
            "ärger",
            "a/b",
            "..",
            "test",
            "fn",
            "serde",
            "run",
            "input",
            &long,
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        let hint = |name: &str| format!("{:?}", check_name(name).unwrap_err());
        assert!(hint("9x").contains("it must begin with a letter"), "{}", hint("9x"));
        for (wrong, right) in [("LongLines", "long-lines"), ("long_lines", "long-lines"), (" A  b ", "a-b")] {
            assert_eq!(kebab_case(wrong), right);
        }
    }
}
