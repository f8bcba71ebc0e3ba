"""Search answers with a sentence, best first, however it is asked and wherever the page lies."""

import json
import re

import pytest
from project import AXE, wait_until

pytestmark = pytest.mark.site

CHAPTER = "03-forward-propagation.html"
ANSWERS = """results => results.map(result => ({
    kind: result.querySelector("small").textContent,
    title: result.querySelector("strong").textContent,
    sentence: result.querySelector("span").textContent,
    marked: [...result.querySelectorAll("mark")].map(mark => mark.textContent),
    link: result.href,
}))"""
# A query, and what the first, or one of the first three answers, leads to.
FIRST = {
    "batch size": "06-hyperparameters.html#(term-batch-size|batch-size)",
    "gradient": "02-activations.html#term-gradient",
    "gradient descent": "04-backpropagation.html#term-gradient-descent",
    "dropout": "07-overfitting.html#(term-)?dropout",
    "early stopping": "07-overfitting.html#(term-)?early-stopping",
    "what is a hyperparameter": "06-hyperparameters.html#term-hyperparameter",
    "16 × 16": "01-neurons.html#the-question-256-numbers",
    "exercise 1.2": "01-neurons.html#exercise-1-2",
    "E8": "errata.html#e8-",
    "playground": "playground.html#fig-playground-widget",
    "η": "notation.html#symbol-learning-rate",
    "momentum": "08-optimizers.html#term-momentum",
    "overfitting": "07-overfitting.html#term-overfitting",
    "SGD": "08-optimizers.html#term-stochastic-gradient-descent",
    "stochastic gradient descent": "08-optimizers.html#term-stochastic-gradient-descent",
    "RNN": "12-recurrence.html#term-recurrent-neural-network",
    "PCA": "13-autoencoders.html#term-principal-component-analysis",  # it opens a list item
}
TOP = {
    "cross entropy": "02-activations.html#term-cross-entropy",
    "chain rule": "04-backpropagation.html#the-chain-rule",
    "backprop": "03-forward-propagation.html#term-backpropagation",
    "0.702907725": "03-forward-propagation.html#(the-output-units|do-the-digits-agree)",
    "0.7029": "03-forward-propagation.html#the-output-units",
    "softmax": "01-neurons.html#term-softmax",
    "lerning rate": "#(term-learning-rate|the-learning-rate)",
    "gradiant descent": "04-backpropagation.html#(term-gradient-descent|backpropagation-is-not)",
    "sigma": "notation.html#symbol-the-logistic-function",
}
SAME = [
    ("color", "colour"),
    ("normalization", "normalisation"),
    ("regularization", "regularisation"),
    ("16x16", "16 × 16"),
    ("16 x 16", "16 × 16"),
    ("eta", "η"),
    ("cross-entropy", "cross entropy"),
    ("BATCH SIZE", "batch size"),
]


def ask(tab, query):
    """Type a query and return the answers."""
    field = tab.locator("form[role=search] input")
    field.fill("")
    wait_until(tab, "!document.querySelector('.results').childElementCount")
    field.fill(query)
    wait_until(tab, "document.querySelector('.found').textContent")
    return tab.locator(".results a").evaluate_all(ANSWERS)


@pytest.fixture(scope="module")
def open_search(browser, watch, address):
    """Return a tab in which search is open."""
    tab = watch(browser.new_page())
    tab.goto(address + CHAPTER)
    tab.keyboard.press("/")
    yield tab
    tab.close()


@pytest.fixture
def tab(open_search, problems):
    """Return the tab, for one test of several."""
    yield open_search
    assert not problems


@pytest.mark.parametrize("query", [*FIRST, *TOP])
def test_the_best_answer_comes_first(tab, query):
    links = [answer["link"] for answer in ask(tab, query)]
    wanted, upto = (FIRST[query], 1) if query in FIRST else (TOP[query], 3)
    assert any(re.search(wanted, link) for link in links[:upto]), links[:3]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_have_the_same_answers(tab, one, other):
    found = ask(tab, one)
    assert found and found == ask(tab, other)


@pytest.mark.parametrize(
    ("query", "marked"),
    [("0.702907725", "0.702907725"), ("16x16", "16 × 16"), ("color", "Colours"), ("eta", "η")],
)
def test_the_sentence_holds_the_marked_word(tab, query, marked):
    answers = ask(tab, query)
    assert any(marked in answer["marked"] for answer in answers[:3])
    for answer in answers:
        assert answer["marked"], answer
        assert all(word in answer["title"] + answer["sentence"] for word in answer["marked"])


def test_every_kind_of_entry_is_found(tab):
    queries = {
        "Exercise": "NAND by hand",
        "Widget": "playground",
        "Erratum": "a last digit cut off",
        "Definition": "confusion matrix",
        "Symbol": "λ",
        "Misconception": "a wrong shape gives an error",
        "Page": "slide map",
        "Section": "two layers can",
    }
    for kind, query in queries.items():
        assert ask(tab, query)[0]["kind"].startswith(kind), query


def test_a_definition_is_answered_with_the_sentence_that_defines(tab):
    first = ask(tab, "epoch")[0]  # the sentence before it has the word as well, in code
    assert first["kind"].startswith("Definition")
    assert first["sentence"] == "An epoch is one pass through all training samples."


def test_nonsense_is_answered_in_words(tab):
    assert ask(tab, "xqzzkw") == []
    assert "xqzzkw" in tab.locator(".found").text_content()


def test_every_entry_has_its_place(html):
    """An address that leads nowhere would open a chapter at its top."""
    text = (html / "_static" / "search-entries.js").read_text(encoding="utf-8")
    pages, entries = json.loads(text.removeprefix("searchEntries=").rstrip(";\n"))
    ids = [
        set(re.findall(r'\bid="([^"]+)"', (html / page[0]).read_text("utf-8"))) for page in pages
    ]
    assert len(entries) > 400
    assert [entry[2] for entry in entries if entry[2] not in ids[entry[1]]] == []


@pytest.mark.parametrize("name", [CHAPTER, "search.html"])
def test_the_index_is_fetched_only_when_wanted(open_page, address, name):
    tab, requests = open_page(), []
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(address + name, wait_until="networkidle")
    assert not [url for url in requests if "search" in url.removesuffix(name)]
    if name == CHAPTER:
        tab.keyboard.press("/")
    tab.keyboard.insert_text("gradient")
    tab.locator(".results a").first.wait_for()
    assert [url.split("/")[-1] for url in requests if "/_static/search" in url] == [
        "search-entries.js",
        "search.js",
    ]


def test_search_works_by_keyboard(page, address):
    page.goto(address + CHAPTER)
    page.keyboard.press("/")
    page.keyboard.insert_text("chain rule")
    page.locator("dialog .results a").nth(1).wait_for()
    focused = "[...document.querySelectorAll('.results a')].indexOf(document.activeElement)"
    for key, place in [("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", -1)]:
        page.keyboard.press(key)
        assert page.evaluate(focused) == place
    page.keyboard.press("ArrowDown")
    page.keyboard.type("s")  # whoever types again is back in the field
    assert page.locator("dialog input").input_value() == "chain rules"
    page.keyboard.press("Escape")
    assert not page.locator("dialog.search").is_visible()
    page.keyboard.press("/")
    page.keyboard.insert_text("weight decay")  # instead of what stood there
    page.keyboard.press("Enter")
    page.wait_for_url("**/07-overfitting.html*")


def test_search_opens_again_in_the_frame_in_which_it_was_closed(page, address):
    page.goto(address + CHAPTER)
    page.keyboard.press("/")
    page.evaluate(
        """() => {
            for (const key of ["Escape", "/"]) {
                const press = { key, bubbles: true, cancelable: true };
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", press));
            }
        }"""
    )
    assert page.locator("dialog.search").is_visible()


@pytest.mark.parametrize("where", ["address", "disk"])
def test_search_works_with_storage_blocked_and_from_disk(browser, html, address, where):
    context = browser.new_context(viewport={"width": 375, "height": 700}, has_touch=True)
    context.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('blocked'); } });"
    )
    tab, errors = context.new_page(), []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto((address if where == "address" else html.as_uri() + "/") + CHAPTER)
    tab.locator("header").get_by_role("button", name="Search").tap()
    tab.keyboard.insert_text("momentum")
    tab.locator(".results a").first.tap()
    tab.wait_for_url("**/08-optimizers.html*")
    assert errors == []
    context.close()


def test_a_result_lands_below_the_header(page, address):
    page.goto(address + CHAPTER)
    page.keyboard.press("/")
    for query, anchor in [("NAND by hand", "exercise-1-2"), ("E8", "e8-the-chain-rule")]:
        page.locator("dialog input").fill(query)
        page.locator(f".results a[href*='{anchor}']").first.click()
        wait_until(page, f"location.hash.startsWith('#{anchor}')")
        edge = page.locator("header.top").evaluate("it => it.getBoundingClientRect().bottom")
        place = "document.getElementById(location.hash.slice(1)).getBoundingClientRect().top"
        wait_until(page, f"{place} >= {edge} && {place} < innerHeight")
        page.keyboard.press("/")


@pytest.mark.parametrize("from_disk", [False, True])
def test_the_address_keeps_the_query(page, html, address, from_disk):
    root = html.as_uri() + "/" if from_disk else address
    page.goto(root + "search.html?q=momentum")
    page.locator(".results a").first.wait_for()
    page.locator("form[role=search] input").fill("dropout")
    wait_until(page, "location.search === '?q=dropout'")
    page.reload()
    page.locator(".results a").first.wait_for()
    assert page.locator("form[role=search] input").input_value() == "dropout"
    page.locator(".results a").first.click()
    page.wait_for_url("**/07-overfitting.html*")
    page.go_back()
    page.locator(".results a").first.wait_for()
    assert page.locator("form[role=search] input").input_value() == "dropout"


def test_the_404_page_searches_too(page, problems, address):
    page.goto(address + "no/such/page.html")
    problems.clear()  # the page itself is missing, as it should be
    page.keyboard.press("/")
    page.keyboard.insert_text("dropout")
    page.locator(".results a").first.click()
    page.wait_for_url(address + "07-overfitting.html*")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_everyone_can_use_the_answers(open_page, address, width, scheme):
    tab = open_page(viewport={"width": width, "height": 700}, color_scheme=scheme, bypass_csp=True)
    tab.goto(address + "index.html")
    tab.keyboard.press("/")
    tab.keyboard.insert_text("0.702907725")
    tab.locator(".results a").first.wait_for()
    assert tab.evaluate("document.activeElement.name") == "q"
    dialog = tab.locator("dialog.search")
    assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert dialog.bounding_box()["width"] <= width
    assert "answers" in tab.get_by_role("status").text_content()
    tab.add_script_tag(path=AXE)
    found = tab.evaluate("async () => (await axe.run('dialog')).violations.map(it => it.id)")
    assert found == []
