//! `exp` in plain arithmetic, which loops over rows become vectors of.

/// `e^x` within 2 units in the last place; below -87 as at -87, above 88 as at 88.
#[inline(always)]
#[allow(clippy::excessive_precision)] // the constants are those of Cephes, which split ln 2 so that products with it are exact
pub fn exp(x: f32) -> f32 {
    const LOWEST: f32 = -87.0;
    const HIGHEST: f32 = 88.0;
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it leaves a whole number in the low bits
    let x = if x < LOWEST { LOWEST } else { x };
    let x = if x > HIGHEST { HIGHEST } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * 0.693_359_375 - whole * -2.121_944_4e-4; // in [-ln 2 / 2, ln 2 / 2]
    let mut sum = 1.987_569_15e-4;
    for coefficient in [1.398_199_95e-3, 8.333_451_9e-3, 4.166_579_6e-2, 1.666_666_55e-1, 5.000_000_1e-1] {
        sum = sum * rest + coefficient;
    }
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23); // 2^whole
    (sum * (rest * rest) + rest + 1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_two_units_in_the_last_place() {
        let mut worst = 0f64;
        for step in 0..=4_000_000u32 {
            let x = -86.9 + 174.8 * (f64::from(step) / 4e6);
            let exact = f64::from(x as f32).exp();
            let unit = f64::from((exact as f32).next_up()) - f64::from(exact as f32);
            worst = worst.max((f64::from(exp(x as f32)) - exact).abs() / unit);
        }
        println!("exp: {worst:.2} units in the last place");
        assert!(worst < 2.0, "{worst}");
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn beyond_its_range_it_stays_at_the_ends() {
        assert_eq!((exp(f32::NEG_INFINITY), exp(-1e9)), (exp(-87.0), exp(-87.0)));
        assert_eq!(exp(f32::INFINITY), exp(88.0));
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(-87.0) < 2e-38 && exp(88.0) > 1.6e38 && exp(88.0).is_finite());
    }
}
