"""Videos of a scored take: side by side as it was danced, or retimed to the reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dancelike.pipelines import build_export_graph
from dancelike.runtime import run_offline
from dancelike.score.progress import share_of
from dancelike.score.result import ScoreResult

__all__ = ["export_clip"]


def export_clip(
    result: ScoreResult, kind: str, path: Path, *, on_progress: Callable[[float], None] | None = None
) -> None:
    """Write one video with the reference at the left, the take at the right, and the reference's sound.

    Parameters
    ----------
    result : ScoreResult
    kind : str
        ``retimed`` shows the take along the alignment, at the reference's speed; ``side-by-side`` starts both at the
        same moment of the dance and lets each go on at its own speed.
    path : Path
        The mp4 file to write.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1.

    Raises
    ------
    OutputError
        The file cannot be written; nothing is left behind.
    """
    score = result.to_dict()
    if kind == "side-by-side":
        # Not the alignment's first pair: before the first move there is nothing to align by.
        offset_s = float(score["timing"]["offset_s"])
        clock_s, take_s = np.zeros(1), np.array([offset_s])
        until_s = float(result.take.start.seconds) + result.take.duration_s - offset_s
    else:
        clock_s = np.array(score["alignment"]["reference_s"], np.float64)
        take_s = np.array(score["alignment"]["take_s"], np.float64)
        until_s = 0.0
    reference = result.reference
    graph = build_export_graph(
        path, reference=reference, take=result.take, clock_s=clock_s, take_s=take_s, until_s=until_s
    )
    held_s = max(0.0, until_s - float(reference.start.seconds) - reference.duration_s)
    expected = reference.frames + round(held_s * float(reference.frame_rate))
    run_offline(graph, on_progress=share_of(on_progress, "encode", expected))
