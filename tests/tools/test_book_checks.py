"""The checks of the book can fail: each planted error turns the right one red.

One small notebook with a text output, two figures that differ in a letter, and a widget is executed
and stored as the chapters are. Then copies of it are spoilt and run through `pytest --nbval`.
"""

import json
import os
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nnwidgets.base import MIME
from tools.build import notebooks
from tools.check import anatomy, language, numbers, outputs, prose

ROOT = notebooks.BOOK.parent
DRAW = """fig, ax = plt.subplots()
ax.plot([0, 1], [1, 0])
ax.set_xlabel("{}")
plt.show()"""


def meta(caption, alt, **more):
    figure = {"caption": caption, "name": f"fig-{len(caption)}-{len(alt)}"}
    return {"mystnb": {"figure": figure, "image": {"alt": alt}}, **more}


def sample():
    """A chapter that keeps every rule."""
    nb = new_notebook()
    nb.metadata.myst = {"html_meta": {"description": "A chapter that exists to be spoilt. " * 2}}
    nb.cells = [
        new_markdown_cell(
            "# Sample\n\nWhat is it for?\n\n:::{admonition} What you will be able to do\n"
            ":class: objectives\nSpoil it.\n:::\n\n"
            "**Slides:** 3 · **Reading time:** 1 minute · **Running time:** 2 seconds"
        ),
        new_code_cell(
            "import matplotlib.pyplot as plt\n\nfrom nnwidgets import Neuron\n\n"
            'plt.style.use("nnlib.course")'
        ),
        new_markdown_cell(
            "## A section, δ\n\nThe loss is 0.1235, and $2 \\cdot 0.12346 = 0.24692$."
        ),
        new_code_cell('loss = 0.123456\nprint(f"loss {loss:.6f}")'),
        new_code_cell(
            DRAW.format("epochs, from the first"),
            metadata=meta(
                "The loss is 12 %.",
                "A line that falls from 1.0 to zero.",
                numbers=["12 % = loss", "1.0 = round(loss) + 1"],
            ),
        ),
        new_code_cell(
            DRAW.format("epochs, from the fist"),
            metadata=meta("The loss again.", "A line that falls from one to zero."),
        ),
        new_code_cell(
            'Neuron(gate="OR", bias=-1)',
            metadata=meta("A neuron.", "A plane, cut into a blue and an orange half."),
        ),
        new_markdown_cell(
            "## Exercises\n\n:::{admonition} Exercise 1.1: a word\n:class: exercise\nTask.\n:::\n\n"
            ":::{dropdown} Solution\nText.\n:::"
        ),
        new_markdown_cell(":::{admonition} Exercise 1.2: code\n:class: exercise\nTask.\n:::"),
        new_code_cell(
            "assert 1 + 1 == 2",
            metadata={"tags": ["hide-cell"], "mystnb": {"code_prompt_show": "Show the solution"}},
        ),
        new_markdown_cell("## Summary\n\nThat was it."),
        new_markdown_cell("## Going further\n\nMore words."),
        new_markdown_cell("## Sources\n\nNone."),
    ]
    return nb


def edit(text, change):
    """Return a notebook's text after ``change`` was called with it as a dict."""
    nb = json.loads(text)
    change(nb, [cell for cell in nb["cells"] if cell["cell_type"] == "code"])
    return json.dumps(nb)


def changed_digit(nb, cells):
    cells[1]["outputs"][0]["text"] = ["loss 0.123457\n"]


def other_letter(nb, cells):
    cells[2]["outputs"] = cells[3]["outputs"]


def no_picture(nb, cells):
    del cells[2]["outputs"][0]["data"]["image/png"]


def other_value(nb, cells):
    cells[4]["outputs"][0]["data"][MIME]["state"]["bias"] = -1.00001


def other_widget(nb, cells):
    cells[4]["outputs"][0]["data"][MIME]["name"] = "counting"


def no_widget(nb, cells):
    del cells[4]["outputs"][0]["data"][MIME]


def false_number(nb, cells):
    cells[2]["metadata"]["numbers"][0] = "13 % = loss"


def number_of_nothing(nb, cells):
    cells[1]["metadata"]["numbers"] = ["0.5 = los"]


def never_run(nb, cells):
    cells[0]["outputs"], cells[0]["execution_count"] = [], None


def not_compared(nb, cells):
    cells[1]["metadata"]["tags"] = ["nbval-ignore-output"]


SPOILT = [  # the copy, what is planted in it, the test that must fail, and what it must say
    ("first", changed_digit, "Cell 1", r"loss 0\.123457"),
    ("first", other_letter, "Cell 2", r"picture 1 differs: \d+ of \d+ tiles.* RMS \d+\.\d grey"),
    ("first", other_value, "Cell 4", r"widget 1 \(neuron\): .*bias is -1\.0, stored -1\.00001"),
    ("second", no_picture, "Cell 2", r"pictures: \[\] stored, \['image/png'\] drawn"),
    ("second", other_widget, "Cell 4", r"widgets: \['counting'\] stored, \['neuron'\] shown"),
    ("third", never_run, "Cell 0", r"No outputs are stored"),
    ("third", not_compared, "Cell 1", r"Every output is compared"),
    ("fourth", number_of_nothing, "Cell 1", r"0\.5 = los is not true: its value is NameError"),
    ("fourth", false_number, "Cell 2", r"13 % = loss is not true: its value is 0\.123456"),
    ("fourth", no_widget, "Cell 4", r"widgets: \[\] stored, \['neuron'\] shown"),
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The path of the sample, executed and stored."""
    path = tmp_path_factory.mktemp("book") / "01-sample.ipynb"
    nbformat.write(sample(), path)
    assert notebooks.main([str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def report(stored, tmp_path_factory):
    """What `pytest --nbval` says of the sample and of its spoilt copies."""
    folder = tmp_path_factory.mktemp("spoilt")
    texts = dict.fromkeys(
        ["sound", "first", "second", "third", "fourth"], stored.read_text("utf-8")
    )
    texts["third"] = edit(texts["third"], lambda nb, cells: nb.update(cells=cells[3:4] * 2))
    for copy, change, _, _ in SPOILT:
        texts[copy] = edit(texts[copy], change)
    for copy, text in texts.items():
        (folder / f"{copy}.ipynb").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "conftest", "--color=no", "-rA"]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", f"--rootdir={folder}", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "book")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def test_a_sound_notebook_passes(report):
    results = re.findall(r"^([A-Z]+) sound\.ipynb::(.+?)(?: - .*)?$", report, re.M)
    assert results == [("PASSED", f"Cell {i}") for i in range(6)]


@pytest.mark.parametrize(
    ("copy", "change", "test", "message"), SPOILT, ids=[row[1].__name__ for row in SPOILT]
)
def test_nbval_sees(copy, change, test, message, report):
    assert f"FAILED {copy}.ipynb::{test}" in report
    section = report.split(f" {copy}.ipynb::{test} ", 1)[1].split("\n____", 1)[0]
    assert re.search(message, section), section


def test_a_second_run_stores_the_same_bytes(stored):
    before = stored.read_bytes()
    assert notebooks.main([str(stored)]) == 0
    assert stored.read_bytes() == before
    assert notebooks.main(["--check", str(stored)]) == 0


@pytest.mark.parametrize(("form", "suffix"), [("script", ".py"), ("html", ".html")])
def test_jupyter_converts_a_stored_notebook(form, suffix, stored, tmp_path):
    command = ["jupyter", "nbconvert", "--to", form, "--output-dir", tmp_path, stored]
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    assert [path.name for path in tmp_path.iterdir()] == [stored.stem + suffix]


def test_a_failing_cell_is_named_and_the_file_stays(tmp_path, capsys):
    path = tmp_path / "bad.ipynb"
    nb = new_notebook(cells=[new_code_cell("x = 0"), new_code_cell("1 / x")])
    nbformat.write(nb, path)
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    message = capsys.readouterr().err
    assert "bad.ipynb: code cell 2 failed: ZeroDivisionError: division by zero" in message
    assert path.read_bytes() == before


def test_an_empty_cell_is_refused(tmp_path, capsys):
    path = tmp_path / "bad.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("x = 0"), new_code_cell(" ")]), path)
    assert notebooks.main([str(path)]) == 1
    assert "bad.ipynb: empty cells: [2]" in capsys.readouterr().err


def stream(text):
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def error():
    return [{"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["no"]}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda nb, cells: cells[1].update(id="another"), "not normalised"),
        (lambda nb, cells: nb["metadata"].update(colab={}), "not normalised"),
        (lambda nb, cells: nb["metadata"].update(widgets={}), "not normalised"),
        (
            lambda nb, cells: cells[4]["outputs"][0]["data"].update({notebooks.VIEW: {}}),
            "not normalised",
        ),
        (lambda nb, cells: cells[1]["metadata"].update(scrolled=True), "not normalised"),
        (
            lambda nb, cells: cells[1].update(execution_count=9),
            "code cell 2 has count 9",
        ),
        (lambda nb, cells: cells[1].update(outputs=error()), "code cell 2 stores ValueError: no"),
        (lambda nb, cells: cells[1].update(outputs=stream("<f at 0x7f>")), "address: at 0x7f"),
        (lambda nb, cells: cells[1].update(outputs=stream("x" * 1_500_000)), "at most 1.5 MB"),
        (lambda nb, cells: nb["metadata"].pop("kernelspec"), "not normalised"),
    ],
)
def test_stored_notebooks_are_checked(change, message, stored):
    found = notebooks.problems(edit(stored.read_text(encoding="utf-8"), change))
    assert message in "\n".join(found)


def test_an_error_that_is_meant_is_stored_without_its_traceback():
    cell = new_code_cell("x", outputs=nbformat.from_dict(error()), metadata={"tags": []})
    cell.metadata.tags.append("raises-exception")
    cell.execution_count, cell.outputs[0].traceback = 1, ["a file of this machine"]
    text = notebooks.render(new_notebook(cells=[cell]))
    assert "a file of this machine" not in text
    assert notebooks.problems(text) == []


SUM = "0.04 · 0.1 + 0.12 · 0.5 + 0.40000"


@pytest.mark.parametrize(
    "text",
    [
        "the loss is 0.123456, or 0.1235, or 12.35 %, or `0.12346`",  # an output and its roundings
        "it falls by 2.5001",  # the size of −2.5001
        f"{SUM} = 0.46400",
        "100 × 100 + 100 = 10,100, so 10,100 parameters; 10,100 × 10 = 101,000",
        r"$$\begin{aligned} net &= w_1 i_1 \\ &= 0.04 \cdot 0.1001 \\ &= 0.004004 \end{aligned}$$",
        r"$\tfrac12 (0.05 - 0.668832137)^2 = 0.191476607$",
        r"$\sigma(0.4641) = \frac{1}{1 + e^{-0.4641}} \approx 0.6140$",
        r"$0.668832137 (1 - 0.668832137) = 0.221495709$, $256 \times 64 + 64 = 16{,}448$",
        "1.25 × 10⁻³ + 1 = 1.00125",
        "the error fell to 28.19 % {cite:p}`russakovsky2015`",
        "5000 digits, 60,000 steps, in 1986, p. 1234, [here](a.md#1.2345), `f(1.2)`, 784-1024-10",
        "```python\nx = 1.2345\n```",
        "| 1.5 + 1 = 2.5 | σ(0) = 0.5 |",
        "w − 2 = 3, 2 + w = 7, σ′(0) = 4 and $f'(0) = 1$",  # w, σ′ and f are not known
        "exercises 1.2 and 1.3, Python 3.11, section 4.1, CC BY-SA 4.0, a 95 % interval",
    ],
)
def test_true_numbers_in_prose_pass(text):
    assert prose.page_problems(text, ["0.123456", "−2.5001"]) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("the loss is 0.1234", "0.1234"),  # cut off, not rounded
        ("the loss is 0.12345600", "0.12345600"),  # more digits than the output has
        ("a change of −0.1235", "0.1235"),  # the output is positive
        ("12.53 %", "12.53 %"),
        (f"{SUM} = 0.46500", "0.46500"),
        ("2 · 3 = 7", "2 · 3 = 7 is false"),
        (r"$0.25 \cdot 0.5 = 0.126$", "is false"),
        (r"$$x = 1.2345$$", "1.2345"),
        (r"$\begin{pmatrix} 1.2345 & 1 \end{pmatrix}$", "1.2345"),
        ("10,100 parameters", "10,100"),
        ("`1.2345`", "1.2345"),
        (":::{admonition} Exercise 1.1: title\n:class: exercise\n1.2345\n:::", "1.2345"),
        (":::{admonition} of 1.2345\n:class: exercise\ntext\n:::", "1.2345"),
        (":::{dropdown} Solution\n1.2345\n:::", "1.2345"),
        ("| a |\n|---|\n| 1.2345 |", "1.2345"),
        ("it is 1.2345. A new sentence {cite:p}`russakovsky2015`", "1.2345"),
        ("{cite:t}`russakovsky2015` say 1.2345", "1.2345"),  # the citation must follow
        ("1.5 + 1 = 2.5 and 2.0000", "2.0000"),
        ("it is 0.1", "0.1"),  # no rounding of an output: too short to be told from chance
        ("it is 12 %", "12 %"),
        ("a 96 % interval", "96 %"),
    ],
)
def test_wrong_numbers_in_prose_are_found(text, number):
    found = prose.page_problems(text, ["0.123456"])
    assert any(number in problem for problem in found), found


def test_prose_is_checked_in_cells_captions_and_alternative_texts(stored):
    nb = anatomy.load(stored)
    assert numbers.notebook_problems(nb) == []
    nb.cells[2].source = nb.cells[2].source.replace("0.1235", "0.1236")
    nb.cells[4].metadata.mystnb.figure.caption = "The loss is 13 %."
    nb.cells[5].metadata.mystnb.image.alt = "A line that ends at 0.8."
    found = numbers.notebook_problems(nb)
    held = [problem.split(" is held by nothing")[0] for problem in found]
    assert held == ["cell 3: 0.1236", "cell 5: 13 %", "cell 6: 0.8"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The color of it.", "say colour where the text says 'color'"),
        ("It is Simply true.", "'Simply'"),
        ("a network has learnt", "say learned"),
        ("to generalize", "say -ise"),
        ("| a |\n|---|\n| drawn by lot |", "drawn at random"),
    ],
)
def test_words_that_the_course_does_not_use_are_found(text, word):
    (problem,) = language.text_problems(text)
    assert word in problem


def test_words_in_code_quotations_and_names_are_free():
    assert language.text_problems("`color`, “the color”, an optimizer, colourful, simple") == []


NUMBERS = [  # a text, its entries, and what is wrong
    ("The rate is 0.5.", ["0.5 = rate"], None),
    ("The rate is −0.5, then 0.5.", ["−0.5 = -rate", "0.5 = rate"], None),
    ("Half of them, 50 %.", ["50 % = 1 / 2"], None),
    ("The rate is 0.25.", ["0.25 = 0.25"], None),  # it stands in the code
    ("The rate is 0.75.", ["0.75 = 0.75"], "computes nothing, stands in no code"),
    ("It is 0.75 {cite}`he2016`.", ["0.75 = 0.75"], None),
    ("The rate is 0.5 and 0.5.", ["0.5 = rate"], "held by nothing.*needed for 0.5, 0.5; there are"),
    ("The rate is 0.6.", ["0.5 = rate"], "0.6 is held by nothing"),
    ("The rate is 50 %.", ["50% = rate"], "50 % is held by nothing"),
    ("The rate is small.", ["0.5 = rate"], "the text has no such number"),
    ("The rate is 0.5.", ["0.5 == rate"], "not of the form"),
    ("The rate is 0.5.", ["0.5 = rate)"], "is not Python"),
]


@pytest.mark.parametrize(("text", "entries", "message"), NUMBERS)
def test_entries_and_numbers_belong_together(text, entries, message):
    cell = new_markdown_cell(text, metadata={"numbers": entries})
    found = numbers.cell_problems(cell, [], {0.25})
    assert (found == []) if message is None else re.search(message, "\n".join(found)), found


def test_entries_are_evaluated_after_the_code_above_them():
    above, between, below = (new_markdown_cell(metadata={"numbers": [f"{i}.0 = x"]}) for i in "123")
    code = new_code_cell("x = 2", metadata={"numbers": ["2.0 = x"]})
    nb = new_notebook(cells=[above, code, between, new_code_cell("x = 3"), below])
    held = [[entry.written for entry in entries] for entries in numbers.held_after(nb)]
    assert held == [["1.0", "2.0", "2.0"], ["3.0"]]


@pytest.mark.parametrize(
    ("written", "value", "true"),
    [
        ("0.5", "0.5499", True),
        ("0.5", "0.551", False),
        ("89.6 %", "0.8964", True),
        ("89.6 %", "0.8966", False),
        ("−0.5", "-0.52", True),
        ("0.5", "-0.52", False),
        ("0.5", "nan", False),
        ("12,345", "12345.4", True),
        ("0.12", "0.125", True),  # a half may be rounded either way
    ],
)
def test_a_number_rounds_the_value_of_its_entry(written, value, true):
    assert (numbers.Entry(written, "x").problem(value) is None) == true


def test_numbers_without_an_entry_are_listed_from_the_command_line(stored, tmp_path, capsys):
    assert numbers.main([stored]) == 0
    path = tmp_path / "spoilt.ipynb"
    path.write_text(edit(stored.read_text("utf-8"), false_number), encoding="utf-8")
    assert numbers.main([path]) == 1
    assert "spoilt.ipynb: cell 5: 12 % is held by nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cell", "change", "message"),
    [
        (0, lambda c: c.update(source=c.source.replace("# Sample", "## Sample")), "# Title"),
        (0, lambda c: c.update(source=c.source.replace("objectives", "note")), "objectives"),
        (0, lambda c: c.update(source=c.source.replace("**Slides:**", "Slides:")), "**Slides:**"),
        (1, lambda c: c.update(source="x = 1"), "does not import"),
        (3, lambda c: c.update(source="import os"), "code cell 2 imports"),
        (3, lambda c: c.update(source="x = 1\n" * 16), "code cell 2 has 16 lines, at most 15"),
        (7, lambda c: c.update(source=c.source.replace("Solution", "Hint")), "no folded solution"),
        (8, lambda c: c.update(source=c.source.replace("1.2", "1.3")), "exercise 2 is titled"),
        (9, lambda c: c.update(source="1 + 1"), "asserts nothing"),
        (9, lambda c: c.metadata.update(tags=[]), "'Exercise 1.2: code' has no folded solution"),
        (10, lambda c: c.update(source="That was it."), "in this order"),
        (10, lambda c: c.update(source=c.source + "\n\n## Sources"), "begin with its cell"),
        (2, lambda c: c.update(source="word " * 3001), "main path has 30.. words, at most 3000"),
        (2, lambda c: c.update(source="the deck, slide 3, " * 5), "deck or slide 11 times"),
        (11, lambda c: c.update(source=c.source + " a" * 1500), "further has 1504 words, at most"),
        (3, lambda c: c.update(source="x = digits.X_test"), "cell 2 looks at X_test: tag test-set"),
        (3, lambda c: c.metadata.update(tags=["test-set"]), "looks at no test set"),
    ],
)
def test_a_chapter_without_its_anatomy_is_found(cell, change, message, stored):
    nb = anatomy.load(stored)
    assert anatomy.chapter_problems(nb, 1) == []
    change(nb.cells[cell])
    assert re.search(
        re.escape(message).replace(r"\.\.", ".."), "\n".join(anatomy.chapter_problems(nb, 1))
    )


def test_the_test_set_is_opened_once():
    def problems(*sources):
        cells = [new_code_cell(source, metadata={"tags": ["test-set"]}) for source in sources]
        return anatomy.test_set_problems(new_notebook(cells=cells))

    assert problems("f(X_test)") == []
    assert problems("f(X_test)", "f(y_test)") == [
        "2 cells are tagged test-set: the test set is opened once"
    ]
    binds = new_code_cell("*_, X_test, y_test = datasets.digits()")
    assert anatomy.test_set_problems(new_notebook(cells=[binds])) == []


def test_printed_lines_that_a_phone_cuts_are_counted():
    cell = nbformat.v4.new_code_cell("print(a)")
    cell.outputs = [
        nbformat.v4.new_output("stream", text="a" * 42 + "\n" + "b" * 43 + "\n"),
        nbformat.v4.new_output("execute_result", {"text/plain": "c" * 43}),
        nbformat.v4.new_output("display_data", {"text/plain": "d" * 43, "image/png": ""}),
    ]
    assert anatomy.wide_lines(nbformat.v4.new_notebook(cells=[cell])) == ["b" * 43, "c" * 43]


@pytest.mark.parametrize("source", ["import os", "fig, ax = plt.subplots()\nplt.show()"])
def test_cells_that_teach_nothing_and_are_shown_are_found(source):
    shown, folded, taught = (nbformat.v4.new_code_cell(s) for s in (source, source, "x = 1"))
    folded.metadata.tags = ["hide-input"]
    assert anatomy.unfolded(nbformat.v4.new_notebook(cells=[shown, folded, taught])) == [1]


def test_a_chapter_without_description_is_found(stored):
    nb = anatomy.load(stored)
    del nb.metadata["myst"]
    assert "description has 0 characters" in anatomy.chapter_problems(nb, 1)[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.metadata.mystnb.pop("figure"), "without a caption"),
        (lambda c: c.metadata.mystnb.figure.update(name="loss"), "begin with fig-"),
        (lambda c: c.metadata.mystnb.image.update(alt="a figure"), "does not describe it"),
        (lambda c: c.metadata.mystnb.image.update(alt="The loss."), "does not describe it"),
        (lambda c: c.outputs.append(c.outputs[0]), "more than one figure"),
        (lambda c: c.outputs.extend(stream("x")) or c.outputs[-1].update(name="stderr"), "stderr"),
        (lambda c: c.update(source="# NBVAL_IGNORE_OUTPUT\n" + c.source), "not to be compared"),
        (lambda c: c.metadata.update(tags=["nbval-skip"]), "not to be compared"),
        (
            lambda c: c.update(source='open("/home/me/x.csv")'),
            "path of one machine: /home/me/x.csv",
        ),
        (lambda c: c.outputs.extend(stream(f"{ROOT}/nnlib")), "path of one machine"),
    ],
)
def test_an_unclean_notebook_is_found(change, message, stored):
    nb = anatomy.load(stored)
    assert anatomy.notebook_problems(nb) == []
    change(nb.cells[4])
    assert message in "\n".join(anatomy.notebook_problems(nb))


def test_a_repeated_helper_is_found():
    one, two = (new_notebook(cells=[new_code_cell("def f(x):\n    return x")]) for _ in range(2))
    three = new_notebook(cells=[new_code_cell("def f(x):\n    return 2 * x")])
    assert anatomy.repeated_helpers({"1": one, "3": three}) == []
    found = anatomy.repeated_helpers({"1": one, "2": two, "3": three})
    assert found == ["f is defined 2 times (1 code cell 1, 2 code cell 1): it belongs in nnlib"]


SLIDES = """| slide | holds | taught |
|---|---|---|
| 1–38 | all | [here](01-sample.ipynb#a-section-δ) |
| 39 | the rest | {} |
"""


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("[here](01-sample.ipynb#no-section)", "leads to no heading of 01-sample.ipynb"),
        ("[here](02-missing.ipynb)", "leads to no file"),
        ("chapter 14", "neither a link nor the words `in preparation`"),
    ],
)
def test_a_broken_slide_map_is_found(cell, message, stored):
    assert anatomy.slide_problems(SLIDES.format("in preparation"), stored.parent) == []
    assert message in anatomy.slide_problems(SLIDES.format(cell), stored.parent)[0]


def test_a_missing_slide_is_found(stored):
    without = SLIDES.format("in preparation").replace("1–38", "1–37")
    assert anatomy.slide_problems(without, stored.parent) == ["slides missing: [38]"]
    twice = SLIDES.format("in preparation").replace("39", "38–40")
    assert anatomy.slide_problems(twice, stored.parent) == [
        "slides more than once: [38]",
        "slides unknown: [40]",
    ]


def test_a_letter_counts_and_the_last_bit_does_not():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, size=(50, 70, 4)).astype(float)
    letter = picture.copy()
    letter[40:48, 60:66] = 0
    assert outputs.tile_rms(picture, picture + 0.5).max() == 0.5
    assert outputs.tile_rms(picture, letter).argmax() == 5  # of 2 × 3 tiles, the last
    assert outputs.tile_rms(picture, letter).max() > outputs.MAX_TILE_RMS


def test_numbers_in_widgets_may_differ_in_the_last_bits():
    widget = {"name": "neuron", "state": {"a": [0.1, 2], "b": "text"}}
    near = {"name": "neuron", "state": {"a": [0.1 + 1e-9, 2], "b": "text"}}
    far = {"name": "neuron", "state": {"a": [0.1001, 2], "b": "text"}}
    assert outputs.compare_widgets([widget], [near]) == []
    assert outputs.compare_widgets([widget], [far]) == [
        "widget 1 (neuron): widget.state.a[0] is 0.1001, stored 0.1"
    ]
