// SPDX-License-Identifier: GPL-3.0-or-later
// A Flamenco job type: key the takes of a batch onto the scene, save it, and render its frames.

const JOB_TYPE = {
    label: "Lip Sync and Render",
    description: "Key the takes of a batch's manifest onto their characters, save the scene, and render its frames",
    settings: [
        { key: "manifest", type: "string", subtype: "file_path", required: true, description: "The manifest.jsonl of the batch" },
        { key: "frames", type: "string", required: true, eval: "f'{C.scene.frame_start}-{C.scene.frame_end}'", description: "Frames to render, such as 1-250" },
        { key: "chunk_size", type: "int32", default: 10, description: "Frames per task" },
        { key: "render_output", type: "string", subtype: "hashed_file_path", required: true, description: "Output path of the frames, such as //frames/######" },
        { key: "blendfile", type: "string", required: true, visible: "web", description: "The scene. The job saves its changes to it" },
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
    const path = JSON.stringify(manifest); // also a valid Python string
    return `import bpy; bpy.ops.lipsync.key_manifest(filepath=${path}); bpy.ops.wm.save_mainfile()`;
}
