//! `textmill plugin info`.

use super::{open, options::options, print};
use crate::cli::PluginName;
use crate::failure::Failure;
use std::fmt::Write as _;
use textmill_plugin::descriptor::{Kind, OperatorDescriptor, Read, Rows, Threading};

/// Shows a plugin's own description.
pub(super) fn info(args: &PluginName, locked: bool) -> Result<(), Failure> {
    let plugin = open(args, locked)?;
    let about = &plugin.descriptor;
    let mut out = format!("{} {}\n", about.name, about.version);
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {label:9} {value}");
        }
    };
    line("about", &about.description);
    line("licence", &about.licence);
    line("library", &plugin.path.display().to_string());
    line("sha256", &plugin.sha256);
    line("abi", &format!("{}.{}", plugin.abi.0, plugin.abi.1));
    let (stages, steps): (Vec<_>, Vec<_>) = about.operators.iter().partition(|o| o.is_stage());
    for (at, operator) in stages.iter().enumerate() {
        let default = if at == 0 && stages.len() > 1 { ", the default" } else { "" };
        let _ = writeln!(out, "\noperator {}{default}", operator.name);
        describe(operator, &mut out);
    }
    if !steps.is_empty() {
        let names: Vec<&str> = steps.iter().map(|o| o.name.as_str()).collect();
        let _ = writeln!(out, "\nsteps of its plan: {}", names.join(", "));
    }
    print(out.trim_end())
}

/// Describes an operator: what it does, columns, options.
pub fn describe(operator: &OperatorDescriptor, out: &mut String) {
    if !operator.doc.is_empty() {
        let _ = writeln!(out, "  {}", operator.doc.replace('\n', "\n  "));
    }
    let kind = match operator.kind {
        Kind::Map => "map: one document at a time",
        Kind::Aggregate => "aggregate: documents pass through, a report is made",
        Kind::Plan => "plan: needs the whole corpus",
        Kind::Group => "group",
    };
    let rows = match operator.rows {
        Rows::Select => "; may drop documents",
        _ => "",
    };
    let threading = if operator.threading == Threading::Serial { "; one thread" } else { "" };
    let _ = writeln!(out, "  kind      {kind}{rows}{threading}");
    if operator.semantics_version > 1 {
        let _ = writeln!(out, "  version   {} of its output", operator.semantics_version);
    }
    let reads: Vec<String> = operator.reads.iter().map(read).collect();
    let _ =
        writeln!(out, "  reads     {}", if reads.is_empty() { "nothing".into() } else { reads.join(", ") });
    let _ = writeln!(
        out,
        "  writes    {}",
        if operator.writes.is_empty() { "no columns" } else { "" }.trim_end()
    );
    for write in &operator.writes {
        let _ = writeln!(out, "    {}: {}", write.column, write.kind);
    }
    let _ = writeln!(out, "  options");
    options(&operator.options, 4, out);
}

fn read(read: &Read) -> String {
    match (&read.column, &read.option) {
        (Some(column), _) if read.required => column.clone(),
        (Some(column), _) => format!("{column} (if it exists)"),
        (None, Some(option)) => format!("the column that `{option}` names"),
        (None, None) => String::new(),
    }
}
