"""Real models of a few hundred bytes, made at test time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dancelike.frames import PART_COUNT


def paint_reader(path: Path, *, side: int = 96, labels: bool = False) -> Path:
    """Write a network that reads the figure of `dancelike.testing.segmenters.paint_dancer`.

    One 1 x 1 convolution: the logit of a part falls with the squared distance of a pixel's colour from the part's,
    which is linear in the colour but for a term that all parts share.

    Parameters
    ----------
    path : Path
        The ``.tflite`` file.
    side : int
        Of the input and of the output.
    labels : bool
        Whether the output is the label map int32 [1, side, side] instead of the logits float32 [1, side, side, 15].

    Returns
    -------
    Path
        The same.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    part = np.arange(PART_COUNT, dtype=np.float32)
    colours = np.stack([16 * part, 255 - 16 * part, np.full(PART_COUNT, 128.0)], 1) / 255
    colours[0] = 24 / 255
    # Blue tells the figure from everything else, so it counts most.
    sharpness = np.float32(2000) * np.array([1, 1, 16], np.float32)
    weights = (2 * sharpness * colours).astype(np.float32).reshape(PART_COUNT, 1, 1, 3)
    bias = (-sharpness * colours**2).sum(1).astype(np.float32)

    def tensor(name: str, shape: tuple[int, ...], kind: int, buffer: int):
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name.encode(), list(shape), kind, buffer
        return made

    def buffer(data: np.ndarray | None = None):
        made = schema.BufferT()
        made.data = None if data is None else np.frombuffer(data.tobytes(), np.uint8)
        return made

    def operator(code: int, inputs: list[int], outputs: list[int], kind: int, options: object):
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, inputs, outputs
        made.builtinOptionsType, made.builtinOptions = kind, options
        return made

    def code(builtin: int):
        made = schema.OperatorCodeT()
        made.builtinCode, made.deprecatedBuiltinCode, made.version = builtin, min(builtin, 127), 1
        return made

    picture = (1, side, side)
    real, whole = schema.TensorType.FLOAT32, schema.TensorType.INT32
    graph = schema.SubGraphT()
    graph.name = b"main"
    graph.tensors = [
        tensor("picture", (*picture, 3), real, 0),
        tensor("colours", weights.shape, real, 1),
        tensor("bias", bias.shape, real, 2),
        tensor("logits", (*picture, PART_COUNT), real, 0),
    ]
    convolution = schema.Conv2DOptionsT()
    convolution.padding, convolution.strideW, convolution.strideH = schema.Padding.VALID, 1, 1
    convolution.dilationWFactor = convolution.dilationHFactor = 1
    graph.operators = [operator(0, [0, 1, 2], [3], schema.BuiltinOptions.Conv2DOptions, convolution)]
    graph.inputs, graph.outputs = [0], [3]
    model = schema.ModelT()
    model.version, model.description = 3, b"reads painted dancers"
    model.operatorCodes = [code(schema.BuiltinOperator.CONV_2D)]
    model.buffers = [buffer(), buffer(weights), buffer(bias)]
    if labels:
        graph.tensors += [tensor("axis", (), whole, 3), tensor("labels", picture, whole, 0)]
        argmax = schema.ArgMaxOptionsT()
        argmax.outputType = whole
        graph.operators.append(operator(1, [3, 4], [5], schema.BuiltinOptions.ArgMaxOptions, argmax))
        graph.outputs = [5]
        model.operatorCodes.append(code(schema.BuiltinOperator.ARG_MAX))
        model.buffers.append(buffer(np.array(3, np.int32)))
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path
