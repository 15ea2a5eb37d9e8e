"""How the machine is doing: memory, temperature, clock, throttling, where the system tells."""

from __future__ import annotations

import gc
import platform
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dancelike.memory import give_back

__all__ = ["Sample", "Sensors"]

PLAUSIBLE_C = (1.0, 150.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """How the machine is doing at one moment; None where the system does not tell.

    Attributes
    ----------
    memory_mb : float or None
        What the process holds in memory, in megabytes of 2**20 bytes.
    temperature_c : float or None
        Of the hottest sensor, in degrees Celsius.
    throttled : bool or None
        Whether heat or the supply has slowed the processor down since the sensors were made.
    clock_mhz : float or None
        Mean clock of the cores.
    undervoltage : bool or None
        Whether the supply of a Raspberry Pi is too weak now.
    """

    memory_mb: float | None
    temperature_c: float | None
    throttled: bool | None
    clock_mhz: float | None
    undervoltage: bool | None = None


class Sensors:
    """Reads what Linux tells of the process and of the processor.

    Parameters
    ----------
    proc, sys : Path
        Where Linux tells it; only tests need others.
    """

    def __init__(self, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> None:
        self._status, self._clear = proc / "self" / "status", proc / "self" / "clear_refs"
        self._zones = sorted((sys / "class" / "thermal").glob("thermal_zone*/temp"))
        cpus = sys / "devices" / "system" / "cpu"
        self._clocks = sorted(cpus.glob("cpu[0-9]*/cpufreq/scaling_cur_freq"))
        self._counts = sorted(cpus.glob("cpu[0-9]*/thermal_throttle/*_throttle_count"))
        self._pi = sys / "devices" / "platform" / "soc" / "soc:firmware" / "get_throttled"
        named = (sys / "class" / "hwmon").glob("hwmon*/name")
        self._volts = [path.with_name("in0_lcrit_alarm") for path in named if _text(path).strip() == "rpi_volt"]
        self._before = self._throttle_events()

    def sample(self) -> Sample:
        """Return how things are now."""
        heat = [value / 1000.0 for value in map(_number, self._zones) if value is not None]
        heat = [value for value in heat if PLAUSIBLE_C[0] < value < PLAUSIBLE_C[1]]
        clocks = [value / 1000.0 for value in map(_number, self._clocks) if value is not None]
        return Sample(
            self._from_status("VmRSS"),
            max(heat, default=None),
            self._throttled(),
            sum(clocks) / len(clocks) if clocks else None,
            self._undervoltage(),
        )

    def forget_peak(self) -> None:
        """Give back what is not in use, and let the peak of the memory begin again, where the system can."""
        gc.collect()
        give_back()
        with suppress(OSError):
            self._clear.write_text("5")

    def peak_mb(self) -> float | None:
        """Return the most memory that the process held; None where the system does not tell."""
        found = self._from_status("VmHWM")
        if found is None:
            with suppress(ImportError):
                import resource

                # In kilobytes, but on macOS in bytes.
                unit = 2**20 if platform.system() == "Darwin" else 2**10
                found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        return found

    def _from_status(self, key: str) -> float | None:
        match = re.search(rf"^{key}:\s+(\d+) kB", _text(self._status), re.MULTILINE)
        return int(match.group(1)) / 1024.0 if match else None

    def _throttle_events(self) -> float | None:
        counts = [value for value in map(_number, self._counts) if value is not None]
        return sum(counts) if counts else None

    def _pi_flags(self) -> int | None:
        """Bits 0 to 3: too little voltage, clock capped, throttled, soft limit, all at this moment."""
        with suppress(ValueError):
            return int(_text(self._pi).strip(), 16)
        return None

    def _undervoltage(self) -> bool | None:
        flags = self._pi_flags()
        alarms = [value for value in map(_number, self._volts) if value is not None]
        if flags is None and not alarms:
            return None
        return bool((flags or 0) & 1) or any(alarms)

    def _throttled(self) -> bool | None:
        flags = self._pi_flags()
        if flags is not None:
            return bool(flags & 0b1111)
        now = self._throttle_events()
        return None if now is None or self._before is None else now > self._before


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _number(path: Path) -> float | None:
    try:
        return float(_text(path))
    except ValueError:
        return None
