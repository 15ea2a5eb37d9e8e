# ruff: noqa: E501 - a benchmark prints wide lines
"""Count the instructions of the alignment's inner loop on a 64-bit ARM, whose vectors hold four floats.

Run ``python tests/benchmarks/arm64.py [--cpu cortex-a72]`` on any machine. The kernel is compiled here for vectors of
four, its LLVM code is handed to LLVM's ARM64 back end, and the assembly of one round (some steps of one strip: the
scan, and the local costs of the next round) is counted. Multiply-adds against all vector arithmetic is the share of the
machine's matrix product that is left where that arithmetic is the limit; against all instructions, where issue is.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HOST = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "+sse2"}
LAYOUT = "e-m:e-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128"
TRIPLE = "aarch64-unknown-linux-gnu"


def assembly(cpu):
    """Return the ARM64 assembly of the alignment of float32 sequences."""
    import llvmlite.binding as llvm
    import numpy as np

    from dancelike.kernels._dtw_blocks import _align
    from dancelike.kernels.dtw import dtw

    x = np.zeros((3, 2), np.float32)
    dtw(x, x)
    code = "".join(_align.inspect_llvm().values())
    code = re.sub(r'target datalayout = ".*"', f'target datalayout = "{LAYOUT}"', code)
    code = re.sub(r'target triple = ".*"', f'target triple = "{TRIPLE}"', code)
    # What only that machine has is outside of the loops: let it be a call.
    code = code.replace("@llvm.x86.", "@x86_").replace(" immarg", "")
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(TRIPLE).create_target_machine(cpu=cpu, opt=3)
    return machine.emit_assembly(llvm.parse_assembly(code))


def kind_of(instruction):
    """Name what an instruction does."""
    name, _, operands = instruction.partition("\t")
    if name in {"movk", "movz"} or re.search(r":(lo12|abs_g\d\w*):", operands):
        return "scalar"
    vector = bool(re.search(r"\bv\d+\.|\bq\d+\b", operands))
    if name.startswith(("fmla", "fmadd")):
        return "multiply-add"
    if name.startswith("ld"):
        return "load"
    if name.startswith("st"):
        return "store"
    return "other vector" if vector or name.startswith("f") else "scalar"


def blocks_of(text):
    """Return the basic blocks as lists of instructions, each with its label."""
    blocks = [("", [])]
    for line in text.splitlines():
        label = re.match(r"(\.LBB\w+|\w+):", line)
        if label:
            blocks.append((label.group(1), []))
        elif line.startswith("\t") and not line.startswith("\t."):
            blocks[-1][1].append(line.strip())
    return blocks


def rounds(blocks, loops_a_round):
    """Yield the blocks of each round, and whether each is a loop over features: the loops, and what lies around them."""
    loops = [k for k, (_, body) in enumerate(blocks) if sum("fmla" in line for line in body) >= 8]
    for first in range(0, len(loops) - loops_a_round + 1, loops_a_round):
        chosen = loops[first : first + loops_a_round]
        yield [(k in chosen, body) for k, (_, body) in enumerate(blocks) if chosen[0] - 1 <= k <= chosen[-1] + 1]


def count(cpu, features):
    from dancelike.kernels._vectors import vector_shape

    shape = vector_shape(4)
    # The features are cut into pieces, one for each step, so that the scan lies between them.
    turns = features * shape.depth / shape.tile_depth / shape.steps
    print(
        f"{cpu}: {shape.lanes} lanes, strips of {shape.rows} rows, rounds of {shape.steps} steps, {features} features"
    )
    # Five rounds are compiled: costs alone, then with diagonal steps that count twice or once, keeping codes or not.
    for blocks in list(rounds(blocks_of(assembly(cpu)), shape.steps))[3:]:
        total, inner = Counter(), Counter()
        for is_loop, body in blocks:
            for instruction in body:
                total[kind_of(instruction)] += turns if is_loop else 1
                inner[kind_of(instruction)] += is_loop
        keeps = any(line.startswith("strb") for _, body in blocks for line in body)
        sums = total["multiply-add"]
        one_loop = ", ".join(f"{v / shape.steps:.0f} {k}" for k, v in inner.items() if v)
        whole = ", ".join(f"{v:.0f} {k}" for k, v in total.items())
        print(
            f"  round that {'keeps the way into each cell' if keeps else 'keeps nothing'}\n"
            f"    in the loop over the features: {one_loop}\n"
            f"    in all: {whole}\n"
            f"    multiply-adds: {sums / (sums + total['other vector']):.0%} of vector arithmetic, {sums / sum(total.values()):.0%} of all instructions"
        )


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cpu", default="cortex-a72")
    options.add_argument("--features", type=int, default=34)
    options.add_argument("--assembly", action="store_true", help="print the assembly instead")
    chosen = options.parse_args()
    if os.environ.get("NUMBA_CPU_NAME") != HOST["NUMBA_CPU_NAME"]:
        with tempfile.TemporaryDirectory() as cache:
            settings = {**os.environ, **HOST, "NUMBA_CACHE_DIR": cache}
            subprocess.run([sys.executable, *sys.argv], env=settings, check=True)
        return
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    if chosen.assembly:
        print(assembly(chosen.cpu))
        return
    count(chosen.cpu, chosen.features)


if __name__ == "__main__":
    # This folder has a file named dtw, which must not hide the peer of that name.
    sys.path.pop(0)
    main()
