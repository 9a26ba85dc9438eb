"""The whole pipeline in one run: build and install the zip, make the sample face speak a clip, render the result."""
