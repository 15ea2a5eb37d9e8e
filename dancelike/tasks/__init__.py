"""One thin task for each job: it adapts a part of the layers below to the graph, and holds no algorithm of its own."""
