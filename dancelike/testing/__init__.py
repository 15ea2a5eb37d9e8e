"""Public fakes: dancers and bodies from a seed, tasks that misbehave on request, graphs in virtual time.

The project's own tests are built on them, and so can be those of anybody who builds a graph.
"""
