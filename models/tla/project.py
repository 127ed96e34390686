#!/usr/bin/env python3
"""Count the states of a TLC dump in which interchangeable threads are not distinguished.

The explorer in Rust keeps, of the threads, only how many are in each state, and decides which one
was notified when a thread wakes up. So "asleep" and "woken" are one there, next to the number of
pending notifications that the queue keeps itself. Two TLC states are the same for it if they
agree in that. The number of different ones must equal the number of its states.

Usage: project.py DUMP     prints two numbers: TLC's states, and those that are left.
"""

import re
import sys
from collections import Counter


def values(text):
    """The variables of one state, as text."""
    return dict(re.findall(r"/\\ (\w+) = (.*?)(?=\s*/\\ \w+ = |\s*$)", text, re.DOTALL))


def function(text):
    """A function with threads as arguments: (p1 :> "ready" @@ ...) or [a |-> ...]."""
    found = re.findall(r'"?(\w+)"?\s*(?::>|\|->)\s*"?(\w+)"?', text)
    return dict(found)


def canonical(state):
    """Returns the part of a state that the explorer keeps."""
    thread, left = function(state["thread"]), function(state["left"])
    situations = Counter()
    for name, status in thread.items():
        kind = re.sub(r"\d", "", name)
        place = {"woken": "asleep"}.get(status, status)
        rest = left.get(name, "") if status != "ended" else ""
        situations[kind, place, rest] += 1
    queue = tuple(re.findall(r'"(\w+)"', state["queue"]))
    notified = tuple(sorted(function(state["notified"]).items()))
    return queue, state["closed"].strip(), notified, frozenset(situations.items())


def main():
    with open(sys.argv[1], encoding="utf-8") as dump:
        states = re.split(r"State \d+:\n", dump.read())[1:]
    print(len(states), len({canonical(values(state)) for state in states}))


if __name__ == "__main__":
    main()
