"""One pixel taken apart: what is shown adds up, and is what the pipeline writes."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from reference import sample
from tolerances import RELATIVE

import imgkernels as ik
from imgkernels.analysis.canvas import png, svg
from imgkernels.analysis.trace.parts import Mapping, Pick, Sum
from imgkernels.analysis.trace.scene import scene
from imgkernels.border import Border
from imgkernels.channels import Channels
from imgkernels.errors import InvalidValue
from imgkernels.kernels import gaussian

SHAPES = {1: (40,), 2: (12, 15), 3: (4, 5, 6)}


def needed(entry):
    return {knob.name: knob.param.example for knob in entry.params if knob.required}


def corners(space):
    """The first pixel, the last, one on an edge and one inside."""
    first, last = (0,) * len(space), tuple(n - 1 for n in space)
    return [first, last, (0, *(n // 2 for n in space[1:])), tuple(n // 2 for n in space)]


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
@pytest.mark.parametrize("name", [entry.name for entry in ik.catalogue()])
def test_the_value_is_what_the_pipeline_writes(name, dtype, rng):
    entry = ik.get(name)
    for ndim in entry.ndims:
        space = SHAPES[ndim]
        channels = (3,) if ndim == 2 else ()
        x = rng.integers(0, 256, space + channels).astype(dtype)
        x = x / 255 if dtype == "float64" else x
        axes = "zyx"[-ndim:] + "c" * len(channels)
        given = needed(entry)
        if "kernel" in given:
            given["kernel"] = gaussian(0.5, 3, ndim=ndim)
        image = ik.Image.of(x, axes)
        due = ik.apply(image, name, **given).pixels
        for at in corners(space):
            found = ik.trace(image, (name, given), at=at)
            np.testing.assert_array_equal(found.value, np.atleast_1d(due[at]))
            size = 10 * RELATIVE["float32" if dtype == "uint8" else dtype] * found.white
            last = found.steps[-1].parts[-1].value
            scale = max(1.0, np.abs(found.computed).max() / found.white)
            np.testing.assert_allclose(last, found.computed, atol=size * scale)
            assert "written as" in str(found)


@pytest.mark.parametrize("border", Border)
def test_each_cell_names_its_origin_under_the_border(border, rng):
    x = rng.integers(0, 256, (5, 4)).astype(np.float64)
    kernel = ik.Kernel(rng.normal(size=(7, 9)), anchor=(1, 6))
    for at in corners(x.shape):
        (step,) = ik.trace(
            x, ("custom", {"kernel": kernel}), at=at, border=border, border_value=9.0
        ).steps
        (part,) = step.parts
        for cell in np.ndindex(kernel.shape):
            place = [p + c - a for p, c, a in zip(at, cell, kernel.anchor, strict=True)]
            due = sample(x, place, border.value, 9.0)
            origin = tuple(part.cells.origins[(slice(None), *cell)])
            assert part.cells.values[(*cell, 0)] == due
            assert due == (9.0 if min(origin) < 0 else x[origin])
            inside = all(0 <= p < n for p, n in zip(place, x.shape, strict=True))
            assert part.cells.outside[cell] != inside
        np.testing.assert_array_equal(
            part.products[..., 0], part.cells.values[..., 0] * kernel.taps
        )
        assert part.sum[0] == pytest.approx(step.value[0])


def test_s3_3_the_worked_example_prints_37(cli, tmp_path):
    """Row S3-3: the source prints 36; its nine products add up to 37."""
    window, taps = [[1, 2, 0], [4, 5, 6], [7, 8, 1]], "1 1 3; 0 2 0; 1 2 1"
    ik.write(tmp_path / "in.npy", ik.Image.of(np.pad(np.float64(window), (0, 1))))
    code, out, _ = cli("trace", tmp_path / "in.npy", "--at", "1,1", f"custom:kernel={taps}")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    products = [line[-1] for line in lines if "x" in line and "=" in line and "product" not in line]
    assert products == ["1", "2", "0", "0", "10", "0", "7", "16", "1"]
    assert ["sum", "37"] in lines
    assert out.rstrip().endswith("written as float64: 37")


def test_ranks_show_the_order_and_the_pick(rng):
    x = rng.integers(0, 256, (9, 9), np.uint8)
    (part,) = ik.trace(x, "percentile:percent=20", at=(4, 4)).steps[0].parts
    assert isinstance(part, Pick)
    np.testing.assert_array_equal(part.ordered[:, 0], np.sort(x[3:6, 3:6].ravel()))
    assert part.ordered[part.place, 0] == part.value[0]


def test_curves_show_in_and_out_and_lie_on_the_curve():
    (part,) = ik.trace(np.full((3, 3), 64, np.uint8), "gamma", at=(1, 1)).steps[0].parts
    assert isinstance(part, Mapping)
    assert part.given[0][1][0] == 64
    assert np.interp(64, *part.curve.T) == pytest.approx(part.value[0], abs=0.5)


def test_rounding_and_saturation_are_told():
    x = np.array([[10, 250]], np.uint8)
    bright = ik.trace(x, "gain:factor=2", at=(0, 1))
    assert (bright.computed[0], bright.value[0], bright.saturated[0]) == (500, 255, True)
    assert "written as uint8: 255 (saturated)" in str(bright)
    dark = ik.trace(x, "gain:factor=2", at=(0, 0))
    assert (dark.value[0], dark.saturated[0]) == (20, False)
    half = ik.trace(x, "gain:factor=0.25", at=(0, 0))
    assert (half.computed[0], half.value[0]) == (2.5, 2)
    assert not half.saturated[0]


@pytest.mark.parametrize("range_", ["clip", "abs", "offset", "stretch"])
def test_the_range_is_part_of_the_way(range_, rng):
    x = rng.integers(0, 256, (9, 9), np.uint8)
    found = ik.trace(x, "sobel-x", at=(4, 4), range=range_)
    assert found.value[0] == ik.apply(x, "sobel-x", range=range_)[4, 4]
    assert found.value[0] == np.rint(found.shown[0])


@pytest.mark.parametrize("name", ["blur", "sharpen", "median"])
def test_alpha_has_its_way(name, rng):
    pixels = rng.integers(0, 256, (9, 9, 4), np.uint8)
    pixels[:, :4, 3] = 0
    image = ik.Image.of(pixels, alpha=True)
    for at in ((4, 4), (4, 2), (0, 8)):
        found = ik.trace(image, name, at=at)
        np.testing.assert_array_equal(found.value, ik.apply(image, name).pixels[at])
        np.testing.assert_allclose(found.steps[0].parts[-1].value, found.computed[:3], atol=0.01)


def test_steps_follow_each_other(rng):
    x = rng.integers(0, 256, (9, 9), np.uint8)
    found = ik.trace(x, ik.Pipeline.parse("median | sharpen | gamma"), at=(0, 3))
    assert [step.step for step in found.steps] == ["median", "sharpen", "gamma"]
    sharpen = found.steps[1].parts[0]
    assert isinstance(sharpen, Sum)
    assert sharpen.cells.values[1, 1, 0] == found.steps[0].value[0]


def test_the_drawing_is_sound_svg_and_png(tmp_path, cli):
    x = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    found = ik.trace(x, "watercolor", "gamma", "sobel", "blur:sigma=30", "canny", at=(0, 1))
    drawing = scene(found, 1)
    root = ElementTree.fromstring(svg(drawing))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert None not in texts
    assert any("step 2: gamma" in text for text in texts)
    assert f"pixel x 1, y 0, channel 2 of 3: 4 in, {found.value[1]} out" in texts
    assert all(float(n.get("y", 0)) >= 0 for n in root.iter())
    picture = ik.read(png(drawing))
    assert picture.pixels.shape[0] > 400
    ik.write(tmp_path / "in.png", ik.Image.of(x))
    for name in ("t.svg", "t.png"):
        assert (
            cli("trace", tmp_path / "in.png", "sharpen", "--at", "1,0", "--plot", tmp_path / name)[
                0
            ]
            == 0
        )
        assert (tmp_path / name).stat().st_size > 1000


def test_the_command_speaks_json_and_refuses_in_one_line(cli, tmp_path):
    path = tmp_path / "in.png"
    ik.write(path, ik.Image.of(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)))
    found = json.loads(cli("trace", path, "--at", "1,2", "box-blur:size=3", "--json")[1])
    assert found["at"] == [2, 1]
    assert np.shape(found["steps"][0]["parts"][0]["products"]) == (3, 3, 3)
    for words, said in (
        (["--at", "4,0", "blur"], "x from 0 to 3; got y 0, x 4"),
        (["--at", "a", "blur"], "--at must be like 40,0"),
        (["--at", "1,1,1", "blur"], "(3 numbers for 2 axes)"),
        (["--at", "1,1"], "give either steps"),
        (["--at", "1,1", "blur", "--channel", "4"], "from 1 to 3; got 4"),
        (["--at", "1,1", "blur", "--plot", "t.jpg"], "must end in .svg or .png"),
    ):
        code, out, err = cli("trace", path, *words)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert said in err


def test_python_mistakes_are_said():
    luma = replace(ik.Pipeline.parse("blur"), channels=Channels.LUMA)
    with pytest.raises(InvalidValue, match="follows pipelines with channels each; got luma"):
        ik.trace(np.zeros((3, 3, 3)), luma, at=(0, 0))
    with pytest.raises(InvalidValue, match="both"):
        ik.trace(np.eye(3), ik.Pipeline.parse("blur"), "blur", at=(0, 0))
    with pytest.raises(InvalidValue, match="x from 0 to 2; got y 0, x -1"):
        ik.trace(np.eye(3), "blur", at=(0, -1))


@pytest.mark.parametrize("ours", ['channels = "luma"', 'nan = "ignore"', 'like = "opencv"'])
@pytest.mark.parametrize("verb", ["trace", "audit"])
def test_a_pipeline_that_is_not_followed_is_refused(verb, ours):
    pipeline = ik.Pipeline.from_toml(f"{ours}\n[[steps]]\nblur = {{}}\n")
    image, place = np.zeros((5, 5)), {"at": (2, 2)} if verb == "trace" else {}
    with pytest.raises(ValueError, match=f"^{verb}: follows pipelines with .*got"):
        getattr(ik, verb)(image, pipeline, **place)
