"""Numerical kernels: arrays in, arrays out.

Importing this package is cheap; each submodule imports numba when it is imported itself. Every kernel writes into a
buffer of the caller, allocates nothing, and releases the GIL; `dancelike.kernels.warm.warm_up` compiles or loads all.
"""
