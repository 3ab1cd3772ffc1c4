"""What the source documents describe of data, weights and views, row by row (source-rows.md)."""

import json

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import nn
from imgkernels.nn import data, inside

pytest.importorskip("matplotlib")


def net(classes=10, head="preds", seed=0):
    """The source's kind of network, small enough for a test."""
    return nn.Sequential(
        [
            nn.Conv2D(8, 3, activation="relu", input_shape=(28, 28, 1), name="conv1"),
            nn.MaxPooling2D(2),
            nn.Conv2D(8, 3, activation="relu", name="conv2"),
            nn.MaxPooling2D(2),
            nn.Flatten(),
            nn.Dense(classes, activation="softmax", name=head),
        ],
        seed=seed,
    )


@pytest.fixture(scope="module")
def digits():
    return data.digits()


@pytest.fixture(scope="module")
def trained(digits):
    model = net()
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    part = digits[:1500]
    model.fit(part.x(), part.y(), 32, epochs=4)
    return model


@pytest.fixture(scope="module")
def sample(trained, digits):
    """A digit the network is sure of."""
    x = digits[1500:1600]
    right = trained.predict(x.x())[np.arange(100), x.labels]
    place = int(right.argmax())
    return x.x()[place], int(x.labels[place])


@pytest.fixture
def weights_file(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained.save_weights("model.npz")
    return "model.npz"


def test_s0_9_a_sample_of_mnist_is_there_without_a_network(digits):
    assert digits.images.shape == (5000, 28, 28, 1)
    assert np.bincount(digits.labels).tolist() == [500] * 10


def test_s0_10_data_packaged_or_from_folders_of_classes(tmp_path, digits):
    for n in range(20):
        folder = tmp_path / "train" / str(digits.labels[n])
        folder.mkdir(parents=True, exist_ok=True)
        ik.write(folder / f"{n}.png", digits.images[n, ..., 0])
    flow = data.ImageDataGenerator(rescale=1 / 255).flow_from_directory(
        tmp_path / "train", (28, 28), "grayscale", batch_size=8, shuffle=False
    )
    x = np.concatenate([batch for batch, _ in flow])
    folder = data.read_folder(tmp_path / "train", colour="grey")
    np.testing.assert_allclose(x, folder.x(), atol=1e-6)
    assert folder.labels.tolist() == sorted(
        np.unique(digits.labels[:20], return_inverse=True)[1].tolist()
    )


def test_s0_14_curves_of_training_and_test(tmp_path, digits):
    model = net()
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    part, test = digits[:200], digits[200:260]
    history = model.fit(part.x(), part.y(), epochs=2, validation_data=(test.x(), test.y())).history
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} == history.keys()
    inside.save(inside.plot_curves(history), tmp_path / "curves.png")
    assert ik.read(tmp_path / "curves.png").pixels.std() > 5


def test_s0_15_predict_reads_weights_by_name_and_a_picture(weights_file, digits, tmp_path):
    model = net(seed=5)
    model.load_weights(weights_file, by_name=True)
    enlarged = np.repeat(np.repeat(digits.images[7, ..., 0], 3, axis=0), 3, axis=1)
    ik.write("big.png", enlarged)
    x = data.read_picture("big.png", (28, 28), "grey")
    assert x.shape == (28, 28, 1)
    assert model.predict(x[np.newaxis])[0].argmax() == digits.labels[7]


def test_s0_16_fine_tuning_loads_only_layers_of_the_same_name(weights_file, trained):
    model = net(classes=4, head="new")
    loaded = model.load_weights(weights_file, by_name=True)
    assert loaded.taken == ("conv1", "conv2")
    assert (loaded.left, loaded.unused) == (("new",), ("preds",))
    for mine, theirs in zip(model.layers[:3], trained.layers[:3], strict=True):
        for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_s1_3_the_summary_prints_the_numbers_of_the_source(capsys):
    nn.zoo.build("net-a").summary()
    lines = capsys.readouterr().out.splitlines()
    due = [
        ("(None, 26, 26, 32)", "320"), ("(None, 13, 13, 32)", "0"),
        ("(None, 11, 11, 64)", "18,496"), ("(None, 5, 5, 64)", "0"),
        ("(None, 3, 3, 64)", "36,928"), ("(None, 576)", "0"),
        ("(None, 64)", "36,928"), ("(None, 10)", "650"),
    ]  # fmt: skip
    for line, (shape, count) in zip(lines[4:12], due, strict=True):
        assert f" {shape} " in line
        assert f" {count} " in line
    assert lines[-3:] == [
        "Total params: 93,322", "Trainable params: 93,322", "Non-trainable params: 0",
    ]  # fmt: skip


def test_s1_4_shape_scale_and_one_hot(digits):
    x, y = digits.x(), digits.y()
    assert (x.shape[1:], x.dtype, x.min(), x.max()) == ((28, 28, 1), np.float32, 0, 1)
    assert y.shape == (5000, 10)
    assert (y.sum(axis=1) == 1).all()


def test_s1_10_thirty_two_response_maps_of_26_by_26(sample):
    model = nn.Sequential([nn.Conv2D(32, 3, activation="relu", input_shape=(28, 28, 1))])
    assert inside.responses(model, sample[0]).shape == (26, 26, 32)


def test_s2_5_structure_activations_and_gradients_all_have_their_view(trained, sample):
    for figure in (
        inside.plot_structure(trained),
        inside.plot_responses(sample[0], inside.responses(trained, sample[0])),
        inside.plot_heats(sample[0], {"": inside.saliency(trained, sample[0])}),
    ):
        assert figure.axes


def test_s2_7_the_structure_is_drawn_with_every_layer(trained, tmp_path):
    figure = inside.plot_structure(trained)
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert all(layer.name in words for layer in trained.layers)
    for suffix in ("png", "svg"):
        inside.save(figure, tmp_path / f"model.{suffix}")


def test_s2_8_first_layer_filters_are_get_weights(trained):
    theirs = trained.layers[0].get_weights()[0][:, :, :, 0].squeeze()
    np.testing.assert_array_equal(inside.filters(trained)[0, :, :, 0], theirs)


def test_s2_9_low_layers_hold_edge_detectors(trained):
    """A learned kernel is a filter: its own derivative order is known to the algebra of kernels."""
    kernels = [ik.Kernel(each[:, :, 0].astype(float)) for each in inside.filters(trained)]
    signed = [k for k in kernels if k.taps.min() < 0 < k.taps.max()]
    assert len(signed) >= 4


def test_s2_10_a_filter_answers_where_its_pattern_is():
    kernel = ik.kernels.sobel("x")
    conv = nn.Conv2D(1, 3, input_shape=(9, 9, 1))
    model = nn.Sequential([conv])
    conv.set_weights([kernel.taps[:, :, None, None], [0]])
    edge = np.zeros((9, 9))
    edge[:, 5:] = 1
    maps = inside.responses(model, edge)[..., 0]
    assert set(np.flatnonzero(maps.any(axis=0))) == {3, 4}


def test_s2_11_the_picture_that_maximises_a_class_is_seen_as_that_class(trained):
    pictures = inside.maximize(trained, range(10), input_range=(0.0, 1.0))
    assert pictures.shape == (10, 28, 28, 1)
    scores = trained.predict(pictures)
    assert scores.argmax(axis=1).tolist() == list(range(10))


def test_s2_12_occlusion_has_three_outputs(trained, sample):
    """The source's loop, written out, against ours: a patch of five blocks, steps of one."""
    picture, label = sample
    found = inside.occlusion(trained, picture, label, size=4, fill=0.5)
    heat, classes = np.zeros((28, 28), np.float32), np.zeros((28, 28), np.int16)
    counts = {}
    padded = np.pad(picture, ((8, 8), (8, 8), (0, 0)))
    for y in range(8, 36, 4):
        for x in range(8, 36, 4):
            hidden = padded.copy()
            hidden[y - 8 : y + 12, x - 8 : x + 12] = 0.5
            scores = trained.predict(hidden[np.newaxis, 8:-8, 8:-8])[0]
            block = slice(y - 8, y - 4), slice(x - 8, x - 4)
            heat[block], classes[block] = scores[label], scores.argmax()
            counts[int(scores.argmax())] = counts.get(int(scores.argmax()), 0) + 1
    np.testing.assert_allclose(found.heat, heat, atol=1e-5)
    np.testing.assert_array_equal(found.classes, classes)
    assert found.counts == counts


def test_s2_13_saliency_lies_on_the_digit(trained, sample):
    picture, label = sample
    heat = inside.saliency(trained, picture, label)
    near = ik.correlate((picture[..., 0] > 0).astype(float), np.ones((5, 5))) > 0
    assert heat[near].mean() > 3 * heat[~near].mean()


def test_s2_14_three_modifiers_for_ten_classes(trained, sample):
    for label in range(10):
        maps = [inside.saliency(trained, sample[0], label, modifier=m) for m in inside.MODIFIERS]
        assert all(0 <= each.min() <= each.max() <= 1 for each in maps)
    assert len(inside.plot_heats(sample[0], dict(zip("abc", maps, strict=True))).axes) == 4


def test_s2_15_cam_uses_the_last_maps_that_tell_places_apart(trained, sample, digits):
    picture, label = sample
    for modifier in inside.MODIFIERS:
        heat = inside.grad_cam(trained, picture, label, modifier=modifier)
        named = inside.grad_cam(trained, picture, label, layer="conv2", modifier=modifier)
        np.testing.assert_array_equal(heat, named)
        assert heat.shape == (28, 28)
        assert heat.max() in (0, 1)
    heats = [inside.grad_cam(trained, x) for x in digits[1600:1640].x()]
    spoken = [heat for heat in heats if heat.max() == 1]  # in others no map speaks for the class
    assert len(spoken) > 8


def test_s2_17_the_sources_ten_switches_and_its_loop(digits):
    part = digits[:200]
    generator = data.ImageDataGenerator(
        featurewise_center=True, samplewise_center=False, featurewise_std_normalization=True,
        samplewise_std_normalization=False, zca_whitening=False, rotation_range=20,
        width_shift_range=0.2, height_shift_range=0.2, horizontal_flip=True, vertical_flip=False,
    )  # fmt: skip
    generator.fit(part.x())
    model = net()
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    flow = generator.flow(part.x(), part.y(), batch_size=50, seed=1)
    history = model.fit(flow, epochs=2).history
    assert len(history["loss"]) == 2
    x, y = next(iter(flow))
    assert (x.shape, y.shape) == ((50, 28, 28, 1), (50, 10))
    assert abs(x.mean()) < 0.3
    assert 0.5 < x.std() < 1.5


def test_s2_18_in_and_out_as_text_files_for_matlab(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matrix = np.arange(30.0).reshape(5, 6) ** 2
    np.savetxt("in.txt", matrix)
    assert cli("apply", "blur", "in.txt", "out.csv", "--sigma", "1.5") == (0, "", "")
    due = ik.apply(matrix, "blur", sigma=1.5)
    np.testing.assert_array_equal(np.loadtxt("out.csv", delimiter=","), due)


def test_s3_14_kernels_before_and_after_learning(trained, tmp_path):
    before, after = inside.filters(net()), inside.filters(trained)
    assert before.shape == after.shape == (8, 3, 3, 1)
    assert not np.allclose(before, after)
    inside.save(inside.plot_filters({"before": before, "after": after}), tmp_path / "both.png")


def test_s4_9_train_evaluate_and_infer_are_commands(cli, tmp_path, monkeypatch, digits):
    monkeypatch.chdir(tmp_path)
    part = digits[:300]
    np.savez("few.npz", images=part.images, labels=part.labels)
    ik.write("digit.png", digits.images[0, ..., 0])
    train = ["nn", "train", "--data", "few.npz", "--epochs", "1", "--out", "model.npz"]
    assert cli(*train)[0] == 0
    code, out, _ = cli("nn", "evaluate", "model.npz", "--data", "few.npz", "--json")
    assert (code, json.loads(out)["pictures"]) == (0, len(data.load("few.npz").test))
    code, out, _ = cli("nn", "predict", "model.npz", "digit.png", "--json")
    assert code == 0
    assert len(json.loads(out)[0]["classes"]) == 3


def test_s4_33_a_box_around_the_place_that_was_recognised(trained, digits):
    """A digit in the left half of a wide field: the box is there, not in the empty half."""
    conv = trained.layers[0].get_weights()
    wide = nn.Sequential(
        [
            nn.Conv2D(8, 3, activation="relu", input_shape=(28, 56, 1), name="conv1"),
            nn.MaxPooling2D(2),
            nn.Conv2D(8, 3, activation="relu", name="conv2"),
            nn.GlobalAveragePooling2D(),
            nn.Dense(1, name="ink"),
        ]
    )
    wide.layers[0].set_weights(conv)
    wide.layers[2].set_weights(trained.layers[2].get_weights())
    wide.layers[4].set_weights([np.ones((8, 1)), [0]])
    field = np.zeros((28, 56, 1), np.float32)
    field[:, :28] = digits[0:1].x()[0]
    box = inside.bounding_box(inside.grad_cam(wide, field, 0, layer="conv1"), 0.3)
    assert box.x + box.width <= 30
    ink = np.flatnonzero(field[..., 0].any(axis=0))
    assert box.x - 3 <= ink[0]
    assert box.x + box.width + 3 >= ink[-1]
