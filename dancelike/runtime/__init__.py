"""The engine and its drivers: the only place with threads and clocks."""

from dancelike.runtime.admission import Load, TaskLoad, admit, estimate_load
from dancelike.runtime.clock import Clock, ManualClock, SystemClock
from dancelike.runtime.engine import Engine
from dancelike.runtime.events import Dispatch, DropReason
from dancelike.runtime.flows import FlowProbe, FrameFlow, PathLatency
from dancelike.runtime.governor import Conditions, Governor, GovernorRules, Step, ladder
from dancelike.runtime.histogram import Histogram, Percentiles
from dancelike.runtime.live import LiveRun
from dancelike.runtime.log import Codec, JsonCodec, Mode, RunLog
from dancelike.runtime.offline import Progress, available_cores, run_offline
from dancelike.runtime.probes import Probe
from dancelike.runtime.realtime import run_realtime
from dancelike.runtime.replay import Replay, replay
from dancelike.runtime.report import EdgeStatistics, RunReport, TaskStatistics
from dancelike.runtime.simulator import costs_of, ratios_of, simulate
from dancelike.runtime.trace import TraceProbe

__all__ = [
    "Clock",
    "Codec",
    "Conditions",
    "Dispatch",
    "DropReason",
    "EdgeStatistics",
    "Engine",
    "FlowProbe",
    "FrameFlow",
    "Governor",
    "GovernorRules",
    "Histogram",
    "JsonCodec",
    "LiveRun",
    "Load",
    "ManualClock",
    "Mode",
    "PathLatency",
    "Percentiles",
    "Probe",
    "Progress",
    "Replay",
    "RunLog",
    "RunReport",
    "Step",
    "SystemClock",
    "TaskLoad",
    "TaskStatistics",
    "TraceProbe",
    "admit",
    "available_cores",
    "costs_of",
    "estimate_load",
    "ladder",
    "ratios_of",
    "replay",
    "run_offline",
    "run_realtime",
    "simulate",
]
