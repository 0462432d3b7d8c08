"""The page of `chainrule explain`: what stands behind it, on this machine and for it alone.

Starlette and uvicorn, which this room needs, are loaded in it only.
"""
