"""Sound through PulseAudio's client library, which PipeWire speaks too; PyAV's builds have no output for either.

The library is called through ctypes: its interface has been stable since 2008, every Linux desktop has it, and no
package is added. Its main loop is turned by hand, so that every call returns in time, whatever the server does.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_int,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import DeviceError, DeviceLostError
from dancelike.graph import RunClock
from dancelike.media.sound_output import SoundDevice, SoundOutput

__all__ = ["PulseOutput", "list_sinks"]

_FLOAT32LE: Final = 5
_NO_AUTOSPAWN: Final = 1
_INTERPOLATE, _AUTO_TIMING, _ADJUST_LATENCY = 0x2, 0x8, 0x2000
_CONTEXT_READY, _CONTEXT_FAILED = 4, 5
_STREAM_READY, _STREAM_FAILED = 2, 3
_RUNNING: Final = 0
_NONE: Final = 0xFFFFFFFF
# Below half a second, so that a device thread stays quick to stop.
_CONNECT_S: Final = 0.4
_TURN_S: Final = 0.005
_TARGET_S: Final = 0.08


class _Spec(Structure):
    _fields_ = (("format", c_int), ("rate", c_uint32), ("channels", c_uint8))


class _Buffer(Structure):
    _fields_ = tuple((name, c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize"))


class _SinkHead(Structure):
    """The first fields of ``pa_sink_info``."""

    _fields_ = (("name", c_char_p), ("index", c_uint32), ("description", c_char_p))


class _ServerHead(Structure):
    """The first fields of ``pa_server_info``."""

    _fields_ = (
        ("user_name", c_char_p),
        ("host_name", c_char_p),
        ("server_version", c_char_p),
        ("server_name", c_char_p),
        ("sample_spec", _Spec),
        ("default_sink_name", c_char_p),
    )


_ON_SINK = CFUNCTYPE(None, c_void_p, POINTER(_SinkHead), c_int, c_void_p)
_ON_SERVER = CFUNCTYPE(None, c_void_p, POINTER(_ServerHead), c_void_p)

_SIGNATURES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "pa_mainloop_new": (c_void_p, ()),
    "pa_mainloop_free": (None, (c_void_p,)),
    "pa_mainloop_get_api": (c_void_p, (c_void_p,)),
    "pa_mainloop_prepare": (c_int, (c_void_p, c_int)),
    "pa_mainloop_poll": (c_int, (c_void_p,)),
    "pa_mainloop_dispatch": (c_int, (c_void_p,)),
    "pa_context_new": (c_void_p, (c_void_p, c_char_p)),
    "pa_context_connect": (c_int, (c_void_p, c_char_p, c_int, c_void_p)),
    "pa_context_get_state": (c_int, (c_void_p,)),
    "pa_context_errno": (c_int, (c_void_p,)),
    "pa_context_disconnect": (None, (c_void_p,)),
    "pa_context_unref": (None, (c_void_p,)),
    "pa_context_get_sink_info_list": (c_void_p, (c_void_p, _ON_SINK, c_void_p)),
    "pa_context_get_server_info": (c_void_p, (c_void_p, _ON_SERVER, c_void_p)),
    "pa_operation_get_state": (c_int, (c_void_p,)),
    "pa_operation_unref": (None, (c_void_p,)),
    "pa_strerror": (c_char_p, (c_int,)),
    "pa_stream_new": (c_void_p, (c_void_p, c_char_p, POINTER(_Spec), c_void_p)),
    "pa_stream_connect_playback": (
        c_int,
        (c_void_p, c_char_p, POINTER(_Buffer), c_int, c_void_p, c_void_p),
    ),
    "pa_stream_get_state": (c_int, (c_void_p,)),
    "pa_stream_writable_size": (c_size_t, (c_void_p,)),
    "pa_stream_write": (c_int, (c_void_p, c_void_p, c_size_t, c_void_p, ctypes.c_int64, c_int)),
    "pa_stream_get_latency": (c_int, (c_void_p, POINTER(c_uint64), POINTER(c_int))),
    "pa_stream_disconnect": (c_int, (c_void_p,)),
    "pa_stream_unref": (None, (c_void_p,)),
}


@cache
def _library() -> Any:
    """Load libpulse.

    Raises
    ------
    DeviceError
        It is not installed.
    """
    try:
        library = ctypes.CDLL("libpulse.so.0")
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise DeviceError(
            "no sound can be played because libpulse is not installed: install libpulse0, or go on without sound.",
            code="sound_server",
        ) from error
    return library


class _Connection:
    """A connection to the sound server, whose main loop is turned by hand."""

    def __init__(self) -> None:
        self.library = _library()
        self._loop = self.library.pa_mainloop_new()
        self.context = self.library.pa_context_new(self.library.pa_mainloop_get_api(self._loop), b"dancelike")
        self._open = True
        try:
            connected = self.library.pa_context_connect(self.context, None, _NO_AUTOSPAWN, None) >= 0
            if not (connected and self.turn_until(lambda: self.state >= _CONTEXT_READY, _CONNECT_S) and self.alive):
                raise DeviceError(
                    f"the sound server does not answer ({self.reason()}): start PulseAudio or PipeWire, "
                    "or go on without sound.",
                    code="sound_server",
                )
        except BaseException:
            self.close()
            raise

    @property
    def state(self) -> int:
        return int(self.library.pa_context_get_state(self.context))

    @property
    def alive(self) -> bool:
        return self.state == _CONTEXT_READY

    def reason(self) -> str:
        text = self.library.pa_strerror(self.library.pa_context_errno(self.context)) or b"unknown error"
        return str(text.decode(errors="replace")).lower()

    def turn(self, timeout_s: float) -> None:
        """Handle what the server said, waiting for it at most so long."""
        library, loop = self.library, self._loop
        if (
            library.pa_mainloop_prepare(loop, max(0, round(timeout_s * 1e6))) >= 0
            and library.pa_mainloop_poll(loop) >= 0
        ):
            library.pa_mainloop_dispatch(loop)

    def turn_until(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Turn until ``done`` or, at the latest, the time is over; each piece of news uses up a turn."""
        for _ in range(round(timeout_s / _TURN_S)):
            if done():
                return True
            self.turn(_TURN_S)
        return done()

    def ask(self, operation: int) -> None:
        """Wait for the answers to a question."""
        if operation:
            self.turn_until(lambda: self.library.pa_operation_get_state(operation) != _RUNNING, _CONNECT_S)
            self.library.pa_operation_unref(operation)

    def close(self) -> None:
        if self._open:
            self._open = False
            self.library.pa_context_disconnect(self.context)
            self.library.pa_context_unref(self.context)
            self.library.pa_mainloop_free(self._loop)


def list_sinks() -> tuple[SoundDevice, ...]:
    """Return the server's outputs, the default first.

    Raises
    ------
    DeviceError
        There is no server, or no client library.
    """
    found: list[tuple[str, str]] = []
    default: list[str] = []

    def on_sink(_context: int, info: Any, _end: int, _data: int) -> None:
        if info:
            name = info.contents.name.decode(errors="replace")
            found.append((name, (info.contents.description or b"").decode(errors="replace") or name))

    def on_server(_context: int, info: Any, _data: int) -> None:
        if info and info.contents.default_sink_name:
            default.append(info.contents.default_sink_name.decode(errors="replace"))

    connection = _Connection()
    try:
        sinks, server = _ON_SINK(on_sink), _ON_SERVER(on_server)
        connection.ask(connection.library.pa_context_get_server_info(connection.context, server, None))
        connection.ask(connection.library.pa_context_get_sink_info_list(connection.context, sinks, None))
    finally:
        connection.close()
    devices = [SoundDevice(name, label, name in default) for name, label in found]
    return tuple(sorted(devices, key=lambda device: (not device.default, device.name)))


class PulseOutput(SoundOutput):
    """Plays through the sound server, with a buffer of 80 ms.

    Parameters
    ----------
    device : SoundDevice or None
        None follows the server's default.
    clock : RunClock
    rate : int
    channels : int

    Raises
    ------
    DeviceError
        There is no server, or it has no such output.
    """

    def __init__(self, device: SoundDevice | None, clock: RunClock, *, rate: int = 48_000, channels: int = 2) -> None:
        self._connection = _Connection()
        self._frame = 4 * channels
        library = self._library = self._connection.library
        spec = _Spec(_FLOAT32LE, rate, channels)
        target = round(_TARGET_S * rate) * self._frame
        buffer = _Buffer(_NONE, target, target // 2, target // 8, _NONE)
        self._stream: int | None = None
        try:
            self._stream = library.pa_stream_new(self._connection.context, b"dance", byref(spec), None)
            name = None if device is None else device.name.encode()
            flags = _INTERPOLATE | _AUTO_TIMING | _ADJUST_LATENCY
            accepted = self._stream and (
                library.pa_stream_connect_playback(self._stream, name, byref(buffer), flags, None, None) >= 0
            )
            if not accepted or not self._connection.turn_until(lambda: self._state >= _STREAM_READY, _CONNECT_S):
                raise self._refused()
            if self._state != _STREAM_READY:
                raise self._refused()
        except BaseException:
            self._release()
            raise
        super().__init__(device or SoundDevice("default", "default output", True), rate, channels, clock)

    @property
    def _state(self) -> int:
        return int(self._library.pa_stream_get_state(self._stream))

    def _refused(self) -> DeviceError:
        return DeviceError(
            f"the sound server opened no output ({self._connection.reason()}): plug in a speaker, choose another "
            "output that 'dancelike devices' lists, or go on without sound."
        )

    def _put(self, samples: NDArray[np.float32], timeout_s: float) -> int:
        deadline_ns = self._clock.now().pts + round(timeout_s * 1e9)
        room = self._room(0.0)
        while not room and (left_ns := deadline_ns - self._clock.now().pts) > 0:
            room = self._room(left_ns / 1e9)
        count = min(room, len(samples))
        if count:
            data = np.ascontiguousarray(samples[:count], "<f4")
            if self._library.pa_stream_write(self._stream, data.ctypes.data, count * self._frame, None, 0, 0) < 0:
                raise self._lost()
            self._connection.turn(0.0)
        return count

    def _room(self, timeout_s: float) -> int:
        """Ask how many samples the server takes now, or after the first news within the time."""
        self._connection.turn(timeout_s)
        if not self._connection.alive or self._state != _STREAM_READY:
            raise self._lost()
        size = self._library.pa_stream_writable_size(self._stream)
        return 0 if size == c_size_t(-1).value else int(size) // self._frame

    def _lost(self) -> DeviceLostError:
        return DeviceLostError(
            f"sound output '{self.device.label}' went away ({self._connection.reason()}): restart the sound server or "
            "plug the speaker in again, and the sound comes back."
        )

    def _delay(self) -> float | None:
        microseconds, negative = c_uint64(), c_int()
        if self._library.pa_stream_get_latency(self._stream, byref(microseconds), byref(negative)) < 0:
            return None
        return (-1 if negative.value else 1) * microseconds.value * self.rate / 1e6

    def _release(self) -> None:
        if self._stream:
            self._library.pa_stream_disconnect(self._stream)
            self._library.pa_stream_unref(self._stream)
            self._stream = None
        self._connection.close()
