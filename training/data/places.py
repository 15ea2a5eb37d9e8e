"""What is behind the dancer: rooms, stages, studios and open places, painted out of textures of our own.

The textures are drawn once for a seed (noise, boards, tiles, bricks, curtains, crowds of shapes, views) and kept as one
array; a place is a box with a texture for each wall, panels on the walls (windows, posters, doors, mirrors) and lamps.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["PLACES", "Place", "draw_place", "make_textures"]

Float = NDArray[np.float32]

SIZE = 256
RECIPE = 2  # raise it when the same seed gives other textures
PLACES = ("room", "hall", "stage", "studio", "open", "clutter")
KINDS = ("plaster", "boards", "tiles", "bricks", "curtain", "clutter", "view", "ground", "shelves", "crowd")


def _cloud(rng: np.random.Generator, octaves: int = 6, fall: float = 0.55) -> Float:
    """Noise that repeats, about -1 to 1, float32 [s, s]."""
    out = np.zeros((SIZE, SIZE), np.float32)
    for o in range(octaves):
        n = 2 ** (o + 1)
        grid = np.pad(rng.normal(size=(n, n)).astype(np.float32), 2, mode="wrap")
        big = cv2.resize(grid, None, fx=SIZE / n, fy=SIZE / n, interpolation=cv2.INTER_CUBIC)
        edge = 2 * SIZE // n
        out += fall**o * np.asarray(big, np.float32)[edge : edge + SIZE, edge : edge + SIZE]
    return out / 2.0


def _colour(rng: np.random.Generator, vivid: float = 0.4) -> Float:
    """Draw a colour, 0 to 1."""
    grey = rng.beta(1.6, 1.4)
    return np.clip(grey + rng.normal(0, vivid, 3) * (0.25 + 0.5 * grey * (1 - grey)), 0.02, 0.98).astype(np.float32)


def _shapes(rng: np.random.Generator, count: int, largest: float) -> Float:
    """Paint leaves of many sizes over one another, as natural pictures have them."""
    out = np.empty((SIZE, SIZE, 3), np.float32)
    out[:] = _colour(rng)
    for size in np.sort(largest * rng.pareto(1.4, count).clip(0.02, 1.5) ** 1.0)[::-1]:
        at = tuple(int(x) for x in rng.integers(-20, SIZE + 20, 2))
        colour = tuple(float(c) for c in _colour(rng))
        kind, wide = rng.integers(3), max(int(size), 2)
        if kind == 0:
            cv2.ellipse(
                out,
                at,
                (wide, max(int(wide * rng.uniform(0.3, 1)), 1)),
                float(rng.uniform(0, 180)),
                0,
                360,
                colour,
                -1,
                cv2.LINE_AA,
            )
        elif kind == 1:
            cv2.rectangle(out, at, (at[0] + wide, at[1] + int(wide * rng.uniform(0.3, 2.5))), colour, -1)
        else:
            points = (np.array(at) + rng.normal(0, wide * 0.7, (int(rng.integers(3, 6)), 2))).astype(np.int32)
            cv2.fillPoly(out, [points], colour, cv2.LINE_AA)
    return out


def _boards(rng: np.random.Generator) -> Float:
    out = np.empty((SIZE, SIZE, 3), np.float32)
    wood = np.array([0.55, 0.36, 0.20], np.float32) * rng.uniform(0.4, 1.5) + rng.normal(0, 0.05, 3).astype(np.float32)
    rows = int(rng.choice([8, 16, 16, 32]))
    step = SIZE // rows
    grain = cv2.resize(_cloud(rng), (SIZE * 8, SIZE))[:, :SIZE]
    for r in range(rows):
        at = int(rng.integers(SIZE))
        for half in range(2):
            tone = 1 + rng.normal(0, 0.13)
            cols = (np.arange(SIZE // 2) + at + half * SIZE // 2) % SIZE
            out[r * step : (r + 1) * step, cols] = wood * tone
        out[r * step, :] *= 0.55
        out[r * step : (r + 1) * step, [at % SIZE, (at + SIZE // 2) % SIZE]] *= 0.6
    return out * (1 + 0.22 * grain)[..., None]


def _tiles(rng: np.random.Generator, bricks: bool) -> Float:
    across = int(rng.choice([2, 4, 8]))
    down = across * (2 if bricks else 1)
    one, two, joint = _colour(rng), _colour(rng), _colour(rng, 0.1)
    out = np.empty((SIZE, SIZE, 3), np.float32)
    out[:] = joint
    w, h = SIZE // across, SIZE // down
    checks = rng.random() < 0.35 and not bricks
    gap = max(1, int(rng.integers(1, 4)))
    for i in range(down):
        shift = (i % 2) * w // 2 if bricks else 0
        for j in range(across):
            base = two if checks and (i + j) % 2 else one
            cols = (np.arange(j * w + gap, (j + 1) * w) + shift) % SIZE
            out[i * h + gap : (i + 1) * h, cols] = base * (1 + rng.normal(0, 0.08 if not bricks else 0.16))
    return out * (1 + 0.12 * _cloud(rng))[..., None]


def _view(rng: np.random.Generator) -> Float:
    """Paint a sky over a horizon with houses or trees, seen once around."""
    v = np.linspace(1, 0, SIZE, dtype=np.float32)[:, None, None]
    high, low = (
        np.array([0.35, 0.55, 0.9]) * rng.uniform(0.6, 1.1),
        np.array([0.85, 0.88, 0.92]) * rng.uniform(0.7, 1.1),
    )
    out = (low + (high - low) * v + rng.normal(0, 0.05, 3)).astype(np.float32) * np.ones((1, SIZE, 1), np.float32)
    cloud = np.clip(_cloud(rng) * 1.2, 0, 1)[..., None]
    out = out * (1 - 0.7 * cloud) + 0.7 * cloud * np.float32(rng.uniform(0.7, 1.0))
    base = int(SIZE * rng.uniform(0.75, 0.97))
    if rng.random() < 0.5:
        for x in range(0, SIZE, 12):
            wide, tall = int(rng.integers(12, 48)), int(rng.integers(20, 140))
            tone = _colour(rng, 0.15)
            cv2.rectangle(out, (x, base - tall), (x + wide, SIZE), tuple(float(c) for c in tone), -1)
            for wy in range(base - tall + 5, SIZE, 9):
                out[wy : wy + 4, x + 3 : x + wide - 2 : 7] *= rng.uniform(0.4, 1.3)
    else:
        line = base - 30 - (60 * _cloud(rng, 5)[0]).astype(int)
        mask = (np.arange(SIZE)[:, None] > line[None])[..., None]
        leaf = np.array([0.12, 0.22, 0.07]) * rng.uniform(0.4, 2.0) * (1 + 0.7 * _cloud(rng, 7, 0.8))[..., None]
        out = np.where(mask, leaf, out)
    return out.astype(np.float32)


def _crowd(rng: np.random.Generator) -> Float:
    """Soft standing figures, as an audience or passers-by look far out of focus; they carry no label."""
    out = np.empty((SIZE, SIZE, 3), np.float32)
    out[:] = _colour(rng) * 0.5
    for _ in range(40):
        x, y, s = int(rng.integers(SIZE)), int(rng.integers(60, 230)), float(rng.uniform(7, 16))
        cv2.ellipse(
            out, (x, y + int(3 * s)), (int(1.2 * s), int(3 * s)), 0, 0, 360, tuple(float(c) for c in _colour(rng)), -1
        )
        skin = tuple(float(c) for c in np.array([0.6, 0.4, 0.3]) * rng.uniform(0.3, 1.3))
        cv2.circle(out, (x, y - int(0.6 * s)), int(0.7 * s), skin, -1)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), 3.5), np.float32)


def _shelves(rng: np.random.Generator) -> Float:
    out = np.empty((SIZE, SIZE, 3), np.float32)
    out[:] = _colour(rng) * 0.4
    for y in range(0, SIZE, int(rng.choice([32, 64]))):
        x = 0
        while x < SIZE:
            wide, tall = int(rng.integers(3, 22)), int(rng.integers(14, 30))
            out[max(y + 30 - tall, 0) : y + 30, x : x + wide] = _colour(rng, 0.6)
            x += wide + int(rng.random() < 0.2) * 6
        out[y + 30 : y + 34] = _colour(rng, 0.1)
    return out


def _texture(rng: np.random.Generator, kind: str) -> Float:  # noqa: PLR0911 - a kind a line
    if kind == "boards":
        return _boards(rng)
    if kind in ("tiles", "bricks"):
        return _tiles(rng, kind == "bricks")
    if kind == "view":
        return _view(rng)
    if kind == "crowd":
        return _crowd(rng)
    if kind == "shelves":
        return _shelves(rng)
    if kind == "clutter":
        return _shapes(rng, int(rng.integers(40, 260)), float(rng.uniform(12, 45)))
    if kind == "curtain":
        x = np.arange(SIZE, dtype=np.float32) / SIZE * 2 * np.pi
        folds = sum(rng.uniform(0.1, 0.4) * np.sin(int(rng.integers(2, 24)) * x + rng.uniform(0, 6)) for _ in range(4))
        return (
            _colour(rng)
            * np.ones((SIZE, SIZE, 1), np.float32)
            * (1 + 0.5 * np.asarray(folds, np.float32))[None, :, None]
        )
    if kind == "ground":
        mix = np.clip(0.5 + _cloud(rng, 7, 0.75), 0, 1)[..., None]
        green = np.array([0.22, 0.33, 0.1]) if rng.random() < 0.5 else np.array([0.4, 0.38, 0.35])
        return (green * rng.uniform(0.5, 1.5) * (0.5 + mix) + rng.normal(0, 0.02, 3)).astype(np.float32)
    return _colour(rng, 0.25) * (1 + rng.uniform(0.02, 0.15) * _cloud(rng))[..., None]


def make_textures(count: int, seed: int) -> NDArray[np.uint8]:
    """Draw the textures of a seed; texture i is of kind ``KINDS[i % len(KINDS)]``.

    Returns
    -------
    uint8 [count, 256, 256, 3]
        Square roots of linear values are not taken: these are linear.
    """
    out = np.empty((count, SIZE, SIZE, 3), np.uint8)
    for i in range(count):
        rng = np.random.default_rng([seed, 3, i])
        out[i] = np.clip(np.clip(_texture(rng, KINDS[i % len(KINDS)]), 0, 1) ** 1.6 * 255, 0, 255).astype(np.uint8)
    return out


@dataclass(frozen=True)
class Place:
    """A box around the scene; arrays as `training.data.draw.backdrop` takes them."""

    kind: str
    room: Float
    faces: Float
    tints: Float
    lamps: Float
    panels: Float
    key: Float
    sky: Float
    ground: Float
    rim: Float
    key_dir: Float
    rim_dir: Float
    dark: float
    plain: bool


def _pick(rng: np.random.Generator, count: int, *kinds: str) -> int:
    wanted = KINDS.index(str(rng.choice(list(kinds))))
    rounds = (count - wanted - 1) // len(KINDS) + 1
    return int(rng.integers(rounds)) * len(KINDS) + wanted


def _direction(rng: np.random.Generator, low: float, high: float) -> Float:
    around, up = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(low, high))
    return np.array([np.cos(up) * np.sin(around), -np.cos(up) * np.cos(around), np.sin(up)], np.float32)


def draw_place(rng: np.random.Generator, textures: int, eye: Float) -> Place:  # noqa: PLR0912, PLR0915 - kinds of place
    """Draw a place that holds the origin and the camera's `eye`."""
    kind = str(rng.choice(PLACES, p=[0.36, 0.14, 0.15, 0.10, 0.15, 0.10]))
    big = {"room": 1.0, "hall": 2.5, "stage": 1.6, "studio": 1.4, "open": 9.0, "clutter": 1.0}[kind]
    reach = np.array([[rng.uniform(1.3, 4.0) * big for _ in range(2)] for _ in range(2)])
    room = np.array(
        [[-reach[0, 0], reach[0, 1]], [-reach[1, 0], reach[1, 1]], [0, rng.uniform(2.3, 3.4) * (big if big < 3 else 5)]]
    )
    for k in range(3):  # the camera is inside
        room[k, 0] = min(room[k, 0], float(eye[k]) - 0.5) if k < 2 else 0.0
        room[k, 1] = max(room[k, 1], float(eye[k]) + 0.5)
    faces = np.zeros((6, 2), np.float32)
    tints = np.ones((6, 3), np.float32)
    wall = _pick(rng, textures, "plaster", "plaster", "bricks", "curtain", "tiles", "boards", "shelves", "clutter")
    for f in range(4):
        other = rng.random() < 0.3
        faces[f] = (
            _pick(rng, textures, "plaster", "clutter", "shelves", "curtain") if other else wall,
            rng.uniform(1.0, 3.5),
        )
    tints[:4] = rng.uniform(0.5, 1.1)
    faces[4] = (
        _pick(rng, textures, "boards", "boards", "tiles", "plaster", "ground", "clutter"),
        rng.uniform(1.0, 3.0),
    )
    faces[5] = (_pick(rng, textures, "plaster"), 3.0)
    warm = float(rng.normal(0, 0.12))
    tone = np.array([1 + warm, 1.0, 1 - warm])
    key = tone * rng.uniform(0.5, 1.9)
    sky = rng.uniform(0.25, 0.75) * np.array([1 - warm / 2, 1, 1 + warm / 2])
    ground = sky * rng.uniform(0.3, 0.9) * np.array([1.05, 1.0, 0.9])
    rim = np.zeros(3)
    lamps = [
        [
            *rng.uniform(-2, 2, 2) * big,
            room[2, 1] * rng.uniform(0.6, 1.0),
            rng.uniform(1.2, 4) * big,
            *(tone * rng.uniform(0.5, 1.4)),
        ]
        for _ in range(int(rng.integers(1, 4)))
    ]
    lamps.append([0, 0, 1.5, 60.0, *(sky * rng.uniform(0.4, 0.9))])
    dark, plain = float(rng.uniform(0.25, 0.7)), False
    if kind == "stage":
        tints[:4] *= rng.uniform(0.02, 0.25)
        tints[4] *= rng.uniform(0.1, 0.6)
        key, sky = key * 1.2, sky * rng.uniform(0.15, 0.6)
        ground, rim = sky * 0.4, np.abs(rng.normal(0, 0.9, 3))
        lamps = [
            [*rng.uniform(-1.5, 1.5, 2), rng.uniform(0, 1), rng.uniform(0.7, 1.6), *np.abs(rng.normal(1.2, 0.7, 3))]
            for _ in range(3)
        ]
        if rng.random() < 0.4:
            faces[int(rng.integers(4))] = (_pick(rng, textures, "crowd"), 2.5)
        key = key * np.clip(rng.normal(1, 0.3, 3), 0.2, 2)
    elif kind == "studio":
        shade = rng.uniform(0.05, 1.0) * np.clip(1 + rng.normal(0, 0.25, 3), 0.1, 2)
        faces[:, 0] = -1
        tints[:] = shade
        plain = True
    elif kind == "open":
        view = _pick(rng, textures, "view")
        for f in range(4):
            faces[f] = (view, room[2, 1] * 1.0)
        faces[4] = (_pick(rng, textures, "ground", "ground", "tiles", "bricks"), rng.uniform(1.5, 5))
        faces[5, 0] = -1
        tints[5] = (0.4, 0.6, 0.9)
        tints[:4] = 1.0
        lamps = [[0, 0, 5, 300.0, *(tone * rng.uniform(0.8, 1.4))]]
        sky = np.array([0.45, 0.55, 0.7]) * rng.uniform(0.7, 1.3)
        key = key * rng.choice([0.2, 1.4])
        ground = sky * 0.5
    elif kind == "clutter":
        for f in range(5):
            faces[f] = (_pick(rng, textures, "clutter", "shelves", "crowd", "view"), rng.uniform(1.5, 5))
    if rng.random() < 0.3:
        rim = rim + rng.uniform(0.2, 0.8) * np.clip(rng.normal(1, 0.3, 3), 0, 2)
    panels = []
    if kind in ("room", "hall", "clutter", "stage"):
        for _ in range(int(rng.integers(0, 8))):
            f = int(rng.integers(4))
            low, high = room[1] if f < 2 else room[0]
            door = rng.random() < 0.25
            tall = 1.0 if door else rng.uniform(0.15, 0.7)
            texture = _pick(rng, textures, "view", "clutter", "shelves", "crowd", "plaster", "boards")
            gain = (3.0 if rng.random() < 0.25 else 1.0) * (0.4 if kind == "stage" else 1)
            panels.append(
                [
                    f,
                    rng.uniform(low, high),
                    tall if door else rng.uniform(1.0, 1.9),
                    0.45 if door else rng.uniform(0.15, 0.9),
                    tall,
                    texture,
                    gain,
                    gain,
                    gain,
                ]
            )
        if rng.random() < 0.3:  # a barre or a rail along a wall
            f = int(rng.integers(4))
            panels.append([f, 0.0, rng.uniform(0.8, 1.1), 50.0, 0.05, -1, *(_colour(rng) * 0.6)])
        panels.extend(
            [f, 0.0, 0.0, 50.0, rng.uniform(0.06, 0.16), -1, *(_colour(rng, 0.1) * 0.7 * tints[f])] for f in range(4)
        )
    key_dir = _direction(rng, 25, 80)
    return Place(
        kind, room.astype(np.float32), faces, tints, np.array(lamps, np.float32),
        np.array(panels, np.float32).reshape(-1, 9), key.astype(np.float32), sky.astype(np.float32),
        ground.astype(np.float32), rim.astype(np.float32), key_dir, _direction(rng, 5, 50), dark, plain,
    )  # fmt: skip
