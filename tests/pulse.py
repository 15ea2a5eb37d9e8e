"""A sound server of one's own, with a null sink that can be listened to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from dancelike.graph import RUN_TIME_BASE
from dancelike.media.waiting import wait
from dancelike.runtime import SystemClock
from dancelike.timebase import Timestamp

RATE = 48_000


class Now(Protocol):
    """Whatever tells the time of the run."""

    def now(self) -> Timestamp: ...


class WallClock:
    """The clock of a run that lasts as long as it does."""

    def __init__(self) -> None:
        self._system = SystemClock()

    def now(self) -> Timestamp:
        return Timestamp(self._system.now_ns(), RUN_TIME_BASE)

    def at_monotonic_ns(self, ns: int) -> Timestamp:
        return Timestamp(ns, RUN_TIME_BASE)


class SoundServer:
    """A PulseAudio with one null sink, and a listener on what it plays."""

    def __init__(self, folder: Path, clock: Now) -> None:
        self._clock = clock
        self.address = f"unix:{folder}/native"
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder), "PULSE_SERVER": self.address}
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "--use-pid-file=no", "--daemonize=no", "--exit-idle-time=-1",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={folder}/native",
             "-L", "module-null-sink sink_name=spk rate=48000"],
            env={k: v for k, v in environment.items() if k != "PULSE_SERVER"}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(2000):
            if (folder / "native").exists():
                break
            wait(0.01)
        # Without a listener the null sink takes two seconds of sound at a time.
        self.listener = subprocess.Popen(
            ["parec", "-d", "spk.monitor", "--latency-msec=5", "--format=float32le", "--channels=1",
             f"--rate={RATE}", "--raw"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.listener.stdout is not None
        self._descriptor = self.listener.stdout.fileno()
        os.read(self._descriptor, 4096)
        os.set_blocking(self._descriptor, False)
        self.blocks: list[tuple[int, np.ndarray]] = []
        self._rest = b""

    def listen(self) -> None:
        """Take what was played since the last call, with the moment at which its last sample came."""
        try:
            data = self._rest + os.read(self._descriptor, 1 << 20)
        except BlockingIOError:
            return
        whole = len(data) // 4 * 4
        self._rest = data[whole:]
        self.blocks.append((self._clock.now().pts, np.frombuffer(data[:whole], np.float32)))

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate([block for _, block in self.blocks])

    def moments_ns(self) -> np.ndarray:
        """When each sample of `heard` came, at the latest; the quickest block decides."""
        ends = np.cumsum([len(block) for _, block in self.blocks])
        begin = min(at - end * 1_000_000_000 // RATE for (at, _), end in zip(self.blocks, ends.tolist(), strict=True))
        return begin + np.arange(ends[-1]) * 1_000_000_000 // RATE

    def close(self) -> None:
        for process in (self.listener, self.process):
            process.kill()
            process.wait()
        self.listener.stdout.close()


@contextmanager
def sound_server(folder: Path, monkeypatch: pytest.MonkeyPatch, clock: Now) -> Iterator[SoundServer]:
    if not shutil.which("pulseaudio") or not shutil.which("parec"):
        pytest.skip("pulseaudio and pulseaudio-utils are not installed")
    server = SoundServer(folder, clock)
    monkeypatch.setenv("PULSE_SERVER", server.address)
    try:
        yield server
    finally:
        server.close()
