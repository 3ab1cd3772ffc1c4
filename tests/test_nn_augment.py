"""Augmentation: scipy is the second opinion, the seed decides, flat stays flat."""

import numpy as np
import pytest
from scipy import ndimage

from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.nn.data import ImageDataGenerator
from imgkernels.nn.data.chances import FILL_MODES
from imgkernels.nn.data.warp import matrices, warped

SCIPY = {"nearest": "nearest", "constant": "grid-constant", "reflect": "reflect",
         "wrap": "grid-wrap"}  # fmt: skip


@pytest.fixture
def x(rng):
    return rng.random((12, 9, 7, 2)).astype(np.float32)


def drawn(rng, n, size):
    return matrices(rng.uniform(-3, 3, n), rng.uniform(-9, 9, (n, 2)), rng.uniform(-1, 1, n),
                    rng.uniform(0.3, 2, (n, 2)), size)  # fmt: skip


@pytest.mark.parametrize("mode", FILL_MODES)
@pytest.mark.parametrize("order", [0, 1])
def test_a_warp_is_that_of_scipy(x, rng, mode, order):
    where = drawn(rng, len(x), (9, 7))
    found = warped(x, where, FILL_MODES[mode], 0.5, linear=order == 1)
    for picture, matrix, got in zip(x, where, found, strict=True):
        for c in range(2):
            due = ndimage.affine_transform(
                picture[..., c].astype(float), matrix[:, :2], matrix[:, 2], order=order,
                mode=SCIPY[mode], cval=0.5,
            )  # fmt: skip
            np.testing.assert_allclose(got[..., c], due, atol=2e-6)


def test_quarter_turns_and_whole_shifts_are_exact(rng):
    x = rng.random((1, 8, 8, 1)).astype(np.float32)
    none, one = np.zeros(1), np.ones((1, 2))
    turned = matrices(np.array([np.pi / 2]), np.zeros((1, 2)), none, one, (8, 8))
    due = np.rot90(x, -1, axes=(1, 2))
    np.testing.assert_allclose(warped(x, turned, FILL_MODES["nearest"]), due, atol=1e-5)
    moved = matrices(none, np.array([[2.0, -1.0]]), none, one, (8, 8))
    due = np.roll(x, (-2, 1), axis=(1, 2))
    np.testing.assert_allclose(warped(x, moved, FILL_MODES["wrap"]), due, atol=1e-6)


EVERYTHING = {
    "rotation_range": 20, "width_shift_range": 0.2, "height_shift_range": 2.0, "shear_range": 10,
    "zoom_range": (0.8, 1.3), "channel_shift_range": 0.1, "brightness_range": (0.5, 1.5),
    "horizontal_flip": True, "vertical_flip": True,
}  # fmt: skip


@pytest.mark.parametrize("name", EVERYTHING)
def test_each_argument_does_something_and_the_seed_decides(x, name):
    generator = ImageDataGenerator(**{name: EVERYTHING[name]})
    before = x.copy()
    one, same, other = (
        np.concatenate(list(generator.flow(x, shuffle=False, seed=seed))) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, x)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", sorted(EVERYTHING.keys() - {"brightness_range"}))
def test_flat_stays_flat(name):
    flat = np.full((6, 9, 7, 1), 0.25, np.float32)
    for batch in ImageDataGenerator(**{name: EVERYTHING[name]}).flow(flat):
        np.testing.assert_allclose(batch, 0.25, rtol=1e-5)


def test_one_option_does_not_change_the_dice_of_another(x):
    plain = ImageDataGenerator(rotation_range=20)
    more = ImageDataGenerator(rotation_range=20, horizontal_flip=True)
    one, other = (next(iter(g.flow(x, shuffle=False))) for g in (plain, more))
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a, b) or np.array_equal(a, b[:, ::-1])


def test_epochs_differ_and_can_be_taken_up_again(x):
    generator = ImageDataGenerator(rotation_range=20)
    flow = generator.flow(x, np.arange(len(x)), batch_size=5, seed=2)
    assert len(flow) == 3
    epochs = [[y for _, y in flow] for _ in range(3)]
    assert [len(y) for y in epochs[0]] == [5, 5, 2]
    assert all(sorted(np.concatenate(e)) == list(range(12)) for e in epochs)
    assert not np.array_equal(np.concatenate(epochs[0]), np.concatenate(epochs[1]))
    again = generator.flow(x, np.arange(len(x)), batch_size=5, seed=2)
    third = np.concatenate([y for _, y in again.epoch(2)])
    np.testing.assert_array_equal(third, np.concatenate(epochs[2]))


def test_pictures_keep_their_labels_and_weights(x):
    marked = x.copy()
    marked[:, 4, 3] = np.arange(12)[:, None]
    flow = ImageDataGenerator(horizontal_flip=True).flow(
        marked, np.arange(12), batch_size=5, sample_weight=np.arange(12) * 2
    )
    for pictures, labels, weights in flow:
        np.testing.assert_array_equal(pictures[:, 4, 3, 0], labels)
        np.testing.assert_array_equal(weights, labels * 2)


def test_shifts_are_shares_pixels_or_a_list():
    x = np.zeros((400, 5, 20, 1), np.float32)
    x[:, :, 10] = 1

    def places(shift):
        generator = ImageDataGenerator(width_shift_range=shift, fill_mode="constant")
        batch = next(iter(generator.flow(x, batch_size=400)))
        return (batch[:, 2, :, 0] * np.arange(20)).sum(axis=1) - 10

    share, pixels, listed = places(0.2), places(3.0), places([2, 5])
    assert 3.8 < np.abs(share).max() <= 4
    assert 2.8 < np.abs(pixels).max() <= 3
    assert set(np.rint(listed)) == {-5, -2, 2, 5}


def test_featurewise_and_samplewise(x):
    generator = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    with pytest.raises(InvalidValue, match=r"need fit\(x\) first"):
        generator.standardize(x)
    generator.fit(x)
    z = generator.standardize(x)
    np.testing.assert_allclose(z.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(z.std(axis=(0, 1, 2)), 1, rtol=1e-3)
    each = ImageDataGenerator(samplewise_std_normalization=True).standardize(x)
    np.testing.assert_allclose(each.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(each.std(axis=(1, 2, 3)), 1, rtol=1e-3)


def test_whitening_leaves_no_correlation(rng):
    x = rng.random((500, 4, 3, 1)) @ np.ones((1, 1)) + rng.random((500, 1, 1, 1))
    generator = ImageDataGenerator(zca_whitening=True)
    generator.fit(x)
    z = generator.standardize(x).reshape(500, -1)
    np.testing.assert_allclose(z.T @ z / 500, np.eye(12), atol=2e-3)


def test_preprocessing_and_rescale_come_in_this_order(x):
    generator = ImageDataGenerator(preprocessing_function=lambda p: p + 1, rescale=0.5)
    np.testing.assert_allclose(generator.standardize(x), (x + 1) / 2, rtol=1e-6)


def test_fit_can_measure_changed_pictures(x):
    generator = ImageDataGenerator(featurewise_center=True, brightness_range=(3, 3))
    generator.fit(x, augment=True, rounds=2, seed=1)
    np.testing.assert_allclose(generator.statistics.mean, 3 * x.mean(axis=(0, 1, 2)), rtol=1e-5)


def test_channels_first_is_the_same_moved(x):
    options = {"rotation_range": 20, "featurewise_center": True}
    last = ImageDataGenerator(**options)
    first = ImageDataGenerator(**options, data_format="channels_first")
    moved = x.transpose(0, 3, 1, 2)
    last.fit(x)
    first.fit(moved)
    one, other = next(iter(last.flow(x))), next(iter(first.flow(moved)))
    np.testing.assert_array_equal(one.transpose(0, 3, 1, 2), other)
    assert last.random_transform(x[0], seed=1).shape == x[0].shape


def test_subsets_share_nothing(x):
    generator = ImageDataGenerator(validation_split=0.25)
    parts = [
        np.concatenate([y for _, y in generator.flow(x, np.arange(12), subset=subset)])
        for subset in ("training", "validation")
    ]
    assert [len(p) for p in parts] == [9, 3]
    assert sorted(np.concatenate(parts)) == list(range(12))


def test_flow_from_a_folder_per_class(tmp_path, rng):
    import imgkernels as ik

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for n in range(3):
            ik.write(tmp_path / name / f"{n}.png", rng.integers(0, 256, (9, 8, 3), np.uint8))
    generator = ImageDataGenerator(rescale=1 / 255)
    flow = generator.flow_from_directory(tmp_path, (8, 8), batch_size=4)
    assert (flow.samples, flow.classes) == (6, ("a", "b"))
    x, y = next(iter(flow))
    assert (x.shape, y.shape) == ((4, 8, 8, 3), (4, 2))
    assert 0 <= x.min() < x.max() <= 1
    for mode, shape in (("sparse", (4,)), ("binary", (4,)), ("input", (4, 8, 8, 1))):
        grey = generator.flow_from_directory(
            tmp_path, (8, 8), "grayscale", class_mode=mode, batch_size=4
        )
        assert next(iter(grey))[1].shape == shape
    plain = generator.flow_from_directory(tmp_path, (8, 8), class_mode=None, batch_size=6)
    assert next(iter(plain)).shape == (6, 8, 8, 3)


@pytest.mark.parametrize(("given", "why"), [
    ({"rotation_rage": 20}, "no argument 'rotation_rage'; did you mean 'rotation_range'"),
    ({"rotation_range": 200}, "rotation_range must be 0 to 180"),
    ({"rotation_range": "20"}, "rotation_range must be a number"),
    ({"zoom_range": 1.0}, "zoom_range must be above 0"),
    ({"zoom_range": (2, 1)}, "zoom_range must be a pair"),
    ({"shear_range": -1}, "shear_range must be 0 or more"),
    ({"width_shift_range": []}, "a number or a list of pixels"),
    ({"height_shift_range": -0.1}, "height_shift_range must be 0 or more"),
    ({"brightness_range": 0.5}, "brightness_range must be a pair"),
    ({"interpolation_order": 3}, "interpolation_order must be 0"),
    ({"data_format": "last"}, "data_format must be"),
    ({"validation_split": 1.0}, "validation_split must be in"),
])  # fmt: skip
def test_wrong_arguments_are_named(given, why):
    with pytest.raises(InvalidValue, match=why):
        ImageDataGenerator(**given)


def test_a_wrong_fill_mode_has_its_near_match():
    with pytest.raises(UnknownName, match="did you mean 'nearest'"):
        ImageDataGenerator(fill_mode="nearst")
