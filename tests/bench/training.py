"""Net A on MNIST: `imgkernels nn train` against a plain PyTorch script, as whole processes.

Both read the IDX files, train by the sources' recipe (rmsprop, batches of 64) and read the test
set once; both run by turns. PyTorch runs channels last, its quicker layout. `--memory` asks another
thing: by how much the process grows from what it holds before the first step to its peak within
200 steps. On a machine that others use the processor's seconds say more than the clock's.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

THEIRS = """
import gzip, sys
import numpy as np, torch
from torch import nn

def read(path, head):
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=head)

folder, epochs = sys.argv[1], int(sys.argv[2])
x, y, tx, ty = (read(f"{folder}/{name}-ubyte.gz", head) for name, head in (
    ("train-images-idx3", 16), ("train-labels-idx1", 8),
    ("t10k-images-idx3", 16), ("t10k-labels-idx1", 8)))
x, tx = (torch.from_numpy(a.reshape(-1, 1, 28, 28) / np.float32(255)) for a in (x, tx))
y, ty = (torch.from_numpy(a.astype(np.int64)) for a in (y, ty))
net = nn.Sequential(
    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
    nn.MaxPool2d(2), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10)).to(memory_format=torch.channels_last)
optimizer, loss = torch.optim.RMSprop(net.parameters(), 1e-3, alpha=0.9), nn.CrossEntropyLoss()
for _ in range(epochs):
    for pick in torch.randperm(len(x)).split(64):
        optimizer.zero_grad()
        given = x[pick].contiguous(memory_format=torch.channels_last)
        loss(net(given), y[pick]).backward()
        optimizer.step()
with torch.inference_mode():
    print((net(tx).argmax(1) == ty).float().mean().item())
"""
COMMON = """
import resource, numpy as np
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
dice = np.random.default_rng(0)
x, y = dice.random((64, 28, 28, 1), np.float32), dice.integers(0, 10, 64)
"""
MEMORY = {
    "ours": COMMON
    + """
from imgkernels.nn import zoo
from imgkernels.nn.batches import Batch
from imgkernels.nn.tally import Tally
net = zoo.build("net-a")
net.compile("rmsprop", "sparse_categorical_crossentropy")
batch, tally = Batch([x], y), Tally(())
if loaded:
    from imgkernels.engine import passes
    some = np.ones((16, 16), np.float32)
    passes.unrectified(some, some, some)
before = peak()
for _ in range(200):
    net.train_step(batch, tally)
print(peak() - before, peak())
""",
    "torch": COMMON
    + """
import torch
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 32, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(32, 64, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(64, 64, 3), torch.nn.ReLU(), torch.nn.Flatten(),
    torch.nn.Linear(576, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10),
).to(memory_format=torch.channels_last)
optimizer = torch.optim.RMSprop(net.parameters(), 1e-3, alpha=0.9)
given = torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).contiguous(
    memory_format=torch.channels_last)
wanted = torch.from_numpy(y)
before = peak()
for _ in range(200):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(given), wanted).backward()
    optimizer.step()
print(peak() - before, peak())
""",
}


def main():
    """Run both by turns and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="a folder with the four IDX files of MNIST")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="measure memory instead of time")
    asked = parser.parse_args()
    for number in range(asked.rounds):
        told = grown() if asked.memory else trained(asked.data, asked.epochs)
        print(json.dumps({"round": number, **told}), flush=True)


def trained(data, epochs):
    """Seconds by the clock and of the processor, and the accuracy told last."""
    with tempfile.TemporaryDirectory() as place:
        ours = [
            sys.executable, "-m", "imgkernels", "nn", "train", "--data", data, "--recipe",
            "source", "--epochs", str(epochs), "--out", str(Path(place) / "model.npz"),
        ]  # fmt: skip
        theirs = [sys.executable, "-c", THEIRS, data, str(epochs)]
        return {name: timed(what) for name, what in (("ours", ours), ("torch", theirs))}


def timed(command):
    """Run a process to its end."""
    before, started = processor(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall = time.perf_counter() - started
    told = (done.stdout + done.stderr).strip().splitlines()
    return {
        "seconds": round(wall, 2),
        "processor": round(processor() - before, 2),
        "told": told[-1].strip(),
    }


def processor():
    """Seconds of the processor that ended children have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def grown():
    """MiB from before the first step to the peak, and the peak; the compiler is told by itself."""
    runs = {
        "ours": "loaded = False\n" + MEMORY["ours"],
        "ours, a loop compiled before": "loaded = True\n" + MEMORY["ours"],
        "torch": MEMORY["torch"],
    }
    return {
        name: [
            round(float(n))
            for n in subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            ).stdout.split()
        ]
        for name, code in runs.items()
    }


if __name__ == "__main__":
    main()
