"""`imgkernels nn filters|responses|saliency|cam|occlusion|maximize`: looking inside, as figures."""

from __future__ import annotations

import json as json_
from typing import TYPE_CHECKING, Annotated

import typer

from imgkernels.errors import InvalidValue, unknown
from imgkernels.shells.command import Json
from imgkernels.shells.nn.words import (
    Class,
    Invert,
    Layer,
    ModelFile,
    Modifier,
    Net,
    Picture,
    Target,
)

if TYPE_CHECKING:
    from imgkernels.nn.layer import Rule
    from imgkernels.values import Floats


def filters(
    model: ModelFile,
    out: Target,
    layer: Layer = None,
    before: Annotated[
        str | None,
        typer.Option("--before", metavar="FILE", help="Weights from before learning, beside it."),
    ] = None,
    channel: Annotated[
        int | None,
        typer.Option("--channel", metavar="N", help="One channel; else the mean of many."),
    ] = None,
) -> None:
    """Draw the kernels of a layer, before and after learning if you like.

    Any file of weights will do: imgkernels nn filters model.safetensors out.png --layer conv1
    """
    from imgkernels.nn import inside

    inside.check_path(out)
    files = {"before": before, "after": model} if before else {model: model}
    found = {name: _bank(path, layer) for name, path in files.items()}
    shown, bank = next(reversed(found.values()))
    if channel is not None and not 0 <= channel < bank.shape[-1]:
        raise InvalidValue(f"layer {shown!r} has channels 0 to {bank.shape[-1] - 1}; got {channel}")
    title = f"{shown}: {len(bank)} kernels of {' x '.join(map(str, bank.shape[1:-1]))}"
    banks = {name: each for name, (_, each) in found.items()}
    inside.save(inside.plot_filters(banks, channel=channel, title=title), out, title)


def responses(
    model: ModelFile, picture: Picture, out: Target, layer: Layer = None,
    invert: Invert = False, net: Net = None,
) -> None:  # fmt: skip
    """Draw what each filter of a layer answers to a picture."""
    from imgkernels.nn import inside
    from imgkernels.nn.inside.subject import conv_named
    from imgkernels.shells.nn.subject import known

    inside.check_path(out)
    subject = known(model, net)
    x = subject.picture(picture, invert=invert)
    maps = inside.responses(subject.model, x, layer)
    title = f"{conv_named(subject.model, layer, 0).name}: {maps.shape[-1]} response maps"
    inside.save(inside.plot_responses(x, maps, title), out, title)


def trace(
    model: ModelFile,
    picture: Picture,
    at: Annotated[
        str, typer.Option("--at", metavar="X,Y", help="The output: column, row of the map.")
    ],
    layer: Layer = None,
    filter: Annotated[int, typer.Option("--filter", metavar="N", help="Which, from 0.")] = 0,
    invert: Invert = False, net: Net = None, json: Json = False,
) -> None:  # fmt: skip
    """Take one output of a convolution apart: products, bias, activation, and its gradients."""
    from imgkernels.analysis.trace import trace_layer
    from imgkernels.nn.conv import Conv2D
    from imgkernels.nn.inside.subject import as_input, conv_named
    from imgkernels.shells.nn.subject import known
    from imgkernels.shells.plain import plain
    from imgkernels.shells.trace import place

    where = place(at)
    subject = known(model, net)
    found = conv_named(subject.model, layer, 0)
    if not isinstance(found, Conv2D):
        raise InvalidValue(f"nn trace: {found.name} is no Conv2D, but {type(found).__name__}")
    x = as_input(subject.model, subject.picture(picture, invert=invert))
    traced = trace_layer(found, found.inward(subject.model.given(x, found.name))[0], where, filter)
    print(json_.dumps(plain(traced.facts()), indent=2) if json else traced)


def saliency(
    model: ModelFile, picture: Picture, out: Target, of: Class = None, modifier: Modifier = "all",
    invert: Invert = False, net: Net = None,
) -> None:  # fmt: skip
    """Draw how much each pixel moves the score of a class."""
    from imgkernels.nn import inside
    from imgkernels.shells.nn.subject import known

    inside.check_path(out)
    rules = _rules(modifier)
    subject = known(model, net)
    x = subject.picture(picture, invert=invert)
    of_class = subject.number(of, x)
    heats = {
        str(each): inside.saliency(subject.model, x, of_class, modifier=each) for each in rules
    }
    title = f"saliency for {subject.classes[of_class]}"
    inside.save(inside.plot_heats(x, heats, title=title), out, title)


def cam(
    model: ModelFile, picture: Picture, out: Target, of: Class = None, layer: Layer = None,
    modifier: Modifier = "all",
    threshold: Annotated[
        float, typer.Option("--threshold", help="The box: what is above this share of the most.")
    ] = 0.2,
    invert: Invert = False, net: Net = None, json: Json = False,
) -> None:  # fmt: skip
    """Draw where the maps of a layer speak for a class (Grad-CAM), and box the place.

    The box is of the first modifier's map; it is printed too, in pixels of the network's input.
    """
    from imgkernels.nn import inside
    from imgkernels.shells.nn.subject import known

    inside.check_path(out)
    rules = _rules(modifier)
    subject = known(model, net)
    x = subject.picture(picture, invert=invert)
    of_class = subject.number(of, x)
    heats = {
        str(each): inside.grad_cam(subject.model, x, of_class, layer=layer, modifier=each)
        for each in rules
    }
    box = inside.bounding_box(heats[rules[0]], threshold)
    title = f"Grad-CAM for {subject.classes[of_class]}"
    inside.save(inside.plot_overlays(x, heats, box=box, title=title), out, title)
    answer = {"class": subject.classes[of_class], "box": None if box is None else box._asdict()}
    if json:
        print(json_.dumps(answer))
    elif box is None:
        print(f"class {answer['class']}: no place speaks for it")
    else:
        print(f"class {answer['class']}: box {box.width} x {box.height} at {box.x},{box.y}")


def occlusion(
    model: ModelFile, picture: Picture, out: Target, of: Class = None,
    size: Annotated[int, typer.Option("--size", help="Pixels of a block's side.")] = 4,
    fill: Annotated[float, typer.Option("--fill", help="What hides: 0 black, 1 white.")] = 0.5,
    around: Annotated[
        int, typer.Option("--around", help="Blocks on each side that are hidden too.")
    ] = 2,
    invert: Invert = False, net: Net = None, json: Json = False,
) -> None:  # fmt: skip
    """Hide one block after the other: the class's probability, the class that wins, counts."""
    from imgkernels.nn import inside
    from imgkernels.shells.nn.subject import known

    inside.check_path(out)
    subject = known(model, net)
    x = subject.picture(picture, invert=invert)
    found = inside.occlusion(
        subject.model, x, subject.number(of, x), size=size, fill=fill, around=around
    )
    name = subject.classes[found.of]
    title = f"occlusion of {size} x {size}: what {name} needs"
    inside.save(inside.plot_occlusion(x, found, subject.classes, title), out, title)
    counts = {subject.classes[number]: count for number, count in found.counts.items()}
    if json:
        print(json_.dumps({"class": name, "least": float(found.heat.min()), "counts": counts}))
    else:
        won = ", ".join(f"{each} {count}" for each, count in counts.items())
        print(f"class {name}: probability at least {found.heat.min():.4f}; blocks won: {won}")


def maximize(
    model: ModelFile, out: Target,
    of: Annotated[
        str | None,
        typer.Option("--class", metavar="A,B", help="Classes, or filters of --layer; else ten."),
    ] = None,
    layer: Layer = None,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Steps of ascent.")] = 200,
    lp: Annotated[float, typer.Option("--lp", min=0, help="Weight against bright spots.")] = 10.0,
    tv: Annotated[float, typer.Option("--tv", min=0, help="Weight against noise.")] = 10.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides the start.")] = 0,
    net: Net = None,
) -> None:  # fmt: skip
    """Draw what each class, or each filter of a layer, would like to see most."""
    from imgkernels.nn import inside
    from imgkernels.shells.nn.subject import known

    inside.check_path(out)
    subject = known(model, net)
    count = len(subject.classes) if layer is None else len(inside.filters(subject.model, layer))
    names = of.split(",") if of else list(map(str, range(min(10, count))))
    if layer is None:
        wanted = [subject.class_named(name.strip()) for name in names]
        titles = [f"perception of {subject.classes[number]}" for number in wanted]
    else:
        wanted = [_filter(name.strip(), count, layer) for name in names]
        titles = [f"filter {number}" for number in wanted]
    pictures = inside.maximize(
        subject.model, wanted, layer=layer, steps=steps, lp_weight=lp, tv_weight=tv, seed=seed
    )
    title = "what each class would like to see" if layer is None else f"filters of {layer}"
    inside.save(inside.plot_maximized(pictures, titles, title), out, title)


def _bank(path: str, layer: str | None) -> tuple[str, Floats]:
    """Return name and kernels of a layer of a file, by default the first that has kernels."""
    from imgkernels import weights

    found = weights.read(path)
    if layer is not None:
        return layer, found.layer(layer).filters()
    for name, each in found.layers.items():
        try:
            return name, each.filters()
        except InvalidValue:  # a dense layer, a normalisation
            continue
    raise InvalidValue(f"{path}: has no convolutional layer")


def _rules(modifier: str) -> list[Rule]:
    from imgkernels.nn.inside import MODIFIERS

    if modifier == "all":
        return list(MODIFIERS)
    if modifier not in MODIFIERS:
        raise unknown("modifier", modifier, [*MODIFIERS, "all"])
    return [each for each in MODIFIERS if each == modifier]


def _filter(name: str, count: int, layer: str) -> int:
    if not name.isdecimal() or int(name) >= count:
        raise InvalidValue(f"filters of {layer!r} are 0 to {count - 1}; got {name!r}")
    return int(name)
