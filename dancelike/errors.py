"""Every error that a user can meet, each with the exit code that the command line ends with.

A message is one sentence that says what went wrong, what was found, what was expected and what to do.
Each class also inherits the closest builtin, so that ``except FileNotFoundError`` keeps working.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "BundleError",
    "CancelledError",
    "ClipError",
    "ClipNotFoundError",
    "ConfigError",
    "DancelikeError",
    "DeviceError",
    "DeviceLostError",
    "DuplicateDanceError",
    "GraphError",
    "InternalError",
    "LibraryBusyError",
    "LibraryDamagedError",
    "LibraryError",
    "LibraryNotFoundError",
    "ModelError",
    "ModelNotFoundError",
    "NoDancerError",
    "OutputError",
    "reason_of",
]


class DancelikeError(Exception):
    """Base of all errors that dancelike raises on purpose.

    Parameters
    ----------
    *args : object
        The sentence, in English.
    code : str or None
        In place of the class's own.
    **values : str
        What the sentence names, for one in another language.

    Attributes
    ----------
    exit_code : int
        What the command line returns when this error ends it.
    code : str
        What happened, stable over versions: windows say it in their own language by it.
    values : Mapping of str to str
    """

    exit_code = 1
    code: str = "error"

    def __init__(self, *args: object, code: str | None = None, **values: str) -> None:
        super().__init__(*args)
        self.values: Mapping[str, str] = MappingProxyType(values)
        if code is not None:
            self.code = code


class ConfigError(DancelikeError, ValueError):
    """A setting or an argument is not usable."""

    exit_code = 2
    code = "setting"


class GraphError(DancelikeError, ValueError):
    """A graph of tasks is not well formed, or a task broke its contract."""

    exit_code = 2
    code = "internal"


class ClipError(DancelikeError, ValueError):
    """An input cannot be read as a clip."""

    exit_code = 3
    code = "clip_unreadable"


class ClipNotFoundError(ClipError, FileNotFoundError):
    """The clip's path does not exist."""

    code = "clip_missing"


class DeviceError(DancelikeError, OSError):
    """A camera or a sound output is not there or cannot be used as asked."""

    exit_code = 3
    code = "device"


class DeviceLostError(DeviceError):
    """A camera or a sound output that worked was unplugged, died or went silent; it may come back."""

    code = "device_lost"


class NoDancerError(DancelikeError, ValueError):
    """No dancer was found in a clip."""

    exit_code = 4
    code = "no_dancer"


class ModelError(DancelikeError, RuntimeError):
    """A model or its runtime cannot be used."""

    exit_code = 5
    code = "model"


class ModelNotFoundError(ModelError, FileNotFoundError):
    """The model is neither in the catalogue nor on disk."""

    code = "model_missing"


class OutputError(DancelikeError, OSError):
    """A result cannot be written."""

    exit_code = 6
    code = "output"


class LibraryError(DancelikeError, RuntimeError):
    """The library of dances and takes cannot be used as asked."""

    exit_code = 6
    code = "library"


class LibraryNotFoundError(LibraryError, LookupError):
    """A dance, a take or the library itself is not there."""

    exit_code = 2
    code = "library_missing"


class LibraryBusyError(LibraryError):
    """Another dancelike has the library open, so that nothing can be changed here."""

    code = "library_busy"


class LibraryDamagedError(LibraryError):
    """The library's database cannot be read; opening the library again restores its backup."""

    code = "library_damaged"


class DuplicateDanceError(LibraryError):
    """A clip is in the library already.

    Parameters
    ----------
    message : str
    dance_id : str
        Of the dance that has it.

    Attributes
    ----------
    dance_id : str
    """

    exit_code = 2
    code = "duplicate"

    def __init__(self, message: str, dance_id: str) -> None:
        super().__init__(message)
        self.dance_id = dance_id


class BundleError(DancelikeError, ValueError):
    """A file cannot be read as a dance that dancelike exported."""

    exit_code = 3
    code = "bundle"


class CancelledError(DancelikeError):
    """Long work ended early because the caller asked for it; nothing was changed."""

    exit_code = 130
    code = "cancelled"


class InternalError(DancelikeError, RuntimeError):
    """dancelike broke one of its own promises; please report it with the traceback."""

    exit_code = 70
    code = "internal"


def reason_of(error: Exception) -> str:
    """Say why the system refused, in lower case for the middle of a sentence, for example ``permission denied``."""
    return str(getattr(error, "strerror", None) or error).lower()
