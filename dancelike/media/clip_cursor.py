"""Pictures of a clip at moments that somebody walks through."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from dancelike.media.clip_pictures import clip_pictures
from dancelike.media.faults import Damage
from dancelike.media.pictures import UPRIGHT, PictureScaler, fit_size
from dancelike.media.probe import ClipInfo
from dancelike.media.timeline import Placed

__all__ = ["ClipCursor"]

_AHEAD_S: Final = 1.0  # up to here reading on is quicker than going to a key frame


class ClipCursor:
    """Pictures of one clip at moments that mostly move forward.

    Parameters
    ----------
    clip : ClipInfo
    longest_px : int
        Limit of the longer side of the pictures.
    """

    def __init__(self, clip: ClipInfo, longest_px: int) -> None:
        self._clip = clip
        self._scaler = PictureScaler(fit_size(clip.size, longest_px), UPRIGHT)
        self._pictures: Generator[Placed[av.VideoFrame], None, None] | None = None
        self._now: Placed[av.VideoFrame] | None = None
        self._next: Placed[av.VideoFrame] | None = None

    def at(self, seconds: float) -> NDArray[np.uint8]:
        """Return the picture that is shown at a moment of the clip's own time."""
        clip = self._clip
        wanted = max(clip.start.pts, round(seconds / float(clip.time_base)))
        step = round(_AHEAD_S / float(clip.time_base))
        if self._now is None or not self._now.pts <= wanted <= self._now.pts + step:
            self.close()
            self._pictures = clip_pictures(clip, thin_to=None, damage=Damage(), since=wanted)
            self._now, self._next = next(self._pictures), None
        while True:
            if self._next is None and self._pictures is not None:
                self._next = next(self._pictures, None)
            if self._next is None or self._next.pts > wanted:
                return self._scaler.scale(self._now.picture)
            self._now, self._next = self._next, None

    def close(self) -> None:
        """Let go of the file."""
        if self._pictures is not None:
            self._pictures.close()
        self._pictures = self._now = self._next = None
