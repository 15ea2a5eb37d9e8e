"""The profiler: what each task of a live session costs on this machine, and whether all keep their budget."""
