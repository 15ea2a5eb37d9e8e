"""Every error that a user can meet, each with the exit code that the command line ends with.

A message is one sentence that says what went wrong, what was found, what was expected and what to do.
Each class also inherits the closest builtin, so that ``except FileNotFoundError`` keeps working.
"""

from __future__ import annotations

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
]


class DancelikeError(Exception):
    """Base of all errors that dancelike raises on purpose.

    Attributes
    ----------
    exit_code : int
        What the command line returns when this error ends it.
    """

    exit_code = 1


class ConfigError(DancelikeError, ValueError):
    """A setting or an argument is not usable."""

    exit_code = 2


class GraphError(DancelikeError, ValueError):
    """A graph of tasks is not well formed, or a task broke its contract."""

    exit_code = 2


class ClipError(DancelikeError, ValueError):
    """An input cannot be read as a clip."""

    exit_code = 3


class ClipNotFoundError(ClipError, FileNotFoundError):
    """The clip's path does not exist."""


class DeviceError(DancelikeError, OSError):
    """A camera or a sound output is not there or cannot be used as asked."""

    exit_code = 3


class DeviceLostError(DeviceError):
    """A camera or a sound output that worked was unplugged, died or went silent; it may come back."""


class NoDancerError(DancelikeError, ValueError):
    """No dancer was found in a clip."""

    exit_code = 4


class ModelError(DancelikeError, RuntimeError):
    """A model or its runtime cannot be used."""

    exit_code = 5


class ModelNotFoundError(ModelError, FileNotFoundError):
    """The model is neither in the catalogue nor on disk."""


class OutputError(DancelikeError, OSError):
    """A result cannot be written."""

    exit_code = 6


class LibraryError(DancelikeError, RuntimeError):
    """The library of dances and takes cannot be used as asked."""

    exit_code = 6


class LibraryNotFoundError(LibraryError, LookupError):
    """A dance, a take or the library itself is not there."""

    exit_code = 2


class LibraryBusyError(LibraryError):
    """Another dancelike has the library open, so that nothing can be changed here."""


class LibraryDamagedError(LibraryError):
    """The library's database cannot be read; opening the library again restores its backup."""


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

    def __init__(self, message: str, dance_id: str) -> None:
        super().__init__(message)
        self.dance_id = dance_id


class BundleError(DancelikeError, ValueError):
    """A file cannot be read as a dance that dancelike exported."""

    exit_code = 3


class CancelledError(DancelikeError):
    """Long work ended early because the caller asked for it; nothing was changed."""

    exit_code = 130


class InternalError(DancelikeError, RuntimeError):
    """dancelike broke one of its own promises; please report it with the traceback."""

    exit_code = 70
