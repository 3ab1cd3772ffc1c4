"""Pipelines: three spellings of one thing, all mistakes at once, nothing rounded between steps."""

import json
import pickle
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

import imgkernels as ik
from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.pipeline import preset_names
from imgkernels.schema import schema
from imgkernels.step import Step, build_step

NAMES = [entry.name for entry in ik.catalogue()]


def values_of(knob):
    """Draw a value that the knob's declaration allows."""
    p = knob.param
    low = p.above + 0.01 if p.above is not None else p.least if p.least is not None else -5
    high = p.most if p.most is not None else low + 10
    match knob.kind:
        case "number":
            drawn = st.floats(low or 0.02, min(high, 9))
        case "whole":
            odd = 2 if p.odd else 1
            drawn = st.integers(1, 4).map(lambda n: max(int(low), 1) + odd * (n - 1))
        case "switch":
            drawn = st.booleans()
        case "choice":
            drawn = st.sampled_from(knob.choices)
        case "kernel":
            drawn = st.sampled_from(["0 -1 0; -1 5 -1; 0 -1 0", "1/3 1/3 1/3", "1 2.5; -3 4e-3"])
    return drawn


@st.composite
def steps(draw):
    entry = ik.get(draw(st.sampled_from(NAMES)))
    given_ = {k.name: draw(values_of(k)) for k in entry.params if k.required or draw(st.booleans())}
    _, problems = build_step(entry.name, given_)
    assume(not problems)  # rules between parameters: a sigma_wide above sigma
    return Step.of(entry.name, given_)


@settings(max_examples=80)
@given(st.lists(steps(), min_size=1, max_size=4))
def test_text_toml_and_objects_are_the_same_thing(chain):
    pipeline = ik.Pipeline(tuple(chain))
    assert ik.Pipeline.parse(str(pipeline)) == pipeline
    assert ik.Pipeline.from_toml(pipeline.to_toml()) == pipeline
    assert ik.Pipeline.of(*((s.filter, dict(s.params)) for s in chain)) == pipeline
    assert pickle.loads(pickle.dumps(pipeline)) == pipeline


def test_settings_survive_toml():
    text = (
        'name = "mine"\nsummary = "with \\"quotes\\""\nborder = "wrap"\nborder_value = 3.0\n'
        'range = "abs"\n\n[[steps]]\nblur = { sigma = 1.5 }\n'
    )
    pipeline = ik.Pipeline.from_toml(text)
    assert (pipeline.border, pipeline.range) == (ik.Border.WRAP, ik.Range.ABS)
    assert pipeline.to_toml() == text


def test_what_is_at_its_default_is_left_out():
    assert ik.Pipeline.parse("median:size=3") == ik.Pipeline.parse("median")
    assert ik.Pipeline.parse("gaussian:sigma=2") == ik.Pipeline.parse("blur:sigma=2.0")


def test_every_mistake_is_said_with_its_path():
    text = """
colour = "red"
border = "mirrored"
[[steps]]
blur = { sigma = -1, sigmma = 2 }
[[steps]]
sobl = {}
[[steps]]
median = { size = 4 }
[[steps]]
dog = { sigma = 3, sigma_wide = 2 }
[[steps]]
blur = 3
[[steps]]
blur = {}
median = {}
"""
    with pytest.raises(InvalidValue) as caught:
        ik.Pipeline.from_toml(text, "my.toml")
    lines = str(caught.value).splitlines()
    paths = [line.split(": ")[1] for line in lines]
    assert sorted(paths) == sorted(
        ["colour", "border", "steps.0.blur.sigma", "steps.0.blur.sigmma", "steps.1",
         "steps.2.median.size", "steps.3.dog", "steps.4.blur", "steps.5"]
    )  # fmt: skip
    assert all(line.startswith("my.toml: ") for line in lines)
    assert any("did you mean 'sigma'?" in line for line in lines)


@pytest.mark.parametrize(
    "text", ["", "|", "= 3", "[[steps]]", "steps = 3", "steps = []", 'steps = ["blurr"]', "a = nan"]
)
def test_what_is_no_pipeline_is_refused(text):
    with pytest.raises(ik.ImgkernelsError):
        ik.Pipeline.from_toml(text)


def test_too_many_steps_are_refused_before_any_is_built():
    with pytest.raises(InvalidValue, match="1 to 1000 steps; got 100000"):
        ik.Pipeline.of(*["blur"] * 100_000)


def test_nothing_is_rounded_or_clipped_between_steps():
    image = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    there_and_back = ik.Pipeline.parse("gain:factor=7.3 | gain:factor=0.1369863013698630")
    np.testing.assert_array_equal(there_and_back(image), image)
    negative = ik.Pipeline.parse("gain:factor=-1 | gain:factor=-1")
    np.testing.assert_array_equal(negative(image), image)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4), st.sampled_from(list(ik.Border)))
def test_a_chain_is_its_steps_one_by_one(chain, border):
    image = np.random.default_rng(3).random((14, 12, 3))
    needed = {"custom": {"kernel": "0 -1 0; -1 5 -1; 0 -1 0"}}
    pipeline = ik.Pipeline.of(*((name, needed.get(name, {})) for name in chain))
    due = image
    for name in chain:
        due = ik.apply(due, name, border=border, **needed.get(name, {}))
    np.testing.assert_allclose(pipeline(image, border=border), due, atol=1e-12)


def test_the_last_step_with_a_wish_for_a_range_decides():
    image = np.array([[0, 0, 200, 200]], np.uint8)
    assert ik.Pipeline.parse("sobel-x | blur:sigma=0.5")(image).min() >= 0
    signed = ik.Pipeline.parse("sobel-x | gain:factor=-1")(image, dtype="int16")
    np.testing.assert_array_equal(ik.Pipeline.parse("sobel-x")(image), np.minimum(-signed, 255))


@pytest.mark.parametrize("name", preset_names())
def test_presets_run_on_every_depth_and_keep_shape(name):
    preset = ik.Pipeline.load(name)
    assert preset.name == name
    assert preset.summary.endswith(".")
    for dtype, white in (("uint8", 255), ("uint16", 65535), ("float32", 1.0)):
        image = (np.random.default_rng(1).random((20, 24, 3)) * white).astype(dtype)
        answer = preset(image)
        assert answer.shape == image.shape
        assert answer.dtype == image.dtype
        assert np.isfinite(answer).all()


def test_an_unknown_preset_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'halo'"):
        ik.Pipeline.load("halow")


def test_the_schema_knows_every_filter_and_every_limit():
    items = schema()["properties"]["steps"]["items"]["properties"]
    assert list(items) == NAMES
    json.dumps(schema())
    for entry in ik.catalogue():
        described = items[entry.name]["properties"]
        assert list(described) == [knob.name for knob in entry.params]
    assert items["median"]["properties"]["size"]["not"] == {"multipleOf": 2}
    assert items["custom"]["required"] == ["kernel"]


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_refuses_what_its_rule_forbids(name):
    entry = ik.get(name)
    samples = {k.name: k.sample for k in entry.params if k.required}
    for knob in entry.params:
        p = knob.param
        wrong = [float("nan"), float("inf"), "many", [], {}, object()]
        wrong += [p.least - 1] if p.least is not None else []
        wrong += [p.most + 1] if p.most is not None else []
        wrong += [p.above] if p.above is not None else []
        wrong += [True] if knob.kind in ("number", "whole") else []
        for value in wrong:
            with pytest.raises(ik.ImgkernelsError) as caught:
                entry.operation(None, **(samples | {knob.name: value}))
            assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_there_is_none_of_is_refused(name):
    with pytest.raises(InvalidValue, match="no parameter 'flavour'"):
        ik.apply(np.zeros((3, 3)), name, flavour=3)


@pytest.mark.parametrize(
    "sigma", [-1, float("nan"), float("inf"), 1e-300, "3", 1e9, Fraction(-1, 2)]
)
def test_a_bad_sigma_is_said_and_zero_is_the_identity(sigma):
    image = np.random.default_rng(0).random((5, 5))
    with pytest.raises(ValueError, match=r"sigma must be .*; got"):
        ik.apply(image, "blur", sigma=sigma)
    np.testing.assert_array_equal(ik.apply(image, "blur", sigma=0), image)


@pytest.mark.parametrize(
    "kernel",
    [[[np.nan]], [[np.inf]], [], [[1, 2], [3]], "", "1 x", [[1j]], np.ones((1, 1, 1, 1)), 3.0],
)
def test_a_bad_kernel_is_refused_by_custom(kernel):
    with pytest.raises(ValueError, match=r"kernel"):
        ik.apply(np.zeros((5, 5)), "custom", kernel=kernel)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".csv", "0,-1,0\n-1,5,-1\n0,-1,0\n"),
        (".txt", "0 -1 0\n-1 5 -1\n0 -1 0"),
        (".json", "[[0,-1,0],[-1,5,-1],[0,-1,0]]"),
        (".json", '{"taps": [[0,-1,0],[-1,5,-1],[0,-1,0]], "anchor": [1, 1]}'),
    ],
)
def test_a_kernel_is_read_from_a_file(tmp_path, suffix, text):
    path = tmp_path / f"kernel{suffix}"
    path.write_text(text)
    image = np.random.default_rng(0).random((7, 7))
    due = ik.apply(image, "sharpen")
    np.testing.assert_allclose(ik.apply(image, "custom", kernel=str(path)), due, atol=1e-12)
    np.save(tmp_path / "k.npy", ik.kernels.sharpen().taps)
    again = ik.apply(image, "custom", kernel=str(tmp_path / "k.npy"))
    np.testing.assert_allclose(again, due, atol=1e-12)


@pytest.mark.parametrize("text", ["[[NaN]]", "[[Infinity]]", '{"taps": 3', "[" * 100_000, "{}"])
def test_a_hostile_json_kernel_is_refused(tmp_path, text):
    path = tmp_path / "k.json"
    path.write_text(text)
    with pytest.raises(InvalidValue):
        ik.apply(np.zeros((3, 3)), "custom", kernel=str(path))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ik.apply(np.zeros((3, 3)), None),
        lambda: ik.apply(np.zeros((3, 3)), ik.get("blur")),
        lambda: ik.apply([[1, 2], [3]], "blur"),
        lambda: ik.Pipeline.parse(["blur"]),
        lambda: ik.read(None),
        lambda: ik.plan(5, ik.kernels.box(3)),
    ],
)
def test_likely_mistakes_in_python_are_said_in_words(wrong):
    with pytest.raises(ik.ImgkernelsError, match=r"must|takes"):
        wrong()


def test_an_array_is_written_as_it_is(tmp_path):
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    ik.write(tmp_path / "a.png", image)
    np.testing.assert_array_equal(ik.read(tmp_path / "a.png").pixels, image)


@pytest.mark.parametrize("suffix", [".toml", ".json", ".txt", ".npy"])
def test_a_small_file_is_read_no_further_than_its_limit(tmp_path, suffix):
    """A link to a device that never ends, a file of a megabyte and a byte, a name that is none."""
    endless, long = tmp_path / f"endless{suffix}", tmp_path / f"long{suffix}"
    endless.symlink_to("/dev/zero")
    long.write_bytes(b" " * ((1 << 20) + 1))
    for path in (endless, long):
        with pytest.raises(ik.ImgkernelsError, match="is at most 1048576 bytes long"):
            loaded(path)
    with pytest.raises(ik.ImgkernelsError, match="no file can have this name"):
        loaded(tmp_path / f"a\0{suffix}")
    with pytest.raises(ik.ImgkernelsError, match="No such file"):
        loaded(tmp_path / f"none{suffix}")


def loaded(path):
    if path.suffix == ".toml":
        return ik.Pipeline.load(path)
    return ik.apply(np.zeros((3, 3)), "custom", kernel=str(path))


def test_a_kernel_file_that_declares_more_than_it_has(tmp_path):
    path = tmp_path / "k.npy"
    head = repr({"descr": "<f8", "fortran_order": False, "shape": (1 << 34, 3)}).encode() + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + bytes(99))
    with pytest.raises(InvalidValue, match="its header declares more than there is"):
        loaded(path)
    np.save(path, np.array([{}], object), allow_pickle=True)
    with pytest.raises(InvalidValue, match=r"kernel: .* cannot be read: "):
        loaded(path)
