"""An accelerator that cannot be used: one sentence and the CPU, or the end with ``--delegate-strict``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from dancelike.errors import ModelError

if TYPE_CHECKING:
    from dancelike.config import ScoreConfig

__all__ = ["settle_delegate"]


def settle_delegate(config: ScoreConfig, *, strict: bool, quiet: bool = False) -> ScoreConfig:
    """Return the configuration with a delegate that runs its model; the path of a library is insisted on.

    Parameters
    ----------
    config : ScoreConfig
    strict : bool
        Let the error out instead of falling back.
    quiet : bool
        Fall back without the sentence.

    Raises
    ------
    ModelError
        The delegate cannot be used and ``strict`` is set, or the model does not run on the CPU either.
    """
    from dancelike.vision import load_segmenter
    from dancelike.vision.delegates import LIBRARIES

    if config.delegate.partition(":")[0] not in LIBRARIES:
        return config
    try:
        load_segmenter(config.model, runtime=config.runtime, delegate=config.delegate).close()
    except ModelError as error:
        if strict:
            raise
        load_segmenter(config.model, runtime=config.runtime, delegate="cpu").close()
        if not quiet:
            click.echo(f"dancelike: {error}; the CPU serves instead", err=True)
        return replace(config, delegate="cpu")
    return config
