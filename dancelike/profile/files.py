"""The files of a profile: profile.json and the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dancelike.console import write_atomically
from dancelike.profile.document import to_json

__all__ = ["ADVICE", "write_files"]

ADVICE = "choose another place"


def write_files(profile: Mapping[str, Any], *, json_path: Path | None, html: Path | None) -> list[Path]:
    """Write what was asked for, each file whole or not at all, and return the paths.

    Raises
    ------
    OutputError
        A file cannot be written.
    """
    written = []
    if json_path is not None and json_path != Path("-"):
        write_atomically(json_path, to_json(profile).encode(), advice=ADVICE)
        written.append(json_path)
    if html is not None:
        from dancelike.profile.page import profile_page

        write_atomically(html, profile_page(profile).encode(), advice=ADVICE)
        written.append(html)
    return written
