"""Lay the colours of the body parts over a picture, in RGB or straight on the planes of a decoder."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.frames import PART_COUNT, BodyPart
from dancelike.kernels._checks import require_array, require_output
from dancelike.kernels._flags import ZERO, kernel, subkernel
from dancelike.kernels._planes import ColourStandard, check_planes, colour_matrix
from dancelike.kernels._scratch import stack_bytes
from dancelike.theme import OVERLAY_SHARE, PART_COLOURS, rgb

__all__ = ["overlay_planes", "overlay_rgb", "part_palette", "planes_palette"]

PARTS: Final = PART_COUNT
# Columns that are worked on at once: one vector of bytes on the widest machines, several on others. Most loops are as
# long, and LLVM knows it; a block at the border is copied to where it is surrounded by what it needs.
BLOCK: Final = 64
REACH: Final = 2  # how far an edge looks
PADDED: Final = BLOCK + 2 * REACH
HALF: Final = BLOCK // 2
SHARE_BYTES: Final = 4 * HALF
PAIR_BYTES: Final = 2 * BLOCK
WINDOW_BYTES: Final = (2 * REACH + 1) * PADDED


@subkernel
def _any_label(flat: Any, upper: int, lower: int) -> Any:
    seen = np.uint8(0)
    a, b = np.uint64(upper), np.uint64(lower)
    for i in range(BLOCK):
        seen |= np.uint8(flat[a + np.uint64(i)] | flat[b + np.uint64(i)])
    return seen != 0


@subkernel
def _any_label_before(flat: Any, upper: int, lower: int, count: int) -> Any:
    seen = np.uint8(0)
    for i in range(count):
        seen |= np.uint8(flat[upper + i] | flat[lower + i])
    return seen != 0


@subkernel
def _copy_window(flat: Any, h: int, w: int, y: int, x: int, window: Any) -> None:
    """Copy the labels of a block and around it; beyond the border the last label goes on."""
    for j in range(2 * REACH + 1):
        row = min(max(y + j - REACH, 0), h - 1) * w
        for i in range(PADDED):
            window[j * PADDED + i] = flat[row + min(max(x + i - REACH, 0), w - 1)]


@subkernel
def _mark_edges(flat: Any, at: int, above: int, below: int, far_above: int, far_below: int, out: Any) -> None:
    """Set 255 where a label meets another one, or background two pixels away."""
    centre, p, q = np.uint64(at), np.uint64(above), np.uint64(below)
    left, right = np.uint64(at - 1), np.uint64(at + 1)
    far_left, far_right = np.uint64(at - 2), np.uint64(at + 2)
    far_p, far_q = np.uint64(far_above), np.uint64(far_below)
    for i in range(BLOCK):
        k = np.uint64(i)
        label = flat[centre + k]
        other = np.uint8((flat[p + k] ^ label) | (flat[q + k] ^ label))
        other = np.uint8(other | (flat[left + k] ^ label) | (flat[right + k] ^ label))
        least = min(flat[far_p + k], flat[far_q + k], flat[far_left + k], flat[far_right + k])
        edge = np.uint8(255) if least == 0 else np.uint8(0)
        out[i] = np.uint8(255) if other != 0 else edge


@subkernel
def _rows_around(h: int, w: int, y: int) -> tuple[int, int, int, int]:
    """Where the rows one above, one below, two above and two below begin; the first and the last row go on."""
    return max(y - 1, 0) * w, min(y + 1, h - 1) * w, max(y - 2, 0) * w, min(y + 2, h - 1) * w


@subkernel
def _mark_window(window: Any, out: Any) -> None:
    at = REACH * PADDED + REACH
    _mark_edges(window, at, at - PADDED, at + PADDED, at - 2 * PADDED, at + 2 * PADDED, out)


@subkernel
def _labels_seen(flat: Any, at: int) -> Any:
    """One bit for each label of a block."""
    seen = np.uint32(0)
    first = np.uint64(at)
    for i in range(BLOCK):
        seen |= np.uint32(np.uint32(1) << np.uint32(flat[first + np.uint64(i)] & np.uint8(31)))
    return np.int64(seen)


@subkernel
def _mix(old: Any, colour: Any, strength: Any) -> Any:
    """Return the nearest whole number to a mean of two bytes, in 16 bits: as many fit a vector as there can be."""
    rest = np.uint8(255 - strength)
    share = np.uint16(np.uint16(np.uint16(old) * np.uint16(rest)) + np.uint16(np.uint16(colour) * np.uint16(strength)))
    raised = np.uint16(share + np.uint16(128))
    # Exactly (raised - 128) / 255, rounded.
    return np.uint8(np.uint16(raised + np.uint16(raised >> 8)) >> 8)


@subkernel
def _blend_row(
    pixels: Any, start: int, flat: Any, at: int, edges: Any, label: int, opacity: Any, colour: Any, strengths: Any
) -> None:
    """Blend the pixels of one label into a row, and leave how strongly."""
    first, centre = np.uint64(start), np.uint64(at)
    mine = np.uint8(label)
    for i in range(BLOCK):
        k = np.uint64(i)
        strength = np.uint8(edges[i] | opacity)
        strength = strength if flat[centre + k] == mine else np.uint8(0)
        pixels[first + k] = _mix(pixels[first + k], colour, strength)
        strengths[i] |= strength


@subkernel
def _blend_labels(pixels: Any, start: int, flat: Any, at: int, edges: Any, palette: Any, strengths: Any) -> Any:
    seen = _labels_seen(flat, at)
    for i in range(BLOCK):
        strengths[i] = 0
    for label in range(1, PARTS):
        if (seen >> label) & 1:
            _blend_row(pixels, start, flat, at, edges, label, palette[label, 3], palette[label, 0], strengths)
    return seen


@subkernel
def _overlay_row(
    luma: Any, stride: int, flat: Any, h: int, w: int, y: int, x: int, palette: Any, window: Any, line: Any, edges: Any,
    strengths: Any,
) -> Any:  # fmt: skip
    """Blend one block of one row of luma; return its labels, one bit each, and leave the strengths."""
    if x >= REACH and x + BLOCK + REACH <= w:
        at = y * w + x
        above, below, far_above, far_below = _rows_around(h, w, y)
        _mark_edges(flat, at, above + x, below + x, far_above + x, far_below + x, edges)
        return _blend_labels(luma, y * stride + x, flat, at, edges, palette, strengths)
    _copy_window(flat, h, w, y, x, window)
    at = REACH * PADDED + REACH
    _mark_window(window, edges)
    count = min(BLOCK, w - x)
    for i in range(count):
        line[i] = luma[y * stride + x + i]
    seen = _blend_labels(line, ZERO, window, at, edges, palette, strengths)
    for i in range(count):
        luma[y * stride + x + i] = line[i]
    if count & 1:
        # An odd last column counts twice.
        strengths[count] = strengths[count - 1]
    return seen


@subkernel
def _share_chroma(flat: Any, upper: int, lower: int, above: Any, below: Any, shares: Any, owners: Any) -> None:
    """Mean strength of each four pixels, 0 to 1, and their part: the first one of top right, top left, and below."""
    share = np.float32(1.0 / 1020.0)
    for k in range(HALF):
        total = np.uint16(above[2 * k]) + np.uint16(above[2 * k + 1])
        total += np.uint16(below[2 * k]) + np.uint16(below[2 * k + 1])
        shares[k] = np.float32(np.uint32(total)) * share
    last = np.uint8(PARTS)
    p, q = np.uint64(upper), np.uint64(lower)
    for k in range(HALF):
        even, odd = np.uint64(2 * k), np.uint64(2 * k + 1)
        part = flat[q + even]
        a, b, c = flat[q + odd], flat[p + even], flat[p + odd]
        part = a if (a != 0) & (a < last) else part
        part = b if (b != 0) & (b < last) else part
        owners[k] = c if (c != 0) & (c < last) else part


@subkernel
def _blend_chroma(plane: Any, start: int, shares: Any, owners: Any, label: int, colour: Any, count: int) -> None:
    first = np.uint64(start)
    mine, half = np.uint8(label), np.float32(0.5)
    target = np.float32(colour)
    for i in range(count):
        k = first + np.uint64(i)
        old = np.float32(plane[k])
        mixed = np.uint8(old + shares[i] * (target - old) + half)
        plane[k] = mixed if owners[i] == mine else plane[k]


@kernel
def _overlay_planes(
    luma: Any, cb: Any, cr: Any, luma_stride: int, chroma_stride: int, flat: Any, h: int, w: int, palette: Any
) -> None:
    """Two rows of luma at a time and the row of chroma that they share, block by block; most blocks hold no label."""
    window = stack_bytes(WINDOW_BYTES)
    line, edges, above, below = stack_bytes(BLOCK), stack_bytes(BLOCK), stack_bytes(BLOCK), stack_bytes(BLOCK)
    pair = stack_bytes(PAIR_BYTES)
    owners = stack_bytes(HALF)
    shares = stack_bytes(SHARE_BYTES).view(np.float32)
    for y in range(0, h, 2):
        last = min(y + 1, h - 1)
        for x in range(0, w, BLOCK):
            whole = x + BLOCK <= w
            upper, lower = y * w + x, last * w + x
            if not (_any_label(flat, upper, lower) if whole else _any_label_before(flat, upper, lower, w - x)):
                continue
            seen = _overlay_row(luma, luma_stride, flat, h, w, y, x, palette, window, line, edges, above)
            strengths = above
            if last > y:
                strengths = below
                seen |= _overlay_row(luma, luma_stride, flat, h, w, last, x, palette, window, line, edges, below)
            if whole:
                _share_chroma(flat, upper, lower, above, strengths, shares, owners)
            else:
                for i in range(BLOCK):
                    column = min(x + i, w - 1)
                    pair[i], pair[BLOCK + i] = flat[y * w + column], flat[last * w + column]
                _share_chroma(pair, ZERO, ZERO + BLOCK, above, strengths, shares, owners)
            start = (y >> 1) * chroma_stride + (x >> 1)
            count = HALF if whole else (w - x + 1) >> 1
            for label in range(1, PARTS):
                if (seen >> label) & 1:
                    _blend_chroma(cb, start, shares, owners, label, palette[label, 1], count)
                    _blend_chroma(cr, start, shares, owners, label, palette[label, 2], count)


@subkernel
def _blend_pixels(
    pixels: Any, start: int, flat: Any, at: int, edges: Any, label: int, palette: Any, count: int
) -> None:
    first, centre = np.uint64(start), np.uint64(at)
    mine = np.uint8(label)
    red, green, blue, opacity = palette[label, 0], palette[label, 1], palette[label, 2], palette[label, 3]
    for i in range(count):
        k = first + np.uint64(3 * i)
        strength = np.uint8(edges[i] | opacity)
        strength = strength if flat[centre + np.uint64(i)] == mine else np.uint8(0)
        pixels[k] = _mix(pixels[k], red, strength)
        pixels[k + np.uint64(1)] = _mix(pixels[k + np.uint64(1)], green, strength)
        pixels[k + np.uint64(2)] = _mix(pixels[k + np.uint64(2)], blue, strength)


@subkernel
def _overlay_pixels(pixels: Any, start: int, flat: Any, at: int, edges: Any, palette: Any, count: int) -> None:
    seen = _labels_seen(flat, at)
    for label in range(1, PARTS):
        if (seen >> label) & 1:
            _blend_pixels(pixels, start, flat, at, edges, label, palette, count)


@kernel
def _overlay_rgb(pixels: Any, flat: Any, h: int, w: int, palette: Any) -> None:
    window, edges = stack_bytes(WINDOW_BYTES), stack_bytes(BLOCK)
    middle = REACH * PADDED + REACH
    for y in range(h):
        above, below, far_above, far_below = _rows_around(h, w, y)
        for x in range(0, w, BLOCK):
            at = y * w + x
            whole = x + BLOCK <= w
            if not (_any_label(flat, at, at) if whole else _any_label_before(flat, at, at, w - x)):
                continue
            if x >= REACH and x + BLOCK + REACH <= w:
                _mark_edges(flat, at, above + x, below + x, far_above + x, far_below + x, edges)
                _overlay_pixels(pixels, 3 * at, flat, at, edges, palette, BLOCK)
            else:
                _copy_window(flat, h, w, y, x, window)
                _mark_window(window, edges)
                _overlay_pixels(pixels, 3 * at, window, middle, edges, palette, min(BLOCK, w - x))


def part_palette() -> NDArray[np.uint8]:
    """Return the theme's colours as red, green, blue and opacity of each part, uint8 [15, 4].

    The head is left clear but for its edge: an overlay never hides a face.
    """
    palette = np.zeros((PART_COUNT, 4), np.uint8)
    for part, colour in PART_COLOURS.items():
        palette[part, :3] = rgb(colour)
        palette[part, 3] = 0 if part in (BodyPart.BACKGROUND, BodyPart.HEAD) else round(255 * OVERLAY_SHARE)
    return palette


def overlay_rgb(picture: NDArray[np.uint8], labels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> None:
    """Lay the parts' colours over an RGB picture, in place.

    Parameters
    ----------
    picture : uint8 [h, w, 3]
        Changed where there is a part.
    labels : uint8 [h, w]
        `dancelike.frames.BodyPart` of each pixel; larger values are left as they are.
    palette : uint8 [15, 4]
        Red, green, blue and opacity (255 covers) of each part, as `part_palette` gives them. The edge of a part (one
        pixel towards another part, two towards the background) takes the full colour, whatever the opacity.

    Raises
    ------
    ConfigError
        If an array does not fit.
    """
    require_output("picture", picture, np.uint8, (None, None, 3))
    labels = require_array("labels", labels, np.uint8, picture.shape[:2])
    palette = require_array("palette", palette, np.uint8, (PART_COUNT, 4))
    h, w = labels.shape
    _overlay_rgb(picture.reshape(-1), labels.reshape(-1), h, w, palette)


def planes_palette(palette: NDArray[np.uint8], standard: ColourStandard, *, full_range: bool) -> NDArray[np.uint8]:
    """Turn a palette of red, green, blue and opacity into luma, blue and red chroma and opacity, uint8 [15, 4].

    Parameters
    ----------
    palette : uint8 [15, 4]
        As `part_palette` gives it.
    standard : {"bt601", "bt709"}
        Which recommendation the picture follows.
    full_range : bool
        Whether luma takes 0 to 255.

    Raises
    ------
    ConfigError
        If the palette does not fit, or the standard is another.
    """
    palette = require_array("palette", palette, np.uint8, (PART_COUNT, 4))
    matrix = colour_matrix(standard, full_range=full_range)
    planes = palette.copy()
    values = np.linalg.solve(matrix[:, :3], (palette[:, :3] - matrix[:, 3]).T).T
    planes[:, :3] = np.clip(np.rint(values), 0.0, 255.0)
    return planes


def overlay_planes(
    y: NDArray[np.uint8],
    u: NDArray[np.uint8],
    v: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    palette: NDArray[np.uint8],
) -> None:
    """Lay the parts' colours over the planes of a 4:2:0 picture, in place.

    Parameters
    ----------
    y : uint8 [h, w]
        Luma; rows may lie any number of bytes apart.
    u, v : uint8 [(h + 1) / 2, (w + 1) / 2]
        Blue and red chroma, both with one stride.
    labels : uint8 [h, w]
        `dancelike.frames.BodyPart` of each pixel; larger values are left as they are.
    palette : uint8 [15, 4]
        Luma, blue chroma, red chroma and opacity of each part, as `planes_palette` gives them. Edges are drawn as in
        `overlay_rgb`.

    Raises
    ------
    ConfigError
        If an array does not fit or may not be written.
    """
    luma, cb, cr, luma_stride, chroma_stride = check_planes(y, u, v)
    for name, plane in (("y", y), ("u", u), ("v", v)):
        if not plane.flags.writeable:
            raise ConfigError(f"{name} must be writable, but is read-only; pass a copy")
    h, w = y.shape
    labels = require_array("labels", labels, np.uint8, (h, w))
    palette = require_array("palette", palette, np.uint8, (PART_COUNT, 4))
    _overlay_planes(luma, cb, cr, luma_stride, chroma_stride, labels.reshape(-1), h, w, palette)
