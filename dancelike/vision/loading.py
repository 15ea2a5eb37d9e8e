"""From the name or the path of a model to a segmenter."""

from __future__ import annotations

from pathlib import Path

from dancelike.errors import ModelError, ModelNotFoundError
from dancelike.vision.catalogue import ModelEntry, check_model, file_sha256, load_catalogue
from dancelike.vision.segmenter import Segmenter

__all__ = ["load_segmenter"]


def load_segmenter(
    name_or_path: str | Path = "default", *, runtime: str = "auto", delegate: str = "auto", threads: int = 1
) -> Segmenter:
    """Load a body-part model.

    Parameters
    ----------
    name_or_path : str or Path
        A name of the catalogue (``dancelike models list``), ``default``, or the path of a ``.tflite`` file or of the
        ``.npz`` of ``dancelike models personalise``. A model whose hash the catalogue does not know is first tried in
        a process of its own.
    runtime : str
        ``auto``, ``litert``, ``tflite`` or ``tensorflow``.
    delegate : str
        ``auto`` or ``cpu``, or ``path[:key=value,...]`` of an external delegate.
    threads : int
        Threads of one call.

    Returns
    -------
    Segmenter
        Ready to use; close it when done, or use it in a ``with`` statement.

    Raises
    ------
    ConfigError
        An argument is out of range.
    ModelNotFoundError
        Neither a model of the catalogue nor a file is called so.
    ModelError
        The model, the runtime or the delegate cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from dancelike.vision import load_segmenter
    >>> with load_segmenter() as segmenter:
    ...     mask = segmenter.segment(np.zeros((48, 64, 3), np.uint8))
    >>> mask.labels.shape, int(mask.labels.max())
    ((48, 64), 0)
    """
    catalogue = load_catalogue()
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith((".tflite", ".npz")) or "/" in text:
        path = Path(name_or_path)
        if not path.exists():
            known = ", ".join(entry.name for entry in catalogue.entries)
            raise ModelNotFoundError(
                f"there is no model file {path}; give the path of a .tflite file or one of {known}"
            )
        if path.suffix == ".npz":
            return _from_personal(path, runtime, delegate, threads)
        return _from_file(path, runtime, delegate, threads)
    return _from_entry(catalogue.find(text), runtime, delegate, threads)


def _from_entry(entry: ModelEntry, runtime: str, delegate: str, threads: int) -> Segmenter:
    status = check_model(entry.name)
    if status.folder is None:
        raise ModelNotFoundError(status.problem)
    if status.problem is not None:
        raise ModelError(status.problem)
    paths = {file.role: status.folder / file.file for file in entry.files}
    if delegate not in ("auto", "cpu"):
        # A delegate is native code from elsewhere: tflite-runtime dies when one refuses a network.
        from dancelike.vision.trial import try_model

        for file in entry.files:
            try_model((status.folder / file.file).resolve(), file.sha256, runtime, delegate)
    return _build(entry.kind, paths, entry.name, entry.sha256, runtime, delegate, threads)


def _from_file(path: Path, runtime: str, delegate: str, threads: int) -> Segmenter:
    from dancelike.vision.interpreter import Interpreter
    from dancelike.vision.label_map import reads_label_maps
    from dancelike.vision.trial import try_model

    if not path.is_file():
        raise ModelError(f"{path} is not a file; give the path of a .tflite file")
    sha256 = file_sha256(path)
    entries = load_catalogue().entries
    known = any(file.sha256 == sha256 for entry in entries for file in entry.files)
    if not known or delegate not in ("auto", "cpu"):
        try_model(path.resolve(), sha256, runtime, delegate)
    probe = Interpreter(path, runtime=runtime, delegate=delegate)
    shapes = {info.shape for info in probe.outputs}
    label_maps = reads_label_maps(probe.outputs)
    probe.close()
    if label_maps:
        return _build("labelmap", {"network": path}, path.name, sha256, runtime, delegate, threads)
    if (1, 195) in shapes and (1, 117) in shapes:
        # A sister of the catalogue's landmark network: it needs the detector beside it.
        family = next((entry for entry in entries if entry.kind == "blazepose"), None)
        if family is None:
            raise ModelError(f"{path} is a landmark network, but the catalogue has no detector to go with it")
        status = check_model(family.name)
        if status.folder is None or status.problem is not None:
            raise ModelError(
                f"{path} is a landmark network and needs the detector of {family.name}, but {status.problem}"
            )
        detector = next(file for file in family.files if file.role == "detector")
        paths = {"detector": status.folder / detector.file, "landmarks": path}
        return _build("blazepose", paths, path.name, sha256, runtime, delegate, threads)
    raise ModelError(
        f"{path} is not a body-part model that dancelike can read: its outputs have the shapes "
        f"{', '.join(str(list(shape)) for shape in sorted(shapes))}, but a BlazePose "
        "landmark network, logits of 15 parts [1, s, s, 15] or labels [1, s, s] are expected"
    )


def _from_personal(path: Path, runtime: str, delegate: str, threads: int) -> Segmenter:
    """Load the network that a personal last layer belongs to, with that layer in it."""
    from dancelike.vision.label_map import LabelMapSegmenter
    from dancelike.vision.personal import dressed_with, read_personal

    personal = read_personal(path)
    entry = next((e for e in load_catalogue().entries if e.sha256 == personal.base), None)
    if entry is None:
        raise ModelError(
            f"{path} belongs to a network that is not in the catalogue any more; personalise the present one anew"
        )
    status = check_model(entry.name)
    if status.folder is None or status.problem is not None:
        raise ModelError(status.problem or f"{entry.name} is not here")
    model = status.folder / entry.files[-1].file
    content = dressed_with(model.read_bytes(), personal.kernel, personal.bias)
    return LabelMapSegmenter(
        model, name=f"{entry.name}+{path.stem}", sha256=file_sha256(path), runtime=runtime, delegate=delegate,
        threads=threads, content=content,
    )  # fmt: skip


def _build(
    kind: str, paths: dict[str, Path], name: str, sha256: str, runtime: str, delegate: str, threads: int
) -> Segmenter:
    if kind == "blazepose":
        from dancelike.vision.blazepose import BlazePoseSegmenter

        return BlazePoseSegmenter(
            paths["detector"],
            paths["landmarks"],
            name=name,
            sha256=sha256,
            runtime=runtime,
            delegate=delegate,
            threads=threads,
        )
    if kind == "labelmap":
        from dancelike.vision.label_map import LabelMapSegmenter

        return LabelMapSegmenter(
            paths["network"], name=name, sha256=sha256, runtime=runtime, delegate=delegate, threads=threads
        )
    raise ModelError(f"{name} is no body-part model but one of the kind {kind!r}; 'dancelike models list' names others")
