//! Libraries that are not loaded: those that others can change or replace.
#![cfg(unix)]

use crate::support::{Bench, examples, hide, textmill};
use std::fmt::Write as _;
use std::fs::{Permissions, copy, create_dir, set_permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use textmill::host::{LoadedPlugin, library_name};

/// The id of a user who does not exist.
const SOMEBODY: u32 = 47_110;

fn mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A copy of a plugin in its own folder, with the modes that a umask of 022 gives.
fn library(bench: &Bench, folder: &str) -> PathBuf {
    mode(bench.folder.path(), 0o755);
    create_dir(bench.path(folder)).unwrap();
    mode(&bench.path(folder), 0o755);
    let name = library_name("min-length");
    let path = bench.path(folder).join(&name);
    copy(examples().join(name), &path).unwrap();
    mode(&path, 0o755);
    path
}

fn is_root(bench: &Bench) -> bool {
    bench.folder.path().metadata().unwrap().uid() == 0
}

/// What the user is told, with the same name of the library on every system.
fn refused(bench: &Bench, path: &Path) -> String {
    let error = LoadedPlugin::open(path).err().expect("it is refused");
    let shown = format!("{error}\n  hint: {}\n", error.hint.as_deref().unwrap_or("none"));
    hide(&shown, bench.folder.path()).replace(&library_name("min-length"), "[library]")
}

#[test]
fn a_library_that_others_can_change_is_refused() {
    let bench = Bench::new();
    let path = library(&bench, "plugins");
    let folder = path.parent().unwrap();
    assert!(LoadedPlugin::open(&path).is_ok());
    let mut shown = String::new();
    let mut show = |what: &str, path: &Path| {
        let _ = writeln!(shown, "{what}\n{}", refused(&bench, path));
    };

    mode(&path, 0o757);
    show("a library that anybody can write to", &path);
    mode(&path, 0o755);
    mode(folder, 0o777);
    show("a folder that anybody can write to", &path);
    mode(folder, 0o1777);
    assert!(LoadedPlugin::open(&path).is_ok(), "a sticky folder leaves what is in it to its owner");
    mode(folder, 0o755);

    let links = bench.path("all links");
    create_dir(&links).unwrap();
    mode(&links, 0o755);
    let link = links.join("plugins");
    symlink(folder, &link).unwrap();
    let by_link = link.join(library_name("min-length"));
    let loaded = LoadedPlugin::open(&by_link).map_err(|e| e.to_string()).unwrap();
    assert_eq!(loaded.path, path.canonicalize().unwrap(), "what is shown is the library, not the way to it");
    mode(&links, 0o777);
    show("a link that anybody can change", &by_link);
    mode(&links, 0o1777);
    assert!(LoadedPlugin::open(&by_link).is_ok());

    show("a folder", folder);
    let pipe = folder.join("libpipe.so");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    show("a pipe, which nobody writes to", &pipe);
    show("nothing", &folder.join("libnothing.so"));
    insta::assert_snapshot!(shown);
}

/// Only root can give files away. Any other user checks that here, and that a library of root's is accepted.
#[test]
fn a_library_of_somebody_else_is_refused() {
    let bench = Bench::new();
    let path = library(&bench, "plugins");
    let folder = path.parent().unwrap();
    if !is_root(&bench) {
        let error = chown(&path, Some(SOMEBODY), None).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
        // A library of root's passes the check of its owner, even if it is no plugin.
        let shell = Path::new("/bin/sh").canonicalize().unwrap();
        let error = LoadedPlugin::open(&shell).err().expect("a program is no plugin");
        assert!(!error.message.contains("belongs"), "{error}");
        return;
    }
    let mut shown = String::new();
    let mut show = |what: &str, path: &Path| {
        let _ = writeln!(shown, "{what}\n{}", refused(&bench, path));
    };
    chown(&path, Some(SOMEBODY), None).unwrap();
    show("a library of another user", &path);
    chown(&path, Some(0), Some(SOMEBODY)).unwrap();
    mode(&path, 0o775);
    show("a library that a group can write to", &path);
    chown(&path, Some(0), Some(0)).unwrap();
    assert!(LoadedPlugin::open(&path).is_ok(), "a group of the user's own is no other");
    chown(folder, Some(SOMEBODY), None).unwrap();
    show("a folder of another user", &path);
    chown(folder, Some(0), Some(SOMEBODY)).unwrap();
    mode(folder, 0o2775);
    show("a folder that a group can write to", &path);
    mode(folder, 0o755);

    let link = bench.path("link.so");
    symlink(&path, &link).unwrap();
    lchown(&link, Some(SOMEBODY), None).unwrap();
    show("a link of another user", &link);
    lchown(&link, Some(0), None).unwrap();
    assert!(LoadedPlugin::open(&link).is_ok());
    insta::assert_snapshot!(shown);
}

/// A library that replaces another is loaded as a new one, and one that was overwritten while in use is
/// refused.
#[test]
fn what_is_loaded_is_what_was_hashed() {
    let bench = Bench::new();
    let path = library(&bench, "plugins");
    let first = LoadedPlugin::open(&path).map_err(|e| e.to_string()).unwrap();
    assert_eq!(LoadedPlugin::open(&path).map_err(|e| e.to_string()).unwrap().sha256, first.sha256);

    // The same name, and perhaps the same number of the descriptor: not the library from before.
    let other = examples().join(library_name("bad-plugin"));
    let fresh = bench.path("fresh");
    copy(&other, &fresh).unwrap();
    mode(&fresh, 0o755);
    std::fs::rename(&fresh, &path).unwrap();
    let second = LoadedPlugin::open(&path).map_err(|e| e.to_string()).unwrap();
    assert_ne!(second.sha256, first.sha256);
    assert_eq!(
        (first.descriptor.name.as_str(), second.descriptor.name.as_str()),
        ("min-length", "bad-plugin")
    );

    // Bytes after the end of a library are not part of what is loaded, so writing them breaks nothing here.
    let mut file = std::fs::File::options().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, b"more").unwrap();
    let refused = refused(&bench, &path);
    assert!(refused.contains("it was overwritten after this process loaded it"), "{refused}");
}

/// The loader would map missing pages, and the process would die without a message when it reads them.
#[cfg(target_os = "linux")]
#[test]
fn a_library_that_is_cut_off_is_refused() {
    let bench = Bench::new();
    let path = library(&bench, "plugins");
    let whole = path.metadata().unwrap().len();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    for bytes in [whole - 1, whole / 2, 100_000, 64, 10] {
        file.set_len(bytes).unwrap();
        let shown = textmill().args(["plugin", "info", path.to_str().unwrap()]).output();
        let told = String::from_utf8_lossy(&shown.stderr);
        assert_eq!(shown.status.code(), Some(1), "{bytes}: {told}");
        let cut = format!("the file is cut off: it has {bytes} bytes, and its headers speak of ");
        assert!(told.contains(&cut) && told.contains("copy the library again"), "{told}");
    }
}

/// A program with more rights than its caller does not trust what the caller's environment says about
/// plugins.
#[test]
fn a_program_with_more_rights_believes_no_environment() {
    let bench = Bench::new();
    let call = || textmill().args(["plugin", "which", "min-length"]);
    let listed = |output: std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let trusted = listed(call().output());
    assert!(
        trusted.contains("TEXTMILL_PLUGIN_PATH") && trusted.contains("the user's data folder"),
        "{trusted}"
    );
    if is_root(&bench) {
        let output = call().on_behalf_of(SOMEBODY).output();
        let (told, shown) = (String::from_utf8_lossy(&output.stderr).into_owned(), listed(output));
        assert!(shown.contains("beside the program"), "{shown}{told}");
        assert!(!shown.contains("TEXTMILL_PLUGIN_PATH") && !shown.contains("data folder"), "{shown}");
    }
}
