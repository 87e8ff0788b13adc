//! The workspace of a user: a pipeline with a sample. The caller decides which plugins it has.

use super::folder::Folder;
use crate::config::SCHEMA_FILE;
use crate::failure::Failure;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use textmill_core::column::{ID, MEDIA_TYPE, ORDINAL, RAW, SOURCE, TEXT};
use textmill_plugin::descriptor::{Kind, OperatorDescriptor, PluginDescriptor};

/// Name of the pipeline file.
pub const PIPELINE_FILE: &str = "pipeline.toml";

const PAGES: [(&str, &str); 5] = [
    ("01-night-market.txt", include_str!("../../templates/workspace/pages/01-night-market.txt")),
    ("02-swing-bridge.txt", include_str!("../../templates/workspace/pages/02-swing-bridge.txt")),
    (
        "03-night-market-copied.txt",
        include_str!("../../templates/workspace/pages/03-night-market-copied.txt"),
    ),
    ("04-only-a-menu.txt", include_str!("../../templates/workspace/pages/04-only-a-menu.txt")),
    ("05-seed-library.txt", include_str!("../../templates/workspace/pages/05-seed-library.txt")),
];
const README: &str = include_str!("../../templates/workspace/README.md");
const PLUGINS: &str = include_str!("../../templates/workspace/plugins.md");
const IGNORED: &str = include_str!("../../templates/workspace/gitignore");

/// The patterns that a workspace's version control should ignore.
pub fn ignored() -> String {
    IGNORED.lines().collect::<Vec<_>>().join(" ")
}

/// Writes a workspace whose pipeline has these plugins as its stages, except for the schema and the snapshots
/// of the sample.
///
/// # Errors
/// If a file cannot be written.
pub fn workspace(folder: &Folder, plugins: &[(&str, &PluginDescriptor)]) -> Result<(), Failure> {
    let name = name_of(folder.path());
    for (file, text) in PAGES {
        folder.write(&format!("pages/{file}"), text)?;
    }
    folder.write("plugins/README.md", PLUGINS)?;
    for (file, text) in [(".gitignore", IGNORED.to_owned()), ("README.md", README.replace("{{name}}", &name))]
    {
        if !folder.has(file) {
            folder.write(file, text)?;
        }
    }
    folder.write(PIPELINE_FILE, pipeline(&name, plugins))
}

/// The name of a folder, which may be given as `.` or the like.
fn name_of(folder: &Path) -> String {
    let place = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    place.file_name().map_or_else(|| "corpus".into(), |name| name.to_string_lossy().into_owned())
}

fn pipeline(name: &str, plugins: &[(&str, &PluginDescriptor)]) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut out = format!(
        "#:schema ./{SCHEMA_FILE}\n\n[pipeline]\nname = {}\n\n[input]\n\
         # Files, folders and globs, relative to this file.\npaths = [\"pages\"]\n\n[output]\nfolder = \"out\"\n",
        quoted(name)
    );
    out.push_str(
        "\n# Test inputs of `textmill test`; the accepted results are in `snapshots`.\n\
         [test]\ninputs = [\"pages\"]\n",
    );
    out.push_str("\n# The stages, in order. `textmill plugin info NAME` shows the options of each.\n");
    for (name, descriptor) in plugins {
        let about = descriptor.description.lines().next().unwrap_or_default();
        let _ = writeln!(out, "\n# {about}.");
        let _ = writeln!(out, "[[stage]]\nplugin = {}", quoted(name));
    }
    if plugins.is_empty() {
        out.push_str(
            "\n# `textmill plugin list` shows what can stand here.\n# [[stage]]\n# plugin = \"…\"\n",
        );
    }
    out
}

/// Whether a plugin can be a stage of a new pipeline: it needs no option, and no columns but the text and
/// those that every document has.
pub fn suits_any_text(plugin: &PluginDescriptor) -> bool {
    let given = [ID, SOURCE, TEXT, MEDIA_TYPE, ORDINAL, RAW];
    plugin.operators.first().is_some_and(|operator| {
        let wants = |option: &Value| option.get("required").and_then(Value::as_array).map_or(0, Vec::len);
        let mut needed = operator.reads.iter().filter(|read| read.required);
        operator.is_stage()
            && wants(&operator.options) == 0
            && needed.all(|read| read.column.as_deref().is_some_and(|column| given.contains(&column)))
    })
}

/// The place of a plugin in a pipeline, if nothing else is known: plugins that edit the text come first, then
/// those that compare documents, then those that annotate the remaining ones, and reports come last.
pub fn rank(plugin: &PluginDescriptor) -> u8 {
    let edits = |operator: &OperatorDescriptor| operator.writes.iter().any(|write| write.column == TEXT);
    match plugin.operators.first() {
        Some(operator) if operator.kind == Kind::Map && edits(operator) => 0,
        Some(operator) if operator.kind == Kind::Plan => 1,
        Some(operator) if operator.kind == Kind::Map => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Pipeline;
    use serde_json::json;

    fn plugin(operator: Value) -> PluginDescriptor {
        let plugin = json!({"name": "any", "version": "1", "description": "Any", "operators": [operator]});
        serde_json::from_value(plugin).unwrap()
    }

    #[test]
    fn plugins_that_want_more_than_text_are_left_out() {
        let read = |column: &str, required: bool| json!([{"column": column, "required": required}]);
        for (operator, suits) in [
            (json!({"name": "a", "kind": "map", "reads": read("text", true)}), true),
            (json!({"name": "a", "kind": "map", "reads": read("url", false)}), true),
            (json!({"name": "a", "kind": "map", "reads": read("url", true)}), false),
            (json!({"name": "a", "kind": "map", "options": {"required": ["b"]}}), false),
            (json!({"name": "a", "kind": "map", "step": true}), false),
            (json!({"name": "a", "kind": "group"}), false),
        ] {
            assert_eq!(suits_any_text(&plugin(operator.clone())), suits, "{operator}");
        }
    }

    #[test]
    fn the_pipeline_is_one_whatever_its_folder_is_called() {
        let descriptor = plugin(json!({"name": "a", "kind": "map"}));
        for name in ["corpus", "it's \"mine\"", "a\\b"] {
            for plugins in [&[][..], &[("any", &descriptor)]] {
                let text = pipeline(name, plugins);
                let read = Pipeline::parse(Path::new(PIPELINE_FILE), text, &[]).unwrap();
                assert_eq!((read.name.as_str(), read.stages.len()), (name, plugins.len()));
            }
        }
    }
}
