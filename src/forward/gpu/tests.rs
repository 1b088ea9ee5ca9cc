//! Each kernel against its Rust twin, on wgpu (a software Vulkan will do).

use wgpu::{
    BindGroupLayout, Buffer, BufferDescriptor, BufferUsages, ComputePipeline,
    util::{BufferInitDescriptor, DeviceExt},
};

use super::{
    Handle, Precision,
    kernel::{Kernel, bound},
    kernels::{Kernels, REVEAL_LANES},
    read::{Pending, Pool},
};
use crate::{
    denoiser::twin,
    forward::{Shape, cpu},
    random::pcg4d,
};

/// A net of odd sizes: nothing is a multiple of a tile but heads of eight.
const ODD: Shape = Shape {
    vocab_size: 77,
    d_model: 40,
    n_layer: 1,
    n_head: 5,
    d_ff: 52,
    emb_scale: 3.5,
    rope_base: 10_000.0,
    norm_eps: 1e-5,
    causal: false,
};
/// One whose heads are as large as the default model's.
const EVEN: Shape = Shape { vocab_size: 128, d_model: 128, n_head: 2, d_ff: 96, ..ODD };
/// One whose heads are large.
const TALL: Shape = Shape { d_model: 256, n_head: 2, ..EVEN };
const SHAPES: [Shape; 3] = [ODD, EVEN, TALL];

fn numbers(count: usize, salt: u32) -> Vec<f32> {
    (0..count as u32).map(|at| pcg4d([at, salt, 3, 4])[0] as f32 / u32::MAX as f32 * 2.0 - 1.0).collect()
}

struct Bench {
    handle: Handle,
    kernels: Kernels,
}

impl Bench {
    fn new(shape: Shape) -> Self {
        Self::within(shape, Precision::F32)
    }

    fn within(shape: Shape, precision: Precision) -> Self {
        let (handle, _) =
            pollster::block_on(Handle::open()).expect("a Vulkan driver; `cargo xtask setup` installs one");
        let kernels = pollster::block_on(Kernels::new(&handle, &shape, precision)).unwrap();
        Self { handle, kernels }
    }

    /// Dispatches a kernel once; the buffer of number `told` comes back.
    fn run(
        &self,
        (pipeline, layout): (&ComputePipeline, &BindGroupLayout),
        contents: &[Vec<u8>],
        told: usize,
        [x, y, z]: [u32; 3],
    ) -> Vec<f32> {
        let device = &self.handle.device;
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let buffer =
            |contents: &Vec<u8>| device.create_buffer_init(&BufferInitDescriptor { label: None, contents, usage });
        let buffers: Vec<Buffer> = contents.iter().map(buffer).collect();
        let group = bound(device, layout, buffers.iter().map(Buffer::as_entire_binding).collect());
        let size = buffers[told].size();
        let usage = BufferUsages::MAP_READ | BufferUsages::COPY_DST;
        let back = device.create_buffer(&BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        let mut encoder = device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups(x, y, z);
        drop(pass);
        encoder.copy_buffer_to_buffer(&buffers[told], 0, &back, 0, size);
        let submission = self.handle.queue.submit([encoder.finish()]);
        let pending = Pending::new(&self.handle, &Pool::default(), back, [size, size], submission);
        pollster::block_on(pending.read()).unwrap().numbers
    }
}

fn whole(kernel: &Kernel) -> (&ComputePipeline, &BindGroupLayout) {
    (&kernel.pipeline, &kernel.layout)
}

fn bytes<T: bytemuck::NoUninit>(values: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}

fn assert_near(what: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        // Sums of hundreds of numbers, some of them multiplied with one another.
        assert!((found - wanted).abs() <= 2e-4 * wanted.abs().max(1.0), "{what}, {at}: {found} instead of {wanted}");
    }
}

#[test]
fn embed_is_its_twin() {
    for shape in SHAPES {
        let bench = Bench::new(shape);
        let emb = numbers(shape.vocab_size * shape.d_model, 1);
        let tokens: Vec<u32> = (0..30).map(|at| (at * 31) % shape.vocab_size as u32).collect();
        let (first, rows) = (10, 20);
        let mut wanted = vec![0.0; rows * shape.d_model];
        cpu::embed(&emb, shape.emb_scale, &tokens[first..], &mut wanted);
        let call = [rows as u32, rows as u32, first as u32, 0];
        let contents = [bytes(&tokens), bytes(&emb), bytes(&vec![0f32; wanted.len()]), bytes(&call)];
        let groups = [(shape.d_model as u32 / 4).div_ceil(bench.kernels.embed_lanes), rows as u32, 1];
        assert_near("embed", &bench.run(whole(&bench.kernels.embed), &contents, 2, groups), &wanted);
    }
}

/// Sizes of the numbers that are summed: the sums over their magnitudes.
fn magnitudes(numbers: &[f32]) -> Vec<f32> {
    numbers.iter().map(|x| x.abs()).collect()
}

/// In f16 either factor is off by up to 2^-11 of itself, and so is each of four sums: one way and the other, so that a sum of
/// many is off by less than 2^-11 of their `sizes`.
fn assert_near_in(precision: Precision, what: &str, found: &[f32], wanted: &[f32], sizes: &[f32]) {
    assert_eq!((found.len(), sizes.len()), (wanted.len(), wanted.len()), "{what}");
    let relative = if precision == Precision::F16 { 1.0 / 2048.0 } else { 0.0 };
    for (at, ((found, wanted), size)) in found.iter().zip(wanted).zip(sizes).enumerate() {
        let most = 2e-4 * wanted.abs().max(1.0) + relative * size;
        assert!(
            (found - wanted).abs() <= most,
            "{what} in {precision:?}, {at}: {found} instead of {wanted}, of {size}"
        );
    }
}

#[test]
fn products_are_their_twins_by_either_tiles_in_either_precision() {
    for precision in [Precision::F32, Precision::F16] {
        for shape in SHAPES {
            for rows in [1, 37, 1029] {
                products_are_their_twins(precision, shape, rows);
            }
        }
    }
}

fn products_are_their_twins(precision: Precision, shape: Shape, rows: usize) {
    let (d, ff, eps) = (shape.d_model, shape.d_ff, shape.norm_eps);
    let bench = Bench::within(shape, precision);
    let layout = bench.kernels.product_layout();
    let stored = |weight: &[f32]| precision.stored("weight", weight).unwrap();
    let (x, a) = (numbers(rows * d, 2), numbers(rows * ff, 3));
    let (call, x_bytes) = (bytes(&[rows as u32, 1, 0, 0]), bytes(&x));
    let normed = |x: &[f32], weight: &[f32]| {
        let mut sums = vec![0.0; x.len() / d * (weight.len() / d)];
        cpu::normed(&cpu::Matrix::new(weight, d), eps, x, &mut sums);
        sums
    };

    let weight = numbers(3 * d * d, 4);
    let (wanted, sizes) = (normed(&x, &weight), normed(&magnitudes(&x), &magnitudes(&weight)));
    let (pipeline, groups) = bench.kernels.qkv.for_rows(rows);
    let contents = [x_bytes.clone(), stored(&weight), bytes(&vec![0f32; wanted.len()]), call.clone()];
    let found = bench.run((pipeline, layout), &contents, 2, groups);
    assert_near_in(precision, "normed", &found, &wanted, &sizes);

    let weight = numbers(2 * ff * d, 5);
    let mut wanted = vec![0.0; rows * ff];
    cpu::gated(&cpu::Matrix::gates(&weight, d), eps, &x, &mut wanted);
    let halves = normed(&magnitudes(&x), &magnitudes(&weight));
    let sizes = halves.chunks(2 * ff).flat_map(|row| {
        let (gates, others) = row.split_at(ff);
        gates.iter().zip(others).map(|(gate, other)| 2.0 * gate * other)
    });
    let (pipeline, groups) = bench.kernels.gates.for_rows(rows);
    let contents = [x_bytes.clone(), stored(&weight), bytes(&vec![0f32; wanted.len()]), call.clone()];
    let found = bench.run((pipeline, layout), &contents, 2, groups);
    assert_near_in(precision, "gated", &found, &wanted, &sizes.collect::<Vec<_>>());

    let weight = numbers(d * ff, 6);
    let (mut wanted, mut sizes) = (x.clone(), magnitudes(&x));
    cpu::added(&cpu::Matrix::new(&weight, ff), &a, &mut wanted);
    cpu::added(&cpu::Matrix::new(&magnitudes(&weight), ff), &magnitudes(&a), &mut sizes);
    let (pipeline, groups) = bench.kernels.down.for_rows(rows);
    let contents = [bytes(&a), stored(&weight), x_bytes.clone(), call];
    let found = bench.run((pipeline, layout), &contents, 2, groups);
    assert_near_in(precision, "added", &found, &wanted, &sizes);

    let weight = numbers(shape.vocab_size * d, 7);
    let places: Vec<u32> = (0..rows as u32).filter(|row| row % 3 != 1).collect();
    let chosen: Vec<f32> = places.iter().flat_map(|&row| &x[row as usize * d..][..d]).copied().collect();
    let (wanted, sizes) = (normed(&chosen, &weight), normed(&magnitudes(&chosen), &magnitudes(&weight)));
    let (pipeline, groups) = bench.kernels.logits.for_rows(places.len());
    let asked = [&[places.len() as u32], &places[..]].concat();
    let contents = [x_bytes, stored(&weight), bytes(&vec![0f32; wanted.len()]), bytes(&asked)];
    let found = bench.run((pipeline, layout), &contents, 2, groups);
    assert_near_in(precision, "logits", &found, &wanted, &sizes);
}

#[test]
fn what_is_too_large_for_f16_is_noticed() {
    let bench = Bench::within(EVEN, Precision::F16);
    let (d, rows) = (EVEN.d_model, 3);
    let layout = bench.kernels.product_layout();
    let weight = Precision::F16.stored("weight", &numbers(3 * d * d, 4)).unwrap();
    let row = |largest: f32| (0..d).map(|at| if at == 77 { largest } else { 1.0 }).collect::<Vec<_>>();
    // As large as may be; more than that; more than f16 can hold at all.
    let x = [row(1999.0), row(-2001.0), row(1e6)].concat();
    let (pipeline, groups) = bench.kernels.qkv.for_rows(rows);
    let contents = [bytes(&x), weight, bytes(&vec![0f32; rows * 3 * d]), bytes(&[rows as u32, 1, 0, 0])];
    let found = bench.run((pipeline, layout), &contents, 2, groups);
    assert!(found[..3 * d].iter().all(|x| x.is_finite()));
    assert!(found[3 * d..].iter().all(|x| x.is_nan()));
}

#[test]
fn rotate_is_its_twin() {
    for shape in SHAPES {
        let (d, head, length) = (shape.d_model, shape.head_dim(), 9);
        let bench = Bench::new(shape);
        let qkv = numbers(2 * length * 3 * d, 8);
        let (q_norm, k_norm, rotations) = (numbers(head, 9), numbers(head, 10), shape.rotations(length));
        let mut wanted = qkv.clone();
        let rows = 2 * length as u32;
        let places: Vec<u32> = (0..rows).collect();
        cpu::rotate(&shape, &q_norm, &k_norm, &rotations, &places, &mut wanted);
        let norms = [&q_norm[..], &k_norm].concat();
        let contents = [bytes(&qkv), bytes(&norms), bytes(&rotations), bytes(&[rows, length as u32, 0, 0])];
        let groups = [(2 * shape.n_head as u32).div_ceil(bench.kernels.heads_each), rows, 1];
        assert_near("rotate", &bench.run(whole(&bench.kernels.rotate), &contents, 0, groups), &wanted);
    }
}

#[test]
fn attend_is_its_twin() {
    for shape in SHAPES {
        for causal in [false, true] {
            let shape = Shape { causal, ..shape };
            let bench = Bench::new(shape);
            for length in [1, 7, 32, 45] {
                let qkv = numbers(2 * length * 3 * shape.d_model, 11);
                let mut wanted = vec![0.0; 2 * length * shape.d_model];
                let places: Vec<u32> = (0..2 * length as u32).collect();
                cpu::attend(&shape, length, &qkv, &places, &mut wanted);
                let call = [2 * length as u32, length as u32, 0, 0];
                let contents = [bytes(&qkv), bytes(&vec![0f32; wanted.len()]), bytes(&call)];
                let groups = [(length as u32).div_ceil(bench.kernels.queries), shape.n_head as u32, 2];
                assert_near("attend", &bench.run(whole(&bench.kernels.attend), &contents, 1, groups), &wanted);
            }
        }
    }
}

#[test]
fn score_is_its_twin() {
    let bench = Bench::new(ODD);
    let (rows, vocab) = (9, ODD.vocab_size);
    let logits: Vec<f32> = numbers(rows * vocab, 12).iter().map(|x| x * 30.0).collect();
    let truth: Vec<u32> = (0..rows as u32).map(|row| 3 + row * 7).collect();
    let wanted: Vec<f32> =
        logits.chunks(vocab).zip(&truth).map(|(row, &token)| twin::log_prob(row, token, 2, 1)).collect();
    let info = [vocab as u32, 2, 1, 0];
    let contents = [bytes(&logits), bytes(&truth), bytes(&vec![0f32; rows]), bytes(&info)];
    assert_near("score", &bench.run(whole(&bench.kernels.score), &contents, 2, [rows as u32, 1, 1]), &wanted);
}

#[test]
fn reveal_writes_the_tokens_that_were_drawn_and_no_other() {
    let bench = Bench::new(ODD);
    let stats: Vec<f32> = (0..100 * twin::STATS).map(|at| at as f32).collect();
    let reveals: Vec<u32> = [70, 0].into_iter().chain((0..70).flat_map(|row| [row + 3, 2 * row])).collect();
    let mut wanted = vec![7; 200];
    for row in 0..70u32 {
        wanted[2 * row as usize] = (row + 3) * twin::STATS as u32 + 4;
    }
    let contents = [bytes(&stats), bytes(&reveals), bytes(&vec![7u32; 200])];
    let found = bench.run(whole(&bench.kernels.reveal), &contents, 2, [70u32.div_ceil(REVEAL_LANES), 1, 1]);
    assert_eq!(found.iter().map(|word| word.to_bits()).collect::<Vec<_>>(), wanted);
}
