"""What shows things: networks, traces and histories in a notebook, reports in a browser, plots in files.

markup, colours, pictures, axes, charts     helpers of all pages: HTML, PNG images and small SVG charts inside it
curves                                      the course of a training, for pages and for files
notebook/, report/                          pages
plots, figures                              files

Pages need no more than NumPy and Pillow: their charts have few kinds of marks, and take on the fonts and the colours of
text of the page that they stand in. Files (.png, .svg, .pdf) are drawn by matplotlib, an extra.
"""
