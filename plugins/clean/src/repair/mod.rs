//! Text as it came made right: encodings, mojibake, what HTML and typesetting left, white space. Knows nothing of pages.

mod codec;
pub mod decode;
pub mod leftovers;
pub mod mojibake;
pub mod normalize;
