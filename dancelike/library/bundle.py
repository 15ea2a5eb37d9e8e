"""A dance as one file: a zip archive with a manifest that states the size and the SHA-256 of every member."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dancelike.errors import BundleError, CancelledError, ConfigError, LibraryError, reason_of
from dancelike.library import dances
from dancelike.library.checking import hash_file
from dancelike.library.files import CHUNK, copy_stream, output_faults, sync_folder
from dancelike.library.manifest import SCHEMA, manifest_of, row_of
from dancelike.library.rows import Dance
from dancelike.library.store import Store
from dancelike.library.text import plain_suffix

__all__ = ["read", "write"]

MANIFEST: Final = "dance.json"
MOST_MANIFEST_BYTES: Final = 1 << 20
MOST_BYTES: Final = 1 << 36
"""A clip of 64 GiB; what claims to be larger is no dance."""
MOST_THUMBNAIL_BYTES: Final = 16 << 20


def write(
    store: Store,
    dance: Dance,
    path: Path,
    *,
    on_progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Path:
    """Write a dance into one file; see `Library.export_dance`."""
    del store
    members = {"clip": dance.clip} | ({"thumbnail": dance.thumbnail} if dance.thumbnail else {})
    try:
        if hash_file(dance.clip, cancelled) != dance.sha256:
            raise LibraryError(f"the clip of '{dance.title}' was changed after it was imported; import it again.")
        files: dict[str, dict[str, Any]] = {
            role: {"name": file.name, "bytes": file.stat().st_size, "sha256": hash_file(file, cancelled)}
            for role, file in members.items()
        }
    except OSError as error:
        raise LibraryError(f"a file of '{dance.title}' is missing or cannot be read: {error.filename}.") from error
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    total = sum(entry["bytes"] for entry in files.values()) or 1
    done = 0
    try:
        with output_faults(path, "make room or choose another file"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as target:
                # Clips are compressed already; storing them is as small and many times as fast.
                with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
                    # One fixed date: the same dance gives the same bytes.
                    manifest = json.dumps(manifest_of(dance) | {"files": files}, indent=1, ensure_ascii=False)
                    archive.writestr(zipfile.ZipInfo(MANIFEST), manifest)
                    for file in members.values():
                        with file.open("rb") as source, archive.open(_member(file), "w", force_zip64=True) as sink:
                            while piece := source.read(CHUNK):
                                if cancelled is not None and cancelled():
                                    raise CancelledError("cancelled; nothing was changed.")
                                sink.write(piece)
                                done += len(piece)
                                if on_progress is not None:
                                    on_progress(done / total)
                target.flush()
                os.fsync(target.fileno())
            part.replace(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def read(
    store: Store,
    path: Path,
    *,
    on_progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Dance:
    """Take in a dance from one file; see `Library.import_dance`."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _read_manifest(archive, path)
            row, files = _check_manifest(manifest, archive, path)
            return dances.take_in(
                store, row, lambda folder: _unpack(archive, path, files, folder, on_progress, cancelled)
            )
    except FileNotFoundError as error:
        raise BundleError(f"{path} does not exist; check the path.") from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise BundleError(f"{path} cannot be read as an exported dance: {error}; export it again.") from error
    except OSError as error:
        if isinstance(error, LibraryError) or getattr(error, "exit_code", None) is not None:
            raise
        raise BundleError(f"{path} cannot be read: {reason_of(error)}.") from error


def _member(file: Path) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(file.name)
    info.external_attr = 0o600 << 16
    return info


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        info = archive.getinfo(MANIFEST)
    except KeyError:
        raise BundleError(f"{path} holds no {MANIFEST}, so it is not a dance that dancelike exported.") from None
    if info.file_size > MOST_MANIFEST_BYTES:
        raise BundleError(f"{path} has a {MANIFEST} of {info.file_size:,} bytes, far more than any dance needs.")
    try:
        with archive.open(info) as file:
            text = file.read(MOST_MANIFEST_BYTES + 1)
        manifest = json.loads(text)
    except (ValueError, RecursionError, RuntimeError) as error:
        raise BundleError(f"{path} has a {MANIFEST} that cannot be read: {error}.") from error
    if not isinstance(manifest, dict) or not str(manifest.get("schema", "")).startswith("dancelike.dance/"):
        raise BundleError(f"{path} is not a dance that dancelike exported: its {MANIFEST} has no such schema.")
    if manifest["schema"] != SCHEMA:
        raise BundleError(
            f"{path} is of schema {manifest['schema']}, but this dancelike reads {SCHEMA}: update dancelike."
        )
    return manifest


def _check_manifest(
    manifest: dict[str, Any], archive: zipfile.ZipFile, path: Path
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the row of the dance, and the members to unpack under names of our own choosing."""
    try:
        files = {role: dict(manifest["files"][role]) for role in ("clip", "thumbnail") if role in manifest["files"]}
        clip = files["clip"]
        for entry in files.values():
            entry["bytes"], entry["sha256"] = int(entry["bytes"]), str(entry["sha256"])
            entry["name"] = str(entry["name"])
        row = row_of(manifest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = str(error) if isinstance(error, ConfigError) else f"{type(error).__name__} {error}"
        raise BundleError(f"{path} has a {MANIFEST} that describes no dance ({what}); export it again.") from error
    for role, entry in files.items():
        _check_member(archive, path, role, entry)
    row |= {"clip": "clip" + plain_suffix(clip["name"]), "thumbnail": None, "bytes": clip["bytes"]}
    if "thumbnail" in files:
        row["thumbnail"] = "thumbnail.png" if files["thumbnail"]["name"].lower().endswith(".png") else "thumbnail.jpg"
    return row, {row[role]: entry for role, entry in files.items()}


def _check_member(archive: zipfile.ZipFile, path: Path, role: str, entry: dict[str, Any]) -> None:
    name = entry["name"]
    if name in {"", ".", ".."} or any(c in name for c in "/\\:\0"):
        raise BundleError(f"{path} names its {role} {name!r}, which would lie outside its folder; do not trust it.")
    most = MOST_BYTES if role == "clip" else MOST_THUMBNAIL_BYTES
    if not 0 < entry["bytes"] <= most:
        raise BundleError(f"{path} says that its {role} has {entry['bytes']:,} bytes, which cannot be right.")
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise BundleError(f"{path} lacks its {role} {name!r}; export it again.") from None
    if info.file_size != entry["bytes"]:
        raise BundleError(
            f"{path} holds a {role} of {info.file_size:,} bytes, but its {MANIFEST} says {entry['bytes']:,}; "
            "export it again."
        )
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        # Stored members cannot grow when they are unpacked, so that no small file fills the disk.
        raise BundleError(f"{path} holds a compressed {role}, but dancelike stores them as they are; export it again.")


def _unpack(
    archive: zipfile.ZipFile,
    path: Path,
    files: dict[str, dict[str, Any]],
    folder: Path,
    on_progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> str:
    """Copy the members into the dance's folder, and return the clip's SHA-256."""
    clip_digest = ""
    for name, entry in files.items():
        is_clip = name.startswith("clip")
        with archive.open(entry["name"]) as source:
            digest, copied = copy_stream(
                source,
                folder / name,
                size=entry["bytes"],
                on_progress=on_progress if is_clip else None,
                cancelled=cancelled,
            )
        if copied != entry["bytes"] or digest != entry["sha256"]:
            raise BundleError(
                f"{path} is damaged: its member {entry['name']!r} has SHA-256 {digest[:12]}..., but "
                f"{entry['sha256'][:12]}... is expected; export it again."
            )
        clip_digest = digest if is_clip else clip_digest
    return clip_digest
