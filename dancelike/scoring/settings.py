"""What the judging may be told; the defaults are the published ones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from dancelike.errors import ConfigError

__all__ = ["NOTICEABLE_MS", "ScoreSettings"]

NOTICEABLE_MS = 60.0
"""From here on a lead is called early or late: between two people, what lies below it is personal style."""

_MIRROR = ("auto", "on", "off")


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """How two tracks are compared.

    Attributes
    ----------
    mirror : str
        ``auto`` tries the take both ways, ``on`` and ``off`` decide.
    windows_ms : tuple of float
        Half widths of the judgement windows perfect, great, good, ok, miss; rising. They are widened where the camera
        resolves less than the first.
    max_lag_ms : float
        The largest lead of one limb that is looked for.
    window_s : float
        Length of the stretches over which agreement is measured along the timeline.
    timeline_step_s : float
        Time between two entries of the timeline; doubled until the timeline has at most 2400 entries.
    moment_count : int
        How many best and worst moments are named.
    same_above, different_below : float
        Agreement above which two dances are the same, and below which they are not.
    stiffness : float
        Of the alignment: weight of its second differences (in frames) against the local evidence.
    """

    mirror: str = "auto"
    windows_ms: tuple[float, float, float, float, float] = (22.5, 45.0, 90.0, 135.0, 180.0)
    max_lag_ms: float = 400.0
    window_s: float = 1.5
    timeline_step_s: float = 0.25
    moment_count: int = 3
    same_above: float = 0.40
    different_below: float = 0.30
    stiffness: float = 300.0

    @classmethod
    def told(cls, mirror: str, window_scale: float) -> ScoreSettings:
        """Return the settings with the published judgement windows, all wider by one factor above 0."""
        first, second, third, fourth, fifth = cls().windows_ms
        k = window_scale
        return cls(mirror=mirror, windows_ms=(k * first, k * second, k * third, k * fourth, k * fifth))

    def __post_init__(self) -> None:
        if self.mirror not in _MIRROR:
            raise ConfigError(f"mirror must be one of {', '.join(_MIRROR)}, but is {self.mirror!r}.")
        rising = (0.0, *self.windows_ms)
        if len(self.windows_ms) != 5 or any(b <= a for a, b in pairwise(rising)):
            raise ConfigError(f"windows_ms must be five rising numbers above 0, but is {self.windows_ms}.")
        for name in ("max_lag_ms", "window_s", "timeline_step_s", "stiffness", "moment_count"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be above 0, but is {getattr(self, name)}.")
        if not 0 < self.different_below <= self.same_above < 1:
            raise ConfigError(
                "different_below and same_above must rise between 0 and 1, "
                f"but are {self.different_below} and {self.same_above}."
            )
