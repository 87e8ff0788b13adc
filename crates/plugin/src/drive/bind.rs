//! Binding an operator: which columns it is passed, which it adds.

use crate::call::Call;
use crate::descriptor::{Kind, OperatorDescriptor, PluginDescriptor, Read, Rows};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{Plugin, Stage};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::Value;
use std::sync::Arc;
use textmill_core::batch::to_layout;
use textmill_core::column::{CARRIED, HIDDEN, ID, ORDINAL, RAW, ROW, SOURCE, TEXT};
use textmill_core::column::{is_supported, parse_type, type_name};

/// An operator bound to options and to the columns that reach it.
pub struct BoundOperator {
    /// What it says about itself.
    pub descriptor: OperatorDescriptor,
    /// The bound operator.
    pub stage: Box<dyn Stage>,
    /// Columns that it is passed, with the types that they are cast to.
    pub passed: SchemaRef,
    /// Columns that it returns.
    pub answered: SchemaRef,
    /// Columns after it: those that reach it, with those that it writes in their place or appended. For a
    /// table step, [`BoundOperator::answered`].
    pub after: SchemaRef,
}

impl BoundOperator {
    /// Binds an operator of `plugin` (`None`: the first) to `options` and to rows of `input`.
    ///
    /// # Errors
    /// If a column is missing, the options do not fit, or the operator returns other columns than it
    /// declares.
    pub fn bind(
        plugin: &dyn Plugin,
        call: &Call<'_>,
        operator: Option<&str>,
        options: &Value,
        input: &Schema,
    ) -> Result<Self> {
        let descriptor = find(&plugin.describe(), operator)?;
        let passed = Arc::new(passed_columns(&descriptor, options, input)?);
        let stage = plugin.bind(call, &descriptor.name, &options.to_string(), Arc::clone(&passed))?;
        let answered = stage.output_schema();
        check_answer(&descriptor, &answered)?;
        let after = match descriptor.rows {
            Rows::Table => Arc::clone(&answered),
            _ => Arc::new(columns_after(input, &answered)),
        };
        Ok(Self { descriptor, stage, passed, answered, after })
    }

    /// The columns of `batch` that the operator is passed, cast to the types it asked for.
    ///
    /// # Errors
    /// If `batch` has other columns than those that the operator was bound to.
    pub fn project(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let column = |field: &Arc<Field>| -> Result<ArrayRef> {
            let array = batch.column_by_name(field.name());
            let array = array.ok_or_else(|| format!("a batch has no column `{}`", field.name()))?;
            Ok(to_layout(array, field.data_type())?)
        };
        let columns: Result<Vec<ArrayRef>> = self.passed.fields().iter().map(column).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.passed), columns?, &options)?)
    }

    /// Whether the operator may drop documents.
    pub fn selects(&self) -> bool {
        self.descriptor.rows == Rows::Select
    }
}

fn find(plugin: &PluginDescriptor, operator: Option<&str>) -> Result<OperatorDescriptor> {
    match (plugin.operator(operator), operator) {
        (Some(found), _) => Ok(found.clone()),
        (None, Some(name)) => {
            let known: Vec<String> = plugin.operators.iter().map(|o| format!("`{}`", o.name)).collect();
            Err(format!("plugin `{}` has no operator `{name}`; it has {}", plugin.name, known.join(", "))
                .into())
        }
        (None, None) => Err(format!("plugin `{}` has no operators", plugin.name).into()),
    }
}

/// A required column that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingColumn {
    /// Its name.
    pub name: String,
    /// The option that names it, if one does.
    pub option: Option<String>,
    /// Type that the operator reads it as, in words; `None` means any type.
    pub kind: Option<String>,
}

/// Every required column of an operator that `input` lacks.
pub fn missing_columns(
    descriptor: &OperatorDescriptor,
    options: &Value,
    input: &Schema,
) -> Vec<MissingColumn> {
    let missing = |read: &Read| {
        let (name, required) = column_name(read, descriptor, options)?;
        (required && input.field_with_name(name).is_err()).then(|| MissingColumn {
            name: name.to_owned(),
            option: read.option.clone(),
            kind: read.kind.clone(),
        })
    };
    descriptor.reads.iter().filter_map(missing).collect()
}

/// The columns of `input` that an operator is passed.
///
/// # Errors
/// If a required column is missing.
pub fn passed_columns(descriptor: &OperatorDescriptor, options: &Value, input: &Schema) -> Result<Schema> {
    let mut fields: Vec<Field> = Vec::new();
    for read in &descriptor.reads {
        let Some((name, required)) = column_name(read, descriptor, options) else { continue };
        if fields.iter().any(|f| f.name() == name) {
            continue;
        }
        let Ok(field) = input.field_with_name(name) else {
            if required {
                return Err(missing_column(name, read, input));
            }
            continue;
        };
        let kind = match &read.kind {
            None => field.data_type().clone(),
            Some(words) => cast_target(field, parse_type(words)?)?,
        };
        fields.push(Field::new(name, kind, true));
    }
    Ok(Schema::new(fields))
}

/// Name of the column to read, and whether it is required. A column that an option names is required once the
/// option is set. If the option is not set but has a default, `required` of the declaration decides.
fn column_name<'a>(
    read: &'a Read,
    descriptor: &'a OperatorDescriptor,
    options: &'a Value,
) -> Option<(&'a str, bool)> {
    if let Some(column) = &read.column {
        return Some((column, read.required));
    }
    let option = read.option.as_deref()?;
    match options.get(option) {
        Some(value) => Some((value.as_str()?, true)),
        None => {
            let default = descriptor.options.pointer(&format!("/properties/{option}/default"));
            Some((default?.as_str()?, read.required))
        }
    }
}

fn missing_column(name: &str, read: &Read, input: &Schema) -> Error {
    let known = input.fields().iter().map(|f| f.name().as_str());
    let known: Vec<String> = known.filter(|n| !HIDDEN.contains(n)).map(|n| format!("`{n}`")).collect();
    let why = match &read.option {
        Some(option) => format!("option `{option}` names the column `{name}`"),
        None => format!("it reads the column `{name}`"),
    };
    let message = format!("{why}, which nothing before it gives; there are {}", known.join(", "));
    Error::new(ErrorKind::Options, message)
}

fn cast_target(field: &Field, wanted: DataType) -> Result<DataType> {
    if *field.data_type() == wanted || (is_string(field.data_type()) && is_string(&wanted)) {
        return Ok(wanted);
    }
    let (have, want) = (type_name(field.data_type()), type_name(&wanted));
    Err(format!("column `{}` is {have}, and it reads it as {want}", field.name()).into())
}

fn is_string(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Checks that a bound operator returns what it declares.
fn check_answer(descriptor: &OperatorDescriptor, answered: &Schema) -> Result<()> {
    let broken = |message: String| Err(Error::new(ErrorKind::Contract, message));
    if matches!(descriptor.kind, Kind::Plan | Kind::Aggregate) {
        return Ok(());
    }
    if descriptor.rows == Rows::Expand {
        let message = "it turns documents into several (`rows: expand`), which this host does not do";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    for field in answered.fields() {
        if !is_supported(field.data_type()) {
            return broken(format!(
                "column `{}` has the unsupported type {}",
                field.name(),
                field.data_type()
            ));
        }
    }
    if descriptor.rows == Rows::Table {
        return Ok(());
    }
    for write in &descriptor.writes {
        let declared = write.data_type()?;
        match answered.field_with_name(&write.column) {
            Err(_) => {
                return broken(format!("it declares the column `{}` and does not answer it", write.column));
            }
            // Compares types by name: it does not matter what the items of a list are called.
            Ok(field) if type_name(field.data_type()) != type_name(&declared) => {
                let have = type_name(field.data_type());
                return broken(format!(
                    "it declares column `{}` as {} and answers {have}",
                    write.column, write.kind
                ));
            }
            Ok(_) => {}
        }
    }
    let selects = descriptor.rows == Rows::Select;
    for field in answered.fields() {
        let name = field.name();
        if name == ROW {
            if !selects || *field.data_type() != DataType::UInt32 {
                return broken("`row` must be uint32, in an operator that selects".into());
            }
        } else if [ID, SOURCE, ORDINAL, CARRIED].contains(&name.as_str()) {
            return broken(format!("it answers the column `{name}`, which belongs to the host"));
        } else if name == TEXT && !is_string(field.data_type()) {
            return broken(format!("it answers `text` as {}, which is no string", field.data_type()));
        } else if name == RAW && *field.data_type() != DataType::LargeBinary {
            return broken(format!("it answers `raw` as {}, not large_binary", field.data_type()));
        } else if answered.fields().iter().filter(|f| f.name() == name).count() > 1 {
            return broken(format!("it answers two columns `{name}`"));
        } else if !descriptor.writes.iter().any(|w| w.column == *name) {
            return broken(format!("it answers the column `{name}` without declaring it"));
        }
    }
    if selects && answered.field_with_name(ROW).is_err() {
        return broken("it selects documents and does not answer the column `row`".into());
    }
    Ok(())
}

/// The columns of documents after an operator. Written columns stay in their old place, or come at the end.
fn columns_after(input: &Schema, answered: &Schema) -> Schema {
    let mut fields: Vec<Field> = input.fields().iter().map(|f| f.as_ref().clone()).collect();
    for field in answered.fields().iter().filter(|f| f.name() != ROW) {
        let field = field.as_ref().clone().with_nullable(true);
        match fields.iter_mut().find(|f| f.name() == field.name()) {
            Some(old) => *old = field,
            None => fields.push(field),
        }
    }
    Schema::new(fields)
}
