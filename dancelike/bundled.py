"""Where the files that ship with dancelike lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["bundled_font", "bundled_path"]


def bundled_path(kind: Literal["models", "assets"]) -> Path:
    """Return the folder with the bundled models or assets.

    Parameters
    ----------
    kind : "models" or "assets"
        Which of the two.

    Returns
    -------
    Path
        ``<checkout>/<kind>`` when running from a checkout, else ``dancelike/_bundled/<kind>``. It is not promised to
        exist: whoever opens a file in it reports what is missing.
    """
    package = Path(__file__).resolve().parent
    packed = package / "_bundled" / kind
    return packed if packed.is_dir() else package.parent / kind


def bundled_font(weight: Literal["regular", "strong"]) -> Path:
    """Return the TrueType file of the one family that the window and the exported pictures are set in.

    Parameters
    ----------
    weight : "regular" or "strong"

    Returns
    -------
    Path
        It holds Latin letters; whoever draws with it falls back for others.
    """
    return Path(__file__).resolve().parent / "ui" / "static" / f"inter-{weight}.ttf"
