"""Tiles: a picture filtered piece by piece is the picture filtered as a whole.

The sums of the method `ndimage` are made pixel by pixel, in one order whatever surrounds them, so
that with it tiled and whole are equal to the last bit, whatever steps follow; with the methods
that the planner takes they agree as the contract has it.
"""

import os
import zlib

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import cores, dialect, filters, kernels, tiles
from imgkernels.asked import frame_of
from imgkernels.border import Border
from imgkernels.channels import Channels
from imgkernels.image import Image
from imgkernels.operations import Frame, Nan, Range
from imgkernels.pipeline import Pipeline
from imgkernels.run import recipe_of
from tests.tolerances import RELATIVE, assert_levels

NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))
CHAINS = 20_000 if NIGHTLY else 150
SPACE = {1: (41,), 2: (19, 23), 3: (7, 6, 9)}
TILE = {1: (7,), 2: (5, 6), 3: (4, 3, 9)}
DTYPES = ("uint8", "uint16", "int16", "float32", "float64")
NOT_LOCAL = {"canny", "stretch"}  # lines are followed, extremes looked for across the whole image
# Where values are equal or near a level they jump: a difference in the last bit may show in full.
JUMPS = {
    "gabor-bank", "kirsch", "kuwahara", "posterize", "prewitt-compass", "robinson",
    "sobel-direction", "threshold", "unsharp", "watercolor", "zero-crossings",
}  # fmt: skip
ENTRIES = [(entry, ndim) for entry in filters.catalogue() for ndim in entry.ndims]


def given_of(entry, ndim):
    """What a filter must be told, and a narrow window on volumes, where wide ones are slow."""
    found = {knob.name: knob.param.example for knob in entry.params if knob.required}
    found |= {"kernel": kernels.sobel("x", ndim=ndim)} if "kernel" in found else {}
    narrow = {"sigma": 0.7, "radius": 1} if ndim == 3 else {}
    return found | {k.name: narrow[k.name] for k in entry.params if k.name in narrow}


def picture(rng, ndim, dtype="float64", channels=3, alpha=False):
    shape = SPACE[ndim] + (() if channels is None else (channels + alpha,))
    x = rng.random(shape)
    if alpha:
        x[..., -1] = x[..., -1].clip(0.01)
    x = (x * np.iinfo(dtype).max).astype(dtype) if dtype[0] in "ui" else x.astype(dtype)
    return Image.of(x, "zyx"[-ndim:] + "c" * (channels is not None), alpha=alpha)


def recipe(image, steps, *, shown=None, channels=Channels.EACH, dtype=None, **options):
    pipeline = Pipeline.of(*steps)
    frame = frame_of(image, pipeline, **options)
    result = np.dtype(dtype or image.pixels.dtype)
    return recipe_of(pipeline.steps, image.axes, image.alpha, frame, shown, result, channels)


def run(made, image, tile=None, threads=1):
    """Run a recipe in tiles of a size, by default in one that is the whole image."""
    found = np.empty(made.shape_of(image.pixels.shape), made.result)
    size = tile or image.pixels.shape[: image.ndim]
    tiles.run(tiles.Held(image.pixels), tiles.Filled(found), made, tile=size, threads=threads)
    return found


def named(each):
    return getattr(each, "name", str(each))


@pytest.mark.parametrize(("entry", "ndim"), ENTRIES, ids=named)
def test_tiles_of_every_filter_are_those_of_the_whole(entry, ndim):
    """Under borders in turn, and always under the one that needs the far side."""
    seed = zlib.crc32(f"{entry.name}{ndim}".encode())
    image = picture(np.random.default_rng(seed), ndim)
    steps = [(entry.name, given_of(entry, ndim))]
    for border in Border if NIGHTLY else (list(Border)[seed % 4], Border.WRAP):
        made = recipe(image, steps, border=border, border_value=0.25, method="ndimage")
        assert (made.halos is None) == (entry.name in NOT_LOCAL)
        if made.halos is not None:
            np.testing.assert_array_equal(run(made, image, TILE[ndim]), run(made, image))


@pytest.mark.parametrize(("entry", "ndim"), ENTRIES, ids=named)
def test_what_lies_beyond_the_reach_is_never_seen(entry, ndim):
    """Everything else is replaced, and the answer stays; no step is taken on the reach's word."""
    if entry.name in NOT_LOCAL:
        pytest.skip("looks at the whole image")
    rng = np.random.default_rng(zlib.crc32(entry.name.encode()))
    frame = Frame(ndim, np.dtype(np.float64), 1.0, Border.CONSTANT, method="ndimage")
    operation = entry.operation(frame, **given_of(entry, ndim))
    reach = operation.reach(frame)
    space = tuple(min(before + after + 3, 40) for before, after in reach)
    at = tuple(min(before + 1, n - 1) for (before, _), n in zip(reach, space, strict=True))
    x = rng.random((*space, 3))
    seen = tuple(
        slice(max(0, i - before), i + after + 1)
        for i, (before, after) in zip(at, reach, strict=True)
    )
    other = rng.random(x.shape) * 2 - 0.5
    other[seen] = x[seen]
    np.testing.assert_array_equal(operation.run(x, frame)[at], operation.run(other, frame)[at])


@pytest.mark.parametrize("name", sorted(NOT_LOCAL))
def test_what_says_it_is_not_local_is_not(name):
    """One corner of the picture changes the other one."""
    x = np.full((60, 60), 0.4)
    x[:, 30:] = 0.5  # a weak edge
    other = x.copy()
    other[20:, 30:] += np.linspace(0, 0.5, 40)[:, np.newaxis]  # that gets stronger below
    before, after = (ik.apply(image, name) for image in (x, other))
    assert (before[:10] != after[:10]).any()


def steps_for(rng, ndim, without=frozenset()):
    able = [e for e, n in ENTRIES if n == ndim and e.name not in NOT_LOCAL | without]
    chosen = [able[i] for i in rng.integers(0, len(able), rng.integers(2, 7))]
    return [(entry.name, given_of(entry, ndim) | narrowed(entry)) for entry in chosen]


def narrowed(entry):
    return {knob.name: 0.7 for knob in entry.params if knob.name == "sigma"}


def options_for(rng, image):
    """What a pipeline may be asked for besides, for such an image, as often as not."""
    found = {
        "border": list(Border)[rng.integers(5)],
        "border_value": image.white / 4,
        "shown": [None, Range.CLIP, Range.ABS, Range.OFFSET][rng.integers(4)],
        "channels": [Channels.EACH, Channels.EACH, *Channels][rng.integers(6)],
    }
    colours = image.channels - image.alpha
    if found["channels"] is Channels.LUMA and colours not in (1, 3):
        found["channels"] = Channels.EACH
    if rng.integers(3) == 0:
        found["dtype"] = DTYPES[rng.integers(len(DTYPES))]
    return found


@pytest.mark.parametrize("part", range(10))
def test_chains_in_tiles_are_those_of_the_whole(part):
    """Random steps, borders, dtypes, layouts, ranges and channels: equal to the last bit."""
    rng = np.random.default_rng(part)
    for _ in range(CHAINS // 10):
        ndim, dtype = int(rng.choice([1, 2, 2, 2, 3])), DTYPES[rng.integers(len(DTYPES))]
        channels = [None, 1, 3][rng.integers(3)]
        alpha = bool(channels and rng.integers(3) == 0)
        image = picture(rng, ndim, dtype, channels, alpha)
        # OpenCV's bilateral filter sums in an order that depends on where a column stands.
        steps, options = steps_for(rng, ndim, {"bilateral"}), options_for(rng, image)
        made = recipe(image, steps, method="ndimage", **options)
        got, want = run(made, image, TILE[ndim]), run(made, image)
        np.testing.assert_array_equal(got, want, f"{steps} {options} {image.axes} {dtype}")


@pytest.mark.parametrize("part", range(5))
def test_chains_by_the_planners_methods_agree(part):
    """To the contract's tolerance, of floats and of 8 bits; and on two threads to the last bit."""
    rng = np.random.default_rng(100 + part)
    for _ in range(CHAINS // 10):
        ndim, dtype = int(rng.choice([1, 2, 2, 3])), ["uint8", "float32"][rng.integers(2)]
        image = picture(rng, ndim, dtype)
        steps = steps_for(rng, ndim, JUMPS)
        made = recipe(image, steps, border=list(Border)[rng.integers(5)])
        got, want = run(made, image, TILE[ndim]), run(made, image)
        np.testing.assert_array_equal(got, run(made, image, TILE[ndim], threads=2))
        if dtype == "uint8":
            assert_levels(got, want)
        else:
            room = RELATIVE[dtype] * len(steps) * max(1.0, float(np.abs(want).max()))
            np.testing.assert_allclose(got, want, rtol=0, atol=room, err_msg=str(steps))


@pytest.mark.parametrize("part", range(5))
def test_holes_and_masks_in_tiles_are_those_of_the_whole(part):
    """Whatever NaN does, and wherever pixels count in part; planes are fitted to float64."""
    rng = np.random.default_rng(200 + part)
    for _ in range(CHAINS // 15):
        ndim = int(rng.choice([1, 2, 2]))
        image = picture(rng, ndim, alpha=bool(rng.integers(2)))
        space = SPACE[ndim]
        if not image.alpha:
            image.pixels[rng.random(image.pixels.shape) < 0.03] = np.nan
        mask = rng.random(space) * (rng.random(space) < 0.9) if rng.integers(2) else None
        steps = steps_for(rng, ndim, JUMPS | {"vector-median", "percentile", "median", "ink"})[:2]
        made = recipe(
            image, steps, border=list(Border)[rng.integers(5)], nan=list(Nan)[rng.integers(3)],
            mask=mask, method="ndimage",
        )  # fmt: skip
        got, want = run(made, image, TILE[ndim]), run(made, image)
        if not made.sees_through(tiles.Held(image.pixels)):
            continue
        np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-7, err_msg=f"{steps} {made}")


RULES = [(made.name, name) for made in dialect.dialects() for name in made.rules]


@pytest.mark.parametrize(("library", "name"), RULES)
def test_strips_keep_a_librarys_bytes(library, name, rng):
    """What a dialect has of integers comes out bit for bit, cut or not."""
    made = dialect.get(library)
    rule, entry = made.rule(name), filters.get(name)
    ndim = (rule.ndims or made.ndims)[0]
    for dtype in {"uint8", "uint16"} & set(rule.dtypes or made.dtypes):
        image = picture(rng, ndim, dtype)
        told = given_of(entry, ndim) | ({"ksize": 5, "sigma": 1.0} if library == "kornia" else {})
        given = {k: v for k, v in told.items() if k in rule.takes}
        for border in rule.borders if NIGHTLY else rule.borders[:1]:
            cooked = recipe(image, [(name, given)], border=border, like=library)
            if cooked.halos is not None:
                strip = (4, *SPACE[ndim][1:])
                np.testing.assert_array_equal(run(cooked, image, strip), run(cooked, image))


def test_invisible_pixels_ask_for_the_whole_image(rng):
    """They are seen in the colour of a visible one, however far; alpha above 0 asks for none."""
    image = picture(rng, 2, "uint8", alpha=True)
    sharp, blur = (recipe(image, [name]) for name in ("sharpen", "blur"))
    assert sharp.sees_through(tiles.Held(image.pixels))
    image.pixels[3, 3, -1] = 0
    source = tiles.Held(image.pixels)
    assert not sharp.sees_through(source) and sharp.tile(source) == SPACE[2]
    assert blur.sees_through(source)


class Watched:
    """A source that tells what was read of it."""

    def __init__(self, pixels):
        self.pixels, self.shape, self.dtype, self.read_ = pixels, pixels.shape, pixels.dtype, []

    def read(self, region):
        for span, n in zip(region, self.shape, strict=False):
            assert 0 <= span.start < span.stop <= n and span.step is None
        self.read_.append(region)
        return np.ascontiguousarray(self.pixels[region])


@pytest.mark.parametrize("border", Border)
def test_no_more_is_read_than_the_halo(border, rng):
    image = picture(rng, 2, "uint8")
    made = recipe(image, [("box-blur", {"size": 5}), ("box-blur", {"size": 3})], border=border)
    source = Watched(image.pixels)
    tiles.finished(source, (slice(8, 12), slice(9, 13)), made)
    assert source.read_ == [(slice(5, 15), slice(6, 16))]
    source.read_.clear()
    tiles.finished(source, (slice(0, 4), slice(9, 13)), made)
    far = [(slice(16, 19), slice(6, 16))] if border is Border.WRAP else []
    assert source.read_ == [*far, (slice(0, 7), slice(6, 16))]


@pytest.mark.parametrize("border", [border for border in Border if border is not Border.WRAP])
def test_the_separable_filter_makes_of_a_row_what_it_does_in_a_tile(border, rng):
    """So that one call for the whole has the bytes of tiles."""
    for name in ("blur", "box-blur", "sobel-x", "sobel-y"):
        for channels in (None, 1, 3, 4):
            image = picture(rng, 2, "uint8", channels)
            made = recipe(image, [name], border=border, method="separable", shown=Range.CLIP)
            np.testing.assert_array_equal(run(made, image, (4, 23)), run(made, image))


def test_the_grid_does_not_depend_on_the_threads(rng, monkeypatch):
    x = rng.integers(0, 256, (900, 801, 3)).astype(np.uint8)
    pipeline = Pipeline.parse("blur | sharpen | median")
    answers = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv(cores.VARIABLE, threads)
        answers.append(pipeline(x).tobytes())
    assert len(set(answers)) == 1


def test_what_goes_wrong_in_a_tile_is_raised(rng):
    """By whichever thread it goes wrong in; and no other tile is begun."""

    class Broken:
        def __init__(self, pixels, at):
            self.held, self.at, self.reads = tiles.Held(pixels), at, 0
            self.shape, self.dtype = pixels.shape, pixels.dtype

        def read(self, region):
            self.reads += 1
            if region[0].start == self.at:
                raise OSError("the disk is gone")
            return self.held.read(region)

    image = picture(rng, 2, "uint8")
    made = recipe(image, ["invert"])
    for at in range(SPACE[2][0]):
        source = Broken(image.pixels, at)
        sink = tiles.Filled(np.empty_like(image.pixels))
        with pytest.raises(OSError, match="the disk is gone"):
            tiles.run(source, sink, made, tile=(1, SPACE[2][1]), threads=3)
        assert source.reads <= at + 3


@pytest.mark.parametrize("word", ["0", "-1", "many", "1.5"])
def test_threads_are_whole_numbers(word, monkeypatch):
    monkeypatch.setenv(cores.VARIABLE, word)
    with pytest.raises(ik.errors.InvalidValue, match="IMGKERNELS_THREADS"):
        ik.apply(np.zeros((4, 4)), "blur")


@pytest.mark.parametrize(("size", "tile_threads"), [(40, 3), (2000, 1)])
def test_tiles_share_the_threads_there_are(size, tile_threads, monkeypatch):
    told, real = set(), tiles.runner.finished
    monkeypatch.setattr(
        tiles.runner, "finished", lambda *given: told.add(cores.threads_from()) or real(*given)
    )
    image, before = Image.of(np.zeros((size, size), np.float32)), cores.threads_from()
    tiles.computed(tiles.Held(image.pixels), recipe(image, ["sobel", "median"]), 3)
    assert told == {tile_threads}
    assert cores.threads_from() == before
