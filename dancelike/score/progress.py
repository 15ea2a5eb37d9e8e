"""From the calls that a driver has made to the share of the work that is done."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from dancelike.media.probe import ClipInfo
from dancelike.runtime import Progress

__all__ = ["expected_frames", "share_of"]


def expected_frames(clip: ClipInfo, max_rate: Fraction) -> int:
    """Return how many frames of a clip will be analysed, about."""
    return max(1, round(clip.frames * min(Fraction(1), max_rate / clip.frame_rate)))


def share_of(
    on_progress: Callable[[float], None] | None, task_prefix: str, expected: int
) -> Callable[[Progress], None] | None:
    """Turn the driver's counts into a share of 0 to 1.

    Parameters
    ----------
    on_progress : callable or None
        Takes the share.
    task_prefix : str
        The tasks whose calls are counted.
    expected : int
        How many calls there will be, about.
    """
    if on_progress is None:
        return None

    def count(progress: Progress) -> None:
        done = sum(runs for task, runs in progress.runs.items() if task.startswith(task_prefix))
        on_progress(min(1.0, done / expected))

    return count
