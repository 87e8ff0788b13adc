//! Keep policies: each document gets a number, and the document with the smallest one is kept. Ties go by
//! input order.

use crate::date;
use crate::options::{Keep, Options};
use textmill_plugin::prelude::arrow_array::cast::AsArray;
use textmill_plugin::prelude::arrow_array::types::{Float32Type, Float64Type, Int64Type, UInt64Type};
use textmill_plugin::prelude::*;

/// The rank of documents of an earlier corpus: they come before all others and are always kept.
pub const KNOWN: u64 = 0;
/// The rank of every document with `keep = "first"`.
const EQUAL: u64 = 1;

/// The rank of a document.
pub fn rank(options: &Options, row: &Row<'_>) -> u64 {
    let rank = match options.keep {
        // `None` is an option of mode `passages`.
        Keep::First | Keep::None => EQUAL,
        Keep::Longest => u64::MAX - row.text().chars().count() as u64,
        Keep::Earliest => {
            let date =
                options.date_column.as_deref().and_then(|column| row.str(column)).and_then(date::seconds);
            date.map_or(u64::MAX, ascending)
        }
        Keep::Best => {
            let score = options.score_column.as_deref().and_then(|column| number(row, column));
            // The highest score comes first; anything that is not a number comes last.
            score.filter(|score| !score.is_nan()).map_or(u64::MAX, |score| u64::MAX - 1 - of_float(score))
        }
    };
    rank.max(EQUAL)
}

/// Maps signed to unsigned numbers in the same order.
fn ascending(number: i64) -> u64 {
    number as u64 ^ (1 << 63)
}

/// Maps floats to unsigned numbers in the same order (the total order of IEEE 754, halved so that there is
/// room above the largest).
fn of_float(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    let ordered = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
    ordered >> 1
}

/// A cell as a number: the value of a numeric column, or text that is a number.
fn number(row: &Row<'_>, column: &str) -> Option<f64> {
    let (array, at) = (row.array(column)?, row.index());
    if array.is_null(at) {
        return None;
    }
    if let Some(floats) = array.as_primitive_opt::<Float64Type>() {
        return Some(floats.value(at));
    }
    if let Some(floats) = array.as_primitive_opt::<Float32Type>() {
        return Some(f64::from(floats.value(at)));
    }
    if let Some(numbers) = array.as_primitive_opt::<UInt64Type>() {
        return Some(numbers.value(at) as f64);
    }
    if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        return Some(numbers.value(at) as f64);
    }
    match row.value(column) {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_their_order() {
        let order = [f64::NEG_INFINITY, -3.5, -1e-300, 0.0, 1e-9, 0.5, 0.75, 3.0, f64::INFINITY];
        assert!(order.windows(2).all(|two| of_float(two[0]) < of_float(two[1])));
        assert_eq!(of_float(-0.0), of_float(0.0));
        assert!(ascending(-5) < ascending(3));
    }
}
