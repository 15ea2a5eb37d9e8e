"""What people may set, and what it means for a run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from dancelike.config import LiveConfig, ScoreConfig
from dancelike.errors import ConfigError

__all__ = ["AppSettings"]

_SIZES = {"small": (640, 360), "normal": (1280, 720), "large": (1920, 1080)}


@dataclass(frozen=True, slots=True)
class AppSettings:
    """The settings of the window, as the library stores them.

    Attributes
    ----------
    language : str
        ``system``, ``en`` or ``zh_CN``.
    theme : str
        ``dark`` or ``light``.
    text_scale : float
        0.8 to 2.
    still : bool
        Whether motion is reduced.
    camera : str
        For `dancelike.media.cameras.open_camera`; empty for the first one.
    sound : str
        For `dancelike.media.sound_output.open_sound_output`; empty for the system's default.
    picture : str
        ``small``, ``normal`` or ``large``: what is asked of the camera.
    model, delegate : str
        As in `dancelike.config.ScoreConfig`.
    threads : int
        Of one interpreter, 1 to 16.
    mirror : str
        Whether takes are mirrored: ``auto``, ``on`` or ``off``.
    window_scale : float
        Judgement windows as a multiple of the published ones, 0.5 to 3.
    layout : str
        ``beside``, ``ghost`` or ``alone``.
    welcomed : bool
        Whether the first steps were shown.
    """

    language: str = "system"
    theme: str = "dark"
    text_scale: float = 1.0
    still: bool = False
    camera: str = ""
    sound: str = ""
    picture: str = "normal"
    model: str = "default"
    delegate: str = "auto"
    threads: int = 1
    mirror: str = "auto"
    window_scale: float = 1.0
    layout: str = "beside"
    welcomed: bool = False

    def __post_init__(self) -> None:
        choices = {
            "language": ("system", "en", "zh_CN"),
            "theme": ("dark", "light"),
            "picture": tuple(_SIZES),
            "mirror": ("auto", "on", "off"),
            "layout": ("beside", "ghost", "alone"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} must be one of {', '.join(allowed)}, but is {getattr(self, name)!r}.")
        for name, low, high in (("text_scale", 0.8, 2.0), ("window_scale", 0.5, 3.0), ("threads", 1, 16)):
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} must be from {low} to {high}, but is {getattr(self, name)}.")

    @property
    def camera_size(self) -> tuple[int, int]:
        """Width and height that are asked of the camera."""
        return _SIZES[self.picture]

    def live(self) -> LiveConfig:
        """Return how a live session is run."""
        return LiveConfig(
            model=self.model,
            delegate=self.delegate,
            threads=self.threads,
            mirror=self.mirror,
            rate_hz=Fraction(30),
            sound=self.sound or None,
            window_scale=self.window_scale,
        )

    def scoring(self) -> ScoreConfig:
        """Return how a take is scored."""
        return ScoreConfig(
            model=self.model,
            delegate=self.delegate,
            threads=self.threads,
            mirror=self.mirror,
            window_scale=self.window_scale,
        )
