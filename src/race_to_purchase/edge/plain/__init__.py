"""The shop as plain pages: the whole way of a buyer as forms and links, for browsers without JavaScript.

Nothing is decided here. A form becomes the same request that a page's script would send, goes to the same handlers,
and the answer is written as a page. What a script would keep in the browser's storage stands in a cookie.
"""
