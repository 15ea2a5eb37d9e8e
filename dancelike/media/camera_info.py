"""What is asked of a camera, what it gives, and how it is doing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from dancelike.errors import ConfigError

__all__ = ["CameraHealth", "CameraInfo", "CameraMode", "CameraRequest", "PixelFormat"]

PixelFormat = Literal["mjpeg", "yuyv422", "nv12", "yuv420p", "rgb24", "any"]

_PIXELS: Final = (16, 8192)


@dataclass(frozen=True, slots=True)
class CameraMode:
    """One way in which a camera can deliver.

    Attributes
    ----------
    size : tuple of int
        Width and height in pixels.
    rate : Fraction
        Pictures a second; 0 where the device does not tell.
    pixel_format : str
        How the pictures cross the cable.
    """

    size: tuple[int, int]
    rate: Fraction
    pixel_format: str

    def __str__(self) -> str:
        rate = f" at {float(self.rate):.4g} Hz" if self.rate else ""
        return f"{self.size[0]}x{self.size[1]} {self.pixel_format}{rate}"


@dataclass(frozen=True, slots=True)
class CameraRequest:
    """What is asked of a camera; it may give something else, and says so in `CameraInfo.got`.

    Attributes
    ----------
    size : tuple of int
        Width and height in pixels, 16 to 8192.
    rate : Fraction
        Pictures a second, above 0 and at most 240.
    pixel_format : str
        ``any`` prefers YUYV up to 640x480 and MJPEG above, where a USB 2 cable is too slow for the former.
    """

    size: tuple[int, int] = (1280, 720)
    rate: Fraction = Fraction(30)
    pixel_format: PixelFormat = "any"

    def __post_init__(self) -> None:
        low, high = _PIXELS
        if not all(low <= side <= high for side in self.size) or not 0 < self.rate <= 240:
            raise ConfigError(
                f"a camera can be asked for {low} to {high} pixels a side and 1 to 240 Hz, "
                f"but not for {self.size[0]}x{self.size[1]} at {float(self.rate):.4g} Hz"
            )

    def __str__(self) -> str:
        return str(CameraMode(self.size, self.rate, self.pixel_format))


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """Which camera this is, what was asked of it, and what it gives.

    Attributes
    ----------
    name : str
        Stable: the same camera has it again after a restart of the machine.
    label : str
        For people.
    kind : {"device", "file", "stream", "test", "picamera2"}
        What stands behind it.
    asked : CameraRequest
    got : CameraMode
    """

    name: str
    label: str
    kind: Literal["device", "file", "stream", "test", "picamera2"]
    asked: CameraRequest
    got: CameraMode

    @property
    def as_asked(self) -> bool:
        """Whether size and rate are what was asked for."""
        return self.got.size == self.asked.size and (not self.got.rate or self.got.rate == self.asked.rate)


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How a camera is doing.

    Attributes
    ----------
    captures : int
        Pictures handed out.
    damaged : int
        Pictures that could not be decoded.
    skipped : int
        Pictures of a file or a stream that were passed over because they were asked for too late.
    late_stamps : int
        Pictures whose stamp did not come after the one before and was moved.
    resized : int
        Times that the camera changed the size of its pictures.
    losses : int
        Times that it went away and was opened again.
    rate_hz : float
        Median rate of the last 30 pictures; 0 until there are two.
    warning : str or None
        One sentence for people, where the camera does less than it promised.
    """

    captures: int = 0
    damaged: int = 0
    skipped: int = 0
    late_stamps: int = 0
    resized: int = 0
    losses: int = 0
    rate_hz: float = 0.0
    warning: str | None = None
