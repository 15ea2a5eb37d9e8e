"""View-models: what a screen shows and does, in plain Python; they are tested without a window."""
