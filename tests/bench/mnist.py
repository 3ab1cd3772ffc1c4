"""Net A on MNIST by a recipe, one training per seed: `python tests/bench/mnist.py best`.

With `--validation` nothing is read of the test set: the last 10,000 of the training pictures, in
an order drawn once, say how good a recipe is. Choices are made there.
"""

import argparse
import statistics
import time

import numpy as np

from imgkernels.nn import recipes, zoo
from imgkernels.nn.data import load
from imgkernels.nn.threads import set_threads
from provenance import clean_environment, keep, provenance

EPOCHS = 5


def main():
    """Train with each seed, and keep what came out after each of them."""
    asked = options()
    if asked.threads:
        set_threads(asked.threads)
    recipe, parts = recipes.named(asked.recipe), load(asked.data)
    learned, held = parts
    if asked.validation:
        order = np.random.default_rng(12345).permutation(len(parts.train))
        learned, held = parts.train[order[:-10_000]], parts.train[order[-10_000:]]
    measured = "validation" if asked.validation else "test"
    record = {
        "recipe": asked.recipe, "epochs": EPOCHS, "learned": len(learned), measured: len(held),
        "threads": asked.threads or "all", **provenance("numpy"), "runs": [],
    }  # fmt: skip
    for seed in asked.seeds:
        record["runs"].append(trained(recipe, seed, learned, held))
        every = [run["accuracy"] for run in record["runs"]]
        record["median"] = statistics.median(every)
        print(f"seed {seed}: {every[-1]:.4f}, median {record['median']:.4f}", flush=True)
        keep(f"mnist-{asked.recipe}{'-validation' * asked.validation}", record)


def trained(recipe, seed, learned, held):
    """Return each epoch's figures of one training, and the accuracy on what was held back."""
    model, start = zoo.build("net-a", seed=seed), time.perf_counter()
    history = recipe.train(model, learned.x(), learned.labels, epochs=EPOCHS, verbose=2).history
    seconds = round(time.perf_counter() - start, 1)
    told = model.evaluate(held.x(), held.labels)
    epochs = {name: [round(value, 5) for value in values] for name, values in history.items()}
    return {
        "seed": seed, "accuracy": round(told["accuracy"], 4), "loss": round(told["loss"], 5),
        "seconds": seconds, "train": epochs,
    }  # fmt: skip


def options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", choices=sorted(recipes.RECIPES))
    parser.add_argument("--data", default="../shared/data/mnist")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
    parser.add_argument("--validation", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    clean_environment()
    main()
