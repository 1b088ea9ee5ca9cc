//! The grids of Chen, Cong & Li, "Optimal Inference Schedules for Masked Diffusion Models" (arXiv 2511.04647, appendix D):
//! made for an estimate of TC or DTC in nats and an error that is to be kept (theory section 6.3).

use super::Grid;

/// `1 + ceil(estimate / error)`: the larger, the smaller the steps.
pub(super) fn zeta(estimate: f64, error: f64) -> usize {
    // A quotient beyond the numbers of usize is more than any length: one token a call.
    ((estimate / error).ceil() as usize).saturating_add(1)
}

/// The grid for an estimate of TC: large steps first.
pub(super) fn tc(masked: usize, zeta: usize) -> Grid {
    let mut revealed = 0;
    let mut points = vec![];
    for _ in 0..rounds(masked, zeta) {
        let step = (masked - revealed) / zeta;
        if step > 0 {
            revealed += step;
            points.push(revealed);
        }
    }
    points.extend(revealed + 1..=masked);
    Grid::from_points(points)
}

/// The grid for an estimate of DTC: single tokens first.
pub(super) fn dtc(masked: usize, zeta: usize) -> Grid {
    let mut revealed = masked;
    let mut points = vec![masked];
    if zeta == 1 {
        return Grid::from_points(points); // everything at once
    }
    for _ in 0..rounds(masked, zeta) {
        let next = (revealed * (zeta - 1)).div_ceil(zeta);
        if 0 < next && next < revealed {
            revealed = next;
            points.push(revealed);
        }
    }
    points.extend((1..revealed).rev());
    points.reverse();
    Grid::from_points(points)
}

/// How many steps shrink geometrically before the single tokens begin; none when `zeta` is beyond the length.
fn rounds(masked: usize, zeta: usize) -> usize {
    match zeta {
        0..2 => 1, // everything at once
        _ if zeta > masked => 0,
        _ => {
            let shrink = -(1.0 - 1.0 / zeta as f64).ln();
            (((masked - zeta + 1) as f64).ln() / shrink).floor() as usize + 2
        }
    }
}

/// The grid with the largest `zeta` that keeps to `steps` calls: what the schedule would be, could it be told the estimate
/// for which it needs just these.
pub(super) fn within(grid: fn(usize, usize) -> Grid, masked: usize, steps: usize) -> Grid {
    let fitting = (1..=masked + 1).rev().map(|zeta| grid(masked, zeta)).find(|grid| grid.calls() <= steps);
    fitting.unwrap_or_else(|| Grid::from_sizes([masked]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_worked_out_by_hand() {
        // zeta = 2, L = 8: halves of what remains (4, 2, 1 tokens), then single tokens.
        assert_eq!(tc(8, 2).points(), [4, 6, 7, 8]);
        assert_eq!(dtc(8, 2).points(), [1, 2, 4, 8]);
        // zeta = 3, L = 9: floor(9/3), floor(6/3), floor(4/3), floor(3/3), then floor(2/3) = 0: single tokens.
        assert_eq!(tc(9, 3).points(), [3, 5, 6, 7, 8, 9]);
        assert_eq!(tc(9, 10).points(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!((tc(9, 1).points(), dtc(9, 1).points()), (&[9][..], &[9][..]));
    }

    #[test]
    fn the_finest_grid_within_the_calls_is_taken() {
        // zeta 2, 3, 4 for L = 8 need 4, 5, 6 calls (8/3 = 2, 6/3 = 2, 4/3 = 1, ...; 8/4 = 2, 6/4 = 1, ...).
        assert_eq!(within(tc, 8, 4).points(), tc(8, 2).points());
        assert_eq!(within(tc, 8, 3).points(), [8]);
        assert_eq!(within(tc, 8, 8).calls(), 8);
    }

    #[test]
    fn an_estimate_becomes_a_zeta() {
        assert_eq!([zeta(2.0, 0.5), zeta(2.1, 0.5), zeta(0.0, 0.5)], [5, 6, 1]);
        assert!(zeta(1e300, 1e-9) > 1 << 60);
    }
}
