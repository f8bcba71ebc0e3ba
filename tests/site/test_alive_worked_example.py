"""The widgets of the deck's network, driven in Chromium: their numbers are nnlib's."""

import re

import numpy as np
import pytest
from project import painted

from nnlib import worked_example
from nnlib.optimizers import SGD
from nnwidgets import Backpropagation, ForwardPass
from nnwidgets.backprop import PARAMETERS
from nnwidgets.worked import passes

pytestmark = pytest.mark.site

DIGITS = 5.1e-10  # nine decimals are written


@pytest.fixture
def forward(screen, open_widget):
    """Open the forward pass on a phone in the dark, and on a desk in the light."""
    return open_widget("03-forward-propagation", "forward", *screen)


@pytest.fixture
def backprop(screen, open_widget):
    """Open backpropagation on both."""
    return open_widget("04-backpropagation", "backprop", *screen)


def numbers(text):
    plain = text.replace("−", "-").replace("\u202f", " ")
    return [float(n) for n in re.findall(r"(?<![₁₂\d])-?\d+\.\d+", plain)]


def assert_forward(box, widget):
    """Compare the table with what nnlib computes, as far as the widget has stepped."""
    painted(box)
    network, error = widget.passes()
    _, hidden, _, output = network.layers
    x = np.array([widget.inputs])
    net_h = (x @ network.layers[0].W + network.layers[0].b)[0]
    net_o = (hidden.y @ network.layers[2].W + network.layers[2].b)[0]
    expected = [
        *([net, out] for net, out in zip(net_h, hidden.y[0], strict=True)),
        *([net, out] for net, out in zip(net_o, output.y[0], strict=True)),
        [error],
    ]
    for k, (row, values) in enumerate(zip(box.locator("tbody tr").all(), expected, strict=True)):
        said = [numbers(cell) for cell in row.locator("td").all_text_contents()[:2]]
        shown = values if k < widget.step else []
        assert [n for cell in said for n in cell] == pytest.approx(shown, abs=DIGITS)


def test_the_forward_pass_step_by_step(forward):
    widget = ForwardPass(step=1)
    step = forward.get_by_role("button", name="Step", exact=True)
    for k in range(1, 6):
        widget.step = k
        assert_forward(forward, widget)
        if k < 5:
            step.press("Enter")
    assert step.is_disabled()
    assert forward.locator(".nnlib-same").count() == 5  # the slides' forward pass is right
    forward.get_by_role("button", name="Back").press("Enter")
    widget.step = 4
    assert_forward(forward, widget)


def test_every_value_of_the_forward_pass_can_be_changed(forward):
    forward.get_by_role("button", name="All", exact=True).click()
    widget = ForwardPass()
    chooser = forward.get_by_label("Change")
    field = forward.get_by_role("textbox", name="Chosen value, as a number")
    slider = forward.get_by_role("slider", name="Chosen value", exact=True)
    traits = [("theta", i) for i in range(12)]
    traits += [("inputs", 0), ("inputs", 1), ("targets", 0), ("targets", 1)]
    for n, (trait, i) in enumerate(traits):
        chooser.select_option(f"n{n}")
        for value, use in [(-2, "Home"), (2, "End"), (round(-0.9 + 0.13 * n, 2), None)]:
            if use:
                slider.press(use)
            else:
                field.fill(str(value))
                field.press("Enter")
            values = list(getattr(widget, trait))
            values[i] = value
            setattr(widget, trait, values)
        assert_forward(forward, widget)
    assert forward.locator(".nnlib-same").count() == 0
    forward.get_by_role("button", name="Reset").click()
    assert_forward(forward, ForwardPass(step=1))


def test_a_click_on_an_edge_chooses_its_weight(forward):
    forward.locator(".nnlib-edge-label").filter(has_text="w₇").click()
    painted(forward)
    assert forward.locator("select option:checked").text_content() == "w₇"


def test_all_twelve_gradients_and_their_factors(backprop):
    backprop.get_by_role("button", name="All", exact=True).click()
    widget = Backpropagation()
    for name, gradient in widget.gradients().items():
        backprop.get_by_label("Parameter").select_option(name)
        painted(backprop)
        visible = backprop.locator("tbody tr:not(.nnlib-hidden)").all()
        values = [numbers(row.locator("td").nth(1).text_content())[0] for row in visible]
        *first, total = values
        assert total == pytest.approx(gradient, abs=DIGITS)
        factors = first if len(first) == 3 else first[2:]  # after the two ways comes their sum
        assert np.prod(factors) == pytest.approx(gradient, abs=2e-9)
        if len(first) > 3:
            assert first[0] + first[1] == pytest.approx(first[2], abs=2e-9)
        ways = 1 if len(first) == 3 else 3
        assert backprop.locator(".nnlib-back").count() == ways - (name[0] == "b")
        after = widget.theta[PARAMETERS.index(name)] - 0.5 * gradient
        answer = numbers(backprop.locator(".nnlib-answer").text_content())
        assert answer[-1] == pytest.approx(after, abs=DIGITS)


def test_factors_come_one_by_one(backprop):
    rows = backprop.locator("tbody tr:not(.nnlib-hidden)")
    for k in range(7):
        assert rows.count() == min(k, 6)
        if k < 6:
            backprop.get_by_role("button", name="Next factor").press("Enter")
            painted(backprop)
    backprop.get_by_role("button", name="Back").press("Enter")
    painted(backprop)
    assert rows.count() == 5


def test_the_slips_of_the_deck_are_struck_through(backprop):
    backprop.get_by_role("button", name="All", exact=True).click()
    wrong = {"w1", "w2", "w3", "w6", "w8"}  # errata E2 to E6
    for name in worked_example.WEIGHTS:
        backprop.get_by_label("Parameter").select_option(name)
        painted(backprop)
        update = backprop.locator(".nnlib-report .nnlib-differs")
        assert update.count() == (name in wrong), name
        if name in wrong:
            assert update.text_content() == worked_example.PRINTED[name + "⁺"]


def test_updates_follow_nnlib(backprop):
    theta = np.array(Backpropagation().theta)
    rate, update = 0.5, backprop.get_by_role("button", name="Update all twelve")
    error = backprop.locator(".nnlib-report .nnlib-equation").last
    backprop.get_by_role("button", name="All", exact=True).click()
    for n in range(1, 101):
        network, _ = passes(theta, *worked_example.INPUT, *worked_example.TARGET)
        SGD(rate).step(theta, network.grad)
        if n in (1, 10, 100):
            presses = {1: 1, 10: 9, 100: 90}[n]
            update.evaluate("(one, n) => { for (let i = 0; i < n; i++) one.click(); }", presses)
            painted(backprop)
            network, now = passes(theta, *worked_example.INPUT, *worked_example.TARGET)
            assert numbers(error.text_content())[0] == pytest.approx(now, abs=DIGITS)
            for name, gradient in zip(PARAMETERS, network.grad, strict=True):
                backprop.get_by_label("Parameter").select_option(name)
                painted(backprop)
                total = backprop.locator("tbody tr:not(.nnlib-hidden) td:nth-of-type(2)").last
                assert numbers(total.text_content())[0] == pytest.approx(gradient, abs=DIGITS)
    assert backprop.locator(".nnlib-differs").count() == 0
    backprop.get_by_role("button", name="Run on").click()
    backprop.page.wait_for_timeout(400)
    backprop.get_by_role("button", name="Pause").click()
    painted(backprop)
    assert numbers(error.text_content())[0] < now
    backprop.get_by_role("button", name="Reset").click()
    painted(backprop)
    assert "after 0 updates" in error.text_content()
