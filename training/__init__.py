"""Beside the stack: what makes pictures, data and models; nothing in ``dancelike`` imports it."""
