from __future__ import annotations

from fractions import Fraction

import pytest

from dancelike.errors import GraphError
from dancelike.graph import Graph, Join, JoinKind, Overflow, Port, Restart
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
