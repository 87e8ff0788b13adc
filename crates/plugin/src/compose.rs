//! `Compose`: a stage made of several operators of one plugin, according to a plan that the host carries out.

use crate::call::Call;
use crate::descriptor::{Describe, Kind};
use crate::error::{Error, Result};
use crate::operator::{OperatorEntry, Stage, Worker};
use crate::options::{self, Options};
use crate::plan::Plan;
use arrow_schema::{Schema, SchemaRef};
use std::sync::Arc;

/// A stage that needs the whole corpus. It publishes a [`Plan`]; the steps' operators get the same
/// options as the stage.
///
/// The operator of a `map` step is a [`BatchMap`](crate::batch_map::BatchMap) that emits a table
/// ([`Describe::table`]) or a [`Map`](crate::map::Map). The operator of a `group` step is a
/// [`Group`](crate::group::Group). The documents of the step `output` leave the stage. If documents only need
/// to meet under common keys, use [`Corpus`](crate::corpus::Corpus), which writes the plan for you.
///
/// ```
/// use std::ops::Range;
/// use std::sync::Arc;
/// use textmill_plugin::prelude::arrow_array::cast::AsArray;
/// use textmill_plugin::prelude::arrow_array::types::UInt64Type;
/// use textmill_plugin::prelude::arrow_array::{LargeStringArray, UInt64Array};
/// use textmill_plugin::prelude::*;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct NoOptions {}
///
/// /// Marks documents whose text an earlier one has.
/// struct Copies;
///
/// impl Compose for Copies {
///     type Options = NoOptions;
///
///     fn describe() -> Describe {
///         Describe::new("copies").reads("text").writes("copy", DataType::Boolean)
///     }
///
///     fn plan(_: NoOptions) -> Result<Plan> {
///         Ok(Plan::new()
///             .map("keys", "key", "input")
///             .group("later", "find", "keys", &["key"])
///             .map("output", "mark", "input")
///             .with("later"))
///     }
/// }
///
/// /// A key for each document.
/// #[derive(Clone)]
/// struct Key;
///
/// impl BatchMap for Key {
///     type Options = NoOptions;
///     fn describe() -> Describe {
///         Describe::new("key").reads("text").reads("ordinal").table()
///     }
///     fn bind(_: NoOptions) -> Result<Self> {
///         Ok(Self)
///     }
///     fn schema(&self) -> Schema {
///         let field = |name, kind| Field::new(name, kind, false);
///         Schema::new(vec![field("key", DataType::LargeUtf8), field("ordinal", DataType::UInt64)])
///     }
///     fn process(&mut self, batch: &RecordBatch, _: &Call<'_>) -> Result<Output> {
///         let keys = LargeStringArray::from_iter_values(Row::of(batch).map(|row| row.text().trim()));
///         let ordinals = UInt64Array::from_iter_values(Row::of(batch).map(|row| row.ordinal()));
///         let columns: Vec<ArrayRef> = vec![Arc::new(keys), Arc::new(ordinals)];
///         Ok(Output { documents: RecordBatch::try_new(Arc::new(self.schema()), columns)?, events: Events::new() })
///     }
/// }
///
/// /// All but the first of each key.
/// #[derive(Clone)]
/// struct Find;
///
/// impl Group for Find {
///     type Options = NoOptions;
///     fn describe() -> Describe {
///         Describe::new("find").reads("key").reads("ordinal").smallest_group(2)
///     }
///     fn bind(_: NoOptions) -> Result<Self> {
///         Ok(Self)
///     }
///     fn schema(&self) -> Schema {
///         Schema::new(vec![Field::new("ordinal", DataType::UInt64, false)])
///     }
///     fn reduce(&mut self, rows: &RecordBatch, groups: &[Range<usize>], _: &Call<'_>) -> Result<RecordBatch> {
///         let ordinals = rows.column_by_name("ordinal").ok_or("there are no ordinals")?;
///         let ordinals = ordinals.as_primitive::<UInt64Type>();
///         let later = groups.iter().flat_map(|group| group.clone().skip(1)).map(|row| ordinals.value(row));
///         let later: ArrayRef = Arc::new(UInt64Array::from_iter_values(later));
///         Ok(RecordBatch::try_new(Arc::new(self.schema()), vec![later])?)
///     }
/// }
///
/// /// Marks what was found.
/// #[derive(Clone)]
/// struct Mark;
///
/// impl Map for Mark {
///     type Options = NoOptions;
///     fn describe() -> Describe {
///         Describe::new("mark").reads("text").reads("later").writes("copy", DataType::Boolean).step()
///     }
///     fn bind(_: NoOptions) -> Result<Self> {
///         Ok(Self)
///     }
///     fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
///         let found = doc.value("later").as_array().is_some_and(|rows| !rows.is_empty());
///         doc.set("copy", found);
///         Ok(())
///     }
/// }
///
/// # fn main() {
/// # let operators =
/// vec![compose::<Copies>(), batch_map::<Key>(), group::<Find>(), map::<Mark>()] // go into `export!`, the stage first
/// # ;
/// # #[cfg(feature = "cases")]
/// # {
/// # use textmill_plugin::{harness::{Case, Document, run}, operator::PluginSpec};
/// # let plugin = PluginSpec { name: "copies".into(), version: "1.0.0", licence: "", description: "", operators };
/// # let document = |text: &str| Document { bytes: text.into(), ..Document::default() };
/// # let case = Case { documents: ["a", "b", "a"].map(document).to_vec(), ..Case::of("") };
/// # let outcome = run(&plugin, None, &case, 2).unwrap();
/// # let marks: Vec<_> = outcome.verdicts.iter().map(|v| v.columns["copy"].as_bool().unwrap()).collect();
/// # assert_eq!(marks, [false, false, true]);
/// # }
/// # }
/// ```
pub trait Compose: 'static {
    /// What a pipeline can set.
    type Options: Options;

    /// Name of the stage's operator, and the columns and rows of the plan's `output` step.
    fn describe() -> Describe;

    /// The plan for these options.
    ///
    /// # Errors
    /// If the options contradict one another.
    fn plan(options: Self::Options) -> Result<Plan>;
}

/// The entry of a [`Compose`] in `export!`.
pub fn compose<T: Compose>() -> OperatorEntry {
    OperatorEntry {
        descriptor: T::describe().finish(Kind::Plan, options::schema::<T::Options>()),
        bind: bind::<T>,
    }
}

fn bind<T: Compose>(_call: &Call<'_>, json: &str, _input: SchemaRef) -> Result<Box<dyn Stage>> {
    let plan = T::plan(options::parse(json)?).map_err(Error::of_options)?;
    plan.check()?;
    Ok(Box::new(ComposeStage { plan: serde_json::to_string(&plan)? }))
}

struct ComposeStage {
    plan: String,
}

impl Stage for ComposeStage {
    fn output_schema(&self) -> SchemaRef {
        Arc::new(Schema::empty())
    }

    fn new_worker(&self, _call: &Call<'_>) -> Result<Box<dyn Worker>> {
        Err(Error::unsupported("process; it is made of the steps of a plan"))
    }

    fn plan(&self) -> Option<String> {
        Some(self.plan.clone())
    }
}
