//! The C header against the Rust tables: every size, offset, type, number and name, as the C compiler sees
//! them. The behaviour that the header describes is not tested here: plugins in C are built and run in
//! `c_plugins`.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use crate::support::workspace;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use std::any::type_name;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use textmill_core::event::{self, Action};
use textmill_plugin::abi::{self, Table, TmAggregate, TmGroup, TmHost, TmPlan, TmPlugin, TmStr, status};
use textmill_plugin::call::Level;

/// Name of a field's type.
fn type_of<S, T>(_: impl Fn(&S) -> &T) -> &'static str {
    type_name::<T>()
}

/// Asserts the layout of a struct: the offset, size and type of each field, and that there are no other
/// fields. A pattern that names all fields makes a field that is missing here a compile error.
macro_rules! layout {
    ($out:expr, $name:ident { $($field:ident),+ }) => {{
        #[expect(dead_code, reason = "it is there to be compiled")]
        fn names_every_field(table: $name) {
            let $name { $($field: _),+ } = table;
        }
        let name = stringify!($name);
        let mut sum = 0;
        $(
            let (size, kind) = (field_size(|t: &$name| &t.$field), type_of(|t: &$name| &t.$field));
            sum += size;
            let at = std::mem::offset_of!($name, $field);
            layout_of_field($out, name, stringify!($field), at, size, kind);
        )+
        // No gaps: a field that only the header has makes the struct larger.
        assert_eq!(sum, size_of::<$name>(), "{name} has gaps");
        assert_that($out, &format!("sizeof({name}) == {sum}"));
    }};
}

fn field_size<S, T>(_: impl Fn(&S) -> &T) -> usize {
    size_of::<T>()
}

fn assert_that(out: &mut String, condition: &str) {
    let _ = writeln!(out, "_Static_assert({condition}, \"{}\");", condition.replace('"', "'"));
}

fn layout_of_field(out: &mut String, name: &str, field: &str, at: usize, size: usize, kind: &str) {
    assert_that(out, &format!("offsetof({name}, {field}) == {at}"));
    let value = format!("(({name} *)0)->{field}");
    assert_that(out, &format!("sizeof({value}) == {size}"));
    assert_that(out, &format!("_Generic({value}, {}: 1, default: 0)", c_type(kind, "")));
}

/// Translates the name of a Rust type to C. `declarator` is what is declared with this type.
fn c_type(kind: &str, declarator: &str) -> String {
    let kind = kind.trim();
    if let Some(inner) = kind.strip_prefix("core::option::Option<").and_then(|k| k.strip_suffix('>')) {
        return c_type(inner, declarator);
    }
    if let Some(function) = kind.strip_prefix("unsafe extern \"C\" fn(") {
        let (arguments, result) = function.split_once(')').expect("a function type has arguments");
        let arguments: Vec<String> = arguments.split(", ").map(|a| c_type(a, "")).collect();
        let result = result.trim().strip_prefix("-> ").unwrap_or("()");
        return c_type(result, &format!("(*{declarator})({})", arguments.join(", ")));
    }
    for (pointer, qualifier) in [("*mut ", ""), ("*const ", "const ")] {
        if let Some(inner) = kind.strip_prefix(pointer) {
            // A pointer to a pointer has its own qualifier after the star.
            let star = if inner.starts_with('*') { "*" } else { "" };
            let inner = c_type(inner.trim_start_matches("*mut ").trim_start_matches("*const "), "");
            return format!("{qualifier}{inner} *{star}{declarator}");
        }
    }
    let name = match kind.rsplit("::").next().unwrap_or(kind) {
        "u8" => "uint8_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "i32" => "int32_t",
        "()" | "c_void" => "void",
        "FFI_ArrowArray" => "struct ArrowArray",
        "FFI_ArrowSchema" => "struct ArrowSchema",
        own if own.starts_with("Tm") => own,
        other => panic!("the test does not know how C calls `{other}`"),
    };
    format!("{name} {declarator}").trim_end().to_owned()
}

/// A C file that includes the header and asserts everything that the Rust side defines.
fn asserts() -> String {
    let mut text = "#include \"textmill_arrow.h\"\n".to_owned();
    let out = &mut text;
    layout!(out, TmStr { ptr, len });
    layout!(
        out,
        TmHost {
            struct_size,
            abi_minor,
            name,
            version,
            log,
            report,
            should_stop,
            progress,
            metric_add,
            get_extension
        }
    );
    layout!(
        out,
        TmPlugin {
            struct_size,
            abi_major,
            abi_minor,
            flags,
            descriptor,
            bind,
            release_stage,
            new_worker,
            release_worker,
            process,
            flush,
            get_extension
        }
    );
    layout!(
        out,
        TmAggregate { struct_size, flags, state_schema, update, take_state, merge, finish, memory_bytes }
    );
    layout!(out, TmGroup { struct_size, flags, reduce });
    layout!(out, TmPlan { struct_size, flags, plan });
    // The fields of these are Arrow's own; the header asserts their offsets.
    for (name, size) in
        [("ArrowArray", size_of::<FFI_ArrowArray>()), ("ArrowSchema", size_of::<FFI_ArrowSchema>())]
    {
        assert_that(out, &format!("sizeof(struct {name}) == {size}"));
    }
    let entry = c_type(type_name::<abi::EntryPoint>(), "");
    assert_that(out, &format!("_Generic(&textmill_plugin_v1, {entry}: 1, default: 0)"));

    for (name, number) in [
        ("TM_HOST_SIZE_1_0", TmHost::SIZE_1_0),
        ("TM_PLUGIN_SIZE_1_0", TmPlugin::SIZE_1_0),
        ("TM_AGGREGATE_SIZE_1_0", TmAggregate::SIZE_1_0),
        ("TM_GROUP_SIZE_1_0", TmGroup::SIZE_1_0),
        ("TM_PLAN_SIZE_1_0", TmPlan::SIZE_1_0),
    ] {
        assert_that(out, &format!("{name} == {number}"));
    }
    for (name, number) in [
        ("TM_ABI_MAJOR", abi::ABI_MAJOR),
        ("TM_ABI_MINOR", abi::ABI_MINOR),
        ("TM_NO_ROW", abi::NO_ROW),
        ("TM_LEVEL_ERROR", Level::Error as u32),
        ("TM_LEVEL_WARN", Level::Warn as u32),
        ("TM_LEVEL_INFO", Level::Info as u32),
        ("TM_LEVEL_DEBUG", Level::Debug as u32),
        ("TM_ACTION_EDIT", Action::Edit as u32),
        ("TM_ACTION_DROP", Action::Drop as u32),
        ("TM_ACTION_ANNOTATE", Action::Annotate as u32),
        ("TM_ACTION_FAIL", Action::Fail as u32),
    ] {
        assert_that(out, &format!("{name} == {number}u"));
    }
    for (name, number) in [
        ("TM_OK", status::OK),
        ("TM_MORE", status::MORE),
        ("TM_FAILED", status::FAILED),
        ("TM_PANICKED", status::PANICKED),
        ("TM_CANCELLED", status::CANCELLED),
        ("TM_OPTIONS", status::OPTIONS),
        ("TM_UNSUPPORTED", status::UNSUPPORTED),
        ("TM_FATAL", status::FATAL),
    ] {
        assert_that(out, &format!("{name} == {number}"));
    }
    // C cannot compare strings at compile time, so the definitions of the macros are searched for instead.
    for (name, string) in [
        ("TM_SYMBOL", abi::SYMBOL),
        ("TM_SYMBOL_STEM", abi::SYMBOL_STEM),
        ("TM_EXT_AGGREGATE", abi::EXT_AGGREGATE),
        ("TM_EXT_GROUP", abi::EXT_GROUP),
        ("TM_EXT_PLAN", abi::EXT_PLAN),
    ] {
        let line = format!("\n#define {name} \"{string}\"");
        assert!(header().contains(&format!("{line}\n")) || header().contains(&format!("{line} ")), "{name}");
    }
    text
}

fn folder() -> std::path::PathBuf {
    workspace().join("crates/plugin/include")
}

fn header() -> String {
    std::fs::read_to_string(folder().join("textmill_plugin.h")).expect("the header is there")
}

/// Lets a compiler check a text without producing output. Returns its complaints.
fn complaints(compiler: &str, language: &str, text: &str, include: &Path) -> String {
    use std::io::Write as _;
    let mut command = Command::new(compiler);
    command.args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-x"]);
    command.args(match language {
        "c" => ["c", "-std=c11"],
        _ => ["c++", "-std=c++11"],
    });
    command.arg("-I").arg(include).arg("-").stdin(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    let mut child =
        child.unwrap_or_else(|e| panic!("`{compiler}` cannot be run ({e}): the header is checked by it"));
    child.stdin.take().expect("it is piped").write_all(text.as_bytes()).expect("the compiler reads");
    let output = child.wait_with_output().expect("the compiler ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || !said.is_empty(), "`{compiler}` failed and said nothing");
    said
}

#[test]
fn the_header_says_what_the_tables_are() {
    assert_eq!(complaints("cc", "c", &asserts(), &folder()), "");
}

/// The check above finds the differences that it is there to find.
#[test]
fn a_header_that_differs_is_found() {
    let folder = tempfile::TempDir::new().unwrap();
    let helpers = std::fs::read(self::folder().join("textmill_arrow.h")).unwrap();
    std::fs::write(folder.path().join("textmill_arrow.h"), helpers).unwrap();
    let asserts = asserts();
    for (from, to) in [
        // A field that only the header has.
        (
            "  const void *(*get_extension)(TmStr id);\n} TmPlugin;",
            "  const void *(*get_extension)(TmStr id);\n  void *more;\n} TmPlugin;",
        ),
        ("  uint32_t flags;\n  /* The descriptor", "  /* The descriptor"),
        ("  int32_t (*flush)(TmWorker *worker, TmCall *call,", "  int32_t (*flush)(TmWorker *worker,"),
        (
            "  void (*progress)(TmCall *call, uint64_t done, uint64_t total);",
            "  void (*progress)(TmCall *call, uint64_t done, int64_t total);",
        ),
        ("#define TM_MORE 1 ", "#define TM_MORE 2 "),
        ("#define TM_ACTION_DROP 1u", "#define TM_ACTION_DROP 2u"),
    ] {
        let header = header();
        // Without the header's own asserts, which would find it, too.
        let changed = header.replacen(from, to, 1).replace("UINTPTR_MAX == UINT64_MAX", "0");
        assert!(header.contains(from), "the header has no more `{from}`");
        std::fs::write(folder.path().join("textmill_plugin.h"), changed).unwrap();
        let said = complaints("cc", "c", &asserts, folder.path());
        assert!(!said.is_empty(), "nobody notices `{to}`");
    }
}

/// Where there is a C++ compiler, the headers are C++ too.
#[test]
fn the_headers_are_cpp() {
    if Command::new("c++").arg("--version").stdout(Stdio::null()).status().is_ok() {
        assert_eq!(complaints("c++", "c++", "#include \"textmill_arrow.h\"\n", &folder()), "");
    }
}

/// The columns of events, which the header lists in a comment.
#[test]
fn the_header_tells_the_columns_of_events() {
    let header = header();
    let mut from = header.find("action       uint8").expect("a line for each column") - 200;
    for field in event::schema().fields() {
        let format = FFI_ArrowSchema::try_from(field.as_ref()).unwrap().format().to_owned();
        let found = header[from..].lines().find(|line| {
            let mut words = line.trim_start_matches([' ', '*']).split_whitespace();
            words.next() == Some(field.name())
                && words.next() == Some(&textmill_core::column::type_name(field.data_type()))
                && words.next() == Some(&format!("\"{format}\""))
                && (words.next() == Some("nullable")) == field.is_nullable()
        });
        let line = found.unwrap_or_else(|| panic!("the header has no line for `{}`", field.name()));
        from += header[from..].find(line).unwrap() + line.len();
    }
}
