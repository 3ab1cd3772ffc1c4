"""Net A on MNIST by a recipe, one training per seed: `python tests/bench/mnist.py best`.

With `--validation` nothing is read of the test set: the last 10,000 of the training pictures, in
an order drawn once, say how good a recipe is. Choices are made there.
"""

import argparse
import json
import statistics
import time

import numpy as np
from provenance import RESULTS, clean_environment, keep, provenance

from imgkernels.nn import recipes, zoo
from imgkernels.nn.data import load
from imgkernels.nn.threads import set_threads

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
    name = f"mnist-{asked.recipe}{'-validation' * asked.validation}"
    record = {
        "recipe": asked.recipe, "epochs": EPOCHS, "learned": len(learned),
        "validation" if asked.validation else "test": len(held), **provenance("numpy"),
    }  # fmt: skip
    for seed in asked.seeds:
        run = {"seed": seed, **trained(recipe, seed, learned, held)}
        runs = {**{old["seed"]: old for old in kept(name, record["commit"])}, seed: run}
        record["runs"] = [runs[number] for number in sorted(runs)]
        record["median"] = statistics.median(one["accuracy"] for one in record["runs"])
        print(f"seed {seed}: {run['accuracy']:.4f}, median {record['median']:.4f}", flush=True)
        keep(name, record)


def kept(name, commit):
    """Return the runs of the same commit that are there: seeds may be shared out."""
    path = RESULTS / f"{name}.json"
    record = json.loads(path.read_text()) if path.exists() else {"commit": None}
    return record["runs"] if record["commit"] == commit else []


def trained(recipe, seed, learned, held):
    """Return each epoch's figures of one training, and the accuracy on what was held back."""
    model, start = zoo.build("net-a", seed=seed), time.perf_counter()
    history = recipe.train(model, learned.x(), learned.labels, epochs=EPOCHS, verbose=2).history
    seconds = round(time.perf_counter() - start, 1)
    told = model.evaluate(held.x(), held.labels)
    epochs = {name: [round(value, 5) for value in values] for name, values in history.items()}
    return {
        "accuracy": round(told["accuracy"], 4), "loss": round(told["loss"], 5),
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
