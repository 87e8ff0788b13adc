//! Files that are one document each: plain text, Markdown, HTML. They are taken as they are.

use super::format::Kind;
use super::open::open_content;
use super::parsed::{Parsed, Row, Span};
use super::parser::Context;
use super::record::{Failure, Limit};
use serde_json::Value;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Reads the file and adds it as a document.
pub(super) fn parse(context: &Context<'_>, read: &Arc<AtomicU64>, out: &mut Parsed) {
    let file = context.file;
    let most = context.input.max_document_bytes;
    let mut content = match open_content(file, 0, read) {
        Ok(content) => content,
        Err(error) => {
            let note = format!("cannot read the file: {error}");
            return out.fail(Failure::of_file(file, "unreadable-file", note));
        }
    };
    let mut bytes = Vec::new();
    let taken = (&mut content).take((most as u64).saturating_add(1)).read_to_end(&mut bytes);
    let more = match &taken {
        Ok(_) if bytes.len() > most => io::copy(&mut content, &mut io::sink()),
        _ => Ok(0),
    };
    let failure = match (taken, more) {
        (Err(error), _) | (_, Err(error)) => {
            let packed = file.format.compression != crate::config::Compression::Plain;
            let (rule, words) = match packed {
                true => ("broken-file", "the file ends in an error"),
                false => ("unreadable-file", "cannot read the file"),
            };
            Some((rule, format!("{words}: {error}")))
        }
        (Ok(_), Ok(more)) if bytes.len() > most => {
            Some(Limit::of(context.input).too_large("the file", bytes.len() as u64 + more))
        }
        _ => None,
    };
    if let Some((rule, note)) = failure {
        return out.fail(Failure::of_file(file, rule, note));
    }
    let media_type = match file.format.kind {
        Kind::Whole(Some(kind)) if context.media_type.is_none() => Some(out.say(kind)),
        _ => context.media_type,
    };
    let id = out.say(&file.name);
    let text = out.hold(bytes);
    let row = Row { id, source: context.source, media_type, carried: Span::default(), text, surrogates: 0 };
    let values = vec![Value::Null; out.shape.columns.len()];
    out.push(row, values, |note| Failure::of_file(file, "wrong-type", note));
}
