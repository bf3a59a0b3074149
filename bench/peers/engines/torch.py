"""PyTorch: `python3 torch.py 1`, on the GPU `python3 torch.py 1 cuda`. The conversation of serve.mjs, the inputs of inputs.mjs, the fingerprint of fingerprint.mjs."""

import json
import math
import sys
import time

sys.path = sys.path[1:]  # this file is named like the module that it imports

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
device = torch.device(sys.argv[2] if len(sys.argv) > 2 else "cpu")


def unit(positions, stream):
    """In [-1, 1), exact in f32."""
    return (hashed(positions, stream) >> 8).astype(np.float64) / 2**23 - 1


def hashed(positions, stream):
    x = positions.astype(np.uint32) + np.uint32(stream * 0x9E3779B9 & 0xFFFFFFFF)
    x = (x ^ (x >> 16)) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * np.uint32(0x846CA68B)
    return x ^ (x >> 16)


def blocks(length, size=1 << 20):
    return (np.arange(start, min(start + size, length)) for start in range(0, length, size))


def floats(stream, length, scale=1):
    values = np.empty(length, np.float32)
    for block in blocks(length):
        values[block[0] : block[-1] + 1] = unit(block, stream) * scale
    return torch.from_numpy(values).to(device)


def integers(stream, length, below):
    scaled = hashed(np.arange(length), stream).astype(np.uint64) * np.uint64(below)
    return torch.from_numpy((scaled >> np.uint64(32)).astype(np.int64)).to(device)


def fingerprint(result):
    if isinstance(result, torch.Tensor) and result.is_sparse:
        result = result.coalesce()
        width = result.shape[1]
        ids = result.indices()[0].cpu().numpy()
        values = result.values().cpu().numpy().ravel()
        positions = (ids[:, None] * width + np.arange(width)).ravel()
    else:
        values = result.detach().cpu().numpy().ravel() if isinstance(result, torch.Tensor) else np.array(result)
        positions = None
    projections = [0.0, 0.0, 0.0]
    squares = 0.0
    for block in blocks(len(values)):
        part = values[block].astype(np.float64)
        at = block if positions is None else positions[block]
        squares += float(part @ part)
        for k in range(3):
            projections[k] += float(part @ unit(at, 1001 + k))
    return [math.sqrt(squares), *projections]


class Work:
    """`compute` gives a dictionary of results; running it once and letting them go is what is timed."""

    def __init__(self, compute, result=None):
        self.run = compute
        self.result = result or compute


def graph(f):
    def compute():
        with torch.no_grad():
            return {"value": f()}

    return Work(compute)


def value_and_gradients(loss, named):
    for held in named.values():
        held.requires_grad_()

    def compute():
        value = loss(named)
        value.backward()
        gradients = {name: held.grad for name, held in named.items()}
        for held in named.values():
            held.grad = None
        return {"value": value, **gradients}

    return Work(compute)


def matmul(stream, n):
    a, b = floats(stream, n * n).view(n, n), floats(stream + 1, n * n).view(n, n)
    return graph(lambda: a @ b)


def chain(f, arity=1):
    def prepare(stream, size):
        inputs = [floats(stream + i, size, 4) for i in range(arity)]
        return graph(lambda: f(*inputs))

    return prepare


def head(stream, classes):
    return {"hidden": floats(stream, 256 * 64).view(256, 64), "table": floats(stream + 1, classes * 64, 0.3).view(-1, 64)}


def full(stream, classes):
    labels = integers(stream + 2, 256, classes)
    return value_and_gradients(lambda p: F.cross_entropy(p["hidden"] @ p["table"].T, labels), head(stream, classes))


def sampled(stream, classes):
    labels, ids = integers(stream + 2, 256, classes), integers(stream + 3, 64, classes)
    correction = torch.where(labels[:, None] == ids, -1e30, -math.log(64 / classes))

    def loss(p):
        target = (p["hidden"] * F.embedding(labels, p["table"], sparse=True)).sum(1, keepdim=True)
        scores = p["hidden"] @ F.embedding(ids, p["table"], sparse=True).T + correction
        return (torch.cat([target, scores], 1).logsumexp(1) - target[:, 0]).mean()

    return value_and_gradients(loss, head(stream, classes))


def mlp(stream, _):
    x, labels = floats(stream, 128 * 784).view(128, 784), integers(stream + 1, 128, 10)
    w1, b1 = floats(stream + 2, 784 * 256, 0.05).view(784, 256), floats(stream + 3, 256, 0.05)
    w2, b2 = floats(stream + 4, 256 * 10, 0.1).view(256, 10), floats(stream + 5, 10, 0.1)
    params = [w1, b1, w2, b2]
    first = [param.clone() for param in params]
    for param in params:
        param.requires_grad_()
    optimizer = torch.optim.SGD(params, lr=0.1)

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = F.cross_entropy(torch.addmm(b2, torch.relu(torch.addmm(b1, x, w1)), w2), labels)
        value.backward()
        optimizer.step()
        return value.item()

    def result():
        losses = [step() for _ in range(5)]
        return {"losses": losses, "w1": w1.detach() - first[0], "b2": b2.detach() - first[3]}

    return Work(step, result)


def tiny(stream, _):
    a, b = floats(stream, 4), floats(stream + 1, 4)
    return Work(lambda: a + b, lambda: {"value": a + b})


def tiny_gradient(stream, _):
    named = {"a": floats(stream, 4), "b": floats(stream + 1, 4)}
    return value_and_gradients(lambda p: (p["a"] + p["b"]).sum(), named)


def total(_, size):
    x = torch.full([size], 0.1, device=device)
    return graph(lambda: x.sum())


works = {
    "matmul": matmul,
    "gelu": chain(lambda x: F.gelu((x * 1.5).add_(0.25), approximate="tanh")),
    "softplus": chain(F.softplus),
    "affineRelu": chain(lambda x: (x * 1.5).add_(0.25).relu_().mul_(0.75)),
    "gate": chain(lambda x, y: torch.sigmoid(x).mul_(torch.tanh(y)), 2),
    "mlp": mlp,
    "full": full,
    "sampled": sampled,
    "tiny": tiny,
    "tinyGrad": tiny_gradient,
    "sum": total,
}


def serve():
    def answer(message):
        print(json.dumps(message), flush=True)

    prepared = None
    answer({"ready": torch.__version__.split("a")[0]})
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if command["do"] == "prepare":
                prepare = works.get(command["work"])
                if prepare is None:
                    answer({"missing": "has no such thing"})
                    continue
                prepared = prepare(command["seed"] * 16, command["size"])
                answer({})
            elif command["do"] == "result":
                answer({"result": {name: fingerprint(part) for name, part in prepared.result().items()}})
            elif command["do"] == "time":
                run = prepared.run
                start = time.perf_counter()
                for _ in range(command["times"]):
                    run()
                    if device.type == "cuda" and not command.get("together"):
                        torch.cuda.synchronize()
                if device.type == "cuda":
                    torch.cuda.synchronize()
                answer({"ms": (time.perf_counter() - start) * 1000})
            else:
                prepared = None
                answer({})
        except Exception as error:
            answer({"error": str(error)})


serve()
