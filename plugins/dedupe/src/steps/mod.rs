//! The steps of the plans as operators: they pass tables to and from the plain functions of this crate.

pub mod apply;
pub mod audit;
pub mod candidates;
pub mod choose;
pub mod copies;
pub mod settle;
pub mod sketches;
pub mod verify;

/// Ids of the steps. The rows of a joined step are in a column of the same name.
pub mod id {
    /// Shingles of each document; see [`super::sketches`].
    pub const SETS: &str = "sets";
    /// Hash and rank of each document.
    pub const PRINTS: &str = "prints";
    /// For each document, the representative of all that have the same words.
    pub const ORIGINALS: &str = "originals";
    /// Band keys.
    pub const KEYS: &str = "keys";
    /// Pairs of documents under one key.
    pub const CANDIDATES: &str = "candidates";
    /// Pairs with their measured similarity.
    pub const VERIFIED: &str = "verified";
    /// Pairs of similar documents, each from both ends.
    pub const LINKS: &str = "links";
    /// Connected components of the links.
    pub const LINKED: &str = "linked";
    /// All links of each document.
    pub const NEIGHBOURS: &str = "neighbours";
    /// The same, with the component of the document.
    pub const PLACED: &str = "placed";
    /// What becomes of linked documents, each of which represents its copies.
    pub const VERDICT: &str = "verdict";
    /// Documents that have copies.
    pub const COPIED: &str = "copied";
    /// Verdicts and copies.
    pub const FINDINGS: &str = "findings";
    /// What becomes of every document that is in a cluster.
    pub const FATE: &str = "fate";
}
