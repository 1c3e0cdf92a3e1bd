#!/usr/bin/env python3
"""Reads qspan's HDF5 files with h5py and compares them with what JSON says.

usage: check_hdf5.py RESULTS.h5 RESULTS.json [STATE.h5]

Needs h5py and numpy; not part of the tests. Exit code 1 with the reason if something differs."""
import json
import sys

import h5py
import numpy


def check(condition, what):
    if not condition:
        sys.exit(f"differs: {what}")


def check_units(file):
    def visit(name, item):
        check(not isinstance(item, h5py.Dataset) or "unit" in item.attrs, f"{name} has no unit")

    file.visititems(visit)


def texts(dataset):
    return [text.decode() for text in dataset[:]]


def check_counts(file, results):
    counts = dict(zip(texts(file["counts/keys"]), map(int, file["counts/shots"][:])))
    check(counts == results["counts"], "counts")
    n_bits = len(file["key_bits"])
    bits = numpy.unpackbits(file["records/keys"][:], axis=1, bitorder="little")[:, :n_bits]
    records = {}
    for row in bits:
        key = "".join(map(str, row[::-1]))
        records[key] = records.get(key, 0) + 1
    check(records == results["counts"], "records")
    qpus = texts(file["qpus"])
    for number, group in file["marginals"].items():
        marginal = dict(zip(texts(group["keys"]), map(int, group["shots"][:])))
        check(group.attrs["qpu"] == qpus[int(number)], "name of a marginal")
        check(marginal == results["marginals"][qpus[int(number)]], "marginals")


def check_results(file, results):
    check(file.attrs["format"] == "qspan results", "format")
    for name in ("version", "engine", "seed", "shots", "ranks"):
        check(file.attrs[name] == results[name], name)
    check(texts(file["qpus"]) == results["qpus"], "qpus")
    check(texts(file["key_bits"]) == results["key_bits"], "key_bits")
    for name in ("bits_sent", "branches", "peak_group_qubits", "peak_bytes_per_rank", "wall_s"):
        check(file[name][()] == results[name], name)
    for name in ("mean", "std_error", "min", "max", "timelines"):
        check(file["makespan_ps"][name][()] == results["makespan_ps"][name], f"makespan {name}")
    check(file["ebits/total"][()] == results["ebits"]["total"], "ebits")
    if "probabilities" in results:
        p = dict(zip(texts(file["probabilities/keys"]), file["probabilities/p"][:]))
        check(p == results["probabilities"], "probabilities")
    else:
        check_counts(file, results)
    for name, value in results.get("observables", {}).items():
        i = texts(file["observables/names"]).index(name)
        check(file["observables/values"][i] == value["value"], f"observable {name}")


def check_state(file):
    check(file.attrs["format"] == "qspan state", "format of the state")
    amplitudes = file["state"][:].view(complex)[:, 0]
    check(len(amplitudes) == 2 ** len(file["qubits"]), "size of the state")
    norm = float(numpy.linalg.norm(amplitudes))
    check(abs(norm - 1) < 1e-10, f"norm {norm}")


def main():
    with h5py.File(sys.argv[1]) as file, open(sys.argv[2], encoding="utf-8") as results:
        check_units(file)
        check_results(file, json.load(results))
    if len(sys.argv) > 3:
        with h5py.File(sys.argv[3]) as file:
            check_units(file)
            check_state(file)
    print("equal")


if __name__ == "__main__":
    main()
