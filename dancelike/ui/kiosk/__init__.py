"""The kiosk's screen: one sentence, one figure, one gesture, over the dancer."""
