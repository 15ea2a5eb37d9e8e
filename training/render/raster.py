"""What each sample of the picture sees: a z-buffer over triangles, with hems cut per sample.

Samples form a regular grid of `oversample` x `oversample` in each pixel; a buffer holds the triangle and the
place in it, and shading reads from that.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["cover", "depth_map", "rasterise"]

_njit = numba.njit(nogil=True, cache=True, fastmath=True)


@_njit
def _rasterise(px, py, inverse, triangles, cut, x0, y0, near, which, place):  # type: ignore[no-untyped-def]
    height, width = which.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if cut[a] < 0.0 and cut[b] < 0.0 and cut[c] < 0.0:
            continue
        if inverse[a] <= 0.0 or inverse[b] <= 0.0 or inverse[c] <= 0.0:
            continue
        ax, ay = px[a] - x0, py[a] - y0
        bx, by = px[b] - x0, py[b] - y0
        cx, cy = px[c] - x0, py[c] - y0
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        left = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        right = min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        bottom = min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        if left > right or top > bottom:
            continue
        scale = 1.0 / area
        clipped = cut[a] < 0.0 or cut[b] < 0.0 or cut[c] < 0.0
        u_dx = -(cy - by) * scale
        v_dx = -(ay - cy) * scale
        for y in range(top, bottom + 1):
            sy = y + 0.5
            sx = left + 0.5
            u = ((cx - bx) * (sy - by) - (cy - by) * (sx - bx)) * scale
            v = ((ax - cx) * (sy - cy) - (ay - cy) * (sx - cx)) * scale
            for x in range(left, right + 1):
                w = 1.0 - u - v
                if u >= 0.0 and v >= 0.0 and w >= 0.0:
                    z = u * inverse[a] + v * inverse[b] + w * inverse[c]
                    if z > near[y, x] and (not clipped or u * cut[a] + v * cut[b] + w * cut[c] > 0.0):
                        near[y, x] = z
                        which[y, x] = t
                        place[y, x, 0] = u
                        place[y, x, 1] = v
                u += u_dx
                v += v_dx


def rasterise(
    screen: NDArray[np.float32],
    triangles: NDArray[np.int32],
    cut: NDArray[np.float32],
    box: tuple[int, int, int, int],
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """Find the nearest triangle of each sample.

    Parameters
    ----------
    screen : float32 [n, 3]
        x and y in samples, and one over the distance along the camera's axis (not above 0: behind it).
    triangles : int32 [m, 3]
    cut : float32 [n]
        Samples whose interpolated value is not above 0 are empty.
    box : tuple of int
        Left, top, right and bottom of the part of the sample grid that is wanted.

    Returns
    -------
    which : int32 [h, w]
        Triangle, -1 for none.
    place : float32 [h, w, 2]
        Weights of its first and second corner.
    near : float32 [h, w]
        One over the distance.
    """
    left, top, right, bottom = box
    shape = (max(bottom - top, 0), max(right - left, 0))
    which = np.full(shape, -1, np.int32)
    place = np.zeros((*shape, 2), np.float32)
    near = np.zeros(shape, np.float32)
    x, y, inverse = (np.ascontiguousarray(screen[:, i]) for i in range(3))
    _rasterise(x, y, inverse, triangles, cut, np.float32(left), np.float32(top), near, which, place)
    return which, place, near


@_njit
def _depth_map(points, triangles, cut, out):  # type: ignore[no-untyped-def]
    size = out.shape[0]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if cut[a] < 0.0 and cut[b] < 0.0 and cut[c] < 0.0:
            continue
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        left = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        right = min(size - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        bottom = min(size - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        scale = 1.0 / area
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                sx, sy = x + 0.5, y + 0.5
                u = ((cx - bx) * (sy - by) - (cy - by) * (sx - bx)) * scale
                v = ((ax - cx) * (sy - cy) - (ay - cy) * (sx - cx)) * scale
                w = 1.0 - u - v
                if u >= 0.0 and v >= 0.0 and w >= 0.0 and u * cut[a] + v * cut[b] + w * cut[c] > 0.0:
                    z = u * az + v * bz + w * cz
                    out[y, x] = min(out[y, x], z)


def depth_map(
    points: NDArray[np.float32], triangles: NDArray[np.int32], cut: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """Smallest depth of each cell of a square map, float32 [size, size]; 1e9 where there is nothing.

    `points` holds x and y in cells and the depth, float32 [n, 3].
    """
    out = np.full((size, size), 1e9, np.float32)
    _depth_map(points, triangles, cut, out)
    return out


@_njit
def _cover(points, triangles, cut, low, high):  # type: ignore[no-untyped-def]
    size = low.shape[0]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if cut[a] < 0.0 or cut[b] < 0.0 or cut[c] < 0.0:
            continue
        ax, ay = points[a, 0], points[a, 1]
        bx, by = points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        z = (points[a, 2] + points[b, 2] + points[c, 2]) / 3.0
        share = min(max((z - 0.08) / 0.35, 0.0), 1.0)
        left = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
        right = min(size - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
        bottom = min(size - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        scale = 1.0 / area
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                sx, sy = x + 0.5, y + 0.5
                u = ((cx - bx) * (sy - by) - (cy - by) * (sx - bx)) * scale
                v = ((ax - cx) * (sy - cy) - (ay - cy) * (sx - cx)) * scale
                if u >= 0.0 and v >= 0.0 and u + v <= 1.0:
                    low[y, x] = max(low[y, x], 1.0 - share)
                    high[y, x] = max(high[y, x], share)


def cover(
    points: NDArray[np.float32], triangles: NDArray[np.int32], cut: NDArray[np.float32], size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shadow of triangles on the floor, split by height: what is near the floor and what is high above it.

    `points` holds x and y in cells and the height in metres, float32 [n, 3]; both results float32 [size, size], 0 to 1.
    """
    low, high = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    _cover(points, triangles, cut, low, high)
    return low, high
