//! A gradient-boosted ensemble of oblivious trees over byte features, evaluated in integers. Knows
//! nothing of lines and pages.
//!
//! An oblivious tree asks the same question of every line at each of its levels (Kohavi 1994; Prokhorenkova
//! et al. 2018, CatBoost), so a level is one comparison of a column with a number, many lines at a time, and
//! no branch depends on the data. Leaves are integers, so a score is the same on every machine.

/// One unit of a leaf, as a fraction of a logit: leaves are in 1/1024 logit.
pub const UNIT: i32 = 1024;

/// An ensemble.
#[derive(Debug, Default)]
pub struct Forest {
    /// What every line begins with, in [`UNIT`]s.
    bias: i32,
    /// Names of the columns that are asked, by their number in `trees`.
    columns: Vec<String>,
    trees: Vec<Tree>,
}

/// The questions from the first level on (column, and the number that it must be greater than), and
/// 2^levels leaves; the first level is the lowest bit of a leaf's number.
#[derive(Debug)]
struct Tree {
    levels: Vec<(u16, u8)>,
    leaves: Vec<i32>,
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
            self.bias = bias.parse().ok()?;
            return Some(());
        }
        let (questions, leaves) = line.split_once(": ")?;
        let mut levels = Vec::new();
        for question in questions.split(' ') {
            let (name, number) = question.split_once('>')?;
            let column = match self.columns.iter().position(|c| c == name) {
                Some(column) => column,
                None => {
                    self.columns.push(name.to_owned());
                    self.columns.len() - 1
                }
            };
            levels.push((u16::try_from(column).ok()?, number.parse().ok()?));
        }
        let leaves: Vec<i32> = leaves.split(' ').map(|leaf| leaf.parse().ok()).collect::<Option<_>>()?;
        let fits = levels.len() <= 8 && leaves.len() == 1 << levels.len();
        fits.then(|| self.trees.push(Tree { levels, leaves }))
    }

    /// Names of the columns that [`Self::score`] wants, in their order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The score of each of `lines` lines, in [`UNIT`]s of a logit: greater than 0 is more likely than not.
    /// `columns` are those of [`Self::columns`], each with a byte for each line.
    pub fn score(&self, columns: &[&[u8]], lines: usize) -> Vec<i32> {
        let mut scores = vec![self.bias; lines];
        let mut place: Vec<u8> = vec![0; lines];
        for tree in &self.trees {
            place.fill(0);
            for (level, &(column, number)) in tree.levels.iter().enumerate() {
                let bit = 1u8 << level;
                for (place, &value) in place.iter_mut().zip(columns[usize::from(column)]) {
                    *place |= if value > number { bit } else { 0 };
                }
            }
            for (score, &place) in scores.iter_mut().zip(place.iter()) {
                *score += tree.leaves.get(usize::from(place)).copied().unwrap_or(0);
            }
        }
        scores
    }
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

    #[test]
    fn what_is_no_tree_is_refused() {
        for bad in ["bias x", "a>1: 1", "a>1 1 2", "a: 1 2", "a>300: 1 2", "a>1: 1 x"] {
            assert!(Forest::parse(bad).unwrap_err().contains(bad), "{bad}");
        }
    }
}
