"""``dancelike models personalise``: our network learns its user, on the device, from a few confirmed frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

from dancelike.console import Manners, common_options, progress, require_writable_file, write_atomically
from dancelike.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from dancelike.vision.learning import Confirmed

__all__ = ["personalise"]

_FILE = click.Path(dir_okay=False, path_type=Path)
_OFFERED = 24  # frames, evenly spread
_SURE = 0.7  # of the teacher's score
_TILE, _COLUMNS = 240, 6  # of the sheet


@click.command()
@click.argument("clip", type=_FILE)
@click.option("--model", default="parts-fast", show_default=True, help="The network that learns, by its name.")
@click.option("--teacher", default="default", show_default=True, help="The model whose labels you confirm.")
@click.option("--sheet", type=_FILE, help="Write the offered frames with their numbers and labels here, a .png.")
@click.option("--frames", help="The numbers of the frames whose labels are right, for example 0,3,7.")
@click.option("--out", type=_FILE, help="Where the personal layer goes, for example me.npz.")
@common_options
def personalise(
    clip: Path, model: str, teacher: str, sheet: Path | None, frames: str | None, out: Path | None, manners: Manners
) -> None:
    """Fine-tune the last layer of the bundled network on confirmed frames of CLIP, a recording of your own camera.

    First with --sheet: look at the frames. Then with --frames and --out: those named are learned from, the others
    measure what it brought. Where it brings nothing, nothing is written. Use the file as --model, remove it at will.
    """
    if (sheet is None) == (frames is None) or (frames is None) != (out is None):
        raise ConfigError("give either --sheet, to look at frames, or --frames and --out, to learn from them")
    numbers = [] if frames is None else _numbers(frames)
    for path in filter(None, (sheet, out)):
        require_writable_file(path, advice="choose another file")
    with progress("Looking", manners) as advance:
        offered = _offered(clip, teacher, advance)
    if sheet is not None:
        write_atomically(sheet, _sheet(offered))
        click.echo(f"{len(offered)} frames are in {sheet}; name those whose labels are right with --frames")
        return
    assert out is not None
    chosen = _chosen(numbers, len(offered))
    rest = [offered[k] for k in range(len(offered)) if k not in chosen]
    from dancelike.vision.learning import personalise as learn

    before, after, personal = learn(model, [offered[k] for k in chosen], rest)
    change = f"parts {before.parts:.3f} before, {after.parts:.3f} after, on {len(rest)} frames it did not learn from"
    if after.parts <= before.parts:
        raise ModelError(f"{model} sees you no better ({change}); nothing was written: confirm more frames, or others")
    write_atomically(out, personal.to_bytes())
    if not manners.quiet:
        click.echo(
            f"{change}; person {before.person:.3f} and {after.person:.3f}, wrong side {100 * before.swapped:.1f} % and "
            f"{100 * after.swapped:.1f} %. Use it with --model {out}"
        )


def _offered(clip: Path, teacher: str, advance: Callable[[float], None]) -> list[Confirmed]:
    """Evenly spread frames in which the teacher is sure of the dancer."""
    from dancelike.media.clips import open_clip
    from dancelike.vision import load_segmenter, paste
    from dancelike.vision.learning import Confirmed

    seen: list[Confirmed] = []
    with load_segmenter(teacher) as segmenter, open_clip(clip, analysis_size=640) as opened:
        for k, frame in enumerate(opened):
            advance(min(1.0, k / max(opened.info.frames, 1)))
            found = segmenter.analyse(frame.rgb)
            if found.score >= _SURE:
                mask = paste(found, width=frame.rgb.shape[1], height=frame.rgb.shape[0])
                seen.append(Confirmed(frame.rgb, mask.labels))
            if len(seen) >= 8 * _OFFERED:  # a long clip: keep every second, so that memory stays flat
                seen = seen[::2]
    if len(seen) < 4:
        raise ModelError(f"{teacher} is sure of a dancer in only {len(seen)} frames of {clip}; record another clip")
    return [seen[k] for k in np.unique(np.linspace(0, len(seen) - 1, _OFFERED).astype(int))]


def _numbers(text: str) -> list[int]:
    try:
        return sorted({int(word) for word in text.split(",")})
    except ValueError as error:
        raise ConfigError(
            f"--frames is {text!r}, but must be numbers with commas between, for example 0,3,7"
        ) from error


def _chosen(numbers: list[int], count: int) -> list[int]:
    for k in (numbers[0], numbers[-1]):
        if not 0 <= k < count:
            raise ConfigError(f"--frames must name frames from 0 to {count - 1}, but names {k}")
    if len(numbers) > count - 2:
        raise ConfigError(f"--frames names {len(numbers)} of {count} frames; leave at least 2 to measure with")
    return numbers


def _sheet(offered: list[Confirmed]) -> bytes:
    import cv2

    from dancelike.kernels.overlay import overlay_rgb, part_palette

    tiles: list[NDArray[np.uint8]] = []
    for k, frame in enumerate(offered):
        picture = frame.rgb.copy()
        overlay_rgb(picture, frame.labels, part_palette())
        scale = _TILE / max(picture.shape[:2])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        tile = np.zeros((_TILE, _TILE, 3), np.uint8)
        tile[: small.shape[0], : small.shape[1]] = small
        cv2.putText(tile, str(k), (6, _TILE - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[k : k + _COLUMNS]) for k in range(0, len(tiles), _COLUMNS)]
    return bytes(cv2.imencode(".png", np.vstack(rows)[..., ::-1])[1].tobytes())
