"""The cheapest sequence of two states, when staying and changing cost something at each step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.kernels._checks import require_array
from dancelike.kernels._flags import kernel

__all__ = ["shortest_states"]


@kernel
def _shortest_states(stay: Any, change: Any, rent: Any, came_from: Any, out: Any) -> None:
    steps = stay.shape[0]
    a, b = 0.0, rent[0]
    for k in range(steps):
        to_a_changes = b + change[k] < a + stay[k]
        to_b_changes = a + change[k] < b + stay[k]
        next_a = b + change[k] if to_a_changes else a + stay[k]
        next_b = a + change[k] if to_b_changes else b + stay[k]
        came_from[k, 0] = 1 if to_a_changes else 0
        came_from[k, 1] = 0 if to_b_changes else 1
        a, b = next_a, next_b + rent[k + 1]
    state = 0 if a <= b else 1
    out[steps] = state
    for k in range(steps - 1, -1, -1):
        state = came_from[k, state]
        out[k] = state


def shortest_states(
    stay: NDArray[np.float64], change: NDArray[np.float64], rent: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Choose one of two states for each row so that the sum of all costs is least.

    Viterbi's algorithm (IEEE Transactions on Information Theory 13, 1967) for two states.

    Parameters
    ----------
    stay, change : float64 [n - 1]
        Cost of keeping and of exchanging the state between two rows, finite.
    rent : float64 [n]
        Cost of each row in the second state over the first, finite; negative where the second is cheaper.

    Returns
    -------
    bool [n]
        Whether each row is in the second state; ties keep the state.

    Raises
    ------
    ValueError
        If the arrays do not fit or hold NaN or infinity.
    """
    stay = require_array("stay", np.ascontiguousarray(stay), np.float64, (None,))
    change = require_array("change", np.ascontiguousarray(change), np.float64, (len(stay),))
    rent = require_array("rent", np.ascontiguousarray(rent), np.float64, (len(stay) + 1,))
    if not (np.isfinite(stay).all() and np.isfinite(change).all() and np.isfinite(rent).all()):
        raise ValueError("stay, change and rent must be finite; fill such steps first")
    out = np.empty(len(stay) + 1, np.int8)
    _shortest_states(stay, change, rent, np.empty((len(stay), 2), np.int8), out)
    return out.astype(np.bool_)
