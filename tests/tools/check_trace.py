#!/usr/bin/env python3
"""check_trace.py FILE...: is a trace what the Trace Event Format asks for, strictly?

Kinds of events and their fields, metadata once per track, slices that nest, times that agree with
the exact ones, flows that start once, end once, go forward and bind to slices.
"""
import json
import sys

FIELDS = {
    "M": {"ph", "name", "pid", "tid", "args"},
    "X": {"ph", "name", "pid", "tid", "ts", "dur", "args", "cat"},
    "s": {"ph", "name", "pid", "tid", "ts", "cat", "id"},
    "t": {"ph", "name", "pid", "tid", "ts", "cat", "id"},
    "f": {"ph", "name", "pid", "tid", "ts", "cat", "id", "bp"},
}


def need(truth, what, event=None):
    if not truth:
        sys.exit(f"{what}: {json.dumps(event)}")


def no_twins(pairs):
    keys = [key for key, _ in pairs]
    need(len(keys) == len(set(keys)), "a key twice", keys)
    return dict(pairs)


def check_event(event):
    kind = event.get("ph")
    need(kind in FIELDS, "unknown kind", event)
    need(set(event) <= FIELDS[kind], "unknown field", event)
    need(FIELDS[kind] - {"cat", "bp"} <= set(event), "missing field", event)
    need(type(event["pid"]) is int and type(event["tid"]) is int, "pid and tid are integers", event)
    need(isinstance(event["name"], str) and event["name"], "name", event)
    if kind == "M":
        need(event["name"] in ("process_name", "thread_name"), "metadata", event)
        need(isinstance(event["args"].get("name"), str), "a name", event)
        return
    need(isinstance(event["ts"], (int, float)) and event["ts"] >= 0, "ts", event)
    if kind == "X":
        need(isinstance(event["dur"], (int, float)) and event["dur"] >= 0, "dur", event)
        start, end = event["args"]["from_ps"], event["args"]["until_ps"]
        need(abs(event["ts"] * 1e6 - start) <= 1 + start * 1e-15, "ts is not from_ps", event)
        need(abs(event["dur"] * 1e6 - (end - start)) <= 1 + end * 1e-15, "dur", event)
    else:
        need(isinstance(event["id"], (int, str)) and event["cat"], "id and cat", event)


def check_nesting(track, slices):
    slices.sort(key=lambda s: (s[0], -s[1]))
    open_slices = []
    for start, end in slices:
        while open_slices and open_slices[-1] <= start:
            open_slices.pop()
        need(not open_slices or end <= open_slices[-1], f"slices overlap on {track}", [start, end])
        open_slices.append(end)


def check(path):
    with open(path) as file:
        trace = json.load(file, object_pairs_hook=no_twins)
    need(trace.get("displayTimeUnit") in ("ms", "ns"), "displayTimeUnit")
    slices, named, flows = {}, set(), {}
    for event in trace["traceEvents"]:
        check_event(event)
        track = (event["pid"], event["tid"])
        if event["ph"] == "M":
            key = (event["name"], event["pid"], event["tid"] if event["name"][0] == "t" else None)
            need(key not in named, "named twice", event)
            named.add(key)
        elif event["ph"] == "X":
            slices.setdefault(track, []).append((event["args"]["from_ps"], event["args"]["until_ps"]))
        else:
            flows.setdefault((event["cat"], event["name"], event["id"]), []).append(event)
    for track, list_of in slices.items():
        need(("process_name", track[0], None) in named, "a process without name", track)
        need(("thread_name", *track) in named, "a track without name", track)
        check_nesting(track, list_of)
    for events in flows.values():
        kinds = [event["ph"] for event in sorted(events, key=lambda e: (e["ts"], "stf".index(e["ph"])))]
        need(kinds[0] == "s" and kinds[-1] == "f" and set(kinds[1:-1]) <= {"t"}, "a flow", events)
        for event in events:
            ts = event["ts"] * 1e6
            near = slices.get((event["pid"], event["tid"]), [])
            need(any(a - 1 <= ts <= b + 1 for a, b in near), "a flow that binds to no slice", event)
            need(event["ph"] != "f" or event.get("bp") == "e", "an end that binds to the next slice", event)
    print(f"{path}: {len(trace['traceEvents'])} events, {len(slices)} tracks, {len(flows)} flows: valid")


for argument in sys.argv[1:]:
    check(argument)
