//! A stage with a plan, run out of core, must give exactly what the same stage gives in memory.

use crate::support::plugin;
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use textmill::spill::{Budget, SpillStore};
use textmill_plugin::call::{Call, NoHost};
use textmill_plugin::drive::bind::BoundOperator;
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::drive::spread::OneThread;
use textmill_plugin::harness::{Case, Document};
use textmill_plugin::operator::Plugin;

/// Texts of few words, many of them alike.
fn corpus() -> impl Strategy<Value = Vec<String>> {
    let text = |(base, place): (usize, usize)| {
        let mut words: Vec<String> = (0..40).map(|n| format!("w{}", (n * (base + 3)) % 17)).collect();
        if let Some(word) = words.get_mut(place) {
            "changed".clone_into(word);
        }
        words.join(" ")
    };
    prop::collection::vec((0usize..6, 0usize..60).prop_map(text), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn near_duplicates_are_the_same_in_any_memory(texts in corpus(), size in 1usize..30, budget in 0u64..300_000,
                                                  floor in 0u64..20_000) {
        let plugin = plugin("dedupe");
        let document = |(n, text): (usize, &String)| Document {
            id: format!("d{n}"),
            bytes: text.as_bytes().to_vec(),
            ..Document::default()
        };
        let case = Case { documents: texts.iter().enumerate().map(document).collect(), ..Case::of("") };
        let whole = case.batch().unwrap();
        let starts = (0..whole.num_rows()).step_by(size);
        let batches: Vec<_> = starts.map(|s| whole.slice(s, size.min(whole.num_rows() - s))).collect();
        let call = Call::new(&NoHost);
        let options = json!({});
        let bound = BoundOperator::bind(&plugin as &dyn Plugin, &call, None, &options, whole.schema_ref());
        let plan = bound.map_err(|e| e.message).unwrap().stage.plan().unwrap();
        let plan = serde_json::from_str(&plan).unwrap();
        let plan = BoundPlan::bind(&plugin, &call, &plan, &options, &whole.schema()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let budget = Budget::new(budget);
        let store = SpillStore::new(folder.path().to_owned(), Arc::clone(&budget)).with_floor(floor);
        let here = plan.run(&NoHost, &batches).unwrap();
        let (there, _) = plan.run_in(&NoHost, &OneThread, &store, &batches).unwrap();
        prop_assert_eq!(here.len(), there.len());
        for (here, there) in here.into_iter().zip(there) {
            prop_assert_eq!(here.documents, there.documents);
            prop_assert_eq!(here.kept, there.kept);
            prop_assert_eq!(here.events, there.events);
        }
        drop(store);
        prop_assert_eq!(budget.used(), 0);
        prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
