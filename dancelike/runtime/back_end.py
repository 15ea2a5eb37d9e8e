"""Which way to a screen this machine has, for a program without a desktop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["choose_back_end"]


def choose_back_end(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> tuple[str, str]:
    """Return the Qt platform for this machine, and the reason in words.

    Parameters
    ----------
    environment : Mapping
    root : Path
        Of the system; only tests need another.

    Returns
    -------
    tuple of str
        ``wayland``, ``xcb``, ``eglfs``, ``linuxfb`` or ``offscreen``; and why.
    """
    if environment.get("QT_QPA_PLATFORM"):
        return environment["QT_QPA_PLATFORM"], "QT_QPA_PLATFORM asks for it"
    if environment.get("WAYLAND_DISPLAY"):
        return "wayland", "WAYLAND_DISPLAY names a compositor"
    if environment.get("DISPLAY"):
        return "xcb", "DISPLAY names an X server"
    cards = sorted(path.name for path in (root / "dev" / "dri").glob("card*"))
    renderers = sorted(path.name for path in (root / "dev" / "dri").glob("renderD*"))
    if cards and renderers:
        return "eglfs", f"no desktop runs, and /dev/dri has {cards[0]} with a renderer ({renderers[0]})"
    if (root / "dev" / "fb0").exists():
        missing = "no renderer" if cards else "no /dev/dri"
        return "linuxfb", f"no desktop runs, there is {missing}, but there is a framebuffer (/dev/fb0)"
    return "offscreen", "there is neither a desktop nor /dev/dri nor /dev/fb0, so nobody sees anything"
