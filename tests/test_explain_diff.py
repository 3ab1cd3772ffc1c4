"""`explain-diff`: what it says of two libraries is what they are seen to do."""

import json

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import dialect, resources
from imgkernels.errors import ImgkernelsError

PHOTO = ik.read(resources.folder("samples") / "camera.png").pixels[100:180, 60:150]


NEEDED = {("kornia", "blur"): {"ksize": 9, "sigma": 2.0}, ("kornia", "laplacian"): {"ksize": 3}}


def rules(found):
    return {rule.rule: rule for rule in found.rules}


def shared():
    """Every filter of every dialect beside our own rules, where it needs no parameter."""
    for found in ik.dialects():
        for name in found.rules:
            if not any(knob.required for knob in ik.get(name).params):
                yield pytest.param(found.name, name, id=f"{found.name}-{name}")


@pytest.mark.parametrize(("like", "name"), list(shared()))
def test_it_measures_what_apply_answers(like, name):
    rule = dialect.get(like).rule(name)
    dtype = (rule.dtypes or dialect.get(like).dtypes)[0]
    image = (PHOTO / 255).astype(dtype) if dtype[0] == "f" else PHOTO.astype(dtype)
    params = NEEDED.get((like, name), {})
    found = ik.explain_diff(image, name, like=like, **params)
    one, other = (ik.apply(image, name, like=w, **params).astype(float) for w in (None, like))
    off = np.abs(one - other)
    assert found.difference.largest == off.max()
    assert found.difference.share == (off > 0).mean()
    if off.any():
        assert off[found.difference.where] == off.max()
        assert found.picture.pixels.max() == found.picture.white
    if found.border is not None:
        border = {"border": found.border}
        same = [ik.apply(image, name, like=w, **params, **border) for w in (None, like)]
        assert found.with_border.share == (same[0] != same[1]).mean()


def test_a_library_beside_itself_differs_in_nothing():
    found = ik.explain_diff(PHOTO, "blur", like=("opencv", "opencv"), sigma=2)
    assert not any(rule.differs for rule in found.rules)
    assert (found.difference.share, found.difference.where, found.border) == (0, (), None)
    assert not found.picture.pixels.any()


def test_the_border_alone_may_be_the_difference():
    found = ik.explain_diff(PHOTO, "median", like=("opencv", "scipy"), size=5)
    assert (found.border, found.with_border.share) == (ik.Border.REPLICATE, 0)
    assert found.difference.share > 0
    assert rules(found)["border"].differs


def test_a_kernel_that_is_turned_is_seen():
    taps = "1 2 0; 0 0 0; 0 0 1"
    found = ik.explain_diff(PHOTO, "custom", like=("opencv", "imagemagick"), kernel=taps)
    assert rules(found)["orientation"].second == "turned by 180 degrees"
    upside = ik.explain_diff(PHOTO, "emboss-pillow", like="pillow")
    assert rules(upside)["orientation"].second == "upside down"


def test_sign_and_scale_are_seen():
    peak = rules(ik.explain_diff(PHOTO, "laplacian", like="imagemagick"))["a peak"]
    assert (peak.first, peak.second) == ("-2", "2")
    slope = rules(ik.explain_diff(PHOTO, "sobel-x", like=("opencv", "skimage")))
    right = slope["brighter to the right"]
    assert (right.first, right.second) == ("8", "2")


def test_alpha_is_seen():
    image = ik.Image.of(np.full((12, 12, 4), 200, np.uint8), alpha=True)
    assert rules(ik.explain_diff(image, "box-blur", like="opencv"))["alpha"].differs
    assert not rules(ik.explain_diff(image, "box-blur", like="imagemagick"))["alpha"].differs


@pytest.mark.parametrize("axes", ["zyx", "zyxc"])
def test_volumes_are_compared(axes):
    volume = np.random.default_rng(3).integers(0, 256, (5, 6, 7, 2)[: len(axes)], np.uint8)
    found = ik.explain_diff(ik.Image.of(volume, axes), "blur", like=("scipy", "itk"), sigma=1)
    assert found.difference.share > 0


@pytest.mark.parametrize("like", [(), ("opencv", "scipy", "itk")])
def test_one_or_two_libraries(like):
    with pytest.raises(ImgkernelsError, match=r"one library or two .*; got [03]"):
        ik.explain_diff(PHOTO, "blur", like=like)


def test_nan_differs_from_a_number_alone():
    image = np.ones((25, 25))
    image[12, 12] = np.nan
    found = ik.explain_diff(image, "blur", like=("opencv", "scipy"), sigma=1.1)
    assert found.difference.largest == np.inf  # 11 taps, and 9
    assert ik.explain_diff(image, "blur", like=("scipy",) * 2, sigma=1.1).difference.share == 0


@pytest.fixture
def photo(tmp_path):
    ik.write(tmp_path / "in.png", ik.Image.of(PHOTO))
    return tmp_path / "in.png"


def test_the_command_says_it_and_writes_the_picture(cli, photo, tmp_path):
    words = ("explain-diff", "blur", photo, "--like", "opencv", "--like", "pillow", "--sigma", "2")
    code, out, err = cli(*words, "--out", tmp_path / "diff.png")
    assert (code, err) == (0, "")
    for text in ("opencv 5.0.0: cv2.GaussianBlur(", "* border", "with border replicate for both"):
        assert text in out
    found = ik.explain_diff(PHOTO, "blur", like=("opencv", "pillow"), sigma=2)
    assert f"the difference times {found.amplified:.4g}" in out
    np.testing.assert_array_equal(ik.read(tmp_path / "diff.png").pixels, found.picture.pixels)
    code, out, _ = cli(*words, "--json")
    told = json.loads(out)
    assert told["difference"]["share"] == found.difference.share
    assert [rule["rule"] for rule in told["rules"]] == [rule.rule for rule in found.rules]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "give --like LIBRARY once or twice"),
        (("--like", "opencv") * 3, "give --like LIBRARY once or twice"),
        (("--like", "opncv"), "did you mean 'opencv'"),
        (("--like", "torch"), "torch has no blur; the nearest it has: box-blur"),
        (("--like", "opencv", "--sigma", "-1"), "sigma must be a number from 0"),
        (("--like", "opencv", "--out", "nowhere/diff.png"), "there is no folder nowhere"),
        (("--like", "opencv", "--out", "in.png"), "in.png is the input"),
        (("--like", "opencv", "--out", "diff.xyz"), "xyz"),
        (("--like", "opencv", "--mask", "in.png"), "no such option"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(words, text, cli, photo, monkeypatch):
    monkeypatch.chdir(photo.parent)
    before = photo.read_bytes()
    code, out, err = cli("explain-diff", "blur", "in.png", *words)
    assert (code, out, err.count("\n")) == (
        2 if "folder" not in text and "xyz" not in text else code,
        "",
        1,
    )
    assert code in (1, 2)
    assert text in err
    assert [path.name for path in photo.parent.iterdir()] == ["in.png"]
    assert photo.read_bytes() == before
