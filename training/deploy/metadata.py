"""What a model file says about itself: one JSON document in the metadata of the flatbuffer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import flatbuffers

from dancelike.errors import ModelError

__all__ = ["NAME", "read_metadata", "with_metadata"]

NAME = "dancelike.model"
"""Name of the entry in the file's table of metadata."""


def with_metadata(content: bytes, about: dict[str, Any]) -> bytes:
    """Return a model's bytes with ``about`` inside."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    buffer = schema.BufferT()
    buffer.data = list(json.dumps(about, sort_keys=True, ensure_ascii=False).encode())
    entry = schema.MetadataT()
    entry.name = NAME
    entry.buffer = len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(content) + 4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def read_metadata(path: Path) -> dict[str, Any]:
    """Return what a model file says about itself.

    Raises
    ------
    ModelError
        It says nothing, or is damaged.
    """
    from ai_edge_litert import schema_py_generated as schema

    try:
        model = schema.Model.GetRootAsModel(path.read_bytes(), 0)
        for k in range(model.MetadataLength()):
            entry = model.Metadata(k)
            if entry.Name() == NAME.encode():
                return dict(json.loads(model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()))
    except (OSError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"the metadata of {path} cannot be read: {error}") from error
    raise ModelError(f"{path} says nothing about itself; it was not made by dancelike models convert")
