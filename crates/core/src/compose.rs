//! Composes the edits of two passes over a text into edits of the original text, for [`crate::edit`].

use crate::edit::splice;
use crate::edits::{EditRef, Edits, Packed, Reason};
use std::borrow::Cow;
use std::ops::Range;

/// How many bytes shorter an edit makes the text.
fn shrunk(edit: &EditRef<'_>) -> isize {
    (edit.end - edit.start) as isize - edit.replacement.len() as isize
}

/// Composes `first` with `second`, whose spans are offsets into `middle`, the text after `first`.
///
/// Edits of the two passes that share a byte of `middle` form a cluster and become one edit. A cluster is
/// contiguous, so its replacement is a slice of `middle` with the later edits applied.
pub(crate) fn compose(middle: &str, first: Edits, second: &Edits) -> Edits {
    // Most edits of the first pass are kept as they are, with their table indices.
    let Edits { packed: pieces, shared } = first;
    let mut out = Edits { packed: Vec::with_capacity(pieces.len() + second.len()), shared };
    let (mut piece, mut later) = (0, 0);
    // Bytes of the original minus bytes of `middle`, over the pieces already passed.
    let mut shift = 0isize;
    // Where a piece begins and ends in `middle`, and by how many bytes it shortens the original.
    let place = |out: &Edits, piece: Packed, shift: isize| {
        let edit = out.shared.get(piece);
        let start = edit.start.wrapping_add_signed(-shift);
        (start, start + edit.replacement.len(), shrunk(&edit))
    };
    let get = |number: usize| second.packed.get(number).map(|&packed| second.shared.get(packed));
    while let Some(next) = get(later) {
        while let Some(&packed) = pieces.get(piece) {
            let (_, end, less) = place(&out, packed, shift);
            if end > next.start {
                break;
            }
            shift += less;
            piece += 1;
            push_packed(&mut out, packed);
        }
        let (mut start, mut end) = (next.start, next.end);
        let (from_piece, from_later) = (piece, later);
        later += 1;
        let mut shift_after = shift;
        loop {
            if let Some((begin, stop, less)) = pieces
                .get(piece)
                .map(|&packed| place(&out, packed, shift_after))
                .filter(|(begin, ..)| *begin < end)
            {
                start = start.min(begin);
                end = end.max(stop);
                shift_after += less;
                piece += 1;
            } else if let Some(more) = get(later).filter(|more| more.start < end) {
                end = end.max(more.end);
                later += 1;
            } else {
                break;
            }
        }
        let original = start.wrapping_add_signed(shift)..end.wrapping_add_signed(shift_after);
        shift = shift_after;
        let (text, reason) = if piece == from_piece && later == from_later + 1 {
            (next.replacement.clone(), next.reason.clone())
        } else {
            let laters: Vec<EditRef<'_>> = (from_later..later).filter_map(get).collect();
            merged(middle, start..end, &out, &pieces[from_piece..piece], &laters)
        };
        push(&mut out, original, text, reason);
    }
    for &packed in &pieces[piece..] {
        push_packed(&mut out, packed);
    }
    out
}

/// Replacement and reason of a cluster. Its rule is that of the widest edit in it; the note names the others.
fn merged(
    middle: &str,
    span: Range<usize>,
    out: &Edits,
    absorbed: &[Packed],
    laters: &[EditRef<'_>],
) -> (Cow<'static, str>, Reason) {
    let pieces = || absorbed.iter().map(|&packed| out.shared.get(packed));
    let widest_later = laters.iter().enumerate().max_by_key(|(i, l)| (l.end - l.start, usize::MAX - i));
    let widest_piece = pieces().max_by_key(|p| p.replacement.len());
    let mut reason = match (widest_later, widest_piece) {
        (Some((_, l)), Some(p)) if p.replacement.len() > l.end - l.start => p.reason.clone(),
        (Some((_, l)), _) => l.reason.clone(),
        (None, Some(p)) => p.reason.clone(),
        (None, None) => Reason { rule: "".into(), value: None, threshold: None, note: None },
    };
    let mut others: Vec<&str> = Vec::new();
    for edit in pieces().chain(laters.iter().copied()) {
        if edit.reason.rule != reason.rule && !others.contains(&edit.reason.rule.as_ref()) {
            others.push(&edit.reason.rule);
        }
    }
    if !others.is_empty() {
        reason.note = Some(match reason.note {
            None => format!("with {}", others.join(", ")).into(),
            Some(note) => format!("{note}; with {}", others.join(", ")).into(),
        });
    }
    let edits = laters.iter().map(|l| (l.start - span.start..l.end - span.start, l.replacement.as_ref()));
    let mut text = String::new();
    splice(&middle[span.clone()], edits, |piece| text.push_str(piece));
    (text.into(), reason)
}

/// Appends an edit; merges two insertions at the same place.
fn push(out: &mut Edits, span: Range<usize>, text: Cow<'static, str>, reason: Reason) {
    match out.last() {
        Some(last) if last.start == span.start && last.end == span.end => {
            let (text, reason) = (format!("{}{text}", last.replacement).into(), last.reason.clone());
            out.packed.pop();
            out.put(span.start, span.end, text, reason);
        }
        _ => out.put(span.start, span.end, text, reason),
    }
}

/// Appends an edit that is already in the tables of `out`.
fn push_packed(out: &mut Edits, packed: Packed) {
    let edit = out.shared.get(packed);
    match out.last() {
        Some(last) if last.start == edit.start && last.end == edit.end => {
            let (text, reason) = (edit.replacement.clone(), edit.reason.clone());
            push(out, edit.start..edit.end, text, reason);
        }
        _ => out.packed.push(packed),
    }
}
