"""The engine and its drivers: the only place with threads and clocks."""

from dancelike.runtime.clock import Clock, ManualClock, SystemClock
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import Dispatch, DropReason
from dancelike.runtime.live import LiveRun
from dancelike.runtime.offline import Progress, available_cores, run_offline
from dancelike.runtime.probes import Probe
from dancelike.runtime.realtime import run_realtime
from dancelike.runtime.report import EdgeStatistics, Percentiles, RunReport, TaskStatistics

__all__ = [
    "Clock",
    "Dispatch",
    "DropReason",
    "EdgeStatistics",
    "Engine",
    "LiveRun",
    "ManualClock",
    "Percentiles",
    "Probe",
    "Progress",
    "RunReport",
    "SystemClock",
    "TaskStatistics",
    "available_cores",
    "run_offline",
    "run_realtime",
]
