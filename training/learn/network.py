"""The network: a MobileNet encoder of depth-wise separable convolutions, a light decoder, three outputs.

The encoder is MobileNetV1 (Howard et al. 2017, arXiv:1704.04861) up to its eleventh block, the decoder adds two skips
and ends at a quarter of the input's size. Every layer is one that the CPU, GPU and Edge TPU delegates take.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError, ModelError
from dancelike.frames import PART_COUNT, Joint
from training.learn.rounding import LINEAR_RANGE, rounded_layers

__all__ = ["ENCODER", "HEAT_JOINTS", "STRIDE", "build_network", "get_weights", "load_bodypix", "set_weights"]

STRIDE = 4
"""Pixels of the input to one of the outputs."""

# Channels at width 1 and stride of the blocks after the stem.
ENCODER = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5)
_SKIPS = (4, 2)  # blocks whose outputs the decoder adds, at strides 8 and 4
_DECODER = (128, 96, 64)

HEAT_JOINTS = (
    Joint.NOSE, Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER, Joint.LEFT_ELBOW, Joint.RIGHT_ELBOW, Joint.LEFT_WRIST,
    Joint.RIGHT_WRIST, Joint.LEFT_HIP, Joint.RIGHT_HIP, Joint.LEFT_KNEE, Joint.RIGHT_KNEE, Joint.LEFT_ANKLE,
    Joint.RIGHT_ANKLE,
)  # fmt: skip
"""The joints that have a heat map each, in the order of its channels."""


def build_network(size: int, width: float = 0.5, *, rounded: bool = False) -> Any:
    """Build the network with random weights.

    Parameters
    ----------
    size : int
        Side of the input in pixels, a multiple of 16.
    width : float
        Of the encoder: 0.5 is BodyPix's.
    rounded : bool
        Round kernels and answers of the layers to 8 bits, as the full-integer model will, and let gradients through:
        for training. The weights are the same network's.

    Returns
    -------
    keras.Model
        float32 [n, size, size, 3], RGB from 0 to 1, to ``parts`` [n, s, s, 15] logits, ``heat`` [n, s, s, 13] logits
        and ``yaw`` [n, 1, 1, 2] (sine and cosine), with ``s = size / 4``.
    """
    import keras
    from keras import layers

    # Keras copies every picture twice per convolution to turn it around for PyTorch; with the channels named first the
    # memory stays as it is. The weights are the same either way.
    first = keras.backend.backend() == "torch"
    layout = "channels_first" if first else "channels_last"
    norm = _normalization()
    kinds = rounded_layers() if rounded else None

    def conv(channels: int, name: str, kernel: int = 1, stride: int = 1, **more: Any) -> Any:
        made = kinds.conv if kinds else layers.Conv2D
        return made(channels, kernel, stride, padding="same", data_format=layout, name=name, **more)

    def relu(name: str) -> Any:
        return kinds.answer(0.0, 6.0, name=name) if kinds else layers.ReLU(6.0, name=name)

    def finish(x: Any, name: str, *, clip: bool = True) -> Any:
        x = norm(axis=1 if first else -1, momentum=0.98, epsilon=1e-3, name=f"{name}_norm")(x)
        if clip:
            return relu(f"{name}_relu")(x)
        return kinds.answer(-LINEAR_RANGE, LINEAR_RANGE, name=f"{name}_round")(x) if kinds else x

    def point(x: Any, channels: int, name: str, *, clip: bool = True) -> Any:
        return finish(conv(channels, name, use_bias=False)(x), name, clip=clip)

    def depth(x: Any, name: str, stride: int = 1, kernel: int = 3) -> Any:
        made = kinds.depth if kinds else layers.DepthwiseConv2D
        layer = made(kernel, stride, padding="same", data_format=layout, use_bias=False, name=name)
        return finish(layer(x), name)

    def twice(x: Any, name: str) -> Any:
        return layers.UpSampling2D(2, data_format=layout, interpolation="bilinear", name=name)(x)

    def out(x: Any, channels: int, name: str, bias: float = 0.0) -> Any:
        x = conv(channels, name, bias_initializer=keras.initializers.Constant(bias))(x)
        return layers.Permute((2, 3, 1), name=f"{name}_last")(x) if first else x

    picture = keras.Input((size, size, 3), name="picture")
    x = layers.Permute((3, 1, 2), name="picture_first")(picture) if first else picture
    x = finish(conv(round(32 * width), "encoder_stem", 3, 2, use_bias=False)(x), "encoder_stem")
    kept = {}
    for k, (channels, stride) in enumerate(ENCODER):
        x = depth(x, f"encoder_{k}_depth", stride)
        x = point(x, round(channels * width), f"encoder_{k}_point")
        kept[k] = x
    # What the whole picture says (above all: from the front or from behind) is told to every place of it.
    whole = layers.GlobalAveragePooling2D(data_format=layout, keepdims=True, name="whole")(x)
    whole = conv(128, "whole_point", activation="relu")(whole)
    x = point(x, _DECODER[0], "decoder_0", clip=False)
    x = layers.Add(name="decoder_0_add")([x, conv(_DECODER[0], "whole_back")(whole)])
    x = relu("decoder_0_clip")(x)
    x = point(depth(x, "decoder_0_wide", kernel=5), _DECODER[0], "decoder_0_mix")
    for k, skip in enumerate(_SKIPS, 1):
        x = twice(point(x, _DECODER[k], f"decoder_{k}", clip=False), f"decoder_{k}_up")
        beside = point(kept[skip], _DECODER[k], f"decoder_{k}_skip", clip=False)
        x = relu(f"decoder_{k}_clip")(layers.Add(name=f"decoder_{k}_add")([x, beside]))
        x = point(depth(x, f"decoder_{k}_wide", kernel=5), _DECODER[k], f"decoder_{k}_mix")
    outputs = {"parts": out(x, PART_COUNT, "parts"), "heat": out(x, len(HEAT_JOINTS), "heat", -3.0)}
    outputs["yaw"] = out(whole, 2, "yaw_point")
    return keras.Model(picture, outputs, name="dancelike_parts")


def _by_name(network: Any) -> list[Any]:
    return sorted(network.weights, key=lambda variable: str(variable.path))


def get_weights(network: Any) -> list[NDArray[np.float32]]:
    """Return copies of the weights in the order of their names: Keras' own order differs between back ends."""
    from keras import ops

    return [np.array(ops.convert_to_numpy(variable), np.float32) for variable in _by_name(network)]


def set_weights(network: Any, weights: list[NDArray[np.float32]]) -> None:
    """Give a network what `get_weights` returned of one.

    Raises
    ------
    ConfigError
        They are another network's.
    """
    variables = _by_name(network)
    fits = [tuple(v.shape) for v in variables] == [w.shape for w in weights]
    if not fits:
        raise ConfigError("the weights do not fit the network; they belong to another width or version")
    for variable, value in zip(variables, weights, strict=True):
        variable.assign(value)


@cache
def _normalization() -> Any:
    """Return Keras' batch normalisation, in PyTorch through its own fused operator.

    Keras spells it out there in a dozen passes over memory, which takes two thirds of a step of training.
    """
    import keras

    if keras.backend.backend() != "torch":
        return keras.layers.BatchNormalization
    from torch.nn.functional import batch_norm

    class FusedNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
        """The same layer, with the same weights, for pictures whose channels come first."""

        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: ARG002
            return batch_norm(
                inputs, self.moving_mean.value, self.moving_variance.value, self.gamma.value, self.beta.value,
                bool(training), 1 - self.momentum, self.epsilon,
            )  # fmt: skip

    return FusedNormalization


def read_bodypix(path: Path) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Read kernels and biases of BodyPix's convolutions in their order, as they are stored in a float16 model.

    Raises
    ------
    ModelError
        The file is no such model.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        # Without XNNPACK the operators and their constants stay as the file has them.
        native = Interpreter(
            str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
        )  # fmt: skip
        native.allocate_tensors()
        native.invoke()
        found = []
        for op in native._get_ops_details():
            if op["op_name"] in ("CONV_2D", "DEPTHWISE_CONV_2D"):
                kernel, bias = (native.get_tensor(int(i)).astype(np.float32) for i in op["inputs"][1:3])
                found.append((kernel, bias))
    except (ValueError, RuntimeError, IndexError) as error:
        raise ModelError(f"{path} is not a BodyPix model that can be read: {error}") from error
    return found


def load_bodypix(network: Any, path: Path, pictures: NDArray[np.float32]) -> None:
    """Start the encoder from BodyPix's (Apache-2.0, Copyright The TensorFlow Authors).

    Parameters
    ----------
    network : keras.Model
        Of width 0.5, fresh from `build_network`.
    path : Path
        ``bodypix050_257_s8_f16.tflite``.
    pictures : float32 [n, size, size, 3]
        Some that the normalisations are calibrated on: BodyPix's are folded into its kernels.

    Raises
    ------
    ModelError
        The file is no such model, or does not fit the network.
    """
    import keras

    names = ["encoder_stem"]
    for k in range(len(ENCODER)):
        names += [f"encoder_{k}_depth", f"encoder_{k}_point"]
    found = read_bodypix(path)
    biases: dict[str, NDArray[np.float32]] = {}
    for name, (kernel, bias) in zip(names, found, strict=False):
        layer = network.get_layer(name)
        # TensorFlow Lite keeps [out, h, w, in] and [1, h, w, channels].
        turned = kernel.transpose(1, 2, 0, 3).swapaxes(2, 3) if "depth" not in name else kernel.transpose(1, 2, 3, 0)
        if turned.shape != tuple(layer.kernel.shape):
            raise ModelError(
                f"{path} has a kernel {list(turned.shape)} where the network has {list(layer.kernel.shape)}; "
                "use bodypix050_257_s8_f16.tflite and the width 0.5"
            )
        if name == "encoder_stem":  # BodyPix wants -1 to 1, this network 0 to 1
            biases[name], turned = bias - turned.sum((0, 1, 2)), 2 * turned
        else:
            biases[name] = bias
        layer.set_weights([turned])
    for name in names:
        one = np.ones_like(biases[name])
        norm = network.get_layer(f"{name}_norm")
        norm.set_weights([one * np.sqrt(1 + norm.epsilon), biases[name], 0 * one, one])
    probe = keras.Model(network.input, [network.get_layer(name).output for name in names])
    seen = probe.predict_on_batch(pictures)
    for name, raw in zip(names, seen, strict=True):
        norm = network.get_layer(f"{name}_norm")
        axes = (0, 2, 3) if norm.axis == 1 else (0, 1, 2)
        mean, variance = raw.mean(axes), raw.var(axes) + 1e-6
        norm.set_weights([np.sqrt(variance + norm.epsilon), biases[name] + mean, mean, variance])
