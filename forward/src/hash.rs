//! Random numbers as functions of what they are for.

/// Hashes four words into four, each of which depends on all.
#[inline]
pub fn pcg4d(words: [u32; 4]) -> [u32; 4] {
    let [mut x, mut y, mut z, mut w] = words.map(|v| v.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let mut mix = |shift: bool| {
        if shift {
            (x, y, z, w) = (x ^ (x >> 16), y ^ (y >> 16), z ^ (z >> 16), w ^ (w >> 16));
        }
        x = x.wrapping_add(y.wrapping_mul(w));
        y = y.wrapping_add(z.wrapping_mul(x));
        z = z.wrapping_add(x.wrapping_mul(y));
        w = w.wrapping_add(y.wrapping_mul(z));
    };
    mix(false);
    mix(true);
    [x, y, z, w]
}
