"""What every body-part model looks like from outside, and the one function that loads one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancelike.closing import Closing
from dancelike.errors import ConfigError
from dancelike.frames import BodyObservation, PartMask

__all__ = ["ModelInfo", "Segmenter", "paste", "require_picture"]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model made a result.

    Attributes
    ----------
    name : str
        Name in the catalogue, or the file's name for a model outside of it.
    sha256 : str
        Of the model's file; of the main network where a model has several.
    runtime : str
        ``litert``, ``tflite`` or ``tensorflow``.
    delegate : str
        ``cpu`` or the path of the external delegate.
    """

    name: str
    sha256: str
    runtime: str
    delegate: str


class Segmenter(Closing):
    """Finds the dancer in pictures and says which pixel belongs to which body part.

    `analyse` follows one dancer through consecutive frames of a clip. `segment` looks at one picture by itself: it
    neither uses nor disturbs what `analyse` remembers. A segmenter belongs to one task and to one thread at a time.
    The same calls in the same order give the same results.
    """

    def __init__(self, info: ModelInfo) -> None:
        self.info = info

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.info.name

    @abstractmethod
    def analyse(self, rgb: NDArray[np.uint8]) -> BodyObservation:
        """Find the dancer in the next frame of a clip.

        Parameters
        ----------
        rgb : uint8 [h, w, 3]
            The frame, upright.  A frame of another size than the last starts anew.

        Returns
        -------
        BodyObservation
            With ``score`` 0 when no dancer was found.

        Raises
        ------
        ConfigError
            If ``rgb`` is not such an array.
        ModelError
            If the runtime fails.
        """

    @abstractmethod
    def observe(self, rgb: NDArray[np.uint8]) -> BodyObservation:
        """Find the dancer in a single picture, in the form in which `analyse` reports it."""

    def segment(self, rgb: NDArray[np.uint8]) -> PartMask:
        """Label the dancer's body parts in a single picture.

        Parameters
        ----------
        rgb : uint8 [h, w, 3]
            The picture, upright.

        Returns
        -------
        PartMask
            Of the picture's size; all background when no dancer was found.

        Raises
        ------
        ConfigError
            If ``rgb`` is not such an array.
        ModelError
            If the runtime fails.
        """
        return paste(self.observe(rgb), width=rgb.shape[1], height=rgb.shape[0])

    def look_ahead(self, frames: Sequence[NDArray[np.uint8]]) -> None:
        """Look at the first frames of a recorded clip before any is analysed, to choose the dancer among several.

        Parameters
        ----------
        frames : sequence of uint8 [h, w, 3]
            All of one size. The first of them is the next that `analyse` is given.
        """

    def spare(self, turn: int) -> None:
        """Save work where pictures will not wait: looks that cost more than others come seldom while nothing changes.

        Parameters
        ----------
        turn : int
            Of the segmenters that work side by side, from 0; each has its longer looks at other frames.
        """

    @abstractmethod
    def reset(self) -> None:
        """Forget the dancer: the next frame is the first of another clip."""

    @abstractmethod
    def close(self) -> None:
        """Free the networks; may be called more than once."""


def require_picture(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture uint8 [h, w, 3] with contiguous rows, as the kernels read it; copied only if it must be.

    Raises
    ------
    ConfigError
        If it is not such an array or has no pixel.
    """
    if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        found = f"{rgb.dtype} of shape {list(rgb.shape)}" if isinstance(rgb, np.ndarray) else type(rgb).__name__
        raise ConfigError(f"a picture must be a uint8 array of shape [height, width, 3], but is {found}")
    return np.ascontiguousarray(rgb)


def paste(observation: BodyObservation, *, width: int, height: int) -> PartMask:
    """Lay an observation's crop back onto a picture.

    Parameters
    ----------
    observation : BodyObservation
        What a segmenter saw.
    width, height : int
        Size of the picture that was analysed.

    Returns
    -------
    PartMask
        Of that size, 0 outside the crop.
    """
    from dancelike.kernels.labels import paste_crop

    labels = np.zeros((height, width), np.uint8)
    confidence = np.zeros((height, width), np.float32)
    if observation.labels is None or observation.probability is None or observation.crop_to_picture is None:
        return PartMask(labels, confidence, None)
    paste_crop(observation.labels, observation.probability, observation.crop_to_picture, labels, confidence)
    return PartMask(labels, confidence, observation.joints)
