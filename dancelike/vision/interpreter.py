"""One interface over the three Python packages that run TensorFlow Lite models.

All three expose the same ``Interpreter`` class, so an adapter is thin: it chooses the package, translates the errors,
names the tensors and keeps the runtime quiet. An interpreter holds state in native memory and must stay on one
thread at a time; two interpreters on two threads run in parallel, because ``invoke`` releases the GIL.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError, ModelError, ModelNotFoundError
from dancelike.memory import give_back
from dancelike.vision.delegates import LIBRARIES, resolve_delegate
from dancelike.vision.gpu import GpuNetwork
from dancelike.vision.native_output import held_output
from dancelike.vision.placement import placed

__all__ = ["RUNTIMES", "Interpreter", "TensorInfo", "active_runtime"]

RUNTIMES = {
    "litert": "ai_edge_litert.interpreter",
    "tflite": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite",
}
"""Each supported runtime and the module that holds its ``Interpreter``, in the order in which they are tried."""

_PACKAGES = {"litert": "ai-edge-litert", "tflite": "tflite-runtime", "tensorflow": "tensorflow"}


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, shape and element type of an input or output of a model.

    Attributes
    ----------
    name : str
        As stored in the model.
    shape : tuple of int
        All dimensions, the batch included.
    dtype : numpy.dtype
        Element type.
    scale, zero_point : float, int
        ``real = scale * (stored - zero_point)`` for a quantised tensor; ``scale`` is 0 when it is not quantised.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    zero_point: int


@cache
def _module(runtime: str) -> ModuleType | None:
    """Import the module of a runtime, or return None when its package is not installed."""
    if runtime == "tensorflow":
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        if runtime == "tensorflow":
            return importlib.import_module("tensorflow").lite  # type: ignore[no-any-return]
        return importlib.import_module(RUNTIMES[runtime])
    except ImportError:
        return None


def active_runtime(runtime: str = "auto") -> str:
    """Choose the runtime that will be used.

    Parameters
    ----------
    runtime : str
        ``auto`` takes the first that is installed of `RUNTIMES`; a name of `RUNTIMES` insists on that one.

    Returns
    -------
    str
        A key of `RUNTIMES`.

    Raises
    ------
    ConfigError
        ``runtime`` is not a known name.
    ModelError
        The package of the runtime is not installed.
    """
    if runtime != "auto":
        if runtime not in RUNTIMES:
            raise ConfigError(f"runtime is {runtime!r}, but must be one of auto, {', '.join(RUNTIMES)}")
        if _module(runtime) is None:
            raise ModelError(
                f"the runtime {runtime!r} was asked for, but the package {_PACKAGES[runtime]} is not installed; "
                f"install it with: pip install {_PACKAGES[runtime]}"
            )
        return runtime
    for name in RUNTIMES:
        if _module(name) is not None:
            return name
    raise ModelError(
        f"no runtime for TensorFlow Lite models is installed (looked for {', '.join(_PACKAGES.values())}); "
        "install one with: pip install ai-edge-litert"
    )


class _Content:
    """The bytes of a model file, shared by all interpreters that are made of it while one of them lives."""

    __slots__ = ("__weakref__", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data


_contents: WeakValueDictionary[tuple[Path, int, int], _Content] = WeakValueDictionary()


def _content_of(model: Path) -> _Content:
    """Read a model file, unless another interpreter holds the very same."""
    try:
        stat = model.stat()
        key = (model.resolve(), stat.st_size, stat.st_mtime_ns)
        content = _contents.get(key)
        if content is None:
            # Bytes instead of the path: a memory-mapped file that is cut short later would end the process.
            content = _contents[key] = _Content(model.read_bytes())
    except OSError as error:
        raise ModelError(f"the model file {model} cannot be read: {error.strerror or error}") from error
    if not content.data:
        raise ModelError(f"the model file {model} is empty; get it anew")
    return content


_spoken: set[str] = set()


def _first_words_held(runtime: str) -> contextlib.AbstractContextManager[None]:
    """Keep the INFO lines off the standard error stream while a process makes its first interpreter.

    The runtimes announce their CPU delegate once a process, from native code and without a setting to stop it. What
    else they say in that moment is passed on.
    """
    if runtime in _spoken:
        return contextlib.nullcontext()
    _spoken.add(runtime)
    return held_output(lambda line: not line.startswith(b"INFO:"))


class Interpreter:
    """A loaded model.

    Parameters
    ----------
    model : Path
        A ``.tflite`` file.
    runtime : str
        See `active_runtime`.
    delegate : str
        ``auto`` or ``cpu``: the CPU with XNNPACK.  ``gpu``, ``edgetpu`` or ``npu``: the library of such an accelerator
        that the system knows (`dancelike.vision.delegates`), or the GPU through LiteRT itself.  A path to a shared
        library, optionally followed by ``:key=value,key=value``, loads that external delegate and gives it the options.
    threads : int
        Threads of one call, at least 1.
    content : bytes, optional
        The model, where it was changed after reading the file.

    Raises
    ------
    ConfigError
        An argument is out of range.
    ModelNotFoundError
        There is no such file.
    ModelError
        The file is not a usable model, or the runtime or the delegate is not available.
    """

    def __init__(
        self, model: Path, *, runtime: str = "auto", delegate: str = "auto", threads: int = 1,
        content: bytes | None = None,
    ) -> None:  # fmt: skip
        if threads < 1:
            raise ConfigError(f"threads is {threads}, but must be at least 1")
        if not model.is_file():
            raise ModelNotFoundError(f"there is no model file {model}; give the path of a .tflite file")
        self._content = _content_of(model) if content is None else _Content(content)
        self.path = model
        self.runtime = active_runtime(runtime)
        self.delegate = resolve_delegate(delegate, self.runtime)
        module = _module(self.runtime)
        delegates = None if self.delegate in ("cpu", "gpu") else [_load_delegate(module, self.delegate)]
        with _first_words_held(self.runtime), warnings.catch_warnings():
            # tensorflow.lite says at each model that its successor is LiteRT, which is our default.
            warnings.simplefilter("ignore", UserWarning)
            try:
                self._native: Any = module.Interpreter(  # type: ignore[union-attr]
                    model_content=self._content.data, num_threads=threads, experimental_delegates=delegates
                )
                self._native.allocate_tensors()
            except (ValueError, RuntimeError, OSError, MemoryError, TypeError, UnicodeDecodeError) as error:
                raise ModelError(
                    f"the file {model} is not a model that {self.runtime} can load: {_first_line(error)}"
                ) from error
        inputs, outputs = self._native.get_input_details(), self._native.get_output_details()
        self.inputs = tuple(_describe(detail) for detail in inputs)
        self.outputs = tuple(_describe(detail) for detail in outputs)
        self._input_index = tuple(int(detail["index"]) for detail in inputs)
        self._output_index = {
            info.name: int(detail["index"]) for info, detail in zip(self.outputs, outputs, strict=True)
        }
        if self.delegate == "gpu":
            self._native = GpuNetwork(self._content.data, self._native)

    def run(self, tensor: NDArray[Any], outputs: tuple[str, ...]) -> list[NDArray[Any]]:
        """Run a model that has one input.

        Parameters
        ----------
        tensor : array
            In the shape and element type of ``inputs[0]``; contiguous for speed.
        outputs : tuple of str
            Names of the outputs that are wanted.

        Returns
        -------
        list of array
            Copies of the outputs, in the order asked for.

        Raises
        ------
        ModelError
            The tensor does not fit or holds NaN or infinity, or the runtime failed.
        """
        wanted = self.inputs[0]
        if tensor.shape != wanted.shape or tensor.dtype != wanted.dtype:
            raise ModelError(
                f"the input {wanted.name!r} of {self.path.name} must be {wanted.dtype} of shape {list(wanted.shape)}, "
                f"but is {tensor.dtype} of shape {list(tensor.shape)}"
            )
        # The sum of finite values is finite unless it overflows, so one pass without a temporary array decides.
        if tensor.dtype.kind == "f" and not np.isfinite(tensor.sum()):
            raise ModelError(f"the input {wanted.name!r} of {self.path.name} holds NaN or infinite values")
        try:
            self._native.set_tensor(self._input_index[0], tensor)
            self._native.invoke()
            return [self._native.get_tensor(self._output_index[name]) for name in outputs]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"running {self.path.name} failed in {self.runtime}: {_first_line(error)}") from error

    def placement(self) -> tuple[int, int]:
        """Return how many operators a delegate runs (on the CPU: XNNPACK), and how many there are."""
        return self._native.placement() if isinstance(self._native, GpuNetwork) else placed(self._native)

    def close(self) -> None:
        """Free the native memory; the interpreter cannot be used afterwards."""
        if self._native is not None:
            if isinstance(self._native, GpuNetwork):
                self._native.close()
            self._native = None
            give_back()  # tens of megabytes in small pieces


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0].rstrip(". ") if text else type(error).__name__


def _describe(detail: dict[str, Any]) -> TensorInfo:
    scale, zero_point = detail["quantization"]
    return TensorInfo(
        str(detail["name"]),
        tuple(int(n) for n in detail["shape"]),
        np.dtype(detail["dtype"]),
        float(scale),
        int(zero_point),
    )


def _load_delegate(module: Any, spec: str) -> Any:
    """Load an external delegate from ``path`` or ``path:key=value,key=value``."""
    library, _, tail = spec.partition(":")
    options: dict[str, str] = {}
    for pair in filter(None, tail.split(",")):
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise ConfigError(f"the delegate option {pair!r} in {spec!r} must look like key=value")
        options[key] = value
    known = any(library in libraries for libraries in LIBRARIES.values())
    if not known and not Path(library).is_file():
        raise ModelError(
            f"the delegate {library!r} is neither auto nor cpu nor a shared library on this machine; "
            "use auto, cpu, gpu, edgetpu, npu or the path of a library"
        )
    load = module.experimental.load_delegate if hasattr(module, "experimental") else module.load_delegate
    try:
        # Tried here first: the runtimes' own wrapper complains on standard error when it is thrown away half-made.
        if not hasattr(ctypes.CDLL(library), "tflite_plugin_create_delegate"):
            raise ModelError(f"the delegate {library} is a library, but not a TensorFlow Lite delegate; use another")
        return load(library, options)
    except (ValueError, OSError, RuntimeError) as error:
        raise ModelError(f"the delegate {library} could not be started: {_first_line(error)}") from error
