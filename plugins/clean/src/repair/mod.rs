//! Repairs received text: encodings, mojibake, leftovers of HTML and typesetting, white space. Knows nothing
//! about pages.

mod codec;
pub mod decode;
pub mod leftovers;
pub mod mojibake;
pub mod normalize;
