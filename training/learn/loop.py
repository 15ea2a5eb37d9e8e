"""The loop: steps, looks at held-out pictures, the mean of the weights, checkpoints, and when to stop."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError
from dancelike.vision.tally import Figures, Tally
from training.learn.batches import Batches, Pictures, plain
from training.learn.checkpoint import Checkpoint, read_checkpoint, write_checkpoint, write_weights
from training.learn.network import build_network, get_weights, load_bodypix, set_weights

__all__ = ["Settings", "choose_backend", "held_out", "train"]

_WARM_UP = 200  # steps
_COOL_SHARE = 0.2  # of all passes: the rate falls to nothing over the last of them
_MEAN_DECAY = 0.998  # of the mean of the weights, a step
_ENCODER_RATE = 0.5  # of the decoder's: the encoder already sees


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes
    ----------
    size : int
        Side of the pictures; a small one first and a larger one later saves half of the time.
    batch : int
    rate : float
        Of learning, at its highest.
    passes : int
        Pictures after which the training ends at the latest; the last fifth of them cools down.
    real_share : float
        Of a batch, when there are real frames.
    look_every : int
        Steps between two looks at the held-out pictures; a checkpoint follows each.
    look_at : int
        Held-out pictures of each kind that are looked at, at most.
    patience : int
        Looks without a better figure after which the cool-down starts.
    rounded : bool
        Train with kernels and answers rounded to 8 bits, so that the full-integer model loses little.
    seed, width, threads
        ``threads`` 0 leaves the choice to the back end.
    """

    size: int = 192
    batch: int = 32
    rate: float = 2e-3
    passes: int = 700_000
    real_share: float = 0.4
    look_every: int = 250
    look_at: int = 500
    patience: int = 12
    rounded: bool = False
    seed: int = 1
    width: float = 0.5
    threads: int = 0

    def __post_init__(self) -> None:
        for name, least in (("size", 32), ("batch", 1), ("passes", 1), ("look_every", 1), ("look_at", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"'{name}' is {getattr(self, name)} and must be at least {least}")
        if self.size % 16:
            raise ConfigError(f"'size' is {self.size} and must be a multiple of 16, for example 192")
        if not 0 < self.rate < 1:
            raise ConfigError(f"'rate' is {self.rate} and must lie between 0 and 1, for example 0.002")
        if not 0 <= self.real_share < 1:
            raise ConfigError(f"'real_share' is {self.real_share} and must be at least 0 and below 1")


def choose_backend() -> str:
    """Set the back end of Keras, before it is imported, and return its name.

    Raises
    ------
    ConfigError
        Keras or every back end is missing.
    """
    if find_spec("keras") is None:
        raise ConfigError("training needs Keras, which is not installed; install it with: pip install '.[train]'")
    if "KERAS_BACKEND" not in os.environ:
        found = next((name for name in ("torch", "jax", "tensorflow") if find_spec(name)), None)
        if found is None:
            raise ConfigError("training needs PyTorch, JAX or TensorFlow; install one with: pip install '.[train]'")
        os.environ["KERAS_BACKEND"] = found
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    return str(keras.backend.backend())


def held_out(network: Any, pictures: Pictures, size: int, limit: int) -> Figures:
    """Return the figures of a network on pictures as they are."""
    tally = Tally()
    done = 0
    for rgb, truth in plain(pictures, size, 25):
        logits = np.asarray(network.predict_on_batch(rgb)["parts"], np.float32)
        for one, labels in zip(logits, truth, strict=True):
            larger = cv2.resize(one, (size, size), interpolation=cv2.INTER_LINEAR)
            tally.add(labels, larger.argmax(-1).astype(np.uint8))
        done += len(rgb)
        if done >= limit:
            break
    return tally.figures()


def _optimizer(rate: float) -> Any:
    import keras

    class TwoRates(keras.optimizers.AdamW):  # type: ignore[misc]
        """AdamW in which the encoder goes slower than the rest."""

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            slow = _ENCODER_RATE if variable.path.startswith("encoder") else 1.0
            super().update_step(gradient, variable, learning_rate * slow)

    made = TwoRates(rate, weight_decay=0.01, clipnorm=5.0)
    made.exclude_from_weight_decay(var_names=["norm", "bias"])
    return made


def _values(variables: Any) -> list[NDArray[Any]]:
    from keras import ops

    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def _memory(network: Any) -> list[Any]:
    """Return the optimiser's variables by name: their own order follows that of the layers, which rounding changes."""
    return sorted(network.optimizer.variables, key=lambda variable: str(variable.path))


class _Run:
    """A training under way."""

    def __init__(self, settings: Settings, start: Path | None, batches: Batches, resumed: Checkpoint | None) -> None:
        from training.learn.losses import heat_loss, parts_loss, yaw_loss

        self.settings = settings
        self.network = build_network(settings.size, settings.width, rounded=settings.rounded)
        self.network.compile(
            optimizer=_optimizer(settings.rate), loss={"parts": parts_loss, "heat": heat_loss, "yaw": yaw_loss}
        )
        self.network.optimizer.build(self.network.trainable_variables)
        self.state = resumed or Checkpoint(0, 0, [], [], [], {"best": 0.0, "waited": 0, "cool_from": None})
        if resumed is not None:
            set_weights(self.network, resumed.weights)
            for variable, value in zip(_memory(self.network), resumed.optimizer, strict=False):
                variable.assign(value)
        elif start is not None:
            load_bodypix(self.network, start, batches.step(0).pictures)
        self.state.about |= {"settings": asdict(settings), "width": settings.width, "size": settings.size}
        if resumed is not None and not resumed.optimizer:  # mere weights: a mean must not be held by where they were
            self.state.about["mean_from"] = self.state.step
        self.average = get_weights(self.network) if resumed is None else [np.array(w) for w in resumed.average]

    def rate(self) -> float:
        """Warm up, stay, and cool down over the last fifth."""
        s, step, passes = self.settings, self.state.step, self.state.passes
        cool_from = self.state.about["cool_from"]
        begin = (1 - _COOL_SHARE) * s.passes if cool_from is None else min(cool_from, (1 - _COOL_SHARE) * s.passes)
        left = 1.0 if passes <= begin else max(0.0, 1 - (passes - begin) / max(self.end() - begin, 1))
        return s.rate * min(1.0, (step + 1) / _WARM_UP) * left

    def end(self) -> float:
        """Return the passes after which this training is over."""
        cool_from = self.state.about["cool_from"]
        return self.settings.passes if cool_from is None else min(self.settings.passes, cool_from / (1 - _COOL_SHARE))

    def step(self, batch: Any) -> None:
        self.network.optimizer.learning_rate = self.rate()
        self._losses = self.network.train_on_batch(batch.pictures, batch.targets, return_dict=True)
        self.state.step += 1
        self.state.passes += len(batch.pictures)
        seen = self.state.step - int(self.state.about.get("mean_from", 0))
        decay = min(_MEAN_DECAY, (1 + seen) / (10 + seen))
        for mean, now in zip(self.average, get_weights(self.network), strict=True):
            np.add(mean, (1 - decay) * (now - mean), out=mean)

    def look(self, sets: dict[str, Pictures]) -> dict[str, float]:
        """Measure the mean weights on held-out pictures and note it."""
        s = self.settings
        mine = get_weights(self.network)
        set_weights(self.network, self.average)
        entry = {"step": float(self.state.step), "passes": float(self.state.passes), "rate": self.rate()}
        entry |= {f"loss_{name}": float(value) for name, value in self._losses.items()}
        self.network.reset_metrics()
        for name, pictures in sets.items():
            found = held_out(self.network, pictures, s.size, s.look_at)
            entry |= {f"{name}_parts": found.parts, f"{name}_person": found.person, f"{name}_swapped": found.swapped}
        set_weights(self.network, mine)
        self.state.history.append(entry)
        self._judge(float(np.mean([entry[f"{name}_parts"] for name in sets])))
        return entry

    def _judge(self, figure: float) -> None:
        about = self.state.about
        if figure > about["best"] + 1e-3:
            about["best"], about["waited"] = figure, 0
        else:
            about["waited"] += 1
        if about["cool_from"] is None and about["waited"] >= self.settings.patience:
            about["cool_from"] = self.state.passes

    def checkpoint(self) -> Checkpoint:
        self.state.weights, self.state.average = get_weights(self.network), self.average
        self.state.optimizer = _values(_memory(self.network))
        return self.state


def train(
    settings: Settings,
    data: Path,
    out: Path,
    *,
    real: Path | None = None,
    places: Path | None = None,
    start: Path | None = None,
    resume: Path | None = None,
    report: Callable[[dict[str, float], float], None] = lambda *_: None,
) -> Checkpoint:
    """Train until the held-out pictures are seen no better, or the passes are used up.

    A run that was stopped goes on from its last checkpoint; with the same settings, back end and threads its numbers
    are those of a run that never stopped.

    Parameters
    ----------
    settings : Settings
    data : Path
        Synthetic pictures with the splits ``train`` and ``val``.
    out : Path
        Folder of the run: ``checkpoint.npz``, ``weights.npz`` (the mean weights alone) and ``curves.html``.
    real : Path, optional
        Labelled frames of clips, with the same splits.
    places : Path, optional
        Photographs without people, as `training.data.backdrops` writes them.
    start : Path, optional
        BodyPix model whose encoder the network starts with.
    resume : Path, optional
        Checkpoint or weights to go on from when the folder has none.
    report : callable
        Told each look, and the share of the passes that is done.

    Returns
    -------
    Checkpoint

    Raises
    ------
    ConfigError
        Keras is missing, a data set or a checkpoint does not fit.
    OutputError
        The run cannot be written.
    """
    choose_backend()
    import keras

    from training.learn.page import write_curves

    keras.utils.set_random_seed(settings.seed)
    if settings.threads and keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(settings.threads)
    cv2.setNumThreads(1)
    frames = None if real is None else Pictures(real, "train")
    batches = Batches(
        Pictures(data, "train"), frames, None if places is None else Pictures(places, "places"), size=settings.size,
        count=settings.batch, real_share=settings.real_share, seed=settings.seed,
    )  # fmt: skip
    sets = {"synthetic": Pictures(data, "val")} | ({} if real is None else {"real": Pictures(real, "val")})
    there = out / "checkpoint.npz"
    source = there if there.exists() else resume
    run = _Run(settings, start, batches, None if source is None else read_checkpoint(source))
    if run.state.passes >= run.end():
        return run.state
    for batch in batches.ahead(run.state.step):
        run.step(batch)
        over = run.state.passes >= run.end()
        if over or run.state.step % settings.look_every == 0:
            entry = run.look(sets)
            write_checkpoint(there, run.checkpoint())
            write_weights(out / "weights.npz", run.state)
            write_curves(out / "curves.html", run.state)
            report(entry, min(run.state.passes / run.end(), 1.0))
        if over or not math.isfinite(run.rate()):
            break
    return run.state
