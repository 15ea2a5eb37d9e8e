"""Which accelerators there are: names for the delegate libraries that vendors ship, and what is found of them."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from dancelike.errors import ConfigError, ModelError

__all__ = ["LIBRARIES", "library_of", "present_delegates", "resolve_delegate"]

LIBRARIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gpu": ("libtensorflowlite_gpu_delegate.so",),
        "edgetpu": ("libedgetpu.so.1", "edgetpu.dll", "libedgetpu.1.dylib"),
        "npu": (
            "libQnnTFLiteDelegate.so",
            "libvx_delegate.so",
            "libethosu_delegate.so",
            "libneuron_stable_delegate.so",
        ),
    }
)
"""For each named accelerator the delegate libraries that drive one, in the order in which they are tried."""


@cache
def library_of(name: str) -> str | None:
    """Return the delegate library of a named accelerator that the system's loader finds, or None.

    Parameters
    ----------
    name : str
        A key of `LIBRARIES`.
    """
    for library in LIBRARIES[name]:
        try:
            loaded = ctypes.CDLL(library)
        except OSError:
            continue
        if hasattr(loaded, "tflite_plugin_create_delegate"):
            return library
    return None


def present_delegates() -> tuple[str, ...]:
    """Return the names of the accelerators that can be asked for on this machine; ``cpu`` is always among them."""
    return ("cpu", *(name for name in LIBRARIES if library_of(name) is not None))


def resolve_delegate(spec: str) -> str:
    """Turn what was asked for into ``cpu`` or the ``PATH[:key=value]`` of a library.

    Parameters
    ----------
    spec : str
        ``auto``, ``cpu``, a key of `LIBRARIES`, or a path with options.

    Raises
    ------
    ConfigError
        Nothing is named.
    ModelError
        The accelerator that is named has no library here.
    """
    if not spec:
        raise ConfigError("no delegate is named; use auto, cpu, gpu, edgetpu, npu or the path of a library")
    if spec in ("auto", "cpu"):
        return "cpu"
    name, _, options = spec.partition(":")
    if name not in LIBRARIES:
        return spec
    library = library_of(name)
    if library is None:
        raise ModelError(
            f"there is no delegate for {name} on this machine (looked for {', '.join(LIBRARIES[name])}); "
            "install its library, or use auto or cpu"
        )
    return f"{library}:{options}" if options else library
