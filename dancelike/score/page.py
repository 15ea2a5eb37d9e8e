"""The report page of one result: the moments' pictures read and labelled, and the page put together."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

from dancelike.config import ScoreConfig
from dancelike.frames import Frame, PartMask
from dancelike.media.probe import ClipInfo
from dancelike.media.seeking import read_frames_at
from dancelike.score.result import ScoreResult
from dancelike.scoring.report import MomentPictures, render_report
from dancelike.timebase import Timestamp
from dancelike.vision import load_segmenter
from dancelike.vision.segmenter import Segmenter

__all__ = ["report_page"]

MICROSECOND = Fraction(1, 1_000_000)
KINDS: tuple[Literal["best", "worst"], ...] = ("best", "worst")


def report_page(result: ScoreResult, config: ScoreConfig) -> str:
    """Write the self-contained HTML page of a result.

    Parameters
    ----------
    result : ScoreResult
    config : ScoreConfig
        With which it was made: the pictures are labelled by the same model.

    Returns
    -------
    str
        The page.
    """
    score = result.to_dict()
    with load_segmenter(config.model, runtime=config.runtime, delegate=config.delegate) as segmenter:
        return render_report(score, list(_pictures(score, result, segmenter, config.analysis_size_px)))


def _pictures(
    score: dict[str, Any], result: ScoreResult, segmenter: Segmenter, size_px: int
) -> Iterator[MomentPictures]:
    moments = [(kind, moment) for kind in KINDS for moment in score["moments"][kind]]
    references = _frames(result.reference, [moment["t_s"] for _, moment in moments], size_px)
    takes = _frames(result.take, [moment["take_s"] for _, moment in moments], size_px)
    for (kind, moment), reference, take in zip(moments, references, takes, strict=True):
        masks: list[PartMask] = [segmenter.segment(frame.rgb) for frame in (reference, take)]
        yield MomentPictures(
            kind=kind,
            t_s=moment["t_s"],
            take_s=moment["take_s"],
            reference_rgb=reference.rgb,
            take_rgb=take.rgb,
            reference_labels=masks[0].labels,
            take_labels=masks[1].labels,
            caption=moment.get("caption", ""),
        )


def _frames(clip: ClipInfo, seconds: list[float], size_px: int) -> list[Frame]:
    stamps = [Timestamp(round(at_s / MICROSECOND), MICROSECOND) for at_s in seconds]
    return read_frames_at(clip.path, stamps, analysis_size=size_px)
