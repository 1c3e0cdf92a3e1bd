#!/usr/bin/env python3
"""Figures of the network model, as tables: benchmarks/network.py [OPTIONS] [TABLE ...].

Tables: cisco, topologies, cutoff, lookahead, schedules, epl, speed, big, sequence, ghz (default: all
but big and sequence). --quick takes a twentieth of the ebits and the smallest machines: does all run?
Times of the simulation are user CPU seconds of the process, so that a busy machine distorts them
less; `speed --old BINARY` runs another qspan in turns with this one. `sequence` installs SeQUeNCe by
pip in a virtual environment in a temporary folder, unless --peer-python names a Python that has it.
"""
import argparse
import cmath
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

QSPAN = "build/qspan"
OLD = None
QUICK = False
PEER_PYTHON = None
PEER_S = 10
PEER_INSTALL_S = 300


def few(n):
    return n // 20 if QUICK else n


def network(machine, qspan=None, **options):
    """Results of `qspan network`, with the user seconds and peak memory of the process."""
    command = [qspan or QSPAN, "network", machine, "--json", "-", "--seed", "1"]
    for key, value in options.items():
        command += ["--" + key, str(value)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = json.loads(text)
    result["user_s"] = after.ru_utime - before.ru_utime
    result["peak_mib"] = after.ru_maxrss / 1024
    return result


def cisco():
    print("\nMean time of one ebit, arXiv:2601.01353: sampled, 20,000 ebits one by one\n")
    print("| switches | stage loss | closed form | sampled | sigmas |\n|---|---|---|---|---|")
    for loss in (0.3, 1):
        for n in (1, 2, 3, 5):
            nodes = ["q0"] + [f"s{i}" for i in range(n)] + ["q1"]
            fibres = ", ".join(
                f"{{between: [{a}, {b}], length: 0.1 km, loss: 0.1 dB/km}}"
                for a, b in zip(nodes, nodes[1:])
            )
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(
                    "qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"
                    "qnus: [{source: 1 us, reset: 10 us}]\n"
                    f"switches: [{{name: s, count: {n}, radix: 8, stage_loss: {loss} dB}}]\n"
                    f"fibres: [{fibres}]\nherald: {{model: sender_receiver}}\n"
                )
                file.flush()
                got = network(file.name, requests=few(20000), window=1)
            attempt = 11 + 2 * 0.1 * (n + 1) / 0.2
            p = 10 ** (-(n * 5 * loss + 0.01 * (n + 1)) / 10)
            want = attempt / p
            mean = got["network"]["latency_ps"]["mean"] / 1e6
            sigma = attempt * math.sqrt(1 - p) / p / math.sqrt(few(20000))
            print(f"| {n} | {loss} dB | {want:.2f} us | {mean:.2f} us | {(mean - want) / sigma:+.1f} |")


def topologies():
    names = ("fat_tree", "clos", "bcube", "qfly")
    for label, analysers in (
        ("2 analysers per switch", "analysers_total=0,analysers=2"),
        ("100 analysers in all", "analysers_total=100"),
    ):
        print(f"\nMakespan in ms, 200 ebits per QPU, {label} (cutoff 200 us on bcube)\n")
        print("| QPUs | workload | " + " | ".join(names) + " | best |\n|---|---|---|---|---|---|---|")
        for n in (16,) if QUICK else (16, 32, 64, 128):
            for workload in ("all-to-all", "nearest", "random", "qft"):
                row = []
                for name in names:
                    cutoff = ",cutoff=200us" if name == "bcube" else ""
                    machine = f"cisco-qdc-2026:n={n},topology={name},{analysers}{cutoff}"
                    got = network(machine, requests=few(200 * n), workload=workload)
                    row.append(got["makespan_ps"] / 1e9)
                best = names[row.index(min(row))]
                cells = " | ".join(f"{t:.2f}" for t in row)
                print(f"| {n} | {workload} | {cells} | {best} |", flush=True)


def cutoff():
    print("\nbcube of 64 QPUs, random workload: cutoff of stored pairs\n")
    print("| cutoff | makespan | expired per ebit | p99 latency |\n|---|---|---|---|")
    for value in ("20us", "30us", "50us", "100us", "200us", "500us", "infinite"):
        machine = f"cisco-qdc-2026:n=64,topology=bcube,stage_loss=1dB,cutoff={value}"
        got = network(machine, requests=few(12800), workload="random")
        total = got["ebits"]["total"]
        p99 = got["network"]["latency_ps"]["p99"] / 1e6
        print(
            f"| {value} | {got['makespan_ps'] / 1e9:.2f} ms |"
            f" {total['expired'] / total['used']:.3f} | {p99:.0f} us |"
        )


def lookahead():
    """Pairs made before they are asked for: each is held 200 us by its user, so that there is time."""
    print("\nLook-ahead on a fat tree of 32 QPUs, random, T1 = T2 = 1 ms, ebits held 200 us\n")
    print("| look-ahead | cutoff | makespan | from the pool | expired per ebit | F at use |")
    print("|---|---|---|---|---|---|")
    for cutoff_us in (50, 200, 1000):
        for window in (0, 4, 16, 64, 256):
            machine = (
                f"cisco-qdc-2026:n=32,comm=2,policy.lookahead={window},cutoff={cutoff_us}us,"
                "qnus.0.T1=1ms,qnus.0.T2=1ms"
            )
            got = network(machine, requests=few(12800), workload="random", window=24, use="200us")
            total, net = got["ebits"]["total"], got["network"]
            print(
                f"| {window} | {cutoff_us} us | {got['makespan_ps'] / 1e9:.1f} ms |"
                f" {net['served_from_pool'] / total['used']:.2f} |"
                f" {total['expired'] / total['used']:.2f} | {net['fidelity']['at_use']:.4f} |"
            )


def schedules():
    print("\nSchedules on a clos of 64 QPUs, random, two jobs, ebits due after 100 and 200 us\n")
    print("| schedule | makespan | p99 latency | late, job 0 | late, job 1 |\n|---|---|---|---|---|")
    for schedule in ("fcfs", "static", "shortest_first", "edf", "max_weight", "tdma,policy.slot=50us"):
        machine = f"cisco-qdc-2026:n=64,topology=clos,policy.schedule={schedule}"
        got = network(machine, requests=few(20000), workload="random", jobs=2, due="100us", window=96)
        late = [f"{job['late'] / job['ebits']:.3f}" for job in got["jobs"]]
        p99 = got["network"]["latency_ps"]["p99"] / 1e6
        print(f"| {schedule} | {got['makespan_ps'] / 1e9:.2f} ms | {p99:.0f} us | {late[0]} | {late[1]} |")


def epl():
    print("\nSingle click of bright share a, then one round: demo-2030-clean, two QPUs\n")
    print("| a | raw F | raw ebits/s | dejmps F | ebits/s | epl F | ebits/s |\n|---|---|---|---|---|---|---|")
    for bright in (0.02, 0.05, 0.1, 0.2, 0.4):
        row = []
        for purify in ("none", "dejmps", "epl"):
            machine = (
                "demo-2030-clean:n=2,rounds=1,herald.model=single_click,"
                f"herald.bright={bright},purify={purify}"
            )
            got = network(machine, requests=few(2000), window=1)
            rate = few(2000) / (got["makespan_ps"] / 1e12)
            row.append(f"{got['network']['fidelity']['at_delivery']:.4f} | {rate:.0f}")
        print(f"| {bright} | " + " | ".join(row) + " |")


def speed():
    print("\nEvents per user second, best of three (a request, a herald, a use are an event each)\n")
    others = (" | old events/s | ratio", "|---|---") if OLD else ("", "")
    print(f"| machine | ebits | events | user s | events/s | MiB{others[0]} |")
    print(f"|---|---|---|---|---|---{others[1]}|")
    for label, machine, n in (
        ("two QPUs, one switch", "cisco-qdc-2026:topology=star,n=2,reconfiguration=0ns", 3000000),
        ("fat tree, 16 QPUs", "cisco-qdc-2026:reconfiguration=0ns", 3000000),
        ("fat tree, 128 QPUs", "cisco-qdc-2026:n=128,reconfiguration=0ns", 3000000),
        ("demo-2030, purified", "demo-2030", 100000),
    ):
        best = {}
        for _ in range(3):  # in turns, so that both meet the same load
            for binary in (QSPAN, OLD) if OLD else (QSPAN,):
                got = network(machine, qspan=binary, requests=few(n))
                if binary not in best or got["user_s"] < best[binary]["user_s"]:
                    best[binary] = got
        got = best[QSPAN]
        rates = [run["network"]["events"] / run["user_s"] for run in best.values()]
        other = f" | {rates[1]:.3g} | {rates[0] / rates[1]:.2f}" if OLD else ""
        print(
            f"| {label} | {got['requests']} | {got['network']['events']} | {got['user_s']:.2f} |"
            f" {rates[0]:.3g} | {got['peak_mib']:.0f}{other} |",
            flush=True,
        )


def big():
    n = few(10000000)
    got = network("cisco-qdc-2026:n=1024,analysers_total=1000", requests=n)
    print(
        f"\n1,024 QPUs on a fat tree, {n:,} ebits, all to all: {got['user_s']:.1f} user s,"
        f" {got['peak_mib']:.0f} MiB, {got['network']['events'] / got['user_s']:.3g} events/s"
    )


SEQUENCE = r"""
import json, sys, tempfile, time
from sequence.app.request_app import RequestApp
from sequence.topology.router_net_topo import RouterNetTopo
limit_s, slice_ps, start_ps = float(sys.argv[1]), 10**9, 10**9
config = {
  "templates": {"node": {"MemoryArray": {"fidelity": 1.0, "efficiency": 1.0}}},
  "nodes": [{"name": n, "type": "QuantumRouter", "seed": i, "memo_size": 1, "template": "node"}
            for i, n in enumerate("ab")],
  "qconnections": [{"node1": "a", "node2": "b", "attenuation": 0.0001, "distance": 200,
                    "type": "meet_in_the_middle"}],
  "cconnections": [{"node1": "a", "node2": "b", "delay": 1000000}],
  "is_parallel": False, "stop_time": 10**15}
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump(config, file)
    file.flush()
    net = RouterNetTopo(file.name)
timeline = net.get_timeline()
routers = {r.name: r for r in net.get_nodes_by_type(RouterNetTopo.QUANTUM_ROUTER)}
a, b = RequestApp(routers["a"]), RequestApp(routers["b"])
timeline.init()
a.start("b", start_ps, timeline.stop_time - 1, 1, 0.5)
t_ps = start_ps

def run_slice():
    global t_ps
    t_ps += slice_ps
    timeline.stop_time = t_ps
    timeline.run()

run_slice()  # warm-up, not counted
pairs, from_ps, start_s = a.memory_counter, t_ps, time.process_time()
while time.process_time() - start_s < limit_s:
    run_slice()
print(json.dumps({"pairs": a.memory_counter - pairs, "user_s": time.process_time() - start_s,
                  "simulated_s": (t_ps - from_ps) * 1e-12}))
"""


def install_sequence(folder):
    """A Python that has SeQUeNCe, in a virtual environment of its own."""
    print("\nSeQUeNCe is installed by pip (--peer-python takes one that is there)", flush=True)
    python = folder + "/venv/bin/python"
    subprocess.run([sys.executable, "-m", "venv", folder + "/venv"], check=True)
    # of its 22 dependencies those that the simulator imports: the others are notebooks and browsers
    needed = "numpy scipy networkx matplotlib gmpy2 qutip qutip-qip tqdm".split()
    for packages in (["--prefer-binary"] + needed, ["--no-deps", "sequence"]):
        install = [python, "-m", "pip", "-q", "install"] + packages
        subprocess.run(install, check=True, timeout=PEER_INSTALL_S)
    return python


def sequence():
    """Barrett-Kok over 200 m through the middle, detectors of 0.9, perfect memories, and a round trip of
    messages before each pair: attempts of 5 us with p = (0.9 x 10^-0.001)^2 / 2, 4 us for the last.
    """
    with tempfile.TemporaryDirectory() as folder:
        python = PEER_PYTHON or install_sequence(folder)
        script = folder + "/run.py"
        with open(script, "w") as file:
            file.write(SEQUENCE)
        command = [python, script, str(PEER_S / 10 if QUICK else PEER_S)]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60 + 3 * PEER_S)
        theirs = json.loads(text.stdout.splitlines()[-1])
    machine = (
        "qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"
        "fibres: [{between: [q0, q1], length: 200 m, loss: 0.1 dB/km}]\n"
        "herald: {model: barrett_kok_negotiated}\ndetectors: {efficiency: 0.9}\n"
        "control: {handshake: rtt}\n"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(machine)
        file.flush()
        ours = network(file.name, requests=few(3000000), window=1)
    rows = (
        ("qspan", ours["requests"], ours["makespan_ps"] * 1e-12, ours["user_s"]),
        ("SeQUeNCe", theirs["pairs"], theirs["simulated_s"], theirs["user_s"]),
    )
    p = (0.9 * 10**-0.001) ** 2 / 2
    want = 1 / (2e-6 + (1 / p - 1) * 5e-6 + 4e-6)
    print("\nTwo nodes, a memory each: pairs per simulated second, and per CPU second\n")
    print("| simulator | pairs | per simulated s | closed form | CPU s | per CPU s |")
    print("|---|---|---|---|---|---|")
    for name, pairs, simulated_s, cpu_s in rows:
        print(
            f"| {name} | {pairs} | {pairs / simulated_s:.0f} | {want:.0f} | {cpu_s:.2f} |"
            f" {pairs / cpu_s:.3g} |"
        )
    ratio = ours["requests"] / ours["user_s"] / (theirs["pairs"] / theirs["user_s"])
    print(f"\nratio {ratio:.3g} (qspan: the whole process; SeQUeNCe: without set-up and warm-up)")


class Link:
    """Two click over a path of `switches`: 10 m of fibre and 1.5 dB each way into a switch of radix 8."""

    def __init__(self, efficiency, noise, repetition_hz, t1_s, switches):
        self.light = (switches + 1) * 10 / 2e8  # seconds, as all times here
        self.p = (efficiency * 0.934) ** 2 / 2 * 10 ** (-(switches + 1) * 1.5 / 10)
        self.attempt = max(self.light, 1 / repetition_hz)
        f = 0.5 / (0.5 + 4 * noise + 4 * noise * noise)
        self.rates = (0, 2 / t1_s, 2 / t1_s, 2 / t1_s)  # T1 = T2, of both halves together
        self.fresh = [1, f, f, f]  # correlators of a raw pair: 1, XX, -YY, ZZ


SIGNS = ((1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1))  # correlators by I, X, Y, Z


def bilateral(moments):
    """Of E[a_i b_j] (correlators) of the kept and the spent pair: E[correlators; equal bits], DEJMPS."""
    weights = [
        [sum(SIGNS[i][k] * SIGNS[j][m] * moments[i][j] for i in range(4) for j in range(4)) / 16 for m in range(4)]
        for k in range(4)
    ]
    order = (0, 1, 3, 2)  # Y and Z exchanged
    w = [[weights[k][m] for m in order] for k in order]
    i, x, y, z = range(4)
    good = (
        w[i][i] + w[z][z],
        w[x][x] + w[y][y],
        w[x][y] + w[y][x],
        w[i][z] + w[z][i],
    )
    return [sum(SIGNS[k][m] * good[m] for m in range(4)) for k in range(4)]


def pair_transform(link, level, s):
    """E[exp(-s S) l]: S the time to make a pair of `level`, l its correlators (1, lx, ly, lz) then.

    Exact. The first pair of a level ages by exp(-r S') while the second is made in S', so the
    second enters with its transform at s + r; outcomes are linear in both, and failures begin anew:
    a geometric series.
    """
    if level == 0:
        q = cmath.exp(-s * link.attempt)
        wait = cmath.exp(-s * link.light) * link.p / (1 - (1 - link.p) * q)
        return [l * cmath.exp(-r * link.light) * wait for l, r in zip(link.fresh, link.rates)]
    kept = pair_transform(link, level - 1, s)
    spent = {r: pair_transform(link, level - 1, s + r) for r in set(link.rates)}
    moments = [
        [kept[i] * spent[ri][j] * cmath.exp(-(s + ri + rj) * link.light) for j, rj in enumerate(link.rates)]
        for i, ri in enumerate(link.rates)
    ]
    good = bilateral(moments)
    fail = moments[0][0] - good[0]
    return [g / (1 - fail) for g in good]


def ghz_switches(n, q):
    """Between QPUs q and q + 1 of a fat tree of k ports: k / 2 QPUs an edge switch, k^2 / 4 a pod."""
    k = 2
    while k**3 // 4 < n:
        k += 2
    return 1 if q // (k // 2) == (q + 1) // (k // 2) else 3 if q // (k * k // 4) == (q + 1) // (k * k // 4) else 5


def ghz_links(n, values):
    """(Link, how many of the chain's n - 1 there are)."""
    count = {}
    for q in range(n - 1):
        switches = ghz_switches(n, q)
        count[switches] = count.get(switches, 0) + 1
    return [(Link(*values, switches), k) for switches, k in count.items()]


def ghz_closed_form(n, values, rounds):
    """Mean makespan in s, P(all bits equal), mean F of an ebit."""
    makespan, equal, fidelity = 0, 1, 0
    for link, k in ghz_links(n, values):
        mean_s = -pair_transform(link, rounds, 1e-30j)[0].imag / 1e-30
        _, lx, ly, lz = (l.real for l in pair_transform(link, rounds, 0))
        makespan += k * (mean_s + link.light)  # and the bit that the next one waits for
        equal *= ((1 + lz) / 2) ** k  # neither X nor Y
        fidelity += k * (1 + lx + ly + lz) / 4 / (n - 1)
    return makespan + ghz_last_light(n), equal, fidelity


def ghz_last_light(n):
    """The last CX ends when its second bit is back."""
    return (ghz_switches(n, n - 2) + 1) * 10 / 2e8


def sampled_pair(link, level, rng):
    """A naive simulation of the same: (seconds, weights I, X, Y, Z)."""
    if level == 0:
        k = 1 + int(math.log(1 - rng.random()) / math.log1p(-link.p))
        e = (1 - link.fresh[1] * math.exp(-link.rates[1] * link.light)) / 4
        return (k - 1) * link.attempt + link.light, (1 - 3 * e, e, e, e)
    t = 0
    while True:
        t_a, a = sampled_pair(link, level - 1, rng)
        t_b, b = sampled_pair(link, level - 1, rng)
        t += t_a + t_b + link.light
        keep = math.exp(-link.rates[1] * (t_b + link.light)), math.exp(-link.rates[1] * link.light)
        i, x, z, y = (w * keep[0] + (1 - keep[0]) / 4 for w in a)  # exchanged, as below
        j, u, w, v = (w * keep[1] + (1 - keep[1]) / 4 for w in b)
        p = (i + z) * (j + w) + (x + y) * (u + v)
        if rng.random() < p:
            return t, ((i * j + z * w) / p, (x * u + y * v) / p, (x * v + y * u) / p, (i * w + z * j) / p)


def ghz_sampled(n, values, rounds, samples=400):
    """Makespan, its standard error, P(all bits equal), F: by naive simulation."""
    rng = random.Random(n)
    times, equal, fidelity = [], 0, 0
    for _ in range(samples):
        t, p, f = ghz_last_light(n), 1, 0
        for link, k in ghz_links(n, values):
            for _ in range(k):
                t_pair, weights = sampled_pair(link, rounds, rng)
                t += t_pair + link.light
                p *= weights[0] + weights[3]
                f += weights[0] / (n - 1)
        times.append(t)
        equal += p / samples
        fidelity += f / samples
    mean = sum(times) / samples
    error = math.sqrt(sum((t - mean) ** 2 for t in times) / (samples - 1) / samples)
    return mean, error, equal, fidelity


def ghz_circuit(path, n):
    with open(path, "w") as file:
        file.write(f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{n}];\ncreg c[{n}];\nh q[0];\n')
        for i in range(n - 1):  # measured as soon as it is copied: the state stays small
            file.write(f"cx q[{i}], q[{i + 1}];\nmeasure q[{i}] -> c[{i}];\n")
        file.write(f"measure q[{n - 1}] -> c[{n - 1}];\n")


def ghz():
    print("\nGHZ state over n QPUs of a fat tree: a chain of n - 1 remote CX, 256 timelines (`naive`: sampled here)\n")
    print("| machine | n | makespan | closed form | naive | F of an ebit | closed form | naive | all bits equal |"
          " closed form | naive |\n|" + "---|" * 11)
    with tempfile.TemporaryDirectory() as folder:
        circuit = os.path.join(folder, "ghz.qasm")
        for name, values, rounds in (("demo-2030", (0.1, 0.1, 3e5, 1), 4), ("ft-2035", (0.5, 5e-4, 1e7, 10), 0)):
            for n in (4, 8, 16, 128):
                ghz_circuit(circuit, n)
                machine = f"{name}:n={n},topology=fat_tree,data=1"
                command = [QSPAN, "run", circuit, "--machine", machine, "--shots", "16384"]
                command += ["--shots-per-timeline", "64", "--seed", "1", "--json", "-", "--quiet"]
                text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
                got = json.loads(text)
                makespan = got["makespan_ps"]
                used = got["network"]["fidelity"]["at_use"]
                good = sum(n for key, n in got["counts"].items() if len(set(key)) == 1) / 16384
                want_s, want_good, want_used = ghz_closed_form(n, values, rounds)
                naive = ["-"] * 3
                if n <= 16:
                    mean, error, equal, fidelity = ghz_sampled(n, values, rounds)
                    naive = [f"{mean * 1e3:.4g} +- {error * 1e3:.2g}", f"{fidelity:.5f}", f"{equal:.4f}"]
                print(
                    f"| {name} | {n} | {makespan['mean'] / 1e9:.4g} +- {makespan['std_error'] / 1e9:.2g} ms |"
                    f" {want_s * 1e3:.4g} ms | {naive[0]} | {used:.5f} | {want_used:.5f} | {naive[1]} |"
                    f" {good:.4f} | {want_good:.4f} | {naive[2]} |",
                    flush=True,
                )


def main():
    global QSPAN, OLD, QUICK, PEER_PYTHON, PEER_S
    every = (cisco, topologies, cutoff, lookahead, schedules, epl, speed, big, sequence, ghz)
    tables = {f.__name__: f for f in every}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qspan", default=QSPAN)
    parser.add_argument("--old", help="another qspan, for `speed`")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peer-python", help="a Python that has SeQUeNCe")
    parser.add_argument("--peer-s", type=float, default=PEER_S, help="CPU seconds of SeQUeNCe")
    parser.add_argument("tables", nargs="*", metavar="TABLE")
    args = parser.parse_args()
    QSPAN, OLD, QUICK = args.qspan, args.old, args.quick
    PEER_PYTHON, PEER_S = args.peer_python, args.peer_s
    start = time.time()
    for name in args.tables or [n for n in tables if n not in ("big", "sequence")]:
        tables[name]()
    load = os.getloadavg()
    print(f"\n{time.time() - start:.0f} s; load average {load[0]:.1f} on {os.cpu_count()} CPUs")


if __name__ == "__main__":
    main()
