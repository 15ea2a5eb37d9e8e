"""The wake word: forty features each 10 ms, and an int8 network that hears three of them at a time.

The network keeps its own state from call to call, as microcontrollers run it (microWakeWord, K. Ahrendt).
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dancelike.closing import Closing
from dancelike.errors import ModelError, ModelNotFoundError
from dancelike.vision.catalogue import check_model
from dancelike.vision.interpreter import Interpreter
from dancelike.vision.micro import MicroInterpreter

__all__ = ["WakeWord", "can_hear", "load_wake_word"]

# Probability and how many in a row must reach it on the mean: from the JSON file beside each model.
_CUTOFFS: Final = {"okay-nabu": (0.85, 5)}
_STEP_BYTES: Final = 320  # 10 ms of 16 kHz, 16 bit
_FEATURES: Final = 40
_PAUSE: Final = 50  # calls after a word in which it cannot be heard again: 1.5 s


def can_hear() -> bool:
    """Whether the package that makes the features is installed."""
    from importlib.util import find_spec

    return find_spec("pymicro_features") is not None


class WakeWord(Closing):
    """Listens for one word.

    Parameters
    ----------
    network : Interpreter or MicroInterpreter
        Takes int8 [1, k, 40], gives uint8 [1, 1].
    probability : float
        0 to 1.
    window : int
        Of how many answers the mean must reach it.

    Raises
    ------
    ModelError
        The network is another, or the package for the features is missing.
    """

    def __init__(self, network: Interpreter | MicroInterpreter, *, probability: float, window: int) -> None:
        info = network.inputs[0]
        if len(info.shape) != 3 or info.shape[2] != _FEATURES or info.dtype != np.int8:
            raise ModelError(
                f"a wake word's network takes int8 [1, k, {_FEATURES}], but this one takes "
                f"{info.dtype.name} {list(info.shape)}"
            )
        if not can_hear():
            raise ModelError("the wake word needs the package pymicro-features: install dancelike[kiosk]")
        self._network, self._probability = network, probability
        self._recent: deque[float] = deque(maxlen=window)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard; the network's own state fades by itself within a second."""
        from pymicro_features import MicroFrontend

        self._features = MicroFrontend()
        self._bytes = b""
        self._rows: list[list[float]] = []
        self._recent.clear()
        self._deaf = 0

    def hear(self, samples: NDArray[np.int16]) -> bool:
        """Listen on; return whether the word has just been spoken.

        Parameters
        ----------
        samples : int16 [n]
            One channel, 16 kHz.
        """
        self._bytes += samples.astype("<i2").tobytes()
        heard = False
        while len(self._bytes) >= _STEP_BYTES:
            step = self._features.process_samples(self._bytes[:_STEP_BYTES])
            self._bytes = self._bytes[2 * step.samples_read :]
            if step.features:
                self._rows.append(step.features)
            if len(self._rows) == self._network.inputs[0].shape[1]:
                heard = self._judge() or heard
        return heard

    def _judge(self) -> bool:
        taken, given = self._network.inputs[0], self._network.outputs[0]
        real = np.array([self._rows], np.float32)
        self._rows = []
        stored = np.clip(np.round(real / taken.scale + taken.zero_point), -128, 127).astype(np.int8)
        answer = float(self._network.run(stored, (given.name,))[0].ravel()[0])
        self._recent.append((answer - given.zero_point) * given.scale)
        self._deaf = max(0, self._deaf - 1)
        full = len(self._recent) == self._recent.maxlen
        if self._deaf or not full or sum(self._recent) / len(self._recent) <= self._probability:
            return False
        self._deaf = _PAUSE
        return True

    def close(self) -> None:
        """Free the network."""
        self._network.close()


def load_wake_word(name: str = "okay-nabu", *, runtime: str = "auto") -> WakeWord:
    """Load a wake word of the catalogue.

    Parameters
    ----------
    name : str
    runtime : str
        As `dancelike.vision.interpreter.active_runtime` takes it, or ``micro`` for TFLite Micro.

    Raises
    ------
    ModelNotFoundError
        There is no such wake word, or its file is not here.
    ModelError
        The file is damaged, or the runtime or the package for the features is missing.
    """
    if name not in _CUTOFFS:
        raise ModelNotFoundError(f"there is no wake word called {name!r}; there is {', '.join(_CUTOFFS)}")
    status = check_model(name)
    if status.folder is None:
        raise ModelNotFoundError(status.problem)
    if status.problem is not None:
        raise ModelError(status.problem)
    path = status.folder / status.entry.files[0].file
    network: Interpreter | MicroInterpreter = (
        MicroInterpreter(path) if runtime == "micro" else Interpreter(path, runtime=runtime)
    )
    probability, window = _CUTOFFS[name]
    return WakeWord(network, probability=probability, window=window)
