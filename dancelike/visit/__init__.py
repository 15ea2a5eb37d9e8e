"""A visit to the kiosk: a pure state machine and its words, with no device, no clock and no screen."""

from dancelike.visit.cards import Card
from dancelike.visit.machine import Visit
from dancelike.visit.parts import Body, Command, Event, Person, State, Tick, Times

__all__ = ["Body", "Card", "Command", "Event", "Person", "State", "Tick", "Times", "Visit"]
