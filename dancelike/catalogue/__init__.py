"""The door to the models, the machine and the library: ``dancelike models``, ``doctor``, ``library`` and more."""
