"""Training pictures with exact labels, made out of nothing but code: `scripts/make_dataset.py` is the door.

`wear` dresses random bodies, `poses` makes a bank of poses, `pool` keeps both on disk, `places` paints what is behind,
`props` stands things in the way, `draw` holds the compiled loops, `lens` is the camera's faults, `sample` composes one
picture from a seed and an index, `shards` writes and reads them, `sheet` shows them.
"""
