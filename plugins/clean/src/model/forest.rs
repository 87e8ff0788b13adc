//! A gradient-boosted ensemble of oblivious trees over byte features, evaluated in integers. Knows
//! nothing of lines and pages.
//!
//! An oblivious tree asks the same question of every line at each of its levels (Kohavi 1994; Prokhorenkova
//! et al. 2018, CatBoost), so a level is one comparison of a column with a number, 64 lines at a time, and
//! no branch depends on the data. A tree of six levels has 64 leaves, which is what one look-up of bytes holds. What is asked of
//! a column that has one value for all lines is answered once.
//! Leaves are integers, so a score is the same on every machine.

use fearless_simd::{Level, Simd, dispatch, i8x64, prelude::*, u8x64, u16x32, u32x16};
use std::ops::Range;

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
/// Leaves are looked up in two parts, the upper one in units of this: so small, parts of several trees fit into a byte.
const UPPER: i32 = 32;

/// Most trees of a group. As nearly all groups are full, the processor foresees where their loop ends.
const GROUPED: usize = 6;

/// An ensemble.
#[derive(Debug, Default)]
pub struct Forest {
    /// What every line begins with, in [`UNIT`]s: the bias, and the least leaf of each tree.
    base: i32,
    /// Names of the columns that are asked, by their number in `trees`.
    columns: Vec<String>,
    /// Those with the most questions to lines first.
    trees: Vec<Tree>,
    /// The groups in which they are summed up, in their order.
    groups: Vec<Group>,
    /// Numbers of the columns that are not the same for all lines.
    varying: Vec<u8>,
    /// The questions to the others: their answers are given once for all lines.
    constant: Vec<Constant>,
}

/// The questions from the first level on (column, and the number that it must be greater than, as [`asked`] gives it), and
/// the leaves; the first level is the lowest bit of a leaf's number.
#[derive(Debug)]
struct Tree {
    columns: [u8; LEVELS],
    numbers: [u32; LEVELS],
    /// What the leaves are above the least of them, in two parts.
    low: Leaves,
    high: Leaves,
}

/// A part of each leaf, in one line of the machine's cache: all are read at once.
#[derive(Debug)]
#[repr(align(64))]
struct Leaves([u8; BLOCK]);

/// Trees with as many questions to lines, of which both parts of all leaves sum up to bytes.
#[derive(Debug)]
struct Group {
    questions: usize,
    trees: Range<usize>,
}

/// A question to a column that is the same for all lines.
#[derive(Debug)]
struct Constant {
    tree: usize,
    column: usize,
    number: u8,
    /// The bit of the leaf's number, where the answer is yes.
    bit: u8,
}

/// A tree as it is written.
struct Written {
    /// Columns, the numbers that they must be greater than, and whether a column is the same for all lines.
    questions: Vec<(usize, u8, bool)>,
    leaves: Vec<i32>,
}

impl Forest {
    /// Reads an ensemble: `bias N`, then a line for each tree, `column>number …: leaf …`; the leaves of one are less than 8,192 apart. Columns of
    /// which `is_constant` says so have one value for all lines that are scored together.
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

    /// Reads a line: a tree, or none where it is the bias.
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

    /// Adds a tree, and puts it into the last group where it fits there.
    fn plant(&mut self, tree: &Written) {
        // No byte is greater than 255: a level that is not there changes no leaf's number.
        let (mut columns, mut numbers) = ([0; LEVELS], [asked(u8::MAX); LEVELS]);
        // Questions to lines come first. The bit of each question in the number of a leaf, as it is written.
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

    /// Names of the columns that [`Self::score`] wants, in their order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The score of each of `lines` lines, in [`UNIT`]s of a logit: greater than 0 is more likely than not.
    /// `columns` are those of [`Self::columns`], each with a byte for each line; where 64 more follow, no line costs more than others.
    pub fn score(&self, columns: &[&[u8]], lines: usize, room: &mut Room) -> Vec<i32> {
        self.score_at(Level::new(), columns, lines, room)
    }

    /// The same with the instructions of `level`.
    fn score_at(&self, level: Level, columns: &[&[u8]], lines: usize, room: &mut Room) -> Vec<i32> {
        let whole = lines.next_multiple_of(BLOCK);
        if columns.iter().any(|column| column.len() < whole) {
            let longer = columns.iter().map(|column| [column, [0; BLOCK].as_slice()].concat());
            let longer: Vec<Vec<u8>> = longer.collect();
            let columns: Vec<&[u8]> = longer.iter().map(Vec::as_slice).collect();
            return self.score_whole(level, &columns, lines, room);
        }
        self.score_whole(level, columns, lines, room)
    }

    /// The same of columns that go on to the end of a block.
    fn score_whole(&self, level: Level, columns: &[&[u8]], lines: usize, room: &mut Room) -> Vec<i32> {
        let mut scores = vec![self.base; lines];
        let Room { roots, blocks } = room;
        roots.clear();
        roots.resize(self.trees.len(), 0);
        for Constant { tree, column, number, bit } in &self.constant {
            let value = columns.get(*column).and_then(|column| column.first()).copied().unwrap_or(0);
            roots[*tree] += if value > *number { four_times(*bit) } else { 0 };
        }
        dispatch!(level, simd => self.add_all(simd, columns, (roots, blocks), &mut scores));
        scores
    }

    /// Adds what all trees say of the lines to their scores.
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
            // Two blocks share the numbers of the questions, where the machine has registers for both.
            if <S::u8s as SimdBase<S>>::LEN >= BLOCK && !second.is_empty() {
                self.add(simd, roots, block, [0, 1], [&mut *first, &mut *second]);
            } else {
                self.add(simd, roots, block, [0], [&mut *first]);
                self.add(simd, roots, block, [1], [&mut *second]);
            }
        }
    }

    /// Adds what all trees say of blocks of lines to their scores.
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
    /// How many questions there are to lines.
    fn varying(&self) -> usize {
        self.questions.iter().filter(|(.., is_constant)| !is_constant).count()
    }
}

/// Two blocks of each column, with a sign, each in one line of the machine's cache.
#[repr(align(64))]
struct Blocks([[[i8; BLOCK]; 2]; COLUMNS]);

/// What is worked with while lines are scored.
pub struct Room {
    /// Of each tree, what the questions that are the same for all lines make of the number of a leaf, four times.
    roots: Vec<u32>,
    blocks: Box<Blocks>,
}

impl Default for Room {
    fn default() -> Self {
        Self { roots: Vec::new(), blocks: Box::new(Blocks([[[0; BLOCK]; 2]; COLUMNS])) }
    }
}

/// Fewest questions for which there is a loop of its own: the rest of them is always answered no.
const FEWEST: usize = 3;

/// Sums up both parts of the leaves that lines come to in groups of trees that ask as many questions; with each tree is its root.
#[inline(always)]
fn look_up<'t, S: Simd, const N: usize, const QUESTIONS: usize>(
    simd: S,
    groups: impl Iterator<Item = (&'t [Tree], &'t [u32])>,
    block: &Blocks,
    numbers: [usize; N],
    sums: &mut [Sums<S>; N],
) {
    let zero = u8x64::splat(simd, 0);
    // A compiler that knows that this is 1 no longer makes masked additions of the sums below.
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
                    // No bit comes twice, and sums of bytes take one instruction where the machine has masks.
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

/// Sums of both parts of leaves: bytes are added in lanes of 16 bits, as whole words, and their second bytes once more by themselves. Widening the bytes
/// first would need the one port that the comparisons need.
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
                *score += i32::from(low) + UPPER * i32::from(high);
            }
        }
    }
}

/// What makes of bytes numbers with a sign in the same order: these can be compared on all machines.
const SIGN: u8 = 0x80;

/// A number of a question as it is compared: four times, with a sign.
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
        let scores = forest.score(&[&[0, 2, 4], &[0, 1, 1]], 3, &mut Room::default());
        assert_eq!(scores, [-5 + 10 + 1, -5 + 20 + 2, -5 + 20 + 4]);
    }

    /// The widths that the machine has, against the plain reading of trees that ask columns of lines and of the page.
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
                assert_eq!(forest.score(&columns, 150, &mut Room::default()), wanted);
                #[cfg(target_arch = "x86_64")]
                for level in [
                    Level::new().as_sse2().map(Level::Sse2),
                    Level::new().as_sse4_2().map(Level::Sse4_2),
                    Level::new().as_avx2().map(Level::Avx2),
                ] {
                    let score = |level| forest.score_at(level, &columns, 150, &mut Room::default());
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
