// A product of rows with the rows of a matrix, tile by tile: what `normed`, `added`, `gated` and `logits` have in common.
// Each of them stands before this and says which rows it takes and what becomes of a sum.
//
// A workgroup makes a tile of ROWS x COLUMNS sums and goes through the numbers they are over STEP at a time; an invocation
// makes ROWS_EACH x COLUMNS_EACH of them. What the next step needs is fetched while this one is multiplied.
//
// In f16 (`src/forward/gpu/precision.rs`) the tiles and the products of four numbers are of that type; sums are f32. What is
// too large for it becomes no number at all, which whoever reads the statistics notices.
//
// A line with $row, $column, $pair, $left or $right stands there once for each of them (`src/forward/gpu/tiles.rs`): sums in
// variables of their own are in registers everywhere, those of an array are not.
const INTO: u32 = {{ into }}u / 4u; // in vectors of four, as all below
const OUT: u32 = {{ out }}u;
const THREADS_X: u32 = {{ threads_x }}u;
const THREADS_Y: u32 = {{ threads_y }}u;
const ROWS_EACH: u32 = {{ rows_each }}u;
const COLUMNS_EACH: u32 = {{ columns_each }}u;
const STEP: u32 = {{ step }}u / 4u;
const EPS: f32 = {{ eps }};
const F16: bool = {{ f16 }};
const MOST: f32 = {{ most }}; // the square of the longest vector of a row that f16 multiplies safely
const THREADS: u32 = THREADS_X * THREADS_Y;
const ROWS: u32 = THREADS_Y * ROWS_EACH;
const COLUMNS: u32 = THREADS_X * COLUMNS_EACH;
const STEPS: u32 = (INTO + STEP - 1u) / STEP;
const STRIDE: u32 = STEP + 1u; // one more, so that neighbours read from different banks
const SLOT_ROWS: u32 = THREADS / STEP; // rows that all invocations together fetch at a time

var<workgroup> left: array<vec4<{{ number }}>, ROWS * STRIDE>;
var<workgroup> right: array<vec4<{{ number }}>, COLUMNS * STRIDE>;
var<workgroup> squares: array<f32, ROWS * STEP>;

fn held(v: vec4<f32>) -> vec4<f32> {
    if (!F16) { return v; }
    return select(v, bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) | vec4<u32>(0x7fc00000u)), dot(v, v) > MOST);
}

@compute @workgroup_size({{ threads_x }}, {{ threads_y }}, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = group.x;
    let first_row = group.y * ROWS;
    let last_row = rows();
    let part = lane % STEP; // which vector of a step this invocation fetches, of the rows `lane / STEP + slot * SLOT_ROWS`
    let top = lane / STEP;

    let first_left = first_row + top;
    let left_at_$left = select(0u, source_row(first_left + $leftu * SLOT_ROWS) * INTO, first_left + $leftu * SLOT_ROWS < last_row);
    let left_there_$left = first_left + $leftu * SLOT_ROWS < last_row;
    let right_row_$right = weight_row(tile, top + $rightu * SLOT_ROWS);
    let right_there_$right = right_row_$right < OUT;

    var left_next_$left = vec4<f32>(0.0);
    var right_next_$right = vec4<{{ number }}>();
    var square_$left = 0.0;
    var sum_$row_$column = 0.0;

    for (var step = 0u; step <= STEPS; step++) {
        if (step > 0u) {
            workgroupBarrier();
            left[(top + $leftu * SLOT_ROWS) * STRIDE + part] = vec4<{{ number }}>(held(left_next_$left));
            right[(top + $rightu * SLOT_ROWS) * STRIDE + part] = right_next_$right;
            workgroupBarrier();
        }
        // Of the step that is multiplied next round.
        let at = step * STEP + part;
        let there = at < INTO;
        left_next_$left = vec4<f32>(0.0);
        if (there && left_there_$left) { left_next_$left = source[left_at_$left + at]; }
        if (NORMED) { square_$left += dot(left_next_$left, left_next_$left); }
        right_next_$right = vec4<{{ number }}>();
        if (there && right_there_$right) { right_next_$right = weight[right_row_$right * INTO + at]; }
        if (step > 0u) {
            for (var k = 0u; k < STEP; k++) {
                let b_$column = right[(local.x + $columnu * THREADS_X) * STRIDE + k];
                let a_$row = left[(local.y + $rowu * THREADS_Y) * STRIDE + k];
                sum_$row_$column += f32(dot(a_$row, b_$column));
            }
        }
    }

    // The squares of a row are with STEP invocations.
    var scale_$row = 1.0;
    if (NORMED) {
        squares[(top + $leftu * SLOT_ROWS) * STEP + part] = square_$left;
        workgroupBarrier();
        var all_$row = 0.0;
        for (var k = 0u; k < STEP; k++) {
            all_$row += squares[(local.y + $rowu * THREADS_Y) * STEP + k];
        }
        scale_$row = inverseSqrt(all_$row / f32(INTO * 4u) + EPS);
    }

    let row_$row = first_row + local.y + $rowu * THREADS_Y;
    let column_$column = local.x + $columnu * THREADS_X;
    if (row_$row < last_row) { finish(row_$row, tile, column_$pair, column_$other, sum_$row_$pair * scale_$row, sum_$row_$other * scale_$row); }
}
