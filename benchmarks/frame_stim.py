#!/usr/bin/env python3
"""Bulk sampling: qspan sample against stim, one thread each, rotated_memory_z with rounds = distance
and the four noise parameters 0.001 (or --noise).

Rates are marginal, between two numbers of shots, in user CPU time, so that start-up does not count;
runs of the two alternate, medians are printed. Output goes to /dev/null as b8. Measurements are drawn
without their noiseless reference shot on both sides (--skip-reference, --skip_reference_sample), whose
time is printed apart: qspan's as it says, stim's as the difference that it makes to one shot; a side
that takes longer than --reference-limit seconds prints that limit. Repeats end when --limit seconds
have passed for a row. Stim comes from pip into a virtual environment of its own, unless this Python
has it. Distances 7 to 101 take about 8 minutes on a quiet machine, --repeats 1 --seconds 0.3 two.

    benchmarks/frame_stim.py build/qspan [--distances 7,15,31,101] [--repeats 5] [--noise 0.001]
"""
import argparse, os, re, resource, statistics, subprocess, sys, tempfile, time, venv


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


def reference_s(ours, theirs, limit_s):
    """Seconds of the reference shot: qspan's word for it, and stim's user time for one shot more."""
    try:
        said = subprocess.run(ours + ["--shots", "64"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, check=True, timeout=limit_s).stderr
        mine = "%.3g s" % float(re.search(r"reference shot: (\S+) s", said).group(1))
    except subprocess.TimeoutExpired:
        mine = f"more than {limit_s} s"
    try:
        with open(os.devnull, "wb") as nowhere:
            times = []
            for skip in ([], ["--skip_reference_sample"]):
                before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                subprocess.run(theirs + skip + ["--shots", "1"], stdout=nowhere,
                               stderr=subprocess.DEVNULL, check=True, timeout=limit_s)
                times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
        other = "%.3g s" % max(times[0] - times[1], 0)
    except subprocess.TimeoutExpired:
        other = f"more than {limit_s} s"
    return mine, other


def rates_of(commands, few, many, repeats, limit_s):
    """Marginal shots a second of each command, the median of what alternating runs give."""
    rates = [[] for _ in commands]
    end_s = time.monotonic() + limit_s
    for i in range(repeats):
        if i > 0 and time.monotonic() > end_s:
            break
        for side, command in enumerate(commands):
            first, last = (user_s(command + ["--shots", str(k)]) for k in (few, many))
            rates[side].append((many - few) / max(last - first, 1e-9))
    return list(map(statistics.median, rates))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("qspan")
    parser.add_argument("--distances", default="7,15,31,101")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--noise", default="0.001")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each timed run, roughly")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of repeats for a row")
    parser.add_argument("--reference-limit", type=float, default=120.0)
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
            ours = [args.qspan, "sample", path, "--seed", "1", "--out-format", "b8"]
            theirs = {what: [*stim, what, "--in", path, "--seed", "1", "--out_format", "b8"]
                      for what in ("sample", "detect")}
            for what, mine_option, their_option in (
                    ("sample", "--skip-reference", ["--skip_reference_sample"]),
                    ("detect", "--detectors", [])):
                mine, other = rates_of((ours + ["-q", mine_option], theirs[what] + their_option), few,
                                       many, args.repeats, args.limit)
                print(f"{d:<4} {what:8} {mine:14.4g} {other:13.4g} {mine / other:6.2f}", flush=True)
            mine, other = reference_s(ours, theirs["sample"], args.reference_limit)
            print(f"{d:<4} reference shot: qspan {mine}, stim {other}", flush=True)


if __name__ == "__main__":
    main()
