"""Where a library lies unless it is said otherwise."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["default_library_folder"]


def default_library_folder() -> Path:
    """Return ``$DANCELIKE_LIBRARY``, else the platform's folder for a user's data (on Linux ``$XDG_DATA_HOME``)."""
    chosen = os.environ.get("DANCELIKE_LIBRARY")
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_path

    return user_data_path("dancelike") / "library"
