"""Reads the window as a screen reader does, over the accessibility bus, and prints what it found as JSON.

Runs in the system's Python, which has the bindings (Debian: at-spi2-core, gir1.2-atspi-2.0, python3-gi, xdotool),
inside ``dbus-run-session`` and a display: ``python3 screen_reader.py COMMAND ...``, where the command starts the window
on a library with one dance and one finished take. It moves between the screens by pressing buttons over the bus, and
with Tab.
"""

import json
import subprocess
import sys
import time  # noqa: TID251  waits for another process

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

PATIENCE_S = 60.0
# What people act on; the rest is text and pictures.
ACTED_ON = {
    "push button", "toggle button", "check box", "radio button", "combo box", "spin button", "slider", "list",
    "menu item", "text", "entry", "table", "list item", "button menu",
}  # fmt: skip
# The way through the screens: the button to press, what then must be there.
WAY = (
    ("library", None, "Dance"),
    ("history", "History", "Look at it"),
    ("settings", "Settings", "Language"),
    ("library", "Library", "Dance"),
    ("setup", "Dance", "Picture of the camera"),
    ("calibrate", "Calibrate", "Begin"),
    ("setup", "Back", "Start"),
    ("perform", "Start", "Restart"),
    ("library", "Stop", "Practise"),
    ("practise", "Practise", "Options"),
    ("library", "Stop", "Dance"),
    ("history", "History", "Look at it"),
    ("review", "Look at it", "Dance again"),
)


def walk(node, into):
    """Collect all that is shown."""
    for k in range(node.get_child_count()):
        child = node.get_child_at_index(k)
        if child is None:
            continue
        states = child.get_state_set()
        if not states.contains(Atspi.StateType.SHOWING):
            continue
        into.append(child)
        walk(child, into)


def fresh(app):
    app.clear_cache()
    found = []
    walk(app, found)
    return found


def described(node):
    states = node.get_state_set()
    return {
        "role": node.get_role_name(),
        "name": node.get_name(),
        "description": node.get_description(),
        "enabled": states.contains(Atspi.StateType.ENABLED),
        "focusable": states.contains(Atspi.StateType.FOCUSABLE),
        "key": key_of(node),
    }


def key_of(node):
    action = node.get_action_iface()
    if action is None:
        return ""
    return next((k for k in (Atspi.Action.get_key_binding(action, i) for i in range(action.get_n_actions())) if k), "")


def wait_for(what, look):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            found = look()
        except GLib.Error:  # it went away while it was read
            found = None
        if found:
            return found
        time.sleep(0.25)
    sys.exit(f"{what} did not come")


def named(app, name):
    return [n for n in fresh(app) if n.get_name() == name and n.get_state_set().contains(Atspi.StateType.ENABLED)]


def press(app, name):
    def pressed():
        for node in named(app, name):
            action = node.get_action_iface()
            if action is not None and node.get_role_name() in ACTED_ON:
                return any(
                    Atspi.Action.do_action(action, i)
                    for i in range(action.get_n_actions())
                    if Atspi.Action.get_action_name(action, i) in {"Press", "Toggle"}
                )
        return False

    wait_for(f"the button {name!r}", pressed)


def tabbed(app, steps):
    """Return what has the focus after each press of Tab."""
    seen = []
    for _ in range(steps):
        subprocess.run(["xdotool", "key", "--clearmodifiers", "Tab"], check=True)
        time.sleep(0.08)
        focused = [n for n in fresh(app) if n.get_state_set().contains(Atspi.StateType.FOCUSED)]
        # A list's current item keeps its mark when the list has not the focus any more.
        items = [n.get_parent() for n in focused if n.get_role_name() == "list item"]
        others = [n for n in focused if n.get_role_name() not in {"list item", "list"}]
        seen += [[node.get_role_name(), node.get_name()] for node in (others or items)[-1:]]
        if len(seen) > 3 and seen[-1] == seen[0] and len({tuple(one) for one in seen}) > 1:
            break
    return seen


def main():
    window = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    screens = []
    try:
        desktop = Atspi.get_desktop(0)

        def application():
            for k in range(desktop.get_child_count()):
                child = desktop.get_child_at_index(k)
                if child is not None and child.get_name() == "dancelike":
                    return child
            return None

        app = wait_for("the window on the bus", application)
        for screen, button, then in WAY:
            if button is not None:
                press(app, button)
            wait_for(f"{then!r} on {screen}", lambda then=then: named(app, then))
            if screen == "library" and not screens:
                shown = subprocess.run(
                    ["xdotool", "search", "--onlyvisible", "--name", "^dancelike$"],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                subprocess.run(["xdotool", "windowfocus", "--sync", shown.stdout.split()[-1]], check=True)
            time.sleep(0.5)
            found = [described(node) for node in fresh(app)]
            if screen not in {one["screen"] for one in screens}:
                tabs = tabbed(app, 40)
                screens.append({"screen": screen, "found": found, "tabs": tabs})
    finally:
        window.terminate()
        window.wait(30)
    json.dump(screens, sys.stdout, ensure_ascii=False)


main()
