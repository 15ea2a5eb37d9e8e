"""The graph as plain data: tasks, ports, edges, joins. How and when it runs is the business of `dancelike.runtime`."""

from dancelike.graph.device import RUN_TIME_BASE, Device, DeviceSink, DeviceSource, RunClock
from dancelike.graph.edge import Edge, Overflow
from dancelike.graph.gate import Gate
from dancelike.graph.graph import Graph
from dancelike.graph.join import Join, JoinKind
from dancelike.graph.task import Emit, Node, Packet, Port, Restart, SourceTask, Task

__all__ = [
    "RUN_TIME_BASE",
    "Device",
    "DeviceSink",
    "DeviceSource",
    "Edge",
    "Emit",
    "Gate",
    "Graph",
    "Join",
    "JoinKind",
    "Node",
    "Overflow",
    "Packet",
    "Port",
    "Restart",
    "RunClock",
    "SourceTask",
    "Task",
]
