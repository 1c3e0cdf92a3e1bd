#!/usr/bin/env python3
"""Rates of results, detectors and observables against those that Stim was seen to give.

For each EXPECTED file (JSON: file, shots, measure_rate, detector_rate_sampled, detector_rate_exact,
observable_rate_sampled): `qspan sample` draws shots, and each rate must lie within 5 sigma of the
difference; the exact rates of detectors, 1/2 - 1/2 prod (1 - 2 p) over the errors of `qspan dem`,
must be equal to 1e-6.
Needs numpy. 67 files take 3 minutes, with --shots 3000 one.

usage: stim_rates.py [--qspan PATH] [--shots N] CIRCUITS_FOLDER EXPECTED.json ...
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy


def sample(args, path, folder, flags, n):
    out = os.path.join(folder, "out.b8")
    subprocess.run([args.qspan, "sample", "-q", path, "--shots", str(args.shots), "--seed", "5",
                    "--out-format", "b8", "-o", out, *flags], check=True)
    rows = numpy.fromfile(out, dtype=numpy.uint8).reshape(args.shots, (n + 7) // 8)
    bits = numpy.unpackbits(rows, axis=1, bitorder="little", count=n)
    return bits.mean(axis=0)


def worst(got, want, shots_got, shots_want):
    """The largest deviation in sigmas."""
    p = (got * shots_got + want * shots_want) / (shots_got + shots_want)
    sigma = numpy.sqrt(numpy.maximum(p * (1 - p), 1 / (shots_got + shots_want)) *
                       (1 / shots_got + 1 / shots_want))
    return float(numpy.max(numpy.abs(got - want) / sigma)) if len(want) else 0.0


def exact_rates(args, path, n_detectors):
    """From the model; repeat blocks do not occur without --fold-loops."""
    text = subprocess.run([args.qspan, "dem", "-q", path, "--approximate-disjoint-errors", "1"],
                          check=True, capture_output=True, text=True).stdout
    products = numpy.ones(n_detectors)
    for line in text.splitlines():
        if line.startswith("error"):
            p = float(line[line.index("(") + 1:line.index(")")])
            for word in line.split()[1:]:
                if word[0] == "D":
                    products[int(word[1:])] *= 1 - 2 * p
    return 0.5 - 0.5 * products


def check(args, expected, folder):
    path = os.path.join(args.circuits, expected["file"])
    shots = expected.get("shots", 0)
    report = []
    if "measure_rate" in expected:
        got = sample(args, path, folder, [], expected["measurements"])
        report.append(("results", worst(got, numpy.array(expected["measure_rate"]), args.shots,
                                        shots)))
    if "detector_rate_sampled" in expected and expected["detectors"] > 0:
        n = expected["detectors"] + expected["observables"]
        want = expected["detector_rate_sampled"] + expected["observable_rate_sampled"]
        got = sample(args, path, folder, ["--detectors", "--append-observables"], n)
        report.append(("events", worst(got, numpy.array(want), args.shots, shots)))
    if "detector_rate_exact" in expected and expected["detectors"] > 0:
        want = numpy.array(expected["detector_rate_exact"])
        difference = numpy.abs(exact_rates(args, path, expected["detectors"]) - want)
        report.append(("exact", float(numpy.max(difference / numpy.maximum(want, 1e-9)))))
    is_good = all(value < (1e-6 if name == "exact" else 5) for name, value in report)
    print(expected["file"], *(f"{name} {value:.2g}" for name, value in report),
          "ok" if is_good else "BAD", flush=True)
    return is_good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--qspan", default="build/qspan")
    parser.add_argument("--shots", type=int, default=100000)
    parser.add_argument("circuits")
    parser.add_argument("expected", nargs="+")
    args = parser.parse_args()
    n_bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in args.expected:
            with open(name, encoding="utf-8") as file:
                expected = json.load(file)
            try:
                n_bad += not check(args, expected, folder)
            except subprocess.CalledProcessError as error:
                n_bad += 1
                print(expected["file"], "refused:", (error.stderr or "").strip()[:200])
    print(len(args.expected), "files,", n_bad, "bad")
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
