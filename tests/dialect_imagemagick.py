"""ImageMagick's own words, for the dialect of that name."""

import numpy as np
import peers_imagemagick
from dialect_cases import Call
from peers_imagemagick import convert

import imgkernels as ik

MISSING = peers_imagemagick.MISSING
PIXELS = {
    None: (),
    ik.Border.REPLICATE: ("-virtual-pixel", "edge"),
    ik.Border.SYMMETRIC: ("-virtual-pixel", "mirror"),
    ik.Border.WRAP: ("-virtual-pixel", "tile"),
    ik.Border.CONSTANT: ("-virtual-pixel", "black"),
}
DTYPES = ("uint8", "uint16")
TAPS = np.random.default_rng(5).normal(size=(4, 3)).round(3)
EVEN = np.random.default_rng(6).normal(size=(2, 4)).round(3)
LIGHTEN = ("-define", "morphology:compose=Lighten", "-morphology", "Convolve")


def said(*words):
    return lambda x, border: convert(x, *PIXELS[border], *words)


def convolved(name):
    return said("-morphology", "Convolve", name)


def written(taps):
    rows = " ".join(",".join(map(str, row)) for row in taps)
    return f"{taps.shape[1]}x{taps.shape[0]}: {rows}"


def call(filter, words, **params):
    return Call(filter, params, words, DTYPES)


TABLES = {"diagonal-3": 2, "wide-5": 5, "wide-7": 7, "log-5": 15, "log-9": 19}

CALLS = [
    *(call("blur", said("-blur", f"0x{s}"), sigma=s) for s in (0.3, 0.5, 1.0, 2.0, 3.3, 7.0)),
    *(call("box-blur", said("-statistic", "Mean", f"{n}x{n}"), size=n) for n in (1, 3, 5)),
    *(
        call("comet-blur", said("-motion-blur", f"0x{s}+{180 - a}"), sigma=s, angle=float(a))
        for s, a in ((2.0, 0), (3.0, 30), (1.5, 135), (2.0, -100))
    ),
    *(call("sharpen-imagemagick", said("-sharpen", f"0x{s}"), sigma=s) for s in (0.5, 1.0, 2.5)),
    *(
        call("unsharp", said("-unsharp", f"0x{s}+{a}+{t}"), sigma=s, amount=a, threshold=t)
        for s, a, t in ((1.0, 1.0, 0.05), (2.0, 0.5, 0.0), (4.0, 3.0, 0.1))
    ),
    call("laplacian", convolved("Laplacian:1")),
    call("laplacian", convolved("Laplacian:0"), neighbours="all"),
    *(call("laplacian-box", said("-edge", (n - 1) / 2), ksize=n) for n in (3, 5)),
    *(
        call("laplacian-table", convolved(f"Laplacian:{number}"), table=table)
        for table, number in TABLES.items()
    ),
    call("mixed-fourth", convolved("Laplacian:3")),
    call("sobel-x", convolved("Sobel")),
    call("sobel-y", convolved("Sobel:90")),
    call("prewitt-x", convolved("Prewitt")),
    call("prewitt-y", convolved("Prewitt:90")),
    call("kirsch", said(*LIGHTEN, "Kirsch:@")),
    call("robinson", said(*LIGHTEN, "Sobel:@")),
    call("prewitt-compass", said(*LIGHTEN, "Compass:@")),
    call("custom", convolved(written(TAPS)), kernel=TAPS),
    call("custom", convolved(written(EVEN)), kernel=EVEN),
    *(call("median", said("-statistic", "Median", f"{n}x{n}"), size=n) for n in (1, 3, 5)),
    call("minimum", said("-statistic", "Minimum", "3x3"), size=3),
    call("maximum", said("-statistic", "Maximum", "5x5"), size=5),
]
