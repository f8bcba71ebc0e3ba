"""What every built page must have, read from its HTML without a browser."""

import json
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from project import CHAPTERS, CONFIG, PROJECT, SUBPATH

pytestmark = pytest.mark.site


@pytest.fixture(scope="session")
def pages(html):
    """Return every built page, parsed, by its name."""
    return {
        path.relative_to(html).as_posix(): BeautifulSoup(path.read_bytes(), "html.parser")
        for path in sorted(html.rglob("*.html"))
        if "_static" not in path.parts
    }


def test_the_site_is_the_table_of_contents(pages):
    assert set(pages) == {f"{name}.html" for name in [*CHAPTERS, "search", "404"]}


def test_every_page_says_what_it_is(pages):
    descriptions = {}
    for name, page in pages.items():
        assert page.html["lang"] == "en", name
        assert page.title.get_text(strip=True), name
        found = page.find_all("meta", attrs={"name": "description"})
        assert len(found) == 1 and found[0]["content"].strip(), f"{name} needs one description"
        text = found[0]["content"]
        assert text not in descriptions, f"{name} and {descriptions.get(text)} share a description"
        assert len(text) <= 200, f"{name}: a search engine cuts a description this long"
        descriptions[text] = name
        assert len(page.select("article h1")) == (name != "search.html"), f"{name}: one title"


def test_every_picture_has_words(pages):
    for name, page in pages.items():
        for image in page.find_all("img"):
            alt = image.get("alt")
            if image.find_parent(class_="navbar-brand"):
                assert alt == "", f"{name}: the title beside the logo already says it"
                continue
            assert alt and alt.strip(), f"{name}: {image} has no alt text"
            assert alt != image["src"], f"{name}: {image}: a file name is no alt text"


def targets(page):
    """Return each address that a page links to or loads."""
    for tag in page.find_all(True):
        for attribute in ("href", "src"):
            if tag.has_attr(attribute):
                yield tag, tag[attribute]


def test_every_internal_link_leads_somewhere(html, pages):
    broken, checked = [], 0
    ids = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    for name, page in pages.items():
        for _, address in targets(page):
            link = urlsplit(address)
            if link.scheme or link.netloc:
                continue
            checked += 1
            if link.path.startswith("/"):  # only the 404 page may: it is shown at any depth
                right = name == "404.html" and link.path.startswith(SUBPATH)
                path = html / unquote(link.path).removeprefix(SUBPATH)
            else:
                right = True
                path = (html / name).parent / unquote(link.path) if link.path else html / name
            if not right or not path.is_file():
                broken.append(f"{name}: {address}")
                continue
            target = path.resolve().relative_to(html.resolve()).as_posix()
            if link.fragment and target in ids and unquote(link.fragment) not in ids[target]:
                broken.append(f"{name}: {address} (no such place on the page)")
    assert not broken
    assert checked > 100


def test_nothing_is_loaded_from_elsewhere(pages):
    for name, page in pages.items():
        for tag, address in targets(page):
            if tag.name != "a" and tag.get("rel") != ["canonical"]:
                assert not urlsplit(address).netloc, f"{name} loads {address}"


def test_the_downloaded_notebook_is_the_notebook(html, pages):
    notebooks = [name for name in CHAPTERS if (PROJECT / "book" / f"{name}.ipynb").exists()]
    assert notebooks
    for name in notebooks:
        links = [link for _, link in targets(pages[f"{name}.html"]) if link.endswith(".ipynb")]
        assert f"_sources/{name}.ipynb" in links
        source = (PROJECT / "book" / f"{name}.ipynb").read_bytes()
        assert (html / "_sources" / f"{name}.ipynb").read_bytes() == source
        assert json.loads(source)["nbformat"] == 4


def test_the_address_of_the_repository_stands_in_one_place():
    address = CONFIG["repository"]["url"].removeprefix("https://")
    made = {".git", ".venv", "_build", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    places = [
        path.relative_to(PROJECT).as_posix()
        for top in PROJECT.iterdir()
        if top.name not in made
        for path in ([top] if top.is_file() else top.rglob("*"))
        if path.is_file() and address.encode() in path.read_bytes()
    ]
    assert places == ["_config.yml"]
