"""A news world of our own on loopback: a news site, a mail server, a Slack stand-in and a webhook receiver.

`newswatch demo` shows it to people, and the end-to-end and kill tests run against it. Everything in it is invented.
"""
