"""Light on skin, hair and cloth: one numba loop over the samples that the rasteriser found."""

from __future__ import annotations

import math

import numba

__all__ = ["noise", "shade"]

_njit = numba.njit(nogil=True, cache=True, fastmath=True)


@_njit
def _hash(x: int, y: int, z: int) -> float:
    n = (x * 73856093) ^ (y * 19349663) ^ (z * 83492791)
    n = (n ^ (n >> 13)) * 1274126177
    n = n & 0x7FFFFFFF
    n = (n ^ (n >> 16)) & 0xFFFF
    return n / 65535.0


@_njit
def noise(x: float, y: float, z: float) -> float:
    """Value noise in -1 to 1, smooth, one cell a unit."""
    ix, iy, iz = math.floor(x), math.floor(y), math.floor(z)
    fx, fy, fz = x - ix, y - iy, z - iz
    fx = fx * fx * (3 - 2 * fx)
    fy = fy * fy * (3 - 2 * fy)
    fz = fz * fz * (3 - 2 * fz)
    total = 0.0
    for k in range(8):
        dx, dy, dz = k & 1, (k >> 1) & 1, k >> 2
        wx = fx if dx else 1 - fx
        wy = fy if dy else 1 - fy
        wz = fz if dz else 1 - fz
        total += wx * wy * wz * _hash(ix + dx, iy + dy, iz + dz)
    return 2.0 * total - 1.0


@_njit
def _lit(px, py, pz, nx, ny, nz, frame, origin, cell, depth, turn_c, turn_s):  # type: ignore[no-untyped-def]
    """Share of the key light that arrives: percentage-closer filtering over a small turned disc."""
    size = depth.shape[0]
    x = px + nx * 0.012
    y = py + ny * 0.012
    z = pz + nz * 0.012
    u = (frame[0, 0] * x + frame[0, 1] * y + frame[0, 2] * z - origin[0]) / cell
    v = (frame[1, 0] * x + frame[1, 1] * y + frame[1, 2] * z - origin[1]) / cell
    w = frame[2, 0] * x + frame[2, 1] * y + frame[2, 2] * z
    total = 0.0
    taps = 9
    for k in range(taps):
        r = 3.2 * math.sqrt((k + 0.5) / taps)
        angle = 2.399963 * k
        ca, sa = math.cos(angle), math.sin(angle)
        dx, dy = r * (ca * turn_c - sa * turn_s), r * (ca * turn_s + sa * turn_c)
        i, j = int(v + dy), int(u + dx)
        if 0 <= i < size and 0 <= j < size:
            if depth[i, j] > w - 0.004 - 0.0022 * r:
                total += 1.0
        else:
            total += 1.0
    return total / taps


@_njit
def shade(  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915 - one loop, so that a sample stays in registers
    which,
    place,
    oversample,
    x0,
    y0,
    vertices,
    normals,
    ambient,
    rest,
    albedo,
    part,
    triangles,
    material,
    pattern,
    accent,
    eye,
    key_dir,
    key_colour,
    sky,
    ground,
    rim_dirs,
    rim_colours,
    frame,
    origin,
    cell,
    depth,
    surface,
    colour,
    alpha,
    labels,
):
    """Light every sample and average it into the pixels.

    Writes `colour` (linear, premultiplied by nothing: the mean over the covered samples), `alpha` (share of covered
    samples) and `labels` (the part at the pixel's middle sample), all over the pixels of the box at (x0, y0).
    """
    n_rims = rim_dirs.shape[0]
    rows, columns = which.shape[0] // oversample, which.shape[1] // oversample
    middle = oversample // 2
    for row in range(rows):
        for column in range(columns):
            red = 0.0
            green = 0.0
            blue = 0.0
            count = 0
            for i in range(oversample):
                for j in range(oversample):
                    sy, sx = row * oversample + i, column * oversample + j
                    t = which[sy, sx]
                    if t < 0:
                        continue
                    count += 1
                    u, v = place[sy, sx, 0], place[sy, sx, 1]
                    w = 1.0 - u - v
                    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                    px = u * vertices[a, 0] + v * vertices[b, 0] + w * vertices[c, 0]
                    py = u * vertices[a, 1] + v * vertices[b, 1] + w * vertices[c, 1]
                    pz = u * vertices[a, 2] + v * vertices[b, 2] + w * vertices[c, 2]
                    nx = u * normals[a, 0] + v * normals[b, 0] + w * normals[c, 0]
                    ny = u * normals[a, 1] + v * normals[b, 1] + w * normals[c, 1]
                    nz = u * normals[a, 2] + v * normals[b, 2] + w * normals[c, 2]
                    ao = u * ambient[a] + v * ambient[b] + w * ambient[c]
                    rx = u * rest[a, 0] + v * rest[b, 0] + w * rest[c, 0]
                    ry = u * rest[a, 1] + v * rest[b, 1] + w * rest[c, 1]
                    rz = u * rest[a, 2] + v * rest[b, 2] + w * rest[c, 2]
                    ar = u * albedo[a, 0] + v * albedo[b, 0] + w * albedo[c, 0]
                    ag = u * albedo[a, 1] + v * albedo[b, 1] + w * albedo[c, 1]
                    ab = u * albedo[a, 2] + v * albedo[b, 2] + w * albedo[c, 2]
                    m = material[t]
                    # cloth folds: noise drawn out along the limb bends the normal
                    bump = surface[m, 3]
                    if bump > 0.0:
                        f = 15.0
                        g = 7.0
                        nx += bump * (
                            noise(rx * f, ry * f, rz * g) + 0.5 * noise(rx * 34.0 + 7.0, ry * 34.0, rz * 15.0)
                        )
                        ny += bump * (
                            noise(rx * f + 31.0, ry * f, rz * g) + 0.5 * noise(rx * 34.0, ry * 34.0 + 9.0, rz * 15.0)
                        )
                        nz += bump * (
                            noise(rx * f, ry * f + 47.0, rz * g) + 0.5 * noise(rx * 34.0, ry * 34.0, rz * 15.0 + 5.0)
                        )
                    length = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
                    nx /= length
                    ny /= length
                    nz /= length
                    vx, vy, vz = eye[0] - px, eye[1] - py, eye[2] - pz
                    length = math.sqrt(vx * vx + vy * vy + vz * vz)
                    vx /= length
                    vy /= length
                    vz /= length
                    toward = nx * vx + ny * vy + nz * vz
                    if toward < 0.0 and m != 0:
                        nx, ny, nz = -nx, -ny, -nz
                        toward = -toward
                        if m in (3, 4):  # the inside of a sleeve
                            ar *= 0.35
                            ag *= 0.35
                            ab *= 0.35
                    if m == 1:  # strands
                        angle = math.atan2(rx, -ry)
                        streak = noise(angle * 16.0, rz * 6.0, 3.0) + 0.6 * noise(angle * 40.0, rz * 9.0, 8.0)
                        gain = 1.0 + 0.35 * streak
                        ar *= gain
                        ag *= gain
                        ab *= gain
                        nx += 0.12 * streak
                    elif m == 2:  # the eye ball: white, iris, pupil
                        off = math.sqrt(rx * rx + rz * rz)
                        if ry < 0.0 and off < 0.62:
                            if off < 0.28:
                                ar, ag, ab = 0.01, 0.01, 0.01
                        else:
                            ar, ag, ab = 0.60, 0.57, 0.54
                    elif m == 3:
                        on = False
                        if pattern == 1:
                            on = 0.265 < rz < 0.345
                        elif pattern == 2:
                            on = abs(rx) > 0.165 - 0.10 * (rz - 0.42)
                        elif pattern == 3:
                            on = (rz * 22.0 - math.floor(rz * 22.0)) < 0.40
                        if on:
                            ar, ag, ab = accent[0], accent[1], accent[2]
                        weave = 1.0 + 0.05 * noise(rx * 160.0, ry * 160.0, rz * 160.0)
                        ar *= weave
                        ag *= weave
                        ab *= weave
                    elif m == 4:
                        weave = 1.0 + 0.10 * noise(rx * 140.0, ry * 140.0, rz * 90.0)
                        ar *= weave
                        ag *= weave
                        ab *= weave
                    turn = _hash(sx, sy, 17) * 6.2831853
                    cosine = nx * key_dir[0] + ny * key_dir[1] + nz * key_dir[2]
                    wrap = surface[m, 2]
                    diffuse = max((cosine + wrap) / (1.0 + wrap), 0.0)
                    light = 0.0
                    if diffuse > 0.0:
                        light = _lit(px, py, pz, nx, ny, nz, frame, origin, cell, depth, math.cos(turn), math.sin(turn))
                    warm = 0.0
                    if m == 0:  # light that went through skin is red
                        warm = 0.25 * max(0.0, 1.0 - abs(cosine - 0.05) * 3.0)
                    up = 0.5 + 0.5 * nz
                    er = key_colour[0] * diffuse * light * (1.0 + warm) + ao * (ground[0] + (sky[0] - ground[0]) * up)
                    eg = key_colour[1] * diffuse * light + ao * (ground[1] + (sky[1] - ground[1]) * up)
                    eb = key_colour[2] * diffuse * light * (1.0 - 0.5 * warm) + ao * (
                        ground[2] + (sky[2] - ground[2]) * up
                    )
                    hr = 0.0
                    hg = 0.0
                    hb = 0.0
                    # highlight of the key light
                    hx, hy, hz = key_dir[0] + vx, key_dir[1] + vy, key_dir[2] + vz
                    length = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
                    half = max((nx * hx + ny * hy + nz * hz) / length, 0.0)
                    shine = surface[m, 0] * light * (half ** surface[m, 1])
                    hr += shine * key_colour[0]
                    hg += shine * key_colour[1]
                    hb += shine * key_colour[2]
                    edge = (1.0 - min(max(toward, 0.0), 1.0)) ** 3
                    for k in range(n_rims):
                        rim = nx * rim_dirs[k, 0] + ny * rim_dirs[k, 1] + nz * rim_dirs[k, 2]
                        if rim > 0.0:
                            er += rim * rim_colours[k, 0] * 0.55 * (0.4 + 0.6 * ao)
                            eg += rim * rim_colours[k, 1] * 0.55 * (0.4 + 0.6 * ao)
                            eb += rim * rim_colours[k, 2] * 0.55 * (0.4 + 0.6 * ao)
                            gloss = rim * edge * surface[m, 4] * (0.3 + 0.7 * ao)
                            hr += gloss * rim_colours[k, 0]
                            hg += gloss * rim_colours[k, 1]
                            hb += gloss * rim_colours[k, 2]
                    # cloth and hair have a soft bright edge
                    fuzz = edge * surface[m, 5] * ao
                    hr += fuzz * sky[0]
                    hg += fuzz * sky[1]
                    hb += fuzz * sky[2]
                    red += ar * er + hr
                    green += ag * eg + hg
                    blue += ab * eb + hb
            y, x = y0 + row, x0 + column
            if count > 0:
                colour[y, x, 0] = red / count
                colour[y, x, 1] = green / count
                colour[y, x, 2] = blue / count
            alpha[y, x] = count / (oversample * oversample)
            t = which[row * oversample + middle, column * oversample + middle]
            if t >= 0:
                u = place[row * oversample + middle, column * oversample + middle, 0]
                v = place[row * oversample + middle, column * oversample + middle, 1]
                w = 1.0 - u - v
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                best = a if u >= v and u >= w else (b if v >= w else c)
                labels[y, x] = part[best]
