//! A gradient-boosted ensemble of oblivious trees over byte features, evaluated in integers. Knows
//! nothing of lines and pages.
//!
//! An oblivious tree asks the same question of every line at each of its levels (Kohavi 1994; Prokhorenkova
//! et al. 2018, CatBoost), so a level is one comparison of a column with a number, 64 lines at a time, and
//! no branch depends on the data. A tree of six levels has 64 leaves, which is what one look-up of bytes holds.
//! Leaves are integers, so a score is the same on every machine.

use fearless_simd::{Level, Simd, dispatch, i8x64, prelude::*, u8x64, u16x32, u32x16};

/// One unit of a leaf, as a fraction of a logit: leaves are in 1/1024 logit.
pub const UNIT: i32 = 1024;

/// Lines that are scored together.
const BLOCK: usize = 64;
/// Most levels of a tree.
const LEVELS: usize = 6;
/// Trees that are summed at a time: sums of that many bytes fit into 16 bits.
const SUMMED: usize = 256;
/// Most columns: as many as a byte can number.
const COLUMNS: usize = 256;

/// An ensemble.
#[derive(Debug, Default)]
pub struct Forest {
    /// What every line begins with, in [`UNIT`]s: the bias, and the least leaf of each tree.
    base: i32,
    /// Names of the columns that are asked, by their number in `trees`.
    columns: Vec<String>,
    trees: Vec<Tree>,
}

/// The questions from the first level on (column, and the number that it must be greater than, as [`asked`] gives it), and
/// the leaves; the first level is the lowest bit of a leaf's number.
#[derive(Debug)]
struct Tree {
    columns: [u8; LEVELS],
    numbers: [u32; LEVELS],
    /// Low and high bytes of what the leaves are above the least of them.
    low: [u8; BLOCK],
    high: [u8; BLOCK],
}

impl Forest {
    /// Reads an ensemble: `bias N`, then a line for each tree, `column>number …: leaf …`.
    ///
    /// # Errors
    /// Says which line is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut forest = Self::default();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            forest.line(line).ok_or_else(|| format!("line {} is no tree: `{line}`", number + 1))?;
        }
        Ok(forest)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(bias) = line.strip_prefix("bias ") {
            self.base += bias.parse::<i32>().ok()?;
            return Some(());
        }
        let (questions, leaves) = line.split_once(": ")?;
        // No byte is greater than 255: a level that is not there changes no leaf's number.
        let (mut columns, mut numbers) = ([0; LEVELS], [asked(u8::MAX); LEVELS]);
        let mut depth = 0;
        for question in questions.split(' ') {
            let (name, number) = question.split_once('>')?;
            let column = match self.columns.iter().position(|c| c == name) {
                Some(column) => column,
                None => {
                    self.columns.push(name.to_owned());
                    self.columns.len() - 1
                }
            };
            *columns.get_mut(depth)? = u8::try_from(column).ok()?;
            *numbers.get_mut(depth)? = asked(number.parse().ok()?);
            depth += 1;
        }
        let leaves: Vec<i32> = leaves.split(' ').map(|leaf| leaf.parse().ok()).collect::<Option<_>>()?;
        let least = leaves.iter().copied().min()?;
        let (mut low, mut high) = ([0; BLOCK], [0; BLOCK]);
        for (leaf, (low, high)) in leaves.iter().zip(low.iter_mut().zip(&mut high)) {
            [*low, *high] = u16::try_from(leaf.checked_sub(least)?).ok()?.to_le_bytes();
        }
        self.base = self.base.checked_add(least)?;
        let fits = leaves.len() == 1 << depth;
        fits.then(|| self.trees.push(Tree { columns, numbers, low, high }))
    }

    /// Names of the columns that [`Self::score`] wants, in their order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The score of each of `lines` lines, in [`UNIT`]s of a logit: greater than 0 is more likely than not.
    /// `columns` are those of [`Self::columns`], each with a byte for each line; where [`BLOCK`] more follow, no line costs more than others.
    pub fn score(&self, columns: &[&[u8]], lines: usize) -> Vec<i32> {
        self.score_at(Level::new(), columns, lines)
    }

    /// The same with the instructions of `level`.
    fn score_at(&self, level: Level, columns: &[&[u8]], lines: usize) -> Vec<i32> {
        let whole = lines.next_multiple_of(BLOCK);
        if columns.iter().any(|column| column.len() < whole) {
            let longer = columns.iter().map(|column| [column, [0; BLOCK].as_slice()].concat());
            let longer: Vec<Vec<u8>> = longer.collect();
            let columns: Vec<&[u8]> = longer.iter().map(Vec::as_slice).collect();
            return self.score_whole(level, &columns, lines);
        }
        self.score_whole(level, columns, lines)
    }

    /// The same of columns that go on to the end of a block.
    fn score_whole(&self, level: Level, columns: &[&[u8]], lines: usize) -> Vec<i32> {
        let mut scores = vec![self.base; lines];
        dispatch!(level, simd => self.add_all(simd, columns, &mut scores));
        scores
    }

    /// Adds what all trees say of the lines to their scores.
    #[inline(always)]
    fn add_all<S: Simd>(&self, simd: S, columns: &[&[u8]], scores: &mut [i32]) {
        let mut block = [[[0i8; BLOCK]; 2]; COLUMNS];
        for (number, scores) in scores.chunks_mut(2 * BLOCK).enumerate() {
            for (blocks, column) in block.iter_mut().zip(columns) {
                let rest = column.get(number * 2 * BLOCK..).unwrap_or(&[]);
                for (block, bytes) in blocks.iter_mut().zip(rest.as_chunks::<BLOCK>().0) {
                    let signed = u8x64::from_slice(simd, bytes) ^ u8x64::splat(simd, SIGN);
                    signed.bitcast::<i8x64<S>>().store_slice(block);
                }
            }
            let (first, second) = scores.split_at_mut(scores.len().min(BLOCK));
            for trees in self.trees.chunks(SUMMED) {
                // Two blocks share the numbers of the questions, where the machine has registers for both.
                if <S::u8s as SimdBase<S>>::LEN >= BLOCK && !second.is_empty() {
                    add(simd, trees, &block, [0, 1], [&mut *first, &mut *second]);
                } else {
                    add(simd, trees, &block, [0], [&mut *first]);
                    add(simd, trees, &block, [1], [&mut *second]);
                }
            }
        }
    }
}

/// Adds what some trees say of blocks of lines to their scores. Bytes are summed up by every second one in words of 16 bits: to widen them would
/// take the unit that compares, of which there is one.
#[inline(always)]
fn add<S: Simd, const N: usize>(
    simd: S,
    trees: &[Tree],
    block: &[[[i8; BLOCK]; 2]; COLUMNS],
    numbers: [usize; N],
    scores: [&mut [i32]; N],
) {
    if scores.iter().all(|scores| scores.is_empty()) {
        return;
    }
    let zero = u16x32::splat(simd, 0);
    let mut lows = [[zero; 2]; N];
    let mut highs = [[zero; 2]; N];
    // Where the compiler sees that it is 0, it makes of the sums below what cannot be masked.
    let root = u8x64::splat(simd, std::hint::black_box(0));
    for tree in trees {
        let mut leaves = [root; N];
        for level in 0..LEVELS {
            let number: i8x64<S> = u32x16::splat(simd, tree.numbers[level]).bitcast();
            let bit = u8x64::splat(simd, 1 << level);
            for n in 0..N {
                let column = i8x64::from_slice(simd, &block[usize::from(tree.columns[level])][numbers[n]]);
                // No bit comes twice, and sums of bytes take one instruction where the machine has masks.
                leaves[n] += column.simd_gt(number).select(bit, u8x64::splat(simd, 0));
            }
        }
        let (low, high) = (u8x64::from_slice(simd, &tree.low), u8x64::from_slice(simd, &tree.high));
        for n in 0..N {
            let low: u16x32<S> = low.swizzle_dyn(leaves[n]).bitcast();
            let high: u16x32<S> = high.swizzle_dyn(leaves[n]).bitcast();
            lows[n] = [lows[n][0] + low, lows[n][1] + (low >> 8)];
            highs[n] = [highs[n][0] + high, highs[n][1] + (high >> 8)];
        }
    }
    for (scores, (mut lows, mut highs)) in scores.into_iter().zip(lows.into_iter().zip(highs)) {
        // The first sums are of whole words yet. Without the second bytes in them, which went round many times, they fit again.
        lows[0] -= lows[1] << 8;
        highs[0] -= highs[1] << 8;
        // In a word the first byte is the lower one, but for machines that begin with the upper one.
        if cfg!(target_endian = "big") {
            lows.reverse();
            highs.reverse();
        }
        let [lows, highs] = [lows, highs].map(|[first, second]| simd.interleave_u16x32(first, second));
        for (half, (lows, highs)) in scores.chunks_mut(BLOCK / 2).zip([(lows.0, highs.0), (lows.1, highs.1)])
        {
            for (score, (&low, &high)) in half.iter_mut().zip(lows.as_slice().iter().zip(highs.as_slice())) {
                *score += i32::from(low) + 256 * i32::from(high);
            }
        }
    }
}

/// What makes of bytes numbers with a sign in the same order: these can be compared on all machines.
const SIGN: u8 = 0x80;

/// A number of a question as it is compared: four times, with a sign.
fn asked(number: u8) -> u32 {
    u32::from(number ^ SIGN) * 0x0101_0101
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_add_up() {
        let forest = Forest::parse("# two\nbias -5\na>1: 10 20\nb>0 a>3: 1 2 3 4\n").unwrap();
        assert_eq!(forest.columns(), ["a", "b"]);
        let scores = forest.score(&[&[0, 2, 4], &[0, 1, 1]], 3);
        assert_eq!(scores, [-5 + 10 + 1, -5 + 20 + 2, -5 + 20 + 4]);
    }

    /// The widths that the machine has, against the plain reading of a tree.
    #[test]
    fn blocks_are_scored_as_lines_are() {
        let leaves: Vec<i32> = (0..64).map(|n| n * n * 13 % 1021 - 500).collect();
        let spelt: Vec<String> = leaves.iter().map(i32::to_string).collect();
        let tree = format!("a>9 b>100 a>200 b>3 a>60 b>250: {}\n", spelt.join(" "));
        let forest = Forest::parse(&tree.repeat(300)).unwrap();
        let a: Vec<u8> = (0..150u32).map(|n| (n * 37) as u8).collect();
        let b: Vec<u8> = (0..150u32).map(|n| (n * 101) as u8).collect();
        let one = |a: u8, b: u8| {
            let questions = [a > 9, b > 100, a > 200, b > 3, a > 60, b > 250];
            leaves[questions.iter().rev().fold(0, |leaf, &yes| leaf << 1 | usize::from(yes))]
        };
        let wanted: Vec<i32> = a.iter().zip(&b).map(|(&a, &b)| 300 * one(a, b)).collect();
        assert_eq!(forest.score(&[&a, &b], 150), wanted);
        #[cfg(target_arch = "x86_64")]
        for level in [
            Level::new().as_sse2().map(Level::Sse2),
            Level::new().as_sse4_2().map(Level::Sse4_2),
            Level::new().as_avx2().map(Level::Avx2),
        ] {
            assert!(level.is_none_or(|level| forest.score_at(level, &[&a, &b], 150) == wanted), "{level:?}");
        }
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for bad in ["bias x", "a>1: 1", "a>1 1 2", "a: 1 2", "a>300: 1 2", "a>1: 1 x"] {
            assert!(Forest::parse(bad).unwrap_err().contains(bad), "{bad}");
        }
    }
}
