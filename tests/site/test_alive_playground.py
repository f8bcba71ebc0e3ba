"""The playground, driven in Chromium: its losses are nnlib's."""

import re

import pytest
from project import painted, wait_until

from nnlib import SoftmaxCrossEntropy, accuracy
from nnwidgets import Playground

pytestmark = pytest.mark.site

PAGE = "playground"
DAMAGES = [  # of the link: what stands in it, and what does not fit
    ("optimizer=SGD", "optimizer=Magic"),
    ("data=XOR", "data=toString"),
    ("learning_rate=0.1", "learning_rate=1000"),
    ("batch_size=10", "batch_size=2.5"),
    ("dropout=0", "dropout=1"),
    ("hidden=4tanh", "hidden=9tanh"),
    ("points=", "points=0,2,1"),
    ("updates=", "updates=-"),
]


@pytest.fixture
def box(screen, open_widget):
    """Open the widget on a phone in the dark, and on a desk in the light."""
    return open_widget(PAGE, "playground", *screen)


def labelled(box, label):
    """Return the list whose label begins so; the label's text holds the list's as well."""
    return box.get_by_label(re.compile(f"^{label}"))


def press(box, name, times=1):
    for _ in range(times):
        box.get_by_role("button", name=name, exact=True).press("Enter")


def report(box):
    """Return epochs, updates, and (loss, % right) for training and test."""
    painted(box)
    lines = box.locator(".nnlib-report p").all_text_contents()
    epochs, updates = map(int, re.findall(r"\d+", lines[0]))
    return epochs, updates, *(tuple(map(float, re.findall(r"[\d.]+", s))) for s in lines[1:3])


def assert_trained(box, widget, epochs):
    X, y, X_test, y_test = widget.samples()
    network = widget.train(epochs)
    done, updates, *judged = report(box)
    batch = min(widget.batch_size, len(X))
    assert (done, updates) == (epochs, epochs * -(-len(X) // batch))
    for (loss, right), part in zip(judged, ((X, y), (X_test, y_test)), strict=True):
        assert loss == pytest.approx(SoftmaxCrossEntropy()(network.predict(part[0]), part[1])[0],
                                     abs=5.1e-5)  # fmt: skip
        assert right == pytest.approx(100 * accuracy(network, *part), abs=0.051)


def test_every_setting_trains_as_nnlib_does(box):
    assert_trained(box, Playground(), 0)
    press(box, "One epoch", 3)
    assert_trained(box, Playground(), 3)
    choices = {
        "Data": ("data", "moons"),
        "Optimizer": ("optimizer", "Adam"),
        "Learning rate": ("learning_rate", 0.03),
        "Batch size": ("batch_size", 50),
        "Dropout": ("dropout", 0.1),
        "Weight decay": ("weight_decay", 0.001),
    }
    widget = Playground()
    for label, (name, value) in choices.items():
        labelled(box, label).select_option(str(value))
        setattr(widget, name, value)
    box.get_by_label("Units of layer 2").select_option("0")
    box.get_by_label("Units of layer 1").select_option("6")
    box.get_by_label("Activation of layer 1").select_option("relu")
    widget.hidden = [(6, "relu")]
    box.get_by_role("button", name="New weights (seed 1)").click()
    widget.seed = 2
    painted(box)
    press(box, "One epoch", 4)
    assert_trained(box, widget, 4)
    assert "Adam(0.03)" in box.locator("code").text_content()
    assert "m / (√s + ε)" in box.locator(".nnlib-formulas").text_content()
    assert "0.001 θ" in box.locator(".nnlib-formulas").text_content()


def test_train_pause_and_single_updates(box):
    press(box, "One update", 3)
    assert report(box)[:2] == (0, 3)
    press(box, "Train")
    box.page.wait_for_timeout(300)
    press(box, "Pause")
    epochs, updates, *_ = report(box)
    assert epochs > 1
    box.page.wait_for_timeout(200)
    assert report(box)[:2] == (epochs, updates)
    assert box.locator(".nnlib-chart path.nnlib-curve").first.get_attribute("d").count("L") > 1


def test_a_link_reproduces_the_state(box):
    labelled(box, "Data").select_option("XOR")
    painted(box)
    press(box, "One epoch", 5)
    press(box, "One update", 7)
    before = report(box)
    link = box.get_by_label("Link to this state").input_value()
    box.page.goto("about:blank")
    box.page.goto(link)
    box.wait_for(state="attached")
    assert report(box) == before
    assert labelled(box, "Data").input_value() == "XOR"
    for right, wrong in DAMAGES:
        assert right in link
        box.page.goto("about:blank")
        box.page.goto(link.replace(right, wrong))
        box.wait_for(state="attached")
        painted(box)
        assert "damaged" in box.locator(".nnlib-report").text_content(), wrong
    assert report(box)[:2] == (0, 0)


def test_points_of_your_own(box):
    labelled(box, "Data").select_option("own")
    painted(box)
    assert "Click into the plane" in box.locator(".nnlib-report").text_content()
    plane = box.locator(".nnlib-plane-stack")
    plane.scroll_into_view_if_needed()
    side = plane.bounding_box()["width"]
    plane.click(position={"x": 0.25 * side, "y": 0.25 * side})
    box.get_by_role("button", name="▲ class 1").press("Enter")
    plane.click(position={"x": 0.75 * side, "y": 0.25 * side})
    cursor = box.get_by_role("slider", name="Place of a new point")
    cursor.press("Shift+ArrowDown")
    cursor.press("Enter")
    painted(box)
    assert box.locator(".nnlib-sample").count() == 3
    code = box.locator("code").text_content()
    points = eval(re.search(r"np\.array\((\[.*?\])\)", code, re.S)[1])
    assert [p[2] for p in points] == [0, 1, 1]
    assert points[0][:2] == pytest.approx((-0.625, 0.625), abs=0.03)
    assert points[2][1] == pytest.approx(points[1][1] - 0.25, abs=1e-9)
    press(box, "One epoch", 2)
    widget = Playground(data="own", points=points)
    network, (X, y, *_) = widget.train(2), widget.samples()
    loss = SoftmaxCrossEntropy()(network.predict(X), y)[0]
    assert report(box)[2][0] == pytest.approx(loss, abs=5.1e-5)
    press(box, "Clear points")
    painted(box)
    assert box.locator(".nnlib-sample").count() == 0


def test_a_diverging_run_says_so(open_widget):
    box = open_widget(PAGE, "playground")
    labelled(box, "Learning rate").select_option("100")
    painted(box)
    press(box, "One epoch", 5)
    wait_until(box.page, "() => document.body.innerText.includes('diverges')")
    assert "NaN" not in box.text_content()
