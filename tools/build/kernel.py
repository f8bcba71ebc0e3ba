"""What every kernel of the project runs first; it leaves no name behind.

`tools.build.notebooks.ENVIRONMENT` names this file as PYTHONSTARTUP.
"""

__import__("runpy").run_path(__file__.replace("kernel.py", "figures.py"))["register"](get_ipython())  # noqa: F821
