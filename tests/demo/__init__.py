"""The whole product in one run: install the zip, make the sample face speak a clip, and write what came out to look at."""
