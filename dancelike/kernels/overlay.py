"""Lay the colours of the body parts over a picture, in RGB or straight on the planes of a decoder."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import PART_COUNT, BodyPart
from dancelike.kernels._checks import require_array, require_output
from dancelike.kernels._flags import kernel
from dancelike.kernels._planes import ColourStandard, check_planes, colour_matrix
from dancelike.theme import OVERLAY_SHARE, PART_COLOURS, rgb

__all__ = ["overlay_planes", "overlay_rgb", "part_palette", "planes_palette"]

PARTS: Final = PART_COUNT
BLOCK: Final = 8
EVERY_BYTE: Final = np.uint64(0x0101010101010101)
LOW_BYTE: Final = np.uint64(255)


@kernel
def _block_label(flat: Any, words: Any, at: int) -> int:
    """Return the label that eight pixels from ``at`` on share, or -1."""
    if at & 7 == 0 and at >> 3 < words.shape[0]:
        word = words[at >> 3]
        first = word & LOW_BYTE
        return np.int64(first) if word == first * EVERY_BYTE else -1
    label = flat[at]
    for i in range(at + 1, at + BLOCK):
        if flat[i] != label:
            return -1
    return np.int64(label)


@kernel
def _inside(flat: Any, words: Any, h: int, w: int, y: int, x: int, label: int) -> bool:
    """Whether eight pixels of one label lie further than the edge's width from everything else."""
    start = y * w + x
    if flat[start - min(x, 1)] != label or flat[start - min(x, 2)] != label:
        return False
    room = w - 1 - (x + BLOCK - 1)
    last = start + BLOCK - 1
    if flat[last + min(room, 1)] != label or flat[last + min(room, 2)] != label:
        return False
    return (
        _block_label(flat, words, start - min(y, 1) * w) == label
        and _block_label(flat, words, start - min(y, 2) * w) == label
        and _block_label(flat, words, start + min(h - 1 - y, 1) * w) == label
        and _block_label(flat, words, start + min(h - 1 - y, 2) * w) == label
    )


@kernel
def _strength(flat: Any, h: int, w: int, y: int, x: int, palette: Any) -> int:
    """Return how much of its part's colour a pixel takes, in 256ths.

    The full colour goes to the pixels of a part that touch another label, and to a second row where that is background.
    """
    at = y * w + x
    label = flat[at]
    if label == 0 or label >= PARTS:
        return 0
    left, right = flat[at - min(x, 1)], flat[at + min(w - 1 - x, 1)]
    up, down = flat[at - min(y, 1) * w], flat[at + min(h - 1 - y, 1) * w]
    if left != label or right != label or up != label or down != label:
        return 256
    left, right = flat[at - min(x, 2)], flat[at + min(w - 1 - x, 2)]
    up, down = flat[at - min(y, 2) * w], flat[at + min(h - 1 - y, 2) * w]
    if left == 0 or right == 0 or up == 0 or down == 0:
        return 256
    return (int(palette[label, 3]) * 256 + 127) // 255


@kernel
def _mix(old: int, colour: int, strength: int) -> int:
    return (old * (256 - strength) + colour * strength + 128) >> 8


@kernel
def _overlay_rgb(picture: Any, flat: Any, words: Any, palette: Any) -> None:
    h, w = picture.shape[0], picture.shape[1]
    for y in range(h):
        for x in range(0, w, BLOCK):
            stop = min(x + BLOCK, w)
            label = _block_label(flat, words, y * w + x) if stop - x == BLOCK else -1
            if label == 0:
                continue
            if 0 < label < PARTS and _inside(flat, words, h, w, y, x, label):
                s = (int(palette[label, 3]) * 256 + 127) // 255
                red, green, blue = int(palette[label, 0]), int(palette[label, 1]), int(palette[label, 2])
                for u in range(x, stop if s > 0 else x):
                    picture[y, u, 0] = _mix(picture[y, u, 0], red, s)
                    picture[y, u, 1] = _mix(picture[y, u, 1], green, s)
                    picture[y, u, 2] = _mix(picture[y, u, 2], blue, s)
                continue
            for u in range(x, stop):
                s = _strength(flat, h, w, y, u, palette)
                part = flat[y * w + u]
                for c in range(3 if s > 0 else 0):
                    picture[y, u, c] = _mix(picture[y, u, c], palette[part, c], s)


@kernel
def _overlay_quad(
    luma: Any, luma_stride: int, cb: Any, cr: Any, at: int, flat: Any, h: int, w: int, y: int, x: int, palette: Any
) -> None:
    """Two by two pixels and the chroma that they share, which takes the mean of what each of them would."""
    total, blue, red, pixels = 0, 0, 0, 0
    for v in range(y, min(y + 2, h)):
        for u in range(x, min(x + 2, w)):
            pixels += 1
            s = _strength(flat, h, w, v, u, palette)
            if s > 0:
                part = flat[v * w + u]
                place = v * luma_stride + u
                luma[place] = _mix(luma[place], palette[part, 0], s)
                total += s
                blue += s * int(palette[part, 1])
                red += s * int(palette[part, 2])
    if total > 0:
        whole = 256 * pixels
        cb[at] = (int(cb[at]) * (whole - total) + blue + whole // 2) // whole
        cr[at] = (int(cr[at]) * (whole - total) + red + whole // 2) // whole


@kernel
def _overlay_planes(
    luma: Any,
    cb: Any,
    cr: Any,
    luma_stride: int,
    chroma_stride: int,
    flat: Any,
    words: Any,
    h: int,
    w: int,
    palette: Any,
) -> None:
    for y in range(0, h, 2):
        chroma = (y >> 1) * chroma_stride
        pair = y + 1 < h
        for x in range(0, w, BLOCK):
            stop = min(x + BLOCK, w)
            label = -1
            if pair and stop - x == BLOCK:
                label = _block_label(flat, words, y * w + x)
                if label >= 0 and _block_label(flat, words, (y + 1) * w + x) != label:
                    label = -1
            if label == 0:
                continue
            if (
                0 < label < PARTS
                and _inside(flat, words, h, w, y, x, label)
                and _inside(flat, words, h, w, y + 1, x, label)
            ):
                s = (int(palette[label, 3]) * 256 + 127) // 255
                grey, blue, red = int(palette[label, 0]), int(palette[label, 1]), int(palette[label, 2])
                if s > 0:
                    upper, lower = y * luma_stride, (y + 1) * luma_stride
                    for u in range(x, stop):
                        luma[upper + u] = _mix(luma[upper + u], grey, s)
                        luma[lower + u] = _mix(luma[lower + u], grey, s)
                    for u in range(chroma + (x >> 1), chroma + (stop >> 1)):
                        cb[u] = _mix(cb[u], blue, s)
                        cr[u] = _mix(cr[u], red, s)
                continue
            for u in range(x, stop, 2):
                _overlay_quad(luma, luma_stride, cb, cr, chroma + (u >> 1), flat, h, w, y, u, palette)


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
    ValueError
        If an array does not fit.
    """
    require_output("picture", picture, np.uint8, (None, None, 3))
    labels = require_array("labels", labels, np.uint8, picture.shape[:2])
    palette = require_array("palette", palette, np.uint8, (PART_COUNT, 4))
    flat, words = _flat_words(labels)
    _overlay_rgb(picture, flat, words, palette)


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
    ValueError
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
    ValueError
        If an array does not fit or may not be written.
    """
    luma, cb, cr, luma_stride, chroma_stride = check_planes(y, u, v)
    for name, plane in (("y", y), ("u", u), ("v", v)):
        if not plane.flags.writeable:
            raise ValueError(f"{name} must be writable, but is read-only; pass a copy")
    h, w = y.shape
    labels = require_array("labels", labels, np.uint8, (h, w))
    palette = require_array("palette", palette, np.uint8, (PART_COUNT, 4))
    flat, words = _flat_words(labels)
    _overlay_planes(luma, cb, cr, luma_stride, chroma_stride, flat, words, h, w, palette)
