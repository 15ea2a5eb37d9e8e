"""Videos of a take, made from its score: what a job of the Review does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dancelike.errors import CancelledError
from dancelike.media.probe import ClipInfo
from dancelike.pipelines import build_export_graph
from dancelike.runtime import Progress, run_offline

__all__ = ["VIDEO_KINDS", "export_video"]

VIDEO_KINDS = ("retimed", "side-by-side")


def export_video(
    kind: str,
    path: Path,
    score: Mapping[str, Any],
    clips: tuple[ClipInfo, ClipInfo],
    *,
    on_progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> Path:
    """Write reference and take side by side, with the reference's sound.

    Parameters
    ----------
    kind : str
        ``retimed`` shows the take along the alignment; ``side-by-side`` starts both at one moment of the dance.
    path : Path
    score : Mapping
        Of score.json.
    clips : tuple of ClipInfo
        Reference and take.

    Raises
    ------
    CancelledError
        Nothing is left behind.
    OutputError
    """
    reference, take = clips
    until_s = 0.0
    if kind == "retimed":
        clock_s = np.array(score["alignment"]["reference_s"], np.float64)
        take_s = np.array(score["alignment"]["take_s"], np.float64)
    else:
        offset_s = float(score["timing"]["offset_s"])
        clock_s, take_s = np.zeros(1), np.array([offset_s])
        until_s = float(take.start.seconds) + take.duration_s - offset_s
    graph = build_export_graph(path, reference=reference, take=take, clock_s=clock_s, take_s=take_s, until_s=until_s)
    longest_s = max(reference.duration_s, until_s - float(reference.start.seconds))
    expected = max(1.0, longest_s * float(reference.frame_rate))

    def count(progress: Progress) -> None:
        on_progress(min(1.0, progress.runs.get("encode", 0) / expected))

    run_offline(graph, on_progress=count, cancelled=cancelled)
    if cancelled():
        path.unlink(missing_ok=True)
        raise CancelledError("cancelled; nothing was written.")
    return path
