"""Slow, obvious twins of the kernels: what each one computes, written straight from its definition."""

from __future__ import annotations

import numpy as np

# --- dynamic time warping ---------------------------------------------------------------------------------------------


def dtw_allowed(n, m, half_width):
    """Cells within `half_width` frames, along the longer sequence, of the line between the corners, as bool [n, m]."""
    longer = max(n, m)
    i, j = np.mgrid[:n, :m]
    return np.abs(j * (n - 1) - i * (m - 1)) <= half_width * (longer - 1)


def dtw_costs(x, y, weights=None):
    """Weighted squared Euclidean distance of every pair of frames, float64 [n, m]."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    weights = np.ones(x.shape[1]) if weights is None else np.asarray(weights, float)
    return np.array([[float((weights * (a - b) ** 2).sum()) for b in y] for a in x])


# Each step pattern as its list of steps; a step is the cells that it adds, relative to where it starts, with weights.
DTW_STEPS = {
    "symmetric1": [[(1, 1, 1)], [(0, 1, 1)], [(1, 0, 1)]],
    "symmetric2": [[(1, 1, 2)], [(0, 1, 1)], [(1, 0, 1)]],
    "P05": [
        [(1, 1, 2), (1, 2, 1), (1, 3, 1)],
        [(1, 1, 2), (1, 2, 1)],
        [(1, 1, 2)],
        [(1, 1, 2), (2, 1, 1)],
        [(1, 1, 2), (2, 1, 1), (3, 1, 1)],
    ],
}


def dtw_table(costs, *, allowed=None, step_pattern="symmetric1", open_begin=False):
    """Total cost of the best path that ends in each cell, by the definition of the step pattern, float64 [n, m]."""
    n, m = costs.shape
    costs = np.where(allowed, costs, np.inf) if allowed is not None else costs
    total = np.full((n, m), np.inf)
    for i in range(n):
        for j in range(m):
            if i == 0 and (j == 0 or open_begin):
                total[i, j] = costs[i, j]
                continue
            for step in DTW_STEPS[step_pattern]:
                rows, columns, _ = step[-1]
                a, b = i - rows, j - columns
                if a >= 0 and b >= 0:
                    added = sum(weight * costs[a + di, b + dj] for di, dj, weight in step)
                    total[i, j] = min(total[i, j], total[a, b] + added)
    return total


def dtw_distance(x, y, *, half_width=None, step_pattern="symmetric1", open_begin=False, open_end=False, weights=None):
    """Distance of the best path; infinity when the pattern leaves none."""
    costs = dtw_costs(x, y, weights)
    allowed = None if half_width is None else dtw_allowed(*costs.shape, half_width)
    last_row = dtw_table(costs, allowed=allowed, step_pattern=step_pattern, open_begin=open_begin)[-1]
    return float(last_row.min() if open_end else last_row[-1])
