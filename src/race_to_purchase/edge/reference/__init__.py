"""The API reference: the OpenAPI document, and a page to read it on.

Both are made when the process starts and are only handed out afterwards. `codes` and `operations` are tables of what
`rules.answers` and `edge` do; tests hold them to it.
"""
