//! The `textmill` program.
fn main() {}
