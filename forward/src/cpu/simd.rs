//! What the machine's registers hold, and memory laid out for them.

use std::any::TypeId;

use pulp::{Arch, Scalar128b, Simd, WithSimd};

/// Vectors side by side in a tile: its columns are twice the lanes of a vector.
pub const VECTORS: usize = 2;

/// Goes into the columns of every machine's tiles.
pub const GROUP: usize = 4;

/// Runs `task` compiled for the best instructions this machine has.
pub fn dispatch<T: WithSimd>(task: T) -> T::Output {
    match Arch::new() {
        // Four lanes of its own: pulp's plain scalars have one.
        Arch::Scalar => Scalar128b.vectorize(task),
        #[allow(unreachable_patterns)] // on machines whose only instructions are plain
        arch => arch.dispatch(task),
    }
}

/// Columns of a tile on this machine.
pub fn columns() -> usize {
    struct Columns;
    impl WithSimd for Columns {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            VECTORS * S::F32_LANES
        }
    }
    dispatch(Columns)
}

/// `a * b + c`, in one rounding where the machine does that at once.
#[inline(always)]
pub fn multiply_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if cfg!(target_family = "wasm") || TypeId::of::<S>() == TypeId::of::<Scalar128b>() {
        simd.add_f32s(simd.mul_f32s(a, b), c)
    } else {
        simd.mul_add_e_f32s(a, b, c)
    }
}

/// Lanes of plain loops over rows: those of the widest registers, and the same everywhere, so that sums are too.
pub const LANES: usize = 16;

/// All lanes in one, half onto half.
#[inline(always)]
pub fn folded(mut lanes: [f32; LANES], both: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = both(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// Numbers that begin at a line of the cache, as vectors that straddle two take twice as long to read.
#[derive(Debug)]
pub struct Aligned {
    numbers: Vec<f32>,
    start: usize,
    length: usize,
}

const LINE: usize = 64;

impl Aligned {
    /// `length` zeros.
    pub fn new(length: usize) -> Self {
        let numbers = vec![0.0; length + LINE / size_of::<f32>()];
        let start = numbers.as_ptr().align_offset(LINE).min(LINE / size_of::<f32>());
        Self { numbers, start, length }
    }

    pub fn as_slice(&self) -> &[f32] {
        &self.numbers[self.start..][..self.length]
    }

    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        &mut self.numbers[self.start..][..self.length]
    }
}
