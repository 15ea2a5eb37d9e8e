"""Things: furniture behind and beside the dancer, what is held, and what stands in the way. They carry no label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.render.skinning import rotation_about

__all__ = ["Thing", "draw_things"]

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Thing:
    """A mesh in the room: vertices, normals float32 [n, 3], triangles int32 [m, 3], its own coordinates and colours."""

    vertices: Float
    normals: Float
    own: Float
    triangles: NDArray[np.int32]
    colour: Float
    second: Float
    pattern: int


def _box() -> tuple[Float, Float, NDArray[np.int32]]:
    points, normals, triangles = [], [], []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            n = np.zeros(3)
            n[axis] = sign
            a, b = np.roll(np.eye(3), 1, 0)[axis], np.roll(np.eye(3), 2, 0)[axis]
            start = len(points)
            for p, q in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                points.append(0.5 * (n + p * a + q * b))
                normals.append(n)
            triangles += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
    return np.array(points, np.float32), np.array(normals, np.float32), np.array(triangles, np.int32)


def _round(rows: int, columns: int, ball: bool) -> tuple[Float, Float, NDArray[np.int32]]:
    """Make a ball, or a cylinder along z; unit size."""
    around = np.arange(columns) * 2 * np.pi / columns
    up = np.linspace(0, np.pi, rows) if ball else np.linspace(-0.5, 0.5, rows)
    wide = np.sin(up) if ball else np.ones(rows)
    z = np.cos(up) if ball else 2 * up
    points = np.stack(
        [np.outer(wide, np.cos(around)), np.outer(wide, np.sin(around)), np.outer(z, np.ones(columns))], -1
    )
    normals = points.copy()
    if not ball:
        normals[..., 2] = 0
    i, j = np.arange(rows - 1)[:, None] * columns, np.arange(columns)[None]
    k = (j + 1) % columns
    quads = np.stack([i + j, i + columns + j, i + columns + k, i + k], -1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])
    return (
        (0.5 * points.reshape(-1, 3)).astype(np.float32),
        normals.reshape(-1, 3).astype(np.float32),
        triangles.astype(np.int32),
    )


_SHAPES = {"box": _box(), "ball": _round(12, 18, True), "rod": _round(5, 14, False)}


def _thing(rng: np.random.Generator, shape: str, size: NDArray[np.floating], at: NDArray[np.floating],
           turn: NDArray[np.floating]) -> Thing:  # fmt: skip
    points, normals, triangles = _SHAPES[shape]
    own = points * size.astype(np.float32)
    normals = normals / np.maximum(size, 1e-3)
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    grey = rng.beta(1.2, 1.4)
    colours = np.clip(grey + rng.normal(0, 0.25, (2, 3)), 0.01, 0.95) ** 1.6
    return Thing(
        (own @ turn.T + at).astype(np.float32), (normals @ turn.T).astype(np.float32), own, triangles,
        colours[0].astype(np.float32), colours[1].astype(np.float32), int(rng.choice([0, 0, 0, 1, 3, 5])),
    )  # fmt: skip


def _turned(rng: np.random.Generator, wild: bool) -> NDArray[np.float64]:
    yaw = rotation_about(np.array([0.0, 0.0, 1.0]), float(rng.uniform(0, 2 * np.pi)))
    if not wild:
        return yaw
    axis = rng.normal(size=3)
    return np.asarray(yaw @ rotation_about(axis / np.linalg.norm(axis), float(rng.uniform(0, np.pi))))


def draw_things(
    rng: np.random.Generator, *, eye: Float, middle: Float, wrists: Float, plain: bool
) -> list[Thing]:  # fmt: skip
    """Draw the things of a picture.

    Parameters
    ----------
    rng : numpy.random.Generator
    eye, middle : float32 [3]
        The camera, and the dancer's middle.
    wrists : float32 [2, 3]
        Where the dancer's hands are.
    plain : bool
        The place is an empty studio: only what is held, and seldom something in the way.

    Returns
    -------
    list of Thing
        Eight at most.
    """
    things: list[Thing] = []
    if not plain:
        for _ in range(int(rng.choice([0, 0, 1, 2, 3, 4]))):
            around, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.9, 3.5)
            at = middle * np.array([1, 1, 0]) + far * np.array([np.cos(around), np.sin(around), 0])
            if np.linalg.norm(at[:2] - eye[:2]) < 0.9:
                continue
            shape = str(rng.choice(["box", "box", "box", "rod", "ball"]))
            size = rng.uniform([0.1, 0.1, 0.2], [0.9, 0.9, 1.9])
            if shape == "rod":
                size = np.array([1, 1, 0]) * rng.uniform(0.03, 0.4) + np.array([0, 0, rng.uniform(0.5, 3)])
            if shape == "ball":
                size = np.full(3, rng.uniform(0.15, 0.9))
            things.append(_thing(rng, shape, size, at + np.array([0, 0, size[2] / 2]), _turned(rng, False)))
    if rng.random() < 0.16:
        hand = wrists[int(rng.integers(2))]
        kind = rng.integers(4)
        size = (
            np.array([0.03, 0.03, rng.uniform(0.4, 1.6)]), np.full(3, rng.uniform(0.07, 0.3)),
            np.array([0.07, 0.012, 0.14]), np.array([rng.uniform(0.2, 0.4), 0.08, rng.uniform(0.2, 0.4)]),
        )[kind]  # fmt: skip
        things.append(
            _thing(rng, ("rod", "ball", "box", "box")[kind], size, hand + rng.normal(0, 0.05, 3), _turned(rng, True))
        )
    if rng.random() < 0.14:  # in the way
        share = rng.uniform(0.15, 0.8)
        at = eye + share * (middle - eye) + rng.normal(0, 0.22, 3)
        span = (0.1 + 0.25 * rng.random()) * (0.4 + share)
        kind = rng.integers(3)
        size = (
            np.array([span * 0.5, span * 0.5, 3.0]), np.array([span * 2, span, span]) * rng.uniform(0.5, 1.5),
            np.full(3, span * rng.uniform(0.6, 1.4)),
        )[kind]  # fmt: skip
        things.append(_thing(rng, ("rod", "box", "ball")[kind], size, at, _turned(rng, kind != 0)))
    return things[:8]
