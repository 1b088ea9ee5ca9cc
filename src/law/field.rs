//! Arithmetic in the finite fields of prime order and of order `2^m`.

use std::str::FromStr;

use super::MAX_SYMBOLS;

/// The field of `q` elements, written `0 .. q`: residues of a prime, or polynomials over bits modulo the smallest
/// primitive polynomial of degree `m`. Products go through the powers of a generator.
#[derive(Clone, Debug)]
pub struct Field {
    order: u32,
    /// The sum of polynomials over bits has no carry.
    binary: bool,
    /// `g^i` for `i < 2 (q - 1)`: twice around, so that a sum of two logarithms needs no reduction.
    powers: Vec<u32>,
    /// `powers[logs[a]] = a`; unused at 0.
    logs: Vec<u32>,
}

/// No field has this order, or it is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the order must be a prime or a power of two, from 2 to {MAX_SYMBOLS}")]
pub struct NoField;

impl Field {
    /// The field of `order` elements; `None` unless that is a prime or a power of two, `2 ..= MAX_SYMBOLS`.
    pub fn new(order: usize) -> Option<Self> {
        if !(2..=MAX_SYMBOLS).contains(&order) {
            return None;
        }
        let order = order as u32;
        let binary = order.is_power_of_two();
        let powers = if binary {
            // The polynomial `x` generates the field exactly if the modulus, an odd number, is primitive.
            (order..2 * order).filter(|modulus| modulus % 2 == 1).find_map(|modulus| {
                cycle(order, |power| if 2 * power < order { 2 * power } else { (2 * power) ^ modulus })
            })?
        } else {
            if (2..).take_while(|divisor| divisor * divisor <= order).any(|divisor| order.is_multiple_of(divisor)) {
                return None;
            }
            (2..order)
                .find_map(|g| cycle(order, |power| (u64::from(power) * u64::from(g) % u64::from(order)) as u32))?
        };
        let mut logs = vec![0; order as usize];
        for (log, &power) in (0u32..).zip(&powers) {
            logs[power as usize] = log;
        }
        Some(Self { order, binary, powers: powers.repeat(2), logs })
    }

    /// `q`.
    pub fn order(&self) -> usize {
        self.order as usize
    }

    /// `a + b`.
    pub fn add(&self, a: u32, b: u32) -> u32 {
        if self.binary { a ^ b } else { (a + b) % self.order }
    }

    /// `a - b`.
    pub fn sub(&self, a: u32, b: u32) -> u32 {
        if self.binary { a ^ b } else { (a + self.order - b) % self.order }
    }

    /// `a * b`.
    pub fn mul(&self, a: u32, b: u32) -> u32 {
        if a == 0 || b == 0 { 0 } else { self.powers[(self.logs[a as usize] + self.logs[b as usize]) as usize] }
    }

    /// `1 / a`; `a` is not 0.
    pub fn inverse(&self, a: u32) -> u32 {
        debug_assert_ne!(a, 0);
        self.powers[(self.order - 1 - self.logs[a as usize]) as usize]
    }
}

impl FromStr for Field {
    type Err = NoField;

    fn from_str(order: &str) -> Result<Self, NoField> {
        order.parse().ok().and_then(Self::new).ok_or(NoField)
    }
}

/// `1, g, g^2, ...` if these are all `order - 1` elements but 0; `step` multiplies by `g`.
fn cycle(order: u32, step: impl Fn(u32) -> u32) -> Option<Vec<u32>> {
    let mut powers = vec![1];
    let mut power = step(1);
    while power > 1 && powers.len() < order as usize {
        powers.push(power);
        power = step(power);
    }
    (power == 1 && powers.len() == order as usize - 1).then_some(powers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axioms_hold() {
        for order in [2, 3, 4, 5, 7, 8, 16, 31, 32, 64] {
            let field = Field::new(order).unwrap();
            let all = 0..order as u32;
            for a in all.clone() {
                assert_eq!((field.add(a, 0), field.mul(a, 1), field.mul(a, 0)), (a, a, 0));
                assert_eq!(field.add(field.sub(0, a), a), 0);
                assert!(a == 0 || field.mul(a, field.inverse(a)) == 1, "1 / {a} in {order}");
                for b in all.clone() {
                    assert!((field.add(a, b) as usize) < order && (field.mul(a, b) as usize) < order);
                    assert_eq!(field.add(a, b), field.add(b, a));
                    assert_eq!(field.mul(a, b), field.mul(b, a));
                    assert_eq!(field.add(field.sub(a, b), b), a);
                    assert!(field.mul(a, b) != 0 || a == 0 || b == 0);
                    for c in all.clone() {
                        assert_eq!(field.add(field.add(a, b), c), field.add(a, field.add(b, c)));
                        assert_eq!(field.mul(field.mul(a, b), c), field.mul(a, field.mul(b, c)));
                        assert_eq!(field.mul(a, field.add(b, c)), field.add(field.mul(a, b), field.mul(a, c)));
                    }
                }
            }
        }
    }

    #[test]
    fn large_fields_multiply_as_defined() {
        let field = Field::new(65_521).unwrap();
        for (a, b) in [(65_520, 65_520), (12_345, 54_321), (2, 40_000)] {
            assert_eq!(u64::from(field.mul(a, b)), u64::from(a) * u64::from(b) % 65_521);
        }
        // 0x11d is the modulus of GF(256) in CDs and QR codes: x^8 = x^4 + x^3 + x^2 + 1.
        assert_eq!(Field::new(256).unwrap().mul(0x80, 2), 0x1d);
        let field = Field::new(65_536).unwrap();
        assert!((1..65_536).all(|a| field.mul(a, field.inverse(a)) == 1));
    }

    #[test]
    fn there_is_no_field_of_any_other_order() {
        for order in [0, 1, 6, 9, 15, 49, 255, 65_535, 65_537, 131_072] {
            assert!(Field::new(order).is_none(), "{order}");
        }
    }
}
