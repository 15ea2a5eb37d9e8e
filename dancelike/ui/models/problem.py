"""What went wrong, as view-models hold it: a code that the window puts into words, and the sentence it came with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dancelike.errors import DancelikeError

__all__ = ["NO_PROBLEM", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong; false where nothing did.

    Attributes
    ----------
    code : str
        `dancelike.errors.DancelikeError.code`; empty for none.
    sentence : str
        In English, with all that is known.
    about : str
        What it is about, as people call it: a clip's file name.
    values : Mapping of str to str
        What the sentence names.
    """

    code: str = ""
    sentence: str = ""
    about: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: BaseException, about: str = "") -> Problem:
        """Return what an error says."""
        if isinstance(error, DancelikeError):
            return cls(error.code, str(error), about, error.values)
        return cls(DancelikeError.code, str(error), about)

    def __bool__(self) -> bool:
        return bool(self.code)


NO_PROBLEM = Problem()
"""Nothing is wrong."""
