"""The figures of MNIST: Net A, five epochs, five seeds, by a recipe. Run as

    python tests/bench/mnist.py source FOLDER OUT.json
    python tests/bench/mnist.py best FOLDER OUT.json

The test set is read once per seed, at the end of its training.
"""

import json
import statistics
import sys
import time
from pathlib import Path

from provenance import provenance

from imgkernels.nn import recipes, zoo
from imgkernels.nn.data import load
from imgkernels.nn.threads import set_threads


def main(name, folder, out, seeds=5, threads=2):
    """Train with each seed, write the result after each of them."""
    set_threads(int(threads))
    parts = load(folder)
    (x, y), (tx, ty) = (arrays(part) for part in (parts.train, parts.test))
    found = {"recipe": name, "provenance": provenance(), "epochs": 5, "runs": []}
    for seed in range(int(seeds)):
        model, start = zoo.build("net-a", seed=seed), time.perf_counter()
        history = recipes.named(name).train(model, x, y, epochs=5, verbose=0).history
        seconds = time.perf_counter() - start
        told = model.evaluate(tx, ty)
        found["runs"].append({
            "seed": seed, "test_accuracy": told["accuracy"], "seconds": round(seconds, 1),
            "loss": history["loss"], "accuracy": history["accuracy"],
        })  # fmt: skip
        accuracies = [run["test_accuracy"] for run in found["runs"]]
        found["median"] = statistics.median(accuracies)
        Path(out).write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        print(name, seed, told["accuracy"], f"{seconds:.0f} s", flush=True)


def arrays(part):
    """Return pictures from 0 to 1, and class numbers."""
    return part.x(), part.labels


if __name__ == "__main__":
    main(*sys.argv[1:])
