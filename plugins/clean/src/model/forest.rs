//! A gradient-boosted ensemble of oblivious trees over byte features, evaluated in integers. Knows nothing of
//! lines and pages.
//!
//! An oblivious tree asks the same question of every line at each of its levels (Kohavi 1994; Prokhorenkova
//! et al. 2018, CatBoost). A level is thus one comparison of a column with a threshold, 64 lines at a time,
//! and no branch depends on the data. A tree of six levels has 64 leaves, as many as one byte shuffle can
//! look up. Questions to a column that has one value for all lines are answered once. Leaves are integers, so
//! a score is the same on every machine.

use fearless_simd::{Level, Simd, dispatch, i8x64, prelude::*, u8x64, u16x32, u32x16};
use std::ops::Range;

/// One unit of a leaf, as a fraction of a logit: leaves are in 1/1024 logit.
pub const UNIT: i32 = 1024;

/// Lines that are scored together.
const BLOCK: usize = 64;
/// Most levels of a tree.
const LEVELS: usize = 6;
/// Trees that are summed at a time: the sum of this many bytes fits into 16 bits.
const SUMMED: usize = 256;
/// Most columns: as many as a byte can index.
const COLUMNS: usize = 256;
/// Leaves are looked up in two parts, the upper one in multiples of this. The parts are so small that the sum
/// of those of several trees fits into a byte.
const UPPER: i32 = 32;

/// Most trees of a group. As nearly all groups are full, the processor predicts the end of their loop.
const GROUPED: usize = 6;

/// An ensemble of trees.
#[derive(Debug, Default)]
pub struct Forest {
    /// The score with which every line starts, in [`UNIT`]s: the bias, and the least leaf of each tree.
    base: i32,
    /// Names of the columns that are read, by their number in `trees`.
    columns: Vec<String>,
    /// The trees, those with the most questions to varying columns first.
    trees: Vec<Tree>,
    /// The groups in which trees are summed up, in the order of the trees.
    groups: Vec<Group>,
    /// Numbers of the varying columns: those that do not have one value for all lines.
    varying: Vec<u8>,
    /// The questions to all other columns, which are answered once for all lines.
    constant: Vec<Constant>,
}

/// A tree: the column and the threshold of each level, as [`asked`] encodes it, and the leaves. The answer to
/// the first level is the lowest bit of a leaf's index.
#[derive(Debug)]
struct Tree {
    columns: [u8; LEVELS],
    numbers: [u32; LEVELS],
    /// How much each leaf is above the least of them, in two parts.
    low: Leaves,
    high: Leaves,
}

/// One part of each leaf, in a single cache line: all are read at once.
#[derive(Debug)]
#[repr(align(64))]
struct Leaves([u8; BLOCK]);

/// Trees with the same number of questions to varying columns. The sum of either part of their leaves fits
/// into a byte.
#[derive(Debug)]
struct Group {
    questions: usize,
    trees: Range<usize>,
}

/// A question to a column that has one value for all lines.
#[derive(Debug)]
struct Constant {
    tree: usize,
    column: usize,
    number: u8,
    /// The bit of the leaf's index that is set if the answer is yes.
    bit: u8,
}

/// A tree as it is written in the text form.
struct Written {
    /// For each question: the column, the threshold that it must exceed, and whether the column has one value
    /// for all lines.
    questions: Vec<(usize, u8, bool)>,
    leaves: Vec<i32>,
}

impl Forest {
    /// Parses an ensemble: `bias N`, then a line for each tree, `column>threshold …: leaf …`. The leaves of a
    /// tree are less than 8,192 apart. Columns for which `is_constant` holds have one value for all lines
    /// that are scored together.
    ///
    /// # Errors
    /// Says which line is not understood.
    pub fn parse(text: &str, is_constant: impl Fn(&str) -> bool) -> Result<Self, String> {
        let mut forest = Self::default();
        let mut written = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let tree = forest.line(line, &is_constant);
            written.extend(tree.ok_or_else(|| format!("line {} is no tree: `{line}`", number + 1))?);
        }
        written.sort_by_key(|tree| std::cmp::Reverse(tree.varying()));
        for tree in written {
            forest.plant(&tree);
        }
        let constant = forest.columns.iter().map(|name| is_constant(name));
        forest.varying = (0..).zip(constant).filter(|(_, constant)| !constant).map(|(n, _)| n).collect();
        Ok(forest)
    }

    /// Parses a line: a tree, or `Some(None)` for the bias.
    fn line(&mut self, line: &str, is_constant: impl Fn(&str) -> bool) -> Option<Option<Written>> {
        if let Some(bias) = line.strip_prefix("bias ") {
            self.base += bias.parse::<i32>().ok()?;
            return Some(None);
        }
        let (asked, leaves) = line.split_once(": ")?;
        let mut questions = Vec::new();
        for question in asked.split(' ') {
            let (name, number) = question.split_once('>')?;
            let column = match self.columns.iter().position(|c| c == name) {
                Some(column) => column,
                None => {
                    self.columns.push(name.to_owned());
                    self.columns.len() - 1
                }
            };
            questions.push((column, number.parse().ok()?, is_constant(name)));
        }
        let mut leaves: Vec<i32> = leaves.split(' ').map(|leaf| leaf.parse().ok()).collect::<Option<_>>()?;
        let least = leaves.iter().copied().min()?;
        for leaf in &mut leaves {
            *leaf = leaf.checked_sub(least).filter(|leaf| leaf / UPPER <= i32::from(u8::MAX))?;
        }
        self.base = self.base.checked_add(least)?;
        let fits = questions.len() <= LEVELS
            && leaves.len() == 1 << questions.len()
            && self.columns.len() <= COLUMNS;
        fits.then_some(Some(Written { questions, leaves }))
    }

    /// Adds a tree, to the last group if it fits there, otherwise to a new one.
    fn plant(&mut self, tree: &Written) {
        // No byte exceeds 255, so an unused level never changes the index of a leaf.
        let (mut columns, mut numbers) = ([0; LEVELS], [asked(u8::MAX); LEVELS]);
        // Questions to varying columns come first. `bits` has the bit of each question in the index of a leaf
        // as written.
        let mut bits = Vec::with_capacity(LEVELS);
        let number = self.trees.len();
        for is_constant in [false, true] {
            for (bit, &(column, above, _)) in
                tree.questions.iter().enumerate().filter(|(_, q)| q.2 == is_constant)
            {
                let level = bits.len();
                if is_constant {
                    self.constant.push(Constant { tree: number, column, number: above, bit: 1 << level });
                } else {
                    (columns[level], numbers[level]) = (column as u8, asked(above));
                }
                bits.push(bit);
            }
        }
        let (mut low, mut high) = ([0; BLOCK], [0; BLOCK]);
        for (leaf, (low, high)) in low.iter_mut().zip(&mut high).enumerate().take(tree.leaves.len()) {
            let place = bits.iter().enumerate().map(|(level, bit)| (leaf >> level & 1) << bit).sum::<usize>();
            (*low, *high) = ((tree.leaves[place] % UPPER) as u8, (tree.leaves[place] / UPPER) as u8);
        }
        self.trees.push(Tree { columns, numbers, low: Leaves(low), high: Leaves(high) });
        let most = |trees: &[Tree], part: fn(&Tree) -> &Leaves| {
            trees
                .iter()
                .map(|tree| usize::from(part(tree).0.iter().copied().max().unwrap_or(0)))
                .sum::<usize>()
        };
        let questions = tree.varying().max(FEWEST);
        match self.groups.last_mut() {
            Some(group)
                if group.questions == questions
                    && group.trees.len() < GROUPED
                    && !number.is_multiple_of(SUMMED)
                    && most(&self.trees[group.trees.start..], |tree| &tree.low) <= usize::from(u8::MAX)
                    && most(&self.trees[group.trees.start..], |tree| &tree.high) <= usize::from(u8::MAX) =>
            {
                group.trees.end = number + 1;
            }
            _ => self.groups.push(Group { questions, trees: number..number + 1 }),
        }
    }

    /// Names of the columns that [`Self::score`] expects, in their order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The score of each of `lines` lines, in [`UNIT`]s of a logit: above 0 is more likely than not.
    /// `columns` are those of [`Self::columns`], each with a byte for each line. If one does not extend to
    /// the next multiple of 64 lines, all are copied first, so 64 more bytes avoid a copy.
    pub fn score(&self, columns: &[&[u8]], lines: usize, scratch: &mut Scratch) -> Vec<i32> {
        self.score_at(Level::new(), columns, lines, scratch)
    }

    /// [`Self::score`] with the instructions of `level`.
    fn score_at(&self, level: Level, columns: &[&[u8]], lines: usize, scratch: &mut Scratch) -> Vec<i32> {
        let whole = lines.next_multiple_of(BLOCK);
        if columns.iter().any(|column| column.len() < whole) {
            let longer = columns.iter().map(|column| [column, [0; BLOCK].as_slice()].concat());
            let longer: Vec<Vec<u8>> = longer.collect();
            let columns: Vec<&[u8]> = longer.iter().map(Vec::as_slice).collect();
            return self.score_whole(level, &columns, lines, scratch);
        }
        self.score_whole(level, columns, lines, scratch)
    }

    /// [`Self::score_at`] for columns that extend to the end of the last block.
    fn score_whole(&self, level: Level, columns: &[&[u8]], lines: usize, scratch: &mut Scratch) -> Vec<i32> {
        let mut scores = vec![self.base; lines];
        let Scratch { roots, blocks } = scratch;
        roots.clear();
        roots.resize(self.trees.len(), 0);
        for Constant { tree, column, number, bit } in &self.constant {
            let value = columns.get(*column).and_then(|column| column.first()).copied().unwrap_or(0);
            roots[*tree] += if value > *number { four_times(*bit) } else { 0 };
        }
        dispatch!(level, simd => self.add_all(simd, columns, (roots, blocks), &mut scores));
        scores
    }

    /// Adds the results of all trees to the scores of the lines.
    #[inline(always)]
    fn add_all<S: Simd>(
        &self,
        simd: S,
        columns: &[&[u8]],
        (roots, block): (&[u32], &mut Blocks),
        scores: &mut [i32],
    ) {
        for (number, scores) in scores.chunks_mut(2 * BLOCK).enumerate() {
            for &column in &self.varying {
                let (blocks, column) = (&mut block.0[usize::from(column)], columns[usize::from(column)]);
                let rest = column.get(number * 2 * BLOCK..).unwrap_or(&[]);
                for (block, bytes) in blocks.iter_mut().zip(rest.as_chunks::<BLOCK>().0) {
                    let signed = u8x64::from_slice(simd, bytes) ^ u8x64::splat(simd, SIGN);
                    signed.bitcast::<i8x64<S>>().store_slice(block);
                }
            }
            let (first, second) = scores.split_at_mut(scores.len().min(BLOCK));
            // Two blocks share the loaded thresholds if the machine has registers for both.
            if <S::u8s as SimdBase<S>>::LEN >= BLOCK && !second.is_empty() {
                self.add(simd, roots, block, [0, 1], [&mut *first, &mut *second]);
            } else {
                self.add(simd, roots, block, [0], [&mut *first]);
                self.add(simd, roots, block, [1], [&mut *second]);
            }
        }
    }

    /// Adds the results of all trees to the scores of `N` blocks of lines.
    #[inline(always)]
    fn add<S: Simd, const N: usize>(
        &self,
        simd: S,
        roots: &[u32],
        block: &Blocks,
        numbers: [usize; N],
        mut scores: [&mut [i32]; N],
    ) {
        if scores.iter().all(|scores| scores.is_empty()) {
            return;
        }
        let mut sums = [Sums::none(simd); N];
        let alike = |group: &Group| (group.questions, group.trees.start / SUMMED);
        for groups in self.groups.chunk_by(|a, b| alike(a) == alike(b)) {
            let Some(first) = groups.first() else { continue };
            if first.trees.start > 0 && first.trees.start.is_multiple_of(SUMMED) {
                for (sums, scores) in sums.iter_mut().zip(&mut scores) {
                    std::mem::replace(sums, Sums::none(simd)).add_to(simd, scores);
                }
            }
            let trees =
                groups.iter().map(|group| (&self.trees[group.trees.clone()], &roots[group.trees.clone()]));
            match first.questions {
                6 => look_up::<S, N, 6>(simd, trees, block, numbers, &mut sums),
                5 => look_up::<S, N, 5>(simd, trees, block, numbers, &mut sums),
                4 => look_up::<S, N, 4>(simd, trees, block, numbers, &mut sums),
                _ => look_up::<S, N, FEWEST>(simd, trees, block, numbers, &mut sums),
            }
        }
        for (sums, scores) in sums.into_iter().zip(scores) {
            sums.add_to(simd, scores);
        }
    }
}

impl Written {
    /// Number of questions to varying columns.
    fn varying(&self) -> usize {
        self.questions.iter().filter(|(.., is_constant)| !is_constant).count()
    }
}

/// Two blocks of each column as signed bytes, each block in a cache line.
#[repr(align(64))]
struct Blocks([[[i8; BLOCK]; 2]; COLUMNS]);

/// Scratch buffers for scoring, reused from page to page.
pub struct Scratch {
    /// For each tree, what its questions to constant columns add to the index of a leaf, repeated in four
    /// bytes.
    roots: Vec<u32>,
    blocks: Box<Blocks>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self { roots: Vec::new(), blocks: Box::new(Blocks([[[0; BLOCK]; 2]; COLUMNS])) }
    }
}

/// Fewest questions for which there is a specialised loop; missing questions are always answered no.
const FEWEST: usize = 3;

/// Sums up both parts of the leaves that lines reach, for groups of trees that ask `QUESTIONS` questions.
/// Each tree comes with its root.
#[inline(always)]
fn look_up<'t, S: Simd, const N: usize, const QUESTIONS: usize>(
    simd: S,
    groups: impl Iterator<Item = (&'t [Tree], &'t [u32])>,
    block: &Blocks,
    numbers: [usize; N],
    sums: &mut [Sums<S>; N],
) {
    let zero = u8x64::splat(simd, 0);
    // Hides from the compiler that this is 1: if it knows, it no longer emits masked additions for the sums
    // below.
    let one = std::hint::black_box(1u8);
    let bits: [u8x64<S>; QUESTIONS] = std::array::from_fn(|level| u8x64::splat(simd, one << level));
    for (trees, roots) in groups {
        let mut parts = [[zero; 2]; N];
        for (tree, &root) in trees.iter().zip(roots) {
            let mut leaves = [u32x16::splat(simd, root).bitcast::<u8x64<S>>(); N];
            for (level, &bit) in bits.iter().enumerate() {
                let number: i8x64<S> = u32x16::splat(simd, tree.numbers[level]).bitcast();
                for n in 0..N {
                    let column =
                        i8x64::from_slice(simd, &block.0[usize::from(tree.columns[level])][numbers[n]]);
                    // No bit is added twice, and adding bytes takes one instruction on machines with mask
                    // registers.
                    leaves[n] += column.simd_gt(number).select(bit, zero);
                }
            }
            let (low, high) = (u8x64::from_slice(simd, &tree.low.0), u8x64::from_slice(simd, &tree.high.0));
            for n in 0..N {
                parts[n][0] += low.swizzle_dyn(leaves[n]);
                parts[n][1] += high.swizzle_dyn(leaves[n]);
            }
        }
        for (sums, [low, high]) in sums.iter_mut().zip(parts) {
            sums.take(low, high);
        }
    }
}

/// Sums of both parts of leaves. Bytes are added as whole 16-bit lanes, and the second byte of each lane once
/// more separately. Widening the bytes first would need the one execution port that the comparisons need.
#[derive(Clone, Copy)]
struct Sums<S: Simd> {
    lows: [u16x32<S>; 2],
    highs: [u16x32<S>; 2],
}

impl<S: Simd> Sums<S> {
    #[inline(always)]
    fn none(simd: S) -> Self {
        let zero = [u16x32::splat(simd, 0); 2];
        Self { lows: zero, highs: zero }
    }

    #[inline(always)]
    fn take(&mut self, low: u8x64<S>, high: u8x64<S>) {
        for ([words, second], bytes) in [(&mut self.lows, low), (&mut self.highs, high)] {
            let bytes: u16x32<S> = bytes.bitcast();
            *words += bytes;
            *second += bytes >> 8;
        }
    }

    /// Adds the sums to the scores of a block of lines.
    #[inline(always)]
    fn add_to(self, simd: S, scores: &mut [i32]) {
        let Self { mut lows, mut highs } = self;
        // The first sums are still of whole lanes and have wrapped around many times. Without the second
        // bytes in them they fit into 16 bits.
        lows[0] -= lows[1] << 8;
        highs[0] -= highs[1] << 8;
        // The first byte of a lane is the lower one, except on big-endian machines.
        if cfg!(target_endian = "big") {
            lows.reverse();
            highs.reverse();
        }
        let [lows, highs] = [lows, highs].map(|[first, second]| simd.interleave_u16x32(first, second));
        for (half, (lows, highs)) in scores.chunks_mut(BLOCK / 2).zip([(lows.0, highs.0), (lows.1, highs.1)])
        {
            for (score, (&low, &high)) in half.iter_mut().zip(lows.as_slice().iter().zip(highs.as_slice())) {
                *score += i32::from(low) + UPPER * i32::from(high);
            }
        }
    }
}

/// Flips the sign bit: makes bytes signed numbers in the same order, which all machines can compare.
const SIGN: u8 = 0x80;

/// A threshold as it is compared: signed, and repeated in four bytes.
fn asked(number: u8) -> u32 {
    four_times(number ^ SIGN)
}

fn four_times(byte: u8) -> u32 {
    u32::from(byte) * 0x0101_0101
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_add_up() {
        let forest = Forest::parse("# two\nbias -5\na>1: 10 20\nb>0 a>3: 1 2 3 4\n", |_| false).unwrap();
        assert_eq!(forest.columns(), ["a", "b"]);
        let scores = forest.score(&[&[0, 2, 4], &[0, 1, 1]], 3, &mut Scratch::default());
        assert_eq!(scores, [-5 + 10 + 1, -5 + 20 + 2, -5 + 20 + 4]);
    }

    /// Compares all SIMD levels of the machine with a direct evaluation of trees that read columns of lines
    /// and of the page.
    #[test]
    fn blocks_are_scored_as_lines_are() {
        let leaves: Vec<i32> = (0..64).map(|n| n * n * 13 % 1021 - 500).collect();
        let spelt: Vec<String> = leaves.iter().map(i32::to_string).collect();
        let questions = [("a", 9), ("b", 100), ("page", 200), ("b", 3), ("page", 60), ("a", 250)];
        // Trees of all depths, with the columns in all orders.
        let trees: Vec<Vec<(&str, u8)>> = (0..300)
            .map(|n| (0..n % 6 + 1).map(|level| questions[(n / 6 + level * (n % 2 * 4 + 1)) % 6]).collect())
            .collect();
        let tree = |tree: &Vec<(&str, u8)>| {
            let asked: Vec<String> = tree.iter().map(|(name, number)| format!("{name}>{number}")).collect();
            format!("{}: {}\n", asked.join(" "), spelt[..1 << tree.len()].join(" "))
        };
        let text: String = trees.iter().map(tree).collect();
        let a: Vec<u8> = (0..150u32).map(|n| (n * 37) as u8).collect();
        let b: Vec<u8> = (0..150u32).map(|n| (n * 101) as u8).collect();
        for page in [0u8, 61, 201] {
            let one = |(a, b): (&u8, &u8)| -> i32 {
                let is_yes = |&(name, number): &(&str, u8)| match name {
                    "a" => *a > number,
                    "b" => *b > number,
                    _ => page > number,
                };
                let number = |tree: &Vec<(&str, u8)>| {
                    tree.iter().rev().fold(0, |leaf, question| leaf << 1 | usize::from(is_yes(question)))
                };
                trees.iter().map(|tree| leaves[number(tree)]).sum()
            };
            let wanted: Vec<i32> = a.iter().zip(&b).map(one).collect();
            for is_constant in [|_: &str| false, |name: &str| name == "page"] {
                let forest = Forest::parse(&text, is_constant).unwrap();
                let pages = [page; 150];
                let columns: Vec<&[u8]> = forest
                    .columns()
                    .iter()
                    .map(|name| match name.as_str() {
                        "a" => a.as_slice(),
                        "b" => &b,
                        _ => &pages,
                    })
                    .collect();
                assert_eq!(forest.score(&columns, 150, &mut Scratch::default()), wanted);
                #[cfg(target_arch = "x86_64")]
                for level in [
                    Level::new().as_sse2().map(Level::Sse2),
                    Level::new().as_sse4_2().map(Level::Sse4_2),
                    Level::new().as_avx2().map(Level::Avx2),
                ] {
                    let score = |level| forest.score_at(level, &columns, 150, &mut Scratch::default());
                    assert!(level.is_none_or(|level| score(level) == wanted), "{level:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for bad in ["a>1: 0 8192", "bias x", "a>1: 1", "a>1 1 2", "a: 1 2", "a>300: 1 2", "a>1: 1 x"] {
            assert!(Forest::parse(bad, |_| false).unwrap_err().contains(bad), "{bad}");
        }
    }
}
