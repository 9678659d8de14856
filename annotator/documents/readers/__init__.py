"""Turn a source file (Markdown, HTML, plain text) into a stream of blocks."""
