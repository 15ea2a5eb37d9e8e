"""The door to the window."""
