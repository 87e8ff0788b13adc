//! Each stage through its loaded library, against the snapshots that its own crate checks natively.

use crate::support::{plugin, workspace};

macro_rules! stage {
    ($test:ident, $plugin:literal) => {
        #[test]
        fn $test() {
            textmill_plugin::harness::snapshots(
                &plugin($plugin),
                workspace().join("tests/stages").join($plugin),
            );
        }
    };
}

stage!(clean, "clean");
stage!(dedupe, "dedupe");
stage!(extract, "extract");
stage!(summarize_stats, "summarize-stats");
