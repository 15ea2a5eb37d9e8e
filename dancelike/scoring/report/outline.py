"""The body figure's SVG outlines as polygons, for pictures that no browser draws."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.report.figure import grown, outline

__all__ = ["part_polygon"]

Float64 = NDArray[np.float64]
_CURVE_STEPS = 16
_ARC_STEPS = 24
_TOKEN = re.compile(r"[MLCAZ]|-?[0-9.]+")
_NUMBER = re.compile(r"-?[0-9.]+")


def part_polygon(part: BodyPart, shape: float | None) -> Float64:
    """Return a part's outline as it is drawn at a shape.

    Parameters
    ----------
    part : BodyPart
        Not the background.
    shape : float or None
        0 to 100: the better, the fuller; None is as full as 100.

    Returns
    -------
    float64 [n, 2]
        Pixels of the figure's own drawing.
    """
    path, place = outline(part)
    points = np.array(list(_points(path)))
    grow = grown(shape)
    points *= (grow, grow) if part is BodyPart.HEAD else (1.0, grow)
    shift, _, turn = place.partition("rotate")
    angle = math.radians(float(_NUMBER.findall(turn)[0])) if turn else 0.0
    x, y = (float(text) for text in _NUMBER.findall(shift))
    cos, sin = math.cos(angle), math.sin(angle)
    turned: Float64 = points @ np.array([[cos, sin], [-sin, cos]]) + np.array([x, y])
    return turned


def _points(path: str) -> Iterator[tuple[float, float]]:
    """Walk along a path of absolute M, L, C, A and Z commands."""
    tokens = iter(_TOKEN.findall(path))
    at, command = (0.0, 0.0), ""
    for token in tokens:
        if token.isalpha():
            command = token
            if command == "Z":
                return
            token = next(tokens)  # noqa: PLW2901  the first figure of the command
        first = float(token)
        rest = [float(next(tokens)) for _ in range({"M": 1, "L": 1, "C": 5, "A": 6}[command])]
        if command in "ML":
            at = (first, rest[0])
            yield at
        elif command == "C":
            controls = np.array([at, (first, rest[0]), (rest[1], rest[2]), (rest[3], rest[4])])
            for t in np.linspace(0.0, 1.0, _CURVE_STEPS + 1)[1:]:
                weights = np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3])
                x, y = weights @ controls
                yield float(x), float(y)
            at = (rest[3], rest[4])
        else:
            end = (rest[4], rest[5])
            yield from _arc(at, end, first)
            at = end


def _arc(start: tuple[float, float], end: tuple[float, float], radius: float) -> Iterator[tuple[float, float]]:
    """Walk along the shorter arc of a circle that turns clockwise on the screen."""
    (x0, y0), (x1, y1) = start, end
    half = math.hypot(x1 - x0, y1 - y0) / 2
    radius = max(radius, half)
    rise = math.sqrt(radius * radius - half * half)
    # The centre lies to the right of the way from start to end.
    cx = (x0 + x1) / 2 - rise * (y1 - y0) / (2 * half)
    cy = (y0 + y1) / 2 + rise * (x1 - x0) / (2 * half)
    begin = math.atan2(y0 - cy, x0 - cx)
    sweep = (math.atan2(y1 - cy, x1 - cx) - begin) % math.tau
    for share in np.linspace(0.0, 1.0, _ARC_STEPS + 1)[1:]:
        angle = begin + sweep * share
        yield cx + radius * math.cos(angle), cy + radius * math.sin(angle)
