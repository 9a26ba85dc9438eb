// SPDX-License-Identifier: GPL-3.0-or-later
// A Flamenco job type: a batch's takes are keyed onto the scene, which is saved, and then rendered.

const JOB_TYPE = {
    label: "Lip Sync and Render",
    description: "Key the takes of a batch's manifest onto their characters, save the scene, and render its frames",
    settings: [
        { key: "manifest", type: "string", subtype: "file_path", required: true, description: "manifest.jsonl that the batch wrote" },
        { key: "frames", type: "string", required: true, eval: "f'{C.scene.frame_start}-{C.scene.frame_end}'", description: "Frames to render, such as 1-250" },
        { key: "chunk_size", type: "int32", default: 10, description: "Frames that one task renders" },
        { key: "render_output", type: "string", subtype: "hashed_file_path", required: true, description: "Where the frames go, such as //frames/######" },
        { key: "blendfile", type: "string", required: true, visible: "web", description: "The scene, which is changed" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    const key = author.Task("lip-sync", "blender");
    key.addCommand(author.Command("blender-render", {
        exe: "{blender}",
        exeArgs: "{blenderArgs}",
        argsBefore: [],
        blendfile: settings.blendfile,
        args: ["--python-expr", pythonExpr(settings.manifest)],
    }));
    job.addTask(key);
    for (const chunk of frameChunker(settings.frames, settings.chunk_size)) {
        const render = author.Task(`render-${chunk}`, "blender");
        render.addCommand(author.Command("blender-render", {
            exe: "{blender}",
            exeArgs: "{blenderArgs}",
            argsBefore: [],
            blendfile: settings.blendfile,
            args: ["--render-output", settings.render_output, "--render-frame", chunk.replace("-", "..")],
        }));
        render.addDependency(key);
        job.addTask(render);
    }
}

function pythonExpr(manifest) {
    const path = JSON.stringify(manifest); // a string of Python's too
    return `import bpy; bpy.ops.lipsync.key_manifest(filepath=${path}); bpy.ops.wm.save_mainfile()`;
}
