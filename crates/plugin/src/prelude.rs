//! Everything that a plugin usually needs: `use textmill_plugin::prelude::*`.

pub use crate::aggregate::{Aggregate, aggregate};
pub use crate::batch_map::{BatchMap, batch_map};
pub use crate::call::{Call, Level};
pub use crate::compose::{Compose, compose};
pub use crate::corpus::{Corpus, Emitter, Findings, corpus};
pub use crate::descriptor::{Describe, Drops};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::group::{Group, group};
pub use crate::map::{Map, map};
pub use crate::operator::Output;
pub use crate::options::Checks;
pub use crate::plan::Plan;
pub use crate::row::{Doc, Row};
pub use arrow_array::{self, Array, ArrayRef, RecordBatch};
pub use arrow_schema::{self, DataType, Field, Schema};
pub use schemars::{self, JsonSchema};
pub use serde::{self, Deserialize, Serialize};
pub use serde_json::{Value, json};
pub use textmill_core::column::{list, structure};
pub use textmill_core::edit::{Edit, Edits, Rewriter};
pub use textmill_core::event::{Action, Event, Events};
