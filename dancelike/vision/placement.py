"""How much of a network a delegate has taken."""

from __future__ import annotations

from typing import Any

__all__ = ["placed"]


def placed(native: Any) -> tuple[int, int]:
    """Count the operators that delegates run, and all of them.

    Parameters
    ----------
    native : Interpreter
        Of TensorFlow Lite or LiteRT, with its tensors allocated. A delegate stands in its list of operators behind
        those it replaces, with what goes into them and what comes out.

    Returns
    -------
    taken, all : int
    """
    ops = native._get_ops_details()
    own = [op for op in ops if op["op_name"] != "DELEGATE"]
    maker = {int(tensor): k for k, op in enumerate(own) for tensor in op["outputs"]}
    taken: set[int] = set()
    for delegate in ops:
        if delegate["op_name"] != "DELEGATE":
            continue
        given = {int(tensor) for tensor in delegate["inputs"]}
        open_tensors = [int(tensor) for tensor in delegate["outputs"]]
        while open_tensors:
            made_by = maker.get(open_tensors.pop())
            if made_by is None or made_by in taken:
                continue
            taken.add(made_by)
            open_tensors += [int(tensor) for tensor in own[made_by]["inputs"] if int(tensor) not in given]
    return len(taken), len(own)
