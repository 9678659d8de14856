"""Settings of Sphinx, which `make docs` runs: one site of HTML, and the manual page."""

from annotator import __version__

project = "annotator"
version = release = __version__
extensions = ["myst_parser", "sphinx_click"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "annotator"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure"]  # requests in docs/api.md have no HTTP version
man_pages = [("commands", "annotator", "public commentary on public documents", [], 1)]
