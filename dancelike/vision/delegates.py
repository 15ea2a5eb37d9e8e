"""Which accelerators there are: names for the delegate libraries that vendors ship, and what is found of them."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from dancelike.errors import ConfigError, ModelError
from dancelike.vision.gpu import has_accelerator

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
    return ("cpu", *(name for name in LIBRARIES if library_of(name) is not None or (name == "gpu" and _gpu_works())))


@cache
def _gpu_works() -> bool:
    """Whether LiteRT's accelerator finds a GPU: tried in a process of its own, with our smallest network."""
    from dancelike.vision.catalogue import list_models
    from dancelike.vision.trial import try_model

    small = next((s for s in list_models() if s.entry.kind == "labelmap" and s.state == "ready"), None)
    if small is None or small.folder is None or not has_accelerator():
        return False
    try:
        try_model((small.folder / small.entry.files[0].file).resolve(), small.entry.sha256, "litert", "gpu")
    except ModelError:
        return False
    return True


def resolve_delegate(spec: str, runtime: str = "litert") -> str:
    """Turn what was asked for into ``cpu``, ``gpu`` (LiteRT's own) or the ``PATH[:key=value]`` of a library.

    Parameters
    ----------
    spec : str
        ``auto``, ``cpu``, a key of `LIBRARIES`, or a path with options.
    runtime : str
        LiteRT brings a GPU accelerator of its own, which serves where no library does.

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
    if library is None and name == "gpu" and runtime == "litert" and not options and has_accelerator():
        return "gpu"
    if library is None:
        raise ModelError(
            f"there is no delegate for {name} on this machine (looked for {', '.join(LIBRARIES[name])}); "
            "install its library, or use auto or cpu"
        )
    return f"{library}:{options}" if options else library
