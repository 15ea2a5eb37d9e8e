"""Slow, obvious twins of the kernels: what each one computes, written straight from its definition."""

from __future__ import annotations

import numpy as np

# --- dynamic time warping ---------------------------------------------------------------------------------------------


def dtw_allowed(n, m, half_width):
    """Cells within `half_width` frames, along the longer sequence, of the line between the corners, as bool [n, m]."""
    longer = max(n, m)
    i, j = np.mgrid[:n, :m]
    return np.abs(j * (n - 1) - i * (m - 1)) <= half_width * (longer - 1)


def dtw_costs(x, y, weights=None):
    """Weighted squared Euclidean distance of every pair of frames, float64 [n, m]."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    weights = np.ones(x.shape[1]) if weights is None else np.asarray(weights, float)
    return np.array([[float((weights * (a - b) ** 2).sum()) for b in y] for a in x])


# Each step pattern as its list of steps; a step is the cells that it adds, relative to where it starts, with weights.
DTW_STEPS = {
    "symmetric1": [[(1, 1, 1)], [(0, 1, 1)], [(1, 0, 1)]],
    "symmetric2": [[(1, 1, 2)], [(0, 1, 1)], [(1, 0, 1)]],
    "P05": [
        [(1, 1, 2), (1, 2, 1), (1, 3, 1)],
        [(1, 1, 2), (1, 2, 1)],
        [(1, 1, 2)],
        [(1, 1, 2), (2, 1, 1)],
        [(1, 1, 2), (2, 1, 1), (3, 1, 1)],
    ],
}


def dtw_table(costs, *, allowed=None, step_pattern="symmetric1", open_begin=False):
    """Total cost of the best path that ends in each cell, by the definition of the step pattern, float64 [n, m]."""
    n, m = costs.shape
    costs = np.where(allowed, costs, np.inf) if allowed is not None else costs
    total = np.full((n, m), np.inf)
    for i in range(n):
        for j in range(m):
            if i == 0 and (j == 0 or open_begin):
                total[i, j] = costs[i, j]
                continue
            for step in DTW_STEPS[step_pattern]:
                rows, columns, _ = step[-1]
                a, b = i - rows, j - columns
                if a >= 0 and b >= 0:
                    added = sum(weight * costs[a + di, b + dj] for di, dj, weight in step)
                    total[i, j] = min(total[i, j], total[a, b] + added)
    return total


def dtw_distance(x, y, *, half_width=None, step_pattern="symmetric1", open_begin=False, open_end=False, weights=None):
    """Distance of the best path; infinity when the pattern leaves none."""
    costs = dtw_costs(x, y, weights)
    allowed = None if half_width is None else dtw_allowed(*costs.shape, half_width)
    last_row = dtw_table(costs, allowed=allowed, step_pattern=step_pattern, open_begin=open_begin)[-1]
    return float(last_row.min() if open_end else last_row[-1])


def dtw_follow(live, reference, *, width, max_run):
    """Column of the smallest total after each live frame, in a window that moves on with it, int [n]."""
    costs = dtw_costs(live, reference)
    m = costs.shape[1]
    above = np.full(m + 1, np.inf)
    above[0] = 0.0
    lo, columns = 0, []
    for row in costs:
        totals = np.full(m + 1, np.inf)
        run = 0
        for j in range(lo, min(lo + width, m)):
            best = min(above[j], above[j + 1])
            run = run + 1 if totals[j] < best and run < max_run else 0
            totals[j + 1] = row[j] + (totals[j] if run else best)
        columns.append(int(np.argmin(totals[1:])))
        lo = max(lo, min(columns[-1] - width // 2, m - width))
        above = totals
    return np.array(columns)


# --- pictures and label maps ------------------------------------------------------------------------------------------


def warp(rgb, matrix, shape, *, low=0.0, high=1.0, fill=0.0, samples=1):
    """Bilinear samples of a picture at the places an affine map gives, float64 [rows, columns, 3]."""
    out = np.zeros((*shape, 3))
    h, w = rgb.shape[:2]
    for v in range(shape[0]):
        for u in range(shape[1]):
            for j in range(samples):
                for i in range(samples):
                    place = (u + (i + 0.5) / samples - 0.5, v + (j + 0.5) / samples - 0.5, 1.0)
                    x, y = matrix @ place
                    ix, iy = int(np.floor(x)), int(np.floor(y))
                    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
                        weight = (1 - abs(x - ix - dx)) * (1 - abs(y - iy - dy))
                        inside = 0 <= ix + dx < w and 0 <= iy + dy < h
                        out[v, u] += weight * (rgb[iy + dy, ix + dx] if inside else fill) / samples**2
    return low + out * (high - low) / 255.0


def part_moments(labels, matrix, parts=15):
    """Area, centroid and central second moments of the mapped pixel centres of each part, float64 [15, 6]."""
    out = np.zeros((parts, 6))
    for part in range(1, parts):
        y, x = np.nonzero(labels == part)
        if len(x):
            px, py = matrix @ np.stack([x, y, np.ones(len(x))])
            dx, dy = px - px.mean(), py - py.mean()
            area = len(x) * abs(np.linalg.det(matrix[:, :2]))
            out[part] = area, px.mean(), py.mean(), (dx * dx).mean(), (dx * dy).mean(), (dy * dy).mean()
    return out


def extremes_along(labels, matrix, part, axis, centre):
    """How far the mapped pixel centres of a part reach along an axis, from a centre: the least and the most."""
    y, x = np.nonzero(labels == part)
    places = (matrix @ np.stack([x, y, np.ones(len(x))])).T - centre
    return float((places @ axis).min()), float((places @ axis).max())


PARENTS = {1: 2, 3: 2, 4: 2, 5: 3, 6: 4, 7: 5, 8: 6, 9: 2, 10: 2, 11: 9, 12: 10, 13: 11, 14: 12}


def part_contacts(labels, matrix):
    """Count and mean place of the neighbouring pixels of each part and of what it hangs on, float64 [15, 3]."""
    h, w = labels.shape
    places = {part: [] for part in PARENTS}
    for y in range(h):
        for x in range(w):
            for dy, dx in ((0, 1), (1, 0)):
                if y + dy < h and x + dx < w:
                    a, b = int(labels[y, x]), int(labels[y + dy, x + dx])
                    for child, parent in ((a, b), (b, a)):
                        if PARENTS.get(child) == parent:
                            places[child].append(matrix @ (x + dx / 2, y + dy / 2, 1.0))
    out = np.zeros((15, 3))
    for part, found in places.items():
        if found:
            out[part] = len(found), *np.mean(found, axis=0)
    return out


def _interpolate(values, x, y):
    """Values of an array [h, w, ...] at one place, bilinear, held at the borders."""
    h, w = values.shape[:2]
    x, y = min(max(x, 0.0), w - 1.0), min(max(y, 0.0), h - 1.0)
    ix, iy = int(x), int(y)
    jx, jy = min(ix + 1, w - 1), min(iy + 1, h - 1)
    upper = values[iy, ix] * (1 - (x - ix)) + values[iy, jx] * (x - ix)
    lower = values[jy, ix] * (1 - (x - ix)) + values[jy, jx] * (x - ix)
    return upper * (1 - (y - iy)) + lower * (y - iy)


def paste(labels, probability, matrix, shape):
    """For each pixel of a picture the votes of the labels around its place in a crop, and the probability there."""
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    votes, confidence = np.zeros((*shape, 256)), np.zeros(shape)
    votes[..., 0] = 1.0
    one_hot = np.eye(256)[labels]
    rows, columns = labels.shape
    for v in range(shape[0]):
        for u in range(shape[1]):
            x, y, _ = inverse @ (u, v, 1.0)
            if -0.5 <= x <= columns - 0.5 and -0.5 <= y <= rows - 0.5:
                votes[v, u] = _interpolate(one_hot, x, y)
                confidence[v, u] = _interpolate(probability, x, y)
    return votes, confidence


def enlarge(logits, shape):
    """Logits at the pixels of a larger map: bilinear between the centres of the pixels' areas."""
    h, w = logits.shape[:2]
    x = (np.arange(shape[1]) + 0.5) * w / shape[1] - 0.5
    y = (np.arange(shape[0]) + 0.5) * h / shape[0] - 0.5
    return np.array([[_interpolate(logits, u, v) for u in x] for v in y])


def overlap(first, second, matrix, parts=15):
    """Pixels of the intersection and of the union of each part, int [15, 2]."""
    moved = np.zeros_like(first)
    for v in range(first.shape[0]):
        for u in range(first.shape[1]):
            x, y = np.floor(matrix @ (u, v, 1.0) + 0.5).astype(int)
            if 0 <= x < second.shape[1] and 0 <= y < second.shape[0]:
                moved[v, u] = second[y, x]
    both = [((first == k) & (moved == k)).sum() for k in range(parts)]
    either = [((first == k) | (moved == k)).sum() for k in range(parts)]
    return np.stack([both, either], axis=1)


def overlay_strengths(labels, opacities):
    """How much of its part's colour each pixel takes, 0 to 1: all of it at an edge."""
    h, w = labels.shape
    out = np.zeros((h, w))
    for y in range(h):
        for x in range(w):
            label = labels[y, x]
            if not 0 < label < 15:
                continue

            def at(dy, dx, y=y, x=x):
                return labels[min(max(y + dy, 0), h - 1), min(max(x + dx, 0), w - 1)]

            around = ((-1, 0), (1, 0), (0, -1), (0, 1))
            edge = any(at(*d) != label for d in around) or any(at(2 * a, 2 * b) == 0 for a, b in around)
            out[y, x] = 1.0 if edge else opacities[label]
    return out


def overlay_rgb(picture, labels, palette):
    """The colours of the parts over a picture, float [h, w, 3]."""
    s = overlay_strengths(labels, palette[:, 3] / 255.0)[..., None]
    colours = palette[np.where(labels < 15, labels, 0), :3].astype(float)
    return picture + s * (colours - picture)


def overlay_planes(y, u, v, labels, palette):
    """The same on planes: a sample of chroma takes one part's colour at the mean strength of its four pixels."""
    s = overlay_strengths(labels, palette[:, 3] / 255.0)
    h, w = y.shape
    colours = palette[np.where(labels < 15, labels, 0)].astype(float)
    planes = [y + s * (colours[..., 0] - y), u.astype(float), v.astype(float)]
    for i in range(u.shape[0]):
        for j in range(u.shape[1]):
            rows, columns = (min(2 * i + 1, h - 1), 2 * i), (2 * j, min(2 * j + 1, w - 1))
            total, part = 0.0, 0
            for row in rows:
                for column in columns:
                    total += s[row, column] / 4
                    label = labels[row, column]
                    part = label if 0 < label < 15 else part
            for k in (1, 2):
                planes[k][i, j] += total * (palette[part, k] - planes[k][i, j])
    return planes


def _axis_mean(plane, source, target, step, shift):
    """Means of a plane's samples (``step`` pixels each) over the pixels of a target, along the first axis."""
    scale = source / target / step
    out = []
    for i in range(target):
        middle, radius = (i + 0.5) * scale + shift, max(scale, 1.0) / 2
        total, weight = 0.0, 0.0
        for k in range(int(np.floor(middle - radius)), int(np.ceil(middle + radius))):
            share = max(0.0, min(k + 1, middle + radius) - max(k, middle - radius))
            total = total + share * plane[min(max(k, 0), len(plane) - 1)].astype(float)
            weight += share
        out.append(total / weight)
    return np.array(out)


def planes_to_rgb(y, u, v, target, matrix):
    """Red, green and blue of scaled 4:2:0 planes, 0 to 255, float64 [rows, columns, 3]; ``target`` is width, height."""
    h, w = y.shape
    scaled = []
    for plane, step, shift in ((y, 1, 0.0), (u, 2, 0.25), (v, 2, 0.25)):
        rows = _axis_mean(plane, h, target[1], step, 0.0)
        scaled.append(_axis_mean(rows.T, w, target[0], step, shift).T)
    values = np.stack([*scaled, np.ones_like(scaled[0])], axis=-1) @ matrix.T
    return np.clip(values, 0.0, 255.0)


# --- vision: detector and landmarks -----------------------------------------------------------------------------------


def pose_anchors():
    """Centres of the pose detector's anchors, cell by cell."""
    anchors = []
    for stride, each in ((8, 2), (16, 2), (32, 6)):
        cells = 224 // stride
        for row in range(cells):
            for column in range(cells):
                anchors += [((column + 0.5) / cells, (row + 0.5) / cells)] * each
    return np.array(anchors)


def merge_overlapping(boxes, scores, values, overlap):
    """Take the best box, average all that overlap it with their scores as weights, repeat with the rest."""

    def iou(a, b):
        width = max(0.0, float(min(a[2], b[2]) - max(a[0], b[0])))
        height = max(0.0, float(min(a[3], b[3]) - max(a[1], b[1])))
        area = [float((box[2] - box[0]) * (box[3] - box[1])) for box in (a, b)]
        union = sum(area) - width * height
        return width * height / union if union > 0 else 0.0

    left = sorted(range(len(scores)), key=lambda i: -scores[i])
    best, means = [], []
    while left:
        top = left[0]
        group = [i for i in left if i == top or iou(boxes[top], boxes[i]) > overlap]
        best.append(scores[top])
        means.append(sum(scores[i] * values[i] for i in group) / sum(scores[i] for i in group))
        left = [i for i in left if i not in group]
    return np.array(best), np.array(means)


def refine_by_heatmap(points, heat, reach=3, least=0.5):
    """Centre of mass of the heat within `reach` cells of each landmark that lies in the map and is warm somewhere."""
    side = heat.shape[0]
    refined = points.copy()
    for k, (x, y) in enumerate(points):
        column, row = int(np.floor(x * side)), int(np.floor(y * side))
        if not (0 <= column < side and 0 <= row < side):
            continue
        cells = [
            (r, c, 1 / (1 + np.exp(-float(heat[r, c, k]))))
            for r in range(max(0, row - reach), min(side, row + reach + 1))
            for c in range(max(0, column - reach), min(side, column + reach + 1))
        ]
        total = sum(w for _, _, w in cells)
        if max(w for _, _, w in cells) >= least:
            refined[k] = sum(c * w for _, c, w in cells) / total / side, sum(r * w for r, _, w in cells) / total / side
    return refined


# --- scoring: smoothing, lags, sides ----------------------------------------------------------------------------------


def whittaker(data, weights, stiffness):
    """Solve the smoother's normal equations as a dense system."""
    second = np.diff(np.eye(len(data)), 2, axis=0)
    return np.linalg.solve(np.diag(weights) + (second.T * stiffness) @ second, weights * data)


def lag_concordance(x, y, rows, reach):
    """The concordance of mean-removed sequences, lag by lag."""
    out = []
    for lag in range(-reach, reach + 1):
        a = x[rows].astype(float) - x[rows].astype(float).mean(axis=0)
        b = y[rows + lag].astype(float) - y[rows + lag].astype(float).mean(axis=0)
        total = (a * a).sum() + (b * b).sum()
        out.append(2 * (a * b).sum() / total if total > 1e-12 else 0.0)
    return np.array(out)


def states_cost(states, stay, change, rent):
    """What a sequence of two states costs."""
    moved = states[1:] != states[:-1]
    return float(np.where(moved, change, stay).sum() + rent[states].sum())


def least_states_cost(stay, change, rent):
    """The least cost over every sequence of states."""
    n = len(rent)
    every = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return min(states_cost(row.astype(bool), stay, change, rent) for row in every)


def lag_costs(x, y, usual, base, width, limit, outside):
    """Sums of bounded squared distances to half rows."""
    fine = np.empty((2 * len(y) - 1, *y.shape[1:]))
    fine[::2], fine[1::2] = y, (y[1:].astype(float) + y[:-1]) / 2
    out = np.full((len(x), width), float(outside))
    for i in range(len(x)):
        for p in range(width):
            if 0 <= base[i] + p < len(fine):
                off = ((x[i] - fine[base[i] + p]) ** 2).sum(axis=1)
                out[i, p] = (off / (1 + off / (limit * usual))).sum()
    return out


def steadiest_path(costs, base, advances, stride, bend, jump, hold, wait):
    """The cheapest path from every state of a knot to every state of the next, each tried."""
    n, w = costs.shape
    states = [(p, s) for p in range(w) for s in range(len(advances))]

    def turn(i, one, other):
        (p, s), (q, z) = one, other
        if p == q:
            if s == z or s == 0:
                return 0.0
            return hold if z == 0 else bend * abs(np.log(advances[z] / advances[s]))
        price = 0.0 if i in (0, n - 1) else jump
        return price + wait * costs[i, p + 1 : q + 1].sum() if q > p and z > 0 else np.inf

    def places(i, p, s, rows):
        return [p + base[i] + (2 * advances[s] * r + stride) // (2 * stride) - base[i + r] for r in range(1, rows + 1)]

    best = {(w // 2, s): (costs[0, w // 2], np.empty(0)) for s in range(len(advances))}
    i = 0
    while True:
        turned = {}
        for other in states:
            ways = [(price + turn(i, one, other), one) for one, (price, _) in best.items()]
            price, one = min(ways)
            if np.isfinite(price):
                here = one[0] if i < n - 1 else other[0]
                turned[other] = price, np.append(best[one][1], here + base[i])
        if i == n - 1:
            return min((turned[state] for state in turned if state[0] == w // 2), key=lambda way: way[0])[1]
        rows, best = min(stride, n - 1 - i), {}
        for (p, s), (price, path) in turned.items():
            gone = places(i, p, s, rows)
            if min(gone) >= 0 and max(gone) < w:
                whole = price + sum(costs[i + r + 1, q] for r, q in enumerate(gone))
                if (gone[-1], s) not in best or whole < best[gone[-1], s][0]:
                    between = p + base[i] + advances[s] * np.arange(1, rows) / stride
                    best[gone[-1], s] = whole, np.append(path, between)
        i += rows


# --- motion -----------------------------------------------------------------------------------------------------------


def shrink_luma(luma, rows, columns):
    """Mean of each cell of a grid over a luma plane, float32 [rows, columns]."""
    h, w = luma.shape
    return np.array(
        [
            [
                luma[r * h // rows : (r + 1) * h // rows, c * w // columns : (c + 1) * w // columns].mean()
                for c in range(columns)
            ]
            for r in range(rows)
        ],
        np.float32,
    )


def changed_share(now, before, noise, *, least, times, follow):
    """Share of the cells that differ by more than usual once the light is taken away, and the noise followed."""
    now, before = now.astype(float), before.astype(float)
    gain, near = 1.0, np.ones(now.shape, bool)
    for _ in range(3):
        gain = np.clip((now[near].sum() + 1) / (before[near].sum() + 1), 0.25, 4.0)
        near = np.abs(now - gain * before) <= 0.2 * (gain * before + 1)
    difference = np.abs(now - gain * before)
    limit = np.maximum(least, times * noise.astype(float))
    followed = noise + follow * (np.minimum(difference, 2 * limit) - noise)
    return float((difference > limit).mean()), followed.astype(np.float32)


# --- voice ------------------------------------------------------------------------------------------------------------


def loudness(samples):
    """Mean power in decibels of full scale."""
    return 10 * np.log10(max((samples.astype(float) ** 2).mean() / 32768.0**2, 1e-12))


def voicing(samples, shortest, longest):
    """Peak of the normalised cross-correlation of the beginning with what follows, one period at a time."""
    x = samples.astype(float)
    head = x[: len(x) - longest]
    found = [0.0]
    for lag in range(shortest, longest + 1):
        tail = x[lag : lag + len(head)]
        scale = np.sqrt((head**2).sum() * (tail**2).sum())
        found.append((head * tail).sum() / scale if scale else 0.0)
    return max(found)
