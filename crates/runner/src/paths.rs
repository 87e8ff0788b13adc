//! Relative paths.

use std::path::{Component, Path, PathBuf};

/// The relative path from a folder to a folder or a file. Both must be absolute and without links.
pub fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(Component::ParentDir, from.len() - common);
    up.chain(to[common..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/a/mine", "/a/textmill/crates/plugin"), "../textmill/crates/plugin");
        assert_eq!(way("/a/textmill/x/y", "/a/textmill/crates/plugin"), "../../crates/plugin");
    }
}
