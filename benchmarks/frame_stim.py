#!/usr/bin/env python3
"""Bulk sampling: qspan sample against stim, one thread each, rotated_memory_z with rounds = distance
and the four noise parameters 0.001 (or --noise).

Rates are marginal, between two numbers of shots, in user CPU time, so that start-up and the reference
shot do not count; runs of the two alternate, medians are printed. Output goes to /dev/null as b8.
Stim comes from pip into a virtual environment of its own, unless this Python has it.

    benchmarks/frame_stim.py build/qspan [--distances 7,15,31,101] [--repeats 5] [--noise 0.001]
"""
import argparse, os, resource, statistics, subprocess, sys, tempfile, venv


def find_stim(scratch):
    probe = [sys.executable, "-c", "import stim; print(stim.__version__)"]
    python = sys.executable
    if subprocess.run(probe, capture_output=True).returncode != 0:
        where = os.path.join(scratch, "venv")
        venv.create(where, with_pip=True)
        python = os.path.join(where, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "-q", "stim"], check=True)
    version = subprocess.run([python, *probe[1:]], capture_output=True, text=True, check=True)
    main = "import sys, stim; sys.exit(stim.main(command_line_args=sys.argv[1:]))"
    return [python, "-c", main], version.stdout.strip()


def user_s(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with open(os.devnull, "wb") as nowhere:
        subprocess.run(command, stdout=nowhere, stderr=subprocess.DEVNULL, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("qspan")
    parser.add_argument("--distances", default="7,15,31")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--noise", default="0.001")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each timed run, roughly")
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as scratch:
        stim, version = find_stim(scratch)
        print(f"stim {version}, load {os.getloadavg()[0]:.1f}, isa {os.environ.get('QSPAN_ISA', 'best')}")
        print("d    what      qspan shots/s  stim shots/s  ratio")
        for d in map(int, args.distances.split(",")):
            path = os.path.join(scratch, f"d{d}.stim")
            noise = [f"--{name}={args.noise}" for name in (
                "after_clifford_depolarization", "before_round_data_depolarization",
                "before_measure_flip_probability", "after_reset_flip_probability")]
            with open(path, "w") as out:
                subprocess.run([*stim, "gen", "--code=surface_code", "--task=rotated_memory_z",
                                f"--distance={d}", f"--rounds={d}", *noise], stdout=out, check=True)
            # about 0.03 ns for each of 6 d^3 gates, a shot
            many = max(2048, int(args.seconds / (6 * d**3 * 8e-11)) // 1024 * 1024)
            few = max(1024, many // 8 // 1024 * 1024)
            for what in ("sample", "detect"):
                ours = [args.qspan, "sample", path, "--seed", "1", "--out-format", "b8", "-q"]
                ours += ["--detectors"] if what == "detect" else []
                theirs = [*stim, what, "--in", path, "--seed", "1", "--out_format", "b8"]
                rates = ([], [])
                for _ in range(args.repeats):
                    for side, command in enumerate((ours, theirs)):
                        n = [command + ["--shots", str(k)] for k in (few, many)]
                        rates[side].append((many - few) / max(user_s(n[1]) - user_s(n[0]), 1e-9))
                mine, other = map(statistics.median, rates)
                print(f"{d:<4} {what:8} {mine:14.4g} {other:13.4g} {mine / other:6.2f}", flush=True)


if __name__ == "__main__":
    main()
