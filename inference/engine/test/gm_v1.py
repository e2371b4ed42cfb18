"""Sampler gm-v1 in Python: docs/sampler-gm-v1.md as a program. Checks or writes vectors/gm-v1.json."""
import hashlib
import json
import math
import struct
import sys


def ln(y):
    m, e = math.frexp(y)
    if m < 0.7071067811865476:
        m = m * 2
        e = e - 1
    s = (m - 1) / (m + 1)
    z = s * s
    p = 1 / 23
    for k in range(21, 0, -2):
        p = p * z + 1 / k
    return e * 0.6931471805599453 + 2 * s * p


def exp(x):
    k = math.floor(x / 0.6931471805599453 + 0.5)
    if k < -1000:
        return 0.0
    r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10
    p = 1.0
    for n in range(13, 0, -1):
        p = 1 + (r * p) / n
    return math.ldexp(p, k)


def gumbel(seed, i, token):
    h = hashlib.sha256(seed + struct.pack(">II", i, token)).digest()
    u = ((int.from_bytes(h[:8], "big") >> 12) + 0.5) / 2.0**52
    return -ln(-ln(u))


def draw(seed, i, candidates, temperature_micro, top_p_micro, top_k):
    kept = sorted(candidates, key=lambda c: (-c[1], c[0]))[:top_k]
    if temperature_micro == 0:
        return kept[0][0], [(kept[0][0], kept[0][1])]
    t = temperature_micro / 1e6
    x = [logprob / t for _, logprob in kept]
    if top_p_micro < 1000000:
        w = [exp(v - x[0]) for v in x]
        total = 0.0
        for v in w:
            total += v
        needed, running, n = (top_p_micro / 1e6) * total, 0.0, 0
        while n < len(w):
            running += w[n]
            n += 1
            if running >= needed:
                break
        kept, x = kept[:n], x[:n]
    scores = [(c[0], v + gumbel(seed, i, c[0])) for c, v in zip(kept, x)]
    best = scores[0]
    for s in scores:
        if s[1] > best[1]:
            best = s
    return best[0], scores


def bits(value):
    return struct.pack(">d", value).hex()


def stream(label):
    """Endless deterministic numbers in (0, 1) for making cases."""
    n = 0
    while True:
        h = hashlib.sha256(f"{label}:{n}".encode()).digest()
        yield ((int.from_bytes(h[:8], "big") >> 12) + 0.5) / 2.0**52
        n += 1


def run(case):
    token, scores = draw(bytes.fromhex(case["seed"]), case["position"], case["candidates"], case["temperatureMicro"],
                         case["topPMicro"], case["topK"])
    return {"id": token, "kept": [c[0] for c in scores], "scores": [bits(c[1]) for c in scores]}


def make():
    maths = [{"y": y, "ln": bits(ln(y)), "exp": bits(exp(-y))}
             for y in (5e-300, 1e-9, 0.1, 0.5, 0.7071067811865475, 0.7071067811865476, 1 - 2.0**-53, 1.0, 1.5, 3.0, 36.7, 700.0)]
    noise = []
    for position, token in ((0, 0), (0, 1), (1, 0), (7, 31999), (4294967295, 1048575)):
        seed = hashlib.sha256(f"gumbel {position} {token}".encode()).digest()
        noise.append({"seed": seed.hex(), "position": position, "id": token, "gumbel": bits(gumbel(seed, position, token))})
    draws = []
    numbers = stream("gm-v1 vectors")
    shapes = [(1000000, 1000000, 20), (700000, 900000, 20), (0, 1000000, 20), (1000000, 500000, 5), (2000000, 1000000, 1),
              (300000, 950000, 10), (1, 1000000, 20), (1500000, 1, 20)]
    for n in range(64):
        t, p, k = shapes[n % len(shapes)]
        size = 1 + int(next(numbers) * 24)
        raw = [next(numbers) * 8 for _ in range(size)]
        top = max(raw)
        z = top + math.log(sum(math.exp(v - top) for v in raw) * (1 + next(numbers)))
        logprobs = [v - z for v in raw]
        if n % 7 == 0:
            logprobs = [round(v) * 1.0 for v in logprobs]  # ties
        ids = []
        while len(ids) < size:
            token = int(next(numbers) * 32000)
            if token not in ids:
                ids.append(token)
        case = {"seed": hashlib.sha256(f"draw {n}".encode()).hexdigest(), "position": n * n, "temperatureMicro": t,
                "topPMicro": p, "topK": k, "candidates": [[i, v] for i, v in zip(ids, logprobs)]}
        draws.append({**case, "expect": run(case)})
    for name, t, p, k, candidates in EDGES:
        case = {"name": name, "seed": hashlib.sha256(f"edge {name}".encode()).hexdigest(), "position": 3, "temperatureMicro": t,
                "topPMicro": p, "topK": k, "candidates": candidates}
        draws.append({**case, "expect": run(case)})
    return {"about": "Sampler gm-v1, docs/sampler-gm-v1.md. Doubles in hex are big-endian IEEE 754.", "math": maths,
            "gumbel": noise, "draws": draws}


# Where implementations differ first: (name, temperatureMicro, topPMicro, topK, candidates).
EVEN = [[9, -1.5], [4, -1.5], [7, -1.5], [2, -1.5]]
EDGES = [
    ("one candidate", 1000000, 1000000, 20, [[5, -0.25]]),
    ("one candidate, logprob 0", 1000000, 500000, 20, [[5, 0.0]]),
    ("fewer candidates than top-k", 1000000, 1000000, 20, [[5, -0.25], [6, -1.75]]),
    ("top-k 1 at temperature 1: nothing to draw", 1000000, 1000000, 1, [[8, -0.75], [3, -0.625], [1, -4.0]]),
    ("top-k 1, tie: the lower id", 1000000, 1000000, 1, EVEN),
    ("top-k 2 cuts through a tie: the two lowest ids", 1000000, 1000000, 2, EVEN),
    ("top-k 20 of 24 equal ones", 1000000, 1000000, 20, [[100 - i, -3.0] for i in range(24)]),
    ("temperature 0, tie: the lower id", 0, 1000000, 20, EVEN),
    ("temperature 0 ignores top-p", 0, 1, 20, [[8, -0.75], [3, -0.625], [1, -4.0]]),
    ("top-p exactly at a running sum: inclusive", 1000000, 500000, 20, EVEN),
    ("top-p a millionth above a running sum", 1000000, 500001, 20, EVEN),
    ("top-p a millionth below a running sum", 1000000, 499999, 20, EVEN),
    ("top-p least: the likeliest alone", 1000000, 1, 20, [[8, -0.75], [3, -0.625], [1, -4.0]]),
    ("top-p a millionth below 1 may keep all", 1000000, 999999, 20, EVEN),
    ("top-p is over the kept head, not the vocabulary", 1000000, 600000, 2, [[8, -2.0], [3, -2.0], [1, -2.0]]),
    ("top-p after the temperature", 2000000, 700000, 20, [[8, -0.125], [3, -2.5], [1, -3.5], [2, -6.0]]),
    ("temperature of a millionth", 1, 1000000, 20, [[8, -0.75], [3, -0.625], [1, -4.0]]),
    ("temperature of a millionth with top-p: weights of 0", 1, 999999, 20, [[8, -0.75], [3, -0.625], [1, -4.0]]),
    ("temperature 2", 2000000, 1000000, 20, [[8, -0.75], [3, -0.625], [1, -4.0]]),
    ("logprobs are not renormalised", 1000000, 1000000, 20, [[8, -9.0], [3, -9.5], [1, -12.0]]),
    ("logprobs far apart", 1000000, 1000000, 20, [[8, -1e-9], [3, -21.0], [1, -90.0]]),
]


def check(vectors):
    for v in vectors["math"]:
        assert bits(ln(v["y"])) == v["ln"] and bits(exp(-v["y"])) == v["exp"], v
        assert abs(ln(v["y"]) - math.log(v["y"])) <= 4e-16 * max(1, abs(math.log(v["y"]))), v
    for v in vectors["gumbel"]:
        assert bits(gumbel(bytes.fromhex(v["seed"]), v["position"], v["id"])) == v["gumbel"], v
    for v in vectors["draws"]:
        assert run(v) == v["expect"], v
    return len(vectors["math"]) + len(vectors["gumbel"]) + len(vectors["draws"])


if __name__ == "__main__":
    if "--write" in sys.argv:
        with open(sys.argv[1], "w") as out:
            json.dump(make(), out, indent=1)
            out.write("\n")
    with open(sys.argv[1]) as source:
        print(f"{check(json.load(source))} vectors agree")
