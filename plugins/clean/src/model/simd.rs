//! Converts numbers of rows to the bytes of a column, as many rows at a time as a vector of the machine
//! holds. The results are those of [`scale`](super::grid::scale) and [`share`](super::grid::share). Knows
//! nothing of what the numbers mean.

use fearless_simd::{Level, Simd, dispatch};

/// The scale of each number.
pub fn scales(level: Level, numbers: &[u32], cells: &mut [u8]) {
    #[inline(always)]
    fn all<S: Simd>(_: S, numbers: &[u32], cells: &mut [u8]) {
        cells.iter_mut().zip(numbers).for_each(|(cell, &n)| *cell = scaled(n));
    }
    dispatch!(level, simd => all(simd, numbers, cells));
}

/// The scale of the difference of each number of `to` and that of `from`.
pub fn differences(level: Level, (to, from): (&[u32], &[u32]), cells: &mut [u8]) {
    #[inline(always)]
    fn all<S: Simd>(_: S, to: &[u32], from: &[u32], cells: &mut [u8]) {
        cells.iter_mut().zip(to.iter().zip(from)).for_each(|(cell, (&to, &from))| *cell = scaled(to - from));
    }
    dispatch!(level, simd => all(simd, to, from, cells));
}

/// The scale of the count in each window of fewer than 64 rows, given the prefix counts at its two ends.
pub fn counts(level: Level, (to, from): (&[u8], &[u8]), cells: &mut [u8]) {
    #[inline(always)]
    fn all<S: Simd>(_: S, to: &[u8], from: &[u8], cells: &mut [u8]) {
        let windows = to.iter().zip(from);
        cells
            .iter_mut()
            .zip(windows)
            .for_each(|(cell, (to, from))| *cell = scaled_few(to.wrapping_sub(*from)));
    }
    dispatch!(level, simd => all(simd, to, from, cells));
}

/// The scale of the difference of `whole` and each number.
pub fn rests(level: Level, whole: u32, numbers: &[u32], cells: &mut [u8]) {
    #[inline(always)]
    fn all<S: Simd>(_: S, whole: u32, numbers: &[u32], cells: &mut [u8]) {
        cells.iter_mut().zip(numbers).for_each(|(cell, &n)| *cell = scaled(whole - n));
    }
    dispatch!(level, simd => all(simd, whole, numbers, cells));
}

/// The share of each part in its whole.
pub fn shares(level: Level, parts: &[u32], wholes: &[u32], cells: &mut [u8]) {
    #[inline(always)]
    fn all<S: Simd>(_: S, parts: &[u32], wholes: &[u32], cells: &mut [u8]) {
        let all = cells.iter_mut().zip(parts.iter().zip(wholes));
        match wholes.iter().fold(0, |all, whole| all | whole) < SMALL {
            true => all.for_each(|(cell, (&part, &whole))| *cell = shared_small(part, whole)),
            false => all.for_each(|(cell, (&part, &whole))| *cell = shared(part, whole)),
        }
    }
    dispatch!(level, simd => all(simd, parts, wholes, cells));
}

/// The share of each part in one whole.
pub fn shares_of(level: Level, whole: u32, parts: &[u32], cells: &mut [u8]) {
    #[inline(always)]
    fn all<S: Simd>(_: S, whole: u32, parts: &[u32], cells: &mut [u8]) {
        let all = cells.iter_mut().zip(parts);
        match whole < SMALL {
            true => all.for_each(|(cell, &part)| *cell = shared_small(part, whole)),
            false => all.for_each(|(cell, &part)| *cell = shared(part, whole)),
        }
    }
    dispatch!(level, simd => all(simd, whole, parts, cells));
}

/// The share of each row's number in the number of rows.
pub fn places(level: Level, cells: &mut [u8]) {
    #[inline(always)]
    fn all<S: Simd>(_: S, cells: &mut [u8]) {
        let whole = u32::try_from(cells.len()).unwrap_or(u32::MAX);
        let all = cells.iter_mut().zip(0u32..);
        match whole < SMALL {
            true => all.for_each(|(cell, row)| *cell = shared_small(row, whole)),
            false => all.for_each(|(cell, row)| *cell = shared(row, whole)),
        }
    }
    dispatch!(level, simd => all(simd, cells));
}

/// The share of the sum of each window of `parts` in that of `wholes`.
pub fn window_shares(level: Level, parts: (&[u32], &[u32]), wholes: (&[u32], &[u32]), cells: &mut [u8]) {
    #[inline(always)]
    fn all<S: Simd>(_: S, parts: (&[u32], &[u32]), wholes: (&[u32], &[u32]), cells: &mut [u8]) {
        // Prefix sums grow: no window holds more than the difference of the last and the first of them.
        let most = wholes.0.last().zip(wholes.1.first()).map_or(0, |(last, first)| last - first);
        let (parts, wholes) = (parts.0.iter().zip(parts.1), wholes.0.iter().zip(wholes.1));
        let all = cells.iter_mut().zip(parts.zip(wholes));
        match most < SMALL {
            true => {
                all.for_each(|(cell, (part, whole))| *cell = shared_small(part.0 - part.1, whole.0 - whole.1))
            }
            false => all.for_each(|(cell, (part, whole))| *cell = shared(part.0 - part.1, whole.0 - whole.1)),
        }
    }
    dispatch!(level, simd => all(simd, parts, wholes, cells));
}

/// The scale of a number, without a table: its octave and step are the exponent and the first bits of the
/// mantissa of a floating-point number.
#[inline(always)]
fn scaled(n: u32) -> u8 {
    const BIAS: u32 = ((127 + 4) << 3) - 16;
    // Bits that do not fit into the mantissa would be rounded up.
    let exact = if n >> 24 == 0 { n } else { n & 0xffff_ff00 };
    let octaves = ((exact as f32).to_bits() >> 20).wrapping_sub(BIAS);
    (if n < 16 { n } else { octaves }) as u8
}

/// [`scaled`] for a number below 64.
#[inline(always)]
fn scaled_few(n: u8) -> u8 {
    match n {
        ..16 => n,
        16..32 => 8 + (n >> 1),
        _ => 16 + (n >> 2),
    }
}

/// Shares of wholes below this need half the bits, and a third of the time.
const SMALL: u32 = 1 << 16;

/// [`shared`] for a whole below [`SMALL`]. `f32` is enough: `200 * part` is exact, and a quotient that is no
/// integer is further from the next integer than its rounding error.
#[inline(always)]
fn shared_small(part: u32, whole: u32) -> u8 {
    // From here on a float has no bits for fractions; its lowest bits are those of an integer.
    const WHOLE: f32 = (1u32 << 23) as f32;
    let share = (part as f32 * 200.0 / whole as f32).min(200.0);
    let share = if whole == 0 { 0.0 } else { share };
    // Rounds down by arithmetic: an `as` cast checks for numbers out of range, and is done one by one.
    let near = (share + WHOLE) - WHOLE;
    let below = if near > share { near - 1.0 } else { near };
    (below + WHOLE).to_bits() as u8
}

/// The share in two-hundredths, rounded down: the quotient of two numbers of 32 bits is never rounded up to
/// an integer.
#[inline(always)]
fn shared(part: u32, whole: u32) -> u8 {
    let share = (f64::from(part) * 200.0 / f64::from(whole)).min(200.0);
    // Division by zero gives NaN or infinity.
    let share = if whole == 0 { 0.0 } else { share };
    share as i32 as u8
}

/// The greatest integer that is at most `number`, which is from 0 to 2^51. Vectorises, as does
/// `shared_small`.
#[inline(always)]
pub fn cut_off(number: f64) -> f64 {
    const WHOLE: f64 = (1u64 << 52) as f64;
    let near = (number + WHOLE) - WHOLE;
    if near > number { near - 1.0 } else { near }
}

/// Converts a float that is an integer below 2^16.
#[inline(always)]
pub fn small(number: f64) -> u16 {
    // The lowest bits of a float this large are those of an integer.
    const WHOLE: f64 = (1u64 << 52) as f64;
    (number + WHOLE).to_bits() as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::grid::{scale, share};

    /// Numbers around all powers of two, and others.
    fn numbers() -> Vec<u32> {
        let powers = (0..32).flat_map(|n| (-3..=3).map(move |d| (1u32 << n).wrapping_add_signed(d)));
        powers.chain(0..5000).chain((0..3000).map(|n: u32| n.wrapping_mul(0x9e37_79b9))).collect()
    }

    #[test]
    fn wide_scales_are_the_scales() {
        let numbers = numbers();
        let below: Vec<u32> = numbers.iter().map(|n| n / 3).collect();
        let mut cells = vec![0; numbers.len()];
        scales(Level::new(), &numbers, &mut cells);
        assert!(cells.iter().zip(&numbers).all(|(&cell, &n)| cell == scale(n as usize)));
        differences(Level::new(), (&numbers, &below), &mut cells);
        assert!(cells.iter().zip(&numbers).all(|(&cell, &n)| cell == scale((n - n / 3) as usize)));
        rests(Level::new(), u32::MAX, &numbers, &mut cells);
        assert!(cells.iter().zip(&numbers).all(|(&cell, &n)| cell == scale((u32::MAX - n) as usize)));
        let few: Vec<u8> = (250..=255).chain(0..=57).collect();
        counts(Level::new(), (&few, &[250; 64]), &mut cells[..64]);
        assert!((0..64).all(|n| cells[n] == scale(n)));
    }

    #[test]
    fn numbers_are_cut_off() {
        for n in 0..4000u32 {
            let number = f64::from(n) / 4.0;
            assert_eq!(cut_off(number), number.trunc());
            assert_eq!(f64::from(small(number.trunc() * 65.0)), number.trunc() * 65.0);
            assert_eq!(cut_off(number.next_down().max(0.0)), number.next_down().max(0.0).trunc());
        }
    }

    #[test]
    fn wide_shares_are_the_shares() {
        let numbers = numbers();
        let mut cells = vec![0; numbers.len()];
        for shift in 0..300 {
            let wholes: Vec<u32> =
                numbers.iter().cycle().skip(shift * 7).take(numbers.len()).copied().collect();
            shares(Level::new(), &numbers, &wholes, &mut cells);
            let all = cells.iter().zip(numbers.iter().zip(&wholes));
            for (&cell, (&part, &whole)) in all {
                assert_eq!(cell, share(part as usize, whole as usize), "{part} of {whole}");
            }
        }
        for count in [0, 1, 7, 200, 263, 70_000] {
            let mut cells = vec![9; count];
            places(Level::new(), &mut cells);
            assert!((0..count).all(|row| cells[row] == share(row, count)), "{count}");
        }
        let none = vec![0; numbers.len()];
        for whole in [0, 1, 7, 199, 200, 201, 60_000, u32::MAX] {
            let right: Vec<u8> = numbers.iter().map(|&n| share(n as usize, whole as usize)).collect();
            shares_of(Level::new(), whole, &numbers, &mut cells);
            assert_eq!(cells, right);
            window_shares(Level::new(), (&numbers, &none), (&vec![whole; none.len()], &none), &mut cells);
            assert_eq!(cells, right);
        }
    }
}
