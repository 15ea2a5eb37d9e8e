"""The kiosk door: a machine in a hallway that wakes when someone wants to dance."""
