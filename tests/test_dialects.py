"""The words `like` and `--like`: what they accept, what they refuse, and how they are kept."""

import json

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import dialect
from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.shells.flags import complete_like


def test_a_filter_that_a_library_lacks_is_refused_with_the_nearest_it_has():
    with pytest.raises(UnknownName, match=r"^opencv has no prewitt; the nearest it has: "):
        ik.apply(np.zeros((4, 4)), "prewitt", like="opencv")


def test_a_border_that_a_call_lacks_is_refused_with_those_it_has():
    with pytest.raises(InvalidValue, match=r"has border reflect or .*; got wrap"):
        ik.apply(np.zeros((4, 4)), "blur", like="opencv", border="wrap")


def test_a_parameter_that_a_call_lacks_is_refused():
    with pytest.raises(InvalidValue, match=r"gaussian_filter.* has no ksize"):
        ik.apply(np.zeros((4, 4)), "blur", ksize=5, like="scipy")


@pytest.mark.parametrize("word", ["opencv", "OpenCV", "opencv-5", "opencv-5.0", "opencv-5.0.0"])
def test_a_version_may_be_said_where_it_is_true(word):
    assert dialect.get(word).name == "opencv"


@pytest.mark.parametrize("word", ["opencv-4", "opencv-5.0.1", "opencv-5.00"])
def test_a_version_that_is_not_true_is_refused(word):
    with pytest.raises(InvalidValue, match=r"^dialect opencv is that of version 5.0.0; got"):
        dialect.get(word)


def test_an_unknown_library_has_a_near_match():
    with pytest.raises(UnknownName, match="no dialect 'opncv'; did you mean 'opencv'"):
        ik.apply(np.zeros((4, 4)), "blur", like="opncv")


@pytest.mark.parametrize(
    "ours",
    [{"nan": "ignore"}, {"mask": np.ones((4, 4))}, {"spacing": 2}, {"channels": "luma"}],
    ids=lambda ours: next(iter(ours)),
)
def test_what_no_library_has_is_refused(ours):
    with pytest.raises(InvalidValue, match=f"^like: opencv .*{next(iter(ours))}"):
        ik.apply(np.zeros((4, 4)), "blur", like="opencv", **ours)


def test_like_is_kept_in_toml():
    text = 'like = "scipy"\nborder = "reflect"\n\n[[steps]]\nblur = { sigma = 1.0 }\n'
    pipeline = ik.Pipeline.from_toml(text)
    assert (pipeline.like, pipeline.border) == ("scipy", ik.Border.REFLECT)
    assert ik.Pipeline.from_toml(pipeline.to_toml()) == pipeline


def test_the_command_line_follows_a_library(cli, tmp_path):
    image = np.random.default_rng(1).integers(0, 256, (20, 30), np.uint8)
    ik.write(tmp_path / "in.png", ik.Image.of(image))
    code, _, err = cli(
        "apply", "sobel-x", tmp_path / "in.png", tmp_path / "out.png", "--like", "scipy"
    )
    assert (code, err) == (0, "")
    due = ik.apply(image, "sobel-x", like="scipy")
    np.testing.assert_array_equal(ik.read(tmp_path / "out.png").pixels, due)


def test_the_list_shows_which_library_has_which_filter(cli):
    code, out, err = cli("list", "--dialects")
    assert (code, err) == (0, "")
    head, *rows = out.split("\n\n")[0].splitlines()
    names = head.split()[1:]
    assert names == [found.name for found in ik.dialects()]
    marks = {row.split()[0]: row.split()[1:] for row in rows}
    for found, column in zip(ik.dialects(), zip(*marks.values(), strict=True), strict=True):
        due = ["x" if name in found.rules else "." for name in marks]
        assert list(column) == due
        assert set(found.rules) <= set(marks)


def test_the_list_in_json_has_every_call(cli):
    told = json.loads(cli("list", "--dialects", "--json")[1])
    for found, one in zip(ik.dialects(), told, strict=True):
        assert one["filters"] == {name: rule.call for name, rule in found.rules.items()}
        assert (one["name"], one["version"]) == (found.name, found.version)
        assert one["notes"] == list(found.notes)


def test_show_has_the_call_of_each_library(cli):
    out = cli("show", "sobel-x")[1]
    told = json.loads(cli("show", "sobel-x", "--json")[1])["like"]
    having = [found for found in ik.dialects() if "sobel-x" in found.rules]
    assert told == {found.name: found.rules["sobel-x"].call for found in having}
    assert all(f"like {found.name}: " in out for found in having)
    assert "like torch" not in out


def test_the_shell_completes_libraries():
    assert complete_like("sci") == ["scipy"]
    assert complete_like("") == [found.name for found in ik.dialects()]
