"""Files: animations are refused, or one frame of them is read."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from picture_files import Array, chunk, picture, png_of, refused

from imgkernels.files import read


def animated(kind: str) -> tuple[bytes, list[Array]]:
    import PIL.Image

    frames = [picture("uint8", 3, (8, 8), seed).pixels for seed in range(3)]
    first, *rest = map(PIL.Image.fromarray, frames)
    out = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    first.save(out, kind, save_all=True, append_images=rest, duration=50, **options)
    return out.getvalue(), frames


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused_or_one_frame_read(kind: str) -> None:
    data, frames = animated(kind)
    line = refused(data)
    assert "3 frames" in line
    assert "--frame N (0 to 2)" in line
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(read(data, frame=index).pixels[..., :3], frame)
    assert "holds 3 frames" in refused(data, frame=3)
    assert f"is a {'WebP' if kind == 'WEBP' else kind}; --volume takes" in refused(
        data, volume=True
    )


def test_an_animation_has_no_more_frames_than_chunks() -> None:
    data, _ = animated("PNG")
    place = data.index(b"acTL")
    claim = struct.pack(">II", 1 << 30, 0)
    forged = data[: place - 4] + chunk(b"acTL", claim) + data[place + 16 :]
    assert "holds 3 frames" in refused(forged)


def test_an_animation_of_16_bits_is_refused() -> None:
    control, frame = chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", bytes(26))
    data = png_of(1, 1, 16, 0, bytes(3), control, frame, frame)
    assert "would be read with 8" in refused(data, frame=1)
