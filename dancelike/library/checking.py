"""What is wrong with a library, found by reading all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from dancelike.errors import CancelledError, LibraryDamagedError
from dancelike.library import dances, takes
from dancelike.library.files import CHUNK
from dancelike.library.rows import Dance, Finding
from dancelike.library.store import Store

__all__ = ["check", "hash_file"]


def check(
    store: Store, *, on_progress: Callable[[float], None] | None, cancelled: Callable[[], bool] | None
) -> tuple[Finding, ...]:
    """Compare the database and every file; see `Library.check`."""
    try:
        store.database.check()
    except LibraryDamagedError as error:
        return (Finding(store.database.path, str(error)),)
    findings: list[Finding] = []
    known_dances = dances.listed(store)
    total = sum(dance.bytes for dance in known_dances) or 1
    done = 0
    for dance in known_dances:
        findings += _dance(dance, cancelled)
        done += dance.bytes
        if on_progress is not None:
            on_progress(done / total)
    known_takes = takes.listed(store, None, None)
    for take in known_takes:
        for file in (take.recording, take.score_file):
            if file is not None and not file.is_file():
                findings.append(Finding(file, f"{file} is missing; delete the take {take.id}."))
    for kind, known in (("dances", {d.id for d in known_dances}), ("takes", {t.id for t in known_takes})):
        root = store.folder / kind
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            if folder.name not in known:
                text = f"{folder} belongs to nothing in the library; import its clip again or delete the folder."
                findings.append(Finding(folder, text))
    if not store.database.backup_path.is_file():
        findings.append(Finding(store.database.backup_path, "the backup is missing; open the library once."))
    return tuple(findings)


def hash_file(path: Path, cancelled: Callable[[], bool] | None = None) -> str:
    """SHA-256 of a file in hexadecimal.

    Raises
    ------
    CancelledError, OSError
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            if cancelled is not None and cancelled():
                raise CancelledError("cancelled; nothing was changed.")
            digest.update(piece)
    return digest.hexdigest()


def _dance(dance: Dance, cancelled: Callable[[], bool] | None) -> list[Finding]:
    findings = []
    if not dance.clip.is_file():
        findings.append(Finding(dance.clip, f"the clip of '{dance.title}' is missing; delete and import the dance."))
    elif hash_file(dance.clip, cancelled) != dance.sha256:
        findings.append(Finding(dance.clip, f"the clip of '{dance.title}' was changed; delete and import the dance."))
    if dance.thumbnail is not None and not dance.thumbnail.is_file():
        findings.append(Finding(dance.thumbnail, f"the thumbnail of '{dance.title}' is missing; set it again."))
    return findings
