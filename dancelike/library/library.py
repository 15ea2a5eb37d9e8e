"""`Library`: all that is done with dances, takes, history and settings, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from dancelike.closing import Closing
from dancelike.errors import OutputError, reason_of
from dancelike.library import bundle, checking, dances, history, opening, settings, takes
from dancelike.library.database import OwnerLock
from dancelike.library.rows import (
    Calibration,
    ClipFacts,
    Dance,
    Finding,
    Notice,
    Offsets,
    PartPoint,
    ProgressPoint,
    Section,
    Take,
    TakeState,
)
from dancelike.library.settings import PrivacySettings
from dancelike.library.store import Store, utc_now

__all__ = ["Library"]

S = TypeVar("S")


class Library(Closing):
    """Dances, takes, history, settings and calibration in one folder, and nothing anywhere else.

    Opening finds out what happened before: a damaged database is replaced by its backup, what a crash left half done
    is completed or undone, takes that were cut off are found, recordings whose time is over are discarded. `notices`
    says so. One process at a time may change a library; another one that opens it meanwhile reads.

    Every method is one transaction and may be called from any thread. Progress and cancel come as callables:
    ``on_progress`` is given the share that is done, 0 to 1; ``cancelled`` is asked often and ends the work with
    `CancelledError` once it returns True, with nothing changed (``threading.Event.is_set`` is such a callable).

    Parameters
    ----------
    folder : Path
        Made if it is not there; `default_library_folder` says where the platform wants it.
    read_only : bool
        Change nothing, not even what a crash left; the folder must exist.
    now : callable
        Returns the date in UTC; for tests.

    Attributes
    ----------
    folder : Path
    read_only : bool
        Whether nothing can be changed: it was asked for, the folder cannot be written, or another process is at it.
        Every method that changes something then raises `LibraryBusyError`.
    notices : tuple of Notice
        What was found when the library was opened.

    Raises
    ------
    LibraryNotFoundError
        ``read_only``, and there is no library in the folder.
    LibraryDamagedError
        The database is damaged, and this process may not restore it.
    LibraryError
        The database was written by a newer version, or is not a library.
    OutputError
        The folder cannot be made.
    """

    def __init__(self, folder: str | Path, *, read_only: bool = False, now: Callable[[], datetime] = utc_now) -> None:
        self.folder = Path(folder)
        self._lock: OwnerLock | None = None
        notices: list[Notice] = []
        if not read_only:
            self._lock = opening.take_lock(self.folder, notices)
        try:
            self.read_only = self._lock is None
            database = opening.open_database(self.folder, read_only=self.read_only, notices=notices)
            self._store = Store(self.folder, database, now)
            if not self.read_only:
                opening.clean_up(self._store, notices)
        except BaseException:
            if self._lock is not None:
                self._lock.close()
            raise
        self.notices = tuple(notices)

    def close(self) -> None:
        """Let another process change the library."""
        self._store.database.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # Dances

    def dances(self) -> tuple[Dance, ...]:
        """Return all dances, the newest first."""
        return dances.listed(self._store)

    def dance(self, dance_id: str) -> Dance:
        """Return one dance.

        Raises
        ------
        LibraryNotFoundError
        """
        return dances.get(self._store, dance_id)

    def find_dance(self, name: str) -> Dance:
        """Return the one dance with this id, title (in any case) or beginning of an id (4 characters or more).

        Raises
        ------
        LibraryNotFoundError
            There is none, or more than one; the sentence names them.
        """
        return dances.find(self._store, name)

    def import_clip(
        self,
        clip: Path,
        facts: ClipFacts,
        *,
        title: str | None = None,
        tempo_bpm: float | None = None,
        first_beat_s: float | None = None,
        sections: Sequence[Section] = (),
        on_progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Dance:
        """Copy a clip into the library as a new dance.

        The original is only read. The dance is there when this returns, and not at all if it does not.

        Parameters
        ----------
        clip : Path
        facts : ClipFacts
            What `dancelike.media.probe.probe_clip` says about it.
        title : str, optional
            At most 200 characters; otherwise the file's name without its ending.
        tempo_bpm : float, optional
            20 to 400.
        first_beat_s : float, optional
            When the first beat falls, from the first picture.
        sections : sequence of Section
        on_progress, cancelled : callable, optional

        Returns
        -------
        Dance
            Without a thumbnail; see `set_thumbnail`.

        Raises
        ------
        DuplicateDanceError
            The same bytes are there already; ``error.dance_id`` says where.
        ClipNotFoundError, ClipError
            The clip cannot be read, or changed meanwhile.
        ConfigError
            Title, tempo or a section is not usable.
        OutputError
            The disk is full or cannot be written.
        CancelledError, LibraryBusyError
        """
        description = {
            "title": title,
            "tempo_bpm": tempo_bpm,
            "first_beat_s": first_beat_s,
            "sections": tuple(sections),
        }
        return dances.import_clip(
            self._store, Path(clip), facts, description=description, on_progress=on_progress, cancelled=cancelled
        )

    def rename_dance(self, dance_id: str, title: str) -> Dance:
        """Give a dance another title.

        Raises
        ------
        ConfigError
            It is empty or too long.
        LibraryNotFoundError, LibraryBusyError, OutputError
        """
        return dances.update(self._store, dance_id, {"title": title})

    def set_counts(
        self, dance_id: str, *, tempo_bpm: float | None, first_beat_s: float | None, sections: Sequence[Section]
    ) -> Dance:
        """Say what is known of a dance's beats, in place of what was said before.

        Parameters
        ----------
        dance_id : str
        tempo_bpm, first_beat_s : float or None
            As for `import_clip`.
        sections : sequence of Section

        Raises
        ------
        ConfigError, LibraryNotFoundError, LibraryBusyError, OutputError
        """
        changes = {"tempo_bpm": tempo_bpm, "first_beat_s": first_beat_s, "sections": tuple(sections)}
        return dances.update(self._store, dance_id, changes)

    def set_thumbnail(self, dance_id: str, picture: bytes) -> Dance:
        """Put a picture, a whole JPEG or PNG file, in the place of the dance's thumbnail.

        Raises
        ------
        ConfigError
            It is neither.
        LibraryNotFoundError, LibraryBusyError, OutputError
        """
        return dances.thumbnail(self._store, dance_id, picture)

    def delete_dance(self, dance_id: str) -> None:
        """Delete a dance, its takes and all figures of them; nothing is left, neither in the backup.

        After a crash it is either all there, or gone once the library has been opened again.

        Raises
        ------
        OutputError
            A file could not be deleted; the dance is out of the library, and the file goes when it is opened next.
        LibraryBusyError
            A take of it is being recorded.
        LibraryNotFoundError
        """
        dances.delete(self._store, dance_id)
        with self._deleting():
            opening.finish_deletions(self._store)

    # Takes

    def begin_take(
        self, dance_id: str, *, settings: Mapping[str, Any] | None = None, offsets: Offsets | None = None
    ) -> Take:
        """Make a place for a recording.

        Parameters
        ----------
        dance_id : str
        settings : Mapping, optional
            Plain JSON values that say how the take is danced, for example its speed and section.
        offsets : Offsets, optional
            The calibrated delays in force.

        Returns
        -------
        Take
            Record into its ``recording``, then call `finish_take` or `delete_take`. Other files of the take may lie
            in its ``folder``.

        Raises
        ------
        ConfigError, LibraryNotFoundError, LibraryBusyError, OutputError
        """
        return takes.begin(self._store, dance_id, settings or {}, offsets or Offsets())

    def finish_take(self, take_id: str, score: Mapping[str, Any], *, keep: bool | None = None) -> Take:
        """Write a scored take's score.json and its figures; also for one that a crash had cut off.

        Parameters
        ----------
        take_id : str
        score : Mapping
            What ``ScoreResult.to_dict()`` returns (schema ``dancelike.score/1``).
        keep : bool, optional
            What the user said about the recording; None if nothing, and `PrivacySettings` decides. A recording that
            is not kept stays for the review and is discarded when the library is opened next; figures stay.

        Raises
        ------
        ConfigError
            The score has another schema, or the take is finished already.
        LibraryNotFoundError, LibraryBusyError, OutputError
        """
        return takes.finish(self._store, take_id, score, keep=keep, privacy=self.settings(PrivacySettings))

    def takes(self, dance_id: str | None = None, *, state: TakeState | None = None) -> tuple[Take, ...]:
        """Return the takes of a dance or of all, in one state or in any, the newest first."""
        return takes.listed(self._store, dance_id, state)

    def take(self, take_id: str) -> Take:
        """Return one take.

        Raises
        ------
        LibraryNotFoundError
        """
        return takes.get(self._store, take_id)

    def keep_take(self, take_id: str, *, until: datetime | None = None) -> Take:
        """Keep a take's recording for good, or until a date (with its time zone).

        Raises
        ------
        ConfigError
            The recording was discarded.
        LibraryNotFoundError, LibraryBusyError, OutputError
        """
        return takes.keep(self._store, take_id, until)

    def discard_recording(self, take_id: str) -> Take:
        """Delete a take's recording and leave its figures in the history.

        Raises
        ------
        LibraryNotFoundError, LibraryBusyError, OutputError
        """
        return takes.discard(self._store, take_id)

    def delete_take(self, take_id: str) -> None:
        """Delete a take, its recording and its figures; also one that is being recorded or was cut off.

        Raises
        ------
        OutputError
            A file could not be deleted; the take is out of the library, and the file goes when it is opened next.
        LibraryNotFoundError, LibraryBusyError
        """
        takes.delete(self._store, take_id)
        with self._deleting():
            opening.finish_deletions(self._store)

    def discard_expired(self) -> int:
        """Discard the recordings whose last day is over, and return how many; opening does the same."""
        return opening.discard_expired(self._store)

    # History

    def progress(self, dance_id: str | None = None, *, since: datetime | None = None) -> tuple[ProgressPoint, ...]:
        """Return the figures of the finished takes of a dance or of all, the oldest first."""
        return history.progress(self._store, dance_id, since)

    def part_progress(self, dance_id: str, part: str | None = None) -> tuple[PartPoint, ...]:
        """Return the figures of one body part, or of all, in the finished takes of a dance, the oldest first."""
        return history.parts(self._store, dance_id, part)

    # Settings and calibration

    def settings(self, kind: type[S]) -> S:
        """Return the stored settings of a class.

        Parameters
        ----------
        kind : type
            A frozen dataclass that checks its values; every field has a default and is plain (bool, int, float, str,
            None) or a tuple of that. Its name is the key. `PrivacySettings` is the library's own.

        Returns
        -------
        object
            An instance; a value that was never stored or is not usable any more is the default.
        """
        return settings.load(self._store, kind)

    def save_settings(self, values: object) -> None:
        """Store an instance of a class of settings; see `settings`.

        Raises
        ------
        ConfigError
            It is no such class.
        LibraryBusyError, OutputError
        """
        settings.save(self._store, values)

    def calibrations(self, kind: str | None = None) -> tuple[Calibration, ...]:
        """Return the measured delays, of all kinds or of one (``camera``, ``sound``, ``screen``)."""
        return settings.calibrations(self._store, kind)

    def calibration(self, kind: str, device: str) -> Calibration | None:
        """Return the measured delay of a device, or None."""
        return next((found for found in self.calibrations(kind) if found.device == device), None)

    def save_calibration(self, measured: Calibration) -> None:
        """Store a measured delay in place of the device's earlier one.

        Raises
        ------
        LibraryBusyError, OutputError
        """
        settings.save_calibration(self._store, measured)

    # One file

    def export_dance(
        self,
        dance_id: str,
        path: Path,
        *,
        on_progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Path:
        """Write a dance (clip, title, tempo, sections, thumbnail; no takes) into one file.

        Parameters
        ----------
        dance_id : str
        path : Path
            Of the new file, ending in ``.dance`` by custom; it appears when it is whole and replaces an earlier one.
        on_progress, cancelled : callable, optional

        Returns
        -------
        Path
            ``path``.

        Raises
        ------
        LibraryError
            The dance's clip is missing or changed.
        OutputError, CancelledError, LibraryNotFoundError
        """
        return bundle.write(self._store, self.dance(dance_id), Path(path), on_progress=on_progress, cancelled=cancelled)

    def import_dance(
        self,
        path: Path,
        *,
        on_progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Dance:
        """Take in a dance that `export_dance` wrote.

        The file is untrusted: names, sizes and hashes are checked against its manifest. The clip itself is as
        untrusted as any other; probe it before it is played.

        Raises
        ------
        BundleError
            The file is not such a dance, is damaged, or was written by a newer version.
        DuplicateDanceError, OutputError, CancelledError, LibraryBusyError
        """
        return bundle.read(self._store, Path(path), on_progress=on_progress, cancelled=cancelled)

    # The folder

    def check(
        self,
        *,
        on_progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[Finding, ...]:
        """Compare the database, its backup and every file, clips by their hash; an empty tuple means that all is well.

        Raises
        ------
        CancelledError
        """
        return checking.check(self._store, on_progress=on_progress, cancelled=cancelled)

    @contextmanager
    def _deleting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = reason_of(error)
            raise OutputError(
                f"a file in {self.folder} cannot be deleted now: {reason}; it goes when the library is opened next."
            ) from error
