//! Merges a pipeline file and the files that it extends into one tree: tables key by key, stages by name. The
//! extending file wins.

use super::problem::{Problem, suggest};
use super::settings::join;
use super::source::Source;
use super::stages::stage_names;
use super::syntax;
use super::tree::{Entry, Kind, Node, Place};
use super::variables::{Environment, lenient};
use std::path::{Component, Path, PathBuf};

/// The key that names the base file.
const EXTENDS: &str = "extends";

/// The merged contents of the files.
pub(super) struct Gathered {
    /// The files, from the one that was named down to the last base.
    pub sources: Vec<Source>,
    /// Their keys, each with its place.
    pub tree: Node,
    /// Whether parts of them could not be read.
    pub gaps: bool,
}

/// Reads the text of a pipeline file and the files that it extends.
pub(super) fn gather(
    path: &Path,
    text: String,
    environment: Environment<'_>,
    problems: &mut Vec<Problem>,
) -> Gathered {
    let mut sources = vec![Source { path: path.to_owned(), text }];
    let mut trees: Vec<Node> = Vec::new();
    let mut gaps = false;
    while let Some(source) = sources.get(trees.len()) {
        let read = syntax::read(&source.text, trees.len());
        problems.extend(read.problems);
        gaps |= read.gaps;
        let mut tree = read.tree;
        let base = take(&mut tree, EXTENDS);
        trees.push(tree);
        if let Some(base) = base {
            match base_of(&base.node, &sources, environment) {
                Ok(source) => sources.push(source),
                Err(problem) => {
                    problems.push(problem);
                    gaps = true;
                }
            }
        }
    }
    let mut trees = trees.into_iter().rev();
    let mut merged = trees.next().unwrap_or_else(|| Node::new(Kind::Table(Vec::new()), Place::file(0, 0..0)));
    move_stages(&mut merged, environment, problems);
    for tree in trees {
        merge_files(&mut merged, tree, &sources, environment, gaps, problems);
        move_stages(&mut merged, environment, problems);
    }
    Gathered { sources, tree: merged, gaps }
}

/// The file that the last of these sources extends.
fn base_of(node: &Node, sources: &[Source], environment: Environment<'_>) -> Result<Source, Problem> {
    let Kind::Text(text) = &node.kind else {
        let message = format!("`{EXTENDS}` must be a string, but it is {}", node.kind_name());
        return Err(Problem::at(&node.place, message).hint("name one file: `extends = \"base.toml\"`"));
    };
    let text = lenient(text, environment);
    let folder = sources.last().map_or(Path::new(""), Source::folder);
    let path: PathBuf = join(folder, &text).components().filter(|part| *part != Component::CurDir).collect();
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(first) = sources.iter().position(|source| real(&source.path) == real(&path)) {
        let chain = sources[first..].iter().map(|source| source.path.display().to_string());
        let chain: Vec<String> = chain.chain([path.display().to_string()]).collect();
        let message = format!("the files extend each other in a circle: {}", chain.join(" -> "));
        return Err(Problem::at(&node.place, message).hint(format!("remove one `{EXTENDS}` from the circle")));
    }
    let unread = |why: String| {
        let message = format!("cannot read {}, which this file extends: {why}", path.display());
        let names = toml_files(path.parent().unwrap_or(Path::new("")));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let hint = suggest(&name, names.iter().map(String::as_str));
        let hint = hint.unwrap_or_else(|| "the path is relative to the folder of this file".into());
        Problem::at(&node.place, message).hint(hint)
    };
    // Reading a pipe would wait forever.
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return Err(unread("it is not a file".into()));
    }
    let text = std::fs::read(&path).map_err(|error| unread(error.to_string()))?;
    let text = String::from_utf8(text).map_err(|error| unread(format!("it is not UTF-8: {error}")))?;
    Ok(Source { path, text })
}

/// The names of the pipeline files in a folder.
pub(super) fn toml_files(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".toml")).collect();
    names.sort();
    names
}

/// Removes an entry from a table and returns it.
fn take(node: &mut Node, key: &str) -> Option<Entry> {
    let Kind::Table(entries) = &mut node.kind else { return None };
    let at = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(at))
}

fn merge_files(
    base: &mut Node,
    mut over: Node,
    sources: &[Source],
    environment: Environment<'_>,
    gaps: bool,
    problems: &mut Vec<Problem>,
) {
    let stages = take(&mut over, "stage");
    let file = over.place.span().map_or(0, |span| span.file);
    merge(base, over);
    let Some(stages) = stages else { return };
    let own = base.entry_mut("stage").map(|entry| &mut entry.node.kind);
    match (own, stages.node.kind) {
        (Some(Kind::List(own)), Kind::List(nodes)) => {
            let known = stage_names(own, environment);
            for (node, name) in nodes.iter().zip(stage_names(&nodes, environment)) {
                match known.iter().position(|known| *known == name) {
                    Some(at) => change(&mut own[at], node.clone(), environment),
                    None if node.entry("plugin").is_none() && node.entry("name").is_some() && !gaps => {
                        let place = node.entry("name").map_or(&node.place, |entry| &entry.node.place);
                        let base = sources.get(file + 1).map(|source| source.path.display().to_string());
                        let base = base.unwrap_or_default();
                        let message = format!("{base} has no stage `{name}` to change");
                        let hint = suggest(&name, known.iter().map(String::as_str));
                        let hint = hint.unwrap_or_else(|| {
                            format!("it has `{}`; a new stage names its `plugin`", known.join("`, `"))
                        });
                        problems.push(Problem::at(place, message).hint(hint));
                    }
                    None => own.push(node.clone()),
                }
            }
        }
        (_, kind) => {
            let node = Node::new(kind, stages.node.place);
            merge(base, Node::new(Kind::Table(vec![Entry { node, ..stages }]), Place::file(file, 0..0)));
        }
    }
}

/// Changes a stage of the base. If the plugin changes, the old options and operator are dropped: they mean
/// nothing to the new plugin.
fn change(stage: &mut Node, over: Node, environment: Environment<'_>) {
    let plugin = |node: &Node| node.text("plugin").map(|text| lenient(text, environment));
    if plugin(&over).is_some_and(|new| plugin(stage).is_none_or(|old| old != new)) {
        take(stage, "options");
        take(stage, "operator");
    }
    merge(stage, over);
}

/// Merges tables key by key. Anything else is replaced.
fn merge(base: &mut Node, over: Node) {
    match (&mut base.kind, over) {
        (Kind::Table(entries), Node { kind: Kind::Table(others), place, used, .. }) => {
            for other in others {
                match entries.iter_mut().find(|entry| entry.key == other.key) {
                    Some(entry) => {
                        entry.place = other.place;
                        merge(&mut entry.node, other.node);
                    }
                    None => entries.push(other),
                }
            }
            base.under.push(std::mem::replace(&mut base.place, place));
            base.used = used;
        }
        (_, over) => *base = over,
    }
}

/// A stage that says where it belongs.
struct Move {
    /// Index of the stage.
    stage: usize,
    /// Index of the stage that it goes next to.
    beside: usize,
    /// Whether it goes after that stage, not before it.
    is_behind: bool,
    /// The place of the key that says so.
    place: Place,
}

/// Moves the stages that say where they belong.
fn move_stages(tree: &mut Node, environment: Environment<'_>, problems: &mut Vec<Problem>) {
    let Some(Kind::List(stages)) = tree.entry_mut("stage").map(|entry| &mut entry.node.kind) else { return };
    let names = stage_names(stages, environment);
    let mut waiting: Vec<Move> = Vec::new();
    for (number, stage) in stages.iter_mut().enumerate() {
        match wish(number, stage, &names, environment) {
            Ok(wish) => waiting.extend(wish),
            Err(found) => problems.extend(found),
        }
    }
    let mut order: Vec<usize> = (0..stages.len()).collect();
    // Several stages that go after the same one keep their order.
    let mut behind: Vec<(usize, usize)> = Vec::new();
    while !waiting.is_empty() {
        // A stage that is itself still to be moved cannot be an anchor yet.
        let ready = waiting.iter().position(|next| waiting.iter().all(|other| other.stage != next.beside));
        let Some(ready) = ready else {
            let circle: Vec<&str> = waiting.iter().map(|m| names[m.stage].as_str()).collect();
            let message = format!("the positions of stages form a circle: `{}`", circle.join("`, `"));
            let hint = "leave `before` and `after` out of one of them";
            problems.push(Problem::at(&waiting[0].place, message).hint(hint));
            break;
        };
        let Move { stage, beside, is_behind, .. } = waiting.remove(ready);
        order.retain(|at| *at != stage);
        let anchor = match behind.iter().rev().find(|(of, _)| is_behind && *of == beside) {
            Some((_, last)) => *last,
            None => beside,
        };
        if is_behind {
            behind.push((beside, stage));
        }
        let at = order.iter().position(|at| *at == anchor).unwrap_or(order.len());
        order.insert((at + usize::from(is_behind)).min(order.len()), stage);
    }
    let mut moved: Vec<Option<Node>> = std::mem::take(stages).into_iter().map(Some).collect();
    stages.extend(order.into_iter().filter_map(|at| moved[at].take()));
}

/// Where a stage wants to be. Removes the keys `before` and `after` from the stage, unless their values are
/// not strings.
fn wish(
    number: usize,
    stage: &mut Node,
    names: &[String],
    environment: Environment<'_>,
) -> Result<Option<Move>, Vec<Problem>> {
    let [before, after] =
        ["before", "after"].map(|key| stage.text(key).is_some().then(|| take(stage, key)).flatten());
    let (entry, is_behind) = match (before, after) {
        (Some(before), Some(after)) => {
            let message = "a stage can have `before` or `after`, not both";
            let both = Problem::at(&after.place, message).hint("leave one of them out");
            let wrong = [(before, false), (after, true)]
                .into_iter()
                .filter_map(|(entry, is_behind)| beside(number, &entry, is_behind, names, environment).err());
            return Err(std::iter::once(both).chain(wrong.map(|problem| *problem)).collect());
        }
        (Some(entry), None) => (entry, false),
        (None, Some(entry)) => (entry, true),
        (None, None) => return Ok(None),
    };
    beside(number, &entry, is_behind, names, environment).map_err(|problem| vec![*problem])
}

/// Where a stage belongs according to one of its keys; `None` if the value is not a string.
fn beside(
    number: usize,
    entry: &Entry,
    is_behind: bool,
    names: &[String],
    environment: Environment<'_>,
) -> Result<Option<Move>, Box<Problem>> {
    let Kind::Text(text) = &entry.node.kind else { return Ok(None) };
    let wanted = lenient(text, environment);
    let place = entry.node.place.clone();
    match names.iter().position(|name| *name == wanted) {
        Some(beside) if beside != number => Ok(Some(Move { stage: number, beside, is_behind, place })),
        found => {
            let others = names.iter().enumerate().filter(|(at, _)| *at != number);
            let others: Vec<&str> = others.map(|(_, name)| name.as_str()).collect();
            let message = match found {
                Some(_) => format!("stage `{wanted}` cannot be placed relative to itself"),
                None => format!("there is no stage `{wanted}`"),
            };
            let hint = suggest(&wanted, others.iter().copied());
            let list = || (!others.is_empty()).then(|| format!("there are `{}`", others.join("`, `")));
            Err(Box::new(Problem::at(&place, message).maybe_hint(hint.or_else(list))))
        }
    }
}

/// Rewrites a path from one of the files as the first file would have to write it.
pub(super) fn from_first(text: &str, place: &Place, sources: &[Source]) -> String {
    let is_path = text.contains(['/', '\\']) && Path::new(text).is_relative();
    let base = match place.span() {
        Some(span) if span.file > 0 && is_path => sources.get(span.file),
        _ => None,
    };
    let first = sources.first().map_or(Path::new(""), Source::folder);
    match base {
        Some(base) if base.folder() != first => {
            let path: PathBuf = join(base.folder(), text);
            std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Draft, Kind};
    use std::fmt::Write as _;

    /// The names of the stages after a file with these changes extends a base of `a`, `b` and `c`, and the
    /// problems found.
    fn over(changes: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let stage =
            |name: &str| format!("[[stage]]\nplugin = \"{name}\"\noptions = {{ x = 1, t = {{ y = 2 }} }}\n");
        std::fs::write(folder.path().join("base.toml"), ["a", "b", "c"].map(stage).concat()).unwrap();
        let path = folder.path().join("over.toml");
        let draft = Draft::parse(&path, format!("extends = \"base.toml\"\n{changes}"), &[]);
        let mut out = String::new();
        for stage in &draft.pipeline.stages {
            let options = stage.options.to_json();
            let options = if options["x"] == 1 { String::new() } else { options.to_string() };
            let _ = write!(out, "{}={}{options} ", stage.name, stage.plugin);
        }
        draft.problems.iter().for_each(|problem| out.push_str(&format!("! {}", problem.message)));
        out.trim_end().to_owned()
    }

    #[test]
    fn stages_are_changed_by_name_and_placed_by_name() {
        let stage = |text: &str| format!("[[stage]]\n{text}\n");
        for (changes, found) in [
            ("", "a=a b=b c=c"),
            ("plugin = \"d\"", "a=a b=b c=c d=d{}"),
            ("plugin = \"d\"\nbefore = \"a\"", "d=d{} a=a b=b c=c"),
            (
                "plugin = \"d\"\nafter = \"a\"\n[[stage]]\nplugin = \"e\"\nafter = \"a\"",
                "a=a d=d{} e=e{} b=b c=c",
            ),
            (
                "plugin = \"d\"\nafter = \"e\"\n[[stage]]\nplugin = \"e\"\nbefore = \"b\"",
                "a=a e=e{} d=d{} b=b c=c",
            ),
            ("name = \"c\"\nbefore = \"a\"", "c=c a=a b=b"),
            ("name = \"b\"\nenabled = false", "a=a c=c"),
            ("plugin = \"b\"\noptions = { x = 3 }", "a=a b=b{\"x\":3,\"t\":{\"y\":2}} c=c"),
            (
                "name = \"b\"\noptions = { x = 3, t = { z = 4 } }",
                "a=a b=b{\"x\":3,\"t\":{\"y\":2,\"z\":4}} c=c",
            ),
            ("name = \"b\"\nplugin = \"f\"\noptions = { z = 4 }", "a=a b=f{\"z\":4} c=c"),
            ("plugin = \"b\"\nname = \"b2\"", "a=a b=b c=c b2=b{}"),
            (
                "name = \"a\"\nafter = \"b\"\n[[stage]]\nname = \"b\"\nafter = \"a\"",
                "a=a b=b c=c ! the positions of stages form a circle: `a`, `b`",
            ),
            (
                "name = \"b\"\nafter = \"x\"\nbefore = \"a\"",
                "a=a b=b c=c ! a stage can have `before` or `after`, not both! there is no stage `x`",
            ),
            ("name = \"b\"\nafter = \"b\"", "a=a b=b c=c ! stage `b` cannot be placed relative to itself"),
        ] {
            let changes = if changes.is_empty() { String::new() } else { stage(changes) };
            assert_eq!(over(&changes), found, "{changes}");
        }
    }

    #[test]
    fn tables_are_merged_key_by_key() {
        let folder = tempfile::tempdir().unwrap();
        let base = "[input]\npaths = [\"a\", \"b\"]\n[input.columns]\nx = \"utf8\"\n[run]\nthreads = 2\n";
        std::fs::write(folder.path().join("base.toml"), base).unwrap();
        let text = "extends = \"base.toml\"\n[input]\npaths = [\"c\"]\n[input.columns]\ny = \"utf8\"\n";
        let draft = Draft::parse(&folder.path().join("over.toml"), text.into(), &[]);
        assert!(draft.problems.is_empty(), "{:?}", draft.problems);
        let tree = &draft.pipeline.tree;
        let json = r#"{"input":{"paths":["c"],"columns":{"x":"utf8","y":"utf8"}},"run":{"threads":2}}"#;
        assert_eq!(tree.to_json().to_string(), json);
        let Kind::Table(entries) = &tree.kind else { panic!("{tree:?}") };
        let files: Vec<usize> = entries.iter().filter_map(|e| Some(e.place.span()?.file)).collect();
        assert_eq!(files, [0, 1]);
    }
}
