"""The door to the models and to the machine: ``dancelike models``, ``doctor`` and ``warm-up``."""
