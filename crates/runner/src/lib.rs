//! The runner of textmill as a library.
