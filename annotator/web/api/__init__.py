"""The programs' doors: JSON over HTTP, one module a dialect."""
