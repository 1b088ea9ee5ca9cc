//! `exp` of vectors.

use pulp::Simd;

use super::simd::multiply_add;

/// `e^x` within 2 units in the last place; below -87 as at -87, above 88 as at 88.
#[inline(always)]
#[allow(clippy::excessive_precision)] // the constants are those of Cephes, which split ln 2 so that products with it are exact
pub fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    const LOWEST: f32 = -87.0;
    const HIGHEST: f32 = 88.0;
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it leaves a whole number in the low bits
    let number = |x: f32| simd.splat_f32s(x);
    // What is no number comes second, and stays.
    let x = simd.min_f32s(number(HIGHEST), simd.max_f32s(number(LOWEST), x));
    let shifted = multiply_add(simd, x, number(std::f32::consts::LOG2_E), number(ROUND));
    let whole = simd.sub_f32s(shifted, number(ROUND));
    let rest = multiply_add(simd, whole, number(-0.693_359_375), x);
    let rest = multiply_add(simd, whole, number(2.121_944_4e-4), rest); // in [-ln 2 / 2, ln 2 / 2]
    let mut sum = number(1.987_569_15e-4);
    for coefficient in [1.398_199_95e-3, 8.333_451_9e-3, 4.166_579_6e-2, 1.666_666_55e-1, 5.000_000_1e-1, 1.0, 1.0] {
        sum = multiply_add(simd, sum, rest, number(coefficient));
    }
    let bits = simd.add_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(127));
    let power = simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(bits, simd.splat_u32s(23))); // 2^whole
    simd.mul_f32s(sum, power)
}

#[cfg(test)]
mod tests {
    use pulp::{
        WithSimd,
        bytemuck::{cast_slice, cast_slice_mut},
    };

    use super::*;
    use crate::cpu::simd::dispatch;

    /// `exp` of each number.
    fn exps(numbers: &[f32]) -> Vec<f32> {
        struct Each<'a>(&'a [f32]);
        impl WithSimd for Each<'_> {
            type Output = Vec<f32>;

            fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
                let of = |some: &[f32]| {
                    let mut lanes = [simd.splat_f32s(0.0)];
                    cast_slice_mut(&mut lanes)[..some.len()].copy_from_slice(some);
                    cast_slice::<S::f32s, f32>(&[exp(simd, lanes[0])])[..some.len()].to_vec()
                };
                self.0.chunks(S::F32_LANES).flat_map(of).collect()
            }
        }
        dispatch(Each(numbers))
    }

    #[test]
    fn within_two_units_in_the_last_place() {
        let numbers: Vec<f32> =
            (0..=4_000_000u32).map(|step| (-86.9 + 174.8 * (f64::from(step) / 4e6)) as f32).collect();
        let mut worst = 0f64;
        for (&x, found) in numbers.iter().zip(exps(&numbers)) {
            let exact = f64::from(x).exp();
            let unit = f64::from((exact as f32).next_up()) - f64::from(exact as f32);
            worst = worst.max((f64::from(found) - exact).abs() / unit);
        }
        println!("exp: {worst:.2} units in the last place");
        assert!(worst < 2.0, "{worst}");
    }

    #[test]
    fn beyond_its_range_it_stays_at_the_ends() {
        let found = exps(&[f32::NEG_INFINITY, -1e9, -87.0, f32::INFINITY, 88.0, f32::NAN, 0.0]);
        assert_eq!((found[0], found[1], found[3], found[6]), (found[2], found[2], found[4], 1.0));
        assert!(found[2] < 2e-38 && found[4] > 1.6e38 && found[4].is_finite() && found[5].is_nan());
    }
}
