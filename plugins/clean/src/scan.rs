//! Finds the next byte of a kind, 64 bytes at a time. Knows nothing of characters.

use std::sync::LazyLock;

use fearless_simd::{Level, Simd, dispatch, mask8x64, prelude::*, u8x64};

const BLOCK: usize = 64;

/// The widest instructions of the machine, detected once.
pub static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

/// A kind of bytes.
trait Kind {
    /// A mask of the bytes of a block that are of this kind.
    fn of<S: Simd>(simd: S, block: u8x64<S>) -> mask8x64<S>;
}

/// Bytes that are not ASCII.
struct Wide;

impl Kind for Wide {
    #[inline(always)]
    fn of<S: Simd>(simd: S, block: u8x64<S>) -> mask8x64<S> {
        block.simd_ge(u8x64::splat(simd, 0x80))
    }
}

/// Control characters except LF and tab, and the first bytes of other control characters and of invisible
/// characters.
struct Suspect;

impl Kind for Suspect {
    #[inline(always)]
    fn of<S: Simd>(simd: S, block: u8x64<S>) -> mask8x64<S> {
        let is = |byte: u8| block.simd_eq(u8x64::splat(simd, byte));
        let control = block.simd_lt(u8x64::splat(simd, 0x20)) & !(is(b'\n') | is(b'\t'));
        control | is(0x7f) | is(0xc2) | is(0xe1) | is(0xe2) | is(0xef)
    }
}

/// The first byte from `at` on that is not ASCII.
pub fn beyond_ascii(bytes: &[u8], at: usize) -> Option<usize> {
    dispatch!(*LEVEL, simd => find::<_, Wide>(simd, bytes, at))
}

/// The first byte from `at` on that is a control character other than LF and tab, or that may start a longer
/// control character or an invisible character.
pub fn suspect(bytes: &[u8], at: usize) -> Option<usize> {
    dispatch!(*LEVEL, simd => find::<_, Suspect>(simd, bytes, at))
}

/// The next byte from `at` on at which white space may begin that is more than one space or line end between
/// two other characters. Letters that share their first byte with a space are included.
pub fn gap(bytes: &[u8], at: usize) -> Option<usize> {
    // White space at the start or the end of a text is always a gap.
    if at == 0 && bytes.first().copied().is_some_and(is_lead) {
        return Some(0);
    }
    dispatch!(*LEVEL, simd => find_gap(simd, bytes, at))
}

/// Whether white space may begin with `byte`.
fn is_lead(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | 0xc2 | 0xe1..=0xe3)
}

#[inline(always)]
fn find<S: Simd, K: Kind>(simd: S, bytes: &[u8], at: usize) -> Option<usize> {
    let mut from = at;
    while let Some(block) = bytes.get(from..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
        let found = K::of(simd, u8x64::from_slice(simd, block)).to_bitmask();
        if found != 0 {
            return Some(from + found.trailing_zeros() as usize);
        }
        from += BLOCK;
    }
    let found = K::of(simd, u8x64::from_slice(simd, &padded(bytes, from, b'a'))).to_bitmask();
    (found != 0).then(|| from + found.trailing_zeros() as usize)
}

#[inline(always)]
fn find_gap<S: Simd>(simd: S, bytes: &[u8], at: usize) -> Option<usize> {
    let mut from = at;
    while let Some((block, rest)) = bytes.get(from..).and_then(|rest| rest.split_first_chunk::<BLOCK>()) {
        let found = gaps(simd, block, rest.first().copied().unwrap_or(b' '));
        if found != 0 {
            return Some(from + found.trailing_zeros() as usize);
        }
        from += BLOCK;
    }
    // The padding makes a space at the end of the text a gap; the mask removes gaps in the padding itself.
    let length = bytes.len().saturating_sub(from);
    let found = gaps(simd, &padded(bytes, from, b' '), b' ') & !(u64::MAX << length);
    (found != 0).then(|| from + found.trailing_zeros() as usize)
}

/// A mask of the gaps of a block that is followed by the byte `next`.
#[inline(always)]
fn gaps<S: Simd>(simd: S, block: &[u8; BLOCK], next: u8) -> u64 {
    let block = u8x64::from_slice(simd, block);
    let is = |byte: u8| block.simd_eq(u8x64::splat(simd, byte));
    let plain = (is(b' ') | is(b'\n')).to_bitmask();
    let letters = block.simd_ge(u8x64::splat(simd, 0xe1)) & block.simd_le(u8x64::splat(simd, 0xe3));
    let other = (is(b'\t') | is(0xc2) | letters).to_bitmask();
    let followed = (plain | other) >> 1 | u64::from(is_lead(next)) << (BLOCK - 1);
    other | plain & followed
}

/// The bytes from `from` on, fewer than a block, padded with `with`.
#[inline(always)]
fn padded(bytes: &[u8], from: usize, with: u8) -> [u8; BLOCK] {
    let mut block = [with; BLOCK];
    let rest = bytes.get(from..).unwrap_or(&[]);
    block[..rest.len()].copy_from_slice(rest);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_find_what_bytes_do() {
        let pieces: [&[u8]; 12] = [
            b"abcdefghijklmnopq",
            b" ",
            b"\n",
            b"\t",
            b"  ",
            b"\r",
            b"\x7f",
            "é".as_bytes(),
            b"\xc2\xa0",
            b"x",
            b"\xe2",
            b"\xe4",
        ];
        let is_suspect =
            |b: u8| b < 0x20 && b != b'\n' && b != b'\t' || matches!(b, 0x7f | 0xc2 | 0xe1 | 0xe2 | 0xef);
        let is_gap = |b: u8, next: u8| is_lead(b) && (!matches!(b, b' ' | b'\n') || is_lead(next));
        let mut seed = 1u32;
        for _ in 0..2000 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as usize
            };
            let (count, common) = (next() % 40, next() % pieces.len());
            let piece =
                |n: usize| if n.is_multiple_of(3) { pieces[n / 3 % pieces.len()] } else { pieces[common] };
            let bytes: Vec<u8> = (0..count).flat_map(|_| piece(next())).copied().collect();
            for at in [0, 1, bytes.len() / 2, bytes.len()].into_iter().filter(|at| *at <= bytes.len()) {
                let find = |test: &dyn Fn(usize) -> bool| (at..bytes.len()).find(|&i| test(i));
                assert_eq!(beyond_ascii(&bytes, at), find(&|i| !bytes[i].is_ascii()));
                assert_eq!(suspect(&bytes, at), find(&|i| is_suspect(bytes[i])));
                let begins = |i: usize| {
                    i == 0 && is_lead(bytes[0]) || is_gap(bytes[i], bytes.get(i + 1).copied().unwrap_or(b' '))
                };
                assert_eq!(gap(&bytes, at), find(&begins), "{bytes:?} {at}");
            }
        }
    }
}
