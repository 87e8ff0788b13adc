//! Pseudo-random bytes that are the same everywhere (xorshift, Marsaglia 2003), for tests that run the
//! targets without a fuzzer.

/// Yields `inputs` inputs, with lengths that cycle from `least` to `least + spread - 1` bytes.
pub fn noise(inputs: usize, least: usize, spread: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..inputs).map(move |number| {
        let length = least + number % spread;
        std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .take(length)
        .collect()
    })
}
