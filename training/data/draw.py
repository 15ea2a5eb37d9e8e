"""The compiled loops: skeleton, skinning, one z-buffer for the whole scene, light, and the rays to what is behind."""

from __future__ import annotations

import math

import numba
import numpy as np

from training.render.shading import noise
from training.render.skinning import _ambient, _vertex_normals

__all__ = ["backdrop", "follow", "pixels", "project", "rasterise", "shadow_map", "skin"]

_njit = numba.njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
ambient, vertex_normals = _ambient, _vertex_normals


@_njit
def follow(rotation, parent, head, twist, out_rotation, out_position):  # type: ignore[no-untyped-def]
    """Twist every bone with all that hangs on it, and place the bones; `twist` [b, 3, 3] is in the room's frame."""
    n = rotation.shape[0]
    carried = np.empty((n, 3, 3), np.float32)
    for i in range(n):
        p = parent[i]
        if p < 0:
            carried[i] = twist[i]
            out_position[i] = head[i]
        else:
            for r in range(3):
                for c in range(3):
                    s = np.float32(0.0)
                    for k in range(3):
                        s += carried[p, r, k] * twist[i, k, c]
                    carried[i, r, c] = s
            for r in range(3):
                s = np.float32(0.0)
                for k in range(3):
                    s += out_rotation[p, r, k] * (head[i, k] - head[p, k])
                out_position[i, r] = out_position[p, r] + s
        for r in range(3):
            for c in range(3):
                s = np.float32(0.0)
                for k in range(3):
                    s += carried[i, r, k] * rotation[i, k, c]
                out_rotation[i, r, c] = s


@_njit
def skin(rest, index, weight, rotation, translation, out):  # type: ignore[no-untyped-def]
    """Linear blend skinning with four bones a vertex."""
    m = np.empty(12, np.float32)
    for i in range(rest.shape[0]):
        m[:] = 0.0
        for k in range(4):
            w = weight[i, k]
            if w > 0.0:
                b = index[i, k]
                for r in range(3):
                    m[4 * r] += w * rotation[b, r, 0]
                    m[4 * r + 1] += w * rotation[b, r, 1]
                    m[4 * r + 2] += w * rotation[b, r, 2]
                    m[4 * r + 3] += w * translation[b, r]
        for r in range(3):
            out[i, r] = m[4 * r] * rest[i, 0] + m[4 * r + 1] * rest[i, 1] + m[4 * r + 2] * rest[i, 2] + m[4 * r + 3]


@_njit
def project(points, eye, axes, lens, out):  # type: ignore[no-untyped-def]
    """Pixel x and y and one over the depth (0 behind the camera); `lens` is focal length and principal point."""
    for i in range(points.shape[0]):
        dx, dy, dz = points[i, 0] - eye[0], points[i, 1] - eye[1], points[i, 2] - eye[2]
        z = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
        if z < 0.08:
            out[i, 0] = 0.0
            out[i, 1] = 0.0
            out[i, 2] = 0.0
            continue
        q = np.float32(1.0) / z
        out[i, 0] = lens[1] + lens[0] * q * (axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz)
        out[i, 1] = lens[2] + lens[0] * q * (axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz)
        out[i, 2] = q


@_njit
def rasterise(screen, triangles, cut, finer, first, near, which, place):  # type: ignore[no-untyped-def]
    """Draw triangles into the shared buffers; triangle t is written as ``first + t``."""
    height, width = which.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if cut[a] < 0.0 and cut[b] < 0.0 and cut[c] < 0.0:
            continue
        qa, qb, qc = screen[a, 2], screen[b, 2], screen[c, 2]
        if qa <= 0.0 or qb <= 0.0 or qc <= 0.0:
            continue
        ax, ay = screen[a, 0] * finer, screen[a, 1] * finer
        bx, by = screen[b, 0] * finer, screen[b, 1] * finer
        cx, cy = screen[c, 0] * finer, screen[c, 1] * finer
        left = max(0, math.ceil(min(ax, bx, cx) - 0.5))
        right = min(width - 1, math.floor(max(ax, bx, cx) - 0.5))
        top = max(0, math.ceil(min(ay, by, cy) - 0.5))
        bottom = min(height - 1, math.floor(max(ay, by, cy) - 0.5))
        if left > right or top > bottom:
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        scale = 1.0 / area
        clipped = cut[a] < 0.0 or cut[b] < 0.0 or cut[c] < 0.0
        for y in range(top, bottom + 1):
            sy = y + 0.5
            for x in range(left, right + 1):
                sx = x + 0.5
                u = ((cx - bx) * (sy - by) - (cy - by) * (sx - bx)) * scale
                v = ((ax - cx) * (sy - cy) - (ay - cy) * (sx - cx)) * scale
                w = 1.0 - u - v
                if u >= 0.0 and v >= 0.0 and w >= 0.0:
                    z = u * qa + v * qb + w * qc
                    if z > near[y, x] and (not clipped or u * cut[a] + v * cut[b] + w * cut[c] > 0.0):
                        near[y, x] = z
                        which[y, x] = first + t
                        # weights in the room, not on the screen
                        place[y, x, 0] = u * qa / z
                        place[y, x, 1] = v * qb / z


@_njit
def shadow_map(points, triangles, cut, frame, low, cell, out):  # type: ignore[no-untyped-def]
    """Smallest depth towards the light; a cell is set where a triangle's corners or middle fall."""
    size = out.shape[0]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if cut[a] < 0.0:
            continue
        x = (points[a, 0] + points[b, 0] + points[c, 0]) / 3
        y = (points[a, 1] + points[b, 1] + points[c, 1]) / 3
        z = (points[a, 2] + points[b, 2] + points[c, 2]) / 3
        far = max(abs(points[a, 0] - x) + abs(points[a, 1] - y) + abs(points[a, 2] - z),
                  abs(points[b, 0] - x) + abs(points[b, 1] - y) + abs(points[b, 2] - z))  # fmt: skip
        u = (frame[0, 0] * x + frame[0, 1] * y + frame[0, 2] * z - low[0]) / cell
        v = (frame[1, 0] * x + frame[1, 1] * y + frame[1, 2] * z - low[1]) / cell
        w = frame[2, 0] * x + frame[2, 1] * y + frame[2, 2] * z
        reach = min(int(0.6 * far / cell), 40)
        i, j = int(v), int(u)
        for di in range(max(i - reach, 0), min(i + reach + 1, size - 1) + 1):
            for dj in range(max(j - reach, 0), min(j + reach + 1, size - 1) + 1):
                out[di, dj] = min(out[di, dj], w)


@_njit
def _arrives(px, py, pz, frame, low, cell, depth, margin, spread, turn):  # type: ignore[no-untyped-def]
    """Share of the key light that arrives at a point."""
    size = depth.shape[0]
    u = (frame[0, 0] * px + frame[0, 1] * py + frame[0, 2] * pz - low[0]) / cell
    v = (frame[1, 0] * px + frame[1, 1] * py + frame[1, 2] * pz - low[1]) / cell
    w = frame[2, 0] * px + frame[2, 1] * py + frame[2, 2] * pz
    total = np.float32(0.0)
    c, s = math.cos(turn) * spread, math.sin(turn) * spread
    for k in range(4):
        if k == 0:
            i, j = int(v + s), int(u + c)
        elif k == 1:
            i, j = int(v - s), int(u - c)
        elif k == 2:
            i, j = int(v + c), int(u - s)
        else:
            i, j = int(v - c), int(u + s)
        if i < 0 or j < 0 or i >= size or j >= size or depth[i, j] > w - margin:
            total += np.float32(0.25)
    return total


@_njit
def _pattern(kind, size, rx, ry, rz):  # type: ignore[no-untyped-def]  # noqa: PLR0911
    """Share of the second colour at a place of the cloth."""
    x, y, z = rx / size, ry / size, rz / size
    if kind == 1:
        return 1.0 if z - math.floor(z) < 0.5 else 0.0
    if kind == 2:
        a = math.atan2(rx, -ry) / size * 0.12
        return 1.0 if a - math.floor(a) < 0.4 else 0.0
    if kind == 3:
        a = 0.5 if x - math.floor(x) < 0.5 else 0.0
        return a + (0.5 if z - math.floor(z) < 0.5 else 0.0)
    if kind == 4:
        a, b = x - math.floor(x) - 0.5, z - math.floor(z) - 0.5
        return 1.0 if a * a + b * b < 0.09 else 0.0
    if kind == 5:
        return 1.0 if noise(x, y, z) + 0.5 * noise(2.3 * x, 2.3 * y, 2.3 * z) > 0.1 else 0.0
    if kind == 6:
        return 1.0 if abs(rx) > 0.14 else 0.0
    if kind == 7:  # a print on the front
        inside = abs(rx) < 0.11 and ry < 0.02 and abs(rz - 0.36) < 0.11
        return 1.0 if inside and noise(rx * 26, 3.0, rz * 26) > -0.15 else 0.0
    if kind == 8:
        return min(max(0.5 + z * 0.25, 0.0), 1.0)
    return 0.0


@_njit
def pixels(  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915 - one loop, so that a sample stays in registers
    which, place, finer, vertices, normals, shade, rest, albedo, part, triangles, owner, material, tint, second, cloth,
    surface, person, eye, key_dir, key, sky, ground, rim_dir, rim, frame, low, cell, depth, colour, alpha, labels,
):  # fmt: skip
    """Light what is seen and average it into pixels; labels are the part and person that most samples of a pixel see.

    `owner` is the mesh of a triangle; `tint` and `second` [mesh, material, 3] are colours, `cloth` [mesh, material, 2]
    kind and size of the pattern, `person` [mesh] the number in the upper half of a label (0: an object).
    """
    rows, columns = labels.shape
    col = np.empty(3, np.float32)
    key_of = np.empty(8, np.int64)
    label_of = np.empty(8, np.int64)
    got = np.empty((8, 3), np.float32)
    for row in range(rows):
        for column in range(columns):
            used = 0
            count = 0
            red = np.float32(0.0)
            green = np.float32(0.0)
            blue = np.float32(0.0)
            best_label, best_votes = 0, 0
            empty = 0
            for i in range(finer):
                for j in range(finer):
                    sy, sx = row * finer + i, column * finer + j
                    t = which[sy, sx]
                    slot = min(i * finer + j, 7)
                    label_of[slot] = 0
                    if t < 0:
                        empty += 1
                        continue
                    count += 1
                    mesh, m = owner[t], material[t]
                    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                    u, v = place[sy, sx, 0], place[sy, sx, 1]
                    w = np.float32(1.0) - u - v
                    top = a if u >= v and u >= w else (b if v >= w else c)
                    if person[mesh] > 0:
                        label_of[slot] = part[top] + 16 * person[mesh]
                    this = mesh * 16 + m
                    found = -1
                    for k in range(used):
                        if key_of[k] == this:
                            found = k
                    if found >= 0:
                        red += got[found, 0]
                        green += got[found, 1]
                        blue += got[found, 2]
                        continue
                    px = u * vertices[a, 0] + v * vertices[b, 0] + w * vertices[c, 0]
                    py = u * vertices[a, 1] + v * vertices[b, 1] + w * vertices[c, 1]
                    pz = u * vertices[a, 2] + v * vertices[b, 2] + w * vertices[c, 2]
                    nx = u * normals[a, 0] + v * normals[b, 0] + w * normals[c, 0]
                    ny = u * normals[a, 1] + v * normals[b, 1] + w * normals[c, 1]
                    nz = u * normals[a, 2] + v * normals[b, 2] + w * normals[c, 2]
                    ao = u * shade[a] + v * shade[b] + w * shade[c]
                    rx = u * rest[a, 0] + v * rest[b, 0] + w * rest[c, 0]
                    ry = u * rest[a, 1] + v * rest[b, 1] + w * rest[c, 1]
                    rz = u * rest[a, 2] + v * rest[b, 2] + w * rest[c, 2]
                    share = np.float32(_pattern(cloth[mesh, m, 0], cloth[mesh, m, 1], rx, ry, rz))
                    for k in range(3):
                        base = tint[mesh, m, k] + share * (second[mesh, m, k] - tint[mesh, m, k])
                        col[k] = base * (u * albedo[a, k] + v * albedo[b, k] + w * albedo[c, k])
                    bump = surface[m, 1]
                    if bump > 0.0:
                        fold = noise(rx * 15.0, ry * 15.0, rz * 7.0)
                        fine = noise(rx * 34.0 + 7.0, ry * 34.0, rz * 15.0)
                        nx += bump * (fold + 0.4 * fine)
                        ny += bump * (fine - 0.5 * fold)
                        nz += bump * (0.6 * fold - 0.4 * fine)
                    elif m == 1:
                        streak = noise(math.atan2(rx, -ry) * 16.0, rz * 6.0, 3.0)
                        for k in range(3):
                            col[k] *= 1.0 + 0.35 * streak
                    elif m == 2:
                        off = rx * rx + rz * rz
                        if not (ry < 0.0 and off < 0.38):
                            col[0], col[1], col[2] = 0.6, 0.57, 0.54
                    length = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
                    nx, ny, nz = nx / length, ny / length, nz / length
                    vx, vy, vz = eye[0] - px, eye[1] - py, eye[2] - pz
                    length = math.sqrt(vx * vx + vy * vy + vz * vz)
                    vx, vy, vz = vx / length, vy / length, vz / length
                    toward = nx * vx + ny * vy + nz * vz
                    if toward < 0.0 and m != 0:
                        nx, ny, nz, toward = -nx, -ny, -nz, -toward
                    cosine = nx * key_dir[0] + ny * key_dir[1] + nz * key_dir[2]
                    light = max((cosine + 0.15) / 1.15, 0.0)
                    if light > 0.0:
                        turn = noise(sx * 1.7, sy * 1.7, 5.0) * 6.3
                        light *= _arrives(px + 0.012 * nx, py + 0.012 * ny, pz + 0.012 * nz, frame, low, cell, depth,
                                          np.float32(0.035), 1.6, turn)  # fmt: skip
                    up = 0.5 + 0.5 * nz
                    hx, hy, hz = key_dir[0] + vx, key_dir[1] + vy, key_dir[2] + vz
                    half = max((nx * hx + ny * hy + nz * hz) / (math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9), 0.0)
                    edge = 1.0 - min(max(toward, 0.0), 1.0)
                    edge = edge * edge * edge
                    shine = surface[m, 0] * light * half**20
                    back = max(nx * rim_dir[0] + ny * rim_dir[1] + nz * rim_dir[2], 0.0)
                    for k in range(3):
                        got[used, k] = (
                            col[k] * (key[k] * light + ao * (ground[k] + (sky[k] - ground[k]) * up))
                            + col[k] * 0.5 * back * rim[k]
                            + shine * key[k] + edge * (0.12 * ao * sky[k] + 0.4 * back * rim[k])
                        )  # fmt: skip
                    red += got[used, 0]
                    green += got[used, 1]
                    blue += got[used, 2]
                    key_of[used] = this
                    used = min(used + 1, 7)
            if count == 0:
                continue
            colour[row, column, 0] = red / count
            colour[row, column, 1] = green / count
            colour[row, column, 2] = blue / count
            alpha[row, column] = count / (finer * finer)
            for i in range(min(finer * finer, 8)):
                votes = 0
                for j in range(min(finer * finer, 8)):
                    if label_of[j] == label_of[i]:
                        votes += 1
                if votes > best_votes:
                    best_votes = votes
                    best_label = label_of[i]
            labels[row, column] = best_label


@_njit
def _texel(atlas, index, u, v, k):  # type: ignore[no-untyped-def]
    """Bilinear sample of a texture that repeats."""
    size = atlas.shape[1]
    x, y = u * size - 0.5, v * size - 0.5
    fx, fy = math.floor(x), math.floor(y)
    dx, dy = x - fx, y - fy
    i, j = int(fy) % size, int(fx) % size
    i1, j1 = (i + 1) % size, (j + 1) % size
    a = atlas[index, i, j, k] * (1 - dx) + atlas[index, i, j1, k] * dx
    b = atlas[index, i1, j, k] * (1 - dx) + atlas[index, i1, j1, k] * dx
    return (a * (1 - dy) + b * dy) * np.float32(1 / 255.0)


@_njit
def backdrop(  # type: ignore[no-untyped-def]  # noqa: PLR0912
    eye, axes, lens, room, faces, tints, lamps, panels, atlas, frame, low, cell, depth, dark, feet, out
):
    """Follow the ray of each pixel to a wall of the room, in linear light.

    `room` is x, y and z from and to; `faces` [6, 2] texture (-1 a plain colour) and size in metres of -x +x -y +y
    floor and ceiling; `tints` [6, 3]; `lamps` [k, 7] place, reach and colour; `panels` [k, 9] face, place and half
    size on it, texture, and colour; `dark` how deep shadows are; `feet` [k, 3] place and size of what touches
    the floor.
    """
    height, width = out.shape[:2]
    for row in range(height):
        for column in range(width):
            sx, sy = (column + 0.5 - lens[1]) / lens[0], (row + 0.5 - lens[2]) / lens[0]
            best = np.float32(1e9)
            face = 4
            for k in range(3):
                d = axes[0, k] * sx + axes[1, k] * sy + axes[2, k]
                if d > 1e-6:
                    t = (room[k, 1] - eye[k]) / d
                elif d < -1e-6:
                    t = (room[k, 0] - eye[k]) / d
                else:
                    continue
                if t < best:
                    best = t
                    face = 2 * k + (1 if d > 0 else 0)
            px = eye[0] + best * (axes[0, 0] * sx + axes[1, 0] * sy + axes[2, 0])
            py = eye[1] + best * (axes[0, 1] * sx + axes[1, 1] * sy + axes[2, 1])
            pz = eye[2] + best * (axes[0, 2] * sx + axes[1, 2] * sy + axes[2, 2])
            if face < 2:
                a, b = py, pz
            elif face < 4:
                a, b = px, pz
            else:
                a, b = px, py
            texture = int(faces[face, 0])
            size = faces[face, 1]
            for k in range(3):
                out[row, column, k] = tints[face, k]
                if texture >= 0:
                    out[row, column, k] *= _texel(atlas, texture, a / size, -b / size, k)
            if face < 4:
                for p in range(panels.shape[0]):
                    if (
                        panels[p, 0] == face
                        and abs(a - panels[p, 1]) < panels[p, 3]
                        and abs(b - panels[p, 2]) < panels[p, 4]
                    ):
                        texture = int(panels[p, 5])
                        u = (a - panels[p, 1]) / (2 * panels[p, 3]) + 0.5
                        v = 0.5 - (b - panels[p, 2]) / (2 * panels[p, 4])
                        rim = min(panels[p, 3] - abs(a - panels[p, 1]), panels[p, 4] - abs(b - panels[p, 2])) < 0.035
                        for k in range(3):
                            value = panels[p, 6 + k]
                            if texture >= 0:
                                value *= _texel(atlas, texture, u, v, k)
                            out[row, column, k] = value * (0.35 if rim else 1.0)
            light = np.float32(1.0)
            if face == 4:
                turn = noise(column * 1.7, row * 1.7, 9.0) * 6.3
                light = 1.0 - dark * (1.0 - _arrives(px, py, np.float32(0.01), frame, low, cell, depth,
                                                     np.float32(0.02), 2.2, turn))  # fmt: skip
                for k in range(feet.shape[0]):
                    d2 = ((px - feet[k, 0]) ** 2 + (py - feet[k, 1]) ** 2) / (feet[k, 2] * feet[k, 2])
                    if d2 < 9.0:
                        light *= 1.0 - 0.55 * math.exp(-d2)
            for k in range(3):
                gain = np.float32(0.0)
                for m in range(lamps.shape[0]):
                    d2 = (px - lamps[m, 0]) ** 2 + (py - lamps[m, 1]) ** 2 + (pz - lamps[m, 2]) ** 2
                    gain += lamps[m, 4 + k] / (1.0 + d2 / (lamps[m, 3] * lamps[m, 3]))
                out[row, column, k] *= gain * light
