"""Kernels broken on purpose fail their certificates: what a certificate is worth."""

import pytest
from mutations import broken_taps, cases, caught, negated, shifted, transposed

import imgkernels as ik


def needed(entry):
    return {k.name: k.check(k.sample) for k in entry.params if k.required}


ENTRIES = [entry for entry in ik.catalogue() if entry.kernels(**needed(entry))]
IDS = [entry.name for entry in ENTRIES]
# What changes nothing cannot be caught: a projection squares every answer.
BLIND = {"negated": {"frei-chen"}, "transposed": {"frei-chen"}, "shifted": set()}


def shares(entry, mutate):
    """How many mutants of the default kernels there are, and how many fail."""
    laws, case = entry.laws(**needed(entry)), entry.case(**needed(entry))
    found = [caught(laws, mutant) for mutant in cases(case, mutate)]
    return len(found), sum(found)


@pytest.fixture(scope="module")
def tally():
    return []


@pytest.mark.parametrize("factor", [1.1, 0.9, -1], ids=["up 10 %", "down 10 %", "other sign"])
@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_a_broken_coefficient_is_caught(entry, factor, tally):
    total, seen = shares(entry, lambda kernel: broken_taps(kernel, factor))
    tally.append((total, seen))
    assert total > 0
    assert seen >= 0.95 * total, f"{entry.name}: {seen} of {total} caught"


def test_over_the_whole_catalogue_nearly_all_are_caught(tally):
    total, seen = (sum(column) for column in zip(*tally, strict=True)) if tally else (0, 0)
    if not total:
        pytest.skip("counts what the tests before it found; none of them ran in this process")
    print(f"\nbroken coefficients caught: {seen} of {total} ({seen / total:.2%})")
    assert seen >= 0.95 * total


@pytest.mark.parametrize("mutate", [negated, transposed, shifted], ids=lambda m: m.__name__)
@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_the_wrong_sign_axes_or_place_is_caught(entry, mutate):
    if entry.name in BLIND[mutate.__name__]:
        pytest.skip("its answer does not depend on that")
    total, seen = shares(entry, mutate)
    assert seen == total
