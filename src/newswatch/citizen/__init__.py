"""What newswatch promises to the servers it asks, each promise as a script that anyone can run: `feeds citizen`.

A scripted server on loopback, a virtual clock and a resolver of its own stand around the real pipeline and a real
database; no packet leaves the machine.
"""
