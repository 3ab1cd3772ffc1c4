"""The report of `compare` as a page: in a real browser without a network, and as a text."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kernels
from imgkernels.analysis.compare import compare, page
from imgkernels.analysis.compare.pictures import kernel_uri

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(3)
    bank, small = rng.normal(size=(12, 3, 3, 3)), rng.normal(size=(14, 1, 5, 5))
    before = bank.copy()
    bank[2] = np.multiply.outer([1, 1, 1], kernels.sobel("x").taps)
    bank[3] = 0
    small[4, 0] = kernels.gaussian(0.9, 5).taps
    small[9, 0] = -kernels.sobel("y", 5).taps
    arrays = {"<b>first</b>.weight": bank, "second & last.weight": small}
    return compare(arrays, before={"<b>first</b>.weight": before, "second & last.weight": small})


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip("playwright.sync_api", reason="the page goes untested in a browser")
    if not CHROMIUM.exists():
        pytest.skip(f"the page goes untested in a browser: there is no {CHROMIUM}")
    with sync.sync_playwright() as play:
        started = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def opened(browser, found, tmp_path):
    """The page in a browser that has no network, and what it complained of."""
    (tmp_path / "report.html").write_text(page(found), "utf-8")
    context = browser.new_context(offline=True)
    tab = context.new_page()
    said, asked = [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((tmp_path / "report.html").as_uri())
    yield tab
    assert said == []
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    context.close()


def pixels_of(uri):
    return ik.read(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).pixels


def shown(tab):
    return tab.locator("#kernels tbody tr:visible")


def first_cells(tab, column):
    return [row.locator("th, td").nth(column).inner_text().strip() for row in shown(tab).all()]


def heads(tab):
    return [text.strip() for text in tab.locator("#kernels thead th").all_inner_texts()]


def test_it_loads_and_shows_every_kernel(opened, found):
    assert opened.title() == "weights: its kernels"
    assert shown(opened).count() == len(found.after.findings) == 26
    assert opened.locator("#count").inner_text() == "26 of 26 kernels shown"
    sizes = opened.eval_on_selector_all("img", "all => all.map(i => [i.naturalWidth, i.width])")
    assert all(natural >= 3 and wide >= 11 for natural, wide in sizes)
    assert "<b>first</b>/2" in first_cells(opened, 0)


def test_it_sorts_by_any_column(opened, found):
    column = heads(opened).index("Cosine")
    button = opened.locator("#kernels thead button").nth(column)
    head = opened.locator("#kernels thead th").nth(column)
    button.click()
    values = [float(text) for text in first_cells(opened, column)]
    assert values == sorted(values)
    assert head.get_attribute("aria-sort") == "ascending"
    button.click()
    assert [float(text) for text in first_cells(opened, column)] == sorted(values, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    order = heads(opened).index("Order")
    opened.locator("#kernels thead button").nth(order).click()
    texts = first_cells(opened, order)
    filled = [text for text in texts if text]
    assert texts == filled + [""] * (len(texts) - len(filled))  # what has no value comes last
    assert filled == sorted(filled)
    assert head.get_attribute("aria-sort") is None


def test_it_sorts_by_the_keyboard(opened):
    button = opened.locator("#kernels thead button").first
    button.focus()
    opened.keyboard.press("Enter")
    names = first_cells(opened, 0)
    assert names == sorted(names, key=str.lower)


def test_it_filters_by_kind_layer_and_words(opened, found):
    kinds = [f.kind for f in found.after.findings]
    opened.get_by_label("noise").uncheck()
    assert shown(opened).count() == len(kinds) - kinds.count("noise")
    opened.locator("#layer").select_option("second & last")
    rows = [f for f in found.after.of_layer("second & last") if f.kind != "noise"]
    assert shown(opened).count() == len(rows)
    assert opened.locator("#count").inner_text() == f"{len(rows)} of 26 kernels shown"
    opened.get_by_label("noise").check()
    opened.locator("#layer").select_option("")
    opened.get_by_label("Search").fill("KNOWN sobel")
    assert first_cells(opened, 0) == ["<b>first</b>/2", "second & last/9,0"]
    opened.get_by_label("Search").fill("nothing like it")
    assert shown(opened).count() == 0


def test_it_fits_narrow_and_printed_pages(opened):
    for width in (390, 1400):
        opened.set_viewport_size({"width": width, "height": 800})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.emulate_media(media="print")
    assert not opened.locator(".controls").is_visible()
    assert not opened.locator("#kernels thead button").first.is_visible()
    assert len(opened.pdf()) > 10_000


def test_it_is_dark_where_that_is_wanted(opened):
    colour = "getComputedStyle(document.body).backgroundColor"
    light = opened.evaluate(colour)
    opened.emulate_media(color_scheme="dark")
    assert opened.evaluate(colour) != light


class Reader(HTMLParser):
    """Collects tags, and complains of what is not closed."""

    VOID = ("meta", "img", "input")

    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_it_is_one_sound_document_that_names_nothing_outside(found):
    text = page(found)
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert not re.search(r"https?:|@import|url\(|fetch|XMLHttp", text)
    for tag, given in reader.tags:
        assert given.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
        assert tag not in ("link", "iframe", "object", "base")
        if tag == "img":
            assert "alt" in given
        if tag == "th":
            assert given["scope"] in ("col", "row")
    assert text.count("<caption>") == text.count("<table") == 2
    assert "default-src 'none'" in text
    assert "<b>first" not in text  # names are texts


def test_every_number_that_is_sorted_is_the_one_shown(found):
    cells = re.findall(r'<td class="n[^"]*" data-v="([^"]+)"[^>]*>(.*?)</td>', page(found))
    assert len(cells) > 200
    for value, inside in cells:
        text = re.sub(r"<span.*?</span>", "", inside).replace("(", " ").split()[0]
        if text == "below":  # 1e-300, what a float can no longer tell from 0
            assert float(value) == 0
            continue
        scale = 0.01 if text.endswith("%") else 1
        assert scale * float(text.strip("%\u00b0")) == pytest.approx(
            float(value) % 360 if text.endswith("\u00b0") else float(value),
            abs=0.51 if text.endswith("\u00b0") else 0.0051,
            rel=0.06,
        )


@pytest.mark.parametrize("shape", [(3, 3), (5,), (2, 3, 4), (3, 3, 3)])
def test_pictures_show_the_weights(shape, rng):
    """Orange up from white, blue down from it; one pixel a tap."""
    taps = rng.normal(size=shape)
    uri = kernel_uri(taps, len(shape))
    pixels = pixels_of(uri).astype(int)
    flat = np.atleast_2d(taps) if taps.ndim < 3 else np.concatenate(list(taps), axis=1)
    if taps.ndim == 3:
        pixels = np.delete(pixels, [shape[2] * (i + 1) + i for i in range(shape[0] - 1)], axis=1)
    assert pixels.shape == (*flat.shape, 3)
    warm = pixels[..., 0] - pixels[..., 2]
    assert ((warm > 0) == (flat > 0))[np.abs(flat) > 0.05].all()
    darkest = np.unravel_index(pixels.sum(axis=-1).argmin(), flat.shape)
    assert abs(flat[darkest]) > 0.8 * np.abs(flat).max()


def test_filters_over_colours_are_in_colour():
    taps = np.multiply.outer(np.array([[1.0, -1.0]]), [1, 0, 0])
    pixels = pixels_of(kernel_uri(taps, 2))
    assert pixels.tolist() == [[[255, 128, 128], [0, 128, 128]]]


def test_a_page_stays_bounded(monkeypatch, found):
    monkeypatch.setattr("imgkernels.analysis.compare.report._MOST_ROWS", 5)
    text = page(found)
    assert text.count("<tr data-layer") == 5
    assert "the 5 surest of them have a row" in text
    assert ik.compare is compare
