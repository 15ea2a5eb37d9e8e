"""Lay the colours of the body parts over a picture, in RGB or straight on the planes of a decoder."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.frames import PART_COUNT, BodyPart
from dancelike.kernels._checks import require_array, require_output
from dancelike.kernels._flags import kernel
from dancelike.kernels._planes import ColourStandard, check_planes, colour_matrix
from dancelike.theme import OVERLAY_SHARE, PART_COLOURS, rgb

__all__ = ["overlay_planes", "overlay_rgb", "part_palette", "planes_palette"]

PARTS: Final = PART_COUNT
EVERY_BYTE: Final = np.uint64(0x0101010101010101)
SPAN: Final = 64


@kernel
def _run_end(flat: Any, words: Any, at: int, stop: int) -> int:
    """Return where the run of one label that starts at ``at`` ends, looking at eight pixels at a time."""
    label = flat[at]
    at += 1
    while at < stop and at & 7 != 0:
        if flat[at] != label:
            return at
        at += 1
    pattern = np.uint64(label) * EVERY_BYTE
    while at + 8 <= stop and words[np.uint64(at) >> np.uint64(3)] == pattern:
        at += 8
    while at < stop and flat[at] == label:
        at += 1
    return at


@kernel
def _strengths(above: Any, below: Any, far_above: Any, far_below: Any, label: int, opacity: float, out: Any) -> None:
    """Full colour where a run of ``label`` meets another label above or below, or background two rows away."""
    one, rest = np.float32(1.0), np.float32(opacity)
    for x in range(out.shape[0]):
        edge = (above[x] != label) | (below[x] != label) | (far_above[x] == 0) | (far_below[x] == 0)
        out[x] = one if edge else rest


@kernel
def _run_strengths(flat: Any, h: int, w: int, y: int, start: int, stop: int, opacity: float, out: Any) -> None:
    """Tell for each pixel of a run in row ``y`` how much of its part's colour it takes, 0 to 1."""
    row = y * w
    above, below = max(y - 1, 0) * w, min(y + 1, h - 1) * w
    far_above, far_below = max(y - 2, 0) * w, min(y + 2, h - 1) * w
    _strengths(
        flat[above + start : above + stop],
        flat[below + start : below + stop],
        flat[far_above + start : far_above + stop],
        flat[far_below + start : far_below + stop],
        flat[row + start],
        opacity,
        out[start:stop],
    )
    full = np.float32(1.0)
    if start > 0:
        out[start] = full
        if flat[row + start - 1] == 0 and start + 1 < stop:
            out[start + 1] = full
    if stop < w:
        out[stop - 1] = full
        if flat[row + stop] == 0 and stop - 2 >= start:
            out[stop - 2] = full


@kernel
def _blend_rgb(pixels: Any, strengths: Any, colour: Any) -> None:
    red, green, blue = np.float32(colour[0]), np.float32(colour[1]), np.float32(colour[2])
    half = np.float32(0.5)
    for x in range(pixels.shape[0]):
        s = strengths[x]
        r, g, b = np.float32(pixels[x, 0]), np.float32(pixels[x, 1]), np.float32(pixels[x, 2])
        pixels[x, 0] = np.uint8(r + s * (red - r) + half)
        pixels[x, 1] = np.uint8(g + s * (green - g) + half)
        pixels[x, 2] = np.uint8(b + s * (blue - b) + half)


@kernel
def _overlay_rgb(picture: Any, flat: Any, words: Any, palette: Any, work: Any) -> None:
    h, w = picture.shape[0], picture.shape[1]
    strengths = work[0]
    for y in range(h):
        x = 0
        while x < w:
            label = flat[y * w + x]
            stop = _run_end(flat, words, y * w + x, (y + 1) * w) - y * w
            if 0 < label < PARTS:
                _run_strengths(flat, h, w, y, x, stop, palette[label, 3] / 255.0, strengths)
                _blend_rgb(picture[y, x:stop], strengths[x:stop], palette[label])
            x = stop


@kernel
def _fill(out: Any, value: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = value


@kernel
def _copy(source: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = source[i]


@kernel
def _spread_colours(flat: Any, words: Any, w: int, y: int, palette: Any, line: Any) -> tuple[int, int]:
    """Write what each pixel of a row wants, run by run, and return the span outside of which it wants nothing.

    ``line`` holds opacity, luma, blue and red; chroma has half as many samples, and of two parts the later one stays.
    """
    opacity, grey, blue, red = line[0], line[1], line[2], line[3]
    first, last = w, 0
    x = 0
    while x < w:
        label = flat[y * w + x]
        stop = _run_end(flat, words, y * w + x, (y + 1) * w) - y * w
        if 0 < label < PARTS:
            first, last = min(first, x), stop
            _fill(opacity[x:stop], palette[label, 3])
            _fill(grey[x:stop], palette[label, 0])
            _fill(blue[x >> 1 : (stop + 1) >> 1], palette[label, 1])
            _fill(red[x >> 1 : (stop + 1) >> 1], palette[label, 2])
        elif x > 0 or stop < w:
            _fill(opacity[x:stop], np.uint8(0))
        x = stop
    # Whole blocks keep the loops below from ending in a remainder; the background in them is left as it is.
    return first // SPAN * SPAN, min(w, (last + SPAN - 1) // SPAN * SPAN)


@kernel
def _span_strengths(
    padded: Any, above: Any, below: Any, far_above: Any, far_below: Any, opacity: Any, out: Any
) -> None:
    """Full strength where a part touches another label, or background two pixels away; else the part's opacity.

    The row itself is ``padded`` by two pixels at both ends. (With more arrays LLVM would give vector code up: it checks
    whether they overlap.)
    """
    for x in range(out.shape[0]):
        label = padded[x + 2]
        touching = (padded[x + 1] != label) | (padded[x + 3] != label) | (above[x] != label) | (below[x] != label)
        close = (padded[x] == 0) | (padded[x + 4] == 0) | (far_above[x] == 0) | (far_below[x] == 0)
        inside = (label != 0) & (label < PARTS)
        out[x] = np.uint8(255) if (touching | close) & inside else opacity[x]


@kernel
def _blend_luma(pixels: Any, strengths: Any, colours: Any) -> None:
    share, half = np.float32(1.0 / 255.0), np.float32(0.5)
    for x in range(pixels.shape[0]):
        old = np.float32(pixels[x])
        s = np.float32(strengths[x]) * share
        pixels[x] = np.uint8(old + s * (np.float32(colours[x]) - old) + half)


@kernel
def _blend_chroma(pixels: Any, upper: Any, lower: Any, colours: Any) -> None:
    """Each sample takes its colour at the mean strength of its four pixels."""
    share, half = np.float32(1.0 / 1020.0), np.float32(0.5)
    for k in range(pixels.shape[0]):
        total = (np.float32(upper[2 * k]) + np.float32(upper[2 * k + 1])) + (
            np.float32(lower[2 * k]) + np.float32(lower[2 * k + 1])
        )
        old = np.float32(pixels[k])
        pixels[k] = np.uint8(old + total * share * (np.float32(colours[k]) - old) + half)


@kernel
def _overlay_line(
    luma: Any, flat: Any, h: int, w: int, y: int, a: int, b: int, line: Any, padded: Any, out: Any
) -> None:
    """Blend the span ``a`` to ``b`` of one row of luma, and leave the strengths of the whole row."""
    row = y * w
    above, below = max(y - 1, 0) * w, min(y + 1, h - 1) * w
    far_above, far_below = max(y - 2, 0) * w, min(y + 2, h - 1) * w
    _copy(flat[row : row + w], padded[2 : w + 2])
    padded[0] = padded[1] = flat[row]
    padded[w + 2] = padded[w + 3] = flat[row + w - 1]
    _fill(out[:a], np.uint8(0))
    _fill(out[b:], np.uint8(0))
    _span_strengths(
        padded[a : b + 4],
        flat[above + a : above + b],
        flat[below + a : below + b],
        flat[far_above + a : far_above + b],
        flat[far_below + a : far_below + b],
        line[0, a:b],
        out[a:b],
    )
    _blend_luma(luma[a:b], out[a:b], line[1, a:b])


@kernel
def _overlay_planes(
    luma: Any, cb: Any, cr: Any, luma_stride: int, chroma_stride: int, flat: Any, words: Any, h: int, w: int,
    palette: Any, work: Any,
) -> None:  # fmt: skip
    """Two rows of luma at a time, and the row of chroma that they share."""
    line, padded, upper, lower = work[0:4], work[4], work[5], work[6]
    for y in range(0, h, 2):
        last = min(y + 1, h - 1)
        # The lower row first: of two parts in one sample of chroma, the upper row's stays.
        c, d = _spread_colours(flat, words, w, last, palette, line)
        if c < d:
            start = last * luma_stride
            _overlay_line(luma[start : start + w], flat, h, w, last, c, d, line, padded, lower)
        a, b = c, d
        if last > y:
            a, b = _spread_colours(flat, words, w, y, palette, line)
            if a < b:
                start = y * luma_stride
                _overlay_line(luma[start : start + w], flat, h, w, y, a, b, line, padded, upper)
                if c >= d:
                    lower[:] = 0
            elif c < d:
                upper[:] = 0
        else:
            upper[:] = lower
        a, b = min(a, c), max(b, d)
        if a < b:
            # An odd last column counts twice.
            upper[w], lower[w] = upper[w - 1], lower[w - 1]
            start, p, q = (y >> 1) * chroma_stride, a >> 1, (b + 1) >> 1
            _blend_chroma(cb[start + p : start + q], upper[a : 2 * q], lower[a : 2 * q], line[2, p:q])
            _blend_chroma(cr[start + p : start + q], upper[a : 2 * q], lower[a : 2 * q], line[3, p:q])


def part_palette() -> NDArray[np.uint8]:
    """Return the theme's colours as red, green, blue and opacity of each part, uint8 [15, 4].

    The head is left clear but for its edge: an overlay never hides a face.
    """
    palette = np.zeros((PART_COUNT, 4), np.uint8)
    for part, colour in PART_COLOURS.items():
        palette[part, :3] = rgb(colour)
        palette[part, 3] = 0 if part in (BodyPart.BACKGROUND, BodyPart.HEAD) else round(255 * OVERLAY_SHARE)
    return palette


def _flat_words(labels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    flat = labels.reshape(-1)
    return flat, flat[: flat.size // 8 * 8].view(np.uint64)


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
    flat, words = _flat_words(labels)
    _overlay_rgb(picture, flat, words, palette, np.empty((1, labels.shape[1]), np.float32))


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
    flat, words = _flat_words(labels)
    work = np.empty((7, w + 4), np.uint8)
    _overlay_planes(luma, cb, cr, luma_stride, chroma_stride, flat, words, h, w, palette, work)
