//! The built-in tables, compiled once per process: phrases, words of dates, models. Holds no options.

use std::sync::{Arc, OnceLock};

use textmill_plugin::error::Error;

use crate::html::cues::PartWords;
use crate::model::Model;
use crate::model::lexicon::Lexicon;
use crate::rules::cues::Cues;
use crate::rules::dates::DateWords;

/// The built-in tables, compiled once per process.
#[derive(Clone)]
pub struct Tables {
    pub cues: Arc<Cues>,
    pub dates: Arc<DateWords>,
    pub model: Arc<Model>,
    pub html_model: Arc<Model>,
    pub lexicon: Arc<Lexicon>,
    pub html_lexicon: Arc<Lexicon>,
    pub parts: Arc<PartWords>,
    pub names: Arc<Lexicon>,
}

impl Tables {
    /// The built-in tables.
    ///
    /// # Errors
    /// If one is malformed, which the tests rule out.
    pub fn builtin() -> Result<Self, Error> {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        if let Some(tables) = TABLES.get() {
            return Ok(tables.clone());
        }
        let tables = Self {
            cues: Arc::new(Cues::builtin()?),
            dates: Arc::new(DateWords::builtin()),
            model: Arc::new(Model::plain()?),
            html_model: Arc::new(Model::html()?),
            lexicon: Arc::new(Lexicon::plain()?),
            html_lexicon: Arc::new(Lexicon::html()?),
            parts: Arc::new(PartWords::builtin()?),
            names: Arc::new(Lexicon::names()?),
        };
        Ok(TABLES.get_or_init(|| tables).clone())
    }
}
