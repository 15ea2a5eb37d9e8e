"""The catalogue of models: what ``manifest.toml`` says, where the files are, and whether they are the right ones."""

from __future__ import annotations

import hashlib
import logging
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from dancelike.bundled import bundled_path
from dancelike.errors import ModelError, ModelNotFoundError

__all__ = [
    "KINDS",
    "USES",
    "Catalogue",
    "ModelEntry",
    "ModelFile",
    "ModelSource",
    "ModelStatus",
    "check_model",
    "file_sha256",
    "list_models",
    "load_catalogue",
    "model_folders",
    "show_model",
    "user_folder",
]

USES = ("offline", "live", "pi")
"""What a default model is named for."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "blazepose": ("detector", "landmarks"),
    "labelmap": ("network",),
    "wakeword": ("network",),
    "lastlayer": ("head",),
}
"""Each kind of model and the roles of its files."""

_FORMAT = 1
_MANIFEST = "manifest.toml"
_log = logging.getLogger(__name__)

State = Literal["ready", "missing", "damaged"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its role and name, what it must be, and the member of the source package that holds it."""

    role: str
    file: str
    sha256: str
    size_bytes: int
    input: str
    output: str
    member: str | None


@dataclass(frozen=True, slots=True)
class ModelSource:
    """The package that a model's files can be taken out of, with the tags of its one wheel."""

    package: str
    version: str
    python: str
    implementation: str
    platform: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of the catalogue.

    Attributes
    ----------
    name : str
        What it is asked for by.
    kind : str
        A key of `KINDS`.
    title : str
        One line for people.
    licence, licence_file, credit : str
        SPDX name, the text's file beside the manifest, and whom to name.
    joints : bool
        Whether it gives landmarks beside the label map.
    files : tuple of ModelFile
        One for each role of the kind.
    source : ModelSource or None
        None for a model that exists only here.
    default_for : tuple of str
        The `USES` it is the first choice for.
    measured : tuple of (str, float)
        The figures that the choice of the defaults rests on, by name.
    """

    name: str
    kind: str
    title: str
    licence: str
    licence_file: str
    credit: str
    joints: bool
    files: tuple[ModelFile, ...]
    source: ModelSource | None
    default_for: tuple[str, ...]
    measured: tuple[tuple[str, float], ...] = ()

    @property
    def sha256(self) -> str:
        """Hash of the main network, the last file."""
        return self.files[-1].sha256


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model and the state of its files on this machine.

    Attributes
    ----------
    entry : ModelEntry
        The model.
    state : "ready", "missing" or "damaged"
        Whether it can be used.
    folder : Path or None
        Where the files were found.
    problem : str or None
        One sentence when the state is not ready.
    """

    entry: ModelEntry
    state: State
    folder: Path | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models of a manifest.

    Attributes
    ----------
    path : Path
        The manifest.
    entries : tuple of ModelEntry
        In the manifest's order.
    defaults : mapping of str to tuple of str
        For each use the names of models, best first.
    """

    path: Path
    entries: tuple[ModelEntry, ...]
    defaults: Mapping[str, tuple[str, ...]]

    def find(self, name: str) -> ModelEntry:
        """Return the model called ``name``.

        Parameters
        ----------
        name : str
            A model's name; ``default`` for the best that is here for scoring, ``default:live`` or ``default:pi`` for
            the other uses.

        Raises
        ------
        ModelNotFoundError
            No model is called so; the sentence names those that exist.
        """
        if name == "default" or name.startswith("default:"):
            return self._default(name.partition(":")[2] or "offline")
        for entry in self.entries:
            if entry.name == name:
                return entry
        known = ", ".join(entry.name for entry in self.entries)
        raise ModelNotFoundError(
            f"there is no model called {name!r}; the catalogue has {known}, and a path to a .tflite file works too"
        )

    def _default(self, use: str) -> ModelEntry:
        if use not in self.defaults:
            raise ModelNotFoundError(f"there is no default model for {use!r}; defaults exist for {', '.join(USES)}")
        choices = [self.find(name) for name in self.defaults[use]]
        for entry in choices:
            if _folder_of(entry) is not None:
                if entry is not choices[0]:
                    _say_fallback(choices[0].name, entry.name)
                return entry
        return choices[0]


@cache
def _say_fallback(wanted: str, used: str) -> None:
    _log.warning(
        "the model %s is not installed, %s serves instead; get it with: dancelike models fetch %s", wanted, used, wanted
    )


def user_folder() -> Path:
    """Return the folder that `fetch_model` installs into: ``DANCELIKE_MODELS`` or the user's data folder."""
    named = os.environ.get("DANCELIKE_MODELS")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("dancelike")) / "models"


def model_folders() -> tuple[Path, ...]:
    """Return the folders that are searched for models, in order: ``DANCELIKE_MODELS``, the user's, the bundled one."""
    import platformdirs

    named = os.environ.get("DANCELIKE_MODELS")
    own = Path(platformdirs.user_data_dir("dancelike")) / "models"
    return (*((Path(named),) if named else ()), own, bundled_path("models"))


def load_catalogue(path: Path | None = None) -> Catalogue:
    """Read a manifest.

    Parameters
    ----------
    path : Path, optional
        The manifest; by default the first one in `model_folders`.

    Returns
    -------
    Catalogue
        Checked completely: a catalogue that loads has no missing key and no dangling name.

    Raises
    ------
    ModelError
        The manifest is missing or damaged; the sentence names the file, the key and what it must be.
    """
    if path is None:
        path = next(
            (f / _MANIFEST for f in model_folders() if (f / _MANIFEST).is_file()), model_folders()[-1] / _MANIFEST
        )
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"the catalogue of models {path} is missing; reinstall dancelike") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(
            f"the catalogue of models {path} cannot be read: {error}; restore it or reinstall dancelike"
        ) from error
    return _Reader(path).catalogue(table)


def list_models(catalogue: Catalogue | None = None) -> tuple[ModelStatus, ...]:
    """Return every model of the catalogue with the state of its files (their sizes are compared, not their hashes)."""
    catalogue = catalogue or load_catalogue()
    return tuple(_status(entry, hashes=False) for entry in catalogue.entries)


def show_model(name: str, catalogue: Catalogue | None = None) -> ModelStatus:
    """Return one model with the state of its files, as `list_models` does.

    Raises
    ------
    ModelNotFoundError
        See `Catalogue.find`.
    """
    return _status((catalogue or load_catalogue()).find(name), hashes=False)


def check_model(name: str, catalogue: Catalogue | None = None) -> ModelStatus:
    """Return one model after comparing the hash of each of its files.

    Raises
    ------
    ModelNotFoundError
        See `Catalogue.find`.
    """
    return _status((catalogue or load_catalogue()).find(name), hashes=True)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Raises
    ------
    ModelError
        The file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"the model file {path} cannot be read: {error.strerror or error}") from error


def _folder_of(entry: ModelEntry) -> Path | None:
    """First folder that holds all files of a model, whatever their state."""
    for folder in model_folders():
        if all((folder / file.file).is_file() for file in entry.files):
            return folder
    return None


def _status(entry: ModelEntry, *, hashes: bool) -> ModelStatus:
    folder = _folder_of(entry)
    if folder is None:
        how = f"get it with: dancelike models fetch {entry.name}" if entry.source else "reinstall dancelike"
        missing = entry.files[0].file if len(entry.files) == 1 else ", ".join(file.file for file in entry.files)
        searched = ", ".join(map(str, model_folders()))
        return ModelStatus(
            entry, "missing", None, f"the files of {entry.name} ({missing}) are in none of {searched}; {how}"
        )
    for file in entry.files:
        path = folder / file.file
        try:
            size = path.stat().st_size
        except OSError as error:
            return ModelStatus(entry, "damaged", folder, f"the model file {path} cannot be read: {error.strerror}")
        repair = f"replace it with: dancelike models fetch {entry.name}" if entry.source else "reinstall dancelike"
        if size != file.size_bytes:
            problem = f"the model file {path} has {size} bytes, but must have {file.size_bytes}; {repair}"
            return ModelStatus(entry, "damaged", folder, problem)
        if hashes and (found := file_sha256(path)) != file.sha256:
            problem = (
                f"the model file {path} has the SHA-256 {found[:12]}..., but must have {file.sha256[:12]}...; {repair}"
            )
            return ModelStatus(entry, "damaged", folder, problem)
    return ModelStatus(entry, "ready", folder, None)


class _Reader:
    """Turns the manifest's tables into entries; every complaint names the file, the key and what it must be."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def catalogue(self, table: dict[str, Any]) -> Catalogue:
        found = table.get("format")
        if found != _FORMAT:
            raise self._wrong("format", f"{_FORMAT}", found)
        models = self._table(table, "model", "")
        if not models:
            raise self._wrong("model", "a table with at least one model", models)
        chosen = self._table(table, "default", "")
        defaults: dict[str, tuple[str, ...]] = {}
        for use in USES:
            value = chosen.get(use)
            names = [value] if isinstance(value, str) else value
            if not isinstance(names, list) or not names or any(name not in models for name in names):
                raise self._wrong(f"default.{use}", f"one or more of {', '.join(models)}", value)
            defaults[use] = tuple(names)
        entries = tuple(self._entry(name, self._table(models, name, "model."), defaults) for name in models)
        return Catalogue(self._path, entries, defaults)

    def _entry(self, name: str, table: dict[str, Any], defaults: Mapping[str, tuple[str, ...]]) -> ModelEntry:
        at = f"model.{name}."
        kind = self._text(table, "kind", at)
        if kind not in KINDS:
            raise self._wrong(f"{at}kind", f"one of {', '.join(KINDS)}", kind)
        joints = table.get("joints")
        if not isinstance(joints, bool):
            raise self._wrong(f"{at}joints", "true or false", joints)
        files = self._table(table, "files", at)
        if set(files) != set(KINDS[kind]):
            raise self._wrong(f"{at}files", f"the tables {', '.join(KINDS[kind])}", ", ".join(files))
        source = self._table(table, "source", at) if "source" in table else None
        return ModelEntry(
            name=name,
            kind=kind,
            title=self._text(table, "title", at),
            licence=self._text(table, "licence", at),
            licence_file=self._text(table, "licence_file", at),
            credit=self._text(table, "credit", at),
            joints=joints,
            files=tuple(self._file(role, self._table(files, role, f"{at}files."), at, source) for role in KINDS[kind]),
            source=None if source is None else self._source(source, f"{at}source."),
            default_for=tuple(use for use, names in defaults.items() if names[0] == name),
            measured=self._numbers(self._table(table, "measured", at), f"{at}measured.") if "measured" in table else (),
        )

    def _numbers(self, table: dict[str, Any], at: str) -> tuple[tuple[str, float], ...]:
        for key, value in table.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise self._wrong(f"{at}{key}", "a number", value)
        return tuple((key, float(value)) for key, value in table.items())

    def _file(self, role: str, table: dict[str, Any], entry_at: str, source: dict[str, Any] | None) -> ModelFile:
        at = f"{entry_at}files.{role}."
        file = self._text(table, "file", at)
        if Path(file).name != file or file in {".", ".."}:
            raise self._wrong(f"{at}file", "a file name without a folder", file)
        sha256 = self._text(table, "sha256", at)
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
            raise self._wrong(f"{at}sha256", "64 lower-case hexadecimal digits", sha256)
        size = table.get("bytes")
        if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
            raise self._wrong(f"{at}bytes", "a whole number above 0", size)
        return ModelFile(
            role=role,
            file=file,
            sha256=sha256,
            size_bytes=size,
            input=self._text(table, "input", at),
            output=self._text(table, "output", at),
            member=None if source is None else self._text(table, "member", at),
        )

    def _source(self, table: dict[str, Any], at: str) -> ModelSource:
        keys = ("package", "version", "python", "implementation", "platform")
        return ModelSource(**{key: self._text(table, key, at) for key in keys})

    def _table(self, table: dict[str, Any], key: str, at: str) -> dict[str, Any]:
        value = table.get(key)
        if not isinstance(value, dict):
            raise self._wrong(f"{at}{key}", "a table", value)
        return value

    def _text(self, table: dict[str, Any], key: str, at: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(f"{at}{key}", "a text", value)
        return value

    def _wrong(self, key: str, expected: str, found: object) -> ModelError:
        what = "is missing" if found is None else f"is {found!r}"
        return ModelError(f"the catalogue of models {self._path}: {key} {what}, but must be {expected}")
