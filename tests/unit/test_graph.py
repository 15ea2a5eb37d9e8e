from __future__ import annotations

from fractions import Fraction

import pytest

from dancelike.errors import GraphError, InternalError
from dancelike.graph import DeviceSource, Graph, Join, JoinKind, Overflow, Port, Restart, Task
from dancelike.testing.flow import RecordingSink, RelayTask, ScriptedSource


def chain() -> Graph:
    graph = Graph("chain")
    graph.add(ScriptedSource("numbers", [], payload=int))
    graph.add(RelayTask("double"))
    graph.add(RecordingSink("total"))
    graph.connect("numbers.out", "double.in", capacity=2)
    graph.connect("double.out", "total.in", capacity=3, overflow=Overflow.DROP_OLDEST)
    return graph


def test_a_graph_is_data():
    graph = chain()
    graph.validate()
    assert [task.name for task in graph.tasks] == ["numbers", "double", "total"]
    assert graph["double"] is graph.tasks[1]
    assert [edge.name for edge in graph.edges] == ["numbers.out -> double.in", "double.out -> total.in"]
    assert graph.edges[0].overflow is Overflow.FAULT


def test_order_puts_producers_first_and_is_otherwise_as_declared():
    graph = Graph("diamond")
    graph.add(RecordingSink("sink"))
    graph.add(RelayTask("join", ("b", "a")))
    graph.add(RelayTask("right"))
    graph.add(RelayTask("left"))
    graph.add(ScriptedSource("source", []))
    graph.connect("source.out", "left.in", capacity=1)
    graph.connect("source.out", "right.in", capacity=1)
    graph.connect("left.out", "join.a", capacity=1)
    graph.connect("right.out", "join.b", capacity=1)
    graph.connect("join.out", "sink.in", capacity=1)
    assert graph.order() == ("source", "right", "left", "join", "sink")


def test_mermaid_draws_tasks_and_edges():
    assert chain().to_mermaid() == (
        "flowchart LR\n"
        '    t0(["numbers"])\n'
        '    t1["double"]\n'
        '    t2["total"]\n'
        '    t0 -->|"out to in, 2"| t1\n'
        '    t1 -->|"out to in, 3, drop oldest"| t2\n'
    )


@pytest.mark.parametrize("name", ["", "a.b", None, 3])
def test_a_name_is_text_without_a_dot(name):
    with pytest.raises(GraphError, match=r"class RecordingSink has the name .*, but a name is text without a dot"):
        Graph("g").add(RecordingSink(name))


def test_a_class_in_place_of_a_task_is_refused():
    class Named(RecordingSink):
        name = "named"

    with pytest.raises(GraphError, match=r"Named is a class, but a graph holds tasks; add Named\(\.\.\.\)"):
        Graph("g").add(Named)


def test_two_tasks_of_one_name_are_refused():
    graph = chain()
    with pytest.raises(GraphError, match="the graph 'chain' has a task 'total' already; give the second another name"):
        graph.add(RecordingSink("total"))


def test_two_ports_of_one_name_are_refused():
    with pytest.raises(GraphError, match="the input ports of task 'x' must have different names, but are 'a', 'a'"):
        Graph("g").add(RelayTask("x", ("a", "a")))


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("nobody.out", "total.in", "has no task 'nobody'; it has 'numbers', 'double', 'total', 'free'"),
        ("numbers.frames", "free.in", "task 'numbers' has no output 'frames'; it has 'out'"),
        ("numbers.out", "free.frames", "task 'free' has no input 'frames'; it has 'in'"),
        ("numbers.out", "numbers.in", "task 'numbers' has no input 'in'; it has none"),
        ("numbers", "free.in", "an edge ends at 'task.port', but got 'numbers'; write for example 'decode.frames'"),
        ("double.out", "total.in", "the input 'in' of task 'total' has an edge already; it takes one"),
        (
            "double.out",
            "free.in",
            "task 'free' takes str at 'in', but double.out gives object; connect ports of one type",
        ),
    ],
)
def test_a_wrong_edge_is_refused(source, target, message):
    graph = chain()
    graph.add(RecordingSink("free", payload=str))
    with pytest.raises(GraphError, match=message):
        graph.connect(source, target, capacity=1)


@pytest.mark.parametrize("capacity", [0, -1, 1.5, True])
def test_a_capacity_is_at_least_one(capacity):
    graph = Graph("g")
    graph.add(ScriptedSource("a", []))
    graph.add(RecordingSink("b"))
    with pytest.raises(GraphError, match=rf"the edge a.out -> b.in has capacity {capacity}, but needs a whole number"):
        graph.connect("a.out", "b.in", capacity=capacity)


def test_an_edge_may_lead_to_a_wider_type():
    graph = Graph("g")
    graph.add(ScriptedSource("a", [], payload=bool))
    graph.add(RecordingSink("b", payload=int))
    assert graph.connect("a.out", "b.in", capacity=1).capacity == 1


def test_an_empty_graph_is_refused():
    with pytest.raises(GraphError, match="the graph 'g' has no task; add at least a source"):
        Graph("g").validate()


def test_open_ports_are_refused():
    graph = Graph("g")
    graph.add(ScriptedSource("a", []))
    with pytest.raises(GraphError, match="the output 'out' of task 'a' is not connected; connect it or declare it not"):
        graph.validate()
    graph["a"].outputs = (Port("out", object, required=False),)
    graph.validate()
    graph.add(RecordingSink("b"))
    with pytest.raises(GraphError, match="the input 'in' of task 'b' is not connected; connect an output to it"):
        graph.validate()


def test_a_task_without_inputs_is_refused():
    graph = Graph("g")
    graph.add(RelayTask("idle", ()))
    with pytest.raises(GraphError, match="task 'idle' has no input; make it a SourceTask or declare its ports"):
        graph.validate()


def test_a_cycle_is_refused_and_named():
    graph = Graph("g")
    for name in ("after", "a", "b", "c"):
        graph.add(RelayTask(name))
    graph.connect("a.out", "b.in", capacity=1)
    graph.connect("b.out", "c.in", capacity=1)
    graph.connect("c.out", "a.in", capacity=1)
    graph.connect("c.out", "after.in", capacity=1)
    graph["after"].outputs = ()
    with pytest.raises(
        GraphError, match=r"the edges form a cycle \((a -> b -> c -> a|b -> c -> a -> b|c -> a -> b -> c)\)"
    ):
        graph.validate()


def test_joins_and_restarts_are_checked():
    assert Join.nearest(Fraction(1, 50)) == Join(JoinKind.NEAREST, Fraction(1, 50))
    with pytest.raises(ValueError, match="tolerance_s must be 0 or more, but is -1"):
        Join.nearest(Fraction(-1))
    with pytest.raises(ValueError, match="Restart needs 0 < first_ms <= longest_ms and attempts of at least 1"):
        Restart(first_ms=0.0)


class Ear(Task):
    name = "ear"
    inputs = (Port("in", object),)
    outputs = (Port("awake", bool), Port("level", float, required=False))

    def process(self, inputs):
        return ()


def eared() -> Graph:
    graph = chain()
    graph.add(Ear())
    graph.connect("double.out", "ear.in", capacity=1)
    return graph


def test_a_gate_counts_as_a_connection_and_is_drawn():
    graph = eared()
    with pytest.raises(GraphError, match="the output 'awake' of task 'ear' is not connected"):
        graph.validate()
    gate = graph.gate("ear.awake", ["total"])
    graph.validate()
    assert graph.gates == (gate,)
    assert '    t3 -.->|"awake"| t2\n' in graph.to_mermaid()


@pytest.mark.parametrize("name", ["ear", "double", "numbers"])
def test_a_gate_leaves_awake_what_it_lives_from(name):
    graph = eared()
    graph.gate("ear.awake", [name])
    with pytest.raises(GraphError, match=f"the gate ear.awake puts '{name}' to sleep, which it needs itself to wake"):
        graph.validate()


@pytest.mark.parametrize(
    ("source", "sleepers", "message"),
    [
        ("ear.level", ["total"], "the gate ear.level gives float, but a gate is a port with payload bool"),
        ("ear.awake", [], "the gate ear.awake has no task to put to sleep"),
        ("ear.awake", ["nobody"], "has no task 'nobody'"),
        ("ear.out", ["total"], "task 'ear' has no output 'out'"),
    ],
)
def test_a_gate_that_cannot_be_is_refused(source, sleepers, message):
    with pytest.raises(GraphError, match=message):
        eared().gate(source, sleepers)


def test_a_port_is_one_gate():
    graph = eared()
    graph.gate("ear.awake", ["total"])
    with pytest.raises(GraphError, match=r"the port ear\.awake is a gate already; name all its tasks at once"):
        graph.gate("ear.awake", ["total"])


def test_a_device_has_a_clock_in_live_runs_only():
    class Camera(DeviceSource):
        name = "camera"

        def next(self):
            return ()

    camera = Camera()
    assert camera.period_s is None
    with pytest.raises(InternalError, match="Camera asked for the time, but only a live driver lends a clock"):
        _ = camera.clock
