"""What is filled in place, by calls of OpenCV's, is what tiles make of it in the general way."""

import numpy as np
import pytest
from tolerances import RELATIVE, assert_levels

import imgkernels as ik
from imgkernels import cores, keeping, kernels, tiles
from imgkernels.asked import recipe_for
from imgkernels.border import Border
from imgkernels.engine.compiled import library
from imgkernels.image import Image
from imgkernels.pipeline import Pipeline, warm_recipe
from imgkernels.tiles import pieces
from imgkernels.tiles.recipe import Recipe

STEPS = [
    "minimum:size=3", "maximum:size=9", "median:size=3", "median:size=5", "box-blur:size=3",
    "box-blur:size=15", "blur:sigma=0.8", "blur:sigma=3", "sobel", "scharr", "prewitt", "unsharp",
    "unsharp:sigma=1", "sharpen",
]  # fmt: skip
RANKS = ("minimum", "maximum", "median")
DTYPES = ["uint8", "uint16", "float32", "float64"]
SHAPES = [(61, 47), (61, 47, 1), (61, 47, 3), (5, 7), (1, 1, 3), (300, 2)]
BORDERS = [*Border, "value"]


def picture(shape, dtype, seed=0):
    x = np.random.default_rng(seed).random(shape)
    return (x * np.iinfo(dtype).max).astype(dtype) if dtype[0] == "u" else x.astype(dtype)


def made(text, x, border=Border.REFLECT, **options):
    value = 0.25 if x.dtype.kind == "f" else 17.0
    given = (Border.CONSTANT, value) if border == "value" else (border, 0.0)
    image = Image.of(x, "yxc" if x.ndim == 3 else "yx")
    options = {"border": given[0], "border_value": given[1]} | options
    return recipe_for(Pipeline.parse(text), image, **options)


def cut_small(monkeypatch):
    """Let small pictures be cut as large ones are, and go by two threads."""
    monkeypatch.setattr(pieces, "_WORTH", 0)
    monkeypatch.setattr(pieces, "_BUDGET", 1 << 9)
    monkeypatch.setenv(cores.VARIABLE, "2")


def slowly(monkeypatch, recipe, source):
    """The answer of the tiles' general way."""
    with monkeypatch.context() as patch:
        patch.setattr(Recipe, "fill", lambda self, source: None)
        return tiles.computed(source, recipe)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("text", STEPS)
def test_what_is_filled_is_what_tiles_make_of_it(text, dtype, monkeypatch):
    """Ranks to the bit, and within the contract what is summed by another method."""
    cut_small(monkeypatch)
    for number, (shape, border) in enumerate((s, b) for s in SHAPES for b in BORDERS):
        x = picture(shape, dtype, number)
        source = tiles.Held(x)
        want = slowly(monkeypatch, made(text, x, border), source)
        got = tiles.computed(source, made(text, x, border))
        assert got.dtype == want.dtype and got.shape == want.shape and got.flags.writeable
        if text.startswith(RANKS):
            np.testing.assert_array_equal(got, want)
        elif x.dtype.kind == "u":
            assert_levels(got, want)
        else:
            np.testing.assert_allclose(got, want, rtol=0, atol=8 * RELATIVE[dtype])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("text", STEPS)
def test_the_work_is_done_in_place_and_its_bytes_depend_on_no_cut(text, dtype, monkeypatch):
    """On one thread or more, in pieces or by the grid of tiles, which streams go by."""
    cut_small(monkeypatch)
    x = picture((97, 53, 3), dtype)
    recipe, source = made(text, x), tiles.Held(x)
    assert recipe.fill(source) is not None
    answers = [tiles.computed(source, recipe, threads) for threads in (1, 2, 3)]
    for tile in [recipe.tile(source), *([(40, 53), (19, 53)] if recipe.fill(source).free else [])]:
        answers.append(np.empty_like(x))
        tiles.run(source, tiles.Filled(answers[-1]), recipe, tile=tile, threads=2)
    assert len({answer.tobytes() for answer in answers}) == 1


@pytest.mark.skipif(library.missing() is not None, reason="Halide is not installed")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    ("text", "method"),
    [("sobel", "halide"), ("blur", "halide-rows"), ("unsharp:sigma=1", "halide-rows")],
)
def test_compiled_loops_fill_in_place_whatever_the_cut(text, method, dtype, monkeypatch):
    """In parts, whose seams are mended, as in one; where it wraps no part sees the other end."""
    x = picture((97, 53, 3), dtype)
    source = tiles.Held(x)
    for border in BORDERS:
        want = tiles.computed(source, made(text, x, border, method="ndimage"))
        answers = []
        for most in (1 << 25, 1 << 12):
            monkeypatch.setattr(pieces, "_MOST", most)
            recipe = made(text, x, border, method=method)
            assert recipe.fill(source).threaded
            answers.append(tiles.computed(source, recipe))
        np.testing.assert_array_equal(*answers)
        if dtype[0] == "u":
            assert_levels(answers[0], want)
        else:
            np.testing.assert_allclose(answers[0], want, rtol=0, atol=8 * RELATIVE[dtype])


@pytest.mark.parametrize("text", STEPS)
def test_nan_reaches_its_window_and_no_further(text, monkeypatch):
    cut_small(monkeypatch)
    x = picture((97, 53), "float32")
    x[48, 20] = np.nan
    recipe, source = made(text, x), tiles.Held(x)
    got, want = tiles.computed(source, recipe), slowly(monkeypatch, recipe, source)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    assert 1 <= np.isnan(got).sum() < x.size / 2


def test_lengths_too_long_or_short_for_their_squares_are_right():
    for size in (1e-30, 1e25):
        x = picture((60, 70), "float32") * np.float32(size)
        got = ik.apply(x, "sobel").astype(np.float64) / size
        want = ik.apply(x.astype(np.float64) / size, "sobel")
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def test_calls_that_are_alike_share_what_is_decided_and_others_do_not(rng):
    x = rng.random((40, 30)).astype(np.float32)
    first = ik.apply(x, "blur", sigma=2)
    before = warm_recipe.cache_info()
    again = ik.apply(x.copy(), "blur", sigma=2)
    after = warm_recipe.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)
    np.testing.assert_array_equal(first, again)
    for options in ({"sigma": 1}, {"border": "wrap"}, {"axes": "xc"}, {"dtype": "float64"}):
        other = ik.apply(x, "blur", **({"sigma": 2} | options))
        assert other.dtype != first.dtype or (other != first).any()
    for y in (x.T, np.asfortranarray(x), x[::2], x.astype(">f4"), x.astype("float64")):
        np.testing.assert_allclose(
            ik.apply(y, "blur", sigma=2),
            ik.apply(np.array(y, "float64"), "blur", sigma=2),
            atol=1e-5,
        )
    with pytest.raises(ik.ImgkernelsError):
        ik.apply(x, "median", size=True)


def test_a_kernel_in_a_file_that_changes_is_read_again(tmp_path, rng):
    x, path = rng.random((20, 20)), tmp_path / "kernel.npy"
    answers = []
    for sign in (1.0, -1.0):
        np.save(path, [[0.0, sign, 0.0]])
        answers.append(ik.apply(x, "convolve", kernel=str(path)))
    np.testing.assert_array_equal(answers[0], -answers[1])


def test_a_kept_filter_that_changes_is_read_again(tmp_path, monkeypatch, rng):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    x = rng.random((20, 20))
    answers = []
    for sign in (1.0, -1.0):
        keeping.keep(ik.Kernel([[0.0, sign, 0.0]]), "mine", overwrite=True)
        answers.append(ik.apply(x, "mine"))
    np.testing.assert_allclose(answers[0], -answers[1])


@pytest.mark.parametrize("sigma", [0.8, 2.0])
def test_an_unsharp_mask_is_a_separable_kernel_and_the_pixel_itself(sigma, rng):
    kernel = kernels.unsharp((sigma, sigma), 1.5)
    for dtype in ("float32", "float64"):
        x = rng.random((50, 40, 3)).astype(dtype)
        got = ik.correlate(x, kernel, method="centred")
        want = ik.correlate(x.astype("float64"), kernel, method="ndimage")
        np.testing.assert_allclose(got, want, atol=10 * RELATIVE[dtype])
    for other in (kernels.box(3), kernels.laplacian(), ik.Kernel(rng.random((5, 5)))):
        with pytest.raises(ik.ImgkernelsError, match="centred cannot do this"):
            ik.correlate(x, other, method="centred")
