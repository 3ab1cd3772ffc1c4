"""Who described what: each work that the catalogue cites, once."""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """A work: who wrote it, its title, when, and where it is found (a DOI or an address).

    >>> print(Source("Canny", "A computational approach to edge detection", 1986))
    Canny, A computational approach to edge detection, 1986
    """

    authors: str
    title: str
    year: int
    link: str = ""

    def __str__(self) -> str:
        return f"{self.authors}, {self.title}, {self.year}"


# fmt: off
ASTOLA = Source(
    "Astola, Haavisto and Neuvo", "Vector median filters", 1990, "https://doi.org/10.1109/5.54807",
)
BT709 = Source(
    "ITU-R", "Recommendation BT.709", 2015, "https://www.itu.int/rec/R-REC-BT.709",
)
CANNY = Source(
    "Canny", "A computational approach to edge detection", 1986,
    "https://doi.org/10.1109/TPAMI.1986.4767851",
)
FANG = Source(
    "Fang, Yue and Yu", "The study on an application of Otsu method in Canny operator", 2009,
)
FARID = Source(
    "Farid and Simoncelli", "Differentiation of discrete multidimensional signals", 2004,
    "https://doi.org/10.1109/TIP.2004.823819",
)
FREEMAN_ADELSON = Source(
    "Freeman and Adelson", "The design and use of steerable filters", 1991,
    "https://doi.org/10.1109/34.93808",
)
FREI_CHEN = Source(
    "Frei and Chen", "Fast boundary detection: a generalization and a new algorithm", 1977,
    "https://doi.org/10.1109/TC.1977.1674733",
)
FSPECIAL = Source(
    "MathWorks", "MATLAB, fspecial", 2024,
    "https://www.mathworks.com/help/images/ref/fspecial.html",
)
GABOR = Source(
    "Gabor", "Theory of communication", 1946, "https://doi.org/10.1049/ji-3-2.1946.0074",
)
GIMP = Source("GIMP", "Convolution matrix, emboss", 2024)
GMIC = Source(
    "Tschumperle and Fourey", "G'MIC, standard library, gradient scheme rotinv", 2026,
    "https://github.com/GreycLab/gmic",
)
HUANG = Source(
    "Huang, Yang and Tang", "A fast two-dimensional median filtering algorithm", 1979,
    "https://doi.org/10.1109/TASSP.1979.1163188",
)
IMAGEMAGICK = Source("ImageMagick", "Kernel table in morphology.c, and effect.c", 2026)
KIRSCH = Source(
    "Kirsch", "Computer determination of the constituent structure of biological images", 1971,
    "https://doi.org/10.1016/0010-4809(71)90034-6",
)
KUWAHARA = Source(
    "Kuwahara, Hachimura, Eiho and Kinoshita", "Processing of RI-angiocardiographic images", 1976,
)
LINDEBERG = Source(
    "Lindeberg", "Scale-space for discrete signals", 1990, "https://doi.org/10.1109/34.49051",
)
MARR_HILDRETH = Source(
    "Marr and Hildreth", "Theory of edge detection", 1980,
    "https://doi.org/10.1098/rspb.1980.0020",
)
OPENCV = Source(
    "OpenCV", "Image filtering", 2026,
    "https://docs.opencv.org/4.x/d4/d86/group__imgproc__filter.html",
)
OTSU = Source(
    "Otsu", "A threshold selection method from gray-level histograms", 1979,
    "https://doi.org/10.1109/TSMC.1979.4310076",
)
PHP = Source(
    "PHP", "Manual, imageconvolution, example", 2024, "https://www.php.net/imageconvolution",
)
PILLOW = Source(
    "Pillow", "ImageFilter", 2026,
    "https://pillow.readthedocs.io/en/stable/reference/ImageFilter.html",
)
PREWITT = Source("Prewitt", "Object enhancement and extraction", 1970)
ROBERTS = Source(
    "Roberts", "Machine perception of three-dimensional solids", 1963,
    "https://dspace.mit.edu/handle/1721.1/11589",
)
ROBINSON = Source("Robinson", "Edge detection by compass gradient masks", 1977)
ROSEBROCK = Source(
    "Rosebrock", "Zero-parameter, automatic Canny edge detection with Python and OpenCV", 2015,
)
SCHARR = Source(
    "Scharr", "Optimale Operatoren in der digitalen Bildverarbeitung", 2000,
    "https://doi.org/10.11588/heidok.00000962",
)
SOBEL = Source(
    "Sobel and Feldman", "A 3x3 isotropic gradient operator for image processing", 1968,
)
TOMASI = Source(
    "Tomasi and Manduchi", "Bilateral filtering for gray and color images", 1998,
    "https://doi.org/10.1109/ICCV.1998.710815",
)
# fmt: on
