"""What ``dancelike score --export`` writes: videos of a scored take, and a card to share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dancelike.config import ScoreConfig
from dancelike.console import write_atomically
from dancelike.export_pipeline import ExportJob, export_video
from dancelike.score.result import ScoreResult

__all__ = ["export"]


def export(
    result: ScoreResult,
    kind: str,
    path: Path,
    *,
    blur_faces: bool = False,
    config: ScoreConfig | None = None,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write one video of a scored take, with the reference's sound, or its card.

    Parameters
    ----------
    result : ScoreResult
    kind : str
        One of `dancelike.export_pipeline.VIDEO_KINDS`, see `ExportJob`; or ``share-card``, named like the reference.
    path : Path
        The mp4 or png file to write.
    blur_faces : bool
        Whether both dancers' faces are made unrecognisable.
    config : ScoreConfig, optional
        With which the result was made.
    on_progress, cancelled : callable, optional
        See `export_video`.

    Raises
    ------
    OutputError
        The file cannot be written; nothing is left behind.
    CancelledError
    """
    score = result.to_dict()
    if kind == "share-card":
        from dancelike.scoring.report.card import card_png

        write_atomically(path, card_png(score, result.reference.path.stem.replace("_", " ")))
        return
    job = ExportJob(kind, path, result.reference, result.take, score, blur_faces, config or ScoreConfig())
    export_video(job, on_progress=on_progress, cancelled=cancelled)
