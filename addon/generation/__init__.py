"""From a request to an Action: sound strip, backend process, job, take writer. Runs in Blender."""
