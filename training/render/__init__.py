"""Parametric dancers, rendered with exact labels: the demo today, training pictures tomorrow.

`bodies` makes a dressed body out of the parametric model, `choreography` says how it moves,
`skinning` poses it, `raster` finds what each sample sees, `scene` lights and composes it,
`music` gives the beat and `video` writes the file.
"""
