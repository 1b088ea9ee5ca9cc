//! The counts of revealed tokens after each call.

/// `t_1 < t_2 < ... < t_K`: how many tokens are revealed after each of the `K` calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid(Vec<usize>);

impl Grid {
    /// The caller's word that `points` are positive and strictly increasing.
    pub(super) fn from_points(points: Vec<usize>) -> Self {
        debug_assert!(points.is_sorted_by(|a, b| a < b) && points.first() != Some(&0), "{points:?}");
        Self(points)
    }

    /// From the sizes of the calls, in order; calls without a token are left out.
    pub fn from_sizes(sizes: impl IntoIterator<Item = usize>) -> Self {
        let mut revealed = 0;
        let points = sizes.into_iter().filter(|&size| size > 0).map(|size| {
            revealed += size;
            revealed
        });
        Self(points.collect())
    }

    /// `[t_1, ..., t_K]`.
    pub fn points(&self) -> &[usize] {
        &self.0
    }

    /// `K`, the number of calls.
    pub fn calls(&self) -> usize {
        self.0.len()
    }

    /// `[s_1, ..., s_K]`: how many tokens each call reveals.
    pub fn sizes(&self) -> Vec<usize> {
        let before = std::iter::once(&0).chain(&self.0);
        self.0.iter().zip(before).map(|(after, before)| after - before).collect()
    }

    /// `cost_j = N(j) - j` for `j = 1..t_K` at index `j - 1`, where `N(j)` is the first point that is at least `j`: how
    /// many tokens are predicted without having seen the `j`-th revealed token although they come after it.
    pub fn cost(&self) -> Vec<f64> {
        let last = self.0.last().copied().unwrap_or(0);
        let mut next = self.0.iter().copied().peekable();
        let cost = (1..last).map(|j| {
            while next.next_if(|&point| point < j).is_some() {}
            (next.peek().copied().unwrap_or(last) - j) as f64
        });
        cost.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_costs_of_a_grid_worked_out_by_hand() {
        let grid = Grid::from_sizes([2, 0, 3]);
        assert_eq!(grid.points(), [2, 5]);
        assert_eq!(grid.sizes(), [2, 3]);
        assert_eq!(grid.cost(), [1.0, 0.0, 2.0, 1.0]);
    }

    #[test]
    fn nothing_to_reveal_is_an_empty_grid() {
        let grid = Grid::from_sizes([]);
        assert_eq!((grid.calls(), grid.cost()), (0, vec![]));
    }
}
