"""Videos of a scored take: which graph makes which, and the run that writes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.config import ScoreConfig
from dancelike.errors import CancelledError, ConfigError
from dancelike.graph import Graph
from dancelike.media.pictures import fit_size
from dancelike.media.probe import ClipInfo
from dancelike.runtime import Progress, run_offline
from dancelike.tasks.blur import BlurFace
from dancelike.tasks.export import Encode, HeldClipSource, Retime, SideBySide
from dancelike.tasks.inset import Ghost, PictureInPicture
from dancelike.tasks.segment import Segment
from dancelike.theme import DARK, GRID_PX, rgb
from dancelike.vision import load_segmenter

__all__ = ["VIDEO_KINDS", "ExportJob", "build_export_graph", "export_video"]

VIDEO_KINDS: Final = ("side-by-side", "retimed", "picture-in-picture", "ghost")

FRAMES_AHEAD: Final = 4
EXPORT_HEIGHT_PX: Final = 720
SEEN_PX: Final = 640
"""Longer side of the pictures in which a reference's dancer is found for a ghost."""
INSET_SHARE: Final = 0.3
"""Width of an inset, as a share of the picture's; of its height where the picture stands upright."""
MARGIN_PX: Final = 3 * GRID_PX


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What is to be exported.

    Attributes
    ----------
    kind : str
        One of `VIDEO_KINDS`. ``side-by-side`` and ``picture-in-picture`` start both at the same moment of the dance
        and let each go on at its own speed; ``retimed`` and ``ghost`` show the take along the alignment.
    path : Path
        The mp4 file to write.
    reference, take : ClipInfo
    score : Mapping
        The take's score.json.
    blur_faces : bool
        Whether both dancers' faces are made unrecognisable.
    config : ScoreConfig
        Its model finds the dancers, where they have to be found again.
    """

    kind: str
    path: Path
    reference: ClipInfo
    take: ClipInfo
    score: Mapping[str, Any]
    blur_faces: bool = False
    config: ScoreConfig = ScoreConfig()  # noqa: RUF009  frozen

    def __post_init__(self) -> None:
        if self.kind not in VIDEO_KINDS:
            raise ConfigError(f"a video is exported as {', '.join(VIDEO_KINDS)}, but {self.kind!r} was asked for.")

    @property
    def in_step(self) -> bool:
        """Whether the take is shown along the alignment."""
        return self.kind in ("retimed", "ghost")

    @property
    def until_s(self) -> float:
        """Moment of the reference up to which its last picture stays where its own frames end earlier."""
        if self.in_step:
            return 0.0
        return float(self.take.start.seconds) + self.take.duration_s - float(self.score["timing"]["offset_s"])

    @property
    def frames(self) -> int:
        """How many pictures the video will have, about."""
        held_s = max(0.0, self.until_s - float(self.reference.start.seconds) - self.reference.duration_s)
        return self.reference.frames + round(held_s * float(self.reference.frame_rate))

    def clocks(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return moments of the reference and those of the take that are shown then, in seconds."""
        if self.in_step:
            alignment = self.score["alignment"]
            return np.array(alignment["reference_s"], np.float64), np.array(alignment["take_s"], np.float64)
        # Not the alignment's first pair: before the first move there is nothing to align by.
        return np.zeros(1), np.array([float(self.score["timing"]["offset_s"])])


def export_video(
    job: ExportJob,
    *,
    workers: int | None = None,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write one video of a scored take, with the reference's sound.

    Parameters
    ----------
    job : ExportJob
    workers : int, optional
        Threads; None for one a core.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1, from the calling thread.
    cancelled : callable, optional
        Asked about 20 times a second; True ends the work.

    Raises
    ------
    CancelledError
        ``cancelled`` said so; nothing is left behind.
    OutputError
        The file cannot be written; nothing is left behind.
    ClipError, ModelError
    """
    graph = build_export_graph(job)
    expected = job.frames

    def count(progress: Progress) -> None:
        if on_progress is not None:
            on_progress(min(1.0, progress.runs.get("encode", 0) / expected))

    report = run_offline(graph, workers=workers, on_progress=count, cancelled=cancelled)
    if not report.completed:
        raise CancelledError(f"the export was cancelled; {job.path} was not written.")


def build_export_graph(job: ExportJob) -> Graph:
    """Compose an export: both clips on the reference's clock, put into one picture, encoded with the music.

    Parameters
    ----------
    job : ExportJob

    Returns
    -------
    Graph
        Its task ``encode`` writes the file.
    """
    graph = Graph("export")
    build = {"picture-in-picture": _picture_in_picture, "ghost": _ghost}.get(job.kind, _side_by_side)
    canvas = build(graph, job)
    graph.add(Encode("encode", job.path, job.reference, canvas))
    graph.connect("compose.pictures", "encode.pictures", capacity=FRAMES_AHEAD)
    return graph


def _side_by_side(graph: Graph, job: ExportJob) -> tuple[int, int]:
    height = min(EXPORT_HEIGHT_PX, max(job.reference.size[1], job.take.size[1]))
    longest = {role: _longest(clip, height) for role, clip in (("reference", job.reference), ("take", job.take))}
    sizes = [fit_size(job.reference.size, longest["reference"]), fit_size(job.take.size, longest["take"])]
    canvas = (2 * max(width for width, _ in sizes), max(height for _, height in sizes))
    _add_clips(graph, job, **longest)
    graph.add(SideBySide("compose", canvas, rgb(DARK.background)))
    graph.connect(_shown(graph, job, "reference"), "compose.left", capacity=2 * FRAMES_AHEAD)
    graph.connect(_shown(graph, job, "take"), "compose.right", capacity=FRAMES_AHEAD)
    return canvas


def _picture_in_picture(graph: Graph, job: ExportJob) -> tuple[int, int]:
    take_px = _longest(job.take, min(EXPORT_HEIGHT_PX, job.take.size[1]))
    canvas = fit_size(job.take.size, take_px)
    room = INSET_SHARE * max(canvas), INSET_SHARE * 1.2 * max(canvas)
    width, height = job.reference.size
    shrink = min(room[0] / width, room[1] / height, 1.0)
    _add_clips(graph, job, reference=max(16, round(max(width, height) * shrink)), take=take_px)
    graph.add(
        PictureInPicture("compose", canvas, ground=rgb(DARK.background), line=rgb(DARK.reference), margin_px=MARGIN_PX)
    )
    graph.connect(_shown(graph, job, "take"), "compose.main", capacity=FRAMES_AHEAD)
    graph.connect(_shown(graph, job, "reference"), "compose.inset", capacity=2 * FRAMES_AHEAD)
    return canvas


def _ghost(graph: Graph, job: ExportJob) -> tuple[int, int]:
    take_px = _longest(job.take, min(EXPORT_HEIGHT_PX, job.take.size[1]))
    _add_clips(graph, job, reference=SEEN_PX, take=take_px)
    _add_segmenter(graph, job, "reference")
    shown = _shown(graph, job, "take")
    if not job.blur_faces:
        _add_segmenter(graph, job, "take")
    graph.add(Ghost("compose", colour=rgb(DARK.reference), mirrored=bool(job.score["mirrored"])))
    graph.connect(shown, "compose.frames", capacity=2 * FRAMES_AHEAD)
    graph.connect("segment_reference.bodies", "compose.model", capacity=2 * FRAMES_AHEAD)
    graph.connect("segment_take.bodies", "compose.dancer", capacity=2 * FRAMES_AHEAD)
    return fit_size(job.take.size, take_px)


def _add_clips(graph: Graph, job: ExportJob, *, reference: int, take: int) -> None:
    """Add both clips on the reference's clock, each with the limit of its longer side."""
    rate = job.reference.frame_rate
    graph.add(
        HeldClipSource("reference", job.reference, analysis_size_px=reference, max_rate=rate, until_s=job.until_s)
    )
    clock_s, take_s = job.clocks()
    graph.add(Retime("retime", job.take, clock_s=clock_s, clip_s=take_s, size_px=take))
    graph.connect("reference.frames", "retime.clock", capacity=FRAMES_AHEAD)


def _shown(graph: Graph, job: ExportJob, role: str) -> str:
    """Name the end at which a clip's pictures come out, as they may be shown."""
    source = _source(role)
    if not job.blur_faces:
        return source
    if role == "take" or job.kind != "ghost":
        _add_segmenter(graph, job, role)
    graph.add(BlurFace(f"blur_{role}"))
    graph.connect(source, f"blur_{role}.frames", capacity=2 * FRAMES_AHEAD)
    graph.connect(f"segment_{role}.bodies", f"blur_{role}.bodies", capacity=FRAMES_AHEAD)
    return f"blur_{role}.frames"


def _add_segmenter(graph: Graph, job: ExportJob, role: str) -> None:
    config = job.config
    load = partial(load_segmenter, config.model, runtime=config.runtime, delegate=config.delegate)
    graph.add(Segment(f"segment_{role}", load, budget_ms=float(1000 / job.reference.frame_rate)))
    graph.connect(_source(role), f"segment_{role}.frames", capacity=FRAMES_AHEAD)


def _source(role: str) -> str:
    return "reference.frames" if role == "reference" else "retime.frames"


def _longest(clip: ClipInfo, height: int) -> int:
    return round(max(clip.size) * height / clip.size[1])
