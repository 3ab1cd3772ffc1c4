"""What filters see of the colours: luma, linear light, sums."""

import json

import numpy as np
import pytest

import imgkernels as ik
from imgkernels.channels import Channels
from imgkernels.image import Metadata
from imgkernels.light import decoded, encoded, luma

NAMES = [entry.name for entry in ik.catalogue()]
NEEDED = {"custom": {"kernel": "0 -1 0; -1 5 -1; 0 -1 0"}}
FLOATS = ("float32", "float64")


def run(name, image, **options):
    return ik.apply(image, name, **NEEDED.get(name, {}), **options)


def photo(rng, dtype="uint8", shape=(20, 17, 3)):
    white = 1.0 if dtype in FLOATS else np.iinfo(dtype).max
    return (rng.random(shape) * white).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_level_survives_linear_light(dtype):
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(-1, 256)
    np.testing.assert_array_equal(run("identity", levels, channels="linear"), levels)


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_survive_linear_light_on_both_sides_of_black_and_white(dtype):
    values = np.linspace(-1.5, 2.5, 9001, dtype=dtype)
    back = encoded(decoded(values, 1.0), 1.0)
    assert np.abs(back - values).max() <= (2e-6 if dtype == "float32" else 2e-7)


def test_the_curve_is_that_of_iec_61966_2_1():
    # 5.2 of the standard: the two pieces at 10 and 128 of 255, by hand in exact powers.
    due = [10 / 255 / 12.92, ((128 / 255 + 0.055) / 1.055) ** 2.4]
    np.testing.assert_allclose(decoded(np.array([10.0, 128.0]), 255.0) / 255, due, rtol=1e-14)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_fine_checkerboard_blurs_to_half_the_light_not_half_the_number(dtype):
    white = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    board = ((np.indices((40, 40)).sum(axis=0) % 2) * white).astype(dtype)
    middle = run("blur", board, sigma=4, channels="linear")[20, 20] / white
    assert round(float(middle) * 255) == 188
    assert round(float(run("blur", board, sigma=4)[20, 20]) / white * 255) in (127, 128)


def test_thresholds_act_on_light():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    answer = run("threshold", ramp, level=0.5, channels="linear")
    assert np.count_nonzero(answer == 0) == 188


@pytest.mark.parametrize("name", NAMES)
def test_luma_keeps_grey_pixels_grey_and_answers_as_on_a_grey_image(name, rng):
    grey = np.repeat(photo(rng, "float64", (14, 12, 1)), 3, axis=-1)
    answer = run(name, grey, channels="luma")
    assert (answer == answer[..., :1]).all()
    due = run(name, np.ascontiguousarray(grey[..., :1]))
    np.testing.assert_allclose(answer[..., :1], due, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_luma_keeps_the_differences_of_the_colours(name, rng):
    image = photo(rng, "float64")
    answer = run(name, image, channels="luma")
    np.testing.assert_allclose(answer - luma(answer), image - luma(image), atol=1e-12)
    np.testing.assert_allclose(luma(answer), run(name, luma(image)), atol=1e-12)


@pytest.mark.parametrize("channels", list(Channels))
@pytest.mark.parametrize("name", NAMES)
def test_every_filter_works_on_every_depth_and_layout(name, channels, rng):
    for dtype in ("uint8", "int16", "float32"):
        for axes, shape in (("yx", (9, 8)), ("yxc", (9, 8, 3)), ("yxc", (9, 0, 3))):
            answer = run(name, photo(rng, dtype, shape), axes=axes, channels=channels)
            assert answer.dtype == dtype
            assert answer.shape == (shape[:2] if channels == "sum" else shape)
            assert np.isfinite(answer).all()
    if 3 in ik.get(name).ndims and name != "custom":
        volume = run(name, photo(rng, "uint8", (4, 6, 5)), axes="zyx", channels=channels)
        assert volume.shape == (4, 6, 5)


@pytest.mark.parametrize("name", NAMES)
def test_a_sum_is_the_sum_of_the_answers(name, rng):
    image = photo(rng, "float64")
    apart = run(name, image)
    np.testing.assert_allclose(run(name, image, channels="sum"), apart.sum(axis=-1), atol=1e-12)


@pytest.mark.parametrize("channels", ["luma", "linear", "sum"])
def test_alpha_is_filtered_as_ever(channels, rng):
    image = ik.Image.of(photo(rng, "uint8", (12, 12, 4)), alpha=True)
    answer = ik.apply(image, "blur", channels=channels)
    np.testing.assert_array_equal(answer.pixels[..., -1], ik.apply(image, "blur").pixels[..., -1])
    assert (answer.axes, answer.channels) == ("yxc", 2 if channels == "sum" else 4)
    flat = np.full((9, 9, 4), (40, 120, 200, 128), np.uint8)
    answer = ik.apply(ik.Image.of(flat, alpha=True), "sharpen", channels=channels).pixels
    due = (255, 128) if channels == "sum" else (40, 120, 200, 128)
    np.testing.assert_array_equal(answer, np.broadcast_to(due, answer.shape))


def test_luma_refuses_what_has_none(rng):
    with pytest.raises(ValueError, match=r"luma takes grey or RGB, .* got 5"):
        run("blur", photo(rng, "uint8", (4, 4, 5)), channels="luma")


def test_conv3d_of_a_picture_with_a_kernel_per_channel():  # S2-19
    """conv3D(image [h,w,3], filter [x,y,3]): sums of products, clipped, rounded, in 8 bits."""
    rng = np.random.default_rng(219)
    image = rng.integers(0, 256, (9, 11, 3), np.uint8)
    taps = rng.normal(0, 0.3, (3, 3, 3))
    due = np.zeros((9 - 3 + 1, 11 - 3 + 1))
    for y, x in np.ndindex(due.shape):
        for c in range(3):
            due[y, x] += (image[y : y + 3, x : x + 3, c] * taps[..., c]).sum()
    due = np.rint(due.clip(0, 255)).astype(np.uint8)
    assert 0 < np.mean(due == 0) < 0.9
    answer = ik.correlate(image, taps, channels="sum", extent="valid")
    np.testing.assert_array_equal(answer, due)
    assert answer.dtype == np.uint8


def test_the_sum_of_a_filter_is_that_of_a_layer_with_one_kernel_for_all(rng):  # S2-19
    image = photo(rng, "uint8") // 9
    kernel = ik.kernels.sharpen().taps
    layer = np.stack([kernel] * 3, axis=-1)
    due = ik.correlate(image, layer, channels="sum", extent="valid")
    np.testing.assert_array_equal(run("sharpen", image, channels="sum")[1:-1, 1:-1], due)


@pytest.mark.parametrize(
    ("profile", "doubted"),
    [
        (None, False),
        (b"....desc....sRGB IEC61966-2.1....", False),
        ("Display sRGB".encode("utf-16-be"), False),
        (b"....desc....Adobe RGB (1998)....", True),
    ],
)
def test_a_profile_that_is_not_srgb_is_said(profile, doubted, rng):
    image = ik.Image.of(photo(rng))
    image = ik.Image(image.pixels, image.axes, image.white, metadata=Metadata(icc=profile))
    for channels in Channels:
        notes = ik.apply(image, "blur", channels=channels).metadata.notes
        assert any("sRGB" in note for note in notes) == (doubted and channels == "linear")


def test_a_preset_may_ask_for_linear_light(rng):
    text = 'channels = "linear"\n\n[[steps]]\nblur = {  }\n'.replace("{  }", "{}")
    pipeline = ik.Pipeline.from_toml(text)
    assert pipeline.to_toml() == text
    image = photo(rng)
    np.testing.assert_array_equal(pipeline(image), run("blur", image, channels="linear"))
    np.testing.assert_array_equal(pipeline(image, channels="each"), run("blur", image))
    with pytest.raises(ik.ImgkernelsError, match="did you mean 'linear'"):
        ik.Pipeline.from_toml(text.replace("linear", "liner"))


def test_the_command_line_says_what_it_did_with_channels(cli, tmp_path, rng):
    source, target = tmp_path / "in.png", tmp_path / "out.png"
    image = photo(rng)
    ik.write(source, ik.Image.of(image))
    words = ["apply", "blur", source, target, "--json", "--explain", "--channels"]
    for channels in Channels:
        code, out, err = cli(*words, channels)
        assert code == 0
        np.testing.assert_array_equal(ik.read(target).pixels, run("blur", image, channels=channels))
        assert json.loads(out)["channels"] == channels
        assert (f"channels   {channels}" in err) == (channels != "each")
    assert ik.read(target).axes == "yx"
    code, _, err = cli(*words, "lumma")
    assert code == 2
    assert err == "imgkernels: no way with channels 'lumma'; did you mean 'luma'?\n"
