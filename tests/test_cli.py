"""The command line as a person types it, mistakes included."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import imgkernels as ik


@pytest.fixture
def photo(tmp_path, rng):
    path = tmp_path / "in.png"
    ik.write(path, ik.Image.of(rng.integers(0, 256, (24, 32, 3), np.uint8)))
    return path


def pixels(path):
    return ik.read(path).pixels


def test_apply_writes_what_the_api_computes(cli, photo, tmp_path):
    target = tmp_path / "out.png"
    assert cli("apply", "blur", photo, target, "--sigma", "2")[0] == 0
    np.testing.assert_array_equal(pixels(target), ik.apply(pixels(photo), "blur", sigma=2.0))


@pytest.mark.parametrize("name", [entry.name for entry in ik.catalogue()])
def test_every_filter_is_a_command_with_its_parameters_in_its_help(cli, name):
    code, out, _ = cli("apply", name, "--help")
    assert code == 0
    for knob in ik.get(name).params:
        assert f"--{knob.name.replace('_', '-')}" in out


@pytest.mark.parametrize("name", [entry.name for entry in ik.catalogue()])
def test_every_filter_runs_and_shows(cli, photo, tmp_path, name):
    needed = [w for k in ik.get(name).params if k.required for w in (f"--{k.name}", k.sample)]
    target = tmp_path / "out.png"
    assert cli("apply", name, photo, target, *needed) == (0, "", "")
    assert pixels(target).shape == (24, 32, 3)
    code, out, _ = cli("show", name)
    assert code == 0
    assert ik.get(name).summary in " ".join(out.split())  # long ones are folded


def test_pipe_runs_steps_in_order(cli, photo, tmp_path):
    target = tmp_path / "out.png"
    assert cli("pipe", photo, target, "median:size=5", "sharpen:amount=0.5")[0] == 0
    due = ik.Pipeline.parse("median:size=5 | sharpen:amount=0.5")(pixels(photo))
    np.testing.assert_array_equal(pixels(target), due)


def test_pipe_runs_presets_and_files(cli, photo, tmp_path):
    own = tmp_path / "my.toml"
    own.write_text("[[steps]]\nblur = { sigma = 1.5 }\n")
    assert cli("pipe", photo, tmp_path / "a.png", "--preset", "halo")[0] == 0
    assert cli("pipe", photo, tmp_path / "b.png", "--preset", own)[0] == 0
    np.testing.assert_array_equal(
        pixels(tmp_path / "b.png"), ik.apply(pixels(photo), "blur", sigma=1.5)
    )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["apply", "blurr", "IN", "OUT"], 2, "no filter 'blurr'; did you mean 'blur'?"),
        (
            ["apply", "blur", "IN", "OUT", "--sigma", "-3"],
            2,
            "blur: sigma must be a number from 0 to 500 px; got -3.0",
        ),
        (["apply", "blur", "IN", "OUT", "--sigma", "nan"], 2, "blur: sigma must be a number"),
        (["apply", "blur", "IN", "OUT", "--sigma", "two"], 2, "got 'two'"),
        (["apply", "median", "IN", "OUT", "--size", "4"], 2, "median: size must be an odd number"),
        (["apply", "sobel", "IN", "OUT", "--gain", "unitt"], 2, "did you mean 'unit'?"),
        (["apply", "blur", "IN", "OUT", "--border", "mirrored"], 2, "no border 'mirrored'"),
        (["apply", "blur", "IN", "OUT", "--border", "scipy:mirrorr"], 2, "did you mean 'mirror'?"),
        (["apply", "blur", "IN", "OUT", "--range", "clamp"], 2, "no range 'clamp'"),
        (["apply", "blur", "IN", "OUT", "--method", "magic"], 2, "no method 'magic'"),
        (["apply", "custom", "IN", "OUT", "--kernel", "1 2; 3"], 2, "rows must be of one length"),
        (["apply", "custom", "IN", "OUT", "--kernel", "a b"], 2, "'a' is no number"),
        (["apply", "custom", "IN", "OUT", "--kernel", "gone.csv"], 2, "No such file"),
        (["apply", "blur", "GONE", "OUT"], 1, "gone.png: "),
        (["apply", "blur", "IN", "NOWHERE"], 1, "no folder"),
        (["apply", "blur", "IN", "out.xyz"], 2, ".xyz"),
        (["apply", "blur", "IN", "a" * 300 + ".png"], 1, "File name too long"),
        (["apply", "blur", "a" * 300 + ".png", "OUT"], 1, "File name too long"),
        (["apply", "blur", "TEXT", "OUT"], 1, "text.png: "),
        (["apply", "blur", "FOLDER", "OUT"], 1, ": Is a directory"),
        (["apply", "blur", "IN", "PLACE"], 1, "is a folder"),
        (["apply", "blur", "IN", "IN"], 2, "is the input; give --overwrite"),
        (["apply", "emboss", "IN", "OUT", "--volume"], 1, "works on 2 axes; got 3"),
        (["apply", "emboss", "IN", "-", "--json"], 2, "cannot both go to stdout"),
        (["pipe", "IN", "OUT"], 2, "give either steps"),
        (["pipe", "IN", "OUT", "blur", "--preset", "halo"], 2, "give either steps"),
        (["pipe", "IN", "OUT", "--preset", "hallo"], 2, "did you mean 'halo'?"),
        (["pipe", "IN", "OUT", "blur:sigmma=2"], 2, "steps.0.blur.sigmma: no parameter 'sigmma'"),
        (["show", "sobell"], 2, "did you mean 'sobel'?"),
        (["apply", "blur", "IN", "OUT", "--sgma", "3"], 2, "--sigma"),
        (["apply", "blur", "IN", "OUT", "--frame", "x"], 2, "apply blur: "),
        (["apply", "blur", "IN", "OUT", "--sigma"], 2, "--sigma"),
        (["apply", "blur", "IN", "OUT", "more"], 2, "see imgkernels apply blur --help"),
        (["apply", "blur", "IN"], 2, "missing argument 'OUT'"),
        (["apply", "custom", "IN", "OUT"], 2, "missing option '--kernel'"),
        (["aply"], 2, "no command 'aply'; did you mean 'apply'?"),
        (["list", "--family", "edgy"], 2, "did you mean 'edge'?"),
    ],
)
def test_a_mistake_is_one_line_with_its_exit_code_and_leaves_nothing(
    cli, photo, tmp_path, words, code, message
):
    (tmp_path / "text.png").write_text("this is no picture")
    places = {
        "IN": photo,
        "OUT": tmp_path / "out.png",
        "GONE": tmp_path / "gone.png",
        "NOWHERE": tmp_path / "nowhere" / "out.png",
        "TEXT": tmp_path / "text.png",
        "FOLDER": tmp_path,
        "PLACE": tmp_path / "place.png",
    }
    places["PLACE"].mkdir()
    before = photo.read_bytes()
    found, out, err = cli(*(places.get(word, word) for word in words))
    assert found == code
    assert message in err
    assert "Traceback" not in err
    if code:
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith("imgkernels: ")
        assert {p.name for p in tmp_path.iterdir()} == {"in.png", "text.png", "place.png"}
        assert not any(places["PLACE"].iterdir())
    assert photo.read_bytes() == before


def test_all_mistakes_of_a_pipeline_are_said_at_once(cli, photo, tmp_path):
    words = ["sobl", "blur:sigma=-1,ksize=4", "median:size=3"]
    code, _, err = cli("pipe", photo, tmp_path / "out.png", *words)
    assert code == 2
    assert [line.split(": ")[2] for line in err.splitlines()] == [
        "steps.0",
        "steps.1.blur.sigma",
        "steps.1.blur.ksize",
    ]


def test_an_unwritable_folder_is_said(cli, photo, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write everywhere")
    code, _, err = cli("apply", "blur", photo, locked / "out.png")
    assert code == 1
    assert "ermission" in err


def test_overwrite_replaces_the_input(cli, photo):
    due = ik.apply(pixels(photo), "invert")
    assert cli("apply", "invert", photo, photo, "--overwrite")[0] == 0
    np.testing.assert_array_equal(pixels(photo), due)


def test_json_says_what_was_done(cli, photo, tmp_path):
    code, out, _ = cli("apply", "blur", photo, tmp_path / "out.png", "--sigma", "3", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["pipeline"] == "blur:sigma=3.0"
    assert told["shape"] == [24, 32, 3]
    assert told["dtype"] == "uint8"


def test_list_and_show_answer_in_json(cli):
    names = [entry["name"] for entry in json.loads(cli("list", "--json")[1])]
    assert names == [entry.name for entry in ik.catalogue()]
    told = json.loads(cli("show", "sobel-x:ksize=5", "--json")[1])
    assert told["kernels"][0]["shape"] == [5, 5]
    assert told["kernels"][0]["gain"] == 128


def test_show_prints_matrix_sum_gain_anchor_separability_and_source(cli):
    out = cli("show", "sobel-x")[1]
    for text in ("-2   0   2", "sum 0", "gain 8", "anchor (1, 1)", "separable", "1968", "██"):
        assert text in out


def test_explain_prints_the_plan_on_stderr(cli, photo, tmp_path):
    code, out, err = cli("apply", "blur", photo, tmp_path / "out.png", "--explain")
    assert code == 0
    assert out == ""
    for text in ("13x13 separable kernel", "method     separable", "considered", "ms"):
        assert text in err


def test_the_method_asked_for_is_used_and_agrees(cli, photo, tmp_path):
    found = {}
    for method in ("direct", "fft", "im2col"):
        target = tmp_path / f"{method}.png"
        code, _, err = cli("apply", "blur", photo, target, "--method", method, "--explain")
        assert code == 0
        assert f"method     {'spectral' if method == 'fft' else method}:" in err
        found[method] = pixels(target).astype(int)
    for other in ("fft", "im2col"):
        assert np.abs(found["direct"] - found[other]).max() <= 1


def test_a_border_and_its_value_reach_the_filter(cli, photo, tmp_path):
    target = tmp_path / "out.png"
    words = ["--border", "constant", "--border-value", "255"]
    assert cli("apply", "maximum", photo, target, *words)[0] == 0
    assert (pixels(target)[0] == 255).all()


def test_presets_are_listed_shown_and_have_a_schema(cli, tmp_path):
    presets = json.loads(cli("preset", "list", "--json")[1])
    assert len(presets) >= 8
    assert {"watercolor", "halo", "sketch"} <= {p["name"] for p in presets}
    shown = cli("preset", "show", "halo")[1]
    assert ik.Pipeline.from_toml(shown) == ik.Pipeline.load("halo")
    schema = json.loads(cli("preset", "schema")[1])
    steps = schema["properties"]["steps"]["items"]["properties"]
    assert list(steps) == [entry.name for entry in ik.catalogue()]
    assert steps["blur"]["properties"]["sigma"]["maximum"] == 500


def test_doctor_finds_all_well_here(cli):
    code, out, _ = cli("doctor")
    assert code == 0
    assert "all is well" in out
    told = json.loads(cli("doctor", "--json")[1])
    assert told["problems"] == []
    assert told["methods"]["separable"] == "ready"


@pytest.mark.usefixtures("no_opencv")
def test_without_opencv_the_main_job_runs_and_doctor_says_the_cure(cli, photo, tmp_path):
    target = tmp_path / "out.png"
    assert cli("apply", "blur", photo, target) == (0, "", "")
    np.testing.assert_array_equal(pixels(target), ik.apply(pixels(photo), "blur"))
    code, out, _ = cli("doctor")
    assert code == 1
    assert "opencv-python-headless" in out


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_picture_goes_through_stdin_and_stdout(tmp_path, rng, unbuffered):
    large = ik.Image.of(rng.integers(0, 256, (400, 300, 3), np.uint8))  # more than a pipe holds
    ik.write(tmp_path / "large.png", large)
    command = [sys.executable, "-m", "imgkernels", "apply", "invert", "-", "-"]
    done = subprocess.run(
        command,
        input=(tmp_path / "large.png").read_bytes(),
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    np.testing.assert_array_equal(ik.read(done.stdout).pixels, 255 - large.pixels)
    assert done.stderr == b""


def test_version_and_help_answer():
    ask = [sys.executable, "-m", "imgkernels"]
    told = subprocess.run([*ask, "--version"], capture_output=True, text=True, check=True).stdout
    assert told == f"imgkernels {ik.__version__}\n"
    told = subprocess.run([*ask, "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("apply", "pipe", "list", "show", "preset", "doctor"):
        assert command in told


def test_debug_shows_where_an_error_comes_from(photo):
    ask = [sys.executable, "-m", "imgkernels", "--debug", "apply", "blur", "gone.png", "out.png"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_without_cv2_the_command_line_still_does_its_job(photo, tmp_path, suffix):
    source, target = tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    ik.write(source, ik.read(photo))
    code = (
        "import sys; sys.modules['cv2'] = None\n"
        "from imgkernels.shells.main import main\n"
        f"sys.argv = ['imgkernels', 'apply', 'watercolor', {str(source)!r}, {str(target)!r}]\n"
        "main()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    due = ik.apply(pixels(source), "watercolor").astype(int)
    assert np.abs(pixels(target) - due).mean() < (4 if suffix == "jpg" else 1e-9)


def test_an_interrupt_ends_with_130_one_line_and_no_file(tmp_path):
    target = tmp_path / "out.png"
    ask = [sys.executable, "-m", "imgkernels", "apply", "blur", "-", str(target)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(ask, **pipes) as job:
        time.sleep(1.5)  # by now it waits for a picture
        job.send_signal(signal.SIGINT)
        _, err = job.communicate(timeout=20)
    assert job.returncode == 130
    assert err == b"imgkernels: interrupted; nothing was written\n"
    assert not target.exists()


def test_a_reader_that_leaves_early_is_no_traceback(photo):
    ask = f"{sys.executable} -m imgkernels apply identity {photo} - --format npy | head -c 1"
    big = ik.Image.of(np.zeros((600, 600, 3), np.uint8))
    ik.write(photo, big)
    for unbuffered in ("", "1"):
        env = os.environ | {"PYTHONUNBUFFERED": unbuffered}
        done = subprocess.run(ask, shell=True, capture_output=True, check=False, env=env)
        assert done.stdout == b"\x93"
        assert done.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", ["apply blur {} -", "list", "show sobel --json"])
def test_a_full_disk_behind_stdout_is_one_line(photo, words):
    ask = f"{sys.executable} -m imgkernels {words.format(photo)} > /dev/full"
    done = subprocess.run(ask, shell=True, capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_closed_streams_are_said(photo, closed):
    ends = "- out.png" if closed == "<&-" else f"{photo} -"
    ask = f"{sys.executable} -m imgkernels apply blur {ends} {closed}"
    done = subprocess.run(ask, shell=True, capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr == "imgkernels: -: there is no stdin or stdout here; name a file\n"
