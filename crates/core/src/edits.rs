//! Compact lists of edits, twelve bytes per edit, for pages with as many edits as lines. [`crate::edit`]
//! applies them.

use crate::edit::{Edit, EditError, check};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::ops::Range;

/// Why an edit was made.
#[derive(Clone, Debug)]
pub struct Reason {
    /// Kebab-case id of the rule.
    pub rule: Cow<'static, str>,
    /// What the rule measured, if it measures anything.
    pub value: Option<f64>,
    /// What it compared the value with.
    pub threshold: Option<f64>,
    /// A few words for the reader of the ledger.
    pub note: Option<Cow<'static, str>>,
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        // Numbers first: they may differ under the same rule.
        self.value == other.value
            && self.threshold == other.threshold
            && is_same(&self.rule, &other.rule)
            && match (&self.note, &other.note) {
                (Some(note), Some(other)) => is_same(note, other),
                (note, other) => note.is_none() && other.is_none(),
            }
    }
}

/// Whether two texts are equal. Most equal texts are the same string in memory, so the pointers are compared
/// first.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && (one.is_empty() || one.as_ptr() == other.as_ptr() || one == other)
}

impl Hash for Reason {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.rule, self.value.map(f64::to_bits), self.threshold.map(f64::to_bits), &self.note).hash(state);
    }
}

/// An edit of an [`Edits`] list, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EditRef<'e> {
    /// First byte of the span.
    pub start: usize,
    /// One past the last byte of the span.
    pub end: usize,
    /// The text that replaces the span.
    pub replacement: &'e Cow<'static, str>,
    /// Why the edit was made.
    pub reason: &'e Reason,
}

impl EditRef<'_> {
    /// An owned copy of the edit.
    pub fn to_edit(&self) -> Edit {
        let Reason { rule, value, threshold, note } = self.reason.clone();
        let replacement = self.replacement.clone();
        Edit { start: self.start, end: self.end, replacement, rule, value, threshold, note }
    }
}

/// A list of edits. Rules, measurements and short replacements, of which a page has few different ones, are
/// stored once.
///
/// ```
/// use textmill_core::edit::{Edit, Edits};
///
/// let mut edits = Edits::new();
/// edits.push(Edit::replace(2..4, " ", "white-space"));
/// edits.push(Edit::remove(6..9, "menu").measured(3.0, 2.0));
/// let spans: Vec<_> = edits.iter().map(|edit| edit.start..edit.end).collect();
/// assert_eq!(spans, [2..4, 6..9]);
/// assert_eq!(edits.into_iter().last(), Some(Edit::remove(6..9, "menu").measured(3.0, 2.0)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Edits {
    pub(crate) packed: Vec<Packed>,
    pub(crate) shared: Shared,
}

/// A span with the table indices of its reason and its replacement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packed {
    start: u32,
    end: u32,
    /// [`WHOLE`] if the edit is stored in [`Shared::whole`], at index `start`.
    reason: u16,
    text: u16,
}

const WHOLE: u16 = u16::MAX;
/// Longest replacement, in bytes, that is stored once: longer ones seldom recur.
const SHORT: usize = 32;

/// What the edits of a list share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    reasons: Table<Reason>,
    texts: Table<Cow<'static, str>>,
    whole: Vec<(usize, usize, Cow<'static, str>, Reason)>,
}

impl Shared {
    pub(crate) fn pack(
        &mut self,
        start: usize,
        end: usize,
        text: Cow<'static, str>,
        reason: Reason,
    ) -> Packed {
        if let (Ok(first), Ok(last)) = (u32::try_from(start), u32::try_from(end))
            && text.len() <= SHORT
            && let Some(text) = self.texts.number(&text, |one, other| is_same(one, other))
            && let Some(reason) = self.reasons.number(&reason, Reason::eq)
        {
            return Packed { start: first, end: last, reason, text };
        }
        let number = u32::try_from(self.whole.len()).unwrap_or(u32::MAX);
        self.whole.push((start, end, text, reason));
        Packed { start: number, end: 0, reason: WHOLE, text: 0 }
    }

    pub(crate) fn get(&self, packed: Packed) -> EditRef<'_> {
        if packed.reason == WHOLE {
            let (start, end, replacement, reason) = &self.whole[packed.start as usize];
            return EditRef { start: *start, end: *end, replacement, reason };
        }
        EditRef {
            start: packed.start as usize,
            end: packed.end as usize,
            replacement: &self.texts.items[usize::from(packed.text)],
            reason: &self.reasons.items[usize::from(packed.reason)],
        }
    }
}

impl Edits {
    /// No edits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an edit.
    pub fn push(&mut self, edit: Edit) {
        let Edit { start, end, replacement, rule, value, threshold, note } = edit;
        self.put(start, end, replacement, Reason { rule, value, threshold, note });
    }

    /// Appends a copy of the edit with this number, with another span; does nothing if there is no such edit.
    ///
    /// Usually faster than [`Self::push`], as the reason and the replacement need no lookup.
    ///
    /// ```
    /// use textmill_core::edit::{Edit, Edits};
    ///
    /// let mut edits = Edits::new();
    /// edits.push(Edit::remove(2..4, "menu").note("twice"));
    /// edits.push_like(0, 6..9);
    /// assert_eq!(edits.last().map(|edit| edit.to_edit()), Some(Edit::remove(6..9, "menu").note("twice")));
    /// ```
    pub fn push_like(&mut self, number: usize, span: Range<usize>) {
        let Some(&like) = self.packed.get(number) else { return };
        match (u32::try_from(span.start), u32::try_from(span.end)) {
            (Ok(start), Ok(end)) if like.reason != WHOLE => self.packed.push(Packed { start, end, ..like }),
            _ => self.push(Edit { start: span.start, end: span.end, ..self.shared.get(like).to_edit() }),
        }
    }

    pub(crate) fn put(&mut self, start: usize, end: usize, text: Cow<'static, str>, reason: Reason) {
        let packed = self.shared.pack(start, end, text, reason);
        self.packed.push(packed);
    }

    /// Replaces the edit with this number, if there is one.
    pub fn set(&mut self, number: usize, edit: Edit) {
        if number < self.packed.len() {
            self.push(edit);
            self.packed.swap_remove(number);
        }
    }

    /// Removes the last edit and returns it.
    pub fn pop(&mut self) -> Option<Edit> {
        let packed = self.packed.pop()?;
        Some(self.shared.get(packed).to_edit())
    }

    /// The edit with this number.
    pub fn get(&self, number: usize) -> Option<EditRef<'_>> {
        self.packed.get(number).map(|&packed| self.shared.get(packed))
    }

    /// The number of edits.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there are no edits.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// The edits, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = EditRef<'_>> + ExactSizeIterator + Clone {
        self.packed.iter().map(|&packed| self.shared.get(packed))
    }

    /// The last edit.
    pub fn last(&self) -> Option<EditRef<'_>> {
        self.packed.last().map(|&packed| self.shared.get(packed))
    }

    /// Sorts the edits by place and checks that they fit `text`.
    ///
    /// # Errors
    /// See [`crate::edit::sort_and_check`].
    pub fn sort_and_check(&mut self, text: &str) -> Result<(), EditError> {
        let Self { packed, shared } = self;
        let place = |packed: &Packed| {
            let edit = shared.get(*packed);
            (edit.start, edit.end)
        };
        if !packed.is_sorted_by_key(place) {
            packed.sort_by_key(place);
        }
        check(text, self.iter().map(|edit| (edit.start..edit.end, edit.reason.rule.as_ref())))
    }
}

impl Extend<Edit> for Edits {
    fn extend<I: IntoIterator<Item = Edit>>(&mut self, edits: I) {
        edits.into_iter().for_each(|edit| self.push(edit));
    }
}

impl FromIterator<Edit> for Edits {
    fn from_iter<I: IntoIterator<Item = Edit>>(edits: I) -> Self {
        let mut list = Self::new();
        list.extend(edits);
        list
    }
}

impl From<Vec<Edit>> for Edits {
    fn from(edits: Vec<Edit>) -> Self {
        edits.into_iter().collect()
    }
}

impl PartialEq for Edits {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl IntoIterator for Edits {
    type Item = Edit;
    type IntoIter = IntoIter;
    fn into_iter(self) -> IntoIter {
        IntoIter { packed: self.packed.into_iter(), shared: self.shared }
    }
}

/// Iterator over the edits of a list.
#[derive(Debug)]
pub struct IntoIter {
    packed: std::vec::IntoIter<Packed>,
    shared: Shared,
}

impl Iterator for IntoIter {
    type Item = Edit;
    fn next(&mut self) -> Option<Edit> {
        self.packed.next().map(|packed| self.shared.get(packed).to_edit())
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.packed.size_hint()
    }
}

/// Distinct values, each with a number.
#[derive(Clone, Debug)]
struct Table<T> {
    items: Vec<T>,
    /// Maps the hash of a value to its number. Of two values with the same hash, only the first has a number.
    numbers: HashMap<u64, u16, BuildHasherDefault<Quick>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { items: Vec::new(), numbers: HashMap::default() }
    }
}

impl<T: Hash + Clone> Table<T> {
    /// The number of a value, which is added if it is new; `None` if it cannot have one.
    fn number(&mut self, value: &T, is_same: impl Fn(&T, &T) -> bool) -> Option<u16> {
        /// How many values are compared one by one before the map is used.
        const FEW: usize = 8;
        /// How many values to reserve room for once there are more than a few.
        const MANY: usize = 100;
        if let Some(number) = self.items.iter().take(FEW).position(|item| is_same(item, value)) {
            return u16::try_from(number).ok();
        }
        let mut hasher = Quick(0);
        value.hash(&mut hasher);
        // A page with more than a few values has many: reserving avoids growing the map step by step.
        if self.numbers.len() == FEW {
            self.numbers.reserve(MANY);
        }
        match self.numbers.entry(hasher.finish()) {
            Entry::Occupied(entry) => {
                let number = *entry.get();
                is_same(&self.items[usize::from(number)], value).then_some(number)
            }
            Entry::Vacant(entry) => {
                let number = u16::try_from(self.items.len()).ok().filter(|&number| number < WHOLE)?;
                self.items.push(value.clone());
                Some(*entry.insert(number))
            }
        }
    }
}

/// A small, fast hash for lookups within a list: multiply and rotate, eight bytes per step.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        match (rest, bytes.last_chunk::<8>()) {
            ([], _) => {}
            // The last eight bytes, some of which are hashed a second time.
            (_, Some(last)) => self.write_u64(u64::from_le_bytes(*last)),
            _ => self.write_u64(rest.iter().fold(0, |word, &byte| word << 8 | u64::from(byte))),
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let list: Vec<Edit> = (0..70_000)
            .map(|n| Edit::replace(n..n + 1, format!("text {n}"), "a").measured(n as f64, 1.0))
            .chain([
                Edit::replace(1 << 40..1 << 41, "x".repeat(100), "b").note("why"),
                Edit::remove(1..2, "c").measured(f64::INFINITY, 0.0),
            ])
            .collect();
        let edits: Edits = list.clone().into();
        assert_eq!(edits.len(), list.len());
        assert!(edits.iter().map(|edit| edit.to_edit()).eq(list.iter().cloned()));
        assert_eq!(edits.last().unwrap().reason.rule, "c");
        assert!(edits.into_iter().eq(list));
    }

    #[test]
    fn many_edits_share_what_is_the_same() {
        let mut edits = Edits::new();
        (0..1000).for_each(|n| edits.push(Edit::replace(n..n + 1, [" ", "\n", ""][n % 3], "rule")));
        assert_eq!((edits.shared.texts.items.len(), edits.shared.reasons.items.len()), (3, 1));
        assert!(edits.shared.whole.is_empty() && size_of::<Packed>() == 12);
    }

    #[test]
    fn edits_like_others() {
        let mut edits = Edits::new();
        let long = Edit::replace(3..4, "x".repeat(100), "b").measured(0.5, 1.0);
        (0..2).for_each(|_| edits.push(Edit::remove(0..1, "a").note("why")));
        edits.push(long.clone());
        edits.push_like(1, 5..7);
        edits.push_like(2, 8..9);
        edits.push_like(0, 1 << 40..1 << 41);
        edits.push_like(9, 0..1);
        let like = [
            Edit::remove(5..7, "a").note("why"),
            Edit { start: 8, end: 9, ..long },
            Edit::remove(1 << 40..1 << 41, "a").note("why"),
        ];
        assert!(edits.iter().skip(3).map(|edit| edit.to_edit()).eq(like));
    }

    #[test]
    fn sorted_and_checked() {
        let mut edits: Edits = vec![Edit::remove(3..4, "b"), Edit::remove(0..1, "a")].into();
        edits.sort_and_check("abcd").unwrap();
        assert_eq!(edits.pop(), Some(Edit::remove(3..4, "b")));
        edits.push(Edit::remove(0..2, "c"));
        assert!(matches!(edits.sort_and_check("abcd"), Err(EditError::Overlap { .. })));
    }
}
