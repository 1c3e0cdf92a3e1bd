#!/usr/bin/env python3
"""Compares qspan with Stim itself; no part of the tests, as it needs the Python package stim.

usage: check_stim.py [--qspan build/qspan] [language] [generators] [FILE.stim ...]

language    every name of stim.gate_data with arguments and targets of every form, alone and mixed:
            what Stim reads qspan reads, and Stim reads what qspan prints as the same circuit; what
            Stim refuses qspan refuses. Differences that docs/stim.md names are left out.
generators  qspan gen against stim.Circuit.generated
FILE.stim   as `language`, for a file

Where stim is missing, it is installed into a virtual environment under the cache folder.
"""
import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import venv

try:
    import stim
except ImportError:
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    home = home / "qspan" / "stim"
    python = home / "bin" / "python"
    if pathlib.Path(sys.executable).parent == home / "bin":
        sys.exit("check_stim: the package stim cannot be imported")
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "stim"], check=True)
    os.execv(python, [str(python), *sys.argv])

n_checks = n_faults = 0


def check(is_right, *words):
    global n_checks, n_faults
    n_checks += 1
    if not is_right:
        n_faults += 1
        print("differs:", *words, flush=True)


def convert(qspan, path):
    """What qspan prints of a file, None and the message if it refuses."""
    done = subprocess.run([qspan, "convert", str(path), "-", "--to", "stim"], capture_output=True)
    message = done.stderr.decode(errors="replace")
    return (done.stdout.decode() if done.returncode == 0 else None), message


# ---- what a circuit says, whatever the spelling ----

SWAPPED = {"XCZ": "CX", "YCZ": "CY", "YCX": "XCY"}
LETTERS = {"M": "Z", "MX": "X", "MY": "Y", "MR": "Z", "MRX": "X", "MRY": "Y"}


def product(targets):
    """i^k and letters of a product; targets are Paulis."""
    total = stim.PauliString(0)
    for target in targets:
        if target.is_combiner:
            continue
        letter = stim.PauliString(target.value + 1)
        letter[target.value] = target.pauli_type
        total = total * (-letter if target.is_inverted_result_target else letter)
    return total.sign, tuple((q, total[q]) for q in total.pauli_indices())


def bit(target):
    return ("rec" if target.is_measurement_record_target else "sweep", target.value)


def say_pair(name, a, b):
    if name in SWAPPED:
        name, a, b = SWAPPED[name], b, a
    bits = [t for t in (a, b) if not t.is_qubit_target]
    if len(bits) == 2:
        return None
    if bits:
        qubit = b if a is bits[0] else a
        return ("feedback", name[-1], bit(bits[0]), qubit.value)
    return (name, a.value, b.value)


def say_result(name, group):
    if name == "MPAD":
        return ("result", (), group[0].value)
    if name == "MPP":
        sign, letters = product(group)
        return ("result", letters, 0 if sign == 1 else 1)
    inverted = sum(t.is_inverted_result_target for t in group) % 2
    letter = LETTERS.get(name, name[-1])
    letters = tuple(sorted((t.value, "_XYZ".index(letter)) for t in group))
    return ("result", letters, inverted, "reset" if name.startswith("MR") else "")


def normal(result):
    """A result without a reset is one of a product."""
    return result[:3] if result[-1] == "" else result


def say_instruction(instruction):
    name, args, tag = instruction.name, tuple(instruction.gate_args_copy()), instruction.tag
    targets = instruction.targets_copy()
    data = stim.gate_data(name)
    if data.produces_measurements and not name.startswith("HERALDED"):
        return [(tag, args, normal(say_result(name, g))) for g in instruction.target_groups()]
    if name in ("SPP", "SPP_DAG"):
        return [(tag, name, product(g)) for g in instruction.target_groups()]
    if name in ("E", "ELSE_CORRELATED_ERROR"):
        return [(tag, name, args, product(targets)[1])]
    if data.is_unitary and data.is_two_qubit_gate:
        pairs = [say_pair(name, *g) for g in instruction.target_groups()]
        if name == "II":
            return [(tag, "I", q) for pair in pairs for q in pair[1:]]
        return [(tag, pair) for pair in pairs if pair]
    if data.is_single_qubit_gate or data.is_noisy_gate:
        groups = [tuple(t.value for t in g) for g in instruction.target_groups()]
        return [(tag, name, *args, *g) for g in groups] if targets else []
    if name == "QUBIT_COORDS" and not targets:
        return []
    if name == "OBSERVABLE_INCLUDE":
        targets = [t for t in targets if not t.pauli_type != "I"] + [
            t for t in targets if t.pauli_type != "I"
        ]
    return [(tag, name, args, tuple(map(str, targets)))]


def say(circuit):
    lines = []
    for instruction in circuit:
        if instruction.name == "REPEAT":
            body = say(instruction.body_copy())
            lines.append((instruction.tag, "REPEAT", instruction.repeat_count, body))
        else:
            lines += say_instruction(instruction)
    return lines


def is_same(wanted, got):
    if any(i.name in ("SPP", "SPP_DAG") for i in wanted):  # qspan spells these out
        pad = stim.Circuit("I " + " ".join(map(str, range(32))))
        return (pad + wanted[1:]).to_tableau() == (pad + got[1:]).to_tableau()
    return say(wanted) == say(got)


# ---- the language ----

QUBITS = ["", "5", "1 2", "1 2 3", "0 1 2 3", "1 1", "!1", "!1 2", "1 !2", "!1 !2", "16777215", "00"]
BITS = ["rec[-1]", "rec[-4] 1", "1 rec[-4]", "rec[-1] rec[-2]", "sweep[3] 1", "1 sweep[3]",
        "rec[-1] sweep[0]", "!rec[-1] 1", "rec[-5] 1", "rec[0] 1", "sweep[-1] 1", "rec[-01] 1",
        "rec[-1] 1 2 3", "rec[-1] rec[-1] rec[-2]", "sweep[16777215] 1", "sweep[16777216] 1"]
PAULIS = ["X1", "x1 y2", "!Z1", "X1*Y2", "X1*X1", "!X1*!Y2*Z3", "X1*Y1", "X1*Y1*Z1", "X1*!X1",
          "X1 * Y2", "X1*", "*X1", "X1**Y2", "X1 Y2*Z3", "X1 X1", "X1 Y1", "Z1*rec[-1]", "rec[-1] X2",
          "X1 rec[-2]", "X-1", "X", "1*2", "1 X2", "!!X1", "X1*Y2*", "X1 *Y2", "X1* Y2", "I1"]
OTHERS = ["-1", "16777216", "18446744073709551616", "1.5", "a", "rec", "1,2", "1 # 2", "0 1 0 1", "2",
          "+1", "1 {", "}", "1; 2", "1\t2", "rec[-1]rec[-2]", "1 2 ", "4294967296"]
ARGS = ["", "()", "(0)", "(1)", "(0.25)", "(-0.5)", "(1.5)", "(0.25,0.25)", "(0.5,0.5,0.25)",
        "(0.1,0.2,0.3)", "(0,0,0,1)", "(0.1,0.2,0.3,0.4)", "(%s)" % ",".join(["0.05"] * 15),
        "(%s)" % ",".join(["0.07"] * 15), "(%s)" % ",".join(["0.01"] * 16), "(3)", "( 1 , 2 )",
        "(1e-3)", "(nan)", "(inf)", "(1,)", "(,1)", "(1", "1)", "(a)", "(0x1)", "(1 2)", "(+1)",
        "(1e400)", "(.5)", "(5.)", "(9007199254740993)"]
TAGS = ["", "[a]", "[]", "[a b(c)=1,2]", "[\\B\\C\\n\\r]", "[a]b", "[[]", "[a\\t]", "[\u00e9\u4e2d]", "[#]"]


def is_documented(line):
    """Lines that Stim's parser takes and qspan refuses, as docs/stim.md says."""
    name = line.split(" ")[0].split("(")[0].split("[")[0]
    return (
        re.search(r"\( *\)|\(,|,\)", line)  # arguments that are left out
        or (name.startswith("HERALDED") and "!" in line)
        or (name in ("E", "CORRELATED_ERROR", "ELSE_CORRELATED_ERROR") and "*" in line)
        or "rec[-5]" in line or "rec[-7]" in line  # before the first result: Stim refuses when it runs
        or (name in ("CNOT", "CX", "CY", "ZCX", "ZCY") and re.search(r" (rec|sweep)", line))
        or (name in ("XCZ", "YCZ") and re.search(r" (rec|sweep)", line))  # a bit as target: likewise
        or ("MPP" in name or "SPP" in name) and "X1*Y1" in line  # i times a Pauli string: likewise
        or line.startswith("REPEAT(")  # arguments of a block, which Stim drops
        or "9007199254740993" in line  # index of an observable from 2^53 on
    )


def lines_of(name):
    data = stim.gate_data(name)
    word = data.num_parens_arguments_range
    good = {0: "", 1: "(0.25)", 3: "(0.1,0.2,0.3)", 4: "(0.1,0.2,0.3,0.4)", 15: ARGS[12]}
    arg = "" if 0 in word else good[word[0]]
    if name == "OBSERVABLE_INCLUDE":
        arg = "(3)"
    targets = QUBITS + BITS + PAULIS + OTHERS
    plain = next(t for t in ("1 2", "X1*Y2 Z3", "X1", "rec[-1]", "") if read_stim(f"M 1\n{name}{arg} {t}"))
    for target in targets:
        yield f"{name}{arg} {target}"
    for other in ARGS:
        yield f"{name}{other} {plain}"
        yield f"{name}{other}"
    for tag in TAGS:
        yield f"{name}{tag}{arg} {plain}"
    yield f"{name.lower()}{arg} 1 2"
    yield f"{name} {arg} 1 2"
    yield f"{name}{arg}1 2"
    yield f"{name}[t] {arg} 1 2"


def read_stim(text):
    try:
        return stim.Circuit(text)
    except ValueError:
        return None


def check_language(qspan, folder):
    path = folder / "case.stim"
    head = "M 0 1 2 3\n"
    accepted = []
    names = sorted({alias for gate in stim.gate_data().values() for alias in gate.aliases})
    for name in names:
        lines = BLOCKS if name == "REPEAT" else lines_of(name)
        for line in dict.fromkeys(lines):
            wanted = read_stim(head + line)
            if wanted is not None:
                accepted.append((line, wanted))
                continue
            path.write_text(head + line)
            got, _ = convert(qspan, path)
            check(got is None, "Stim refuses", repr(line))
    # All that is accepted in one file, with marks between.
    marks = [f"TICK[case {i}]\n{head}{line}\n" for i, (line, _) in enumerate(accepted)]
    path.write_text("".join(marks))
    got, message = convert(qspan, path)
    if got is None:  # one by one, to find those that are refused
        outputs = []
        for line, _ in accepted:
            path.write_text(head + line + "\n")
            got, message = convert(qspan, path)
            check(got is not None or is_documented(line), "qspan refuses", repr(line), message.strip())
            outputs.append(got)
    else:
        outputs = [part.split("\n", 1)[1] for part in got.split("TICK[case ")[1:]]
    for (line, wanted), got in zip(accepted, outputs, strict=True):
        if got is None:
            continue
        again = read_stim(got)
        check(again is not None, "Stim refuses the print of", repr(line), repr(got))
        if again is not None:
            check(is_same(wanted, again), repr(line), "printed as", repr(got))
    print(f"language: {len(names)} names, {len(accepted)} lines that Stim reads")


BLOCKS = [
    "REPEAT 2 {\nH 1\n}", "REPEAT 2 { H 1\n}", "REPEAT[t] 2 {\nH 1\n}", "REPEAT 0 {\nH 1\n}",
    "REPEAT -1 {\n}", "REPEAT 1.5 {\n}", "REPEAT 2 3 {\nH 1\n}", "REPEAT {\nH 1\n}", "REPEAT 2\n{\nH 1\n}",
    "REPEAT 2 {", "REPEAT 2 {\nH 1\n}}", "REPEAT(1) 2 {\nH 1\n}", "repeat 3 {\nH 1\n}",
    "REPEAT 1000000000000000000 {\nH 1\n}", "REPEAT 9223372036854775808 {\nH 1\n}",
    "REPEAT 18446744073709551616 {\nH 1\n}", "REPEAT X1 {\nH 1\n}", "REPEAT rec[-1] {\nH 1\n}",
    "REPEAT 2 {\nREPEAT 3 {\nM 0\nDETECTOR rec[-1] rec[-2]\n}\nX 1\n}", "REPEAT 2 {\n H 1 }",
    "REPEAT 2 {\nM 1\n}\nDETECTOR rec[-6]", "REPEAT 2 {\nM 1\n}\nDETECTOR rec[-7]",
    "REPEAT 2 {\nDETECTOR rec[-5]\nM 1\n}", "REPEAT 2 {\nH 1\n} # end\nH 2", "REPEAT 2{\nH 1\n}",
    "REPEAT 2 {\nH 1\n} X 2",
]


# ---- generators ----

TASKS = {
    "repetition-memory": "repetition_code:memory",
    "rotated-memory-x": "surface_code:rotated_memory_x",
    "rotated-memory-z": "surface_code:rotated_memory_z",
    "unrotated-memory-x": "surface_code:unrotated_memory_x",
    "unrotated-memory-z": "surface_code:unrotated_memory_z",
}
NOISES = ["after_clifford_depolarization", "before_round_data_depolarization",
          "before_measure_flip_probability", "after_reset_flip_probability"]


def generate(qspan, name, *options):
    done = subprocess.run([qspan, "gen", name, *map(str, options)], capture_output=True, check=True)
    return done.stdout.decode()


def check_generators(qspan):
    rng = random.Random(1)
    for name, task in TASKS.items():
        for d, rounds in [(2, 1), (2, 2), (3, 1), (3, 3), (4, 2), (5, 7), (9, 1000000), (12, 2)]:
            for kind in range(4):
                noise = {k: round(kind * rng.random() / 3, 4) for k in NOISES if kind > 0 and rng.random() < 0.6 + kind / 10}
                wanted = stim.Circuit.generated(task, distance=d, rounds=rounds, **noise)
                options = [x for k, p in noise.items() for x in ("--" + k.replace("_", "-"), repr(p))]
                got = generate(qspan, name, "--distance", d, "--rounds", rounds, *options)
                check(got == str(wanted) + "\n", name, d, rounds, noise)
        check_patches(qspan, name, task)


def check_patches(qspan, name, task):
    """Patches that are not joined have the error model of one, each by itself; joined ones have
    detectors and observables that are certain, and their distance."""
    d, n_patches = 3, 4
    noise = [x for k in NOISES for x in ("--" + k.replace("_", "-"), 0.01)]
    one = stim.Circuit(generate(qspan, name, "--distance", d, *noise))
    many = stim.Circuit(generate(qspan, name, "--distance", d, "--patches", n_patches, *noise))
    check(many.num_qubits == n_patches * one.num_qubits, name, "labels of patches")
    check(many.num_detectors == n_patches * one.num_detectors, name, "detectors of patches")
    check(many.num_observables == n_patches, name, "observables of patches")
    check(sorted_errors(many) == sorted(n_patches * sorted_errors(one)), name, "errors of patches")
    for join in (1, 2, 4):
        joined = stim.Circuit(generate(qspan, name, "--distance", d, "--rounds", 5, "--patches", 2,
                                       "--join", join, *noise))
        model = joined.detector_error_model(decompose_errors=False)  # refuses uncertain detectors
        check(len(joined.shortest_graphlike_error(ignore_ungraphlike_errors=True)) >= d - 1,
              name, "distance when joined")
        check(model.num_observables == 2, name, "observables when joined")


def sorted_errors(circuit):
    """Probabilities of the error mechanisms and how many detectors and observables they flip."""
    errors = []
    for item in circuit.detector_error_model(flatten_loops=True):
        if item.type == "error":
            targets = item.targets_copy()
            n_logical = sum(t.is_logical_observable_id() for t in targets)
            errors.append((round(item.args_copy()[0], 12), len(targets), n_logical))
    return sorted(errors)


def check_file(qspan, name):
    wanted = read_stim(pathlib.Path(name).read_text())
    got, message = convert(qspan, name)
    if wanted is None:
        print(f"{name}: Stim refuses; qspan {'refuses' if got is None else 'reads'} it: {message.strip()}")
        return
    check(got is not None, name, message.strip())
    if got is not None:
        again = read_stim(got)
        check(again is not None and is_same(wanted, again), name)
        if str(again) != str(wanted):
            print(f"{name}: the same circuit, spelt differently")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    parser.add_argument("--qspan", default=str(root / "build" / "qspan"))
    parser.add_argument("what", nargs="*", default=["language"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for what in options.what:
            if what == "language":
                check_language(options.qspan, pathlib.Path(folder))
            elif what == "generators":
                check_generators(options.qspan)
            else:
                check_file(options.qspan, what)
    print(f"stim {stim.__version__}: {n_checks} comparisons, {n_faults} differences")
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main())
