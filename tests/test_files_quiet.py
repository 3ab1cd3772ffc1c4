"""Files: nothing is printed, the silence is restored, and imports are late."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import warnings
from pathlib import Path

from picture_files import IMAGE, ONE, simple

from imgkernels.errors import ImgkernelsError
from imgkernels.files import read, words, write


def test_threads_share_the_silence_and_restore_it() -> None:
    import PIL.Image

    out = io.BytesIO()
    PIL.Image.new("P", (300, 300)).save(out, "TIFF")
    before, failures = list(warnings.filters), []

    def work() -> None:
        try:
            for _ in range(20):
                read(out.getvalue())
        except ImgkernelsError as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert warnings.filters == before


def test_nothing_is_printed_by_a_plain_process(tmp_path: Path) -> None:
    """Where no test runner catches it: libtiff's errors, and the log of Pillow."""
    seven = {"t258": ("H", (8,) * 7), "t277": ("H", (7,)), "t262": ("H", (5,))}
    many = simple(ONE, "<", bytes(7), t259=("H", (7,)), **seven)
    cut = simple(ONE, "<", b"\x80", t259=("H", (5,)))
    (tmp_path / "many.tif").write_bytes(many)
    (tmp_path / "cut.tif").write_bytes(cut)
    code = """if True:
        import sys
        from imgkernels.files import read
        for name in sys.argv[1:]:
            try:
                read(name)
            except OSError as error:
                print(error)
    """
    files = [str(tmp_path / "many.tif"), str(tmp_path / "cut.tif")]
    command = [sys.executable, "-c", code, *files]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert [line.partition(": ")[0] for line in run.stdout.splitlines()] == files


def test_reasons_are_one_printable_line() -> None:
    assert words.reason(ValueError("a\n  b\x1b[1m")) == "a b\\x1b[1m"
    assert words.reason(KeyError()) == "KeyError"
    assert len(words.reason(ValueError("x" * 9999))) == 200


def modules_after(code: str) -> set[str]:
    code += (
        "\nimport sys; print(*(m for m in ('PIL', 'cv2', 'scipy', 'logging') if m in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_imports_are_late(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    write(file, IMAGE)
    assert modules_after("import imgkernels.files") == set()
    plain = f"from imgkernels.files import read, write; write({str(file)!r}, read({str(file)!r}))"
    assert not modules_after(plain) & {"PIL", "scipy"}
