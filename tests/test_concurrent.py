"""Many at once: threads and processes share the catalogue and arrays, and get what one gets.

`IMGKERNELS_NIGHTLY=1`: 1,000 runs, as promised.
"""

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from batch_common import NIGHTLY, pictures, tree

import imgkernels as ik
from imgkernels import batch
from imgkernels.batch import journal

RUNS = 1000 if NIGHTLY else 40
STEPS = ("blur:sigma=2", "median:size=5", "canny", "watercolor", "sobel | threshold", "unsharp")


def filtered(step, image):
    return ik.Pipeline.parse(step)(image).tobytes()


def test_threads_get_what_one_gets(rng):
    image = rng.integers(0, 256, (64, 80, 3), np.uint8)
    due = {step: filtered(step, image) for step in STEPS}
    with ThreadPoolExecutor(8) as pool:
        asked = [STEPS[number % len(STEPS)] for number in range(RUNS)]
        found = list(pool.map(lambda step: filtered(step, image), asked, timeout=300))
    assert all(answer == due[step] for step, answer in zip(asked, found, strict=True))


def test_the_catalogue_may_grow_while_filters_run(rng):
    """A family of one's own is registered in a fresh process, where it harms no other test."""
    code = """if True:
        import threading
        import numpy as np
        import imgkernels as ik
        from imgkernels.kernel import Kernel
        from imgkernels.operations import Convolve
        from imgkernels.entry import Family
        from imgkernels.registry import register
        image = np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8)
        due = ik.apply(image, "blur").tobytes()
        wrong = []
        def work():
            for _ in range(100):
                if ik.apply(image, "blur").tobytes() != due or ik.get("sobel").name != "sobel":
                    wrong.append(1)
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        def another(number):
            def made():
                "A filter of one's own."
                return Convolve(Kernel([[float(number)]]))
            made.__name__ = f"made_{number}"
            register(Family.SHARPEN)(made)
        for number in range(50):
            another(number + 2)
        for thread in threads:
            thread.join()
        assert not wrong and len({f.name for f in ik.catalogue()} & {"made-2", "made-51"}) == 2
    """
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_spawned_processes_write_the_same_bytes(tmp_path):
    pictures(tmp_path / "src", [f"{number}.png" for number in range(6)], (50, 70, 3))
    batch.run(tmp_path / "src", tmp_path / "due", STEPS[0])
    planned = batch.plan(tmp_path / "src", tmp_path / "out", STEPS[0])
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        outcomes = list(pool.map(batch.process, planned.jobs, [planned.manner] * 6))
    assert [each.status for each in outcomes] == [batch.Status.WRITTEN] * 6
    due = tree(tmp_path / "due")
    del due[journal.NAME]
    assert tree(tmp_path / "out") == due


def test_two_batches_in_one_process_do_not_mind_each_other(tmp_path):
    pictures(tmp_path / "src", [f"{number}.png" for number in range(20)], (50, 70, 3))
    batch.run(tmp_path / "src", tmp_path / "due", STEPS[0])
    cv2 = pytest.importorskip("cv2")
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    outs = [tmp_path / f"out{number}" for number in range(4)]
    threads = [
        threading.Thread(
            target=batch.run, args=(tmp_path / "src", out, STEPS[0]), kwargs={"jobs": 2}
        )
        for out in outs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(tree(out) == tree(tmp_path / "due") for out in outs)
    assert cv2.getNumThreads() == 2
    cv2.setNumThreads(before)
