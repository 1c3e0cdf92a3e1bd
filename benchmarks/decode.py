#!/usr/bin/env python3
"""Logical error rates of memory experiments, decoded by PyMatching.

Detection events come from `qspan sample --detectors`, the decoder's model from `qspan dem
--decompose-errors`. Given .stim files, the same with events and model of Stim is the comparison:
both rates must agree within 5 sigma, and the two models must be equal. Without files: the rotated
surface code, rounds = distance, all four noise strengths 0.003, against rates of 10^7 and more shots.

usage: decode.py [--qspan PATH] [--shots N] [--seed S] [--venv DIR] [FILE.stim ...]

A million shots of each take a minute, --shots 50000 some seconds.

stim and pymatching are installed by pip into a virtual environment (--venv, default: a temporary
one) unless they are there already.
"""
import argparse
import math
import os
import subprocess
import sys
import tempfile
import venv

KNOWN = {3: 6.549e-3, 5: 3.253e-3, 7: 1.427e-3}


def enter_venv(folder):
    """Runs this script again under a Python that has the two packages."""
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "-q", "install", "stim", "pymatching"], check=True)
    os.execv(python, [python, *sys.argv])


def run(command):
    subprocess.run(command, check=True)


def predict(matching, events):
    return matching.decode_batch(events, bit_packed_shots=True, bit_packed_predictions=True)


def failure_rate(predictions, flips):
    return float((predictions != flips).any(axis=1).mean())


def sample_with_qspan(args, circuit, path, folder):
    """Bit-packed detection events and observable flips."""
    import numpy
    events, flips = os.path.join(folder, "events.b8"), os.path.join(folder, "flips.b8")
    run([args.qspan, "sample", "-q", path, "--detectors", "--shots", str(args.shots), "--seed",
         str(args.seed), "--out-format", "b8", "-o", events, "--obs-out", flips,
         "--obs-out-format", "b8"])
    read = lambda name, n: numpy.fromfile(name, dtype=numpy.uint8).reshape(args.shots, (n + 7) // 8)
    return read(events, circuit.num_detectors), read(flips, circuit.num_observables)


def rate_of_qspan(args, circuit, path, folder):
    import pymatching
    import stim
    model_path = os.path.join(folder, "model.dem")
    run([args.qspan, "dem", "-q", path, "--decompose-errors", "-o", model_path])
    model = stim.DetectorErrorModel.from_file(model_path)
    events, flips = sample_with_qspan(args, circuit, path, folder)
    matching = pymatching.Matching.from_detector_error_model(model)
    return failure_rate(predict(matching, events), flips), model


def rate_of_stim(args, circuit):
    import pymatching
    model = circuit.detector_error_model(decompose_errors=True)
    events, flips = circuit.compile_detector_sampler(seed=args.seed).sample(
        args.shots, separate_observables=True, bit_packed=True)
    matching = pymatching.Matching.from_detector_error_model(model)
    return failure_rate(predict(matching, events), flips), model


def sigma(rates, shots):
    p = sum(rates) / len(rates)
    return math.sqrt(max(p * (1 - p), 1 / shots) / shots)


def check_known(args, folder):
    import stim
    is_good = True
    for distance, want in KNOWN.items():
        path = os.path.join(folder, f"d{distance}.stim")
        circuit = stim.Circuit.generated(
            "surface_code:rotated_memory_z", distance=distance, rounds=distance,
            after_clifford_depolarization=0.003, before_round_data_depolarization=0.003,
            before_measure_flip_probability=0.003, after_reset_flip_probability=0.003)
        circuit.to_file(path)
        rate, _ = rate_of_qspan(args, circuit, path, folder)
        deviation = (rate - want) / sigma([want], args.shots)
        is_good = is_good and abs(deviation) < 5
        print(f"d={distance}: {rate:.4e} per shot, expected {want:.4e}, {deviation:+.1f} sigma",
              flush=True)
    return is_good


def check_file(args, path, folder):
    import stim
    circuit = stim.Circuit.from_file(path)
    rate, model = rate_of_qspan(args, circuit, path, folder)
    want, stims_model = rate_of_stim(args, circuit)
    deviation = (rate - want) / (math.sqrt(2) * sigma([rate, want], args.shots))
    is_same = model.approx_equals(stims_model, atol=1e-12)
    print(f"{os.path.basename(path)}: qspan {rate:.4e}, stim {want:.4e}, {deviation:+.1f} sigma, "
          f"models {'equal' if is_same else 'DIFFERENT'}", flush=True)
    return is_same and abs(deviation) < 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--qspan", default="build/qspan")
    parser.add_argument("--shots", type=int, default=1000000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--venv")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    try:
        import pymatching  # noqa: F401
        import stim  # noqa: F401
    except ImportError:
        enter_venv(args.venv or tempfile.mkdtemp(prefix="qspan_decode_"))
    with tempfile.TemporaryDirectory() as folder:
        if args.files:
            is_good = all([check_file(args, path, folder) for path in args.files])
        else:
            is_good = check_known(args, folder)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
