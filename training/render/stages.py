"""Where the dancer stands: a dark stage, a rehearsal room with a barre, a plain wall.

A stage paints itself by following each ray of the camera to the floor or the wall, in linear light.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.render.scene import Camera

__all__ = ["Empty", "Stage", "dark_stage", "rehearsal_room"]

Float = NDArray[np.float32]
Double = NDArray[np.float64]


@dataclass(frozen=True)
class Empty:
    """A painted stage without a dancer: linear colour float32 [h, w, 3] and the floor's mask float32 [h, w, 1]."""

    colour: Float
    floor: Float


def _colour(*value: float) -> Float:
    return np.array(value, np.float32)


def _unit(*value: float) -> Double:
    v = np.array(value, np.float64)
    return np.asarray(v / np.linalg.norm(v))


@dataclass(frozen=True)
class Stage:
    """Lights and surroundings.

    Attributes
    ----------
    name : str
        ``dark`` or ``room``.
    key_dir : float64 [3]
        Towards the key light.
    key_colour, sky, ground : float32 [3]
        Linear; the ambient light comes from above and from below.
    rim_dirs, rim_colours : float32 [k, 3]
        Lights from behind.
    shadow, contact : float
        How dark the floor gets under the key light's shadow, and close to the feet.
    mirror : float
        Reflectance of the floor.
    grain : float
        Standard deviation of the picture's fixed grain, in grey levels.
    """

    name: str
    key_dir: Double
    key_colour: Float
    sky: Float
    ground: Float
    rim_dirs: Float
    rim_colours: Float
    shadow: float
    contact: float
    mirror: float
    grain: float = 0.6
    seed: int = field(default=3)

    def paint(self, eye: Double, rays: Double, camera: Camera) -> Empty:
        """Paint the empty stage as seen along `rays` [h, w, 3] from `eye`."""
        _ = camera
        return _paint_dark(eye, rays) if self.name == "dark" else _paint_room(eye, rays, self.seed)


def dark_stage() -> Stage:
    """Build a dark stage with one dancer in warm light, cool light from behind and a floor that mirrors a little."""
    rims = np.stack([_unit(0.85, 0.75, 0.45), _unit(-0.9, 0.65, 0.40)]).astype(np.float32)
    return Stage(
        "dark",
        _unit(-0.55, -0.85, 1.05),
        _colour(1.62, 1.47, 1.28),
        _colour(0.30, 0.36, 0.46),
        _colour(0.12, 0.12, 0.14),
        rims,
        np.array([[1.30, 0.48, 0.32], [0.45, 0.62, 1.35]], np.float32),
        0.70,
        0.85,
        0.20,
        0.5,
    )


def rehearsal_room() -> Stage:
    """Build a bright room: plaster wall, wooden floor, a barre, light from a window at the dancer's right."""
    rims = np.stack([_unit(0.8, 0.6, 0.5)]).astype(np.float32)
    return Stage(
        "room",
        _unit(-0.95, -0.75, 1.15),
        _colour(1.30, 1.20, 1.04),
        _colour(0.56, 0.59, 0.65),
        _colour(0.34, 0.28, 0.22),
        rims,
        np.array([[0.45, 0.50, 0.60]], np.float32),
        0.50,
        0.80,
        0.07,
        0.8,
    )


def _smooth(x: Double, low: float, high: float) -> Double:
    u = np.clip((x - low) / (high - low), 0.0, 1.0)
    result: Double = u * u * (3 - 2 * u)
    return result


def _paint_dark(eye: Double, rays: Double) -> Empty:
    wall_y = 3.2
    to_floor = -eye[2] / np.minimum(rays[..., 2], -1e-6)
    floor_point = eye + rays * to_floor[..., None]
    on_floor = (rays[..., 2] < -1e-6) & (floor_point[..., 1] < wall_y)
    unit = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    # the backdrop: a wide soft glow behind the dancer, cool, with a warmer heart near the floor
    to_wall = (wall_y - eye[1]) / np.maximum(np.abs(rays[..., 1]), 1e-6)
    wall = eye + rays * to_wall[..., None]
    x, z = wall[..., 0], wall[..., 2]
    glow = np.exp(-((x / 2.3) ** 2 + ((z - 1.25) / 1.45) ** 2))
    heart = np.exp(-((x / 3.6) ** 2 + ((z - 0.0) / 0.75) ** 2))
    base = np.array([0.0050, 0.0048, 0.0085])
    back = base + glow[..., None] * np.array([0.036, 0.028, 0.062]) + heart[..., None] * np.array([0.070, 0.028, 0.022])
    # two faint beams from above
    for x_top, x_foot, tint in ((-2.6, -0.5, (0.030, 0.024, 0.045)), (2.6, 0.5, (0.045, 0.024, 0.022))):
        centre = x_foot + (x_top - x_foot) * np.clip(z / 3.2, 0, 1)
        width = 0.16 + 0.30 * np.clip(1 - z / 3.4, 0, 1)
        beam = np.exp(-(((x - centre) / width) ** 2)) * np.clip(z / 3.0, 0, 1) ** 0.7
        back = back + 0.55 * beam[..., None] * np.array(tint)
    # the floor: a pool of light around the dancer, fading into the dark
    fx, fy = floor_point[..., 0], floor_point[..., 1]
    pool = np.exp(-(((fx / 1.35) ** 2 + ((fy + 0.05) / 1.25) ** 2) ** 1.15))
    grazing = np.clip(1 - np.abs(unit[..., 2]) / 0.55, 0, 1) ** 2
    sheen = np.exp(-((fx / 2.6) ** 2)) * _smooth(fy, -1.0, 3.0)
    ground = np.array([0.008, 0.009, 0.012]) + pool[..., None] * np.array([0.150, 0.122, 0.118])
    ground = ground + (sheen * grazing)[..., None] * np.array([0.050, 0.024, 0.036])
    colour = np.where(on_floor[..., None], ground, back)
    # a soft seam where floor and backdrop meet
    seam = np.exp(-(((floor_point[..., 1] - wall_y) / 0.35) ** 2)) * on_floor
    colour = colour * (1 - 0.75 * seam[..., None]) + 0.75 * seam[..., None] * back
    return Empty(colour.astype(np.float32), on_floor[..., None].astype(np.float32))


def _paint_room(eye: Double, rays: Double, seed: int) -> Empty:  # noqa: PLR0915 - one thing after another
    rng = np.random.default_rng(seed)
    wall_y = 1.9
    to_floor = -eye[2] / np.minimum(rays[..., 2], -1e-6)
    p = eye + rays * to_floor[..., None]
    on_floor = (rays[..., 2] < -1e-6) & (p[..., 1] < wall_y)
    q = eye + rays * ((wall_y - eye[1]) / np.maximum(rays[..., 1], 1e-6))[..., None]
    x, z = q[..., 0], q[..., 2]
    # plaster, lit from the window at the left of the picture
    fall = 0.62 + 0.38 * np.exp(-(((x + 1.6) / 2.6) ** 2)) - 0.10 * _smooth(z, 1.2, 3.0)
    mottle = cv2.GaussianBlur(rng.normal(size=x.shape), (0, 0), 18) * 0.25
    wall = np.array([0.50, 0.455, 0.40]) * (fall + mottle)[..., None]
    # light through the panes, slanting down the wall
    u, v = x + 0.28 * z, z
    for k in range(3):
        for row in range(2):
            cx, cz = -2.30 + 0.62 * k, 1.25 + 0.72 * row
            pane = _smooth(0.28 - np.abs(u - cx), -0.03, 0.03) * _smooth(0.33 - np.abs(v - cz), -0.03, 0.03)
            wall = wall + 0.13 * pane[..., None] * np.array([1.0, 0.93, 0.78])
    # skirting and barre
    skirting = _smooth(0.14 - z, -0.004, 0.004)
    wall = wall * (1 - skirting[..., None]) + skirting[..., None] * np.array([0.62, 0.60, 0.57]) * fall[..., None]
    lip = np.exp(-(((z - 0.143) / 0.006) ** 2))
    wall = wall * (1 - 0.35 * lip[..., None])
    for level in (0.82, 1.05):
        shadow = np.exp(-(((z - level + 0.085) / 0.030) ** 2))
        wall = wall * (1 - 0.22 * shadow[..., None])
    for post in np.arange(-4.2, 4.3, 1.4):
        bracket = (
            _smooth(0.018 - np.abs(x - post), -0.006, 0.006)
            * _smooth(1.06 - z, -0.006, 0.006)
            * _smooth(z - 0.79, -0.006, 0.006)
        )
        wall = wall * (1 - bracket[..., None]) + bracket[..., None] * np.array([0.20, 0.20, 0.21])
    for level in (0.82, 1.05):
        rod = (z - level) / 0.022
        inside = _smooth(1 - np.abs(rod), -0.12, 0.12)
        tone = (
            np.array([0.46, 0.26, 0.12]) * (0.55 + 0.45 * np.clip(rod + 0.5, 0, 1))[..., None]
            + 0.12 * np.exp(-(((rod - 0.45) / 0.22) ** 2))[..., None]
        )
        wall = wall * (1 - inside[..., None]) + inside[..., None] * tone * fall[..., None]
    # boards
    fx, fy = p[..., 0], p[..., 1]
    board_width = 0.115
    row_index = np.floor(fx / board_width)
    ends = rng.uniform(0, 2.0, 4096)
    tone_table = rng.normal(0, 1, 65536)
    row_key = (row_index.astype(np.int64) + 2048) % 4096
    along = (fy + 40 + ends[row_key]) / 1.6
    board = np.floor(along)
    tone = tone_table[(row_key * 31 + board.astype(np.int64) * 977) % 65536]
    across = fx / board_width - row_index
    distance = np.maximum(to_floor * np.linalg.norm(rays, axis=-1), 0.1)
    line = 0.5 + 0.5 * np.clip(distance / 6, 0, 1)
    joint = np.exp(-((np.minimum(across, 1 - across) / (0.035 * line)) ** 2)) * 0.45
    step = along - board
    joint = np.maximum(joint, np.exp(-((np.minimum(step, 1 - step) / 0.004) ** 2)) * 0.45)
    streak = (
        np.sin(fx * 310 + 2.2 * np.sin(fy * 3.1 + row_key) + row_key) * 0.5
        + np.sin(fx * 133 + 1.3 * np.sin(fy * 5.3 + 2 * row_key)) * 0.5
    )
    wood = np.array([0.36, 0.215, 0.115]) * (1 + 0.10 * tone + 0.035 * streak)[..., None]
    wood = wood * (1 - joint[..., None])
    light = 0.72 + 0.42 * np.exp(-(((fx + 0.9) / 1.9) ** 2 + ((fy + 0.2) / 1.8) ** 2))
    wood = wood * light[..., None]
    unit_z = np.abs(rays[..., 2]) / np.linalg.norm(rays, axis=-1)
    fresnel = (1 - np.clip(unit_z, 0, 1)) ** 4
    wood = wood + (fresnel * 0.22 * light)[..., None] * np.array([0.9, 0.85, 0.78]) * _smooth(fy, -2.5, 1.9)[..., None]
    edge = np.exp(-np.maximum(wall_y - fy, 0) / 0.12) * on_floor
    wood = wood * (1 - 0.45 * np.clip(edge, 0, 1)[..., None])
    colour = np.where(on_floor[..., None], wood, wall)
    return Empty(colour.astype(np.float32), on_floor[..., None].astype(np.float32))
