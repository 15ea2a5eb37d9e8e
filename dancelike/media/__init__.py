"""Clips in and out, through PyAV: probing, decoding, writing, sound.

Nothing is imported here, so that ``import dancelike.media`` stays cheap; name the module you need:
`dancelike.media.probe`, `dancelike.media.clips`, `dancelike.media.writer`, `dancelike.media.sound`.
"""
