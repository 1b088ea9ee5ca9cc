// A product of rows with the rows of a matrix, tile by tile: what `normed`, `added`, `gated` and `logits` have in common.
// Each of them stands before this and says which rows it takes and what becomes of a sum.
//
// A workgroup makes a tile of ROWS x COLUMNS sums and goes through the numbers they are over STEP at a time; an invocation
// makes ROWS_EACH x COLUMNS_EACH of them. What the next step needs is fetched while this one is multiplied.
const INTO: u32 = {{ into }}u / 4u; // in vectors of four, as all below
const OUT: u32 = {{ out }}u;
const THREADS_X: u32 = {{ threads_x }}u;
const THREADS_Y: u32 = {{ threads_y }}u;
const ROWS_EACH: u32 = {{ rows_each }}u;
const COLUMNS_EACH: u32 = {{ columns_each }}u;
const STEP: u32 = {{ step }}u / 4u;
const EPS: f32 = {{ eps }};
const THREADS: u32 = THREADS_X * THREADS_Y;
const ROWS: u32 = THREADS_Y * ROWS_EACH;
const COLUMNS: u32 = THREADS_X * COLUMNS_EACH;
const STEPS: u32 = (INTO + STEP - 1u) / STEP;
const STRIDE: u32 = STEP + 1u; // one more, so that neighbours read from different banks
const ROW_SLOTS: u32 = ROWS * STEP / THREADS;
const COLUMN_SLOTS: u32 = COLUMNS * STEP / THREADS;
const SLOT_ROWS: u32 = THREADS / STEP; // rows that all invocations together fetch at a time

var<workgroup> left: array<vec4<f32>, ROWS * STRIDE>;
var<workgroup> right: array<vec4<f32>, COLUMNS * STRIDE>;

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

    var row_at: array<u32, ROW_SLOTS>;
    var row_there: array<bool, ROW_SLOTS>;
    for (var slot = 0u; slot < ROW_SLOTS; slot++) {
        let row = first_row + top + slot * SLOT_ROWS;
        row_there[slot] = row < last_row;
        if (row_there[slot]) { row_at[slot] = source_row(row) * INTO; }
    }
    var column_at: array<u32, COLUMN_SLOTS>;
    var column_there: array<bool, COLUMN_SLOTS>;
    for (var slot = 0u; slot < COLUMN_SLOTS; slot++) {
        let row = weight_row(tile, top + slot * SLOT_ROWS);
        column_there[slot] = row < OUT;
        column_at[slot] = row * INTO;
    }

    var row_next: array<vec4<f32>, ROW_SLOTS>;
    var column_next: array<vec4<f32>, COLUMN_SLOTS>;
    var squares: array<f32, ROW_SLOTS>;
    var sums: array<f32, ROWS_EACH * COLUMNS_EACH>;

    for (var step = 0u; step <= STEPS; step++) {
        // Of the step that is to be multiplied next round.
        let at = step * STEP + part;
        let there = at < INTO;
        if (step > 0u) {
            workgroupBarrier();
            for (var slot = 0u; slot < ROW_SLOTS; slot++) { left[(top + slot * SLOT_ROWS) * STRIDE + part] = row_next[slot]; }
            for (var slot = 0u; slot < COLUMN_SLOTS; slot++) {
                right[(top + slot * SLOT_ROWS) * STRIDE + part] = column_next[slot];
            }
            workgroupBarrier();
        }
        for (var slot = 0u; slot < ROW_SLOTS; slot++) {
            var value = vec4<f32>(0.0);
            if (there && row_there[slot]) { value = source[row_at[slot] + at]; }
            if (NORMED) { squares[slot] += dot(value, value); }
            row_next[slot] = value;
        }
        for (var slot = 0u; slot < COLUMN_SLOTS; slot++) {
            var value = vec4<f32>(0.0);
            if (there && column_there[slot]) { value = weight[column_at[slot] + at]; }
            column_next[slot] = value;
        }
        if (step > 0u) {
            for (var k = 0u; k < STEP; k++) {
                var b: array<vec4<f32>, COLUMNS_EACH>;
                for (var j = 0u; j < COLUMNS_EACH; j++) { b[j] = right[(local.x + j * THREADS_X) * STRIDE + k]; }
                for (var i = 0u; i < ROWS_EACH; i++) {
                    let a = left[(local.y + i * THREADS_Y) * STRIDE + k];
                    for (var j = 0u; j < COLUMNS_EACH; j++) { sums[i * COLUMNS_EACH + j] += dot(a, b[j]); }
                }
            }
        }
    }

    // The squares of a row are with STEP invocations.
    var scale: array<f32, ROWS_EACH>;
    if (NORMED) {
        workgroupBarrier();
        for (var slot = 0u; slot < ROW_SLOTS; slot++) {
            left[(top + slot * SLOT_ROWS) * STRIDE + part] = vec4<f32>(squares[slot]);
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < ROWS_EACH; i++) {
        scale[i] = 1.0;
        if (NORMED) {
            var square = 0.0;
            for (var k = 0u; k < STEP; k++) { square += left[(local.y + i * THREADS_Y) * STRIDE + k].x; }
            scale[i] = inverseSqrt(square / f32(INTO * 4u) + EPS);
        }
    }

    for (var i = 0u; i < ROWS_EACH; i++) {
        let row = first_row + local.y + i * THREADS_Y;
        if (row >= last_row) { continue; }
        for (var j = 0u; j < COLUMNS_EACH / 2u; j++) {
            let other = j + COLUMNS_EACH / 2u;
            finish(
                row, tile, local.x + j * THREADS_X, local.x + other * THREADS_X,
                sums[i * COLUMNS_EACH + j] * scale[i], sums[i * COLUMNS_EACH + other] * scale[i],
            );
        }
    }
}
