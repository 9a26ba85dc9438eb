"""Messages between Blender and its child process: `protocol` on either side, `client*` in Blender, `server*` in the child."""
