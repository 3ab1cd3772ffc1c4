"""Real Fourier transforms of many rows of one length: OpenCV's where it is there, else scipy's."""

from __future__ import annotations

import numpy as np

from imgkernels import opencv
from imgkernels.taps import Taps
from imgkernels.values import Floats


def fast_length(least: int) -> int:
    """Return the shortest length from `least` on that a transform is quick for."""
    cv2 = opencv.load()
    if cv2 is not None:
        return int(cv2.getOptimalDFTSize(least))
    from scipy import fft

    return int(fft.next_fast_len(least, real=True))


class RowFilter:
    """Correlates rows of one length with a row of taps, as if each row were a ring.

    The answer for a window that starts at sample `i` is at `lag + i`. Taps that are their own
    mirror image have a real response, and multiplying by it is quicker.
    """

    def __init__(self, taps: Taps, length: int, dtype: np.dtype[np.floating]) -> None:
        self.length = length
        mirrored = taps.size % 2 == 1 and bool((taps == taps[::-1]).all())
        self.lag = taps.size // 2 if mirrored else 0
        places = (np.arange(taps.size) - self.lag) % length
        # In float64, whatever the rows are in: the taps decide, not how they were transformed.
        spectrum = np.conj(np.fft.rfft(np.bincount(places, taps, length)))
        real, imag = spectrum.real, spectrum.imag
        # Of a real response the real part stands at both places, as it is a factor of both.
        self._packed = _packed(real, real if mirrored else imag, length).astype(dtype)
        self._response = (real if mirrored else spectrum).astype(
            dtype if mirrored else np.result_type(dtype, np.complex64)
        )
        self._mirrored = mirrored

    def __call__(self, rows: Floats) -> Floats:
        """Correlate each row of `(rows, length)`, which may be overwritten."""
        cv2 = opencv.load()
        if cv2 is None:
            return self._through_scipy(rows)
        spectra = cv2.dft(rows, rows, flags=cv2.DFT_ROWS)
        if self._mirrored:
            spectra *= self._packed
        else:
            every = np.ascontiguousarray(np.broadcast_to(self._packed, rows.shape))
            cv2.mulSpectrums(spectra, every, cv2.DFT_ROWS, spectra)
        back = cv2.DFT_ROWS | cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT
        found: Floats = cv2.dft(spectra, spectra, flags=back)
        return found

    def _through_scipy(self, rows: Floats) -> Floats:
        from scipy import fft

        spectra = fft.rfft(rows, axis=1) * self._response
        found: Floats = fft.irfft(spectra, self.length, axis=1, overwrite_x=True)
        return found


def _packed(real: Taps, imag: Taps, length: int) -> Taps:
    """Lay out a half spectrum as OpenCV does: real and imaginary parts in turn, from the first.

    The imaginary parts that are 0 for every real row are left out.
    """
    flat = np.stack([real, imag], axis=-1).ravel()
    return np.concatenate([flat[:1], flat[2 : length + 1]])
